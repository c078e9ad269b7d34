//! The order of writes: one caller's are done in the order in which they were first polled.

use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesOrdered;
use headwater::{AsyncEngine, sql};

use crate::support::together::{Work, run_of, together};
use crate::support::{Blocker, Tank, eventually, fill, poll_once, run};

async fn log(engine: &AsyncEngine) {
    engine.execute("CREATE TABLE log(place INTEGER PRIMARY KEY, n INTEGER)").await.unwrap();
}

async fn logged(engine: &AsyncEngine) -> Vec<i64> {
    engine.query("SELECT n FROM log ORDER BY place").scalars().all().await.unwrap()
}

#[test]
fn writes_are_done_in_the_order_of_their_first_polls() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        log(&engine).await;

        let insert = |n: i64| engine.execute(sql("INSERT INTO log(n) VALUES (?)").bind(n));
        join_all((0..200).map(insert)).await;

        assert_eq!(logged(&engine).await, Vec::from_iter(0..200));
    });
}

#[test]
fn writes_of_an_ordered_stream_are_done_in_its_order() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        log(&engine).await;

        let insert = |n: i64| engine.execute(sql("INSERT INTO log(n) VALUES (?)").bind(n));
        let mut writes: FuturesOrdered<_> = (0..200).map(insert).collect();
        while let Some(done) = writes.next().await {
            done.unwrap();
        }

        assert_eq!(logged(&engine).await, Vec::from_iter(0..200));
    });
}

#[test]
fn writes_keep_their_order_whatever_their_texts_begin_with() {
    for (round, text) in [
        "WITH new(n) AS (SELECT ?) INSERT INTO log(n) SELECT n FROM new",
        "-- a remark\nINSERT INTO log(n) VALUES (?)",
        "/* SELECT */ insert into log(n) values (?)",
        "  ;INSERT INTO log(n) VALUES (?)",
        "WITH RECURSIVE \"select\"(n) AS (VALUES (?)) REPLACE INTO log(n) SELECT n FROM \"select\"",
    ]
    .into_iter()
    .enumerate()
    {
        run(async move {
            let tank = Tank::new();
            let engine = tank.engine().await;
            log(&engine).await;
            // Several readers that could be asked at once.
            let readers = join_all((0..4).map(|_| engine.connect())).await;
            drop(readers);

            let insert = |n: i64| engine.execute(sql(text).bind(n));
            for done in join_all((0..200).map(insert)).await {
                done.unwrap();
            }

            assert_eq!(logged(&engine).await, Vec::from_iter(0..200), "text {round}");
        });
    }
}

#[test]
fn different_texts_keep_their_order() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        log(&engine).await;

        let work = (0..200_i64).map(|n| -> Work<()> {
            let db = engine.clone();
            match n % 4 {
                0 => Box::pin(async move {
                    db.execute(sql("INSERT INTO log(n) VALUES (?)").bind(n)).await.map(drop)
                }),
                1 => Box::pin(async move {
                    let text = sql("INSERT INTO log(n) VALUES (?) RETURNING n").bind(n);
                    assert_eq!(db.query(text).scalar_one::<i64>().await?, n);
                    Ok(())
                }),
                2 => Box::pin(async move {
                    db.execute(sql(format!("INSERT INTO log(n) VALUES ({n})"))).await.map(drop)
                }),
                _ => Box::pin(async move {
                    let text = format!("WITH new(n) AS (SELECT {n}) INSERT INTO log(n) SELECT n FROM new RETURNING n");
                    assert_eq!(db.query(sql(text)).scalars::<i64>().all().await?, [n]);
                    Ok(())
                }),
            }
        });
        for end in join_all(work).await {
            end.unwrap();
        }

        assert_eq!(logged(&engine).await, Vec::from_iter(0..200));
    });
}

