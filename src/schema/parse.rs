//! What CREATE TABLE and CREATE INDEX say, where no PRAGMA tells it: CHECKs, what computes a column, what
//! is deferred, and the words of all that is to stay as it is.
//!
//! SQLite keeps these texts as they were written, so the grammar is SQLite's. A text that is not understood
//! gives nothing.

use super::clause::{Clause, ClauseKind, ColumnText, TableText};
use super::lex::{Lexeme, lexemes};

/// Reads a CREATE TABLE.
pub(super) fn table(sql: &str) -> Option<TableText> {
    let lexemes = lexemes(sql);
    let mut reader = Reader { sql, lexemes: &lexemes, at: 0 };
    let name = reader.head("TABLE")?;
    let mut text =
        TableText { name, columns: Vec::new(), constraints: Vec::new(), options: String::new() };
    reader.sign("(")?;
    loop {
        match reader.begins_constraint() {
            true => text.constraints.push(reader.clause(true)?),
            false => text.columns.push(reader.column()?),
        }
        // Between constraints of the table the comma may be left out.
        if reader.sign(",").is_none() && !reader.begins_constraint() {
            break;
        }
    }
    reader.sign(")")?;
    text.options = reader.rest().trim_end_matches(';').trim_end().to_owned();
    Some(text)
}

/// What a CREATE INDEX says of its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct IndexParts {
    /// The columns and expressions, without their order and collation.
    pub(super) parts: Vec<String>,
    /// The condition of a partial index.
    pub(super) condition: Option<String>,
}

/// Reads a CREATE INDEX.
pub(super) fn index(sql: &str) -> Option<IndexParts> {
    let lexemes = lexemes(sql);
    let mut reader = Reader { sql, lexemes: &lexemes, at: 0 };
    reader.head("INDEX")?;
    reader.word("ON")?;
    reader.name()?;
    let parts = reader.list()?;
    let condition = reader.word("WHERE").map(|()| reader.rest().to_owned());
    Some(IndexParts { parts, condition })
}

struct Reader<'r, 't> {
    sql: &'t str,
    lexemes: &'r [Lexeme<'t>],
    at: usize,
}

