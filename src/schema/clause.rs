//! The parts of a CREATE TABLE: what is not asked to change keeps the words that it has.

use crate::expr::Action;
use crate::statement::quoted;

/// A table, as its CREATE TABLE says it.
#[derive(Clone, Debug)]
pub(super) struct TableText {
    pub(super) name: String,
    pub(super) columns: Vec<ColumnText>,
    pub(super) constraints: Vec<Clause>,
    /// What follows the closing parenthesis.
    pub(super) options: String,
}

/// A column, as its definition says it.
#[derive(Clone, Debug)]
pub(super) struct ColumnText {
    pub(super) name: String,
    /// The declared type; empty where there is none.
    pub(super) declared: String,
    pub(super) clauses: Vec<Clause>,
}

/// A constraint of a column or of a table, or another clause of a column.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) kind: ClauseKind,
    pub(super) text: String,
}

/// What a clause is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ClauseKind {
    /// With its expression.
    Check(String),
    Collate(String),
    /// With its expression.
    Default(String),
    /// With its expression, and whether it is stored.
    Generated(String, bool),
    /// The name of a constraint that is not there, which SQLite takes.
    Name,
    NotNull,
    Null,
    /// With its columns, of which there are none in the clause of a column.
    PrimaryKey(Vec<String>),
    /// With its columns, of which there are none in the clause of a column, and whether it is deferred.
    References(Vec<String>, bool),
    /// With its columns, of which there are none in the clause of a column.
    Unique(Vec<String>),
}

impl TableText {
    /// Writes the CREATE TABLE; `head` is what goes before the name.
    pub(super) fn sql(&self, head: &str) -> String {
        let mut lines: Vec<String> = self.columns.iter().map(ColumnText::sql).collect();
        lines.extend(self.constraints.iter().map(|constraint| constraint.text.clone()));
        let mut sql = format!("{head} {} (\n    {}\n)", quoted(&self.name), lines.join(",\n    "));
        if !self.options.is_empty() {
            sql.push(' ');
            sql.push_str(&self.options);
        }
        sql
    }
}

impl ColumnText {
    /// Writes the definition.
    pub(super) fn sql(&self) -> String {
        let mut sql = quoted(&self.name);
        let parts = [&self.declared].into_iter().chain(self.clauses.iter().map(|one| &one.text));
        for part in parts.filter(|part| !part.is_empty()) {
            sql.push(' ');
            sql.push_str(part);
        }
        sql
    }
}

impl Clause {
    pub(super) fn not_null() -> Self {
        Self { kind: ClauseKind::NotNull, text: "NOT NULL".to_owned() }
    }

    pub(super) fn check(expression: &str) -> Self {
        let text = format!("CHECK ({expression})");
        Self { kind: ClauseKind::Check(expression.to_owned()), text }
    }

    pub(super) fn default(expression: &str) -> Self {
        let text = match stands_bare(expression) {
            true => format!("DEFAULT {expression}"),
            false => format!("DEFAULT ({expression})"),
        };
        Self { kind: ClauseKind::Default(expression.to_owned()), text }
    }

    pub(super) fn generated(expression: &str) -> Self {
        let text = format!("GENERATED ALWAYS AS ({expression}) STORED");
        Self { kind: ClauseKind::Generated(expression.to_owned(), true), text }
    }

    /// The primary key: of a column, or of a table with its columns.
    pub(super) fn primary_key(columns: Vec<String>) -> Self {
        let text = with_list("PRIMARY KEY", &columns);
        Self { kind: ClauseKind::PrimaryKey(columns), text }
    }

    /// UNIQUE: of a column, or of a table with its columns.
    pub(super) fn unique(columns: Vec<String>) -> Self {
        let text = with_list("UNIQUE", &columns);
        Self { kind: ClauseKind::Unique(columns), text }
    }

