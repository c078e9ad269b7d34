//! What is dropped at any moment harms nobody beside it, and gives back what it held.

use headwater::{AsyncEngine, Result};
use shuttle::rand::{Rng, thread_rng};

use crate::support::{all_is_back, explore, fill, insert, numbers, poll_and_drop, pond, task};

/// No operation of these takes more polls that find something new.
const MOST_POLLS: usize = 12;

/// Survivors write and read beside whoever drops; then all their rows are there, and all is back.
fn beside_survivors(connections: usize, dropper: fn(&AsyncEngine, usize)) {
    let engine = pond(connections);
    fill(&engine, 3);
    let writer = {
        let engine = engine.clone();
        task(async move {
            insert(&engine, 1, 0).await?;
            insert(&engine, 1, 1).await
        })
    };
    let reader = {
        let engine = engine.clone();
        let text = "SELECT number FROM t WHERE worker = 0";
        task(async move { engine.query(text).scalars::<i64>().await?.all().await })
    };

    dropper(&engine, thread_rng().gen_range(0..MOST_POLLS));

    writer.join().unwrap().unwrap();
    assert_eq!(reader.join().unwrap().unwrap(), [0, 1, 2]);
    assert_eq!(numbers(&engine, 1), [0, 1]);
    all_is_back(&engine, connections);
}

#[test]
fn a_dropped_stream_harms_nobody() {
    explore(|| {
        beside_survivors(1, |engine, polls| {
            let streamed = async {
                let mut result = engine.query("SELECT number FROM t").scalars::<i64>().await?;
                while result.try_next().await?.is_some() {}
                Ok(())
            };

            let end: Option<Result<()>> = poll_and_drop(streamed, polls);

            assert!(end.is_none_or(|end| end.is_ok()));
        });
    });
}

#[test]
fn a_dropped_write_is_there_once_or_not_at_all() {
    explore(|| {
        beside_survivors(1, |engine, polls| {
            let done = poll_and_drop(insert(engine, 2, 0), polls);

            // Another write's turn comes only after this one has ended.
            shuttle::future::block_on(insert(engine, 3, 0)).unwrap();
            let found = numbers(engine, 2);
            match done {
                Some(done) => assert_eq!((done.is_ok(), &*found), (true, &[0][..])),
                None => assert!(found.len() <= 1),
            }
        });
    });
}

#[test]
fn a_dropped_transaction_is_there_as_a_whole_or_not_at_all() {
    explore(|| {
        beside_survivors(2, |engine, polls| {
            let transaction = async {
                let tx = engine.begin().await?;
                insert(&tx, 2, 0).await?;
                insert(&tx, 2, 1).await?;
                tx.commit().await.map(drop)
            };

            let done: Option<Result<()>> = poll_and_drop(transaction, polls);

            shuttle::future::block_on(insert(engine, 3, 0)).unwrap();
            let found = numbers(engine, 2);
            match done {
                Some(done) => assert_eq!((done.is_ok(), &*found), (true, &[0, 1][..])),
                None => assert!(found.is_empty() || found == [0, 1], "{found:?}"),
            }
        });
    });
}

#[test]
fn dropped_rows_of_parameters_are_there_as_a_whole_or_not_at_all() {
    explore(|| {
        beside_survivors(1, |engine, polls| {
            let rows = (0..3).map(|number| (2, number));
            let many = engine.execute_many("INSERT INTO t VALUES (?, ?)", rows);

            let done = poll_and_drop(many, polls);

            shuttle::future::block_on(insert(engine, 3, 0)).unwrap();
            let found = numbers(engine, 2);
            match done {
                Some(done) => assert_eq!((done.is_ok(), &*found), (true, &[0, 1, 2][..])),
                None => assert!(found.is_empty() || found == [0, 1, 2], "{found:?}"),
            }
        });
    });
}

#[test]
fn a_dropped_wait_for_a_connection_or_a_turn_gives_back_its_place() {
    explore(|| {
        beside_survivors(1, |engine, polls| {
            drop(poll_and_drop(engine.connect(), polls));
            drop(poll_and_drop(engine.snapshot(), polls));
            drop(poll_and_drop(engine.begin(), polls));
        });
    });
}
