//! Which tables a query reads from, so that a column of another one is found before it runs.

use super::super::node::{Defect, From, Join, Source};
use super::super::shape::misuse;
use super::super::table::EntityTable;

/// The tables of a query and of those around it, the innermost last.
#[derive(Default)]
pub(super) struct Scopes(Vec<Vec<Known>>);

/// A table that can be named.
struct Known {
    name: String,
    table: Option<&'static EntityTable>,
}

impl Known {
    fn is(&self, source: &Source) -> bool {
        let same = self.table.is_some_and(|table| std::ptr::eq(table, source.table()));
        // A common table expression or a subquery has the columns that its maker says it has.
        (same || self.table.is_none()) && self.name == source.name()
    }
}

impl Scopes {
    /// Begins a query; gives what is wrong about its tables.
    pub(super) fn enter(&mut self, from: Option<&From>, joins: &[Join]) -> Option<Defect> {
        let mut scope: Vec<Known> = Vec::new();
        let mut twice = None;
        for from in from.into_iter().chain(joins.iter().map(|join| &join.from)) {
            let known = match from {
                From::Source(source) => {
                    Known { name: source.name().to_owned(), table: Some(source.table()) }
                }
                From::Select(_, name) | From::Named(name) | From::Raw(_, name) => {
                    Known { name: name.clone().into_owned(), table: None }
                }
            };
            if scope.iter().any(|other| other.name == known.name) {
                twice.get_or_insert_with(|| {
                    misuse(format!(
                        "the query reads from `{}` twice: give one of them a name with `alias`",
                        known.name
                    ))
                });
            }
            scope.push(known);
        }
        self.0.push(scope);
        twice
    }

    /// Begins a statement that writes a table.
    pub(super) fn enter_table(&mut self, table: &'static EntityTable, excluded: bool) {
        let known = |name: &str| Known { name: name.to_owned(), table: Some(table) };
        let mut scope = vec![known(table.name)];
        if excluded {
            scope.push(known("excluded"));
        }
        self.0.push(scope);
    }

    pub(super) fn leave(&mut self) {
        self.0.pop();
    }

    /// Puts what is around aside, for a query that does not see it.
    pub(super) fn close(&mut self) -> Self {
        std::mem::take(self)
    }

    pub(super) fn check(&self, source: &Source, column: &str) -> Option<Defect> {
        if self.0.iter().flatten().any(|known| known.is(source)) {
            return None;
        }
        let entity = source.table().entity;
        let advice = match source {
            Source::Table(table) => {
                let aliased = self
                    .0
                    .iter()
                    .flatten()
                    .find(|known| known.table.is_some_and(|other| std::ptr::eq(other, *table)));
                match aliased {
                    Some(known) => format!(
                        "the query does not read from `{}` but under the name `{}`: take the column of \
                         that alias",
                        table.name, known.name
                    ),
                    None => format!("the query does not read from `{}`: join it", table.name),
                }
            }
            Source::Alias(_, name) => format!("the query has no alias `{name}`: join it"),
            Source::Excluded(_) => {
                "only what an upsert does on a conflict has `excluded` columns".to_owned()
            }
        };
        Some(misuse(format!("the column `{column}` of `{entity}` is used, but {advice}")))
    }

    pub(super) fn check_name(&self, source: &str, column: &str) -> Option<Defect> {
        if source.is_empty() || self.0.iter().flatten().any(|known| known.name == source) {
            return None;
        }
        Some(misuse(format!(
            "the column `{column}` of `{source}` is used, but the query does not read from `{source}`: join it"
        )))
    }
}
