//! Case 5 at every await: drops on a connection, a transaction or a snapshot that is held and used on.
//! What comes after is as if nothing had been there, or the handle says that it is over; and a stream that
//! was parked beside goes on to its end.

use std::future::Future;
use std::sync::Arc;

use futures::executor::block_on;
use headwater::{AsyncConnection, ErrorKind, Result, Snapshot, Transaction, sql};

use super::sweep::{Beside, Drops, ROWS, Scene, numbers_of_polls, pauses, swept, tell, ways};
use crate::support::{Dropper, count};

/// The functions that are swept here.
pub(super) const SWEPT: &[&[&str]] = &[CONNECTION, TRANSACTION, SNAPSHOT];

const CONNECTION: &[&str] = &[
    "AsyncConnection::query",
    "AsyncConnection::execute",
    "AsyncConnection::execute_many",
    "AsyncConnection::insert_stream",
    "AsyncConnection::execute_batch",
    "AsyncConnection::begin",
    "AsyncConnection::transaction",
    "AsyncConnection::with_sqlite",
];
const TRANSACTION: &[&str] = &[
    "Transaction::query",
    "Transaction::execute",
    "Transaction::execute_many",
    "Transaction::insert_stream",
    "Transaction::execute_batch",
    "Transaction::savepoint",
];
const SNAPSHOT: &[&str] = &["Snapshot::query"];

const INSERT: &str = "INSERT INTO t(name) VALUES ('new')";
const INTO: &str = "INSERT INTO t(name) VALUES (?)";
const RETURNING: &str = "INSERT INTO t(name) SELECT a.id FROM t a, t b LIMIT 100 RETURNING id";

/// Calls `check` with a dropper and each number of polls until it says that the operation came to its
/// end; whether a stream stands beside alternates.
fn each(
    name: &'static str,
    functions: &'static [&'static str],
    readers: usize,
    check: impl Fn(&Scene, &dyn Fn(&dyn Boxed) -> Option<Result<()>>, bool) -> bool,
) {
    let mut drops = Drops::default();
    for (way, patience) in ways() {
        let dropper = Dropper::new(way);
        let scene = Scene::new(readers, patience);
        for (number, pause) in pauses(patience).enumerate() {
            for polls in numbers_of_polls(patience) {
                drops.count(way);
                let drop_it = |work: &dyn Boxed| dropper.drop_after(work.boxed(), polls, pause);
                if check(&scene, &drop_it, number % 2 == 1) {
                    break;
                }
            }
        }
        scene.end();
    }
    tell(name, functions, drops);
}

/// Makes the future of an operation.
trait Boxed {
    fn boxed(&self) -> futures::future::BoxFuture<'static, Result<()>>;
}

impl<W: Fn() -> F, F: Future<Output = Result<()>> + Send + 'static> Boxed for W {
    fn boxed(&self) -> futures::future::BoxFuture<'static, Result<()>> {
        Box::pin(self())
    }
}

/// Drops an operation of one connection anywhere and uses the connection on. `t` has as many rows as
/// before or `wrote` more, and all see the same.
fn on_a_connection<F>(name: &'static str, wrote: i64, work: fn(Arc<AsyncConnection>) -> F)
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    swept(move || {
        each(name, CONNECTION, 2, |scene, drop_it, beside| {
            let held = Arc::new(block_on(scene.engine.connect()).unwrap());
            let mut beside = beside.then(|| Beside::new(&*held));

            let end = drop_it(&|| work(Arc::clone(&held)));

            let done = end.map(Result::unwrap).is_some();
            if let Some(beside) = &mut beside {
                beside.read_on();
            }
            let rows = block_on(count(&*held));
            block_on(held.execute("UPDATE t SET name = name WHERE id = 1")).unwrap();
            assert_eq!(scene.look(1, beside.is_some()), rows, "all see the same");
            if let Some(beside) = beside {
                // Another one has written meanwhile: what is read has to make way for the next write.
                block_on(held.execute("UPDATE t SET name = name WHERE id = 1")).unwrap();
                beside.end();
            }
            assert!([ROWS, ROWS + wrote][usize::from(done)..].contains(&rows), "{rows} rows");
            block_on(held.execute(sql("DELETE FROM t WHERE id > ?").bind(ROWS))).unwrap();
            drop(held);
            assert_eq!(scene.look(0, false), ROWS);
            done
        });
    });
}

