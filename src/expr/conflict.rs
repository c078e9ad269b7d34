//! Upserts: what an INSERT does where a row is already there.

use std::marker::PhantomData;

use super::column::Column;
use super::entity::Entity;
use super::expression::{Expr, IntoExpr, Operand};
use super::insert::Insert;
use super::node::{ConflictNode, Node, Op, Source};
use super::shape::misuse;
use super::table::EntityTable;
use crate::value::Value;

/// The value that the row would have had which an INSERT could not insert: for what
/// [`do_update`](OnConflict::do_update) sets and filters by.
pub fn excluded<E: Entity, T>(column: Column<E, T>) -> Expr<T> {
    Expr::new(Node::Column(Source::Excluded(E::table()), column.position()))
}

/// The columns whose values must be unique: one column of the entity, or a tuple of up to six.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no columns of `{E}`",
    label = "expected a column of `{E}`, or a tuple of up to 6 of them"
)]
pub trait ConflictColumns<E> {
    #[doc(hidden)]
    fn positions(&self) -> Vec<usize>;
}

impl<E, T> ConflictColumns<E> for Column<E, T> {
    fn positions(&self) -> Vec<usize> {
        vec![self.position()]
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<En, $($name),+> ConflictColumns<En> for ($(Column<En, $name>,)+) {
            #[allow(non_snake_case, reason = "the names of the type parameters serve for the fields")]
            fn positions(&self) -> Vec<usize> {
                let ($($name,)+) = self;
                vec![$($name.position()),+]
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);

impl<E: Entity, S, C> Insert<E, S, C> {
    /// Says what happens where a row with the same values in these columns is already there; they have to
    /// be the primary key, or unique together.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::query::excluded;
    /// use headwater::{AsyncEngine, Entity, insert};
    ///
    /// #[derive(Entity, Clone)]
    /// #[entity(table = "words")]
    /// struct Word {
    ///     #[entity(primary_key)]
    ///     word: String,
    ///     times: i64,
    /// }
    ///
    /// # let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// # engine.execute("CREATE TABLE words(word TEXT PRIMARY KEY, times INTEGER)").await?;
    /// for times in [1, 2] {
    ///     let word = Word { word: "stream".into(), times };
    ///     let counted = insert(word)
    ///         .on_conflict(Word::WORD)
    ///         .set(Word::TIMES, Word::TIMES + excluded(Word::TIMES))
    ///         .do_update();
    ///     engine.execute(counted).await?;
    /// }
    /// let times: i64 = engine.query("SELECT times FROM words").scalar_one().await?;
    /// assert_eq!(times, 3);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    pub fn on_conflict<T: ConflictColumns<E>>(self, columns: T) -> OnConflict<E, S, C> {
        let node =
            ConflictNode { target: columns.positions(), set: Vec::new(), filter: Vec::new() };
        OnConflict { insert: self, node, marker: PhantomData }
    }

    /// Leaves out each row that is already there by any of its unique columns.
    pub fn or_ignore(mut self) -> Self {
        self.node.conflict =
            Some(ConflictNode { target: Vec::new(), set: Vec::new(), filter: Vec::new() });
        self
    }
}

/// What an INSERT does where a row is already there, on its way: made by
/// [`on_conflict`](Insert::on_conflict).
#[must_use = "it is not said yet what is done on a conflict"]
pub struct OnConflict<E, S, C> {
    insert: Insert<E, S, C>,
    node: ConflictNode,
    marker: PhantomData<fn() -> E>,
}

impl<E: Entity, S, C> OnConflict<E, S, C> {
    /// Leaves the row that is there as it is. There is nothing to [`set`](Self::set) then, or to
    /// [`filter`](Self::filter) by: with one of those before it the INSERT is an
    /// [`ErrorKind::Entity`](crate::ErrorKind::Entity) where it is run.
    pub fn do_nothing(mut self) -> Insert<E, S, C> {
        if !self.node.set.is_empty() || !self.node.filter.is_empty() {
            let what = misuse(format!(
                "an INSERT into `{}` has `set` or `filter` for a conflict, and then `do_nothing`: end it with \
                 `do_update`, or leave those out",
                E::table().entity
            ));
            self.insert.node.defect.get_or_insert_with(|| Box::new(what));
        }
        self.insert.node.conflict = Some(self.node);
        self.insert
    }

    /// Sets a column of the row that is there. [`excluded`] names what the new row would have had.
    pub fn set<T, R: IntoExpr<T>>(mut self, column: Column<E, T>, value: R) -> Self {
        let position = column.position();
        self.node.set.retain(|(other, _)| *other != position);
        self.node.set.push((position, value.into_expr().into_node()));
        self
    }

    /// Changes the row only if a condition holds, of it and of what is [`excluded`].
    pub fn filter<R: Operand<bool>>(mut self, condition: R) -> Self {
        self.node.filter.push(condition.into_operand().into_node());
        self
    }

    /// Changes the row that is there by what was [`set`](Self::set); without any of that, to what the new row
    /// has in all columns but the primary key and those of the conflict; a `version` counts on. Where there is no other column, the row
    /// is written as it is, and RETURNING gives it.
    pub fn do_update(mut self) -> Insert<E, S, C> {
        if self.node.set.is_empty() {
            let table = E::table();
            let columns = self.insert.node.columns.iter().copied();
            let columns = columns.filter(|column| {
                !table.primary_key.contains(column) && !self.node.target.contains(column)
            });
            let mut columns: Vec<usize> = columns.collect();
            if columns.is_empty() {
                columns.clone_from(&self.node.target);
            }
            self.node.set =
                columns.into_iter().map(|column| (column, replacing(table, column))).collect();
        }
        self.insert.node.conflict = Some(self.node);
        self.insert
    }
}

/// What a column of the row that is there is set to by itself.
fn replacing(table: &'static EntityTable, column: usize) -> Node {
    if table.version == Some(column) {
        // That of the new row would let a change pass that somebody made to an older one.
        let version = Node::Column(Source::Table(table), column);
        return Node::binary(Op::Add, version, Node::Value(Value::Integer(1)));
    }
    Node::Column(Source::Excluded(table), column)
}

impl<E: Entity, S, C> Clone for OnConflict<E, S, C> {
    fn clone(&self) -> Self {
        Self { insert: self.insert.clone(), node: self.node.clone(), marker: PhantomData }
    }
}

impl<E: Entity, S, C> std::fmt::Debug for OnConflict<E, S, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnConflict").field("columns", &self.node.target).finish_non_exhaustive()
    }
}
