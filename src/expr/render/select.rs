//! SELECT, as `sea-query` has it.

use sea_query::{
    BinOper, CommonTableExpression, DynIden, Expr, Func, FunctionCall, JoinType, NullOrdering,
    Order, OverStatement, SelectExpr, SelectStatement, TableRef, UnionType, WindowSelectType,
    WindowStatement, WithClause,
};

use super::super::dialect::Dialect;
use super::super::node::{
    Compound, CteNode, From, Join, JoinKind, Node, OrderNode, Output, SelectNode, Source,
    column_name,
};
use super::super::shape::misuse;
use super::super::table::EntityColumn;
use super::Render;
use super::writer::{NO_LIMIT, raw_mark, value_mark};

impl Render {
    pub(super) fn select(&mut self, node: &SelectNode) -> SelectStatement {
        let mut select = SelectStatement::new();
        let defined = self.defined.len();
        self.defined.extend(node.with.iter().map(|cte| cte.name.clone()));
        if !node.with.is_empty() {
            select.with_cte(self.with(&node.with));
        }
        if let Some(twice) = self.scopes.enter(node.from.as_ref(), &node.joins) {
            self.note(twice);
        }
        if node.distinct {
            select.distinct();
        }
        self.outputs(&node.outputs, &mut select);
        self.from(node, &mut select);
        if let Some(filter) = self.all(&node.filter) {
            select.and_where(filter);
        }
        select.add_group_by(self.exprs(&node.group));
        if let Some(having) = self.all(&node.having) {
            select.and_having(having);
        }
        for order in &node.order {
            self.order(node, order, &mut select);
        }
        self.limit(node, &mut select);
        self.scopes.leave();
        self.compounds(node, &mut select);
        self.defined.truncate(defined);
        select
    }

    /// All of several conditions.
    pub(super) fn all(&mut self, conditions: &[Node]) -> Option<Expr> {
        let conditions = self.exprs(conditions);
        Self::joined(BinOper::And, conditions)
    }

    fn outputs(&mut self, outputs: &[Output], select: &mut SelectStatement) {
        if outputs.is_empty() {
            self.note(misuse("the query selects no column"));
        }
        for output in outputs {
            match output {
                Output::Entity(source, prefix) => self.entity(source, *prefix, select),
                Output::Node(Node::RowNumber(of, order), alias) => {
                    let window = self.window(of, order);
                    let alias = alias.as_ref().map(|alias| self.name(alias));
                    let expr = Expr::FunctionCall(Func::cust("row_number"));
                    select.expr(SelectExpr { expr, alias, window: Some(window) });
                }
                Output::Node(node, alias) => {
                    let expr = self.expr(node);
                    let alias = alias.as_ref().map(|alias| self.name(alias));
                    select.expr(SelectExpr { expr, alias, window: None });
                }
            }
        }
    }

    fn window(&mut self, of: &[Node], order: &[OrderNode]) -> WindowSelectType {
        let mut window = WindowStatement::new();
        for node in of {
            window.add_partition_by(self.expr(node));
        }
        for OrderNode { node, descending, nulls_first } in order {
            let expr = self.expr(node);
            let direction = if *descending { Order::Desc } else { Order::Asc };
            match nulls_first {
                Some(first) => {
                    let nulls = if *first { NullOrdering::First } else { NullOrdering::Last };
                    window.order_by_expr_with_nulls(expr, direction, nulls);
                }
                None => {
                    window.order_by_expr(expr, direction);
                }
            }
        }
        WindowSelectType::Query(window)
    }

    fn entity(&mut self, source: &Source, prefix: Option<usize>, select: &mut SelectStatement) {
        for (position, column) in source.table().columns.iter().enumerate() {
            let expr = self.expr(&Node::Column(source.clone(), position));
            let alias = prefix.map(|_| self.name(&column_name(prefix, &column.name)));
            select.expr(SelectExpr { expr, alias, window: None });
        }
    }

    fn from(&mut self, node: &SelectNode, select: &mut SelectStatement) {
        if let Some(from) = &node.from {
            let from = self.source(from);
            select.from(from);
        }
        for Join { kind, from, on } in &node.joins {
            let kind = match kind {
                JoinKind::Cross => JoinType::CrossJoin,
                JoinKind::Inner => JoinType::InnerJoin,
                JoinKind::Left => JoinType::LeftJoin,
            };
            let from = self.source(from);
            match on {
                Some(on) => {
                    let on = self.expr(on);
                    select.join(kind, from, on);
                }
                None => {
                    select.cross_join(from);
                }
            }
        }
    }

    fn source(&mut self, from: &From) -> TableRef {
        if let From::Source(source) = from {
            self.is_no_definition(source.table().name);
        }
        match from {
            From::Source(Source::Alias(table, alias)) => {
                let alias = self.name(alias);
                self.table(table.name).alias(alias)
            }
            From::Source(source) => self.table(source.name()),
            From::Select(select, name) => {
                self.has_each_name_once(select, name);
                let around = self.scopes.close();
                let select = self.select(select);
                self.scopes = around;
                TableRef::SubQuery(Box::new(select), self.name(name))
            }
            From::Named(name) => self.table(name),
            From::Raw(raw, name) => {
                let raw = Expr::Value(raw_mark(self.raw(raw), false));
                let inside: FunctionCall = Func::cust("").arg(raw);
                TableRef::FunctionCall(inside, self.name(name))
            }
        }
    }

