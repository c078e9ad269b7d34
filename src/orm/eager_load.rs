//! Loading relations: the rows of some owners, and for all of these together what belongs to them.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::ops::Range;
use std::panic::Location;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::relation::{Form, Gives, Relations};
use super::relation_keys::Keys;
use super::relation_link::Link;
use crate::error::{Error, Result};
use crate::expr::Entity;
use crate::result::{AsyncResult, OneState, Query, Run};
use crate::row::{Columns, Companion, FromRow, Positions, Row};
use crate::statement::{Options, Rows, Statement};

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
    relations: Arc<N>,
    links: Vec<Link>,
    owners: AsyncResult,
    decoder: Decoder<E>,
    /// How many are to be taken next.
    size: usize,
    /// What ended the owners, told after those before it.
    end: Option<Result<()>>,
}

/// What a load begins with.
pub(super) struct Begin<N> {
    pub(super) run: Run,
    pub(super) statement: Statement,
    pub(super) site: &'static Location<'static>,
    pub(super) companion: Companion,
    pub(super) relations: Arc<N>,
    /// No more owners than these are wanted.
    pub(super) limit: Option<u64>,
    /// Whether the first are wanted before the others are there.
    pub(super) streamed: bool,
}

impl<E: Entity, N: Relations<E>, F: Form> Load<E, N, F> {
    /// Takes hold of one state of the database, and asks for the owners in it.
    pub(super) async fn begin(begin: Begin<N>) -> Result<Self> {
        let Begin { run, statement, site, companion, relations, limit, streamed } = begin;
        let links = relations.links()?;
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
        let size = if streamed { 1 } else { most };
        Ok(Self { state, reader, relations, links, owners, decoder, size, end: None })
    }

    /// Loads the next owners with what belongs to them.
    pub(super) async fn next(&mut self) -> Option<Result<Vec<N::Item<F>>>> {
        let mut owners = Vec::with_capacity(self.size);
        let mut keys: Vec<_> = self.links.iter().map(Link::keys).collect();
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
        self.size = (self.size * GROWTH).min(self.reader.most);
        Some(self.relations.load(&self.links, &self.reader, owners, keys).await)
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
    let mut first = 0;
    while first < keys.len() {
        let last = keys.len().min(first + reader.most);
        let rows = children::<F, C>(link, reader, &keys, first..last).await?;
        let Children { runs, rows, keys: below } = rows;
        let mut rows = nested.load(&link.nested, reader, rows, below).await?.into_iter();
        for (place, count) in runs {
            if let Some(group) = groups.get_mut(place) {
                group.extend(rows.by_ref().take(count));
            }
        }
        first = last;
    }
    Ok(keys.spread(groups.into_iter().map(G::of).collect()))
}

/// What belongs to some keys, those of one key after those of another.
struct Children<T> {
    /// The number of a key, and how many of the next rows belong to it.
    runs: Vec<(usize, usize)>,
    rows: Vec<T>,
    /// Their own keys, for each of what is loaded for them in turn.
    keys: Vec<Keys>,
}

async fn children<F: Form, C: Entity>(
    link: &Link,
    reader: &Reader<F>,
    keys: &Keys,
    range: Range<usize>,
) -> Result<Children<F::Of<C>>> {
    loop {
        let by_place = link.is_by_place();
        let statement = link.statement(keys.values(range.clone()), by_place, reader.options);
        let read = async {
            let mut result = reader.query(statement).await?;
            let mut reading = Reading::<C> {
                companion: &reader.companion,
                keys,
                first: range.start,
                by_place,
                decoder: Decoder::of_children(link, by_place),
            };
            let mut into = Children {
                runs: Vec::with_capacity(range.len()),
                rows: Vec::new(),
                keys: link.nested.iter().map(Link::keys).collect(),
            };
            let found =
                poll_fn(|context| reading.poll::<F>(context, &mut result, &mut into)).await?;
            Ok(found.then_some(into))
        };
        let read: Result<_> = read.await;
        match read.map_err(|error| error.of_relation(link))? {
            Some(children) => return Ok(children),
            // A row belongs to a key that does not look like its own: the database says to which.
            None => link.go_by_place(),
        }
    }
}

/// The rows of the other side, as they are read.
struct Reading<'a, C> {
    companion: &'a Companion,
    keys: &'a Keys,
    /// The number of the first key that was asked for.
    first: usize,
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
            let item = self.decoder.read::<F>(row, &mut into.keys, self.companion)?;
            let Some(place) = self.place(row)? else {
                return Poll::Ready(Ok(false));
            };
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
            return Ok(Some(self.first + row.get::<usize>(0)?));
        }
        self.keys.find(row, self.decoder.own_columns())
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

    /// Reads the entity of a row, and notes its keys.
    fn read<F: Form>(
        &mut self,
        row: &Row,
        keys: &mut [Keys],
        companion: &Companion,
    ) -> Result<F::Of<E>> {
        let columns = row.batch().columns();
        let known = |resolved: &Resolved| Arc::ptr_eq(&resolved.columns, columns);
        if !self.resolved.as_ref().is_some_and(known) {
            self.resolved = Some(self.resolve::<F>(columns, companion)?);
        }
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
