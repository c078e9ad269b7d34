//! The way of the entities from their source to the connection.

use std::future::poll_fn;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use pin_project::pin_project;

use super::plan::Plan;
use super::progress::{BulkDone, Progress};
use super::slice::Slice;
use super::target::Target;
use crate::driver::UnitDone;
use crate::error::{Error, ErrorKind, Result};
use crate::orm::item::Item;
use crate::result::{Run, run_unit};

/// What is asked of a bulk operation, whatever it does.
pub(super) struct Order<'s> {
    pub(super) target: Target<'s>,
    /// How many rows are committed together; all of them without.
    pub(super) chunk: Option<u64>,
    pub(super) progress: Progress,
    pub(super) site: &'static Location<'static>,
    /// The entity and its table, for messages.
    pub(super) entity: String,
}

/// Takes items from the source, makes slices of them, and has each written while the next is made.
pub(super) async fn pump<S, P, T>(order: Order<'_>, items: S, plan: P) -> Result<BulkDone>
where
    S: Stream<Item = Result<T>>,
    P: Plan<T>,
{
    let Order { mut target, chunk, progress, site, entity } = order;
    let _watch = progress.watched();
    let mut done = BulkDone::default();
    if chunk == Some(0) {
        return Err(Error::new(ErrorKind::Statement, "a chunk of no rows is never full"));
    }
    let mut slices = pin!(Slices { items, plan, next: Slice::at(0), over: false });
    let limit = chunk.unwrap_or(u64::MAX);
    while let Some(first) = slices.as_mut().next(limit).await? {
        let open = target.begin(site).await?;
        let writing = Writing { run: open.run(), progress: &progress, site, entity: &entity };
        match writing.chunk(slices.as_mut(), first, limit).await {
            Ok((rows, affected)) => {
                let gone = slices.as_mut().gone();
                done.version = open.commit(gone, chunk.is_some()).await?.or(done.version);
                done.rows += rows;
                done.affected += affected;
                done.chunks += 1;
                progress.note_commit(rows);
            }
            Err(error) => {
                open.undo().await;
                return Err(error);
            }
        }
    }
    Ok(done)
}

/// A chunk as it is written.
struct Writing<'o> {
    run: Run,
    progress: &'o Progress,
    site: &'static Location<'static>,
    entity: &'o str,
}

impl Writing<'_> {
    /// Writes slices until the chunk is full or the source at its end; counts rows taken and changed.
    async fn chunk<S, P, T>(
        &self,
        mut slices: Pin<&mut Slices<S, P>>,
        first: Slice,
        limit: u64,
    ) -> Result<(u64, u64)>
    where
        S: Stream<Item = Result<T>>,
        P: Plan<T>,
    {
        let (mut rows, mut affected) = (0, 0);
        let mut next = Some(first);
        while let Some(slice) = next {
            rows += slice.rows();
            let (done, following) = self.slice(slices.as_mut(), slice, limit - rows).await?;
            affected += done.steps.iter().map(|step| step.changed).sum::<u64>();
            next = following;
        }
        Ok((rows, affected))
    }

    /// Writes one slice, and makes the next one meanwhile.
    async fn slice<S, P, T>(
        &self,
        mut slices: Pin<&mut Slices<S, P>>,
        slice: Slice,
        room: u64,
    ) -> Result<(UnitDone, Option<Slice>)>
    where
        S: Stream<Item = Result<T>>,
        P: Plan<T>,
    {
        let rows = slice.rows();
        let (unit, places) = slice.into_unit();
        let mut writing = pin!(run_unit(&self.run, unit, self.site));
        let (mut written, mut next) = (None, None);
        let end = poll_fn(|context| {
            if written.is_none()
                && let Poll::Ready(end) = writing.as_mut().poll(context)
            {
                // After a failure no more is asked of the source.
                written = Some(end?);
                self.progress.note_rows(rows);
            }
            if next.is_none()
                && let Poll::Ready(slice) =
                    slices.as_mut().poll_slice(context, room, written.is_some())
            {
                next = Some(slice);
            }
            // An error of the source waits too: a unit that is dropped may take the transaction with it.
            match written.take() {
                Some(done) if next.is_some() => Poll::Ready(Ok(done)),
                still => {
                    written = still;
                    Poll::Pending
                }
            }
        });
        let done = end.await.map_err(|error| match places.of(&error) {
            Some(place) => self.explain(error, slices.as_ref().missed()).in_entity(place),
            None => error,
        })?;
        Ok((done, next.transpose()?.flatten()))
    }

    #[cold]
    fn explain(&self, error: Error, missed: String) -> Error {
        if error.kind() != ErrorKind::StaleEntity {
            return error;
        }
        let what = format!("{}: {missed}", self.entity);
        Error::new(ErrorKind::StaleEntity, what).with_source(error)
    }
}

/// Items on their way into slices.
#[pin_project]
struct Slices<S, P> {
    #[pin]
    items: S,
    plan: P,
    /// The slice that is being made.
    next: Slice,
    /// Whether the source has ended, or failed.
    over: bool,
}

impl<S, P> Slices<S, P> {
    /// Waits for a slice of up to `room` rows; nothing at the end.
    async fn next<T>(mut self: Pin<&mut Self>, room: u64) -> Result<Option<Slice>>
    where
        S: Stream<Item = Result<T>>,
        P: Plan<T>,
    {
        poll_fn(|context| self.as_mut().poll_slice(context, room, true)).await
    }

    /// Takes the entities of the session whose rows have been deleted.
    fn gone<T>(self: Pin<&mut Self>) -> Vec<Arc<dyn Item>>
    where
        P: Plan<T>,
    {
        self.project().plan.gone()
    }

    fn missed<T>(self: Pin<&Self>) -> String
    where
        P: Plan<T>,
    {
        self.project_ref().plan.missed()
    }

    /// Makes a slice: a full one, or what there is where the connection waits for it.
    fn poll_slice<T>(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: u64,
        is_waited_for: bool,
    ) -> Poll<Result<Option<Slice>>>
    where
        S: Stream<Item = Result<T>>,
        P: Plan<T>,
    {
        let mut this = self.project();
        loop {
            let rows = this.next.rows();
            if *this.over || rows >= room || this.next.is_full() {
                return Poll::Ready(Ok(take(this.next)));
            }
            match this.items.as_mut().poll_next(context) {
                Poll::Ready(Some(Ok(item))) => {
                    if let Err(error) = this.plan.add(item, this.next) {
                        *this.over = true;
                        return Poll::Ready(Err(error));
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    *this.over = true;
                    return Poll::Ready(Err(error));
                }
                Poll::Ready(None) => *this.over = true,
                // The source pauses: what it gave so far need not wait for it.
                Poll::Pending if is_waited_for && rows > 0 => {
                    return Poll::Ready(Ok(take(this.next)));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// Takes the slice that is made, if there is anything in it, and begins the one behind it.
fn take(next: &mut Slice) -> Option<Slice> {
    if next.rows() == 0 {
        return None;
    }
    let following = Slice::at(next.end());
    Some(std::mem::replace(next, following))
}
