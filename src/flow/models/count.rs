//! The count: whoever waits until there are none hears of it.

use super::{block_on, explore};
use crate::flow::Count;
use crate::flow::sync::{Arc, thread};

#[test]
fn all_who_wait_for_the_last_hear_that_it_is_gone() {
    explore(Some(3), || {
        let count = Arc::new(Count::default());
        count.add();
        count.add();
        let removers = [(); 2].map(|()| {
            let count = Arc::clone(&count);
            thread::spawn(move || count.remove())
        });
        let waiting = Arc::clone(&count);
        let waiter = thread::spawn(move || block_on(waiting.none()));

        block_on(count.none());

        waiter.join().unwrap();
        for remover in removers {
            remover.join().unwrap();
        }
        assert_eq!(count.get(), 0);
    });
}

#[test]
fn one_that_is_added_meanwhile_is_waited_for_too() {
    explore(None, || {
        let count = Arc::new(Count::default());
        count.add();
        let changing = Arc::clone(&count);
        let changer = thread::spawn(move || {
            changing.add();
            changing.remove();
            changing.remove();
        });

        block_on(count.none());

        assert_eq!(count.get(), 0);
        changer.join().unwrap();
    });
}
