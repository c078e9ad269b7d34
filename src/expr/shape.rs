//! The shape of a query: what its text depends on, and the values that stand in it.
//!
//! Taking the shape takes the values out of the tree and leaves their numbers in their places. Two
//! queries of one shape have equal keys, and the same numbers at the same places.

use super::dialect::Dialect;
use super::node::{
    Call, CteNode, Defect, DeleteNode, From, InsertNode, InsertSource, Join, List, Node, OrderNode,
    Output, Root, RowList, SelectNode, Source, UpdateNode,
};
use super::table::EntityTable;
use crate::error::ErrorKind;
use crate::value::Value;

/// What was taken out of a query.
pub(crate) struct Shape {
    /// What the text depends on.
    pub(crate) key: Vec<u8>,
    pub(crate) values: Vec<Value>,
    pub(crate) defect: Option<Defect>,
    /// How many values are bound once more to round lists up.
    pub(crate) padding: usize,
    /// The column that was seen last, to name it with a value that cannot be bound.
    near: Option<(&'static EntityTable, usize)>,
}

impl Shape {
    pub(crate) fn of(root: &mut Root, dialect: Dialect) -> Self {
        let mut shape = Self {
            key: Vec::with_capacity(128),
            values: Vec::new(),
            defect: None,
            padding: 0,
            near: None,
        };
        shape.tag(dialect as u8);
        root.fold(&mut shape);
        shape
    }

    fn tag(&mut self, tag: u8) {
        self.key.push(tag);
    }

    fn number(&mut self, number: usize) {
        self.key.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.key.extend_from_slice(text.as_bytes());
    }

    /// There is one description for each entity, so that its place tells it from the others.
    fn table(&mut self, table: &'static EntityTable) {
        self.number(std::ptr::from_ref(table).addr());
    }

    fn take(&mut self, value: &mut Value) {
        let number = i64::try_from(self.values.len()).unwrap_or(i64::MAX);
        self.values.push(std::mem::replace(value, Value::Integer(number)));
    }

    fn note(&mut self, defect: Defect) {
        self.defect.get_or_insert(defect);
    }

