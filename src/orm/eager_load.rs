//! Loading relations: the rows of some owners, and for all of these together what belongs to them.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::ops::Range;
use std::panic::Location;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::eager::Plan;
use super::relation::{Form, Gives, Relations};
use super::relation_keys::Keys;
use super::relation_link::Link;
use crate::error::{Error, Result};
use crate::expr::Entity;
use crate::result::{AsyncResult, OneState, Query, Run};
use crate::row::{Columns, Companion, FromRow, Positions, Row};
use crate::statement::{Options, Rows, Statement};
use crate::value::ValueRef;

/// How many owners there are for one query of what belongs to them, unless less is wanted.
pub(super) const MOST_OWNERS: usize = 1_024;

/// How many more owners are loaded together than the time before, until there are as many as may be: so
/// the first of a stream come as soon as they are there.
const GROWTH: usize = 32;

/// What runs the queries of a load, and what their rows are read as.
pub(crate) struct Reader<F> {
    run: Run,
    site: &'static Location<'static>,
    /// What the rows are read with.
    companion: Companion,
    options: Options,
    most: usize,
    form: PhantomData<fn() -> F>,
}

impl<F: Form> Reader<F> {
    async fn query(&self, statement: Statement) -> Result<AsyncResult> {
        let query = Query::<Rows>::new(Arc::clone(&self.run), statement, self.site);
        query.with_companion(self.companion.clone()).together(None).await
    }
}

/// Entities whose relations are loaded as they come.
pub(super) struct Load<E, N, F> {
    state: OneState,
    reader: Reader<F>,
    plan: Arc<Plan<N>>,
    links: Vec<Link>,
    owners: AsyncResult,
    decoder: Decoder<E>,
    /// How many are to be taken next.
    size: usize,
    /// Whether these are all that there are.
    is_whole: bool,
    /// What ended the owners, told after those before it.
    end: Option<Result<()>>,
}

/// What a load begins with.
pub(super) struct Begin<N> {
    pub(super) run: Run,
    pub(super) statement: Statement,
    pub(super) site: &'static Location<'static>,
    pub(super) companion: Companion,
    pub(super) plan: Arc<Plan<N>>,
    /// No more owners than these are wanted.
    pub(super) limit: Option<u64>,
    /// Whether the first are wanted before the others are there.
    pub(super) streamed: bool,
}

impl<E: Entity, N: Relations<E>, F: Form> Load<E, N, F> {
    /// Takes hold of one state of the database, and asks for the owners in it.
    pub(super) async fn begin(begin: Begin<N>) -> Result<Self> {
        let Begin { run, statement, site, companion, plan, limit, streamed } = begin;
        let links = plan.relations.links()?;
        statement.check()?;
        let options = statement.options();
        let most = options.batch_rows.map_or(MOST_OWNERS, |rows| rows.get().min(MOST_OWNERS));
        let state = run.one_state(site).await?;
        let run = Arc::clone(&state.run);
        let query =
            Query::<Rows>::new(Arc::clone(&run), statement, site).with_companion(companion.clone());
        let owners = match streamed {
            true => query.await?,
            false => query.together(limit).await?,
        };
        let options = Options { batch_rows: None, ..options };
        let reader = Reader { run, site, companion, options, most, form: PhantomData };
        let decoder = Decoder::of_owners(&links);
        let is_whole = plan.is_whole && !streamed && limit.is_none();
        let at_once =
            is_whole && links.iter().any(|link| link.is_of_all(&link.keys().of_all(true)));
        let size = match (streamed, at_once) {
            (true, _) => 1,
            // All of them will be in memory, and so they may be while they are loaded.
            (false, true) => usize::MAX,
            (false, false) => most,
        };
        Ok(Self { state, reader, plan, links, owners, decoder, size, is_whole: at_once, end: None })
    }

    /// Loads the next owners with what belongs to them.
    pub(super) async fn next(&mut self) -> Option<Result<Vec<N::Item<F>>>> {
        let mut owners = Vec::with_capacity(self.size.min(self.reader.most));
        let is_whole = self.is_whole;
        let mut keys: Vec<_> = self.links.iter().map(|link| link.keys().of_all(is_whole)).collect();
        if self.end.is_none() {
            let end = poll_fn(|context| self.poll_take(context, &mut owners, &mut keys)).await;
            self.end = end;
        }
        if owners.is_empty() {
            return match self.end.replace(Ok(())) {
                Some(Err(error)) => Some(Err(error)),
                _ => None,
            };
        }
        self.size = self.size.saturating_mul(GROWTH).min(self.reader.most);
        Some(self.plan.relations.load(&self.links, &self.reader, owners, keys).await)
    }