impl<'t> Reader<'_, 't> {
    fn peek(&self) -> Option<&Lexeme<'t>> {
        self.lexemes.get(self.at)
    }

    fn sees(&self, word: &str) -> bool {
        self.peek().is_some_and(|next| next.is(word))
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.sees(word).then(|| self.at += 1)
    }

    fn one_of(&mut self, words: &[&str]) -> Option<()> {
        words.iter().find_map(|word| self.word(word))
    }

    fn sign(&mut self, sign: &str) -> Option<()> {
        self.peek().filter(|next| next.is_sign(sign))?;
        self.at += 1;
        Some(())
    }

    fn name(&mut self) -> Option<String> {
        let name = self.peek().filter(|next| next.is_name())?.name();
        self.at += 1;
        Some(name)
    }

    /// The text from one lexeme up to before another.
    fn slice(&self, from: usize, to: usize) -> &'t str {
        let start = self.lexemes.get(from).map(|first| first.start);
        let end = to.checked_sub(1).and_then(|last| self.lexemes.get(last)).map(|last| last.end);
        start.zip(end).and_then(|(start, end)| self.sql.get(start..end)).unwrap_or_default()
    }

    fn rest(&self) -> &'t str {
        self.slice(self.at, self.lexemes.len())
    }

    /// Reads up to the name of what is made.
    fn head(&mut self, what: &str) -> Option<String> {
        self.word("CREATE")?;
        let _ = self.one_of(&["TEMP", "TEMPORARY", "UNIQUE"]);
        self.word(what)?;
        if self.word("IF").is_some() {
            self.word("NOT").and_then(|()| self.word("EXISTS"))?;
        }
        let name = self.name()?;
        match self.sign(".") {
            Some(()) => self.name(),
            None => Some(name),
        }
    }

    /// Passes over parentheses and all that is in them; gives what is inside.
    fn parentheses(&mut self) -> Option<&'t str> {
        self.sign("(")?;
        let (first, mut depth) = (self.at, 1_usize);
        while depth > 0 {
            let next = self.peek()?;
            depth = depth + usize::from(next.is_sign("(")) - usize::from(next.is_sign(")"));
            self.at += 1;
        }
        Some(self.slice(first, self.at - 1))
    }

    /// Reads a list in parentheses: of each part its text without collation and order, of a name the name.
    fn list(&mut self) -> Option<Vec<String>> {
        let inside = self.parentheses()?;
        let lexemes = lexemes(inside);
        let mut depth = 0_i32;
        let is_comma = |lexeme: &Lexeme<'_>| {
            depth += i32::from(lexeme.is_sign("(")) - i32::from(lexeme.is_sign(")"));
            depth == 0 && lexeme.is_sign(",")
        };
        Some(lexemes.split(is_comma).map(|part| part_of_list(inside, part)).collect())
    }

    fn begins_constraint(&self) -> bool {
        let words = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        words.iter().any(|word| self.sees(word))
    }

    fn column(&mut self) -> Option<ColumnText> {
        let name = self.name()?;
        let declared = self.declared();
        let mut clauses = Vec::new();
        while self.peek().is_some_and(|next| !next.is_sign(",") && !next.is_sign(")")) {
            clauses.push(self.clause(false)?);
        }
        Some(ColumnText { name, declared, clauses })
    }

    /// Reads the type, which is any words up to the first that begins a clause.
    fn declared(&mut self) -> String {
        const CLAUSES: [&str; 10] = [
            "AS",
            "CHECK",
            "COLLATE",
            "CONSTRAINT",
            "DEFAULT",
            "NOT",
            "NULL",
            "PRIMARY",
            "REFERENCES",
            "UNIQUE",
        ];
        let first = self.at;
        while let Some(next) = self.peek().filter(|next| next.is_name()) {
            let generated = next.is("GENERATED")
                && self.lexemes.get(self.at + 1).is_some_and(|after| after.is("ALWAYS"));
            if generated || CLAUSES.iter().any(|word| next.is(word)) {
                break;
            }
            self.at += 1;
        }
        if self.at > first {
            let _ = self.parentheses();
        }
        self.slice(first, self.at).to_owned()
    }

    /// Reads a clause of a column, or a constraint of the table.
    fn clause(&mut self, of_table: bool) -> Option<Clause> {
        let first = self.at;
        if self.word("CONSTRAINT").is_some() {
            self.name()?;
            let ends = |next: &Lexeme<'_>| next.is_sign(",") || next.is_sign(")");
            if self.peek().is_some_and(|next| ends(next) || next.is("CONSTRAINT")) {
                return Some(self.of(ClauseKind::Name, first));
            }
        }
        let kind = self.kind(of_table)?;
        self.conflict()?;
        // Only a primary key has this.
        let _ = self.word("AUTOINCREMENT");
        Some(self.of(kind, first))
    }

    fn of(&self, kind: ClauseKind, first: usize) -> Clause {
        Clause { kind, text: self.slice(first, self.at).to_owned() }
    }

    fn kind(&mut self, of_table: bool) -> Option<ClauseKind> {
        let word = self.peek()?.text.to_ascii_uppercase();
        self.at += 1;
        Some(match word.as_str() {
            "CHECK" => ClauseKind::Check(self.parentheses()?.to_owned()),
            "COLLATE" => ClauseKind::Collate(self.name()?),
            "DEFAULT" => ClauseKind::Default(self.default()?),
            "AS" => self.generated()?,
            "GENERATED" => {
                self.word("ALWAYS").and_then(|()| self.word("AS"))?;
                self.generated()?
            }
            "NOT" => self.word("NULL").map(|()| ClauseKind::NotNull)?,
            "NULL" => ClauseKind::Null,
            "PRIMARY" => {
                self.word("KEY")?;
                let columns = self.columns(of_table)?;
                let _ = self.one_of(&["ASC", "DESC"]);
                ClauseKind::PrimaryKey(columns)
            }
            "UNIQUE" => ClauseKind::Unique(self.columns(of_table)?),
            "REFERENCES" => ClauseKind::References(Vec::new(), self.target()?),
            "FOREIGN" => {
                self.word("KEY")?;
                let columns = self.list()?;
                self.word("REFERENCES")?;
                ClauseKind::References(columns, self.target()?)
            }
            _ => return None,
        })
    }

    fn columns(&mut self, of_table: bool) -> Option<Vec<String>> {
        match of_table {
            true => self.list(),
            false => Some(Vec::new()),
        }
    }

    fn conflict(&mut self) -> Option<()> {
        if self.sees("ON") {
            self.at += 1;
            self.word("CONFLICT")?;
            self.name()?;
        }
        Some(())
    }

    fn default(&mut self) -> Option<String> {
        if self.peek()?.is_sign("(") {
            return self.parentheses().map(str::to_owned);
        }
        let first = self.at;
        let _ = self.sign("-").or_else(|| self.sign("+"));
        self.at += 1;
        // A number may be of several signs, and bytes are a word and a string; they stand without gaps.
        while let (Some(last), Some(next)) = (self.lexemes.get(self.at - 1), self.peek()) {
            let of_number = last
                .text
                .ends_with(|c: char| c.is_ascii_digit() || ".eE+-".contains(c))
                && self.slice(first, self.at).contains(|c: char| c.is_ascii_digit() || c == '.')
                && next.text.starts_with(|c: char| c.is_ascii_alphanumeric() || ".+-".contains(c));
            let of_bytes = last.is("x") && next.text.starts_with('\'');
            if last.end != next.start || !(of_number || of_bytes) {
                break;
            }
            self.at += 1;
        }
        Some(self.slice(first, self.at).to_owned())
    }

    fn generated(&mut self) -> Option<ClauseKind> {
        let expression = self.parentheses()?.to_owned();
        let stored = self.word("STORED").is_some();
        if !stored {
            let _ = self.word("VIRTUAL");
        }
        Some(ClauseKind::Generated(expression, stored))
    }

    /// Reads what a foreign key refers to; gives whether it is deferred.
    fn target(&mut self) -> Option<bool> {
        self.name()?;
        if self.peek().is_some_and(|next| next.is_sign("(")) {
            self.parentheses()?;
        }
        let mut deferred = false;
        loop {
            let event = self.sees("ON")
                && self.lexemes.get(self.at + 1).is_some_and(|next| !next.is("CONFLICT"));
            if event {
                self.at += 2;
                match self.one_of(&["SET", "NO"]) {
                    Some(()) => self.at += 1,
                    None => self.one_of(&["CASCADE", "RESTRICT"])?,
                }
            } else if self.word("MATCH").is_some() {
                self.name()?;
            } else if let Some(said) = self.deferrable() {
                deferred = said;
            } else {
                return Some(deferred);
            }
        }
    }

    fn deferrable(&mut self) -> Option<bool> {
        let next = self.lexemes.get(self.at + 1);
        let not = self.sees("NOT") && next.is_some_and(|next| next.is("DEFERRABLE"));
        self.at += usize::from(not);
        self.word("DEFERRABLE")?;
        if self.word("INITIALLY").is_none() {
            return Some(false);
        }
        let deferred = self.sees("DEFERRED");
        self.at += 1;
        Some(deferred && !not)
    }
}

