//! The write-ahead log under a reader that does not end: what a stalled result costs the disk.

use headwater::{AsyncEngine, AsyncScalars, Clock, ErrorKind, Notice, Stall, sql};

use super::{ROWS, SECOND, at_hand};
use crate::support::{Tank, eventually, fill, run};

/// At so many bytes SQLite copies the log into the file, if no reader is in the way.
const CHECKPOINT: u64 = 1_000 * 4_096;

async fn open(tank: &Tank, clock: &Clock) -> AsyncEngine {
    let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
    fill(&engine, ROWS).await;
    engine.execute("CREATE TABLE log(content BLOB)").await.unwrap();
    engine
}

/// Opens a result, and leaves it alone after its first row.
async fn reading(engine: &AsyncEngine, stall: Stall) -> AsyncScalars<i64> {
    let statement = sql("SELECT id FROM t ORDER BY id").batch_rows(10).stall(stall);
    let mut ids = engine.query(statement).scalars::<i64>().await.unwrap();
    assert_eq!(ids.try_next().await.unwrap(), Some(1));
    ids
}

/// Writes four times as much as is copied at once.
async fn write(engine: &AsyncEngine) {
    let size = 64 << 10;
    for _ in 0..4 * CHECKPOINT / size {
        let insert = sql("INSERT INTO log VALUES (zeroblob(?))").bind(size);
        engine.execute(insert).await.unwrap();
    }
}

fn log_bytes(engine: &AsyncEngine) -> u64 {
    engine.status().wal_bytes.unwrap()
}

#[test]
fn under_a_parked_result_the_log_grows_and_a_notice_tells_of_it() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = open(&tank, &clock).await;
        let mut notices = engine.notices();
        let ids = reading(&engine, Stall::Park).await;

        write(&engine).await;
        let told = loop {
            clock.advance(SECOND);
            if let Some(told) = at_hand(&mut notices) {
                break told;
            }
            std::thread::yield_now();
        };

        assert!(log_bytes(&engine) >= 4 * CHECKPOINT, "{} bytes", log_bytes(&engine));
        assert!(matches!(told, Notice::Stalled { .. }), "{told}");
        assert!(told.to_string().contains("write-ahead log"), "{told}");
        assert_eq!(ids.all().await.unwrap().len(), 2_999);
    });
}

#[test]
fn under_a_result_that_is_read_aside_the_log_stays_small() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = open(&tank, &clock).await;
        let ids = reading(&engine, Stall::Spill(1 << 20)).await;
        eventually("the statement is over", || engine.status().open_results == 0);

        write(&engine).await;

        assert!(log_bytes(&engine) < 2 * CHECKPOINT, "{} bytes", log_bytes(&engine));
        assert_eq!(ids.all().await.unwrap(), (2..=ROWS).collect::<Vec<_>>());
    });
}

#[test]
fn after_a_result_was_given_up_the_log_grows_no_more() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = open(&tank, &clock).await;
        let ids = reading(&engine, Stall::AbortAfter(30 * SECOND)).await;
        write(&engine).await;
        let grown = log_bytes(&engine);
        assert!(grown >= 4 * CHECKPOINT, "{grown} bytes");

        eventually("the statement is given up", || {
            clock.advance(SECOND);
            engine.status().open_results == 0
        });
        for _ in 0..3 {
            write(&engine).await;
        }

        // What it has grown to is used again from its beginning; its size is that of the file.
        assert!(log_bytes(&engine) < grown + CHECKPOINT, "{} bytes", log_bytes(&engine));
        assert_eq!(ids.all().await.unwrap_err().kind(), ErrorKind::Timeout);
    });
}
