//! Which argument each placeholder of a text shows.

use super::fault::Fault;
use super::placeholder::{Placeholder, Shows, Takes};
use super::scan::Template;

/// The arguments of a statement in the order in which they are bound.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) arguments: Vec<Argument>,
    /// For each placeholder the index of its argument.
    pub(super) slots: Vec<usize>,
    /// The places of the arguments after the text that no placeholder shows.
    pub(super) unused: Vec<usize>,
}

/// One argument, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Argument {
    pub(super) source: Source,
    pub(super) takes: Takes,
}

/// Where the value of an argument comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Capture(String),
    Positional(usize),
}

impl Plan {
    /// Matches the placeholders of `template` with the `given` number of arguments after the text.
    ///
    /// Arguments are numbered as they first appear in the text. Those after the text keep their
    /// order among themselves, so that they are evaluated as they are written.
    pub(super) fn new(template: &Template, given: usize) -> Result<Self, Fault> {
        let shown = shown(&template.placeholders);
        let positional = positional(&template.placeholders, &shown, given)?;
        let unused =
            (0..given).filter(|place| !matches!(positional.get(*place), Some(Some(_)))).collect();
        let (arguments, slots) = number(&shown, positional);
        Ok(Self { arguments, slots, unused })
    }

    /// The text with numbered parameters, or nothing when it depends on an argument.
    pub(super) fn text(&self, template: &Template) -> String {
        if self.arguments.iter().all(|argument| argument.takes.is_known()) {
            self.render(template)
        } else {
            String::new()
        }
    }

    /// The text with one numbered parameter for each argument.
    pub(super) fn render(&self, template: &Template) -> String {
        let parameters = self.slots.iter().map(|slot| format!("?{}", slot + 1));
        let gaps = parameters.chain(std::iter::once(String::new()));
        template.pieces.iter().zip(gaps).flat_map(|(piece, gap)| [piece.clone(), gap]).collect()
    }
}

/// What each placeholder shows, with the places of `{}` counted.
fn shown(placeholders: &[Placeholder]) -> Vec<Argument> {
    let mut next = 0..;
    let mut shown: Vec<Argument> = placeholders
        .iter()
        .filter_map(|placeholder| {
            let source = match &placeholder.shows {
                Shows::Argument(place) => Source::Positional(*place),
                Shows::Capture(path) => Source::Capture(path.clone()),
                Shows::Next => Source::Positional(next.next()?),
            };
            Some(Argument { source, takes: placeholder.takes })
        })
        .collect();
    // A list that is shown elsewhere too has exactly its own values.
    let elsewhere: Vec<Source> = shown
        .iter()
        .filter(|argument| argument.takes == Takes::List)
        .map(|argument| argument.source.clone())
        .collect();
    for argument in &mut shown {
        if argument.takes == Takes::Choices && elsewhere.contains(&argument.source) {
            argument.takes = Takes::List;
        }
    }
    shown
}

/// The arguments after the text by their places; none where no placeholder shows it.
fn positional(
    placeholders: &[Placeholder],
    shown: &[Argument],
    given: usize,
) -> Result<Vec<Option<Argument>>, Fault> {
    let mut positional: Vec<Option<Argument>> = vec![None; given];
    for (placeholder, argument) in placeholders.iter().zip(shown) {
        let Source::Positional(place) = argument.source else {
            continue;
        };
        let Some(entry) = positional.get_mut(place) else {
            return Err(missing(placeholder, place, given));
        };
        let known = entry.get_or_insert_with(|| argument.clone());
        if known.takes != argument.takes {
            return Err(both_ways(placeholder, place, known.takes, argument.takes));
        }
    }
    Ok(positional)
}

/// Numbers the arguments; `positional` are those after the text in their order.
fn number(shown: &[Argument], positional: Vec<Option<Argument>>) -> (Vec<Argument>, Vec<usize>) {
    let mut arguments: Vec<Argument> = Vec::new();
    let mut slots = Vec::with_capacity(shown.len());
    let mut waiting = positional.into_iter().flatten();
    for argument in shown {
        while !arguments.contains(argument) {
            let next = match argument.source {
                Source::Capture(_) => Some(argument.clone()),
                Source::Positional(_) => waiting.next(),
            };
            let Some(next) = next else { break };
            arguments.push(next);
        }
        slots.extend(arguments.iter().position(|known| known == argument));
    }
    (arguments, slots)
}

fn missing(placeholder: &Placeholder, place: usize, given: usize) -> Fault {
    let given = match given {
        0 => "none follows the text".to_owned(),
        1 => "only 1 follows the text".to_owned(),
        more => format!("only {more} follow the text"),
    };
    // Saturates: a place can be as large as a number in the text.
    let number = place.saturating_add(1);
    let written = &placeholder.written;
    Fault::at(
        placeholder.at,
        format!("`{written}` needs argument number {number}, and {given}"),
        "add the argument, or name a variable between the braces",
    )
}

fn both_ways(placeholder: &Placeholder, place: usize, before: Takes, now: Takes) -> Fault {
    Fault::at(
        placeholder.at,
        format!(
            "`{}` shows argument number {} a second time, once as {} and once as {}",
            placeholder.written,
            place.saturating_add(1),
            before.name(),
            now.name()
        ),
        "give the argument twice, or put it into a variable and show that",
    )
}

#[cfg(test)]
mod tests {
    use super::super::scan::scan;
    use super::*;

