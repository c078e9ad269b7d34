//! INSERT, UPDATE and DELETE, as `sea-query` has them.

use sea_query::{
    BinOper, DeleteStatement, DynIden, Expr, InsertStatement, OnConflict, ReturningClause,
    UpdateStatement,
};

use super::super::node::{
    ConflictNode, DeleteNode, InsertNode, InsertSource, Node, Output, SelectNode, UpdateNode,
};
use super::super::shape::misuse;
use super::super::table::EntityTable;
use super::Render;
use crate::statement::quoted;

impl Render {
    pub(super) fn insert(&mut self, node: &InsertNode) -> InsertStatement {
        let mut insert = InsertStatement::new();
        insert.into_table(self.table(node.table.name));
        let columns: Vec<DynIden> =
            node.columns.iter().map(|column| self.column_name(node.table, *column)).collect();
        insert.columns(columns);
        self.each_once(node);
        match &node.source {
            InsertSource::Defaults => {
                insert.or_default_values();
            }
            InsertSource::Rows(rows) => self.rows_of(rows, &mut insert),
            InsertSource::Select(select) => self.select_of(node, select, &mut insert),
        }
        self.scopes.enter_table(node.table, node.conflict.is_some());
        if let Some(conflict) = &node.conflict {
            insert.on_conflict(self.conflict(node.table, conflict));
        }
        if let Some(returning) = self.returning(&node.returning) {
            insert.returning(returning);
        }
        self.scopes.leave();
        insert
    }

    /// Of a column that is named twice SQLite takes one value, and drops the other.
    fn each_once(&mut self, node: &InsertNode) {
        let mut columns = node.columns.iter().enumerate();
        let again = columns.find(|(place, column)| {
            node.columns.get(..*place).is_some_and(|before| before.contains(column))
        });
        if let Some((_, column)) = again {
            let (name, entity) = (node.table.column_name(*column), node.table.entity);
            self.note(misuse(format!("an INSERT into `{entity}` names the column `{name}` twice")));
        }
    }

    pub(super) fn update(&mut self, node: &UpdateNode) -> UpdateStatement {
        let mut update = UpdateStatement::new();
        update.table(self.table(node.table.name));
        self.scopes.enter_table(node.table, false);
        if node.set.is_empty() {
            let entity = node.table.entity;
            self.note(misuse(format!(
                "an UPDATE of `{entity}` sets nothing: say what with `.set`"
            )));
        }
        for (column, value) in &node.set {
            let value = self.expr(value);
            update.value(self.column_name(node.table, *column), value);
        }
        self.some_rows("UPDATE", node.table, &node.filter, node.all_rows);
        if let Some(filter) = self.all(&node.filter) {
            update.and_where(filter);
        }
        if let Some(returning) = self.returning(&node.returning) {
            update.returning(returning);
        }
        self.scopes.leave();
        update
    }

    pub(super) fn delete(&mut self, node: &DeleteNode) -> DeleteStatement {
        let mut delete = DeleteStatement::new();
        delete.from_table(self.table(node.table.name));
        self.scopes.enter_table(node.table, false);
        self.some_rows("DELETE", node.table, &node.filter, node.all_rows);
        if let Some(filter) = self.all(&node.filter) {
            delete.and_where(filter);
        }
        if let Some(returning) = self.returning(&node.returning) {
            delete.returning(returning);
        }
        self.scopes.leave();
        delete
    }

    fn column_name(&mut self, table: &'static EntityTable, column: usize) -> DynIden {
        let name = table.column_name(column);
        if name.is_empty() {
            self.note(misuse(format!("`{}` has no column {column}", table.entity)));
        }
        if table.columns.get(column).is_some_and(|column| column.computed.is_some()) {
            let entity = table.entity;
            self.note(misuse(format!(
                "the column `{name}` of `{entity}` is computed by the database, and never written"
            )));
        }
        self.name(name)
    }

    /// What writes all rows says so.
    fn some_rows(
        &mut self,
        what: &str,
        table: &'static EntityTable,
        filter: &[Node],
        all_rows: bool,
    ) {
        if filter.is_empty() && !all_rows {
            let entity = table.entity;
            self.note(misuse(format!(
                "{what} of `{entity}` has no filter, and would write every row of `{}`: add `.filter`, or \
                 `.all_rows()` if that is meant",
                table.name
            )));
        }
    }

    fn rows_of(&mut self, rows: &[Vec<Node>], insert: &mut InsertStatement) {
        if rows.is_empty() {
            self.note(misuse("an INSERT has no rows: run none where there is nothing to insert"));
        }
        for row in rows {
            let row = self.exprs(row);
            if insert.values(row).is_err() {
                self.note(misuse("a row of an INSERT has other columns than the first one"));
            }
        }
    }

    fn select_of(&mut self, node: &InsertNode, select: &SelectNode, insert: &mut InsertStatement) {
        // SQLite cannot tell ON CONFLICT from a join of the last SELECT where that has no WHERE.
        let several = node.conflict.is_some() && !select.compounds.is_empty();
        let mut select = match several {
            true => self.select(&select.clone().wrapped()),
            false => self.select(select),
        };
        if node.conflict.is_some() {
            select.and_where(Expr::Constant(sea_query::Value::Bool(Some(true))));
        }
        if insert.select_from(select).is_err() {
            let entity = node.table.entity;
            self.note(misuse(format!(
                "an INSERT into `{entity}` names other columns than its SELECT gives"
            )));
        }
    }

    fn conflict(&mut self, table: &'static EntityTable, node: &ConflictNode) -> OnConflict {
        let target: Vec<DynIden> = node
            .target
            .iter()
            .map(|column| {
                let name = table.column_name(*column);
                self.name(name)
            })
            .collect();
        let mut conflict = OnConflict::columns(target);
        if node.set.is_empty() {
            conflict.do_nothing();
            return conflict;
        }
        for (column, value) in &node.set {
            let value = self.expr(value);
            conflict.value(self.column_name(table, *column), value);
        }
        if let Some(filter) = self.all(&node.filter) {
            conflict.action_and_where(filter);
        }
        conflict
    }

    fn returning(&mut self, outputs: &[Output]) -> Option<ReturningClause> {
        let mut exprs = Vec::new();
        for output in outputs {
            match output {
                Output::Entity(source, _) => {
                    for column in &source.table().columns {
                        exprs.push(Expr::Column(self.name(&column.name).into()));
                    }
                }
                Output::Node(node @ Node::Column(source, column), None) => {
                    // It is written without its table, and is of no other one all the same.
                    let _ = self.expr(node);
                    exprs.push(Expr::Column(self.name(source.table().column_name(*column)).into()));
                }
                Output::Node(node, alias) => {
                    let expr = self.expr(node);
                    exprs.push(match alias {
                        Some(alias) => Expr::Binary(
                            Box::new(expr),
                            BinOper::As,
                            Box::new(Self::word(&quoted(alias))),
                        ),
                        None => expr,
                    });
                }
            }
        }
        (!exprs.is_empty()).then_some(ReturningClause::Exprs(exprs))
    }
}