    /// Takes so many owners, or gives what has ended them before.
    fn poll_take(
        &mut self,
        context: &mut Context<'_>,
        owners: &mut Vec<F::Of<E>>,
        keys: &mut [Keys],
    ) -> Poll<Option<Result<()>>> {
        if let Err(error) = self.state.go_on(context) {
            return Poll::Ready(Some(Err(error)));
        }
        while owners.len() < self.size {
            let row = match ready!(self.owners.poll_row(context)) {
                Some(Ok(row)) => row,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(Some(self.decoder.check::<F>(&self.owners))),
            };
            match self.decoder.read::<F>(row, keys, &self.reader.companion) {
                Ok(owner) => owners.push(owner),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        Poll::Ready(None)
    }
}

/// Loads what belongs to some owners: for each of them what the relation gives.
pub(super) async fn related<F, C, G, N>(
    nested: &N,
    link: &Link,
    reader: &Reader<F>,
    keys: Keys,
) -> Result<Vec<G::Of<N::Item<F>>>>
where
    F: Form,
    C: Entity,
    G: Gives,
    N: Relations<C>,
{
    let mut groups: Vec<Vec<N::Item<F>>> = Vec::new();
    groups.resize_with(keys.len(), Vec::new);
    if link.is_of_all(&keys)
        && let Some(children) = children::<F, C>(link, reader, &keys, None).await?
    {
        fill(nested, link, reader, children, &mut groups).await?;
        return Ok(keys.spread(groups.into_iter().map(G::of).collect()));
    }
    let mut first = 0;
    while first < keys.len() {
        let last = keys.len().min(first + reader.most);
        // A row whose key does not look like any of those asked for is asked for again, by place.
        let children = loop {
            if let Some(children) = children::<F, C>(link, reader, &keys, Some(first..last)).await?
            {
                break children;
            }
        };
        fill(nested, link, reader, children, &mut groups).await?;
        first = last;
    }
    Ok(keys.spread(groups.into_iter().map(G::of).collect()))
}

/// Loads what belongs to the rows in turn, and puts them into their groups.
async fn fill<F, C, N>(
    nested: &N,
    link: &Link,
    reader: &Reader<F>,
    children: Children<F::Of<C>>,
    groups: &mut [Vec<N::Item<F>>],
) -> Result<()>
where
    F: Form,
    C: Entity,
    N: Relations<C>,
{
    let Children { runs, rows, keys } = children;
    let mut rows = nested.load(&link.nested, reader, rows, keys).await?.into_iter();
    if runs.len() > groups.len() {
        // They come in no order of their groups, which are made as large as they will be.
        let mut counts = vec![0; groups.len()];
        for (place, count) in &runs {
            if let Some(sum) = counts.get_mut(*place) {
                *sum += count;
            }
        }
        groups.iter_mut().zip(counts).for_each(|(group, count)| group.reserve_exact(count));
    }
    for (place, count) in runs {
        if let Some(group) = groups.get_mut(place) {
            group.extend(rows.by_ref().take(count));
        }
    }
    Ok(())
}

/// What belongs to some keys, those of one key after those of another.
struct Children<T> {
    /// The number of a key, and how many of the next rows belong to it.
    runs: Vec<(usize, usize)>,
    rows: Vec<T>,
    /// Their own keys, for each of what is loaded for them in turn.
    keys: Vec<Keys>,
}

/// Reads what belongs to some of the keys, or to all there are; nothing where the database has to say what
/// belongs to which.
async fn children<F: Form, C: Entity>(
    link: &Link,
    reader: &Reader<F>,
    keys: &Keys,
    range: Option<Range<usize>>,
) -> Result<Option<Children<F::Of<C>>>> {
    let by_place = link.is_by_place();
    let first = range.as_ref().map(|range| range.start);
    let (statement, size) = match range {
        Some(range) => {
            let size = range.len();
            (link.statement(keys.values(range), by_place, reader.options), size)
        }
        None => (link.statement_for_all(reader.options), 0),
    };
    let read: Result<_> = async {
        let mut result = reader.query(statement).await?;
        let decoder = Decoder::of_children(link, by_place);
        let companion = &reader.companion;
        let mut reading = Reading::<C> { companion, keys, first, by_place, decoder };
        let is_whole = first.is_none() && link.wants_all();
        let below = |link: &Link| link.keys().of_all(is_whole);
        let mut into = Children {
            runs: Vec::with_capacity(size),
            rows: Vec::new(),
            keys: link.nested.iter().map(below).collect(),
        };
        let found = poll_fn(|context| reading.poll::<F>(context, &mut result, &mut into)).await?;
        Ok(found.then_some(into))
    }
    .await;
    let children = read.map_err(|error| error.of_relation(link))?;
    if children.is_none() {
        link.go_by_place();
    }
    Ok(children)
}

/// The rows of the other side, as they are read.
struct Reading<'a, C> {
    companion: &'a Companion,
    keys: &'a Keys,
    /// The number of the first key that was asked for; nothing where there was no key to ask for.
    first: Option<usize>,
    by_place: bool,
    decoder: Decoder<C>,
}

impl<C: Entity> Reading<'_, C> {
    /// Reads all rows; `false` when one has a key that is not known.
    fn poll<F: Form>(
        &mut self,
        context: &mut Context<'_>,
        result: &mut AsyncResult,
        into: &mut Children<F::Of<C>>,
    ) -> Poll<Result<bool>> {
        loop {
            let row = match ready!(result.poll_row(context)) {
                Some(row) => row?,
                None => return Poll::Ready(Ok(true)),
            };
            self.decoder.look_at::<F>(row, self.companion)?;
            let Some(place) = self.place(row)? else {
                if self.is_of_nobody(row)? {
                    continue;
                }
                return Poll::Ready(Ok(false));
            };
            let item = self.decoder.read::<F>(row, &mut into.keys, self.companion)?;
            match into.runs.last_mut() {
                Some((last, count)) if *last == place => *count += 1,
                _ => into.runs.push((place, 1)),
            }
            if into.rows.len() == into.rows.capacity() {
                into.rows.reserve(1 + result.at_hand());
            }
            into.rows.push(item);
        }
    }

