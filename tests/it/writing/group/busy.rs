//! Groups and those who lock the file from outside.

use std::time::{Duration, Instant};

use headwater::{ErrorKind, JournalMode, sql};

use crate::support::together::{Work, run_of, together};
use crate::support::{Tank, count, fill, run};

#[test]
fn members_wait_once_for_the_lock_of_another_process() {
    run(async {
        let tank = Tank::new();
        let limit = Duration::from_millis(200);
        let engine = tank.builder().busy_timeout(limit).open().await.unwrap();
        fill(&engine, 0).await;
        let other = tank.plain();
        let held = engine.begin().await.unwrap();
        let mut work: Vec<_> =
            (0..40).map(|n| engine.execute(sql("INSERT INTO t VALUES (?, 'a')").bind(n))).collect();
        crate::support::together::queue(&engine, &mut work);
        held.rollback().await.unwrap();
        drop(work);
        other.execute_batch("BEGIN IMMEDIATE").unwrap();

        let text = "INSERT INTO t(name) VALUES ('a')";
        let since = Instant::now();
        let work: Vec<_> = (0..41).map(|_| engine.execute(text)).collect();
        let ends = futures::future::join_all(work).await;

        // The first alone and the others together, not 41 times.
        assert!(since.elapsed() < limit * 20, "{:?}", since.elapsed());
        for end in ends {
            let error = end.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Busy);
            assert!(error.is_retryable());
            assert_eq!(error.sql(), Some(text));
        }
        other.execute_batch("ROLLBACK").unwrap();
        engine.execute(text).await.unwrap();
    });
}

#[test]
fn a_member_that_only_reads_or_is_no_statement_is_not_busy_with_the_others() {
    run(async {
        let tank = Tank::new();
        let builder = tank.builder().max_connections(1).busy_timeout(Duration::from_millis(100));
        let engine = builder.open().await.unwrap();
        fill(&engine, 1).await;
        let reader = engine.connect().await.unwrap();
        let held = engine.begin().await.unwrap();
        // No reader is free to tell that one of them only reads.
        let mut work = vec![
            run_of(engine.execute("INSERT INTO t(name) VALUES ('a')")),
            run_of(engine.execute("SELECT count(*) FROM t")),
            run_of(engine.execute("INSERT INTO missing VALUES (1)")),
            run_of(engine.execute("INSERT INTO t(name) VALUES ('a')")),
        ];
        crate::support::together::queue(&engine, &mut work);
        let other = tank.plain();

        drop(held);
        // The lock may be taken only after the transaction is over.
        crate::support::eventually("another process has the lock", || {
            other.execute_batch("BEGIN IMMEDIATE").is_ok()
        });
        drop(reader);
        let ends = futures::future::join_all(work).await;

        assert!(ends[1].is_ok(), "{:?}", ends[1]);
        assert_eq!(ends[2].as_ref().unwrap_err().kind(), ErrorKind::Syntax);
    });
}

#[test]
fn members_wait_once_for_the_readers_of_another_process() {
    run(async {
        let tank = Tank::new();
        let limit = Duration::from_millis(200);
        let engine = tank
            .builder()
            .journal_mode(JournalMode::Delete)
            .busy_timeout(limit)
            .open()
            .await
            .unwrap();
        fill(&engine, 3).await;
        let other = tank.plain();
        other.execute_batch("BEGIN; SELECT count(*) FROM t").unwrap();

        let text = "INSERT INTO t(name) VALUES ('a')";
        let since = Instant::now();
        let work: Vec<_> = (0..41).map(|_| engine.execute(text)).collect();
        let ends = futures::future::join_all(work).await;

        assert!(since.elapsed() < limit * 20, "{:?}", since.elapsed());
        for end in ends {
            let error = end.unwrap_err();
            assert_eq!((error.kind(), error.sql()), (ErrorKind::Busy, Some(text)));
        }
        other.execute_batch("COMMIT").unwrap();
        engine.execute(text).await.unwrap();
        assert_eq!(count(&engine).await, 4);
    });
}

#[test]
fn members_of_two_engines_on_one_file_are_all_done_in_order() {
    run(async {
        let tank = Tank::new();
        let one = tank.filled(0).await;
        let two = tank.engine().await;

        let work = (0..60_i64)
            .map(|n| {
                let engine = if (n / 5) % 2 == 0 { &one } else { &two };
                engine.execute(sql("INSERT INTO t(name) VALUES (?)").bind(n))
            })
            .collect();
        for end in together(&one, work).await {
            end.unwrap();
        }

        let names: Vec<i64> = one
            .query("SELECT CAST(name AS INTEGER) FROM t ORDER BY id")
            .scalars()
            .all()
            .await
            .unwrap();
        assert_eq!(names, Vec::from_iter(0..60));
    });
}

#[test]
fn a_full_disk_fails_the_members_that_do_not_fit() {
    run(async {
        let tank = Tank::new();
        let full = |c: &mut rusqlite::Connection| c.execute_batch("PRAGMA max_page_count = 20");
        let engine = tank.builder().on_connect(full).open().await.unwrap();
        fill(&engine, 0).await;
        let small = |n: i64| engine.execute(sql("INSERT INTO t VALUES (?, 'a')").bind(n));
        let large =
            |n: i64| engine.execute(sql("INSERT INTO t VALUES (?, hex(zeroblob(100000)))").bind(n));

        let ends = together(&engine, vec![small(1), small(2), large(3), small(4), large(5)]).await;

        let kinds: Vec<_> =
            ends.iter().map(|end| end.as_ref().err().map(headwater::Error::kind)).collect();
        let full = Some(ErrorKind::DiskFull);
        assert_eq!(kinds, [None, None, full, None, full]);
        let ids: Vec<i64> = engine.query("SELECT id FROM t").scalars().all().await.unwrap();
        assert_eq!(ids, [1, 2, 4]);
        let fits: Vec<Work<i64>> =
            vec![Box::pin(engine.query("INSERT INTO t VALUES (6, 'a') RETURNING id").scalar_one())];
        assert_eq!(together(&engine, fits).await.remove(0).unwrap(), 6);
    });
}
