//! The statements that bring a database to what the entities want.

use super::clause::{ClauseKind, ColumnText, is_literal};
use super::compare::Pair;
use super::difference::Difference;
use super::info::{DatabaseInfo, IndexOrigin, TableInfo, same_name};
use super::lex::lexemes;
use super::rebuild;
use super::wanted::{self, Style};
use crate::expr::{Dialect, EntityColumn, EntityTable};
use crate::statement::quoted;

/// All that the statements are made of.
pub(super) struct Changes<'c> {
    /// In the order of their foreign keys.
    pub(super) tables: &'c [&'static EntityTable],
    pub(super) database: &'c DatabaseInfo,
    pub(super) differences: &'c [Difference],
    /// Whether what is extra is dropped.
    pub(super) drops: bool,
    /// How tables are written that are not there yet.
    pub(super) style: Style,
}

/// A text as it grows.
#[derive(Default)]
pub(super) struct Script {
    lines: Vec<String>,
    /// Whether a table is dropped, which deletes what refers to its rows where foreign keys are on.
    drops_tables: bool,
    /// Whether a table takes the place of another one.
    renames: bool,
}

impl Script {
    pub(super) fn statement(&mut self, statement: &str) {
        self.lines.push(format!("{statement};"));
    }

    fn remark(&mut self, remark: &str) {
        // A name may have the end of a line in it, and a remark ends there.
        self.lines.push(format!("-- {}", remark.replace(['\n', '\r'], " ")));
    }

    /// Drops a table whose rows are elsewhere, and gives its name to another one.
    pub(super) fn replace(&mut self, old: &str, new: &str) {
        (self.drops_tables, self.renames) = (true, true);
        self.statement(&format!("DROP TABLE {}", quoted(old)));
        self.statement(&format!("ALTER TABLE {} RENAME TO {}", quoted(new), quoted(old)));
    }

    fn text(self) -> String {
        let mut text = String::new();
        if self.drops_tables {
            text.push_str("-- headwater: foreign_keys = off\n");
        }
        if self.renames {
            // Without it a rename looks at all views, and fails at one that cannot be read.
            text.push_str("PRAGMA legacy_alter_table = ON;\n");
        }
        for line in self.lines {
            text.push_str(&line);
            text.push('\n');
        }
        if self.renames {
            text.push_str("PRAGMA legacy_alter_table = OFF;\n");
        }
        text
    }
}

impl Changes<'_> {
    pub(super) fn text(&self) -> String {
        let mut script = Script::default();
        for table in self.tables {
            self.table(table, &mut script);
        }
        if self.drops {
            self.extra_tables(&mut script);
        }
        script.text()
    }

    fn table(&self, table: &'static EntityTable, script: &mut Script) {
        let of_table = |difference: &&Difference| same_name(difference.table(), table.name);
        let differences: Vec<_> = self.differences.iter().filter(of_table).collect();
        for blocked in differences.iter().filter(|difference| difference.is_blocked()) {
            script.remark(&format!("Not done: {blocked}"));
        }
        if differences.iter().any(|one| matches!(one, Difference::MissingTable { .. })) {
            script.statement(&wanted::table(table, self.style, &[]).sql("CREATE TABLE"));
            wanted::indexes(table)
                .for_each(|index| self.index(&index.name, &index.sql(""), script));
        } else if let Some(info) = self.database.table(table.name) {
            let pair = Pair { table, info };
            let doable = doable(&differences, self.drops);
            self.existing(pair, &doable, script);
        }
    }

    fn existing(&self, pair: Pair<'_>, doable: &[&Difference], script: &mut Script) {
        let info = pair.info;
        let gone = self.gone_indexes(info, doable);
        if doable.iter().any(|difference| needs_rebuild(pair, difference, doable)) {
            let kept: Vec<_> =
                info.indexes.iter().filter(|index| !gone.contains(&index.name)).collect();
            let done = rebuild::rebuild(pair, doable, self.database, &kept, script);
            if done.is_none() {
                let name = &info.name;
                script.remark(&format!("Not done: the text that made {name} is not understood"));
            }
        } else {
            for index in &gone {
                script.statement(&format!("DROP INDEX {}", quoted(index)));
            }
            for difference in doable {
                if let Difference::MissingColumn { column, .. } = difference
                    && let Some(text) = new_column(pair, column)
                {
                    let head = format!("ALTER TABLE {} ADD COLUMN", quoted(&info.name));
                    script.statement(&format!("{head} {}", text.sql()));
                }
            }
        }
        for difference in doable {
            if let Difference::MissingIndex { index, columns, unique, .. } = difference {
                let table = pair.table.name;
                let (columns, unique) = (columns.clone(), *unique);
                let text = wanted::IndexText { name: index.clone(), table, columns, unique };
                let free = gone.iter().any(|gone| same_name(gone, index));
                match free {
                    true => script.statement(&text.sql("")),
                    false => self.index(index, &text.sql(""), script),
                }
            }
        }
    }

    /// Makes an index, if its name is not taken.
    fn index(&self, name: &str, sql: &str, script: &mut Script) {
        let indexes = self.database.tables.iter().flat_map(|table| &table.indexes);
        let mut taken = indexes.map(|index| &index.name);
        match taken.any(|taken| same_name(taken, name)) || self.database.table(name).is_some() {
            true => script.remark(&format!("Not done: the name is taken: {sql}")),
            false => script.statement(sql),
        }
    }

    /// The indexes of a table that make room for others of their names, or are dropped.
    fn gone_indexes(&self, info: &TableInfo, doable: &[&Difference]) -> Vec<String> {
        let created = info.indexes.iter().filter(|index| index.origin == IndexOrigin::Created);
        let is_gone = |name: &str| {
            doable.iter().any(|difference| match difference {
                Difference::MissingIndex { index, .. } | Difference::ExtraIndex { index, .. } => {
                    same_name(index, name)
                }
                _ => false,
            })
        };
        created.map(|index| index.name.clone()).filter(|name| is_gone(name)).collect()
    }

    fn extra_tables(&self, script: &mut Script) {
        for difference in self.differences {
            if let Difference::ExtraTable { table } = difference {
                script.drops_tables = true;
                script.statement(&format!("DROP TABLE {}", quoted(table)));
            }
        }
    }
}

