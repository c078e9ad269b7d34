//! A table made anew: what ALTER TABLE cannot change. Whatever is not asked to change keeps its words, and
//! rows, indexes and triggers stay.

use super::change::{Script, is_new, new_column};
use super::clause::{Clause, ClauseKind, ColumnText, TableText};
use super::compare::Pair;
use super::difference::Difference;
use super::info::{DatabaseInfo, IndexInfo, same_columns, same_name};
use super::lex::{lexemes, same_sql, unqualified};
use super::parse;
use super::wanted::{self, Style, names};
use crate::expr::{Dialect, EntityColumn};
use crate::statement::quoted;

/// Writes the statements that make a table anew; nothing, if the text that made it is not understood.
pub(super) fn rebuild(
    pair: Pair<'_>,
    doable: &[&Difference],
    database: &DatabaseInfo,
    indexes: &[&IndexInfo],
    script: &mut Script,
) -> Option<()> {
    let mut text = parse::table(&pair.info.sql)?;
    if text.columns.len() != pair.info.columns.len() {
        return None;
    }
    Edit { pair, doable, text: &mut text }.edit();
    text.name = free_name(database, &pair.info.name);
    let old = &pair.info.name;
    script.statement(&text.sql("CREATE TABLE"));
    script.statement(&copy(pair, doable, &text));
    if pair.info.autoincrement && has_autoincrement(&text) {
        go_on_counting(old, &text.name, script);
    }
    script.replace(old, &text.name);
    indexes.iter().filter_map(|index| index.sql.as_deref()).for_each(|sql| script.statement(sql));
    let triggers = database.triggers.iter().filter(|trigger| same_name(&trigger.table, old));
    triggers.for_each(|trigger| script.statement(&trigger.sql));
    Some(())
}

/// A name that no table, view or index has.
fn free_name(database: &DatabaseInfo, table: &str) -> String {
    let mut name = format!("{table} (new)");
    let taken = |name: &str| {
        let indexes = database.tables.iter().flat_map(|table| &table.indexes);
        database.table(name).is_some()
            || database.view(name).is_some()
            || indexes.into_iter().any(|index| same_name(&index.name, name))
    };
    while taken(&name) {
        name.push('_');
    }
    name
}

fn has_autoincrement(text: &TableText) -> bool {
    let of_columns = text.columns.iter().flat_map(|column| &column.clauses);
    let mut keys = of_columns
        .chain(&text.constraints)
        .filter(|clause| matches!(clause.kind, ClauseKind::PrimaryKey(_)));
    keys.any(|key| lexemes(&key.text).iter().any(|word| word.is("AUTOINCREMENT")))
}

/// A key that was given once is not given again, even if its row is gone.
fn go_on_counting(old: &str, new: &str, script: &mut Script) {
    let text = |name: &str| format!("'{}'", name.replace('\'', "''"));
    let (old, new) = (text(old), text(new));
    script.statement(&format!("DELETE FROM sqlite_sequence WHERE name = {new}"));
    script.statement(&format!(
        "INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"
    ));
}

/// Writes the statement that copies the rows.
fn copy(pair: Pair<'_>, doable: &[&Difference], text: &TableText) -> String {
    let (mut to, mut from) = (Vec::new(), Vec::new());
    for column in text.columns.iter().filter(|column| !is_computed(column)) {
        let name = quoted(&column.name);
        if pair.info.column(&column.name).is_some() {
            from.push(value(pair, doable, &column.name));
            to.push(name);
        } else if is_row_id(column, text) && !pair.info.without_rowid {
            from.extend(row_id_name(pair, text).map(str::to_owned));
            to.extend(row_id_name(pair, text).map(|_| name));
        }
    }
    let no_row_id = !text.columns.iter().any(|column| is_row_id(column, text));
    if no_row_id && !pair.info.without_rowid {
        // What refers to rows by their number, as an index of words does, still finds them.
        to.extend(row_id_name(pair, text).map(str::to_owned));
        from.extend(row_id_name(pair, text).map(str::to_owned));
    }
    let (new, old) = (quoted(&text.name), quoted(&pair.info.name));
    format!("INSERT INTO {new} ({}) SELECT {} FROM {old}", to.join(", "), from.join(", "))
}

fn is_computed(column: &ColumnText) -> bool {
    column.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::Generated(..)))
}

fn is_without_rowid(text: &TableText) -> bool {
    text.options.to_ascii_uppercase().contains("WITHOUT")
}

