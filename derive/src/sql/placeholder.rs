//! What may stand between the braces of a placeholder.

use syn::Ident;

use super::fault::Fault;

/// One placeholder of a text.
#[derive(Debug)]
pub(super) struct Placeholder {
    pub(super) shows: Shows,
    pub(super) takes: Takes,
    /// As it stands in the text, with its braces.
    pub(super) written: String,
    /// The byte of the text where it opens.
    pub(super) at: usize,
}

/// What becomes of the value of a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// It is bound.
    Value,
    /// It is a list, and each value of it is bound.
    List,
    /// It is a list, and stands alone between the parentheses of an IN.
    Choices,
    /// It is a name, and is quoted.
    Name,
    /// It is a list of names.
    Names,
    /// It is a statement, and is embedded.
    Fragment,
}

impl Takes {
    /// Whether the text is known before the value is.
    pub(super) fn is_known(self) -> bool {
        self == Self::Value
    }

    /// What it is, for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Value => "one value",
            Self::List | Self::Choices => "a list",
            Self::Name => "a name",
            Self::Names => "a list of names",
            Self::Fragment => "a fragment",
        }
    }
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
        let (subject, spec) = match content.split_once(':').filter(|_| !content.contains("::")) {
            Some((subject, spec)) => (subject, Some(spec)),
            None => (content, None),
        };
        let (subject, spread) = match subject.strip_suffix("..") {
            Some(subject) => (subject, true),
            None => (subject, false),
        };
        let takes = match (spec, spread) {
            (None, false) => Takes::Value,
            (None, true) => Takes::List,
            (Some("ident"), false) => Takes::Name,
            (Some("ident"), true) => Takes::Names,
            (Some("sql"), false) => Takes::Fragment,
            (Some("sql"), true) => return Err(fragments(at, written)),
            (Some(spec), _) => return Err(unknown_spec(at, written, spec)),
        };
        let shows = shows(subject).ok_or_else(|| refusal(at, written, content))?;
        Ok(Self { shows, takes, written: written.to_owned(), at })
    }

    /// The place of the argument that it names by a number.
    pub(super) fn number(&self) -> Option<usize> {
        match self.shows {
            Shows::Argument(place) => Some(place),
            Shows::Capture(_) | Shows::Next => None,
        }
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
    Fault::at(at, format!("`{written}` is not a placeholder"), PLACEHOLDERS)
}

fn unknown_spec(at: usize, written: &str, spec: &str) -> Fault {
    Fault::at(
        at,
        format!(
            "`{}` has the spec `:{}`, which `sql!` does not know",
            shortened(written),
            shortened(spec)
        ),
        SPECS,
    )
}

const SPECS: &str = "\
write `{name}` to bind a value as it is,
      `{name:ident}` to quote the name of a table or column,
      `{name:sql}` to embed another statement";

fn fragments(at: usize, written: &str) -> Fault {
    Fault::at(
        at,
        format!(
            "`{}` embeds a list of statements, which have to be separated by something",
            shortened(written)
        ),
        "make one of them with `Statement::join(list, \", \")` and embed that",
    )
}

const PLACEHOLDERS: &str = "\
write `{name}` or `{name.field}` to bind a variable,
      `{}` to bind the next argument after the text, which may be any expression,
      `{0}` to bind an argument by its place,
      `{names..}` or `{..}` to bind each value of a list,
      `{name:ident}` to quote a name, `{name:sql}` to embed a statement,
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
    fn read(written: &str) -> (Shows, Takes) {
        let placeholder = Placeholder::read(written, 0).unwrap();
        assert_eq!(placeholder.written, written);
        (placeholder.shows, placeholder.takes)
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
            assert_eq!(read(&format!("{{{name}}}")), (capture(name), Takes::Value));
        }
    }

    #[test]
    fn a_path_of_fields_is_a_capture() {
        for path in ["user.id", "self.user.id", "pair.0", "pair.0.1", "a.r#type"] {
            assert_eq!(read(&format!("{{{path}}}")), (capture(path), Takes::Value));
        }
    }

    #[test]
    fn nothing_is_the_next_argument_and_a_number_is_its_place() {
        assert_eq!(read("{}"), (Shows::Next, Takes::Value));
        assert_eq!(read("{0}"), (Shows::Argument(0), Takes::Value));
        assert_eq!(read("{12}"), (Shows::Argument(12), Takes::Value));
    }

    #[test]
    fn two_dots_at_the_end_spread_a_list() {
        assert_eq!(read("{..}"), (Shows::Next, Takes::List));
        assert_eq!(read("{1..}"), (Shows::Argument(1), Takes::List));
        assert_eq!(read("{ids..}"), (capture("ids"), Takes::List));
        assert_eq!(read("{self.ids..}"), (capture("self.ids"), Takes::List));
    }

    #[test]
    fn white_space_around_the_content_does_not_count() {
        assert_eq!(read("{ a }"), (capture("a"), Takes::Value));
        assert_eq!(read("{ }"), (Shows::Next, Takes::Value));
        assert_eq!(read("{\tids.. }"), (capture("ids"), Takes::List));
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
    fn a_spec_says_what_becomes_of_the_value() {
        assert_eq!(read("{a:ident}"), (capture("a"), Takes::Name));
        assert_eq!(read("{a.b:ident}"), (capture("a.b"), Takes::Name));
        assert_eq!(read("{:ident}"), (Shows::Next, Takes::Name));
        assert_eq!(read("{names..:ident}"), (capture("names"), Takes::Names));
        assert_eq!(read("{a:sql}"), (capture("a"), Takes::Fragment));
        assert_eq!(read("{ 1:sql }"), (Shows::Argument(1), Takes::Fragment));
    }

    #[test]
    fn an_unknown_spec_is_refused_with_those_that_are_known() {
        for (written, spec) in [
            ("{name:Ident}", "Ident"),
            ("{:?}", "?"),
            ("{0:>5}", ">5"),
            ("{a..:x}", "x"),
            ("{a:}", ""),
        ] {
            let message = refused(written);
            let expected =
                format!("`{written}` has the spec `:{spec}`, which `sql!` does not know\n");
            assert!(message.starts_with(&expected), "{message}");
            assert!(message.ends_with(SPECS), "{message}");
        }
        assert!(refused("{a..:sql}").contains("`Statement::join(list, \", \")`"));
        assert!(refused("{a :sql}").contains("is not a placeholder"));
        assert!(refused("{:sql..}").contains("does not know"));
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
