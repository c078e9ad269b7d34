//! A blocking iterator as a stream: it runs on a thread of its own, a few chunks ahead at most.

use std::io;
use std::thread;

use futures::channel::mpsc;
use futures::executor::block_on;
use futures::{SinkExt, Stream, TryStreamExt, stream};

/// How many items are handed over at once, so that waking the other side costs little per item.
const CHUNK: usize = 512;

/// How many chunks may wait; the thread sleeps while they do.
const WAITING: usize = 2;

/// Runs the iterator that `open` makes on a new thread and streams its items.
///
/// The thread ends with the iterator, with its first error, or when the stream is dropped.
pub(crate) fn from_thread<I, T, E>(
    name: &'static str,
    open: impl FnOnce() -> Result<I, E> + Send + 'static,
) -> io::Result<impl Stream<Item = Result<T, E>> + Send + Unpin + 'static>
where
    I: Iterator<Item = Result<T, E>>,
    T: Send + 'static,
    E: Send + 'static,
{
    let (mut sender, receiver) = mpsc::channel(WAITING);
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || match open() {
            Ok(items) => send_all(items, sender),
            Err(error) => drop(block_on(sender.send(Err(error)))),
        })?;
    let items = |chunk: Vec<T>| stream::iter(chunk.into_iter().map(Ok));
    Ok(receiver.map_ok(items).try_flatten())
}

fn send_all<T, E>(
    mut items: impl Iterator<Item = Result<T, E>>,
    mut sender: mpsc::Sender<Result<Vec<T>, E>>,
) {
    loop {
        let chunk: Result<Vec<T>, E> = items.by_ref().take(CHUNK).collect();
        let last = chunk.as_ref().map_or(true, |chunk| chunk.len() < CHUNK);
        if block_on(sender.send(chunk)).is_err() || last {
            return;
        }
    }
}
