//! Case 1 and 2: a drop at every await of every public future.

use std::time::Duration;

use headwater::{AsyncEngine, Error, sql};

use super::sweep::{ROWS, Work, sweep};
use crate::support::{Tank, poll_and_drop, watched};

const SOME: &str = "SELECT id, name FROM t";
const INSERT: &str = "INSERT INTO t(name) VALUES ('new')";
const UNTOUCHED: &[i64] = &[ROWS];
const ONE_MORE: &[i64] = &[ROWS, ROWS + 1];
/// A thousand rows: several messages, all or none.
const MANY: &[i64] = &[ROWS, ROWS + 1_000];

macro_rules! sweeps {
    ($($name:ident: $after:expr, |$engine:ident| $body:block)*) => {$(
        #[test]
        fn $name() {
            fn work($engine: AsyncEngine) -> Work {
                Box::pin(async move {
                    let end: Result<(), Error> = async { $body; Ok(()) }.await;
                    end.unwrap();
                })
            }
            sweep(work, $after);
        }
    )*};
}

sweeps! {
    connect_is_dropped_anywhere: UNTOUCHED, |engine| {
        engine.connect().await?
    }
    a_connection_is_dropped_anywhere: UNTOUCHED, |engine| {
        let connection = engine.connect().await?;
        connection.query(SOME).all().await?;
        let mut result = connection.query(SOME).await?;
        result.try_next().await?;
        connection.query("SELECT 1").scalar_one::<i64>().await?
    }
    begin_is_dropped_anywhere: UNTOUCHED, |engine| {
        engine.begin().await?.rollback().await?
    }
    a_transaction_is_dropped_anywhere: ONE_MORE, |engine| {
        let tx = engine.begin().await?;
        tx.execute(INSERT).await?;
        tx.query(SOME).all().await?;
        tx.commit().await?
    }
    a_rollback_is_dropped_anywhere: UNTOUCHED, |engine| {
        let tx = engine.begin().await?;
        tx.execute(INSERT).await?;
        tx.rollback().await?
    }
    begin_on_a_connection_is_dropped_anywhere: ONE_MORE, |engine| {
        let connection = engine.connect().await?;
        let tx = connection.begin().await?;
        tx.execute(INSERT).await?;
        tx.commit().await?;
        connection.query("SELECT 1").all().await?
    }
    savepoints_are_dropped_anywhere: ONE_MORE, |engine| {
        let tx = engine.begin().await?;
        let undone = tx.savepoint().await?;
        undone.execute("DELETE FROM t").await?;
        undone.rollback().await?;
        let kept = tx.savepoint().await?;
        kept.execute(INSERT).await?;
        let inner = kept.savepoint().await?;
        inner.query(SOME).first().await?;
        inner.commit().await?;
        kept.commit().await?;
        tx.commit().await?
    }
    a_scope_is_dropped_anywhere: ONE_MORE, |engine| {
        engine.transaction(async |tx| {
            tx.execute(INSERT).await?;
            let mut result = tx.query(SOME).await?;
            result.try_next().await
        }).await?
    }
    a_scope_of_a_connection_is_dropped_anywhere: ONE_MORE, |engine| {
        let connection = engine.connect().await?;
        connection.try_transaction::<_, Error, _>(async |tx| tx.execute(INSERT).await).await?
    }
    a_scope_that_fails_is_dropped_anywhere: UNTOUCHED, |engine| {
        let end: Result<(), _> = engine.transaction_retry(2, |tx| async move {
            tx.execute(INSERT).await?;
            Err(Error::other("no"))
        }).await;
        assert!(end.is_err());
    }
    a_snapshot_is_dropped_anywhere: UNTOUCHED, |engine| {
        let snapshot = engine.snapshot().await?;
        snapshot.query(SOME).all().await?;
        let mut result = snapshot.query(SOME).await?;
        drop(snapshot);
        result.try_next().await?
    }
    collecting_is_dropped_anywhere: UNTOUCHED, |engine| {
        engine.query(SOME).all().await?;
        engine.query(SOME).first().await?;
        engine.query(SOME).scalar::<i64>().await?;
        engine.query("SELECT 1").one().await?;
        engine.query("SELECT 1").one_or_none().await?;
        engine.query("SELECT 1").scalar_one::<i64>().await?;
        engine.query("SELECT 1").scalar_one_or_none::<i64>().await?;
        engine.query(SOME).scalars::<(i64, String)>().all().await?
    }
    a_stream_is_dropped_anywhere: UNTOUCHED, |engine| {
        let mut result = engine.query(sql(SOME).batch_rows(3)).await?;
        result.try_next().await?;
        result.fetch_many(7).await?;
        while result.try_next().await?.is_some() {}
    }
    a_stream_that_is_collected_is_dropped_anywhere: UNTOUCHED, |engine| {
        let opened = || engine.query(sql(SOME).batch_rows(3));
        opened().await?.all().await?;
        opened().await?.first().await?;
        opened().scalars::<(i64,)>().await?.fetch_many(5).await?;
        opened().await?.partitions(4).next().await.unwrap()?;
        opened().await?.batches().next().await.unwrap()?;
        opened().await?.mappings().all().await?;
        opened().await?.close()
    }
    two_streams_of_one_connection_are_dropped_anywhere: UNTOUCHED, |engine| {
        let connection = engine.connect().await?;
        let mut one = connection.query(sql(SOME).batch_rows(3)).await?;
        let mut two = connection.query(sql(SOME).batch_rows(5)).await?;
        while one.try_next().await?.is_some() && two.try_next().await?.is_some() {}
    }
    execute_is_dropped_anywhere: ONE_MORE, |engine| {
        engine.execute(INSERT).await?
    }
    execute_on_a_connection_is_dropped_anywhere: ONE_MORE, |engine| {
        engine.connect().await?.execute(INSERT).await?
    }
    execute_many_is_dropped_anywhere: MANY, |engine| {
        let rows = (0..1_000).map(|n| [n]);
        engine.execute_many("INSERT INTO t(name) VALUES (?)", rows).await?
    }
    execute_many_on_a_connection_is_dropped_anywhere: MANY, |engine| {
        let connection = engine.connect().await?;
        let rows = (0..1_000).map(|n| [n]);
        connection.execute_many("INSERT INTO t(name) VALUES (?)", rows).await?
    }
    insert_stream_is_dropped_anywhere: MANY, |engine| {
        let rows = futures::stream::iter((0..1_000).map(|n| [n]));
        engine.insert_stream("t", ["name"], rows).await?
    }
    rows_in_a_transaction_are_dropped_anywhere: MANY, |engine| {
        let tx = engine.begin().await?;
        let rows = (0..1_000).map(|n| [n]);
        tx.execute_many("INSERT INTO t(name) VALUES (?)", rows).await?;
        tx.commit().await?
    }
    a_script_with_a_transaction_is_dropped_anywhere: MANY, |engine| {
        engine.execute_batch(
            "BEGIN; INSERT INTO t(name) SELECT a.id FROM t a, t b LIMIT 500;
             INSERT INTO t(name) SELECT a.id FROM t a, t b LIMIT 500; COMMIT",
        ).await?
    }
    a_script_is_dropped_between_its_statements: &[ROWS, ROWS + 1, ROWS + 2, ROWS + 3], |engine| {
        engine.execute_batch(
            "INSERT INTO t(name) VALUES (1); INSERT INTO t(name) VALUES (2); INSERT INTO t(name) VALUES (3)",
        ).await?
    }
    transaction_words_are_dropped_anywhere: ONE_MORE, |engine| {
        let connection = engine.connect().await?;
        connection.execute("BEGIN").await?;
        connection.execute(INSERT).await?;
        connection.execute("COMMIT").await?
    }
    returning_is_dropped_anywhere: MANY, |engine| {
        let insert = "INSERT INTO t(name) SELECT a.id FROM t a, t b LIMIT 1000 RETURNING id";
        let mut ids = engine.query(sql(insert).batch_rows(50)).scalars::<i64>().await?;
        while ids.try_next().await?.is_some() {}
    }
    returning_that_is_collected_is_dropped_anywhere: ONE_MORE, |engine| {
        engine.query("INSERT INTO t(name) VALUES (1) RETURNING id").scalar_one::<i64>().await?
    }
    a_closure_on_the_connection_is_dropped_anywhere: ONE_MORE, |engine| {
        let connection = engine.connect().await?;
        connection.with_sqlite(|sqlite| sqlite.execute(INSERT, []).is_ok()).await?
    }
    a_connection_whose_state_changed_is_dropped_anywhere: UNTOUCHED, |engine| {
        let connection = engine.connect().await?;
        connection.execute("CREATE TEMP TABLE mine(a)").await?;
        connection.execute("PRAGMA cache_size = 10").await?;
        connection.query("SELECT * FROM mine").all().await?
    }
    a_query_that_fails_is_dropped_anywhere: UNTOUCHED, |engine| {
        engine.query("SELECT * FROM nowhere").all().await.unwrap_err();
        engine.execute("INSERT INTO t VALUES (1, 'again')").await.unwrap_err();
        engine.query("SELECT json_extract('{', '$')").await?.all().await.unwrap_err()
    }
}

