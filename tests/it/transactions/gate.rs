//! The write gate: writers come one after the other, in order, and readers go on.

use std::time::Duration;

use futures::future::join_all;
use headwater::{AsyncEngine, ErrorKind, sql};

use crate::support::{DEADLINE, Tank, count, eventually, fill, poll_once, run, watched};

async fn with_counter(engine: &AsyncEngine) {
    engine
        .execute_batch("CREATE TABLE counter(n INTEGER); INSERT INTO counter VALUES (0)")
        .await
        .unwrap();
}

async fn counted(engine: &AsyncEngine) -> i64 {
    engine.query("SELECT n FROM counter").scalar_one().await.unwrap()
}

/// Reads, then writes what it has read and one more.
async fn increment(engine: &AsyncEngine) {
    engine
        .transaction(async |tx| {
            let n: i64 = tx.query("SELECT n FROM counter").scalar_one().await?;
            tx.execute(sql("UPDATE counter SET n = ?").bind(n + 1)).await?;
            Ok(())
        })
        .await
        .unwrap();
}

#[test]
fn fifty_tasks_increment_one_counter_and_none_is_lost() {
    watched(|| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let tank = Tank::new();
            let engine = tank.engine().await;
            with_counter(&engine).await;

            let tasks = (0..50).map(|_| {
                let engine = engine.clone();
                tokio::spawn(async move {
                    for _ in 0..4 {
                        increment(&engine).await;
                    }
                })
            });
            for task in join_all(tasks).await {
                task.unwrap();
            }

            assert_eq!(counted(&engine).await, 200);
            assert_eq!(engine.status().waiting_to_write, 0);
        });
    });
}

#[test]
fn two_engines_on_one_file_share_the_gate() {
    run(async {
        let tank = Tank::new();
        // Without the gate, the second would be busy at once.
        let builder = || tank.builder().busy_timeout(Duration::ZERO);
        let one = builder().open().await.unwrap();
        with_counter(&one).await;
        let link = tank.folder().join("another name.db");
        std::os::unix::fs::symlink(tank.path(), &link).unwrap();
        let two =
            headwater::EngineBuilder::file(link).busy_timeout(Duration::ZERO).open().await.unwrap();

        let tasks = (0..40).map(|task| increment(if task % 2 == 0 { &one } else { &two }));
        join_all(tasks).await;

        assert_eq!((counted(&one).await, counted(&two).await), (40, 40));
    });
}

#[test]
fn commits_of_two_engines_on_one_file_have_versions_of_one_row() {
    run(async {
        let tank = Tank::new();
        let one = tank.filled(0).await;
        let two = tank.engine().await;

        let mut versions = Vec::new();
        for engine in [&one, &two, &one, &two] {
            let done = engine.execute("INSERT INTO t(name) VALUES ('a')").await.unwrap();
            versions.push(done.version().unwrap());
        }

        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    });
}

#[test]
fn writers_get_their_turn_in_the_order_in_which_they_came() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let tx = engine.begin().await.unwrap();

        let mut writers = Vec::new();
        for id in 1..=20 {
            let insert = sql("INSERT INTO t(name) VALUES (?)").bind(id);
            let mut writer = engine.execute(insert);
            poll_once(&mut writer);
            let before = writers.len();
            eventually("it is in the queue", || engine.status().waiting_to_write == before + 1);
            writers.push(writer);
        }
        tx.commit().await.unwrap();
        for done in join_all(writers).await {
            done.unwrap();
        }

        let names = engine.query("SELECT name FROM t ORDER BY id").scalars::<String>().all().await;
        let expected: Vec<_> = (1..=20).map(|id| id.to_string()).collect();
        assert_eq!(names.unwrap(), expected);
    });
}

