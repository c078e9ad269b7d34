//! What may be in a migration's text, and what its first remarks ask for. What would have no effect is
//! refused before anything runs.

use super::script::{line_of, pieces};
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{Kind, Tokens, is_of_a_word};

/// What the remarks at the head of a text ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// The transaction is run without foreign keys, which are checked before it commits.
    pub(super) foreign_keys_off: bool,
}

/// Reads the remarks at the head of a text; `file` is what an error names. One that stands elsewhere, or is
/// not understood, is refused: without it a DROP TABLE would delete what refers to the table.
pub(super) fn header(text: &str, file: &str) -> Result<Header> {
    let mut header = Header::default();
    let mut at_head = true;
    for token in Tokens::new(text) {
        if !matches!(token.kind, Kind::Blank) {
            at_head = false;
            continue;
        }
        let first = line_of(text, token.offset);
        for (line, remark) in (first..).zip(token.text.lines()) {
            let Some(said) = said_to_us(remark) else {
                continue;
            };
            let asked = match said.trim_start().strip_prefix(':') {
                Some(asked) => asked.trim_end_matches("*/"),
                // Inside of a longer remark, a line may begin with the name.
                None if line > first => continue,
                None => return Err(refused(file, line, NO_COLON)),
            };
            let bare: String = asked.chars().filter(|c| !c.is_whitespace()).collect();
            if !bare.eq_ignore_ascii_case("foreign_keys=off") {
                return Err(refused(file, line, UNKNOWN));
            }
            if !at_head {
                return Err(refused(file, line, LATE));
            }
            header.foreign_keys_off = true;
        }
    }
    Ok(header)
}

const NO_COLON: &str = "a remark that begins with `headwater` asks it for something: write \
                        `-- headwater: foreign_keys = off`, or begin with another word";
const UNKNOWN: &str = "`-- headwater:` knows `foreign_keys = off` and nothing else";
const LATE: &str =
    "`-- headwater:` has an effect before the first statement only: put it at the head";

/// What a line of a remark says after headwater's name, if it begins with that.
fn said_to_us(remark: &str) -> Option<&str> {
    let words = remark.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (name, said) = words.split_at_checked("headwater".len())?;
    (name.eq_ignore_ascii_case("headwater") && !said.starts_with(is_of_a_word)).then_some(said)
}

/// Refuses what cannot be part of a migration, before anything of it runs.
pub(super) fn check(text: &str, file: &str) -> Result<()> {
    header(text, file)?;
    for piece in pieces(text) {
        if let Some(why) = why_not(piece.text) {
            return Err(refused(file, line_of(text, piece.offset), why));
        }
    }
    Ok(())
}

fn why_not(statement: &str) -> Option<&'static str> {
    const TRANSACTION: [&str; 6] = ["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"];
    const ALONE: [&str; 3] = ["VACUUM", "ATTACH", "DETACH"];
    let mut tokens = tokens(statement);
    let first = tokens.next()?;
    let is_in = |known: &[&str]| known.iter().any(|word| word.eq_ignore_ascii_case(first));
    if is_in(&TRANSACTION) {
        return Some(
            "a migration runs in a transaction, which begins and ends without it; remove the words \
             for transactions",
        );
    }
    if is_in(&ALONE) {
        return Some(
            "VACUUM, ATTACH and DETACH do not run in a transaction, and a migration is one; run them \
             on `connect()`",
        );
    }
    match first.eq_ignore_ascii_case("PRAGMA") {
        true => why_not_pragma(tokens),
        false => None,
    }
}

