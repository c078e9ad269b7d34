//! The inbox and its bell: no ring and no command is lost.

use std::time::Duration;

use super::explore;
use crate::flow::sync::{Arc, thread};
use crate::flow::{Bell, Inbox};

fn inbox() -> (Arc<Inbox<u32>>, Arc<Bell>) {
    let bell = Arc::new(Bell::default());
    (Arc::new(Inbox::new(Arc::clone(&bell))), bell)
}

/// Takes so many commands, asleep where there is none.
fn serve(inbox: &Inbox<u32>, bell: &Bell, commands: usize) -> Vec<u32> {
    bell.listen();
    let mut taken = Vec::new();
    while taken.len() < commands {
        match inbox.take() {
            Some(command) => taken.push(command),
            None => bell.wait(Duration::ZERO),
        }
    }
    taken
}

#[test]
fn a_command_wakes_the_thread_even_before_it_listens() {
    explore(None, || {
        let (inbox, bell) = inbox();
        let putting = Arc::clone(&inbox);
        let putter = thread::spawn(move || putting.put(1));

        assert_eq!(serve(&inbox, &bell, 1), [1]);
        assert_eq!(putter.join().unwrap(), Ok(()));
    });
}

#[test]
fn commands_of_one_sender_arrive_in_order() {
    explore(None, || {
        let (inbox, bell) = inbox();
        let putting = Arc::clone(&inbox);
        let putter = thread::spawn(move || [putting.put(1), putting.put(2)]);

        assert_eq!(serve(&inbox, &bell, 2), [1, 2]);
        assert_eq!(putter.join().unwrap(), [Ok(()), Ok(())]);
    });
}

#[test]
fn commands_of_two_senders_both_arrive() {
    explore(Some(3), || {
        let (inbox, bell) = inbox();
        let putters = [1, 2].map(|command| {
            let inbox = Arc::clone(&inbox);
            thread::spawn(move || inbox.put(command))
        });

        let mut taken = serve(&inbox, &bell, 2);

        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
        for putter in putters {
            assert_eq!(putter.join().unwrap(), Ok(()));
        }
    });
}

#[test]
fn a_command_is_taken_or_given_back_when_the_inbox_closes() {
    explore(None, || {
        let (inbox, _) = inbox();
        let putting = Arc::clone(&inbox);
        let putter = thread::spawn(move || [putting.put(1), putting.put(2)]);

        let mut all: Vec<u32> = inbox.take().into_iter().chain(inbox.close()).collect();
        let refused = putter.join().unwrap();

        all.extend(refused.iter().filter_map(|put| put.as_ref().err()));
        assert_eq!(all, [1, 2]);
        assert_eq!(inbox.take(), None);
    });
}
