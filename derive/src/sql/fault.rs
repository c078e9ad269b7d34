//! What is wrong with a text, and how it is told: stable Rust cannot point inside a literal, so the
//! message itself shows the place.

/// How many characters of the line an excerpt shows before and after the place.
const BEFORE: usize = 40;
const AFTER: usize = 30;

/// One thing that is wrong with a text.
#[derive(Debug)]
pub(super) struct Fault {
    what: String,
    /// The byte of the text where it is wrong; none when it is the whole text.
    at: Option<usize>,
    help: String,
}

impl Fault {
    pub(super) fn at(at: usize, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), at: Some(at), help: help.into() }
    }

    pub(super) fn whole(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), at: None, help: help.into() }
    }

    /// Says what is wrong, at which character counted from 1, shows the line with a caret, and
    /// says what to do.
    pub(super) fn message(&self, text: &str) -> String {
        let place = self.at.and_then(|at| text.split_at_checked(at));
        let shown = place.map(|(before, after)| excerpt(before, after)).unwrap_or_default();
        format!("{}\n{shown}{}", self.what, self.help)
    }
}

fn excerpt(before: &str, after: &str) -> String {
    let number = before.chars().count() + 1;
    let before = before.rsplit('\n').next().unwrap_or_default().trim_start();
    let after = after.split('\n').next().unwrap_or_default().trim_end();
    let hidden = before.chars().count().saturating_sub(BEFORE);
    let cut = if hidden > 0 { "..." } else { "" };
    let more = if after.chars().count() > AFTER { "..." } else { "" };
    let head: String = before.chars().skip(hidden).map(visible).collect();
    let tail: String = after.chars().take(AFTER).map(visible).collect();
    let head = format!("at character {number}: {cut}{head}");
    let column = head.chars().count();
    format!("{head}{tail}{more}\n{:column$}^\n", "")
}

/// A control character would move the caret away from its place.
fn visible(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str, at: usize) -> String {
        Fault::at(at, "wrong", "do this").message(text)
    }

    #[test]
    fn the_caret_stands_under_the_character() {
        assert_eq!(
            message("SELECT a ? b", 9),
            "wrong\n\
             at character 10: SELECT a ? b\n                          ^\n\
             do this"
        );
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert_eq!(
            message("é → x", "é → ".len()),
            "wrong\nat character 5: é → x\n                    ^\ndo this"
        );
    }

    #[test]
    fn only_the_line_of_the_place_is_shown() {
        let text = "SELECT a\r\n\t FROM\tt ?\r\nWHERE b";

        assert_eq!(
            message(text, text.find('?').unwrap()),
            "wrong\nat character 20: FROM t ?\n                        ^\ndo this"
        );
    }

    #[test]
    fn a_long_line_is_cut_on_both_sides() {
        let message = message(&format!("{}?{}", "a".repeat(50), "b".repeat(50)), 50);

        let lines: Vec<&str> = message.lines().collect();
        assert_eq!(
            lines[1],
            format!("at character 51: ...{}?{}...", "a".repeat(40), "b".repeat(29))
        );
        assert_eq!(lines[2].find('^'), lines[1].find('?'));
    }

    #[test]
    fn a_fault_of_the_whole_text_has_no_place() {
        assert_eq!(Fault::whole("wrong", "do this").message("SELECT"), "wrong\ndo this");
    }

    #[test]
    fn a_place_at_the_end_is_shown_after_the_last_character() {
        assert_eq!(message("ab", 2), "wrong\nat character 3: ab\n                  ^\ndo this");
    }
}
