//! What typed expressions and queries are made of: a small tree without types.

use std::borrow::Cow;

use super::table::EntityTable;
use crate::error::ErrorKind;
use crate::statement::RawSql;
use crate::value::{SqlType, Value};

/// A name that is quoted where it is written.
pub(crate) type Name = Cow<'static, str>;

/// What is wrong with a query, found before it runs.
pub(crate) type Defect = (ErrorKind, String);

/// Where a column is read from.
#[derive(Clone)]
pub(crate) enum Source {
    Table(&'static EntityTable),
    Alias(&'static EntityTable, Name),
    /// The row that an INSERT could not insert.
    Excluded(&'static EntityTable),
}

/// An expression.
#[derive(Clone)]
pub(crate) enum Node {
    Column(Source, usize),
    /// A column that is known by name only: of a common table expression, a subquery or raw SQL.
    Named(Name, Name),
    Value(Value),
    /// A value that cannot be bound.
    Bad(Box<Defect>),
    /// A word of SQL.
    Word(&'static str),
    Not(Box<Self>),
    /// All of them, or any one of them.
    Chain(Chain, Vec<Self>),
    Binary(Op, Box<Self>, Box<Self>),
    Call(Box<Call>),
    Cast(Box<Self>, SqlType),
    Collate(Box<Self>, Name),
    Case(Vec<(Self, Self)>, Option<Box<Self>>),
    In(bool, Box<Self>, List),
    InSelect(bool, Box<Self>, Box<SelectNode>),
    /// A row of columns that is one of several rows of values.
    InRows(Vec<Self>, RowList),
    Between(bool, Box<[Self; 3]>),
    Like(bool, Box<[Self; 2]>, Option<char>),
    IsNull(bool, Box<Self>),
    Exists(bool, Box<SelectNode>),
    Select(Box<SelectNode>),
    Row(Vec<Self>),
    /// The number of a row among those for which some expressions are equal, in an order: a column of a
    /// query, and nothing else.
    RowNumber(Vec<Self>, Vec<OrderNode>),
    Raw(RawSql),
}

/// A function and what it is called with.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) name: Name,
    pub(crate) distinct: bool,
    pub(crate) arguments: Vec<Node>,
    pub(crate) filter: Option<Node>,
}

/// Values to choose from. When the shape is taken they are rounded up to a power of two.
#[derive(Clone)]
pub(crate) struct List {
    pub(crate) values: Vec<Node>,
    /// How many of them there are without those that are bound again.
    pub(crate) own: usize,
}

/// Rows of values to choose from, which are rounded up as the values of a list are.
#[derive(Clone)]
pub(crate) struct RowList {
    pub(crate) rows: Vec<Vec<Node>>,
    pub(crate) own: usize,
}

/// What stands between two expressions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Concat,
    Divide,
    Equal,
    Greater,
    GreaterOrEqual,
    Is,
    IsNot,
    Less,
    LessOrEqual,
    Modulo,
    Multiply,
    NotEqual,
    Subtract,
}

/// How conditions stand together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chain {
    All,
    Any,
}

/// What a query gives.
#[derive(Clone)]
pub(crate) enum Output {
    /// All columns of an entity, with a prefix where there is more than one.
    Entity(Source, Option<usize>),
    Node(Node, Option<Name>),
}

/// What a query reads from.
#[derive(Clone)]
pub(crate) enum From {
    Source(Source),
    Select(Box<SelectNode>, Name),
    /// A common table expression, by its name.
    Named(Name),
    Raw(RawSql, Name),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum JoinKind {
    Cross,
    Inner,
    Left,
}

#[derive(Clone)]
pub(crate) struct Join {
    pub(crate) kind: JoinKind,
    pub(crate) from: From,
    pub(crate) on: Option<Node>,
}

/// A term of ORDER BY.
#[derive(Clone)]
pub(crate) struct OrderNode {
    pub(crate) node: Node,
    pub(crate) descending: bool,
    pub(crate) nulls_first: Option<bool>,
}

/// A common table expression.
#[derive(Clone)]
pub(crate) struct CteNode {
    pub(crate) name: Name,
    pub(crate) recursive: bool,
    pub(crate) select: SelectNode,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compound {
    Except,
    Intersect,
    Union,
    UnionAll,
}

/// A SELECT.
#[derive(Clone, Default)]
pub(crate) struct SelectNode {
    pub(crate) with: Vec<CteNode>,
    pub(crate) distinct: bool,
    pub(crate) outputs: Vec<Output>,
    pub(crate) from: Option<From>,
    pub(crate) joins: Vec<Join>,
    pub(crate) filter: Vec<Node>,
    pub(crate) group: Vec<Node>,
    pub(crate) having: Vec<Node>,
    pub(crate) compounds: Vec<(Compound, Self)>,
    pub(crate) order: Vec<OrderNode>,
    pub(crate) limit: Option<Node>,
    pub(crate) offset: Option<Node>,
    pub(crate) defect: Option<Box<Defect>>,
}

#[derive(Clone)]
pub(crate) enum InsertSource {
    /// One row of defaults.
    Defaults,
    Rows(Vec<Vec<Node>>),
    Select(Box<SelectNode>),
}

#[derive(Clone)]
pub(crate) struct InsertNode {
    pub(crate) table: &'static EntityTable,
    pub(crate) columns: Vec<usize>,
    pub(crate) source: InsertSource,
    pub(crate) conflict: Option<ConflictNode>,
    pub(crate) returning: Vec<Output>,
    pub(crate) defect: Option<Box<Defect>>,
}

/// ON CONFLICT.
#[derive(Clone)]
pub(crate) struct ConflictNode {
    pub(crate) target: Vec<usize>,
    /// What is set; nothing is done where there is nothing.
    pub(crate) set: Vec<(usize, Node)>,
    pub(crate) filter: Vec<Node>,
}

#[derive(Clone)]
pub(crate) struct UpdateNode {
    pub(crate) table: &'static EntityTable,
    pub(crate) set: Vec<(usize, Node)>,
    pub(crate) filter: Vec<Node>,
    pub(crate) all_rows: bool,
    pub(crate) returning: Vec<Output>,
    pub(crate) defect: Option<Box<Defect>>,
}

#[derive(Clone)]
pub(crate) struct DeleteNode {
    pub(crate) table: &'static EntityTable,
    pub(crate) filter: Vec<Node>,
    pub(crate) all_rows: bool,
    pub(crate) returning: Vec<Output>,
    pub(crate) defect: Option<Box<Defect>>,
}

/// A whole statement.
#[derive(Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it for a statement, and it lives for a moment"
)]
pub(crate) enum Root {
    Delete(DeleteNode),
    Insert(InsertNode),
    Select(SelectNode),
    Update(UpdateNode),
}

impl Source {
    pub(crate) fn table(&self) -> &'static EntityTable {
        match self {
            Self::Table(table) | Self::Alias(table, _) | Self::Excluded(table) => table,
        }
    }

