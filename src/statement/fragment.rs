//! Fragments: statements that stand in the text of another one, with the values bound to them.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use super::scan::{Scanned, scan};
use super::{Parameters, Statement, Text, sql};
use crate::error::ErrorKind;
use crate::value::Value;

/// What `{name:sql}` embeds in the text of [`sql!`](crate::sql!): a [`Statement`], a `&'static str`, a
/// column of an entity, a reference to one of them, or an `Option`, of which `None` is nothing.
///
/// The values bound to a fragment, by position or by name, are bound with those around it. A fragment
/// is embedded as it is written, so that it may be any part of a statement: where it is a condition
/// with an OR in it, write parentheses around it.
///
/// # Errors
///
/// These are reported, with [`ErrorKind::Statement`], before the whole would run: a fragment whose quotes,
/// comments or parentheses are not closed, which would reach into what follows, and one with options (a
/// timeout, `batch_rows`), which belong to the whole. Values that do not fit the fragment's own placeholders
/// are [`ErrorKind::Bind`].
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, sql};
///
/// # let engine = AsyncEngine::open("sqlite::memory:").await?;
/// # engine.execute("CREATE TABLE users(name TEXT, age INTEGER)").await?;
/// # engine.insert_stream("users", ["name", "age"], [("Ada", 36), ("Alan", 41)]).await?;
/// let least: Option<i64> = Some(40);
/// let older = least.map(|age| sql!("AND age > {age}"));
/// let names: Vec<String> = engine
///     .query(sql!("SELECT name FROM users WHERE name LIKE {} {older:sql}", "A%"))
///     .scalars()
///     .all()
///     .await?;
/// assert_eq!(names, ["Alan"]);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be embedded with `:sql`",
    label = "expected a `Statement`, a `&'static str`, or an `Option` of one",
    note = "a value is bound by its name alone: `{{name}}`",
    note = "a text that is made at run time is a statement through `headwater::sql(text)`",
    note = "several fragments are made into one by `Statement::join`"
)]
pub trait Fragment: sealed::Sealed {
    /// The statement, if there is one.
    #[doc(hidden)]
    fn statement(&self) -> Option<Cow<'_, Statement>>;
}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "it seals a trait")]
    pub trait Sealed {}
    impl Sealed for super::Statement {}
    impl Sealed for &'static str {}
    impl<F: super::Fragment> Sealed for &F {}
    impl<F: super::Fragment> Sealed for Option<F> {}
}

impl Fragment for Statement {
    fn statement(&self) -> Option<Cow<'_, Statement>> {
        Some(Cow::Borrowed(self))
    }
}

impl Fragment for &'static str {
    fn statement(&self) -> Option<Cow<'_, Statement>> {
        Some(Cow::Owned(sql(*self)))
    }
}

impl<F: Fragment> Fragment for &F {
    fn statement(&self) -> Option<Cow<'_, Statement>> {
        (**self).statement()
    }
}

impl<F: Fragment> Fragment for Option<F> {
    fn statement(&self) -> Option<Cow<'_, Statement>> {
        self.as_ref().and_then(Fragment::statement)
    }
}

/// A fragment that was found whole, ready to be written with other numbers.
#[derive(Clone, Debug)]
pub(super) struct Embedded {
    text: Text,
    places: Vec<(Range<usize>, usize)>,
    ends_in_comment: bool,
}

/// Why a statement cannot be a fragment.
pub(crate) type Refusal = (ErrorKind, String);

impl Embedded {
    /// Looks at a fragment, and gives its values in the order of their numbers.
    pub(super) fn new(fragment: Cow<'_, Statement>) -> Result<(Self, Vec<Value>), Refusal> {
        let Statement { text, parameters, options, defect, .. } = fragment.into_owned();
        if let Some(defect) = defect {
            return Err(defect);
        }
        let refused =
            |kind, what: String| (kind, format!("the fragment `{}` {what}", shortened(&text)));
        if options.any() {
            return Err(refused(
                ErrorKind::Statement,
                "has options, such as a timeout or `batch_rows`, which are those of a whole statement: set \
                 them on the statement that it is embedded in"
                    .to_owned(),
            ));
        }
        let scanned = scan(&text).map_err(|what| {
            let what = format!("has {what}, and would reach into the text around it");
            refused(ErrorKind::Statement, what)
        })?;
        let values =
            values(&text, &scanned, parameters).map_err(|what| refused(ErrorKind::Bind, what))?;
        let Scanned { places, ends_in_comment, .. } = scanned;
        Ok((Self { text, places, ends_in_comment }, values))
    }