    /// The number of the key that a row belongs to.
    fn place(&self, row: &Row) -> Result<Option<usize>> {
        if self.by_place {
            return Ok(Some(self.first.unwrap_or_default() + row.get::<usize>(0)?));
        }
        self.keys.find(row, self.decoder.own_columns())
    }

    /// Reports whether a row that belongs to none of the keys may: where it was not asked for by its key,
    /// and refers to a row that is not there.
    fn is_of_nobody(&self, row: &Row) -> Result<bool> {
        let [column] = self.decoder.own_columns() else {
            return Ok(false);
        };
        let value = row.value(*column)?;
        Ok(self.first.is_none() && matches!(value, ValueRef::Integer(_) | ValueRef::Null))
    }
}

/// Where the columns of an entity are in a result, and those of keys.
struct Decoder<E> {
    /// The names of the columns of each key that is read from a row.
    names: Vec<Vec<String>>,
    /// Whether the first of them is that of the row's own owner.
    has_owner: bool,
    resolved: Option<Resolved>,
    entity: PhantomData<fn() -> E>,
}

struct Resolved {
    columns: Arc<Columns>,
    positions: Positions,
    keys: Vec<Vec<usize>>,
}

impl<E: Entity> Decoder<E> {
    fn of_owners(links: &[Link]) -> Self {
        let names = links.iter().map(names_in).collect();
        Self { names, has_owner: false, resolved: None, entity: PhantomData }
    }

    fn of_children(link: &Link, by_place: bool) -> Self {
        let own = if by_place { Vec::new() } else { link.key_names() };
        let names = std::iter::once(own).chain(link.nested.iter().map(names_in)).collect();
        Self { names, has_owner: true, resolved: None, entity: PhantomData }
    }

    /// The columns of the key of the row's owner.
    fn own_columns(&self) -> &[usize] {
        let keys = self.resolved.as_ref().and_then(|resolved| resolved.keys.first());
        keys.map_or(&[], Vec::as_slice)
    }

    /// Finds out where the columns are, if these are others than before.
    fn look_at<F: Form>(&mut self, row: &Row, companion: &Companion) -> Result<()> {
        let columns = row.batch().columns();
        let known = |resolved: &Resolved| Arc::ptr_eq(&resolved.columns, columns);
        if !self.resolved.as_ref().is_some_and(known) {
            self.resolved = Some(self.resolve::<F>(columns, companion)?);
        }
        Ok(())
    }

    /// Reads the entity of a row, and notes its keys.
    fn read<F: Form>(
        &mut self,
        row: &Row,
        keys: &mut [Keys],
        companion: &Companion,
    ) -> Result<F::Of<E>> {
        self.look_at::<F>(row, companion)?;
        let Some(resolved) = &self.resolved else {
            return Err(Error::no_rows());
        };
        let below = resolved.keys.iter().skip(usize::from(self.has_owner));
        for (keys, columns) in keys.iter_mut().zip(below) {
            keys.note(row, columns)?;
        }
        F::Of::<E>::from_row(row, &resolved.positions)
    }

    fn resolve<F: Form>(&self, columns: &Arc<Columns>, companion: &Companion) -> Result<Resolved> {
        let find = |names: &Vec<String>| names.iter().map(|name| columns.position(name)).collect();
        Ok(Resolved {
            columns: Arc::clone(columns),
            positions: F::Of::<E>::positions(&columns.with_companion(companion))?,
            keys: self.names.iter().map(find).collect::<Result<_>>()?,
        })
    }

    /// Looks at the columns of a result that has no row.
    fn check<F: Form>(&self, result: &AsyncResult) -> Result<()> {
        match self.resolved {
            Some(_) => Ok(()),
            None => {
                let columns = result.columns().with_companion(result.companion());
                F::Of::<E>::positions(&columns).map(drop)
            }
        }
    }
}

/// The names of the columns whose values are the keys of a relation.
fn names_in(link: &Link) -> Vec<String> {
    link.owner_names().map(str::to_owned).collect()
}
