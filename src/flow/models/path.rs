//! The whole path of a query: a command through the inbox, a task on the connection thread, its items
//! through the handoff, and the consumer that may go away in the middle.

use std::time::Duration;

use super::{block_on, explore};
use crate::flow::sync::{Arc, thread};
use crate::flow::{Bell, Inbox, Patience, Received, Receiver, Sender, Tasks, handoff};

enum Command {
    Run(Sender<u32, ()>),
    Close,
}

async fn produce(sender: Sender<u32, ()>) {
    if !sender.start() {
        return;
    }
    for item in 0..2 {
        sender.room().await;
        if sender.ticket().stopped().is_some() {
            break;
        }
        sender.send(item);
    }
    sender.finish(Ok(()));
}

/// A connection thread as its driver runs it.
fn serve(inbox: &Inbox<Command>, bell: &Arc<Bell>) {
    bell.listen();
    let mut tasks = Tasks::new(Arc::clone(bell));
    let mut closing = false;
    loop {
        let command = inbox.take();
        let idle = command.is_none();
        match command {
            Some(Command::Run(sender)) => tasks.spawn(Box::pin(produce(sender))).unwrap(),
            Some(Command::Close) => closing = true,
            None => {}
        }
        if !tasks.turn().unwrap() && idle {
            if closing && tasks.len() == 0 {
                break;
            }
            bell.wait(Duration::ZERO);
        }
    }
    inbox.close();
}

fn connect() -> (Arc<Inbox<Command>>, thread::JoinHandle<()>) {
    let bell = Arc::new(Bell::default());
    let inbox = Arc::new(Inbox::new(Arc::clone(&bell)));
    let served = Arc::clone(&inbox);
    (inbox, thread::spawn(move || serve(&served, &bell)))
}

fn query(inbox: &Inbox<Command>) -> Receiver<u32, ()> {
    let (sender, receiver) = handoff(1, Patience::none());
    assert!(inbox.put(Command::Run(sender)).is_ok());
    receiver
}

#[test]
fn a_query_gives_every_item_once_and_the_connection_closes() {
    explore(Some(3), || {
        let (inbox, connection) = connect();
        let mut receiver = query(&inbox);
        let mut items = Vec::new();

        let end = loop {
            match block_on(receiver.receive()) {
                Received::Item(item) => items.push(item),
                Received::End(end) => break end,
            }
        };
        assert!(inbox.put(Command::Close).is_ok());

        connection.join().unwrap();
        assert!(end.is_ok());
        assert_eq!(items, [0, 1]);
    });
}

#[test]
fn a_query_that_is_dropped_lets_the_connection_close() {
    for taken in [0, 1] {
        explore(Some(3), move || {
            let (inbox, connection) = connect();
            let mut receiver = query(&inbox);

            for _ in 0..taken {
                assert!(matches!(block_on(receiver.receive()), Received::Item(0)));
            }
            drop(receiver);
            assert!(inbox.put(Command::Close).is_ok());

            connection.join().unwrap();
        });
    }
}