    /// The name by which its columns are qualified.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Table(table) => table.name,
            Self::Alias(_, name) => name,
            Self::Excluded(_) => "excluded",
        }
    }
}

impl Node {
    pub(crate) fn binary(op: Op, left: Self, right: Self) -> Self {
        Self::Binary(op, Box::new(left), Box::new(right))
    }

    pub(crate) fn call(name: impl Into<Name>, arguments: Vec<Self>) -> Self {
        Self::Call(Box::new(Call { name: name.into(), distinct: false, arguments, filter: None }))
    }

    /// The name that it has by itself where a query gives it.
    fn column_name(&self) -> Option<Name> {
        match self {
            Self::Column(source, column) => {
                Some(source.table().column_name(*column).to_owned().into())
            }
            Self::Named(_, name) => Some(name.clone()),
            _ => None,
        }
    }

    /// Two conditions together. A longer chain stays one list, so that its length makes no depth.
    pub(crate) fn chain(chain: Chain, left: Self, right: Self) -> Self {
        let mut conditions = match left {
            Self::Chain(same, conditions) if same == chain => conditions,
            other => vec![other],
        };
        match right {
            Self::Chain(same, more) if same == chain => conditions.extend(more),
            other => conditions.push(other),
        }
        Self::Chain(chain, conditions)
    }
}