    fn has_each_name_once(&mut self, select: &SelectNode, of: &str) {
        if let Some(name) = select.name_of_two() {
            self.note(misuse(format!(
                "two columns of `{of}` have the name `{name}`: give one of them another with `.alias`"
            )));
        }
    }

    /// To the database a name is that of the common table expression, wherever it is in reach.
    fn is_no_definition(&mut self, table: &str) {
        if self.defined.iter().any(|name| name.eq_ignore_ascii_case(table)) {
            self.note(misuse(format!(
                "the query reads from the table `{table}`, and has a common table expression of that name: give \
                 the expression another one"
            )));
        }
    }

    fn with(&mut self, ctes: &[CteNode]) -> WithClause {
        let around = self.scopes.close();
        let mut with = WithClause::new();
        for CteNode { name, recursive, select } in ctes {
            self.has_each_name_once(select, name);
            let columns = self.columns(select, name);
            let select = self.select(select);
            let mut cte = CommonTableExpression::new();
            cte.table_name(self.name(name)).columns(columns).query(select);
            with.cte(cte);
            if *recursive {
                with.recursive(true);
            }
        }
        self.scopes = around;
        with
    }

    /// The names of what a common table expression gives.
    fn columns(&mut self, select: &SelectNode, cte: &str) -> Vec<DynIden> {
        let mut names = Vec::new();
        for output in &select.outputs {
            match output {
                Output::Entity(source, prefix) => {
                    for column in &source.table().columns {
                        names.push(self.name(&column_name(*prefix, &column.name)));
                    }
                }
                Output::Node(_, Some(alias)) => names.push(self.name(alias)),
                Output::Node(Node::Column(source, column), None) => {
                    names.push(self.name(source.table().column_name(*column)));
                }
                Output::Node(Node::Named(_, name), None) => names.push(self.name(name)),
                Output::Node(..) => self.note(misuse(format!(
                    "a column of the common table expression `{cte}` has no name: give it one with `.alias`"
                ))),
            }
        }
        names
    }

    fn compounds(&mut self, node: &SelectNode, select: &mut SelectStatement) {
        for (compound, other) in &node.compounds {
            let kind = match compound {
                Compound::Except => UnionType::Except,
                Compound::Intersect => UnionType::Intersect,
                Compound::Union => UnionType::Distinct,
                Compound::UnionAll => UnionType::All,
            };
            let other = self.select(other);
            select.union(kind, other);
        }
    }

    fn order(&mut self, node: &SelectNode, order: &OrderNode, select: &mut SelectStatement) {
        // What compounds are ordered by is one of their columns: its number is the one name that all
        // databases know.
        let place = match node.compounds.is_empty() {
            true => None,
            false => place(&node.outputs, &order.node),
        };
        let expr = match place {
            Some(place) => Self::word(&place.to_string()),
            None => self.expr(&order.node),
        };
        let direction = if order.descending { Order::Desc } else { Order::Asc };
        match order.nulls_first {
            Some(true) => {
                select.order_by_expr_with_nulls(expr, direction, NullOrdering::First);
            }
            Some(false) => {
                select.order_by_expr_with_nulls(expr, direction, NullOrdering::Last);
            }
            None => {
                select.order_by_expr(expr, direction);
            }
        }
    }

    fn limit(&mut self, node: &SelectNode, select: &mut SelectStatement) {
        let mark = |node: &Node| match node {
            Node::Value(value) => match value_mark(value) {
                sea_query::Value::BigUnsigned(number) => number,
                _ => None,
            },
            _ => None,
        };
        let offset = node.offset.as_ref().and_then(mark);
        match node.limit.as_ref().and_then(mark) {
            Some(limit) => {
                select.limit(limit);
            }
            // SQLite knows no OFFSET without a LIMIT.
            None if offset.is_some() && self.dialect == Dialect::Sqlite => {
                select.limit(NO_LIMIT);
            }
            None => {}
        }
        if let Some(offset) = offset {
            select.offset(offset);
        }
    }
}

/// The number of the column that an expression is, from 1.
fn place(outputs: &[Output], wanted: &Node) -> Option<usize> {
    let mut place = 0;
    for output in outputs {
        match (output, wanted) {
            (Output::Entity(source, _), Node::Column(other, column))
                if source.name() == other.name() =>
            {
                return Some(place + column + 1);
            }
            (Output::Node(Node::Column(source, column), _), Node::Column(other, wanted))
                if source.name() == other.name() && column == wanted =>
            {
                return Some(place + 1);
            }
            (Output::Entity(source, prefix), Node::Named(of, name))
                if of.is_empty() || source.name() == of =>
            {
                let named = |column: &EntityColumn| column_name(*prefix, &column.name) == *name;
                if let Some(column) = source.table().columns.iter().position(named) {
                    return Some(place + column + 1);
                }
            }
            (Output::Node(_, Some(alias)), Node::Named(_, name)) if alias == name => {
                return Some(place + 1);
            }
            (Output::Node(Node::Named(_, name), None), Node::Named(_, wanted))
                if name == wanted =>
            {
                return Some(place + 1);
            }
            // What is wrapped gives its columns under their names alone.
            (Output::Node(Node::Named(_, name), None), Node::Column(source, column))
                if name == source.table().column_name(*column) =>
            {
                return Some(place + 1);
            }
            _ => {}
        }
        place += match output {
            Output::Entity(source, _) => source.table().columns.len(),
            Output::Node(..) => 1,
        };
    }
    None
}
