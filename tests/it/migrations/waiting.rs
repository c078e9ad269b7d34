//! Somebody else who writes is waited for, for as long as `wait` says.

use std::thread::JoinHandle;
use std::time::Duration;

use headwater::{
    AsyncEngine, Clock, EngineBuilder, ErrorKind, JournalMode, MigrationReport, Migrations, Result,
};

use super::{cause, count, three};
use crate::support::{Tank, eventually, run};

/// A connection takes its time to open while the clock is turned by minutes.
fn patient_to_open(tank: &Tank, clock: &Clock) -> EngineBuilder {
    tank.builder().clock(clock.clone()).connect_timeout(Duration::from_secs(100_000))
}

async fn impatient(tank: &Tank, clock: &Clock) -> AsyncEngine {
    let builder = patient_to_open(tank, clock).busy_timeout(Duration::ZERO);
    let engine = builder.open().await.unwrap();
    // The file is what it will be, so that nobody waits for the turn to the journal mode.
    engine.execute("CREATE TABLE before(a)").await.unwrap();
    engine
}

/// Migrates on a thread of its own.
fn in_background(
    engine: &AsyncEngine,
    migrations: Migrations,
) -> JoinHandle<Result<MigrationReport>> {
    let engine = engine.clone();
    std::thread::spawn(move || futures::executor::block_on(engine.migrate(migrations)))
}

/// Migrations that wait for as long as it takes: the hand that turns the clock does not know how far the
/// migration is.
fn patient() -> Migrations {
    three().wait(Duration::from_secs(1_000_000))
}

/// Lets time pass until the migration is over.
fn until_over(
    clock: &Clock,
    migration: JoinHandle<Result<MigrationReport>>,
) -> Result<MigrationReport> {
    eventually("the migration is over", || {
        clock.advance(Duration::from_millis(50));
        migration.is_finished()
    });
    migration.join().unwrap()
}

/// Lets less time pass than the default of `wait`; the migration must not be over.
fn meanwhile(clock: &Clock, migration: &JoinHandle<Result<MigrationReport>>) {
    for _ in 0..500 {
        clock.advance(Duration::from_millis(50));
        std::thread::yield_now();
    }
    assert!(!migration.is_finished());
}

#[test]
fn a_migration_waits_for_another_program_beyond_the_busy_timeout() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = impatient(&tank, &clock).await;
        let other = tank.plain();
        other.execute_batch("BEGIN IMMEDIATE; CREATE TABLE beside(a)").unwrap();
        let migration = in_background(&engine, patient());
        meanwhile(&clock, &migration);

        other.execute_batch("COMMIT").unwrap();
        let report = until_over(&clock, migration).unwrap();

        assert_eq!(report.applied.len(), 3);
        assert_eq!(count(&engine, "t").await, 1);
    });
}

#[test]
fn a_migration_waits_for_another_engine_beyond_the_acquire_timeout() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let other = tank.engine().await;
        let builder = patient_to_open(&tank, &clock);
        let engine = builder.acquire_timeout(Duration::from_millis(100)).open().await.unwrap();
        let tx = other.begin().await.unwrap();
        tx.execute("CREATE TABLE beside(a)").await.unwrap();
        let migration = in_background(&engine, patient());
        meanwhile(&clock, &migration);

        tx.commit().await.unwrap();
        let report = until_over(&clock, migration).unwrap();

        assert_eq!(report.version, 3);
    });
}

#[test]
fn a_migration_that_has_waited_for_long_enough_says_for_what() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let engine = impatient(&tank, &clock).await;
        let other = tank.plain();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let migration = in_background(&engine, three().wait(Duration::from_secs(2)));

        let error = until_over(&clock, migration).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(error.to_string().contains("for more than 2s"), "{error}");
        assert_eq!(cause(&error).kind(), ErrorKind::Busy);
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(engine.migrate(three()).await.unwrap().version, 3);
    });
}

#[test]
fn a_reader_that_keeps_a_commit_waiting_is_waited_for() {
    run(async {
        let (tank, clock) = (Tank::new(), Clock::manual());
        let builder = patient_to_open(&tank, &clock).busy_timeout(Duration::ZERO);
        let engine = builder.journal_mode(JournalMode::Delete).open().await.unwrap();
        engine.execute("CREATE TABLE before(a)").await.unwrap();
        let other = tank.plain();
        other.execute_batch("BEGIN; SELECT * FROM before").unwrap();
        let migration = in_background(&engine, patient());
        meanwhile(&clock, &migration);

        other.execute_batch("COMMIT").unwrap();
        let report = until_over(&clock, migration).unwrap();

        assert_eq!(report.applied.len(), 3);
    });
}
