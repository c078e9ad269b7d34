//! `rename_all`: how the names of fields and variants are written in the database.

use syn::{Error, LitStr, Result};

/// One of the ways to write a name of several words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Camel,
    Kebab,
    Lower,
    Pascal,
    ScreamingKebab,
    ScreamingSnake,
    Snake,
    Upper,
}

/// The cases as they are asked for; each name shows what it does.
const CASES: [(&str, Case); 8] = [
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("SCREAMING-KEBAB-CASE", Case::ScreamingKebab),
];

impl Case {
    /// Reads the value of `rename_all`.
    pub(crate) fn read(literal: &LitStr) -> Result<Self> {
        let asked = literal.value();
        if let Some((_, case)) = CASES.iter().find(|(name, _)| *name == asked) {
            return Ok(*case);
        }
        let known: Vec<String> = CASES.iter().map(|(name, _)| format!("`{name}`")).collect();
        let message = format!("`rename_all` knows {}, and no `{asked}`", known.join(", "));
        Err(Error::new(literal.span(), message))
    }

    /// Writes the name of a field, whose words are separated by `_`.
    pub(crate) fn of_field(self, name: &str) -> String {
        match self {
            Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_ascii_uppercase(),
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
            Self::Pascal => name.split('_').map(capital).collect(),
            Self::Camel => small(&Self::Pascal.of_field(name)),
        }
    }

    /// Writes the name of a variant, whose words begin with a capital letter each.
    pub(crate) fn of_variant(self, name: &str) -> String {
        match self {
            Self::Pascal => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Camel => small(name),
            Self::Snake | Self::ScreamingSnake | Self::Kebab | Self::ScreamingKebab => {
                self.of_field(&words(name))
            }
        }
    }
}

/// `InTransit` as `in_transit`.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for (place, letter) in name.char_indices() {
        if place > 0 && letter.is_uppercase() {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

fn capital(word: &str) -> String {
    first(word, char::to_ascii_uppercase)
}

fn small(word: &str) -> String {
    first(word, char::to_ascii_lowercase)
}

fn first(word: &str, change: fn(&char) -> char) -> String {
    let mut letters = word.chars();
    letters.next().map(|letter| change(&letter)).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_written_in_each_case() {
        let written = CASES.map(|(_, case)| case.of_field("very_first_name2"));

        assert_eq!(
            written,
            [
                "very_first_name2",
                "VERY_FIRST_NAME2",
                "VeryFirstName2",
                "veryFirstName2",
                "very_first_name2",
                "VERY_FIRST_NAME2",
                "very-first-name2",
                "VERY-FIRST-NAME2",
            ]
        );
    }

    #[test]
    fn a_variant_is_written_in_each_case() {
        let written = CASES.map(|(_, case)| case.of_variant("InTransitNow"));

        assert_eq!(
            written,
            [
                "intransitnow",
                "INTRANSITNOW",
                "InTransitNow",
                "inTransitNow",
                "in_transit_now",
                "IN_TRANSIT_NOW",
                "in-transit-now",
                "IN-TRANSIT-NOW",
            ]
        );
    }

    #[test]
    fn one_letter_and_no_word_are_names_too() {
        assert_eq!(Case::Camel.of_field("_"), "");
        assert_eq!(Case::Camel.of_field("a"), "a");
        assert_eq!(Case::Pascal.of_field("_id"), "Id");
        assert_eq!(Case::Camel.of_variant("A"), "a");
        assert_eq!(Case::Snake.of_variant("A"), "a");
    }
}
