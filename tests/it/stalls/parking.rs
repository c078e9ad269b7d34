//! A parked result: it waits for as long as it takes, and a notice tells of a long wait, once.

use headwater::{AsyncConnection, AsyncEngine, AsyncScalars, Clock, Notice, Statement, sql};

use super::{ROWS, SECOND, at_hand, settle, stalled};
use crate::support::{Tank, fill, run};

const TEXT: &str = "SELECT id FROM t ORDER BY id";

async fn engine(tank: &Tank, clock: &Clock) -> AsyncEngine {
    let engine = tank.builder().clock(clock.clone()).open().await.unwrap();
    fill(&engine, ROWS).await;
    engine
}

fn read() -> Statement {
    sql(TEXT).batch_rows(10)
}

/// Takes so many rows, and lets the connection come to rest.
async fn take(connection: &AsyncConnection, ids: &mut AsyncScalars<i64>, rows: usize) {
    for _ in 0..rows {
        ids.try_next().await.unwrap().unwrap();
    }
    settle(connection).await;
}

#[test]
fn a_wait_is_told_of_when_it_has_lasted_for_the_threshold_and_not_before() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = engine(&tank, &clock).await;
        let mut notices = engine.notices();
        let connection = engine.connect().await.unwrap();
        let ids = stalled(&connection, read()).await;

        clock.advance(10 * SECOND - SECOND / 1_000);
        settle(&connection).await;
        assert_eq!(at_hand(&mut notices), None);
        clock.advance(SECOND / 1_000);
        let told = notices.next().await.unwrap();

        let Notice::Stalled { statement, waited, .. } = &told else {
            panic!("{told:?}");
        };
        assert_eq!((&**statement, *waited), (TEXT, 10 * SECOND));
        assert_eq!(ids.all().await.unwrap().len(), 2_999, "nothing is lost by it");
    });
}

#[test]
fn a_notice_names_the_call_that_ran_the_statement() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = engine(&tank, &clock).await;
        let mut notices = engine.notices();
        let connection = engine.connect().await.unwrap();

        let line = line!() + 1;
        let mut rows = connection.query(read()).await.unwrap();
        rows.try_next().await.unwrap();
        settle(&connection).await;
        clock.advance(10 * SECOND);

        let told = notices.next().await.unwrap();
        let said = told.to_string();
        let Notice::Stalled { called_at, .. } = told else {
            panic!("{said}");
        };
        assert_eq!((called_at.file(), called_at.line()), (file!(), line));
        assert!(said.contains(TEXT) && said.contains(&called_at.to_string()), "{said}");
        assert!(said.contains("10s"), "{said}");
    });
}

#[test]
fn one_wait_is_told_of_once_however_long_it_is() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = engine(&tank, &clock).await;
        let mut notices = engine.notices();
        let connection = engine.connect().await.unwrap();
        let ids = stalled(&connection, read()).await;

        for _ in 0..10 {
            clock.advance(10 * SECOND);
            settle(&connection).await;
        }

        assert!(at_hand(&mut notices).is_some());
        assert_eq!(at_hand(&mut notices), None);
        drop(ids);
    });
}

#[test]
fn the_next_wait_of_the_same_result_is_told_of_again() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = engine(&tank, &clock).await;
        let mut notices = engine.notices();
        let connection = engine.connect().await.unwrap();
        let mut ids = stalled(&connection, read()).await;

        for _ in 0..3 {
            clock.advance(10 * SECOND);
            assert!(matches!(notices.next().await, Some(Notice::Stalled { .. })));
            take(&connection, &mut ids, 100).await;
            assert_eq!(at_hand(&mut notices), None);
        }
    });
}

#[test]
fn short_waits_do_not_add_up() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = engine(&tank, &clock).await;
        let mut notices = engine.notices();
        let connection = engine.connect().await.unwrap();
        let mut ids = stalled(&connection, read()).await;

        for _ in 0..20 {
            clock.advance(6 * SECOND);
            take(&connection, &mut ids, 50).await;
        }
        assert_eq!(at_hand(&mut notices), None);

        clock.advance(6 * SECOND);
        settle(&connection).await;
        clock.advance(4 * SECOND);
        let Some(Notice::Stalled { waited, .. }) = notices.next().await else {
            panic!("another notice");
        };
        assert_eq!(waited, 10 * SECOND, "counted from the last row that was taken");
    });
}

#[test]
fn the_threshold_is_an_option_and_never_turns_it_off() {
    run(async {
        for (value, after) in [("2s", Some(2)), ("never", None)] {
            let (tank, clock) = (Tank::new(), Clock::manual());
            let url = format!("{}?stall_notice={value}", tank.url());
            let engine = AsyncEngine::builder(url).clock(clock.clone()).open().await.unwrap();
            fill(&engine, ROWS).await;
            let mut notices = engine.notices();
            let connection = engine.connect().await.unwrap();
            let _ids = stalled(&connection, read()).await;

            clock.advance(SECOND);
            settle(&connection).await;
            assert_eq!(at_hand(&mut notices), None, "{value}");
            clock.advance(1_000 * SECOND);
            settle(&connection).await;

            assert_eq!(at_hand(&mut notices).is_some(), after.is_some(), "{value}");
        }
    });
}

#[test]
fn a_consumer_that_keeps_up_is_not_told_of() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = engine(&tank, &clock).await;
        let mut notices = engine.notices();
        let connection = engine.connect().await.unwrap();

        let mut ids = connection.query(read()).scalars::<i64>().await.unwrap();
        while ids.try_next().await.unwrap().is_some() {
            clock.advance(SECOND / 10_000);
        }

        assert_eq!(at_hand(&mut notices), None);
    });
}

#[test]
fn a_result_that_has_come_to_its_end_stalls_nobody() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = engine(&tank, &clock).await;
        let mut notices = engine.notices();
        let connection = engine.connect().await.unwrap();

        let ids = stalled(&connection, sql("SELECT id FROM t WHERE id <= 5 ORDER BY id")).await;
        clock.advance(100 * SECOND);
        settle(&connection).await;

        assert_eq!(at_hand(&mut notices), None);
        assert_eq!(ids.all().await.unwrap(), [2, 3, 4, 5]);
    });
}
