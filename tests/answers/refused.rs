//! What Headwater's defaults refuse on purpose, by name, and the option that lets it through.
//!
//! Everything here runs without foreign keys (`foreign_keys=off`), as the suites were recorded. Each of
//! these runs with another option beside that. One that passes without it does not belong here, and one that
//! does not pass although it is not here is a fault: both fail the test.

use headwater::{EngineBuilder, JournalMode};

/// What a case needs that the defaults do not give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// To run on a connection of its own, where the suite runs on the engine.
    Connection,
    /// `double_quoted_strings`.
    DoubleQuotedStrings,
    /// `journal_mode=memory`.
    MemoryJournal,
}

impl Change {
    pub(crate) fn apply(self, builder: EngineBuilder) -> EngineBuilder {
        match self {
            Self::Connection => builder,
            Self::DoubleQuotedStrings => builder.double_quoted_strings(true),
            Self::MemoryJournal => builder.journal_mode(JournalMode::Memory),
        }
    }
}

pub(crate) struct Refused {
    pub(crate) name: &'static str,
    pub(crate) change: Change,
    pub(crate) why: &'static str,
}

/// The files of the sqllogictest suite, which runs on the engine.
pub(crate) const FILES: &[Refused] = &[Refused {
    name: "evidence/slt_lang_createview.test",
    change: Change::Connection,
    why: "it makes TEMP views, which only one connection of many would have",
}];

/// The cases of the typed suite, which runs on one connection for each case.
pub(crate) const CASES: &[Refused] = &[
    Refused {
        name: "turso-sqltests/vector.sqltest: vector-insert-double-quotes",
        change: Change::DoubleQuotedStrings,
        why: "it writes a string in double quotes, which a misspelled name would become too",
    },
    Refused {
        name: "turso-sqltests/mvcc_sequence.sqltest: mvcc-autoincrement-fails-after-max-rowid",
        change: Change::MemoryJournal,
        why: "it asks for the journal mode, which is the write-ahead log in memory too",
    },
    Refused {
        name: "turso-sqltests/mvcc_sequence.sqltest: mvcc-autoincrement-delete-does-not-reset-full",
        change: Change::MemoryJournal,
        why: "it asks for the journal mode, which is the write-ahead log in memory too",
    },
];

/// The cases that ask for a count that each connection keeps for itself: on the engine the one that is
/// asked is not the one that wrote.
pub(crate) const CONNECTION_COUNTS: [&str; 7] = [
    "sqlite-sqltests/total-changes.sqltest: total-changes-on-basic-insert",
    "sqlite-sqltests/total-changes.sqltest: total-changes-on-multiple-row-insert",
    "sqlite-sqltests/total-changes.sqltest: total-changes-on-multiple-inserts",
    "sqlite-sqltests/total-changes.sqltest: total-changes-on-update-single-row",
    "sqlite-sqltests/total-changes.sqltest: total-changes-on-update-multiple-rows",
    "sqlite-sqltests/total-changes.sqltest: total-changes-on-update-no-match",
    "sqlite-sqltests/total-changes.sqltest: total-changes-includes-trigger-body-rows",
];

/// Finds what a name needs.
pub(crate) fn change(list: &[Refused], name: &str) -> Option<Change> {
    list.iter().find(|refused| refused.name == name).map(|refused| refused.change)
}
