//! Rendering: a tree whose values are numbers becomes text, through `sea-query`.

mod expression;
mod scope;
mod select;
mod write;
mod writer;

use sea_query::{
    DynIden, PostgresQueryBuilder, QueryStatementWriter, SqliteQueryBuilder, TableRef,
};

use super::dialect::Dialect;
use super::node::{Defect, Name, Root};
use super::shape::misuse;
use crate::statement::{RawSql, why_not};
use scope::Scopes;
use writer::Writer;

/// A text, and the numbers of the values in the order of its placeholders.
pub(crate) struct Rendered {
    pub(crate) text: String,
    pub(crate) order: Vec<usize>,
}

/// Renders a query. Where it is `tight`, lists are as long as they are.
pub(crate) fn render(root: &Root, dialect: Dialect, tight: bool) -> Result<Rendered, Defect> {
    let mut render = Render {
        dialect,
        tight,
        raws: Vec::new(),
        scopes: Scopes::default(),
        defined: Vec::new(),
        defect: None,
    };
    match root {
        Root::Delete(delete) => {
            let statement = render.delete(delete);
            render.finish(&statement)
        }
        Root::Insert(insert) => {
            let statement = render.insert(insert);
            render.finish(&statement)
        }
        Root::Select(select) => {
            let statement = render.select(select);
            render.finish(&statement)
        }
        Root::Update(update) => {
            let statement = render.update(update);
            render.finish(&statement)
        }
    }
}

struct Render {
    dialect: Dialect,
    tight: bool,
    raws: Vec<RawSql>,
    scopes: Scopes,
    /// The names of the common table expressions that are in reach.
    defined: Vec<Name>,
    defect: Option<Defect>,
}

impl Render {
    fn note(&mut self, defect: Defect) {
        self.defect.get_or_insert(defect);
    }

    /// A name, which the renderer quotes.
    fn name(&mut self, name: &str) -> DynIden {
        if let Some(why) = why_not(name) {
            self.note(misuse(format!("the name of a table, a column or an alias {why}")));
        }
        // One that is owned is escaped, whatever is in it.
        DynIden::from(name.to_owned())
    }

    fn table(&mut self, name: &str) -> TableRef {
        TableRef::from(self.name(name))
    }

    fn raw(&mut self, raw: &RawSql) -> usize {
        self.raws.push(raw.clone());
        self.raws.len() - 1
    }

    fn finish(self, statement: &impl QueryStatementWriter) -> Result<Rendered, Defect> {
        if let Some(defect) = self.defect {
            return Err(defect);
        }
        let mut writer = Writer::new(self.dialect, self.raws);
        match self.dialect {
            Dialect::Postgres => statement.build_collect_into(PostgresQueryBuilder, &mut writer),
            Dialect::Sqlite => statement.build_collect_into(SqliteQueryBuilder, &mut writer),
        }
        if writer.strange {
            return Err(misuse("the query has a part that cannot be rendered"));
        }
        let (text, order) = writer.finish();
        Ok(Rendered { text, order })
    }
}
