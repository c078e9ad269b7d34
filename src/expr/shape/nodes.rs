//! The shapes of expressions.

use super::super::node::{Call, List, Node, RowList};
use super::{Fold, Shape};
use crate::value::Value;

impl Fold for Node {
    fn fold(&mut self, shape: &mut Shape) {
        shape.within(1, |shape| self.fold_within(shape));
    }
}

impl Node {
    fn fold_within(&mut self, shape: &mut Shape) {
        match self {
            Self::Column(source, column) => {
                shape.tag(0);
                source.fold(shape);
                column.fold(shape);
                shape.near = Some((source.table(), *column));
            }
            Self::Named(source, name) => {
                shape.tag(1);
                source.fold(shape);
                name.fold(shape);
            }
            Self::Value(value) => {
                shape.tag(2);
                shape.take(value);
            }
            Self::Bad(defect) => shape.refused(defect),
            Self::Word(word) => {
                shape.tag(3);
                shape.text(word);
            }
            Self::Not(node) => {
                shape.tag(4);
                node.fold(shape);
            }
            Self::Chain(chain, nodes) => {
                shape.tag(20);
                shape.tag(*chain as u8);
                nodes.fold(shape);
            }
            Self::Binary(op, left, right) => {
                shape.tag(5);
                shape.tag(*op as u8);
                left.fold(shape);
                right.fold(shape);
            }
            Self::Call(call) => {
                shape.tag(6);
                call.fold(shape);
            }
            Self::Cast(node, sql_type) => {
                shape.tag(7);
                shape.tag(*sql_type as u8);
                node.fold(shape);
            }
            Self::Collate(node, name) => {
                shape.tag(8);
                node.fold(shape);
                name.fold(shape);
            }
            Self::Case(cases, otherwise) => {
                shape.tag(9);
                cases.fold(shape);
                otherwise.fold(shape);
            }
            Self::In(negated, node, list) => {
                shape.tag(10);
                negated.fold(shape);
                node.fold(shape);
                list.fold(shape);
            }
            Self::InSelect(negated, node, select) => {
                shape.tag(11);
                negated.fold(shape);
                node.fold(shape);
                select.fold(shape);
            }
            Self::InRows(columns, rows) => {
                shape.tag(12);
                columns.fold(shape);
                rows.fold(shape);
            }
            Self::Between(negated, nodes) => {
                shape.tag(13);
                negated.fold(shape);
                nodes.iter_mut().for_each(|node| node.fold(shape));
            }
            Self::Like(negated, nodes, escape) => {
                shape.tag(14);
                negated.fold(shape);
                nodes.iter_mut().for_each(|node| node.fold(shape));
                shape.number(escape.map_or(0, |escape| escape as usize + 1));
            }
            Self::IsNull(negated, node) => {
                shape.tag(15);
                negated.fold(shape);
                node.fold(shape);
            }
            Self::Exists(negated, select) => {
                shape.tag(16);
                negated.fold(shape);
                select.fold(shape);
            }
            Self::Select(select) => {
                shape.tag(17);
                select.fold(shape);
            }
            Self::RowNumber(of, order) => {
                shape.tag(40);
                of.fold(shape);
                order.fold(shape);
            }
            Self::Row(nodes) => {
                shape.tag(18);
                nodes.fold(shape);
            }
            Self::Raw(raw) => {
                shape.tag(19);
                raw.fold(shape);
            }
        }
    }
}

impl Fold for crate::statement::RawSql {
    fn fold(&mut self, shape: &mut Shape) {
        match self.parts() {
            Ok((text, places, values)) => {
                shape.text(text);
                shape.number(places.len());
                for (place, number) in places {
                    shape.number(place.start);
                    shape.number(place.end);
                    shape.number(*number);
                }
                shape.number(values.len());
                for value in values {
                    shape.take(value);
                }
            }
            Err(defect) => shape.note(defect.clone()),
        }
    }
}

impl Fold for Call {
    fn fold(&mut self, shape: &mut Shape) {
        self.name.fold(shape);
        self.distinct.fold(shape);
        self.arguments.fold(shape);
        self.filter.fold(shape);
    }
}

impl Fold for List {
    fn fold(&mut self, shape: &mut Shape) {
        let more = padding(self.own);
        if let Some(again) = self.values.iter().min_by_key(|node| weight(node)).cloned() {
            self.values.extend(std::iter::repeat_n(again, more));
            shape.padding += more;
        }
        self.values.fold(shape);
    }
}

/// How many more make a power of two.
fn padding(own: usize) -> usize {
    own.checked_next_power_of_two().map_or(0, |rounded| rounded - own)
}

/// What it costs to bind once more: IN does not mind which one of its own it is.
fn weight(node: &Node) -> usize {
    match node {
        Node::Value(Value::Text(text)) => text.len(),
        Node::Value(Value::Blob(bytes)) => bytes.len(),
        _ => 0,
    }
}

impl Fold for RowList {
    fn fold(&mut self, shape: &mut Shape) {
        let more = padding(self.own);
        if let Some(again) = self.rows.first().cloned() {
            shape.padding += more * again.len();
            self.rows.extend(std::iter::repeat_n(again, more));
        }
        self.rows.fold(shape);
    }
}
