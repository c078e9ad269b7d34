//! What `engine.status()` says, field by field.

use std::time::Duration;

use headwater::{Clock, JournalMode, sql};

use crate::support::{Tank, eventually, fill, poll_once, run};

#[test]
fn open_results_are_counted_as_long_as_their_statement_is_open() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(3).open().await.unwrap();
        fill(&engine, 10_000).await;
        let open = || engine.status().open_results;
        let text = || sql("SELECT id FROM t").batch_rows(10);
        assert_eq!(open(), 0);

        let connection = engine.connect().await.unwrap();
        let one = connection.query(text()).await.unwrap();
        let two = connection.query(text()).await.unwrap();
        let three = engine.query(text()).await.unwrap();
        eventually("three are open", || open() == 3);
        drop(two);
        drop(three);
        eventually("one is open", || open() == 1);
        assert_eq!(one.all().await.unwrap().len(), 10_000);

        eventually("none is open", || open() == 0);
    });
}

#[test]
fn the_oldest_snapshot_is_that_of_whoever_has_read_for_longest() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
        fill(&engine, 10_000).await;
        let oldest = || engine.status().oldest_snapshot;
        let second = Duration::from_secs(1);
        assert_eq!(oldest(), None);

        let snapshot = engine.snapshot().await.unwrap();
        clock.advance(second * 3);
        let mut stream = engine.query(sql("SELECT id FROM t").batch_rows(10)).await.unwrap();
        stream.try_next().await.unwrap();
        eventually("it is shown", || engine.status().open_results == 1);
        clock.advance(second * 2);
        let tx = engine.begin().await.unwrap();
        clock.advance(second);

        assert_eq!(oldest(), Some(second * 6));
        drop(snapshot);
        eventually("the stream is the oldest", || oldest() == Some(second * 3));
        drop(stream);
        eventually("the transaction is the oldest", || oldest() == Some(second));
        tx.commit().await.unwrap();
        eventually("there is none", || oldest().is_none());
        engine.query("SELECT count(*) FROM t").all().await.unwrap();
        eventually("there is none", || oldest().is_none());
    });
}

#[test]
fn the_log_grows_while_a_snapshot_is_held() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let size = || engine.status().wal_bytes.unwrap();
        let write = async || {
            let text = "INSERT INTO t(name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000)
                 SELECT 'some text ' || i FROM n";
            for _ in 0..20 {
                engine.execute("DELETE FROM t").await.unwrap();
                engine.execute(text).await.unwrap();
            }
        };

        write().await;
        let without = size();
        let snapshot = engine.snapshot().await.unwrap();
        write().await;

        assert!(size() > without * 2, "{} after {without}", size());
        drop(snapshot);
    });
}

#[test]
fn there_is_no_log_in_another_journal_mode() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().journal_mode(JournalMode::Delete).open().await.unwrap();
        fill(&engine, 100).await;

        assert_eq!(engine.status().wal_bytes, None);
    });
}

#[test]
fn those_who_wait_are_counted_until_they_give_up() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        fill(&engine, 1).await;
        let held = engine.connect().await.unwrap();
        let tx = engine.begin().await.unwrap();

        let mut reads: Vec<_> = (0..100).map(|_| Box::pin(engine.connect())).collect();
        reads.iter_mut().for_each(poll_once);
        let mut writes: Vec<_> = (0..100).map(|_| engine.execute("DELETE FROM t")).collect();
        writes.iter_mut().for_each(poll_once);
        let waiting = || (engine.status().waiting, engine.status().waiting_to_write);
        assert_eq!(waiting(), (100, 100));
        reads.truncate(70);
        writes.truncate(30);
        assert_eq!(waiting(), (70, 30));
        reads.clear();
        writes.clear();
        assert_eq!(waiting(), (0, 0));

        drop((held, tx));
        eventually("it is idle", || engine.status().idle == 1);
    });
}