/// Drops an operation of one transaction anywhere. What was written before it and after it is kept
/// whole, with the `wrote` rows of its own or without; or the transaction says that it has ended, and
/// nothing is kept.
fn in_a_transaction<F>(name: &'static str, wrote: i64, work: fn(Arc<Transaction>) -> F)
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    swept(move || {
        each(name, TRANSACTION, 1, |scene, drop_it, beside| {
            let tx = Arc::new(block_on(scene.engine.begin()).unwrap());
            block_on(tx.execute("INSERT INTO t(name) VALUES ('before')")).unwrap();
            let beside = beside.then(|| Beside::new(&*tx));

            let end = drop_it(&|| work(Arc::clone(&tx)));

            let done = end.map(Result::unwrap).is_some();
            let after = block_on(tx.execute("INSERT INTO t(name) VALUES ('after')"));
            match (&after, beside) {
                (Ok(_), Some(beside)) => beside.end(),
                (Err(_), Some(beside)) => {
                    let why = beside.ended().expect("the stream does not seem to have ended well");
                    assert_eq!(why.kind(), ErrorKind::Closed, "{why}");
                }
                (_, None) => {}
            }
            let committed = block_on(Arc::into_inner(tx).unwrap().commit());
            let rows = scene.look(0, false);
            match (after, committed) {
                (Ok(_), Ok(_)) => {
                    let possible = [ROWS + 2, ROWS + 2 + wrote];
                    assert!(possible[usize::from(done)..].contains(&rows), "{rows} rows");
                }
                (Err(after), Err(committed)) => {
                    assert_eq!(after.kind(), ErrorKind::TransactionEnded);
                    assert_eq!(committed.kind(), ErrorKind::TransactionEnded);
                    assert!(!done && wrote > 0);
                    assert_eq!(rows, ROWS);
                }
                halves => panic!("it is neither open nor over: {halves:?}"),
            }
            scene.restore();
            done
        });
    });
}

/// Drops an operation of one snapshot anywhere: it shows the same state as before.
fn in_a_snapshot<F>(name: &'static str, work: fn(Arc<Snapshot>) -> F)
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    swept(move || {
        each(name, SNAPSHOT, 1, |scene, drop_it, beside| {
            let snapshot = Arc::new(block_on(scene.engine.snapshot()).unwrap());
            let beside = beside.then(|| Beside::new(&*snapshot));
            block_on(scene.engine.execute("DELETE FROM t WHERE id > 7")).unwrap();

            let end = drop_it(&|| work(Arc::clone(&snapshot)));

            assert_eq!(block_on(count(&*snapshot)), ROWS);
            if let Some(beside) = beside {
                beside.end();
            }
            drop(snapshot);
            assert_eq!(scene.look(0, false), 7);
            scene.restore();
            end.map(Result::unwrap).is_some()
        });
    });
}

#[test]
fn a_script_that_is_dropped_leaves_its_transaction_open_or_not_begun_or_over() {
    swept(|| {
        let name = "a_script_that_is_dropped_leaves_its_transaction";
        each(name, CONNECTION, 2, |scene, drop_it, _| {
            let held = Arc::new(block_on(scene.engine.connect()).unwrap());
            let script = "BEGIN; INSERT INTO t(name) VALUES ('new'); SELECT * FROM t; COMMIT";

            let of_script = || {
                let held = Arc::clone(&held);
                async move { held.execute_batch(script).await.map(drop) }
            };
            let done = drop_it(&of_script).map(Result::unwrap).is_some();

            let was_open = block_on(held.execute("ROLLBACK")).is_ok();
            let rows = scene.look(1, false);
            assert!(!(was_open && (done || rows != ROWS)), "{rows} rows, {was_open}");
            assert!([ROWS, ROWS + 1][usize::from(done)..].contains(&rows));
            scene.restore();
            done
        });
    });
}

macro_rules! held {
    ($($name:ident: $how:ident($($wrote:expr)?), |$held:ident| $body:block)*) => {$(
        #[test]
        fn $name() {
            $how(stringify!($name), $($wrote,)? |$held| async move {
                $body;
                Ok(())
            });
        }
    )*};
}

