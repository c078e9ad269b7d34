//! The turns of a connection thread: several statements on one connection, none of which holds up another.

use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, future, poll};
use headwater::{AsyncConnection, AsyncEngine, sql};
use rusqlite::functions::FunctionFlags;

use crate::support::functions::{Meter, Valve};
use crate::support::{Tank, eventually, fill, run};

const NUMBERS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) ";

fn over_numbers(select: &str) -> headwater::Statement {
    sql(format!("{NUMBERS}{select}"))
}

#[test]
fn two_full_scans_run_in_lockstep_on_one_connection_with_lookups_and_writes_between() {
    run(async {
        const ROWS: i64 = 20_000;
        let tank = Tank::new();
        let engine = tank.filled(ROWS).await;
        engine.execute("CREATE TABLE seen(id INTEGER)").await.unwrap();
        let connection = engine.connect().await.unwrap();

        let mut up = connection.query("SELECT id, name FROM t ORDER BY id").await.unwrap();
        let mut down = connection.query("SELECT id, name FROM t ORDER BY id DESC").await.unwrap();
        for id in 1..=ROWS {
            let above = up.try_next().await.unwrap().unwrap();
            let below = down.try_next().await.unwrap().unwrap();
            assert_eq!(above.get::<i64>(0).unwrap(), id);
            assert_eq!(below.get::<i64>(0).unwrap(), ROWS + 1 - id);
            if id % 100 == 0 {
                let name = sql("SELECT name FROM t WHERE id = ?").bind(id);
                let name: String = connection.query(name).scalar_one().await.unwrap();
                assert_eq!(name, format!("name {id}"));
                let seen = sql("INSERT INTO seen VALUES (?)").bind(id);
                assert_eq!(connection.execute(seen).await.unwrap().rows_affected(), 1);
            }
        }

        assert!(up.try_next().await.unwrap().is_none());
        assert!(down.try_next().await.unwrap().is_none());
        let seen: i64 = engine.query("SELECT count(*) FROM seen").scalar_one().await.unwrap();
        assert_eq!(seen, ROWS / 100);
    });
}

#[test]
fn two_streams_of_one_connection_can_be_zipped() {
    run(async {
        let tank = Tank::new();
        let connection = tank.filled(5_000).await.connect().await.unwrap();

        let up = connection.query("SELECT id FROM t ORDER BY id").scalars::<i64>().await.unwrap();
        let down =
            connection.query("SELECT id FROM t ORDER BY id DESC").scalars::<i64>().await.unwrap();
        let sums: Vec<i64> =
            up.zip(down).map(|(up, down)| up.unwrap() + down.unwrap()).collect().await;

        assert_eq!(sums, vec![5_001; 5_000]);
    });
}

#[test]
fn a_transaction_streams_a_table_and_writes_it_row_by_row() {
    run(async {
        const ROWS: i64 = 5_000;
        let tank = Tank::new();
        let engine = tank.filled(ROWS).await;
        engine.execute("ALTER TABLE t ADD COLUMN twice INTEGER").await.unwrap();

        let tx = engine.begin().await.unwrap();
        let mut ids = tx.query("SELECT id FROM t").scalars::<i64>().await.unwrap();
        let mut read = 0;
        while let Some(id) = ids.try_next().await.unwrap() {
            let update = sql("UPDATE t SET twice = ? WHERE id = ?").bind(2 * id).bind(id);
            assert_eq!(tx.execute(update).await.unwrap().rows_affected(), 1);
            read += 1;
        }
        tx.commit().await.unwrap();

        assert_eq!(read, ROWS);
        let wrong: i64 = engine
            .query("SELECT count(*) FROM t WHERE twice IS NOT 2 * id")
            .scalar_one()
            .await
            .unwrap();
        assert_eq!(wrong, 0);
    });
}

#[test]
fn a_parked_cursor_does_not_hold_up_the_connections_other_statements() {
    run(async {
        let tank = Tank::new();
        let connection = tank.filled(10_000).await.connect().await.unwrap();

        let mut parked = connection.query("SELECT id FROM t").scalars::<i64>().await.unwrap();
        assert_eq!(parked.try_next().await.unwrap(), Some(1));
        let count: i64 = connection.query("SELECT count(*) FROM t").scalar_one().await.unwrap();
        let all: Vec<i64> = connection.query("SELECT id FROM t").scalars().all().await.unwrap();
        connection.execute("CREATE TABLE other(a)").await.unwrap();
        connection.execute("INSERT INTO other VALUES (1)").await.unwrap();

        assert_eq!(count, 10_000);
        assert_eq!(all.len(), 10_000);
        assert_eq!(parked.all().await.unwrap(), (2..=10_000).collect::<Vec<_>>());
    });
}