/// A part of a list: the name of a column, or the text of an expression, without collation and order.
fn part_of_list(text: &str, part: &[Lexeme<'_>]) -> String {
    let mut part = part;
    loop {
        part = match part {
            [inner @ .., last] if last.is("ASC") || last.is("DESC") || last.is("AUTOINCREMENT") => {
                inner
            }
            [inner @ .., collate, _] if !inner.is_empty() && collate.is("COLLATE") => inner,
            [name] if name.is_name() => return name.name(),
            [first, .., last] => {
                return text.get(first.start..last.end).unwrap_or_default().to_owned();
            }
            [one] => return one.text.to_owned(),
            [] => return String::new(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of a table's columns with their types, each clause in its place.
    fn read(sql: &str) -> String {
        let table = super::table(sql).unwrap();
        let mut shown: Vec<String> = Vec::new();
        for column in &table.columns {
            let clauses: Vec<_> =
                column.clauses.iter().map(|clause| clause.text.as_str()).collect();
            shown.push(format!("{}:{}:{}", column.name, column.declared, clauses.join("|")));
        }
        shown.extend(table.constraints.iter().map(|constraint| constraint.text.clone()));
        shown.push(table.options);
        shown.join("; ")
    }

    #[test]
    fn columns_have_a_name_a_type_and_clauses() {
        for (sql, expected) in [
            ("CREATE TABLE t(a)", "a::; "),
            ("create temp table if not exists main . 't' ( [a b] , `c` )", "a b::; c::; "),
            (
                "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b VARCHAR(10, 2) NOT NULL DEFAULT 'x,)')",
                "a:INTEGER:PRIMARY KEY AUTOINCREMENT; b:VARCHAR(10, 2):NOT NULL|DEFAULT 'x,)'; ",
            ),
            (
                "CREATE TABLE t(a DOUBLE PRECISION DEFAULT -1.5e+3 UNIQUE ON CONFLICT IGNORE, b \"my type\" \
                 DEFAULT x'00'CHECK(b > (1)))",
                "a:DOUBLE PRECISION:DEFAULT -1.5e+3|UNIQUE ON CONFLICT IGNORE; b:\"my type\":DEFAULT x'00'|CHECK(b > \
                 (1)); ",
            ),
            (
                "CREATE TABLE t(a INT GENERATED ALWAYS AS (b || ',') VIRTUAL, b AS (1) STORED NOT NULL, generated TEXT)",
                "a:INT:GENERATED ALWAYS AS (b || ',') VIRTUAL; b::AS (1) STORED|NOT NULL; generated:TEXT:; ",
            ),
            (
                "CREATE TABLE t(a DEFAULT NULL NULL, b DEFAULT CURRENT_TIMESTAMP COLLATE NOCASE, c DEFAULT - 1)",
                "a::DEFAULT NULL|NULL; b::DEFAULT CURRENT_TIMESTAMP|COLLATE NOCASE; c::DEFAULT - 1; ",
            ),
            (
                "CREATE TABLE t(a REFERENCES u ON DELETE SET NULL ON UPDATE NO ACTION MATCH FULL NOT NULL, \
                 b CONSTRAINT c REFERENCES u(d) NOT DEFERRABLE INITIALLY DEFERRED UNIQUE, d CONSTRAINT e)",
                "a::REFERENCES u ON DELETE SET NULL ON UPDATE NO ACTION MATCH FULL|NOT NULL; b::CONSTRAINT c \
                 REFERENCES u(d) NOT DEFERRABLE INITIALLY DEFERRED|UNIQUE; d::CONSTRAINT e; ",
            ),
        ] {
            assert_eq!(read(sql), expected, "{sql}");
        }
    }

    #[test]
    fn constraints_of_the_table_are_found_with_commas_and_without() {
        let sql = "CREATE TABLE t(a, b /* , c */, PRIMARY KEY(a DESC, b COLLATE nocase) CONSTRAINT u UNIQUE(a)
            CHECK (a <> ',') FOREIGN KEY (a, b) REFERENCES u(x, y) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
        ) STRICT, WITHOUT ROWID;";

        let table = super::table(sql).unwrap();

        let kinds: Vec<_> =
            table.constraints.into_iter().map(|constraint| constraint.kind).collect();
        let names =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            kinds,
            [
                ClauseKind::PrimaryKey(names(&["a", "b"])),
                ClauseKind::Unique(names(&["a"])),
                ClauseKind::Check("a <> ','".to_owned()),
                ClauseKind::References(names(&["a", "b"]), true),
            ]
        );
        assert_eq!(table.options, "STRICT, WITHOUT ROWID");
    }

    #[test]
    fn an_index_has_parts_and_perhaps_a_condition() {
        let read = |sql| super::index(sql).unwrap();
        let parts = |parts: &[&str], condition: Option<&str>| IndexParts {
            parts: parts.iter().map(|part| (*part).to_owned()).collect(),
            condition: condition.map(str::to_owned),
        };

        assert_eq!(read("CREATE INDEX i ON t(a, \"b c\" DESC)"), parts(&["a", "b c"], None));
        assert_eq!(
            read(
                "create unique index if not exists main.i on [t](lower(a, 'x') collate nocase asc, a+1) where a > 1"
            ),
            parts(&["lower(a, 'x')", "a+1"], Some("a > 1"))
        );
    }

    #[test]
    fn what_is_not_understood_gives_nothing() {
        for sql in [
            "",
            "CREATE",
            "CREATE TABLE t",
            "CREATE TABLE t(",
            "CREATE TABLE t(a",
            "CREATE TABLE t AS SELECT 1",
            "CREATE VIRTUAL TABLE t USING fts5(a)",
            "CREATE TABLE t(a CHECK (1)",
            "CREATE TABLE t(a !)",
        ] {
            assert!(table(sql).is_none(), "{sql}");
        }
    }

    #[test]
    fn every_text_is_read_to_its_end_without_a_panic() {
        let words =
            ["(", ")", ",", "a", "CHECK", "DEFAULT", "-", "1", "REFERENCES", "ON", "NOT", "'"];
        let count = words.len();
        for number in 0..count.pow(4) {
            let text: Vec<&str> =
                (0..4).map(|place| words[number / count.pow(place) % count]).collect();
            let _ = table(&format!("CREATE TABLE t(a {}", text.join(" ")));
            let _ = index(&format!("CREATE INDEX t ON a {}", text.join(" ")));
        }
    }
}