/// What is done of a table's differences: not what is blocked, nor what needs a column that is.
fn doable<'d>(differences: &[&'d Difference], drops: bool) -> Vec<&'d Difference> {
    let blocked = differences.iter().filter_map(|difference| match difference {
        Difference::MissingColumn { column, blocked: true, .. } => Some(column.as_str()),
        _ => None,
    });
    let blocked: Vec<&str> = blocked.collect();
    let waits = |column: &String| blocked.iter().any(|blocked| same_name(blocked, column));
    let says = |expression: &str| {
        lexemes(expression).iter().any(|lexeme| lexeme.is_name() && waits(&lexeme.name()))
    };
    let is_done = |difference: &&&Difference| {
        let waiting = match difference {
            Difference::PrimaryKey { wanted: columns, .. }
            | Difference::MissingIndex { columns, .. }
            | Difference::MissingForeignKey { columns, .. } => columns.iter().any(waits),
            Difference::MissingCheck { expression, .. }
            | Difference::Computed { wanted: Some(expression), .. } => says(expression),
            _ => false,
        };
        !difference.is_blocked() && !waiting && (drops || !difference.is_extra())
    };
    differences.iter().filter(is_done).copied().collect()
}

/// Reports whether ALTER TABLE cannot do it.
fn needs_rebuild(pair: Pair<'_>, difference: &Difference, doable: &[&Difference]) -> bool {
    match difference {
        Difference::MissingTable { .. }
        | Difference::MissingIndex { .. }
        | Difference::NotATable { .. }
        | Difference::ExtraTable { .. }
        | Difference::ExtraIndex { .. } => false,
        Difference::MissingColumn { column, .. } => !can_be_added(pair, column),
        // The foreign key of one new column comes with it.
        Difference::MissingForeignKey { columns, .. } => {
            !columns.iter().all(|column| columns.len() == 1 && is_new(doable, column))
        }
        _ => true,
    }
}

pub(super) fn is_new(doable: &[&Difference], name: &str) -> bool {
    doable.iter().any(|difference| {
        matches!(difference, Difference::MissingColumn { column, .. } if same_name(column, name))
    })
}

/// Reports whether ALTER TABLE takes a column, into a table with rows too.
fn can_be_added(pair: Pair<'_>, name: &str) -> bool {
    let Some((at, column)) = wanted_column(pair.table, name) else {
        return false;
    };
    let refers = pair.table.references.iter().any(|key| key.columns.contains(&at));
    let default_stands =
        column.default.is_none_or(|default| is_literal(default) && !refers && !is_null(column));
    column.computed.is_none() && !pair.table.primary_key.contains(&at) && default_stands
}

/// Reports whether a column that cannot be NULL has NULL as its default.
fn is_null(column: &EntityColumn) -> bool {
    !column.nullable && column.default.is_some_and(|default| default.eq_ignore_ascii_case("NULL"))
}

fn wanted_column<'t>(table: &'t EntityTable, name: &str) -> Option<(usize, &'t EntityColumn)> {
    table.columns.iter().enumerate().find(|(_, column)| same_name(&column.name, name))
}

/// The text of a column that is added; its keys and indexes are not part of it.
pub(super) fn new_column(pair: Pair<'_>, name: &str) -> Option<ColumnText> {
    let style = Style { dialect: Dialect::Sqlite, strict: pair.info.strict };
    let text = wanted::table(pair.table, style, &[]);
    let mut column = text.columns.into_iter().find(|column| same_name(&column.name, name))?;
    column
        .clauses
        .retain(|one| !matches!(one.kind, ClauseKind::PrimaryKey(_) | ClauseKind::Unique(_)));
    Some(column)
}
