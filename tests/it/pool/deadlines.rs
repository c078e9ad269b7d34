//! The deadlines of statements: on a manual clock to the moment, on the system's within bounds.

use std::time::{Duration, Instant};

use futures::poll;
use headwater::{AsyncEngine, Clock, ErrorKind, Executor, sql};

use crate::support::{Blocker, Tank, count, eventually, fill, run};

const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
const LIMIT: Duration = Duration::from_secs(4);

async fn timed(tank: &Tank) -> (AsyncEngine, Clock) {
    let clock = Clock::manual();
    let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
    fill(&engine, 10).await;
    (engine, clock)
}

#[test]
fn a_statement_ends_when_its_time_is_over_and_not_before() {
    run(async {
        let tank = Tank::new();
        let (engine, clock) = timed(&tank).await;
        let mut endless = Box::pin(engine.query(sql(ENDLESS).timeout(LIMIT)).all());
        assert!(poll!(&mut endless).is_pending());
        eventually("it runs", || engine.status().open_results == 1);

        clock.advance(LIMIT - Duration::from_nanos(1));
        assert!(poll!(&mut endless).is_pending());
        clock.advance(Duration::from_nanos(1));
        let error = endless.await.map(drop).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(error.sql(), Some(ENDLESS));
        assert!(!error.is_retryable());
        eventually("the connection is free", || engine.status().idle == 1);
        assert_eq!(count(&engine).await, 10);
    });
}

#[test]
fn a_deadline_holds_wherever_the_statement_waits() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let builder = tank.builder().max_connections(1).clock(clock.clone());
        let engine = builder.open().await.unwrap();
        fill(&engine, 1).await;
        let _held = engine.connect().await.unwrap();
        let _tx = engine.begin().await.unwrap();
        let second = Duration::from_secs(1);
        let mut read = Box::pin(engine.query(sql("SELECT 1").timeout(second)).all());
        assert!(poll!(&mut read).is_pending());
        let mut write = engine.execute(sql("DELETE FROM t").timeout(second * 2));
        assert!(poll!(&mut write).is_pending());
        let mut many = Box::pin(async {
            engine.execute_many(sql("DELETE FROM t WHERE id = ?").timeout(second * 3), [(1,)]).await
        });
        assert!(poll!(&mut many).is_pending());

        clock.advance(second);
        let read = read.await.map(drop).unwrap_err();
        assert!(poll!(&mut write).is_pending());
        clock.advance(second);
        let write = write.await.unwrap_err();
        assert!(poll!(&mut many).is_pending());
        clock.advance(second);
        let many = many.await.unwrap_err();

        for error in [read, write, many] {
            assert_eq!(error.kind(), ErrorKind::Timeout);
            assert!(error.to_string().contains("had not begun"), "{error}");
        }
        assert_eq!((engine.status().waiting, engine.status().waiting_to_write), (0, 0));
    });
}

#[test]
fn a_deadline_holds_in_a_transaction_and_on_a_connection_and_in_a_snapshot() {
    async fn late(db: &impl Executor, clock: &Clock, engine: &AsyncEngine) {
        let mut endless = Box::pin(db.query(sql(ENDLESS).timeout(LIMIT)).all());
        assert!(poll!(&mut endless).is_pending());
        eventually("it runs", || engine.status().open_results == 1);
        clock.advance(LIMIT);
        let error = endless.await.map(drop).unwrap_err();
        assert_eq!((error.kind(), error.sql()), (ErrorKind::Timeout, Some(ENDLESS)));
        eventually("it is over", || engine.status().open_results == 0);
        assert_eq!(count(db).await, 10);
    }

    run(async {
        let tank = Tank::new();
        let (engine, clock) = timed(&tank).await;

        late(&engine, &clock, &engine).await;
        late(&engine.connect().await.unwrap(), &clock, &engine).await;
        late(&engine.snapshot().await.unwrap(), &clock, &engine).await;
        let tx = engine.begin().await.unwrap();
        late(&tx, &clock, &engine).await;

        // A read that was stopped leaves the transaction as it is.
        tx.execute("DELETE FROM t WHERE id = 1").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&engine).await, 9);
    });
}

#[test]
fn a_stream_whose_time_is_over_while_it_is_read_ends_with_a_timeout() {
    run(async {
        let tank = Tank::new();
        let (engine, clock) = timed(&tank).await;
        let text =
            sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n");
        let mut stream = engine.query(text.timeout(LIMIT).batch_rows(10)).await.unwrap();
        for _ in 0..50 {
            stream.try_next().await.unwrap().unwrap();
        }

        clock.advance(LIMIT);
        let error = loop {
            match stream.try_next().await {
                Ok(row) => assert!(row.is_some(), "an end that is clean"),
                Err(error) => break error,
            }
        };

        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(stream.try_next().await.unwrap().is_none());
        eventually("the connection is free", || engine.status().idle == 1);
    });
}

#[test]
fn a_write_that_ends_in_time_is_not_undone_by_its_deadline() {
    run(async {
        let tank = Tank::new();
        let blocker = Blocker::default();
        let clock = Clock::manual();
        let engine = blocker.install(tank.builder().clock(clock.clone())).open().await.unwrap();
        fill(&engine, 0).await;

        let done = engine.execute(sql("INSERT INTO t VALUES (1, 'a')").timeout(LIMIT)).await;
        clock.advance(LIMIT * 2);

        assert_eq!(done.unwrap().rows_affected(), 1);
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn deadlines_on_the_systems_clock_come_neither_early_nor_much_too_late() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let limit = Duration::from_millis(50);

        for _ in 0..3 {
            let since = Instant::now();
            let error = engine.query(sql(ENDLESS).timeout(limit)).all().await.unwrap_err();
            let took = since.elapsed();

            assert_eq!(error.kind(), ErrorKind::Timeout);
            assert!(took >= limit && took < limit * 20, "{took:?}");
        }
        let since = Instant::now();
        let tx = engine.begin().await.unwrap();
        let write = sql("CREATE TABLE t(a)").timeout(limit);
        let error = engine.execute(write).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(since.elapsed() < limit * 20);
        tx.commit().await.unwrap();
    });
}