/// Refuses to set what a transaction cannot set, or what ends with the connection: it would be written down
/// as applied, and nothing of it would be there.
fn why_not_pragma<'t>(mut tokens: impl Iterator<Item = &'t str>) -> Option<&'static str> {
    /// What stays in the file, what is of the transaction, and what only asks, with a value or without.
    const HARMLESS: [&str; 16] = [
        "application_id",
        "defer_foreign_keys",
        "foreign_key_check",
        "foreign_key_list",
        "incremental_vacuum",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "legacy_alter_table",
        "optimize",
        "quick_check",
        "table_info",
        "table_list",
        "table_xinfo",
        "user_version",
    ];
    const OF_THE_FILE: [&str; 4] = ["auto_vacuum", "encoding", "journal_mode", "page_size"];
    let mut name = tokens.next()?;
    let mut next = tokens.next();
    if next == Some(".") {
        (name, next) = (tokens.next()?, tokens.next());
    }
    let name = name.trim_matches(['"', '\'', '`', '[', ']']);
    let is_in = |known: &[&str]| known.iter().any(|word| word.eq_ignore_ascii_case(name));
    if !matches!(next, Some("=" | "(")) || is_in(&HARMLESS) {
        return None;
    }
    Some(if is_in(&["foreign_keys"]) {
        "PRAGMA foreign_keys has no effect in a transaction, and a migration is one; write \
         `-- headwater: foreign_keys = off` at the head of the file, or PRAGMA defer_foreign_keys"
    } else if is_in(&OF_THE_FILE) {
        "this PRAGMA has no effect in a transaction, or in a file that has tables, and a migration is one and \
         has one; `journal_mode` is an option of the engine's builder, and what else the file is made with \
         is set before the engine makes it"
    } else {
        "this PRAGMA is of one connection, and nothing of it would stay; set it for all of them with the \
         options of the engine's builder, or in `on_connect`"
    })
}

/// What a statement is made of, without white space and remarks.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    Tokens::new(text).filter(|token| !matches!(token.kind, Kind::Blank)).map(|token| token.text)
}