#[test]
fn many_parked_cursors_share_a_connection() {
    run(async {
        let tank = Tank::new();
        let connection = tank.filled(2_000).await.connect().await.unwrap();

        let mut open = Vec::new();
        for _ in 0..50 {
            open.push(connection.query("SELECT id FROM t").scalars::<i64>().await.unwrap());
        }
        for expected in 1..=2_000 {
            for ids in &mut open {
                assert_eq!(ids.try_next().await.unwrap(), Some(expected));
            }
        }

        for ids in &mut open {
            assert_eq!(ids.try_next().await.unwrap(), None);
        }
    });
}

/// A connection on which a scan of `tick(i), pass(i)` can be held in any of its rows.
async fn held(tank: &Tank, batch_rows: usize) -> (AsyncConnection, Meter, Valve) {
    let (meter, valve) = (Meter::default(), Valve::default());
    let builder = tank.builder().batch_rows(batch_rows).on_connect(meter.hook());
    let engine = builder.on_connect(valve.hook()).open().await.unwrap();
    (engine.connect().await.unwrap(), meter, valve)
}

#[test]
fn a_lookup_waits_for_one_batch_of_a_scan_whose_consumer_keeps_up() {
    run(async {
        const BATCH: u64 = 64;
        let tank = Tank::new();
        let (connection, _, valve) = held(&tank, 64).await;
        valve.open_for(5_000);
        let scan = connection.query(over_numbers("SELECT tick(i), pass(i) FROM n")).await.unwrap();
        let consumer = std::thread::spawn(move || futures::executor::block_on(scan.count()));

        for round in 1..=10 {
            // The scan is inside this step when the lookup is sent, and its consumer waits for rows.
            let held_at = round * 5_000 + 1;
            eventually("the scan is held", || valve.arrived() == held_at);
            let mut lookup = Box::pin(connection.query("SELECT ticks()").scalar_one::<i64>());
            assert!(poll!(lookup.as_mut()).is_pending());
            valve.open_for(5_000);
            let computed = u64::try_from(lookup.await.unwrap()).unwrap();
            assert!(computed <= held_at + BATCH, "{computed} rows at {held_at}");
        }

        valve.open();
        assert_eq!(consumer.join().unwrap(), 100_000);
    });
}

#[test]
fn a_write_waits_for_one_batch_of_a_scan_whose_consumer_keeps_up() {
    run(async {
        const BATCH: i64 = 64;
        let tank = Tank::new();
        let (connection, _, valve) = held(&tank, 64).await;
        connection.execute("CREATE TABLE log(ticks)").await.unwrap();
        valve.open_for(1_000);
        let scan = connection.query(over_numbers("SELECT tick(i), pass(i) FROM n")).await.unwrap();
        let consumer = std::thread::spawn(move || futures::executor::block_on(scan.count()));
        eventually("the scan is held", || valve.arrived() == 1_001);

        let mut write =
            Box::pin(connection.execute("INSERT INTO log VALUES (ticks())").into_future());
        assert!(poll!(write.as_mut()).is_pending());
        valve.open();
        write.await.unwrap();

        let computed: i64 = connection.query("SELECT ticks FROM log").scalar_one().await.unwrap();
        assert!(computed <= 1_001 + BATCH, "{computed} rows");
        assert_eq!(consumer.join().unwrap(), 100_000);
    });
}

#[test]
fn a_scan_comes_to_its_end_beside_commands_that_never_cease() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().batch_rows(16).open().await.unwrap();
        fill(&engine, 10_000).await;
        let connection = Arc::new(engine.connect().await.unwrap());
        let scan = connection.query("SELECT id FROM t").scalars::<i64>().await.unwrap();

        let lookups = async {
            loop {
                let many = (0..8).map(|_| connection.query("SELECT 1").scalar_one::<i64>());
                future::try_join_all(many).await.unwrap();
            }
        };
        let scanned = future::select(Box::pin(scan.all()), Box::pin(lookups)).await;

        let future::Either::Left((ids, _)) = scanned;
        assert_eq!(ids.unwrap().len(), 10_000);
    });
}

#[test]
fn two_scans_that_nothing_holds_up_take_turns_batch_by_batch() {
    run(async {
        const BATCH: usize = 50;
        let tank = Tank::new();
        let valve = Valve::default();
        let order = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&order);
        // So many batches may wait that neither scan ever does.
        let builder = tank.builder().batch_rows(BATCH).batches(1_000_000).on_connect(valve.hook());
        let engine = builder
            .on_connect(move |connection| {
                let log = Arc::clone(&log);
                connection.create_scalar_function(
                    "log",
                    1,
                    FunctionFlags::SQLITE_UTF8,
                    move |call| {
                        log.lock().unwrap().push(call.get::<String>(0)?);
                        Ok(1)
                    },
                )
            })
            .open()
            .await
            .unwrap();
        let connection = engine.connect().await.unwrap();

        let first =
            connection.query(over_numbers("SELECT pass(i), log('a') FROM n")).await.unwrap();
        eventually("the first scan is held", || valve.arrived() == 1);
        let mut second =
            Box::pin(connection.query(over_numbers("SELECT i, log('b') FROM n")).into_future());
        assert!(poll!(second.as_mut()).is_pending());
        valve.open();
        let counts = future::join(first.count(), second.await.unwrap().count()).await;

        assert_eq!(counts, (100_000, 100_000));
        let order = order.lock().unwrap();
        let ends = |name: &str| order.iter().rposition(|logged| logged == name).unwrap();
        let starts = order.iter().position(|logged| logged == "b").unwrap();
        let together = &order[starts..ends("a").min(ends("b"))];
        let longest =
            together.chunk_by(|one, next| one == next).map(<[String]>::len).max().unwrap();
        assert!(longest <= BATCH, "{longest} rows of one scan in a row");
    });
}

