//! The order of a flush: parents are inserted before their children, and deleted after them.
//!
//! Entity types are ordered by the foreign keys between them. Where types refer to each other in a circle,
//! or one to itself, their rows are ordered by what they refer to. A circle of rows is opened where a
//! foreign key is deferred, or where it can be NULL: then it is written after the rows are there.

use std::any::TypeId;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::mem;
use std::sync::Arc;

use super::components::{Reach, components, mark};
use super::freed::freed;
use super::plan::{Planned, named};
use super::shape::{Kind, Shape};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{EntityTable, Reference};
use crate::orm::journal::Left;
use crate::value::Value;

/// Puts the rows of a flush into statements, in the order in which the database takes them.
pub(in crate::orm) fn order(rows: Vec<Planned>) -> Result<Vec<Vec<Planned>>> {
    if is_one_statement(&rows) {
        keys(&rows)?;
        return Ok(vec![rows]);
    }
    let (inserts, rows) = part(rows, |row| row.shape.kind() == Kind::Insert);
    let (deletes, updates) = part(rows, |row| row.shape.kind() == Kind::Delete);
    let added = keys(&inserts)?;
    // What is taken again has to be free before.
    let (early, late) = freed(deletes, &added, &[&inserts, &updates]);
    let freed: HashSet<TypeId> = early.iter().map(|row| row.table().id()).collect();
    let mut steps = Vec::new();
    delete(early, &HashSet::new(), &mut steps)?;
    let mut links = Vec::new();
    for component in components(inserts, Reach::Parents) {
        steps.extend(consecutive(sorted(component, &mut links)?));
    }
    steps.extend(consecutive(links));
    steps.extend(together(updates));
    delete(late, &freed, &mut steps)?;
    Ok(steps)
}

/// Reports whether rows are one statement and wait for nothing, as most that are many.
fn is_one_statement(rows: &[Planned]) -> bool {
    let Some(first) = rows.first() else {
        return false;
    };
    let table = first.table();
    let waits = |reference: &Reference| (reference.target)().id() == table.id();
    let is_free = match first.shape.kind() {
        Kind::Insert => !table.references.iter().any(waits),
        Kind::Update => true,
        Kind::Delete | Kind::Link => false,
    };
    is_free && rows.iter().all(|row| Arc::ptr_eq(&first.shape, &row.shape))
}

/// Parts rows in two. Mostly all are of one kind, and they may be many: then none is moved.
fn part(rows: Vec<Planned>, is_first: impl Fn(&Planned) -> bool) -> (Vec<Planned>, Vec<Planned>) {
    if rows.iter().all(&is_first) {
        return (rows, Vec::new());
    }
    if !rows.iter().any(&is_first) {
        return (Vec::new(), rows);
    }
    rows.into_iter().partition(is_first)
}

/// Deletes rows, when rows of some tables are deleted already.
fn delete(
    rows: Vec<Planned>,
    before: &HashSet<TypeId>,
    steps: &mut Vec<Vec<Planned>>,
) -> Result<()> {
    let (mut ordered, mut links) = (Vec::new(), Vec::new());
    for mut component in components(rows, Reach::Cascades) {
        mark(&mut component, before);
        ordered.extend(sorted(component, &mut links)?);
    }
    ordered.reverse();
    steps.extend(consecutive(links));
    steps.extend(consecutive(ordered));
    Ok(())
}

/// Values as something that can be looked up: a table with the bytes of its columns' values.
pub(super) type Place = (TypeId, Vec<u8>);

pub(super) fn of(table: &EntityTable, values: &[Value]) -> Place {
    let mut bytes = Vec::with_capacity(values.len() * 9);
    for value in values {
        let (tag, content): (u8, &[u8]) = match value {
            Value::Null => (0, &[]),
            Value::Integer(number) => (1, &number.to_le_bytes()),
            Value::Real(number) => (2, &number.to_bits().to_le_bytes()),
            Value::Text(text) => (3, text.as_bytes()),
            Value::Blob(blob) => (4, blob),
        };
        bytes.push(tag);
        bytes.extend_from_slice(&content.len().to_le_bytes());
        bytes.extend_from_slice(content);
    }
    (table.id(), bytes)
}