impl List {
    pub(crate) fn new(values: Vec<Node>) -> Self {
        Self { own: values.len(), values }
    }
}

impl SelectNode {
    pub(crate) fn note(&mut self, kind: ErrorKind, what: String) {
        self.defect.get_or_insert_with(|| Box::new((kind, what)));
    }

    /// Whether it is more than a plain SELECT, so that databases do not take it as a part of a compound.
    pub(crate) fn is_whole(&self) -> bool {
        !self.compounds.is_empty() || !self.with.is_empty() || self.is_bounded()
    }

    /// Whether it has what stands behind all of its rows: an order, or a limit.
    pub(crate) fn is_bounded(&self) -> bool {
        !self.order.is_empty() || self.limit.is_some() || self.offset.is_some()
    }

    /// Makes it a table that all is read from, so that it stays whole within another query.
    pub(crate) fn wrapped(mut self) -> Self {
        let with = std::mem::take(&mut self.with);
        Self { with, ..self.enclosed() }
    }

    /// The same with its common table expressions inside: a WITH stands before the first of several SELECTs
    /// only.
    pub(crate) fn enclosed(mut self) -> Self {
        const PART: Name = Name::Borrowed("part");
        let defect = self.defect.take();
        let names = self.named_outputs().into_iter();
        let outputs = names.map(|name| Output::Node(Node::Named(PART, name), None)).collect();
        let from = Some(From::Select(Box::new(self), PART));
        Self { outputs, from, defect, ..Self::default() }
    }

    /// Gives each column that it gives a name of its own, and returns them.
    fn named_outputs(&mut self) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        for output in &mut self.outputs {
            match output {
                Output::Entity(source, prefix) => {
                    let columns = &source.table().columns;
                    names.extend(columns.iter().map(|column| column_name(*prefix, &column.name)));
                }
                Output::Node(node, alias) => {
                    let name = alias.clone().or_else(|| node.column_name());
                    let free = name.filter(|name| !names.iter().any(|other| same(other, name)));
                    let name = free.unwrap_or_else(|| {
                        let name: Name = format!("column_{}", names.len() + 1).into();
                        alias.insert(name).clone()
                    });
                    names.push(name);
                }
            }
        }
        names
    }

    /// A name that two of its columns have, if there is one: where it is read from, that is the first of them.
    pub(crate) fn name_of_two(&self) -> Option<Name> {
        let mut names: Vec<Name> = Vec::new();
        for output in &self.outputs {
            let before = names.len();
            match output {
                Output::Entity(source, prefix) => {
                    let columns = &source.table().columns;
                    names.extend(columns.iter().map(|column| column_name(*prefix, &column.name)));
                }
                Output::Node(node, alias) => {
                    names.extend(alias.clone().or_else(|| node.column_name()));
                }
            }
            let (known, new) = names.split_at(before);
            if let Some(twice) = new.iter().find(|new| known.iter().any(|known| same(known, new))) {
                return Some(twice.clone());
            }
        }
        None
    }

    /// Adds the definition of a common table expression, once.
    pub(crate) fn add_cte(&mut self, cte: CteNode) {
        if !self.with.iter().any(|known| known.name == cte.name) {
            self.with.push(cte);
        }
    }
}

/// Names of columns are the same in any case of their letters.
fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// What stands before the names of the columns of an entity where there are several.
pub(crate) fn prefix(place: usize) -> String {
    format!("{}_", place + 1)
}

/// The name that a query gives a column of an entity.
pub(crate) fn column_name(place: Option<usize>, column: &Name) -> Name {
    match place {
        Some(place) => format!("{}{column}", prefix(place)).into(),
        None => column.clone(),
    }
}
