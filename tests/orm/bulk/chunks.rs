//! Chunks with a commit each, and progress to look at.

use futures::stream::{self, StreamExt};
use headwater::{Error, ErrorKind};

use super::shop::{Customer, Shop, customer, customers};
use crate::support::{eventually, run};

const COUNT: &str = "SELECT count(*) FROM customers";

#[test]
fn each_chunk_is_committed_and_the_last_one_may_be_smaller() {
    run(async {
        let shop = Shop::new().await;

        let insert = shop.engine.bulk_insert(customers(2_500)).chunks(1_000);
        let progress = insert.progress();
        let done = insert.await.unwrap();

        assert_eq!((done.rows(), done.chunks()), (2_500, 3));
        assert_eq!((progress.rows(), progress.committed(), progress.chunks()), (2_500, 2_500, 3));
        assert!(progress.is_over());
    });
}

#[test]
fn chunks_are_seen_by_others_while_the_source_goes_on() {
    run(async {
        let shop = Shop::new().await;
        let (send, receive) = futures::channel::mpsc::unbounded::<Customer>();
        for number in 1..=10 {
            send.unbounded_send(customer(number)).unwrap();
        }

        let insert = shop.engine.bulk_insert(receive).chunks(5);
        let progress = insert.progress();
        let task =
            std::thread::spawn(move || futures::executor::block_on(async move { insert.await }));
        eventually("both chunks are committed", || progress.chunks() == 2);
        let before = (progress.is_over(), shop.number(COUNT).await);
        send.unbounded_send(customer(11)).unwrap();
        drop(send);
        let done = task.join().unwrap().unwrap();

        assert_eq!(before, (false, 10));
        assert_eq!((done.rows(), done.chunks()), (11, 3));
    });
}

#[test]
fn a_source_that_pauses_does_not_hold_back_what_it_gave() {
    run(async {
        let shop = Shop::new().await;
        let (send, receive) = futures::channel::mpsc::unbounded::<Customer>();
        send.unbounded_send(customer(1)).unwrap();

        let insert = shop.engine.bulk_insert(receive);
        let progress = insert.progress();
        let task =
            std::thread::spawn(move || futures::executor::block_on(async move { insert.await }));
        eventually("the first is written", || progress.rows() == 1);
        send.unbounded_send(customer(2)).unwrap();
        eventually("the second is written", || progress.rows() == 2);
        let committed = progress.committed();
        drop(send);

        assert_eq!(committed, 0);
        assert_eq!(task.join().unwrap().unwrap().rows(), 2);
    });
}

#[test]
fn a_failure_undoes_its_chunk_and_keeps_those_before_it() {
    run(async {
        let shop = Shop::new().await;
        let source = stream::iter(customers(2_500))
            .map(Ok)
            .chain(stream::iter([Err(Error::other("no more"))]));

        let insert = shop.engine.bulk_insert(source).chunks(1_000);
        let progress = insert.progress();
        let error = insert.await.unwrap_err();

        assert_eq!(error.to_string(), "no more");
        assert_eq!((progress.committed(), progress.is_over()), (2_000, true));
        assert_eq!(shop.number(COUNT).await, 2_000);
    });
}

#[test]
fn a_session_commits_with_each_chunk_what_it_has_done_before() {
    run(async {
        let shop = Shop::new().await;
        let mut session = shop.session();
        let first = session.add(customer(0));

        let done = session.insert_stream(customers(25)).chunks(10).await.unwrap();
        let committed = shop.number(COUNT).await;
        session.rollback().await.unwrap();

        assert_eq!((done.chunks(), committed), (3, 26));
        assert!(done.version().is_some());
        assert_eq!(first.state(), headwater::EntityState::Clean);
    });
}

#[test]
fn within_a_transaction_chunks_are_part_of_it() {
    run(async {
        let shop = Shop::new().await;
        let tx = shop.engine.begin().await.unwrap();

        let source = customers(15).chain([Customer { name: String::new(), ..customer(16) }]);
        let error = tx.bulk_insert(source).chunks(10).await.unwrap_err();
        let kept: i64 = tx.query(COUNT).scalar_one().await.unwrap();
        tx.rollback().await.unwrap();

        assert_eq!(error.to_string(), "a customer has a name");
        assert_eq!((kept, shop.number(COUNT).await), (10, 0));
    });
}

#[test]
fn a_chunk_of_no_rows_is_refused() {
    run(async {
        let shop = Shop::new().await;

        let error = shop.engine.bulk_insert(customers(1)).chunks(0).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Statement);
        assert_eq!(shop.number(COUNT).await, 0);
    });
}