held! {
    a_connection_is_used_on_after_a_dropped_write: on_a_connection(1), |held| {
        held.execute(INSERT).await?
    }
    a_connection_is_used_on_after_a_dropped_query: on_a_connection(0), |held| {
        held.query("SELECT count(*) FROM t a, t b").all().await?;
        let mut result = held.query(sql("SELECT id FROM t").batch_rows(7)).await?;
        while result.try_next().await?.is_some() {}
    }
    a_connection_is_used_on_after_a_dropped_begin: on_a_connection(1), |held| {
        let tx = held.begin().await?;
        tx.execute(INSERT).await?;
        tx.commit().await?
    }
    a_connection_is_used_on_after_a_dropped_transaction: on_a_connection(1), |held| {
        held.transaction(async |tx| {
            tx.execute(INSERT).await?;
            tx.query("SELECT * FROM t").all().await.map(drop)
        })
        .await?
    }
    a_connection_is_used_on_after_dropped_rows: on_a_connection(600), |held| {
        held.execute_many(INTO, (0..600).map(|n| [n])).await?
    }
    a_connection_is_used_on_after_a_dropped_stream_of_rows: on_a_connection(600), |held| {
        held.insert_stream("t", ["name"], futures::stream::iter((0..600).map(|n| [n]))).await?
    }
    a_connection_is_used_on_after_a_dropped_script: on_a_connection(1), |held| {
        held.execute_batch("SELECT * FROM t; INSERT INTO t(name) VALUES ('new')").await?
    }
    a_connection_is_used_on_after_dropped_returning: on_a_connection(100), |held| {
        let mut ids = held.query(sql(RETURNING).batch_rows(9)).await?;
        while ids.try_next().await?.is_some() {}
    }
    a_connection_is_used_on_after_a_dropped_closure: on_a_connection(1), |held| {
        held.with_sqlite(|sqlite| sqlite.execute(INSERT, []).is_ok()).await?
    }
    a_transaction_goes_on_or_has_ended_after_a_dropped_write: in_a_transaction(1), |tx| {
        tx.execute(INSERT).await?
    }
    a_transaction_goes_on_or_has_ended_after_a_dropped_long_write: in_a_transaction(20_000), |tx| {
        let long = "INSERT INTO t(name) WITH RECURSIVE n(i) AS
            (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n";
        tx.execute(long).await?
    }
    a_transaction_goes_on_after_a_dropped_query: in_a_transaction(0), |tx| {
        tx.query("SELECT count(*) FROM t a, t b").all().await?;
        let mut result = tx.query(sql("SELECT id FROM t").batch_rows(7)).await?;
        while result.try_next().await?.is_some() {}
    }
    a_transaction_goes_on_or_has_ended_after_dropped_rows: in_a_transaction(600), |tx| {
        tx.execute_many(INTO, (0..600).map(|n| [n])).await?
    }
    a_transaction_goes_on_or_has_ended_after_a_dropped_stream_of_rows: in_a_transaction(600), |tx| {
        tx.insert_stream("t", ["name"], futures::stream::iter((0..600).map(|n| [n]))).await?
    }
    a_transaction_goes_on_or_has_ended_after_a_dropped_script: in_a_transaction(1), |tx| {
        tx.execute_batch("SELECT * FROM t; INSERT INTO t(name) VALUES ('new'); SELECT 1").await?
    }
    a_transaction_goes_on_after_a_dropped_savepoint: in_a_transaction(1), |tx| {
        let undone = tx.savepoint().await?;
        undone.query("SELECT * FROM t").all().await?;
        undone.rollback().await?;
        let kept = tx.savepoint().await?;
        kept.execute(INSERT).await?;
        kept.commit().await?
    }
    a_transaction_goes_on_or_has_ended_after_dropped_returning: in_a_transaction(100), |tx| {
        let mut ids = tx.query(sql(RETURNING).batch_rows(9)).await?;
        while ids.try_next().await?.is_some() {}
    }
    a_snapshot_shows_the_same_after_a_dropped_query: in_a_snapshot(), |snapshot| {
        snapshot.query("SELECT count(*) FROM t a, t b").all().await?;
        let mut result = snapshot.query(sql("SELECT id FROM t").batch_rows(7)).await?;
        while result.try_next().await?.is_some() {}
    }
    a_snapshot_shows_the_same_after_a_dropped_write_that_it_refuses: in_a_snapshot(), |snapshot| {
        snapshot.execute(INSERT).await.unwrap_err();
        snapshot.execute_batch("SELECT 1; SELECT 2").await?
    }
}