/// Counts how often a future is woken until it is done.
fn wakes<F: Future>(future: F) -> (F::Output, usize) {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake, Waker};

    struct Counting(std::thread::Thread, AtomicUsize);
    impl Wake for Counting {
        fn wake(self: Arc<Self>) {
            self.1.fetch_add(1, Ordering::SeqCst);
            self.0.unpark();
        }
    }
    let counting = Arc::new(Counting(std::thread::current(), AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&counting));
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return (output, counting.1.load(Ordering::SeqCst));
        }
        std::thread::park_timeout(Duration::from_secs(1));
    }
}

/// An engine whose waiters sleep at once, so that each message wakes them once.
async fn without_patience(tank: &Tank) -> AsyncEngine {
    let engine = tank.builder().patience(Duration::ZERO).open().await.unwrap();
    fill(&engine, 500).await;
    engine
}

#[test]
fn a_terminal_call_is_answered_with_one_message() {
    run(async {
        let tank = Tank::new();
        let engine = without_patience(&tank).await;
        let query = || engine.query("SELECT id FROM t");

        assert!(wakes(query().all()).1 <= 1);
        assert!(wakes(query().first()).1 <= 1);
        assert!(wakes(query().one()).1 <= 1);
        assert!(wakes(query().one_or_none()).1 <= 1);
        assert!(wakes(query().scalar::<i64>()).1 <= 1);
        assert!(wakes(engine.query("SELECT 1").scalar_one::<i64>()).1 <= 1);
        assert!(wakes(engine.query("SELECT 1").scalar_one_or_none::<i64>()).1 <= 1);
        assert!(wakes(query().scalars::<i64>().all()).1 <= 1);
        assert!(wakes(engine.execute("UPDATE t SET name = 'x'").into_future()).1 <= 1);
    });
}

#[test]
fn a_stream_opens_with_one_message() {
    run(async {
        let tank = Tank::new();
        let engine = without_patience(&tank).await;

        let (opened, wakes) = wakes(engine.query("SELECT id FROM t").into_future());

        assert_eq!(opened.unwrap().try_collect::<Vec<_>>().await.unwrap().len(), 500);
        assert!(wakes <= 1);
    });
}

#[test]
fn a_dropped_result_keeps_no_old_state_for_what_is_asked_after_it() {
    run(async {
        let tank = Tank::new();
        let valve = Valve::default();
        let engine = tank.builder().on_connect(valve.hook()).open().await.unwrap();
        fill(&engine, 10_000).await;
        let connection = engine.connect().await.unwrap();
        let mut open = Vec::new();
        for _ in 0..5 {
            open.push(connection.query("SELECT id FROM t").await.unwrap());
        }

        // The thread cannot see the drops before the question is asked.
        let mut busy = Box::pin(connection.query("SELECT pass(1)").scalar_one::<i64>());
        assert!(poll!(busy.as_mut()).is_pending());
        eventually("the thread is held", || valve.arrived() == 1);
        drop(open);
        engine.execute("INSERT INTO t(name) VALUES ('new')").await.unwrap();
        let mut count = Box::pin(connection.query("SELECT count(*) FROM t").scalar_one::<i64>());
        assert!(poll!(count.as_mut()).is_pending());
        valve.open();

        assert_eq!(busy.await.unwrap(), 1);
        assert_eq!(count.await.unwrap(), 10_001);
    });
}

#[test]
fn a_dropped_result_does_not_keep_its_connection_from_writing() {
    run(async {
        let tank = Tank::new();
        let valve = Valve::default();
        let engine = tank.builder().spill_limit(0).on_connect(valve.hook()).open().await.unwrap();
        fill(&engine, 10_000).await;
        let connection = engine.connect().await.unwrap();
        let mut open = Vec::new();
        for _ in 0..5 {
            open.push(connection.query("SELECT id FROM t").await.unwrap());
        }

        let mut busy = Box::pin(connection.query("SELECT pass(1)").scalar_one::<i64>());
        assert!(poll!(busy.as_mut()).is_pending());
        eventually("the thread is held", || valve.arrived() == 1);
        drop(open);
        engine.execute("INSERT INTO t(name) VALUES ('new')").await.unwrap();
        let mut begin = Box::pin(connection.begin());
        assert!(poll!(begin.as_mut()).is_pending());
        valve.open();

        busy.await.unwrap();
        let tx = begin.await.unwrap();
        tx.execute("INSERT INTO t(name) VALUES ('newer')").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            connection.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(),
            10_002
        );
    });
}
