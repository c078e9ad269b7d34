//! Values as the sqllogictest format writes them: by type letter, sorted, hashed.

use md5::{Digest, Md5};

use crate::answer::Cell;

/// How the values of a result are ordered before they are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorting {
    None,
    Rows,
    Values,
}

/// Renders a result: one text for each value, in the order in which they are compared.
pub(crate) fn values(rows: &[Vec<Cell>], types: &str, sorting: Sorting) -> Vec<String> {
    let mut rows: Vec<Vec<String>> = rows.iter().map(|row| rendered(row, types)).collect();
    if sorting == Sorting::Rows {
        rows.sort_unstable();
    }
    let mut values: Vec<String> = rows.into_iter().flatten().collect();
    if sorting == Sorting::Values {
        values.sort_unstable();
    }
    values
}

/// The line that stands for many values: their number, and the MD5 of each with a newline after it.
pub(crate) fn hashed(values: &[String]) -> String {
    let mut md5 = Md5::new();
    for value in values {
        md5.update(value);
        md5.update("\n");
    }
    let hash: String = md5.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} values hashing to {hash}", values.len())
}

fn rendered(row: &[Cell], types: &str) -> Vec<String> {
    assert_eq!(row.len(), types.len(), "as many values as type letters");
    row.iter().zip(types.chars()).map(|(cell, letter)| value(cell, letter)).collect()
}

fn value(cell: &Cell, letter: char) -> String {
    match (letter, cell) {
        (_, Cell::Null) => "NULL".to_owned(),
        ('I', Cell::Integer(value)) => value.to_string(),
        #[expect(clippy::cast_possible_truncation, reason = "it is what the letter asks for")]
        ('I', Cell::Real(bits)) => (f64::from_bits(*bits) as i64).to_string(),
        ('I', Cell::Text(text)) => leading_integer(text).to_string(),
        #[expect(clippy::cast_precision_loss, reason = "it is what the letter asks for")]
        ('R', Cell::Integer(value)) => format!("{:.3}", *value as f64),
        ('R', Cell::Real(bits)) => format!("{:.3}", f64::from_bits(*bits)),
        ('T', Cell::Integer(value)) => value.to_string(),
        ('T', Cell::Text(text)) => printable(text),
        _ => panic!("the letter {letter} does not tell how to write {cell:?}"),
    }
}

/// The number that a text begins with, as SQLite converts it; 0 where it begins with none.
fn leading_integer(text: &str) -> i64 {
    let text = text.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    text[..text.len() - digits.len() + end].parse().unwrap_or(0)
}

fn printable(text: &str) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let shown = |byte| if (0x20..=0x7e).contains(&byte) { char::from(byte) } else { '@' };
    text.bytes().map(shown).collect()
}

#[test]
fn a_value_is_written_by_its_type_letter() {
    let row = [
        Cell::Integer(3),
        Cell::Real((-2.75_f64).to_bits()),
        Cell::Text("12ab".to_owned()),
        Cell::Integer(3),
        Cell::Real(0.0005_f64.to_bits()),
        Cell::Text(String::new()),
        Cell::Text("a\u{e9}\n".to_owned()),
        Cell::Null,
    ];

    let written = values(&[row.to_vec()], "IIIRRTTT", Sorting::None);

    assert_eq!(written, ["3", "-2", "12", "3.000", "0.001", "(empty)", "a@@@", "NULL"]);
}

#[test]
fn rows_are_sorted_whole_and_values_one_by_one() {
    let rows: Vec<Vec<Cell>> = [[2, 1], [1, 3]]
        .iter()
        .map(|row| row.iter().map(|&i| Cell::Integer(i)).collect())
        .collect();

    assert_eq!(values(&rows, "II", Sorting::None), ["2", "1", "1", "3"]);
    assert_eq!(values(&rows, "II", Sorting::Rows), ["1", "3", "2", "1"]);
    assert_eq!(values(&rows, "II", Sorting::Values), ["1", "1", "2", "3"]);
}

#[test]
fn a_hash_is_that_of_each_value_and_a_newline() {
    // printf 'a\nb\n' | md5sum
    assert_eq!(
        hashed(&["a".to_owned(), "b".to_owned()]),
        "2 values hashing to dd8c6a395b5dd36c56d23275028f526c"
    );
}