    /// Writes the text with its numbers after the first `base`. White space keeps it apart from what is
    /// before it and from what `follows`.
    pub(super) fn write(&self, base: usize, follows: &str, out: &mut String) {
        if self.text.is_empty() {
            return;
        }
        if !out.is_empty() && !out.ends_with([' ', '\n', '\t', '\r', '(']) {
            out.push(' ');
        }
        let mut from = 0;
        for (place, number) in &self.places {
            out.push_str(self.text.get(from..place.start).unwrap_or_default());
            // Writing to a String cannot fail.
            let _ = write!(out, "?{}", base + number);
            from = place.end;
        }
        out.push_str(self.text.get(from..).unwrap_or_default());
        if self.ends_in_comment {
            out.push('\n');
        } else if !follows.is_empty()
            && !follows.starts_with([' ', '\n', '\t', '\r', ')', ',', ';'])
        {
            out.push(' ');
        }
    }
}

/// A fragment that stands in a typed query: with its values, or why it cannot be one.
#[cfg(all(feature = "orm", feature = "sqlite"))]
#[derive(Clone)]
pub(crate) struct RawSql(Result<(Embedded, Vec<Value>), Refusal>);

/// The text of a fragment, its placeholders with their numbers, and the values in the order of those.
#[cfg(all(feature = "orm", feature = "sqlite"))]
pub(crate) type Parts<'a> = (&'a str, &'a [(Range<usize>, usize)], &'a mut [Value]);

#[cfg(all(feature = "orm", feature = "sqlite"))]
impl RawSql {
    pub(crate) fn new(statement: Statement) -> Self {
        Self(Embedded::new(Cow::Owned(statement)))
    }

    pub(crate) fn parts(&mut self) -> Result<Parts<'_>, &Refusal> {
        let (embedded, values) = self.0.as_mut().map_err(|refusal| &*refusal)?;
        Ok((&embedded.text, &embedded.places, values))
    }

    /// Writes the text, and what `placeholder` writes for each of the values in their places.
    pub(crate) fn write(&self, out: &mut String, mut placeholder: impl FnMut(&Value, &mut String)) {
        let Ok((embedded, values)) = &self.0 else {
            return;
        };
        let mut from = 0;
        for (place, number) in &embedded.places {
            out.push_str(embedded.text.get(from..place.start).unwrap_or_default());
            if let Some(value) = values.get(number.wrapping_sub(1)) {
                placeholder(value, out);
            }
            from = place.end;
        }
        out.push_str(embedded.text.get(from..).unwrap_or_default());
        if embedded.ends_in_comment {
            out.push('\n');
        }
    }
}

/// The values of a fragment in the order of their numbers, by the rules by which a statement is bound.
fn values(text: &str, scanned: &Scanned, bound: Parameters) -> Result<Vec<Value>, String> {
    let Parameters { positional, named } = bound;
    let wanted = scanned.parameters;
    if named.is_empty() {
        return if positional.len() == wanted {
            Ok(positional)
        } else {
            Err(format!(
                "has {wanted} placeholders, and {} values are bound to it",
                positional.len()
            ))
        };
    }
    let mut used = vec![false; named.len()];
    let mut positional = positional.into_iter();
    let mut values = Vec::with_capacity(wanted);
    for number in 1..=wanted {
        let name = scanned.names.iter().find(|(_, known)| *known == number);
        let name = name.and_then(|(at, _)| text.get(at.clone()));
        let value = match name {
            Some(name) => {
                let bare = name.get(1..);
                let is_it = |given: &str| given == name || Some(given) == bare;
                let found = named.iter().zip(&mut used).find(|((given, _), _)| is_it(given));
                found.map(|((_, value), used)| {
                    *used = true;
                    value.clone()
                })
            }
            None => positional.next(),
        };
        let missing = || match name {
            Some(name) => format!("has the placeholder {name}, to which no value is bound"),
            None => format!("has the placeholder ?{number}, to which no value is bound"),
        };
        values.push(value.ok_or_else(missing)?);
    }
    if positional.next().is_some() {
        return Err("has fewer placeholders than positional values are bound to it".to_owned());
    }
    match used.iter().zip(&named).find(|(used, _)| !**used) {
        Some((_, (name, _))) => {
            Err(format!("has no placeholder for the name `{name}`, or it is bound twice"))
        }
        None => Ok(values),
    }
}