#[test]
fn what_never_joins_keeps_its_place_among_those_that_do() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        log(&engine).await;
        let insert = |n: i64| engine.execute(sql("INSERT INTO log(n) VALUES (?)").bind(n));
        let place = async |engine: AsyncEngine, n: i64| {
            let tx = engine.begin().await?;
            tx.execute(sql("INSERT INTO log(n) VALUES (?)").bind(n)).await?;
            tx.commit().await
        };
        let stream = async |engine: AsyncEngine, n: i64| {
            let text = sql("INSERT INTO log(n) VALUES (?), (?) RETURNING n").bind(n).bind(n + 1);
            engine.query(text).await?.all().await
        };

        let boxed = |work: Work<()>| work;
        let done = |work: headwater::Execute| boxed(Box::pin(async move { work.await.map(drop) }));
        let (a, b) = (engine.clone(), engine.clone());
        let work =
            vec![
                done(insert(0)),
                done(insert(1)),
                done(engine.execute("ALTER TABLE log ADD COLUMN extra")),
                done(engine.execute("INSERT INTO log(n, extra) VALUES (2, 2)")),
                boxed(Box::pin(async move { place(a, 3).await.map(drop) })),
                done(insert(4)),
                done(insert(5)),
                boxed(Box::pin(async move { stream(b, 6).await.map(drop) })),
                done(insert(8)),
                done(engine.execute("PRAGMA user_version = 7")),
                done(insert(9)),
                boxed(Box::pin({
                    let many = engine.execute_many("INSERT INTO log(n) VALUES (?)", [(10,), (11,)]);
                    async move { many.await.map(drop) }
                })),
                done(insert(12)),
                done(engine.execute_batch(
                    "INSERT INTO log(n) VALUES (13); INSERT INTO log(n) VALUES (14)",
                )),
                done(insert(15)),
                done(engine.execute("VACUUM")),
                done(insert(16)),
                done(engine.execute("INSERT OR ROLLBACK INTO log(n) VALUES (17)")),
                done(insert(18)),
                done(engine.execute("DROP TABLE IF EXISTS missing")),
                done(insert(19)),
            ];
        for (place, end) in together(&engine, work).await.into_iter().enumerate() {
            assert!(end.is_ok(), "{place}: {end:?}");
        }

        assert_eq!(logged(&engine).await, Vec::from_iter(0..20));
    });
}

#[test]
fn writes_behind_a_script_that_changes_its_connection_keep_their_order() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        log(&engine).await;
        drop(join_all((0..8).map(|_| engine.connect())).await);

        for round in 0..20_i64 {
            let script = "CREATE TEMP TABLE mine(a); INSERT INTO mine VALUES (1)";
            let mut work = vec![run_of(engine.execute_batch(script))];
            let insert = |n: i64| engine.execute(sql("INSERT INTO log(n) VALUES (?)").bind(n));
            work.extend((0..40).map(|n| run_of(insert(round * 40 + n))));
            for end in together(&engine, work).await {
                end.unwrap();
            }
        }

        assert_eq!(logged(&engine).await, Vec::from_iter(0..800));
    });
}

#[test]
fn reads_for_effect_do_not_wait_to_write_while_a_reader_is_free() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;
        let tx = engine.begin().await.unwrap();

        for text in [
            "SELECT count(*) FROM t",
            "WITH n(i) AS (SELECT 1) SELECT i FROM n",
            "/* INSERT */ SELECT 1",
            "VALUES (1)",
            "EXPLAIN INSERT INTO t VALUES (1, 'a')",
            "EXPLAIN QUERY PLAN DELETE FROM t",
            "PRAGMA table_info(t)",
        ] {
            engine.execute(text).await.unwrap();
            engine.query(text).all().await.unwrap();
        }

        assert_eq!(engine.status().waiting_to_write, 0);
        tx.commit().await.unwrap();
    });
}

#[test]
fn a_read_for_effect_that_finds_no_reader_waits_for_one() {
    run(async {
        let tank = Tank::new();
        let clock = headwater::Clock::manual();
        let builder = tank.builder().max_connections(1).clock(clock.clone());
        let engine = builder.open().await.unwrap();
        fill(&engine, 1).await;
        let held = engine.connect().await.unwrap();

        let mut read = engine.execute("SELECT count(*) FROM t");
        poll_once(&mut read);
        eventually("it waits for a reader", || engine.status().waiting == 1);
        assert_eq!(engine.status().waiting_to_write, 0);
        // Who writes is not kept by it, nor does it run in circles.
        engine.execute("INSERT INTO t(name) VALUES ('a')").await.unwrap();
        drop(held);
        read.await.unwrap();

        let _held = engine.connect().await.unwrap();
        let mut late = engine.execute("SELECT count(*) FROM t");
        poll_once(&mut late);
        eventually("it waits for a reader", || engine.status().waiting == 1);
        clock.advance(std::time::Duration::from_secs(30));
        assert_eq!(late.await.unwrap_err().kind(), headwater::ErrorKind::PoolTimeout);
    });
}

#[test]
fn writes_that_wait_while_one_runs_share_the_next_commit() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let engine = blocker.install(tank.builder()).open().await.unwrap();
        fill(&engine, 0).await;

        let mut shared = false;
        for _ in 0..100 {
            let mut first = engine.execute("INSERT INTO t(name) VALUES (halt())");
            poll_once(&mut first);
            blocker.wait();
            let mut rest: Vec<_> =
                (0..5).map(|_| engine.execute("INSERT INTO t(name) VALUES ('a')")).collect();
            crate::support::together::queue(&engine, &mut rest);
            blocker.release();
            let first = first.await.unwrap().version();
            let rest = join_all(rest).await.into_iter().map(|done| done.unwrap().version());
            let mut rest: Vec<_> = rest.collect();
            assert!(rest.iter().all(|version| *version > first));
            rest.dedup();
            shared |= rest.len() == 1;
            if shared {
                break;
            }
        }

        assert!(shared);
    });
}