/// The keys of new rows, no two of which may be the same.
fn keys(inserts: &[Planned]) -> Result<HashSet<Place>> {
    let mut keys = HashSet::with_capacity(inserts.len());
    for row in inserts {
        if let Some(key) = &row.key
            && !keys.insert(of(row.table(), key))
        {
            return Err(Error::new(
                ErrorKind::Entity,
                format!("two new {} have the same primary key", named(row.table())),
            ));
        }
    }
    Ok(keys)
}

/// Orders the rows of types that refer to each other, those that are referred to first.
fn sorted(rows: Vec<Planned>, links: &mut Vec<Planned>) -> Result<Vec<Planned>> {
    let tables: HashSet<TypeId> = rows.iter().map(|row| row.table().id()).collect();
    let within = |reference: &&Reference| tables.contains(&(reference.target)().id());
    if !rows.iter().any(|row| row.table().references.iter().any(|reference| within(&reference))) {
        return Ok(rows);
    }
    let mut graph = Graph::of(rows, &tables);
    let mut ordered = Vec::with_capacity(graph.rows.len());
    let mut left = graph.rows.len();
    loop {
        while let Some(Reverse(row)) = graph.ready.pop() {
            left -= 1;
            graph.release(row);
            ordered.extend(graph.rows.get_mut(row).and_then(Option::take));
        }
        if left == 0 {
            return Ok(ordered);
        }
        links.extend(graph.open_a_circle()?);
    }
}

/// Rows, and which of them have to wait for which.
struct Graph {
    rows: Vec<Option<Planned>>,
    /// The rows that each row refers to and waits for, with the reference's place in its table.
    parents: Vec<Vec<(usize, usize)>>,
    children: Vec<Vec<usize>>,
    /// The rows that wait for nothing, the first added first.
    ready: BinaryHeap<Reverse<usize>>,
}