#[cold]
fn refused(file: &str, line: usize, why: &'static str) -> Error {
    Error::new(ErrorKind::Migration, format!("{file}, line {line}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_asks_for_what_is_known() {
        let asked = header("\n-- why\n--headwater: Foreign_Keys=OFF\nSELECT 1", "f").unwrap();
        assert!(asked.foreign_keys_off);
        for head in [
            "/* c */\n-- headwater: foreign_keys = off",
            "/* c\nd */ /* e */ -- headwater: foreign_keys = off",
            "--headwater:foreign_keys=off",
            "-- HEADWATER: FOREIGN_KEYS = OFF",
            "-- headwater  :  foreign_keys  =  off  ",
            "--- headwater: foreign_keys = off",
            "--\theadwater:\tforeign_keys = off",
            "-- ! headwater: foreign_keys = off",
            "/* headwater: foreign_keys = off */",
            "/**headwater: foreign_keys = off*/",
            "/*\n * It makes a table anew.\n * headwater: foreign_keys = off\n */",
            "/* headwater: foreign_keys = off",
        ] {
            assert!(header(head, "f").unwrap().foreign_keys_off, "{head}");
        }
    }

    #[test]
    fn what_the_head_asks_for_in_vain_is_refused_with_its_line() {
        for (text, line, why) in [
            ("-- headwater: foreign_key = off", 1, UNKNOWN),
            ("-- headwater: foreign_keys = on", 1, UNKNOWN),
            ("-- headwater: foreign_keys = off;", 1, UNKNOWN),
            ("-- headwater: foreign_keys = off -- why", 1, UNKNOWN),
            ("-- headwater:", 1, UNKNOWN),
            ("/* a */\n/* b\n headwater: foreign_key = off */", 3, UNKNOWN),
            ("\n-- headwater foreign_keys = off", 2, NO_COLON),
            ("-- a\n--Headwater foreign_keys: off", 2, NO_COLON),
            ("/* headwater = foreign_keys off */", 1, NO_COLON),
            ("-- headwater", 1, NO_COLON),
            ("SELECT 1; -- headwater", 1, NO_COLON),
            ("SELECT 1;\n-- headwater: foreign_keys = off", 2, LATE),
            ("PRAGMA user_version = 2;\n-- headwater: foreign_keys = off", 2, LATE),
            (";\n-- headwater: foreign_keys = off", 2, LATE),
            ("CREATE TABLE a(\n  b, -- c\n  /* headwater: foreign_keys = off */ d)", 3, LATE),
            (
                "CREATE TRIGGER a INSERT ON b BEGIN\n -- headwater: foreign_keys = off\n END",
                2,
                LATE,
            ),
        ] {
            let refused = check(text, "1_a.sql").unwrap_err().to_string();

            assert_eq!(refused, format!("1_a.sql, line {line}: {why}"), "{text}");
        }
    }

    #[test]
    fn remarks_to_others_ask_for_nothing() {
        for text in [
            "-- for headwater: foreign_keys = off",
            "-- headwaters: none\n-- headwater_a: none\n-- headwaterä",
            "/* This is run by\n headwater itself. */",
            "SELECT '-- headwater: foreign_keys = off', \"\n-- headwater: a\"",
            "--\n--",
        ] {
            assert_eq!(header(text, "f").unwrap(), Header::default(), "{text}");
            check(text, "f").unwrap();
        }
    }

    #[test]
    fn what_cannot_run_in_a_transaction_is_refused_with_its_line() {
        for text in [
            "begin",
            "COMMIT",
            "End",
            "ROLLBACK TO a",
            "savepoint a",
            "RELEASE a",
            "VACUUM INTO 'x'",
            "ATTACH 'x' AS y",
            "detach y",
        ] {
            let refused = check(&format!("SELECT 1;\n{text};"), "1_a.sql").unwrap_err();

            assert!(refused.to_string().starts_with("1_a.sql, line 2: "), "{text}: {refused}");
        }
        for text in ["REINDEX", "SELECT 'begin'", "SELECT 1 AS pragma, 2 = (2)"] {
            check(text, "f").unwrap();
        }
    }

    #[test]
    fn a_pragma_that_would_leave_nothing_is_refused_with_what_to_do_instead() {
        for (pragma, instead) in [
            ("foreign_keys = ON", "-- headwater: foreign_keys = off"),
            ("\"foreign_keys\" = OFF", "-- headwater: foreign_keys = off"),
            ("main.[Foreign_Keys] (0)", "-- headwater: foreign_keys = off"),
            ("`foreign_keys`=0", "-- headwater: foreign_keys = off"),
            ("'main' . 'foreign_keys' /* a */ = /* b */ 0", "-- headwater: foreign_keys = off"),
            ("foreign_keys -- a\n = 0", "-- headwater: foreign_keys = off"),
            ("journal_mode = wal", "engine's builder"),
            ("journal_mode(delete)", "engine's builder"),
            ("auto_vacuum = 1", "before the engine makes it"),
            ("main.page_size = 512", "before the engine makes it"),
            ("encoding = 'UTF-16'", "before the engine makes it"),
            ("recursive_triggers = on", "`on_connect`"),
            ("ignore_check_constraints = on", "`on_connect`"),
            ("cache_size = -1", "`on_connect`"),
            ("secure_delete = on", "`on_connect`"),
            ("synchronous = off", "`on_connect`"),
            ("\"synchronous\" (off)", "`on_connect`"),
            ("case_sensitive_like = on", "`on_connect`"),
            ("no_such_pragma = 1", "`on_connect`"),
        ] {
            for head in ["PRAGMA", "pragma\t", "/* a */ PRAGMA"] {
                let text = format!("SELECT 1;\n{head} {pragma};\nSELECT 2");

                let refused = check(&text, "1_a.sql").unwrap_err().to_string();

                assert!(refused.starts_with("1_a.sql, line 2: "), "{text}: {refused}");
                assert!(refused.contains(instead), "{text}: {refused}");
            }
        }
    }

    #[test]
    fn a_pragma_that_asks_or_that_stays_may_be_there() {
        for pragma in [
            "foreign_keys",
            "journal_mode",
            "main.synchronous",
            "user_version = 2",
            "main.\"user_version\"(2)",
            "Application_Id = 3",
            "defer_foreign_keys = ON",
            "legacy_alter_table = ON",
            "optimize",
            "optimize(0x10002)",
            "foreign_key_check('t')",
            "table_info(t)",
            "integrity_check(1)",
        ] {
            check(&format!("PRAGMA {pragma}"), "f").unwrap();
        }
    }
}
