//! Whatever runs at the same time ends, and gives what it would have given alone.

use std::sync::Arc;

use headwater::Result;
use shuttle::future::block_on;

use crate::support::{all_is_back, explore, fill, insert, numbers, pond, task};

#[test]
fn every_write_is_there_once() {
    explore(|| {
        let engine = pond(2);
        let workers = [1, 2, 3].map(|worker| {
            let engine = engine.clone();
            task(async move {
                insert(&engine, worker, 0).await?;
                engine.transaction(async |tx| insert(&tx, worker, 1).await).await?;
                insert(&engine, worker, 2).await
            })
        });

        for worker in workers {
            worker.join().unwrap().unwrap();
        }

        for worker in [1, 2, 3] {
            assert_eq!(numbers(&engine, worker), [0, 1, 2]);
        }
        all_is_back(&engine, 2);
    });
}

#[test]
fn every_stream_gives_every_row_once_in_order() {
    explore(|| {
        let engine = pond(2);
        fill(&engine, 7);
        let readers = [(); 3].map(|()| {
            let engine = engine.clone();
            task(async move {
                let mut result = engine.query("SELECT number FROM t").scalars::<i64>().await?;
                let mut found = Vec::new();
                while let Some(number) = result.try_next().await? {
                    found.push(number);
                }
                Ok::<_, headwater::Error>(found)
            })
        });

        for reader in readers {
            assert_eq!(reader.join().unwrap().unwrap(), [0, 1, 2, 3, 4, 5, 6]);
        }

        all_is_back(&engine, 2);
    });
}

#[test]
fn one_connection_serves_leases_snapshots_transactions_and_queries() {
    explore(|| {
        let engine = pond(1);
        fill(&engine, 3);
        let leased = {
            let engine = engine.clone();
            task(async move {
                let connection = engine.connect().await?;
                connection
                    .query("SELECT count(*) FROM t WHERE worker = 0")
                    .scalar_one::<i64>()
                    .await
            })
        };
        let snapshot = {
            let engine = engine.clone();
            task(async move {
                let snapshot = engine.snapshot().await?;
                let before: i64 = snapshot.query("SELECT count(*) FROM t").scalar_one().await?;
                let after: i64 = snapshot.query("SELECT count(*) FROM t").scalar_one().await?;
                assert_eq!(before, after);
                Ok::<_, headwater::Error>(())
            })
        };
        let written = {
            let engine = engine.clone();
            task(async move {
                let tx = engine.begin().await?;
                insert(&tx, 1, 0).await?;
                tx.commit().await.map(drop)
            })
        };
        let asked =
            block_on(engine.query("SELECT number FROM t WHERE worker = 0").scalars::<i64>().all());

        assert_eq!(leased.join().unwrap().unwrap(), 3);
        snapshot.join().unwrap().unwrap();
        written.join().unwrap().unwrap();
        assert_eq!(asked.unwrap(), [0, 1, 2]);
        assert_eq!(numbers(&engine, 1), [0]);
        all_is_back(&engine, 1);
    });
}

#[test]
fn a_transaction_streams_and_writes_at_once() {
    explore(|| {
        let engine = pond(1);
        fill(&engine, 5);
        let tx = Arc::new(block_on(engine.begin()).unwrap());
        let reader = {
            let tx = Arc::clone(&tx);
            task(async move {
                let text = "SELECT number FROM t WHERE worker = 0 ORDER BY number";
                let mut result = tx.query(text).scalars::<i64>().await?;
                let mut found = Vec::new();
                while let Some(number) = result.try_next().await? {
                    found.push(number);
                }
                Ok::<_, headwater::Error>(found)
            })
        };

        let written: Result<()> = block_on(async {
            for number in 0..3 {
                insert(&*tx, 1, number).await?;
            }
            Ok(())
        });

        written.unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), [0, 1, 2, 3, 4]);
        block_on(Arc::into_inner(tx).unwrap().commit()).unwrap();
        assert_eq!(numbers(&engine, 1), [0, 1, 2]);
        all_is_back(&engine, 1);
    });
}

#[test]
fn rows_of_parameters_are_written_once_beside_other_writes() {
    explore(|| {
        let engine = pond(2);
        let many = {
            let engine = engine.clone();
            task(async move {
                let rows = (0..4).map(|number| (1, number));
                engine.execute_many("INSERT INTO t VALUES (?, ?)", rows).await
            })
        };
        let other = {
            let engine = engine.clone();
            task(async move { insert(&engine, 2, 0).await })
        };

        assert_eq!(many.join().unwrap().unwrap().rows_affected(), 4);
        other.join().unwrap().unwrap();

        assert_eq!(numbers(&engine, 1), [0, 1, 2, 3]);
        assert_eq!(numbers(&engine, 2), [0]);
        all_is_back(&engine, 2);
    });
}

#[test]
fn whoever_waits_for_a_connection_that_is_replaced_gets_the_new_one() {
    explore(|| {
        let engine = pond(1);
        fill(&engine, 3);
        let changer = {
            let engine = engine.clone();
            task(async move {
                let connection = engine.connect().await?;
                connection.execute("CREATE TEMP TABLE own(a)").await?;
                connection.query("SELECT count(*) FROM own").scalar_one::<i64>().await
            })
        };
        let readers =
            [(); 2].map(|()| task(engine.query("SELECT number FROM t").scalars::<i64>().all()));

        assert_eq!(changer.join().unwrap().unwrap(), 0);
        for reader in readers {
            assert_eq!(reader.join().unwrap().unwrap(), [0, 1, 2]);
        }

        all_is_back(&engine, 1);
    });
}
