//! What a dropped bulk operation leaves.

use std::cell::RefCell;
use std::future::IntoFuture;

use futures::stream::{self, StreamExt};
use headwater::EntityState;

use super::shop::{Shop, customer, customers};
use crate::support::{eventually, poll_once, run};

const COUNT: &str = "SELECT count(*) FROM customers";

#[test]
fn dropped_while_the_source_pauses_it_keeps_committed_chunks_and_nothing_else() {
    run(async {
        let shop = Shop::new().await;
        let source = stream::iter(customers(25)).chain(stream::pending());

        let insert = shop.engine.bulk_insert(source).chunks(10);
        let progress = insert.progress();
        let running = RefCell::new(insert.into_future());
        eventually("the last rows are written", || {
            poll_once(&mut *running.borrow_mut());
            progress.rows() == 25
        });
        drop(running);

        assert!(progress.is_over());
        shop.engine.bulk_insert([customer(99)]).await.unwrap();
        assert_eq!(shop.number(COUNT).await, 21);
    });
}

#[test]
fn a_session_goes_on_after_one_of_its_operations_was_dropped() {
    run(async {
        let shop = Shop::new().await;
        let mut session = shop.session();
        let first = session.add(customer(0));
        let source = stream::iter(customers(25)).chain(stream::pending());

        let insert = session.insert_stream(source);
        let progress = insert.progress();
        let running = RefCell::new(insert.into_future());
        eventually("all rows are written", || {
            poll_once(&mut *running.borrow_mut());
            progress.rows() == 25
        });
        drop(running);
        session.insert_stream([customer(50)]).await.unwrap();
        session.commit().await.unwrap();

        assert_eq!(first.state(), EntityState::Clean);
        assert_eq!(shop.number(COUNT).await, 2);
    });
}

#[test]
fn dropped_after_any_number_of_polls_it_leaves_all_or_nothing() {
    run(async {
        for polls in 0..40 {
            let shop = Shop::new().await;
            let mut session = shop.session();

            let mut running = session.insert_stream(customers(3_000)).into_future();
            for _ in 0..polls {
                poll_once(&mut running);
            }
            drop(running);
            // What is under way may take the transaction with it: then nothing is left of it either.
            let counted = session.scalar::<i64>(COUNT).await;

            assert!(matches!(counted, Ok(Some(0)) | Err(_)), "{polls} polls: {counted:?}");
            session.rollback().await.unwrap();
            assert_eq!(shop.number(COUNT).await, 0);
        }
    });
}
