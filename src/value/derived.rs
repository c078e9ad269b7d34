//! What the code of `#[derive(Value)]` says when it refuses a value.

use std::fmt::Display;

use super::Mismatch;

/// How many of the accepted values are listed.
const SHOWN: usize = 20;

/// The text is none of an enum's.
#[cold]
pub fn no_text(accepted: &[&str]) -> Mismatch {
    none_of(accepted.iter().map(|text| format!("`{text}`")))
}

/// The integer is none of an enum's.
#[cold]
pub fn no_number(accepted: &[impl Display]) -> Mismatch {
    none_of(accepted.iter().map(ToString::to_string))
}

/// A conversion refused the value.
#[cold]
pub fn refused(why: impl Display) -> Mismatch {
    Mismatch::because(why.to_string())
}

fn none_of(accepted: impl ExactSizeIterator<Item = String>) -> Mismatch {
    let more = accepted.len().saturating_sub(SHOWN);
    let mut list = accepted.take(SHOWN).collect::<Vec<_>>().join(", ");
    if more > 0 {
        list.push_str(&format!(" and {more} more"));
    }
    Mismatch::because(format!("it is none of {list}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_accepted_is_listed_up_to_a_bound() {
        let few = no_text(&["red", "green"]);
        let many = no_number(&(0..25).collect::<Vec<_>>());

        assert_eq!(few.why.unwrap(), "it is none of `red`, `green`");
        assert!(many.why.unwrap().ends_with("18, 19 and 5 more"));
    }
}