    fn refused(&mut self, defect: &Defect) {
        let (kind, what) = defect;
        if *kind != ErrorKind::Bind {
            return self.note(defect.clone());
        }
        let place = self.near.map(|(table, column)| {
            let (name, entity) = (table.column_name(column), table.entity);
            format!(" for the column `{name}` of `{entity}`")
        });
        let place = place.unwrap_or_default();
        self.note((*kind, format!("a value{place} cannot be bound: {what}")));
    }
}

/// What has a shape.
trait Fold {
    fn fold(&mut self, shape: &mut Shape);
}

impl<T: Fold> Fold for Vec<T> {
    fn fold(&mut self, shape: &mut Shape) {
        shape.number(self.len());
        for item in self {
            item.fold(shape);
        }
    }
}

impl<T: Fold> Fold for Option<T> {
    fn fold(&mut self, shape: &mut Shape) {
        shape.tag(u8::from(self.is_some()));
        if let Some(item) = self {
            item.fold(shape);
        }
    }
}

impl<T: Fold> Fold for Box<T> {
    fn fold(&mut self, shape: &mut Shape) {
        (**self).fold(shape);
    }
}

impl<A: Fold, B: Fold> Fold for (A, B) {
    fn fold(&mut self, shape: &mut Shape) {
        self.0.fold(shape);
        self.1.fold(shape);
    }
}

impl Fold for usize {
    fn fold(&mut self, shape: &mut Shape) {
        shape.number(*self);
    }
}

impl Fold for bool {
    fn fold(&mut self, shape: &mut Shape) {
        shape.tag(u8::from(*self));
    }
}

impl Fold for super::node::Name {
    fn fold(&mut self, shape: &mut Shape) {
        shape.text(self);
    }
}

impl Fold for Defect {
    fn fold(&mut self, shape: &mut Shape) {
        shape.note(self.clone());
    }
}

impl Fold for Source {
    fn fold(&mut self, shape: &mut Shape) {
        match self {
            Self::Table(table) => {
                shape.tag(0);
                shape.table(table);
            }
            Self::Alias(table, name) => {
                shape.tag(1);
                shape.table(table);
                name.fold(shape);
            }
            Self::Excluded(table) => {
                shape.tag(2);
                shape.table(table);
            }
        }
    }
}

impl Fold for Node {
    fn fold(&mut self, shape: &mut Shape) {
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
                shape.number(escape.map_or(0, |escape| escape as usize));
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

impl Fold for Output {
    fn fold(&mut self, shape: &mut Shape) {
        match self {
            Self::Entity(source, prefix) => {
                shape.tag(0);
                source.fold(shape);
                prefix.fold(shape);
            }
            Self::Node(node, alias) => {
                shape.tag(1);
                node.fold(shape);
                alias.fold(shape);
            }
        }
    }
}

impl Fold for From {
    fn fold(&mut self, shape: &mut Shape) {
        match self {
            Self::Source(source) => {
                shape.tag(0);
                source.fold(shape);
            }
            Self::Select(select, name) => {
                shape.tag(1);
                select.fold(shape);
                name.fold(shape);
            }
            Self::Named(name) => {
                shape.tag(2);
                name.fold(shape);
            }
            Self::Raw(raw, name) => {
                shape.tag(3);
                raw.fold(shape);
                name.fold(shape);
            }
        }
    }
}

impl Fold for Join {
    fn fold(&mut self, shape: &mut Shape) {
        shape.tag(self.kind as u8);
        self.from.fold(shape);
        self.on.fold(shape);
    }
}

impl Fold for OrderNode {
    fn fold(&mut self, shape: &mut Shape) {
        self.node.fold(shape);
        self.descending.fold(shape);
        self.nulls_first.fold(shape);
    }
}

impl Fold for CteNode {
    fn fold(&mut self, shape: &mut Shape) {
        self.name.fold(shape);
        self.recursive.fold(shape);
        self.select.fold(shape);
    }
}

impl Fold for SelectNode {
    fn fold(&mut self, shape: &mut Shape) {
        let Self {
            with,
            distinct,
            outputs,
            from,
            joins,
            filter,
            group,
            having,
            compounds,
            order,
            limit,
            offset,
            defect,
        } = self;
        with.fold(shape);
        distinct.fold(shape);
        outputs.fold(shape);
        from.fold(shape);
        joins.fold(shape);
        filter.fold(shape);
        group.fold(shape);
        having.fold(shape);
        shape.number(compounds.len());
        for (compound, select) in compounds {
            shape.tag(*compound as u8);
            select.fold(shape);
        }
        order.fold(shape);
        limit.fold(shape);
        offset.fold(shape);
        defect.fold(shape);
    }
}

/// The values that columns are set to, each named with its column if it cannot be bound.
fn fold_set(table: &'static EntityTable, set: &mut Vec<(usize, Node)>, shape: &mut Shape) {
    shape.number(set.len());
    for (column, node) in set {
        column.fold(shape);
        shape.near = Some((table, *column));
        node.fold(shape);
    }
}

impl Fold for InsertNode {
    fn fold(&mut self, shape: &mut Shape) {
        shape.table(self.table);
        self.columns.fold(shape);
        match &mut self.source {
            InsertSource::Defaults => shape.tag(0),
            InsertSource::Rows(rows) => {
                shape.tag(1);
                shape.number(rows.len());
                for row in rows {
                    shape.number(row.len());
                    for (place, node) in row.iter_mut().enumerate() {
                        shape.near = self.columns.get(place).map(|column| (self.table, *column));
                        node.fold(shape);
                    }
                }
            }
            InsertSource::Select(select) => {
                shape.tag(2);
                select.fold(shape);
            }
        }
        shape.tag(u8::from(self.conflict.is_some()));
        if let Some(conflict) = &mut self.conflict {
            conflict.target.fold(shape);
            fold_set(self.table, &mut conflict.set, shape);
            conflict.filter.fold(shape);
        }
        self.returning.fold(shape);
        self.defect.fold(shape);
    }
}

impl Fold for UpdateNode {
    fn fold(&mut self, shape: &mut Shape) {
        shape.table(self.table);
        fold_set(self.table, &mut self.set, shape);
        self.filter.fold(shape);
        self.all_rows.fold(shape);
        self.returning.fold(shape);
        self.defect.fold(shape);
    }
}

impl Fold for DeleteNode {
    fn fold(&mut self, shape: &mut Shape) {
        shape.table(self.table);
        self.filter.fold(shape);
        self.all_rows.fold(shape);
        self.returning.fold(shape);
        self.defect.fold(shape);
    }
}

impl Fold for Root {
    fn fold(&mut self, shape: &mut Shape) {
        match self {
            Self::Delete(delete) => {
                shape.tag(0);
                delete.fold(shape);
            }
            Self::Insert(insert) => {
                shape.tag(1);
                insert.fold(shape);
            }
            Self::Select(select) => {
                shape.tag(2);
                select.fold(shape);
            }
            Self::Update(update) => {
                shape.tag(3);
                update.fold(shape);
            }
        }
    }
}

/// What a query is told of that cannot be built.
pub(crate) fn misuse(what: impl Into<String>) -> Defect {
    (ErrorKind::Entity, what.into())
}