#[test]
fn readers_go_on_while_a_transaction_is_open() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(100).await;
        let tx = engine.begin().await.unwrap();
        tx.execute("DELETE FROM t").await.unwrap();

        for _ in 0..20 {
            assert_eq!(count(&engine).await, 100);
        }
        let connection = engine.connect().await.unwrap();
        assert_eq!(count(&connection).await, 100);
        let rows = engine.query("SELECT id FROM t").await.unwrap().all().await.unwrap();
        assert_eq!(rows.len(), 100);
        tx.commit().await.unwrap();

        assert_eq!(count(&connection).await, 0);
    });
}

#[test]
fn whoever_may_write_never_waits_for_a_connection() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        fill(&engine, 5_000).await;
        let mut open = engine.query("SELECT id FROM t").await.unwrap();
        open.try_next().await.unwrap();

        let tx = engine.begin().await.unwrap();
        tx.execute("DELETE FROM t").await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(open.all().await.unwrap().len(), 4_999);
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn a_writer_that_waits_too_long_is_told_busy_and_leaves_the_queue() {
    run(async {
        let tank = Tank::new();
        let clock = headwater::Clock::manual();
        let builder = tank.builder().clock(clock.clone()).acquire_timeout(Duration::from_secs(3));
        let engine = builder.open().await.unwrap();
        fill(&engine, 0).await;
        let tx = engine.begin().await.unwrap();
        let mut waits = engine.execute("INSERT INTO t VALUES (1, 'late')");
        poll_once(&mut waits);
        eventually("it waits", || engine.status().waiting_to_write == 1);

        clock.advance(Duration::from_secs(4));
        let busy = waits.await.unwrap_err();

        assert_eq!(busy.kind(), ErrorKind::Busy);
        assert_eq!(engine.status().waiting_to_write, 0);
        tx.commit().await.unwrap();
        engine.execute("INSERT INTO t VALUES (2, 'next')").await.unwrap();
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_waiting_writer_that_is_dropped_leaves_the_queue() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let tx = engine.begin().await.unwrap();
        let mut first = engine.execute("INSERT INTO t VALUES (1, 'dropped')");
        poll_once(&mut first);
        eventually("it waits", || engine.status().waiting_to_write == 1);

        drop(first);

        assert_eq!(engine.status().waiting_to_write, 0);
        tx.commit().await.unwrap();
        engine.execute("INSERT INTO t VALUES (2, 'next')").await.unwrap();
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_write_of_a_connection_takes_its_place_in_the_queue() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().busy_timeout(Duration::ZERO).open().await.unwrap();
        fill(&engine, 0).await;
        let connection = engine.connect().await.unwrap();
        let tx = engine.begin().await.unwrap();
        let mut waits = connection.execute("INSERT INTO t VALUES (1, 'a')");
        poll_once(&mut waits);
        eventually("it waits", || engine.status().waiting_to_write == 1);

        // The connection reads meanwhile.
        assert_eq!(count(&connection).await, 0);
        tx.commit().await.unwrap();
        waits.await.unwrap();

        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_closed_engine_gives_the_gate_to_the_other_engine_on_its_file() {
    run(async {
        let tank = Tank::new();
        let one = tank.filled(0).await;
        let two = tank.engine().await;
        let tx = one.begin().await.unwrap();
        let mut waits = two.execute("INSERT INTO t VALUES (1, 'two')");
        poll_once(&mut waits);

        drop(tx);
        one.close(DEADLINE / 4).await.unwrap();
        waits.await.unwrap();

        assert_eq!(count(&two).await, 1);
    });
}

#[test]
fn a_write_of_a_text_that_is_new_to_the_engine_waits_for_no_reader() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        fill(&engine, 3).await;

        let held = engine.connect().await.unwrap();
        engine.execute("DELETE FROM t WHERE id = 1").await.unwrap();
        engine.execute_many("DELETE FROM t WHERE id = ?", [(2,)]).await.unwrap();

        let left: i64 = held.query("SELECT count(*) FROM t").scalar_one().await.unwrap();
        assert_eq!(left, 1);
    });
}