impl Graph {
    fn of(rows: Vec<Planned>, tables: &HashSet<TypeId>) -> Self {
        let mut targets: HashMap<(Place, &[usize]), usize> = HashMap::new();
        let mut wanted: HashSet<(TypeId, &'static [usize])> = HashSet::new();
        for reference in rows.iter().flat_map(|row| &row.table().references) {
            wanted.insert(((reference.target)().id(), &reference.target_columns));
        }
        for (number, row) in rows.iter().enumerate() {
            let table = row.table();
            for (_, columns) in wanted.iter().filter(|(target, _)| *target == table.id()) {
                if let Some(values) = row.reference(columns) {
                    targets.insert((of(table, &values), columns), number);
                }
            }
        }
        let mut parents = vec![Vec::new(); rows.len()];
        let mut children = vec![Vec::new(); rows.len()];
        for (number, (row, parents)) in rows.iter().zip(&mut parents).enumerate() {
            for (place, reference) in row.table().references.iter().enumerate() {
                let target = (reference.target)();
                if !tables.contains(&target.id()) {
                    continue;
                }
                let parent = row
                    .reference(&reference.columns)
                    .and_then(|values| {
                        targets.get(&(of(target, &values), &reference.target_columns[..]))
                    })
                    .filter(|parent| **parent != number);
                if let Some(parent) = parent {
                    parents.push((*parent, place));
                    if let Some(children) = children.get_mut(*parent) {
                        children.push(number);
                    }
                }
            }
        }
        let free = parents.iter().enumerate().filter(|(_, parents)| parents.is_empty());
        let ready = free.map(|(number, _)| Reverse(number)).collect();
        Self { rows: rows.into_iter().map(Some).collect(), parents, children, ready }
    }

    /// A row has its place: who waited for it alone is ready.
    fn release(&mut self, row: usize) {
        for child in self.children.get_mut(row).map(mem::take).unwrap_or_default() {
            self.waits_no_more(child, |(parent, _)| parent == row);
        }
    }

    fn waits_no_more(&mut self, child: usize, over: impl Fn((usize, usize)) -> bool) {
        let Some(parents) = self.parents.get_mut(child).filter(|parents| !parents.is_empty())
        else {
            return;
        };
        parents.retain(|edge| !over(*edge));
        if parents.is_empty() {
            self.ready.push(Reverse(child));
        }
    }

    /// Takes away a reference by which rows wait for each other, and returns what writes it later.
    fn open_a_circle(&mut self) -> Result<Option<Planned>> {
        let circle = self.circle();
        for (row, parent, place) in &circle {
            let Some(Some(planned)) = self.rows.get_mut(*row) else {
                continue;
            };
            let Some(reference) = planned.table().references.get(*place) else {
                continue;
            };
            let link = if reference.deferred {
                None
            } else if let Some(link) = link(planned, reference)? {
                Some(link)
            } else {
                continue;
            };
            let edge = (*parent, *place);
            self.waits_no_more(*row, |other| other == edge);
            return Ok(link);
        }
        let tables = circle.iter().filter_map(|(row, ..)| self.rows.get(*row)?.as_ref());
        let mut tables: Vec<_> = tables.map(|row| named(row.table())).collect();
        tables.dedup();
        Err(Error::new(
            ErrorKind::Entity,
            format!(
                "rows of {} refer to each other in a circle, so that none can be written first; declare one \
                 of the references `deferred`, or let its column be NULL",
                tables.join(" and ")
            ),
        ))
    }

    /// Finds rows that wait for each other: each with the one it waits for.
    fn circle(&self) -> Vec<(usize, usize, usize)> {
        let waits = |row: usize| self.parents.get(row).and_then(|parents| parents.first()).copied();
        let Some(mut row) = (0..self.rows.len()).find(|row| waits(*row).is_some()) else {
            return Vec::new();
        };
        let mut path: Vec<(usize, usize, usize)> = Vec::new();
        let mut places = HashMap::new();
        while let Some((parent, place)) = waits(row) {
            if let Some(first) = places.insert(row, path.len()) {
                return path.split_off(first);
            }
            path.push((row, parent, place));
            row = parent;
        }
        path
    }
}

/// Takes a reference out of a row, for a statement of its own that writes it; nothing where it cannot be
/// NULL, or the row cannot be found again.
fn link(planned: &mut Planned, reference: &Reference) -> Result<Option<Planned>> {
    let table = planned.table();
    let nullable = |column: &usize| {
        !table.primary_key.contains(column)
            && table.columns.get(*column).is_some_and(|column| column.nullable)
    };
    if !reference.columns.iter().all(nullable) {
        return Ok(None);
    }
    let Some(key) = planned.key.clone() else {
        return Ok(None);
    };
    let shape = Arc::clone(&planned.shape);
    let of_row = planned.values()?;
    let mut values = Vec::with_capacity(reference.columns.len() + key.len());
    for column in &reference.columns {
        let written = shape.columns().iter().position(|written| written == column);
        match written.and_then(|place| of_row.get_mut(place)) {
            Some(value) => values.push(mem::take(value)),
            // Of a row that is to be deleted, it is taken away.
            None => values.push(Value::Null),
        }
    }
    values.extend(key);
    let columns = reference.columns.clone();
    let shape = Shape::new(Kind::Link, table, columns, Vec::new(), Left::default());
    Ok(Some(planned.link(shape, values)))
}

/// Rows of one shape that follow each other are one statement.
fn consecutive(rows: Vec<Planned>) -> Vec<Vec<Planned>> {
    if let Some(first) = rows.first()
        && rows.iter().all(|row| is_same(first, row))
    {
        return vec![rows];
    }
    let mut steps: Vec<Vec<Planned>> = Vec::new();
    for row in rows {
        match steps.last_mut() {
            Some(step) if step.first().is_some_and(|first| is_same(first, &row)) => step.push(row),
            _ => steps.push(vec![row]),
        }
    }
    steps
}

/// Rows of one shape are one statement, wherever they stand.
fn together(rows: Vec<Planned>) -> Vec<Vec<Planned>> {
    if let Some(first) = rows.first()
        && rows.iter().all(|row| Arc::ptr_eq(&first.shape, &row.shape))
    {
        return vec![rows];
    }
    let mut places: HashMap<*const Shape, usize> = HashMap::new();
    let mut steps: Vec<Vec<Planned>> = Vec::new();
    for row in rows {
        let place = *places.entry(Arc::as_ptr(&row.shape)).or_insert(steps.len());
        match steps.get_mut(place) {
            Some(step) => step.push(row),
            None => steps.push(vec![row]),
        }
    }
    steps
}

fn is_same(this: &Planned, other: &Planned) -> bool {
    Arc::ptr_eq(&this.shape, &other.shape)
        || (this.shape.kind() == Kind::Link && *this.shape.text() == *other.shape.text())
}