    struct Sketch {
        arguments: Vec<String>,
        slots: Vec<usize>,
        unused: Vec<usize>,
        text: String,
    }

    fn sketch(text: &str, given: usize) -> Sketch {
        let template = scan(text).unwrap();
        let plan = Plan::new(&template, given).unwrap();
        let name = |argument: &Argument| {
            let source = match &argument.source {
                Source::Capture(path) => path.clone(),
                Source::Positional(place) => format!("#{place}"),
            };
            let takes = match argument.takes {
                Takes::Value => "",
                Takes::List => "..",
                Takes::Choices => "..in",
                Takes::Name => ":ident",
                Takes::Names => "..:ident",
                Takes::Fragment => ":sql",
            };
            source + takes
        };
        Sketch {
            arguments: plan.arguments.iter().map(name).collect(),
            text: plan.text(&template),
            slots: plan.slots,
            unused: plan.unused,
        }
    }

    fn refused(text: &str, given: usize) -> String {
        Plan::new(&scan(text).unwrap(), given).unwrap_err().message(text)
    }

    #[test]
    fn arguments_are_numbered_as_they_appear() {
        let plan = sketch("SELECT {a}, {}, {b}, {}", 2);

        assert_eq!(plan.arguments, ["a", "#0", "b", "#1"]);
        assert_eq!(plan.slots, [0, 1, 2, 3]);
        assert_eq!(plan.text, "SELECT ?1, ?2, ?3, ?4");
        assert!(plan.unused.is_empty());
    }

    #[test]
    fn what_is_shown_twice_is_bound_once() {
        let plan = sketch("SELECT {a}, {0}, {a}, {}, {u.id}, {u.id}, {u}", 1);

        assert_eq!(plan.arguments, ["a", "#0", "u.id", "u"]);
        assert_eq!(plan.slots, [0, 1, 0, 1, 2, 2, 3]);
        assert_eq!(plan.text, "SELECT ?1, ?2, ?1, ?2, ?3, ?3, ?4");
    }

    #[test]
    fn arguments_after_the_text_keep_their_order() {
        let plan = sketch("SELECT {2}, {a}, {0}, {1}", 3);

        assert_eq!(plan.arguments, ["#0", "#1", "#2", "a"]);
        assert_eq!(plan.slots, [2, 3, 0, 1]);
        assert_eq!(plan.text, "SELECT ?3, ?4, ?1, ?2");
    }

    #[test]
    fn places_do_not_move_the_next_argument() {
        let plan = sketch("SELECT {1}, {}, {0}, {}", 2);

        assert_eq!(plan.slots, [1, 0, 0, 1]);
    }

    #[test]
    fn a_list_leaves_the_text_empty() {
        let plan = sketch("SELECT {a} IN ({ids..}) OR {} IN ({..})", 2);

        assert_eq!(plan.arguments, ["a", "ids..in", "#0", "#1..in"]);
        assert_eq!(plan.text, "");
    }

    #[test]
    fn a_name_and_a_fragment_leave_the_text_empty() {
        let plan =
            sketch("SELECT {a} FROM {t:ident} WHERE {f:sql} AND {f:sql} GROUP BY {c..:ident}", 0);

        assert_eq!(plan.arguments, ["a", "t:ident", "f:sql", "c..:ident"]);
        assert_eq!(plan.slots, [0, 1, 2, 2, 3]);
        assert_eq!(plan.text, "");
    }

    #[test]
    fn a_list_that_is_shown_elsewhere_too_is_not_rounded_up() {
        assert_eq!(sketch("SELECT a IN ({l..}), f({l..}), b IN ({l..})", 0).arguments, ["l.."]);
        assert_eq!(sketch("SELECT f({0..}), a IN ({0..})", 1).arguments, ["#0.."]);
    }

    #[test]
    fn a_variable_may_be_shown_as_a_value_and_as_a_list() {
        let plan = sketch("SELECT {blob}, {blob..}, {blob}", 0);

        assert_eq!(plan.arguments, ["blob", "blob.."]);
        assert_eq!(plan.slots, [0, 1, 0]);
    }

    #[test]
    fn an_argument_after_the_text_is_a_value_or_a_list_and_not_both() {
        let message = refused("SELECT {0}, {0..}", 1);

        assert!(
            message.starts_with("`{0..}` shows argument number 1 a second time, once as one value"),
            "{message}"
        );
    }

    #[test]
    fn a_placeholder_without_its_argument_is_refused() {
        assert!(refused("SELECT {}", 0).starts_with(
            "`{}` needs argument number 1, and none follows the text\nat character 8:"
        ));
        assert!(refused("SELECT {}, {}", 1).starts_with(
            "`{}` needs argument number 2, and only 1 follows the text\nat character 12:"
        ));
        assert!(
            refused("SELECT {5..}", 2)
                .starts_with("`{5..}` needs argument number 6, and only 2 follow")
        );
        assert!(refused(&format!("SELECT {{{}}}", usize::MAX), 2).contains("and only 2 follow"));
    }

    #[test]
    fn an_argument_that_nothing_shows_is_unused() {
        assert_eq!(sketch("SELECT {1}, {a}", 4).unused, [0, 2, 3]);
        assert_eq!(sketch("SELECT 1", 1).unused, [0]);
    }

    #[test]
    fn literal_braces_reach_the_text_as_one() {
        assert_eq!(sketch("SELECT '{{}}', {a}", 0).text, "SELECT '{}', ?1");
    }
}