/// Reports whether a column is the rowid itself.
fn is_row_id(column: &ColumnText, text: &TableText) -> bool {
    let own = column.clauses.iter().any(|one| matches!(one.kind, ClauseKind::PrimaryKey(_)));
    let of_table = text.constraints.iter().any(|one| {
        matches!(&one.kind, ClauseKind::PrimaryKey(columns)
            if same_columns(columns, std::slice::from_ref(&column.name)))
    });
    column.declared.eq_ignore_ascii_case("INTEGER") && (own || of_table) && !is_without_rowid(text)
}

/// The word for the rowid that is not the name of a column.
fn row_id_name(pair: Pair<'_>, text: &TableText) -> Option<&'static str> {
    let mut names = ["rowid", "_rowid_", "oid"].into_iter();
    names.find(|name| {
        pair.info.column(name).is_none()
            && !text.columns.iter().any(|column| same_name(&column.name, name))
    })
}

/// What a column of the new table is filled with.
fn value(pair: Pair<'_>, doable: &[&Difference], name: &str) -> String {
    let becomes_not_null = doable.iter().any(|difference| {
        matches!(difference, Difference::Nullability { column, nullable: false, .. }
            if same_name(column, name))
    });
    let wanted = pair.table.columns.iter().find(|column| same_name(&column.name, name));
    match wanted.and_then(|column| column.default).filter(|_| becomes_not_null) {
        Some(default) => format!("coalesce({}, ({default}))", quoted(name)),
        None => quoted(name),
    }
}

/// The text of a table on its way to what its entity wants.
struct Edit<'e, 'p> {
    pair: Pair<'p>,
    doable: &'e [&'e Difference],
    text: &'e mut TableText,
}

impl Edit<'_, '_> {
    fn edit(&mut self) {
        self.unqualify();
        // What goes is found by its place in the text, and so goes first.
        self.remove_keys();
        self.remove_constraints();
        let doable = self.doable;
        for difference in doable {
            self.column(difference);
        }
        for difference in doable {
            self.constraint(difference);
        }
    }

    /// The new table has another name for a while.
    fn unqualify(&mut self) {
        let own = self.text.columns.iter_mut().flat_map(|column| &mut column.clauses);
        for clause in own.chain(&mut self.text.constraints) {
            if matches!(clause.kind, ClauseKind::Check(_) | ClauseKind::Generated(..)) {
                clause.text = unqualified(&clause.text, &self.pair.info.name);
            }
        }
    }

    /// Keeps the clauses, of columns with their name and of the table, for which it is said.
    fn retain(&mut self, mut keep: impl FnMut(Option<&str>, &Clause) -> bool) {
        for column in &mut self.text.columns {
            let name = &column.name;
            column.clauses.retain(|clause| keep(Some(name), clause));
        }
        self.text.constraints.retain(|clause| keep(None, clause));
    }

    fn remove_keys(&mut self) {
        let Self { pair, doable, .. } = *self;
        let goes = |key: &super::info::ForeignKeyInfo| {
            doable.iter().any(|difference| match difference {
                Difference::ExtraForeignKey { columns, target, .. } => {
                    *columns == key.columns
                        && *target == key.target
                        && !pair.table.references.iter().any(|wanted| pair.is_same_key(wanted, key))
                }
                Difference::ForeignKey { columns, target, .. } => {
                    let mut wanted = pair.table.references.iter();
                    same_columns(columns, &key.columns)
                        && same_name(target, &key.target)
                        && wanted.any(|wanted| pair.is_same_key(wanted, key))
                }
                _ => false,
            })
        };
        let mut keys = pair.info.foreign_keys.iter();
        self.retain(|_, clause| match clause.kind {
            ClauseKind::References(..) => !keys.next().is_some_and(goes),
            _ => true,
        });
    }

    fn remove_constraints(&mut self) {
        let doable = self.doable;
        self.retain(|column, clause| {
            !doable.iter().any(|difference| match (difference, &clause.kind, column) {
                (Difference::ExtraUnique { columns, .. }, ClauseKind::Unique(_), Some(column)) => {
                    same_columns(columns, &[column.to_owned()])
                }
                (Difference::ExtraUnique { columns, .. }, ClauseKind::Unique(of), None) => {
                    same_columns(columns, of)
                }
                (Difference::ExtraCheck { expression, .. }, ClauseKind::Check(found), _) => {
                    same_sql(expression, found)
                }
                _ => false,
            })
        });
    }

