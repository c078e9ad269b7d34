//! The shapes of statements.

use super::super::node::{
    CteNode, DeleteNode, From, InsertNode, InsertSource, Join, Node, OrderNode, Output, Root,
    SelectNode, UpdateNode,
};
use super::super::table::EntityTable;
use super::{Fold, Shape};

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
        shape.within(super::QUERY, |shape| self.fold_within(shape));
    }
}

impl SelectNode {
    fn fold_within(&mut self, shape: &mut Shape) {
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
