//! Columns by their positions, and rows by their keys: what sessions and relations ask for.
#![allow(dead_code, reason = "later rooms ask for it")]

use super::entity::Entity;
use super::expression::{Expr, Operand};
use super::node::{Chain, List, Node, Op, OrderNode, Output, RowList, Source};
use super::select::Select;
use crate::value::Value;

/// The column of an entity at a position.
pub(crate) fn column_at<E: Entity>(position: usize) -> Expr<Value> {
    Expr::new(Node::Column(Source::Table(E::table()), position))
}

/// Whether the columns at these positions have the values of one of several keys. A NULL in a key is equal
/// to nothing.
///
/// Lists of keys are rounded up to powers of two, so that a few texts serve for all lengths. No keys at
/// all match nothing.
pub(crate) fn has_key<E: Entity>(columns: &[usize], mut keys: Vec<Vec<Value>>) -> Expr<bool> {
    let mut nodes: Vec<Node> =
        columns.iter().map(|column| column_at::<E>(*column).into_node()).collect();
    if keys.len() == 1 {
        let key = keys.pop().unwrap_or_default();
        let equal = nodes
            .into_iter()
            .zip(key)
            .map(|(column, value)| Node::binary(Op::Equal, column, Node::Value(value)));
        return Expr::new(Node::Chain(Chain::All, equal.collect()));
    }
    if nodes.len() == 1 {
        let column = Box::new(nodes.remove(0));
        let values = keys.into_iter().flatten().map(Node::Value).collect();
        return Expr::new(Node::In(false, column, List::new(values)));
    }
    let rows: Vec<Vec<Node>> =
        keys.into_iter().map(|key| key.into_iter().map(Node::Value).collect()).collect();
    Expr::new(Node::InRows(nodes, RowList { own: rows.len(), rows }))
}

impl<E: Entity, T> Select<E, T> {
    /// Adds a column behind those that it gives, for whoever reads rows by position.
    pub(crate) fn with_output(mut self, expr: Expr<Value>, name: &'static str) -> Self {
        self.node.outputs.push(Output::Node(expr.into_node(), Some(name.into())));
        self
    }

    /// Adds a filter by a condition that is known already.
    pub(crate) fn filter_by(self, condition: Expr<bool>) -> Self {
        self.filter::<Expr<bool>>(condition.into_operand())
    }

    /// Orders by the column at a position, behind what it is ordered by already.
    pub(crate) fn order_at(mut self, position: usize, descending: bool) -> Self {
        let node = column_at::<E>(position).into_node();
        self.node.order.push(OrderNode { node, descending, nulls_first: None });
        self
    }

    /// Reports whether it gives every row of its table, and nothing else.
    pub(crate) fn is_whole(&self) -> bool {
        let node = &self.node;
        let is_less = !node.filter.is_empty() || !node.having.is_empty() || self.is_limited();
        let is_other = !node.joins.is_empty()
            || !node.group.is_empty()
            || !node.compounds.is_empty()
            || !matches!(node.from, Some(super::node::From::Source(Source::Table(_))));
        !(is_less || is_other)
    }

    /// Reports whether it has LIMIT or OFFSET.
    pub(crate) fn is_limited(&self) -> bool {
        self.node.limit.is_some() || self.node.offset.is_some()
    }
}
