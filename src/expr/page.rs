//! Pages by key: the rows behind the last one that was seen, found without counting those before it.

use super::entity::Entity;
use super::expression::bound;
use super::node::{Chain, Node, Op, OrderNode};
use super::operators::Order;
use super::select::Select;
use crate::value::{ColumnType, ToValue, Value};

/// What pages are ordered by: an [`Order`], or a tuple of up to four, which together tell all rows apart.
pub trait PageOrder {
    /// The values of the last row that was seen.
    type Last;

    #[doc(hidden)]
    fn into_terms(self, last: Option<Self::Last>) -> Vec<Term>;
}

/// One column of the order of pages.
#[doc(hidden)]
#[expect(unnameable_types, reason = "only a hidden method gives it")]
pub struct Term {
    order: Order<()>,
    nullable: bool,
    last: Option<Node>,
}

impl std::fmt::Debug for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Term")
    }
}

fn term<T: ColumnType + ToValue>(order: Order<T>, last: Option<T>) -> Term {
    Term { order: order.untyped(), nullable: T::NULLABLE, last: last.map(bound) }
}

impl<T: ColumnType + ToValue> PageOrder for Order<T> {
    type Last = T;

    fn into_terms(self, last: Option<T>) -> Vec<Term> {
        vec![term(self, last)]
    }
}

macro_rules! page_orders {
    ($($name:ident $last:ident)+) => {
        impl<$($name: ColumnType + ToValue),+> PageOrder for ($(Order<$name>,)+) {
            type Last = ($($name,)+);

            #[allow(non_snake_case, reason = "the names of the type parameters serve for the fields")]
            fn into_terms(self, last: Option<Self::Last>) -> Vec<Term> {
                let ($($name,)+) = self;
                let ($($last,)+) = match last {
                    Some(($($last,)+)) => ($(Some($last),)+),
                    None => ($(None::<$name>,)+),
                };
                vec![$(term($name, $last)),+]
            }
        }
    };
}

page_orders!(A a);
page_orders!(A a B b);
page_orders!(A a B b C c);
page_orders!(A a B b C c D d);

impl<E: Entity, T> Select<E, T> {
    /// Gives one page: `size` rows in an order, those behind the last row of the page before. `last` has the
    /// values of that row that the order goes by, and is `None` for the first page.
    ///
    /// The columns of the order together should tell all rows apart, as the primary key at their end does;
    /// rows that are equal in all of them may be missing between two pages. Rows that come or go between two
    /// pages shift nothing, and with an index on the columns the last page costs what the first one does.
    ///
    /// NULLs are taken as less than all values, unless the order says `nulls_first` or `nulls_last`. The order of
    /// the page replaces the one that the query has.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::{AsyncEngine, Entity, select};
    ///
    /// #[derive(Entity, Clone)]
    /// #[entity(table = "games")]
    /// struct Game {
    ///     #[entity(primary_key)]
    ///     id: i64,
    ///     score: i64,
    /// }
    ///
    /// # let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// # engine.execute("CREATE TABLE games(id INTEGER PRIMARY KEY, score INTEGER)").await?;
    /// # engine.execute("INSERT INTO games VALUES (1, 9), (2, 7), (3, 9), (4, 8)").await?;
    /// let (mut last, mut seen) = (None, Vec::new());
    /// loop {
    ///     let page = select::<Game>().page((Game::SCORE.desc(), Game::ID.asc()), last, 3);
    ///     let games = engine.query(page).all().await?;
    ///     let Some(end) = games.last() else { break };
    ///     last = Some((end.score, end.id));
    ///     seen.extend(games.into_iter().map(|game| game.id));
    /// }
    /// assert_eq!(seen, [1, 3, 4, 2]);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    pub fn page<O: PageOrder>(mut self, order: O, last: Option<O::Last>, size: u64) -> Self {
        self = self.single("`page`");
        let mut terms = order.into_terms(last);
        for term in &mut terms {
            let Term { order, nullable, .. } = term;
            if *nullable && order.node.nulls_first.is_none() {
                // Databases differ in where NULLs are.
                order.node.nulls_first = Some(!order.node.descending);
            }
        }
        if let Some(behind) = behind(&terms) {
            self.node.filter.push(behind);
        }
        self.node.order = terms.into_iter().map(|term| term.order.node).collect();
        self.limit(size)
    }
}

impl Term {
    fn node(&self) -> &OrderNode {
        &self.order.node
    }

    fn is_after_null(&self) -> bool {
        matches!(self.last, Some(Node::Value(Value::Null)))
    }

    fn last(&self) -> Node {
        self.last.clone().unwrap_or(Node::Value(Value::Null))
    }

    /// Whether this column is as the last row has it.
    fn equal(&self) -> Node {
        let column = self.node().node.clone();
        if self.is_after_null() {
            return Node::IsNull(false, Box::new(column));
        }
        Node::binary(Op::Equal, column, self.last())
    }

    /// Whether this column is behind what the last row has; of nothing that can be, nothing.
    fn beyond(&self) -> Option<Node> {
        let OrderNode { node, descending, nulls_first } = self.node();
        let column = || Box::new(node.clone());
        let nulls_last = self.nullable && *nulls_first == Some(false);
        if self.is_after_null() {
            return (!nulls_last).then(|| Node::IsNull(true, column()));
        }
        let op = if *descending { Op::Less } else { Op::Greater };
        let beyond = Node::binary(op, node.clone(), self.last());
        Some(if nulls_last {
            Node::Chain(Chain::Any, vec![beyond, Node::IsNull(false, column())])
        } else {
            beyond
        })
    }
}

/// Whether a row is behind the last one.
fn behind(terms: &[Term]) -> Option<Node> {
    let (first, rest) = terms.split_first()?;
    if terms.iter().any(|term| term.last.is_none()) {
        return None;
    }
    let descending = first.node().descending;
    let alike = rest.iter().all(|term| term.node().descending == descending);
    if alike && !rest.is_empty() && !terms.iter().any(|term| term.nullable) {
        // One comparison of rows, for which an index serves.
        let columns = terms.iter().map(|term| term.node().node.clone()).collect();
        let last = terms.iter().map(Term::last).collect();
        let op = if descending { Op::Less } else { Op::Greater };
        return Some(Node::binary(op, Node::Row(columns), Node::Row(last)));
    }
    let mut ways = Vec::with_capacity(terms.len());
    for (place, term) in terms.iter().enumerate() {
        let Some(beyond) = term.beyond() else {
            continue;
        };
        let mut all: Vec<Node> = terms.iter().take(place).map(Term::equal).collect();
        all.push(beyond);
        ways.push(if all.len() == 1 { all.remove(0) } else { Node::Chain(Chain::All, all) });
    }
    Some(match ways.len() {
        1 => ways.remove(0),
        _ => Node::Chain(Chain::Any, ways),
    })
}