#[test]
fn open_is_dropped_anywhere() {
    watched(|| {
        let tank = Tank::new();
        for polls in 0..1_000 {
            let opened = poll_and_drop(tank.builder().open(), polls, Duration::ZERO);
            if let Some(engine) = opened {
                let engine = engine.unwrap();
                // What the others had opened is closed, or this would not be the last.
                futures::executor::block_on(engine.close(Duration::from_secs(10))).unwrap();
                assert_eq!(engine.status().connections, 0);
                return;
            }
        }
        panic!("open is never done");
    });
}

#[test]
fn close_is_dropped_anywhere_and_can_be_called_again() {
    watched(|| {
        for polls in 0..1_000 {
            let tank = Tank::new();
            let engine = futures::executor::block_on(tank.filled(3));
            let closed =
                poll_and_drop(engine.close(Duration::from_secs(10)), polls, Duration::ZERO);
            futures::executor::block_on(engine.close(Duration::from_secs(10))).unwrap();
            assert_eq!(engine.status().connections, 0);
            if let Some(closed) = closed {
                closed.unwrap();
                return;
            }
        }
        panic!("close is never done");
    });
}

#[test]
fn a_query_that_is_never_polled_starts_no_thread() {
    watched(|| {
        let tank = Tank::new();
        let engine = futures::executor::block_on(tank.engine());
        let before = engine.status();

        for _ in 0..100 {
            drop(engine.query(SOME));
            drop(engine.query(SOME).all());
            drop(engine.execute("CREATE TABLE t(a)"));
            drop(engine.connect());
            drop(engine.begin());
            drop(engine.snapshot());
            drop(engine.transaction(async |tx| tx.execute("CREATE TABLE t(a)").await));
        }

        assert_eq!(engine.status(), before);
        let tables = engine.query("SELECT count(*) FROM sqlite_schema").scalar_one::<i64>();
        assert_eq!(futures::executor::block_on(tables).unwrap(), 0);
    });
}
