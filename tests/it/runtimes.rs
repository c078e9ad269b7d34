//! Any runtime, and none: one suite under each, and code that is generic over who runs its statements.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use headwater::{AsyncEngine, ErrorKind, Executor, Result, sql};

use crate::support::{Tank, count, fill, watched};

/// The main operations, each with what it promises.
async fn suite() {
    let tank = Tank::new();
    let engine = tank.builder().max_connections(3).open().await.unwrap();
    fill(&engine, 2_000).await;

    // Streams, by hand and by combinators.
    let mut result =
        engine.query(sql("SELECT id, name FROM t ORDER BY id").batch_rows(64)).await.unwrap();
    let mut seen = 0_i64;
    while let Some(row) = result.try_next().await.unwrap() {
        seen += 1;
        assert_eq!(row.get::<&str>("name").unwrap(), format!("name {seen}"));
    }
    assert_eq!(seen, 2_000);
    let even = engine.query("SELECT id FROM t").scalars::<i64>().await.unwrap();
    let even = even.try_filter(|id| std::future::ready(id % 2 == 0)).try_collect::<Vec<_>>();
    assert_eq!(even.await.unwrap().len(), 1_000);

    // Collecting.
    let one: (i64, String) =
        engine.query("SELECT * FROM t WHERE id = 7").scalars().one().await.unwrap();
    assert_eq!(one, (7, "name 7".to_owned()));
    assert_eq!(engine.query("SELECT * FROM t WHERE id < 0").first().await.unwrap().map(drop), None);

    // Transactions, savepoints, snapshots, beside one another.
    let snapshot = engine.snapshot().await.unwrap();
    let tx = engine.begin().await.unwrap();
    let savepoint = tx.savepoint().await.unwrap();
    savepoint.execute("DELETE FROM t").await.unwrap();
    savepoint.rollback().await.unwrap();
    tx.execute("DELETE FROM t WHERE id > 1000").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((count(&snapshot).await, count(&engine).await), (2_000, 1_000));
    drop(snapshot);
    let failed: Result<()> = engine
        .transaction(async |tx| {
            tx.execute("DELETE FROM t").await?;
            Err(headwater::Error::other("no"))
        })
        .await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Other);

    // Writing.
    let rows = stream::iter(3_000..4_000).map(|id| (id, "streamed"));
    engine.insert_stream("t", ["id", "name"], rows).await.unwrap();
    engine
        .execute_batch("CREATE TABLE u(a); INSERT INTO u VALUES (1); DROP TABLE u")
        .await
        .unwrap();
    let id: i64 =
        engine.query("INSERT INTO t(name) VALUES ('x') RETURNING id").scalar_one().await.unwrap();
    assert_eq!(id, 4_000);
    assert_eq!(count(&engine).await, 2_001);

    // Many at once, more than there are connections.
    let reads = (0..20).map(|_| count(&engine));
    assert_eq!(futures::future::join_all(reads).await, [2_001; 20]);
    let writes = (0..20).map(|_| engine.execute("UPDATE t SET name = name || '.' WHERE id = 1"));
    assert!(futures::future::join_all(writes).await.iter().all(Result::is_ok));

    // Stops: a drop, a timeout, the driver's own connection.
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let mut numbers = engine.query(endless).scalars::<i64>().await.unwrap();
    assert_eq!(numbers.try_next().await.unwrap(), Some(1));
    drop(numbers);
    let late =
        sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n");
    let late = engine.query(late.timeout(Duration::from_millis(5))).all().await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Timeout);
    let connection = engine.connect().await.unwrap();
    assert!(connection.with_sqlite(|sqlite| sqlite.is_autocommit()).await.unwrap());
    drop(connection);

    engine.close(Duration::from_secs(10)).await.unwrap();
    assert_eq!(engine.status().connections, 0);
    assert_eq!(engine.query("SELECT 1").all().await.unwrap_err().kind(), ErrorKind::Closed);
}

#[test]
fn everything_works_under_tokio_with_many_threads() {
    watched(|| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(suite());
        runtime.block_on(async { tokio::spawn(suite()).await.unwrap() });
    });
}

#[test]
fn everything_works_under_tokio_with_one_thread() {
    watched(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(suite());
        runtime.block_on(async { tokio::spawn(suite()).await.unwrap() });
    });
}

#[test]
fn everything_works_under_smol() {
    watched(|| {
        smol::block_on(suite());
        smol::block_on(smol::spawn(suite()));
    });
}

#[test]
fn everything_works_under_a_bare_block_on() {
    watched(|| futures::executor::block_on(suite()));
}

#[test]
fn one_engine_is_used_from_several_runtimes_at_once() {
    watched(|| {
        let tank = Tank::new();
        let engine = futures::executor::block_on(tank.filled(0));
        let work = |engine: AsyncEngine| async move {
            for _ in 0..50 {
                engine.execute("INSERT INTO t(name) VALUES ('a')").await.unwrap();
                count(&engine).await;
            }
        };

        std::thread::scope(|threads| {
            let of_tokio = work(engine.clone());
            threads.spawn(|| {
                tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .build()
                    .unwrap()
                    .block_on(of_tokio);
            });
            let of_smol = work(engine.clone());
            threads.spawn(|| smol::block_on(of_smol));
            let of_none = work(engine.clone());
            threads.spawn(|| futures::executor::block_on(of_none));
        });

        assert_eq!(futures::executor::block_on(count(&engine)), 150);
    });
}

