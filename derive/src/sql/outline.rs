//! What of a text can be checked without its values.

use super::lexis::{name_length, skip_white};
use super::placeholder::{Placeholder, Takes};
use super::plan::Plan;
use super::scan::{Template, scan};

/// The words with which a statement begins that is checked by preparing it.
const STATEMENTS: [&str; 18] = [
    "ANALYZE",
    "ATTACH",
    "BEGIN",
    "COMMIT",
    "DELETE",
    "DETACH",
    "END",
    "EXPLAIN",
    "INSERT",
    "REINDEX",
    "RELEASE",
    "REPLACE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "UPDATE",
    "VALUES",
    "WITH",
];

/// Words with which one begins that cannot be checked so.
const OTHERS: [(&str, &str); 5] = [
    ("ALTER", "it changes the schema that the check is made against"),
    ("CREATE", "it changes the schema that the check is made against"),
    ("DROP", "it changes the schema that the check is made against"),
    ("PRAGMA", "a PRAGMA may act when it is prepared"),
    ("VACUUM", "it says nothing that could be wrong"),
];

/// Gives the text with a numbered placeholder for each argument, also for a list that IN chooses from, or
/// says why it cannot be known.
pub(crate) fn outline(text: &str) -> Result<String, &'static str> {
    let template = scan(text).map_err(|_| "it is not a text that `sql!` takes")?;
    let takes = |takes: Takes| template.placeholders.iter().any(|shown| shown.takes == takes);
    if takes(Takes::Fragment) {
        return Err("a fragment is embedded in it");
    }
    if takes(Takes::Name) || takes(Takes::Names) {
        return Err("a name in it is given at run time");
    }
    if takes(Takes::List) {
        return Err("how many values its list has is known at run time");
    }
    let (word, after) = first_word(text);
    if let Some((_, why)) = OTHERS.iter().find(|(other, _)| word.eq_ignore_ascii_case(other)) {
        return Err(why);
    }
    // `replace(...)` is a function, and what begins with it a fragment.
    let calls = word.eq_ignore_ascii_case("REPLACE") && skip_white(after).starts_with('(');
    if calls || !STATEMENTS.iter().any(|known| word.eq_ignore_ascii_case(known)) {
        return Err("it is a fragment: it does not begin as a statement does");
    }
    let plan =
        Plan::new(&template, most(&template)).map_err(|_| "it is not a text that `sql!` takes")?;
    Ok(plan.render(&template))
}

/// The first word, and what comes after it.
fn first_word(text: &str) -> (&str, &str) {
    let mut rest = skip_white(text);
    while let Some(after) = rest.strip_prefix(';') {
        rest = skip_white(after);
    }
    rest.split_at_checked(name_length(rest)).unwrap_or_default()
}

/// How many arguments after the text are enough for it.
fn most(template: &Template) -> usize {
    let numbers = template.placeholders.iter().filter_map(Placeholder::number);
    let highest = numbers.max().map_or(0, |number| number.saturating_add(1));
    // A text of a longer list does not compile; a number that is mistyped must not cost memory here.
    highest.max(template.placeholders.len()).min(100_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_a_placeholder_for_each_argument() {
        assert_eq!(outline("SELECT {a}, {}, {1}, {a}").unwrap(), "SELECT ?1, ?2, ?3, ?1");
        assert_eq!(
            outline("; -- a\n select 1 IN ({ids..}), '{{}}'").unwrap(),
            "; -- a\n select 1 IN (?1), '{}'"
        );
        assert_eq!(outline("REPLACE INTO t VALUES ({a})").unwrap(), "REPLACE INTO t VALUES (?1)");
        assert_eq!(outline("VALUES({a})").unwrap(), "VALUES(?1)");
        assert_eq!(outline("WITH a AS (SELECT 1) SELECT * FROM a").unwrap().len(), 36);
    }

    #[test]
    fn what_cannot_be_known_says_why() {
        for (text, why) in [
            ("SELECT 1 {a:sql}", "a fragment is embedded in it"),
            ("SELECT {a:ident}", "a name in it is given at run time"),
            ("SELECT {a..:ident}", "a name in it is given at run time"),
            ("INSERT INTO t VALUES ({a..})", "how many values its list has"),
            ("a = {a}", "it is a fragment"),
            ("AND a = {a}", "it is a fragment"),
            ("replace(a, 'x', {y}) = 'z'", "it is a fragment"),
            ("REPLACE /* a */ (a, 'x', {y})", "it is a fragment"),
            ("create table t(a)", "it changes the schema"),
            ("PRAGMA user_version", "a PRAGMA may act"),
            ("SELECT '", "it is not a text"),
            ("SELECT {99999999}", "it is not a text"),
        ] {
            let said = outline(text).unwrap_err();
            assert!(said.starts_with(why), "{text}: {said}");
        }
    }
}
