//! What may stand between the braces of a placeholder.

use syn::Ident;

use super::fault::Fault;

/// One placeholder of a text.
#[derive(Debug)]
pub(super) struct Placeholder {
    pub(super) shows: Shows,
    /// Whether it is a list, each value of which becomes a parameter.
    pub(super) spread: bool,
    /// As it stands in the text, with its braces.
    pub(super) written: String,
    /// The byte of the text where it opens.
    pub(super) at: usize,
}

/// Where the value of a placeholder comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// An argument after the text by its place, counted from 0.
    Argument(usize),
    /// A variable or a field of one, as a path with dots.
    Capture(String),
    /// The argument after the one that the previous `{}` took.
    Next,
}

impl Placeholder {
    /// Reads a placeholder, braces included, that opens at byte `at` of the text.
    pub(super) fn read(written: &str, at: usize) -> Result<Self, Fault> {
        let inside = written.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let content = inside.unwrap_or(written).trim();
        let (subject, spread) = match content.strip_suffix("..") {
            Some(subject) => (subject, true),
            None => (content, false),
        };
        let shows = shows(subject).ok_or_else(|| refusal(at, written, content))?;
        Ok(Self { shows, spread, written: written.to_owned(), at })
    }
}

fn shows(subject: &str) -> Option<Shows> {
    if subject.is_empty() {
        Some(Shows::Next)
    } else if is_number(subject) {
        subject.parse().ok().map(Shows::Argument)
    } else if is_path(subject) {
        Some(Shows::Capture(subject.to_owned()))
    } else {
        None
    }
}

fn is_path(subject: &str) -> bool {
    let mut segments = subject.split('.');
    let first = segments.next().unwrap_or_default();
    (first == "self" || is_identifier(first))
        && segments.all(|field| is_number(field) || is_identifier(field))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit())
}

/// The parser of Rust decides, but not before white space, comments and operators are ruled out.
fn is_identifier(text: &str) -> bool {
    let bare = text.strip_prefix("r#").unwrap_or(text);
    let plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || c == '_';
    !bare.is_empty()
        && !bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.chars().all(plain)
        && syn::parse_str::<Ident>(text).is_ok()
}

/// Says why `content` is none of the placeholders.
fn refusal(at: usize, written: &str, content: &str) -> Fault {
    let written = shortened(written);
    if is_identifier(&format!("r#{content}")) {
        return Fault::at(
            at,
            format!("`{content}` is a keyword of Rust"),
            format!("write `{{r#{content}}}` to bind a variable of that name"),
        );
    }
    if let Some((_, spec)) = content.split_once(':').filter(|_| !content.contains("::")) {
        return Fault::at(
            at,
            format!(
                "`{written}` has the format spec `:{}`, and `sql!` knows none",
                shortened(spec)
            ),
            "remove the spec: a value is bound as it is",
        );
    }
    Fault::at(at, format!("`{written}` is not a placeholder"), PLACEHOLDERS)
}

const PLACEHOLDERS: &str = "\
write `{name}` or `{name.field}` to bind a variable,
      `{}` to bind the next argument after the text, which may be any expression,
      `{0}` to bind an argument by its place,
      `{names..}` or `{..}` to bind each value of a list,
      `{{` and `}}` for braces";

/// A brace that was not meant as one may be closed a page later.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(written: &str) -> (Shows, bool) {
        let placeholder = Placeholder::read(written, 0).unwrap();
        assert_eq!(placeholder.written, written);
        (placeholder.shows, placeholder.spread)
    }

    #[track_caller]
    fn refused(written: &str) -> String {
        Placeholder::read(written, 0).unwrap_err().message(written)
    }

    fn capture(path: &str) -> Shows {
        Shows::Capture(path.to_owned())
    }

    #[test]
    fn a_name_is_a_capture() {
        for name in ["a", "_a", "a1", "User", "LIMIT", "é", "日本", "r#type", "self"] {
            assert_eq!(read(&format!("{{{name}}}")), (capture(name), false));
        }
    }

    #[test]
    fn a_path_of_fields_is_a_capture() {
        for path in ["user.id", "self.user.id", "pair.0", "pair.0.1", "a.r#type"] {
            assert_eq!(read(&format!("{{{path}}}")), (capture(path), false));
        }
    }

    #[test]
    fn nothing_is_the_next_argument_and_a_number_is_its_place() {
        assert_eq!(read("{}"), (Shows::Next, false));
        assert_eq!(read("{0}"), (Shows::Argument(0), false));
        assert_eq!(read("{12}"), (Shows::Argument(12), false));
    }

    #[test]
    fn two_dots_at_the_end_spread_a_list() {
        assert_eq!(read("{..}"), (Shows::Next, true));
        assert_eq!(read("{1..}"), (Shows::Argument(1), true));
        assert_eq!(read("{ids..}"), (capture("ids"), true));
        assert_eq!(read("{self.ids..}"), (capture("self.ids"), true));
    }

    #[test]
    fn white_space_around_the_content_does_not_count() {
        assert_eq!(read("{ a }"), (capture("a"), false));
        assert_eq!(read("{ }"), (Shows::Next, false));
        assert_eq!(read("{\tids.. }"), (capture("ids"), true));
    }

    #[test]
    fn anything_else_is_refused_with_what_is_allowed() {
        for written in [
            "{a + 1}",
            "{f(x)}",
            "{a b}",
            "{a.}",
            "{.a}",
            "{a...}",
            "{...}",
            "{.}",
            "{0.id}",
            "{1a}",
            "{-1}",
            "{*a}",
            "{&a}",
            "{a[0]}",
            "{a/*b*/}",
            "{a..b}",
            "{Self::LIMIT}",
            "{super}",
            "{_}",
            "{r#self}",
            "{r#}",
            "{\"a\"}",
            "{99999999999999999999999}",
            "{a.1b}",
            "{a,b}",
            "{a;}",
            "{$a}",
            "{ids ..}",
        ] {
            let message = refused(written);
            assert!(
                message.starts_with(&format!("`{written}` is not a placeholder\n")),
                "{message}"
            );
            assert!(message.ends_with(PLACEHOLDERS), "{message}");
        }
    }

    #[test]
    fn a_format_spec_is_refused_by_its_name() {
        assert!(
            refused("{name:ident}").starts_with(
                "`{name:ident}` has the format spec `:ident`, and `sql!` knows none\n"
            )
        );
        assert!(refused("{:?}").starts_with("`{:?}` has the format spec `:?`, and"));
        assert!(refused("{0:>5}").starts_with("`{0:>5}` has the format spec `:>5`, and"));
    }

    #[test]
    fn a_keyword_is_refused_with_its_raw_form() {
        assert!(refused("{type}").starts_with("`type` is a keyword of Rust\n"));
        assert!(refused("{async}").ends_with("write `{r#async}` to bind a variable of that name"));
    }

    #[test]
    fn a_long_content_is_cut_in_the_message() {
        let message = refused(&format!("{{{}}}", "a b ".repeat(100)));

        assert!(
            message.starts_with(&format!("`{{{}...` is not a", &"a b ".repeat(10)[..39])),
            "{message}"
        );
    }
}