    fn column(&mut self, difference: &Difference) {
        match difference {
            Difference::MissingColumn { column, .. } => {
                let column = new_column(self.pair, column);
                self.text.columns.extend(column);
            }
            Difference::ExtraColumn { column, .. } => {
                self.text.columns.retain(|one| !same_name(&one.name, column));
            }
            Difference::Type { column, .. } => self.set_type(column),
            Difference::Nullability { column, nullable, .. } => {
                self.replace(column, is_nullability, (!nullable).then(Clause::not_null));
            }
            Difference::Default { column, wanted, .. } => {
                self.replace(column, is_default, Some(Clause::default(wanted)));
            }
            Difference::ExtraDefault { column, .. } => self.replace(column, is_default, None),
            Difference::Computed { column, wanted, .. } => {
                if wanted.is_some() {
                    self.replace(column, is_default, None);
                }
                let clause = wanted.as_deref().map(Clause::generated);
                self.replace(column, is_generated, clause);
            }
            _ => {}
        }
    }

    fn constraint(&mut self, difference: &Difference) {
        match difference {
            Difference::PrimaryKey { .. } => self.set_primary_key(),
            Difference::Type { column, .. } if self.is_generated(column) => self.set_primary_key(),
            Difference::MissingCheck { expression, .. } => {
                self.text.constraints.push(Clause::check(expression));
            }
            Difference::ForeignKey { columns, target, .. } => self.add_key(columns, target),
            // That of one new column came with it.
            Difference::MissingForeignKey { columns, target, .. }
                if !columns.iter().all(|name| columns.len() == 1 && is_new(self.doable, name)) =>
            {
                self.add_key(columns, target);
            }
            _ => {}
        }
    }

    fn find(&mut self, name: &str) -> Option<&mut ColumnText> {
        self.text.columns.iter_mut().find(|column| same_name(&column.name, name))
    }

    fn replace(&mut self, name: &str, which: fn(&ClauseKind) -> bool, by: Option<Clause>) {
        if let Some(column) = self.find(name) {
            column.clauses.retain(|clause| !which(&clause.kind));
            column.clauses.extend(by);
        }
    }

    fn wanted(&self, name: &str) -> Option<&'static EntityColumn> {
        self.pair.table.columns.iter().find(|column| same_name(&column.name, name))
    }

    fn is_generated(&self, name: &str) -> bool {
        self.wanted(name).is_some_and(EntityColumn::is_numbered)
    }

    fn set_type(&mut self, name: &str) {
        let style = Style { dialect: Dialect::Sqlite, strict: self.pair.info.strict };
        let declared = self.wanted(name).map(|column| wanted::declared(column, style));
        if let (Some(declared), Some(column)) = (declared, self.find(name)) {
            declared.clone_into(&mut column.declared);
        }
    }

    fn set_primary_key(&mut self) {
        self.retain(|_, clause| !matches!(clause.kind, ClauseKind::PrimaryKey(_)));
        let wanted = names(self.pair.table, &self.pair.table.primary_key);
        // What was of the key could not be NULL, without a word for it.
        for name in self.pair.info.primary_key.clone() {
            let stays = self.wanted(&name).is_some_and(|column| !column.nullable);
            if stays && !wanted.iter().any(|one| same_name(one, &name)) {
                self.replace(&name, is_nullability, Some(Clause::not_null()));
            }
        }
        let [key] = wanted.as_slice() else {
            self.text.constraints.push(Clause::primary_key(wanted));
            return;
        };
        if self.is_generated(key) {
            self.set_type(key);
            // Only a table with rowids has a key that is one.
            let options = if self.pair.info.strict { "STRICT" } else { "" };
            options.clone_into(&mut self.text.options);
        }
        if let Some(column) = self.find(key) {
            column.clauses.push(Clause::primary_key(Vec::new()));
        }
    }

    fn add_key(&mut self, columns: &[String], target: &str) {
        let table = self.pair.table;
        let wanted = table.references.iter().find(|key| {
            same_columns(&names(table, &key.columns), columns)
                && same_name((key.target)().name, target)
        });
        self.text.constraints.extend(wanted.map(|key| wanted::foreign_key(table, key, true)));
    }
}

fn is_nullability(kind: &ClauseKind) -> bool {
    matches!(kind, ClauseKind::NotNull | ClauseKind::Null)
}

fn is_default(kind: &ClauseKind) -> bool {
    matches!(kind, ClauseKind::Default(_))
}

fn is_generated(kind: &ClauseKind) -> bool {
    matches!(kind, ClauseKind::Generated(..))
}