/// What a message shows of a fragment's text.
fn shortened(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}...", text.get(..end).unwrap_or(text))),
        None => Cow::Borrowed(text),
    }
}

/// Makes one statement of several; see [`Statement::join`].
pub(super) fn join<F: Fragment>(
    fragments: impl IntoIterator<Item = F>,
    separator: &'static str,
) -> Statement {
    let mut joined = sql("");
    let mut text = String::new();
    for fragment in fragments {
        let Some(fragment) = fragment.statement() else {
            continue;
        };
        match Embedded::new(fragment) {
            // What joins or embeds nothing is left out as a `None` is.
            Ok((fragment, _)) if fragment.text.trim().is_empty() => {}
            Ok((fragment, values)) => {
                text.push_str(if text.is_empty() { "" } else { separator });
                fragment.write(joined.parameters.positional.len(), "", &mut text);
                joined.parameters.positional.extend(values);
            }
            Err((kind, what)) => joined.note(kind, what),
        }
    }
    joined.text = Text::Shared(text.into());
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedded(fragment: impl Fragment) -> (String, usize) {
        let (embedded, values) = Embedded::new(fragment.statement().unwrap()).unwrap();
        let mut out = String::from("WHERE");
        embedded.write(10, "ORDER", &mut out);
        (out, values.len())
    }

    fn refused(fragment: Statement) -> Refusal {
        Embedded::new(Cow::Owned(fragment)).unwrap_err()
    }

    #[test]
    fn placeholders_go_on_from_those_before() {
        assert_eq!(
            embedded(sql("a = ? AND b = ?").bind(1).bind(2)),
            ("WHERE a = ?11 AND b = ?12 ".to_owned(), 2)
        );
        assert_eq!(embedded(sql("?2, ?1").bind(1).bind(2)), ("WHERE ?12, ?11 ".to_owned(), 2));
    }

    #[test]
    fn named_placeholders_become_numbers() {
        let fragment = sql(":a, @b, :a, ?").bind(1).bind_named("b", 2).bind_named(":a", 3);

        assert_eq!(embedded(fragment), ("WHERE ?11, ?12, ?11, ?13 ".to_owned(), 3));
    }

    #[test]
    fn a_name_gets_its_own_value() {
        let fragment = sql(":a, @b, ?").bind(1).bind_named("b", 2).bind_named(":a", 3);

        let (_, values) = Embedded::new(Cow::Owned(fragment)).unwrap();

        assert_eq!(values, [Value::Integer(3), Value::Integer(2), Value::Integer(1)]);
    }

    #[test]
    fn values_that_do_not_fit_the_placeholders_are_refused() {
        for (fragment, what) in [
            (sql("a = ?"), "has 1 placeholders, and 0 values"),
            (sql("a").bind(1), "has 0 placeholders, and 1 values"),
            (sql(":a, :b").bind_named("a", 1), "has the placeholder :b, to which no value"),
            (sql(":a, ?").bind_named("a", 1), "has the placeholder ?2, to which no value"),
            (sql(":a").bind_named("a", 1).bind(1), "has fewer placeholders than"),
            (
                sql(":a").bind_named("a", 1).bind_named("b", 1),
                "has no placeholder for the name `b`",
            ),
        ] {
            let (kind, said) = refused(fragment);
            assert_eq!(kind, ErrorKind::Bind);
            assert!(said.contains(what), "{said}");
        }
    }

    #[test]
    fn options_are_refused() {
        let (kind, said) = refused(sql("a").batch_rows(1));

        assert_eq!(kind, ErrorKind::Statement);
        assert!(said.starts_with("the fragment `a` has options"), "{said}");
    }

    #[test]
    fn a_comment_at_the_end_is_closed() {
        assert_eq!(embedded("a -- b"), ("WHERE a -- b\n".to_owned(), 0));
    }

    #[test]
    fn nothing_is_written_for_nothing() {
        assert_eq!(embedded(""), ("WHERE".to_owned(), 0));
        assert!(None::<Statement>.statement().is_none());
    }

    #[test]
    fn a_join_numbers_through_and_leaves_out_what_is_not_there() {
        let joined = join([Some(sql("a = ?").bind(1)), None, Some(sql("b = ?").bind(2))], " AND ");

        assert_eq!(joined.text(), "a = ?1 AND b = ?2");
        assert_eq!(joined.parameters.positional.len(), 2);
        assert_eq!(join(Vec::<Statement>::new(), ", ").text(), "");
    }
}