    /// A foreign key: of a column, or of a table with its columns.
    pub(super) fn references(columns: Vec<String>, key: &ForeignKeyText<'_>) -> Self {
        let mut text = match columns.is_empty() {
            true => String::new(),
            false => format!("FOREIGN KEY ({}) ", list(&columns)),
        };
        text.push_str(&key.sql());
        Self { kind: ClauseKind::References(columns, key.deferred), text }
    }
}

/// What a foreign key refers to, and how.
#[derive(Clone, Debug)]
pub(super) struct ForeignKeyText<'t> {
    pub(super) table: &'t str,
    pub(super) columns: Vec<String>,
    pub(super) on_delete: Action,
    pub(super) on_update: Action,
    pub(super) deferred: bool,
}

impl ForeignKeyText<'_> {
    fn sql(&self) -> String {
        let mut sql = format!("REFERENCES {} ({})", quoted(self.table), list(&self.columns));
        for (event, action) in [("DELETE", self.on_delete), ("UPDATE", self.on_update)] {
            if action != Action::NoAction {
                sql.push_str(&format!(" ON {event} {}", words(action)));
            }
        }
        if self.deferred {
            sql.push_str(" DEFERRABLE INITIALLY DEFERRED");
        }
        sql
    }
}

/// An action in SQL's words.
pub(super) fn words(action: Action) -> &'static str {
    match action {
        Action::Cascade => "CASCADE",
        Action::NoAction => "NO ACTION",
        Action::Restrict => "RESTRICT",
        Action::SetDefault => "SET DEFAULT",
        Action::SetNull => "SET NULL",
    }
}

/// Names as a list, each in quotes.
pub(super) fn list(names: &[impl AsRef<str>]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| quoted(name.as_ref())).collect();
    quoted.join(", ")
}

fn with_list(words: &str, columns: &[String]) -> String {
    match columns.is_empty() {
        true => words.to_owned(),
        false => format!("{words} ({})", list(columns)),
    }
}

/// Reports whether a default stands without parentheses: a literal, or one of SQL's words for the time.
pub(super) fn stands_bare(expression: &str) -> bool {
    is_literal(expression)
        || ["CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(expression))
}

/// Reports whether a default is a literal: a number, a text, bytes, NULL, TRUE or FALSE.
pub(super) fn is_literal(expression: &str) -> bool {
    let is_word = |word: &str| word.eq_ignore_ascii_case(expression);
    if ["NULL", "TRUE", "FALSE"].into_iter().any(is_word) {
        return true;
    }
    let number = expression.strip_prefix(['+', '-']).unwrap_or(expression);
    if number.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return is_number(number);
    }
    let text = expression.strip_prefix(['x', 'X']).unwrap_or(expression);
    let inside = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    inside.is_some_and(|inside| !inside.replace("''", "").contains('\''))
}

fn is_number(text: &str) -> bool {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit()),
        None => text.parse::<f64>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_stand_bare_and_expressions_in_parentheses() {
        for bare in [
            "0",
            "-1.5",
            "+2e-3",
            ".5",
            "0x1F",
            "'it''s'",
            "x'00ff'",
            "NULL",
            "true",
            "Current_Time",
        ] {
            assert_eq!(Clause::default(bare).text, format!("DEFAULT {bare}"));
        }
        for expression in ["1 + 1", "'a' || 'b'", "datetime('now')", "(1)", "-", "0x", "1e", "''' "]
        {
            assert_eq!(Clause::default(expression).text, format!("DEFAULT ({expression})"));
        }
    }

    #[test]
    fn a_foreign_key_says_only_what_is_not_the_default() {
        let plain = ForeignKeyText {
            table: "a b",
            columns: vec!["x".to_owned(), "y\"".to_owned()],
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
            deferred: false,
        };
        let full = ForeignKeyText { on_delete: Action::SetNull, deferred: true, ..plain.clone() };

        assert_eq!(plain.sql(), r#"REFERENCES "a b" ("x", "y""")"#);
        assert_eq!(
            Clause::references(vec!["p".to_owned(), "q".to_owned()], &full).text,
            r#"FOREIGN KEY ("p", "q") REFERENCES "a b" ("x", "y""") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED"#
        );
    }
}