#[test]
fn the_executor_is_never_blocked() {
    watched(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let tank = Tank::new();
            let blocker = crate::support::Blocker::default();
            let engine = blocker.install(tank.builder()).open().await.unwrap();
            fill(&engine, 10).await;
            let blocked = tokio::spawn({
                let engine = engine.clone();
                async move { engine.query("SELECT halt()").scalar_one::<i64>().await.unwrap() }
            });
            tokio::task::yield_now().await;
            blocker.wait();

            // The runtime's only thread goes on, and so does the engine.
            for _ in 0..10 {
                assert_eq!(count(&engine).await, 10);
            }
            blocker.release();

            assert_eq!(blocked.await.unwrap(), 1);
        });
    });
}

#[test]
fn an_engine_dropped_outside_of_any_runtime_closes_its_files() {
    watched(|| {
        let tank = Tank::new();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let engine = runtime.block_on(tank.filled(10));
        drop(runtime);

        drop(engine);

        let log = tank.folder().join("test.db-wal");
        crate::support::eventually("the files are closed", || !log.exists());
    });
}

// Generic code ---------------------------------------------------------------------------------

/// Uses each method of whatever runs statements.
async fn uses(db: &impl Executor) -> Result<i64> {
    let mut ids = db.query("SELECT id FROM t").scalars::<i64>().await?;
    let mut sum = 0;
    while let Some(id) = ids.try_next().await? {
        sum += id;
    }
    let at_least = 2;
    let some: i64 =
        db.query(sql("SELECT count(*) FROM t WHERE id >= ?").bind(at_least)).scalar_one().await?;
    Ok(sum + some)
}

async fn writes(db: impl Executor) -> Result<()> {
    db.execute("INSERT INTO t(name) VALUES ('a')").await?;
    db.execute_many("INSERT INTO t(name) VALUES (?)", [["b"]]).await?;
    db.insert_stream("t", ["name"], stream::iter([["c"]])).await?;
    db.execute_batch("INSERT INTO t(name) VALUES ('d'); SELECT 1").await?;
    Ok(())
}

/// What a service keeps.
struct Repository<E> {
    db: E,
}

impl<E: Executor> Repository<E> {
    async fn total(&self) -> Result<i64> {
        uses(&self.db).await
    }
}

fn tokio(test: impl Future<Output = ()> + Send + 'static) {
    watched(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
        runtime.unwrap().block_on(test);
    });
}

#[test]
fn generic_code_reads_through_each_kind_of_executor_in_spawned_tasks() {
    async fn spawned(db: impl Executor + 'static) -> i64 {
        tokio::spawn(async move { uses(&db).await.unwrap() }).await.unwrap()
    }

    tokio(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;

        assert_eq!(spawned(engine.clone()).await, 8);
        assert_eq!(spawned(Arc::new(engine.clone())).await, 8);
        assert_eq!(spawned(engine.connect().await.unwrap()).await, 8);
        assert_eq!(spawned(Arc::new(engine.connect().await.unwrap())).await, 8);
        assert_eq!(spawned(engine.begin().await.unwrap()).await, 8);
        assert_eq!(spawned(Arc::new(engine.begin().await.unwrap())).await, 8);
        assert_eq!(spawned(engine.snapshot().await.unwrap()).await, 8);
        assert_eq!(spawned(Arc::new(engine.snapshot().await.unwrap())).await, 8);
        let repository = Repository { db: engine.clone() };
        assert_eq!(
            tokio::spawn(async move { repository.total().await.unwrap() }).await.unwrap(),
            8
        );
    });
}

#[test]
fn generic_code_takes_references_and_references_of_arcs() {
    tokio(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;
        let shared = Arc::new(engine.begin().await.unwrap());

        assert_eq!(uses(&&engine).await.unwrap(), 8);
        assert_eq!(uses(&&&engine).await.unwrap(), 8);
        assert_eq!(uses(&shared).await.unwrap(), 8);
        assert_eq!(uses(&&shared).await.unwrap(), 8);
        assert_eq!(Repository { db: &engine }.total().await.unwrap(), 8);
        assert_eq!(Repository { db: &*shared }.total().await.unwrap(), 8);
    });
}

#[test]
fn generic_code_writes_in_spawned_tasks() {
    tokio(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        tokio::spawn(writes(engine.clone())).await.unwrap().unwrap();
        tokio::spawn(writes(engine.connect().await.unwrap())).await.unwrap().unwrap();
        let tx = Arc::new(engine.begin().await.unwrap());
        tokio::spawn(writes(Arc::clone(&tx))).await.unwrap().unwrap();
        Arc::into_inner(tx).unwrap().commit().await.unwrap();
        let refused = tokio::spawn(writes(engine.snapshot().await.unwrap())).await.unwrap();

        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ReadOnly);
        assert_eq!(count(&engine).await, 12);
    });
}

#[test]
fn generic_code_runs_in_the_scope_forms() {
    tokio(async {
        let tank = Tank::new();
        let engine = tank.filled(3).await;

        let task = tokio::spawn({
            let engine = engine.clone();
            async move {
                engine
                    .transaction(async |tx| {
                        writes(&tx).await?;
                        uses(&tx).await
                    })
                    .await
            }
        });

        assert_eq!(task.await.unwrap().unwrap(), 28 + 6);
    });
}
