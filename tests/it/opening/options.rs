//! Every option has a twin in the builder, and both do the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::TryStreamExt as _;
use headwater::{
    AsyncEngine, Clock, EngineBuilder, ErrorKind, JournalMode, Mode, Stall, Synchronous, sql,
};

use crate::support::{Tank, eventually, fill, run};

type Set = fn(EngineBuilder) -> EngineBuilder;

/// Each option, a value of it in a URL, and the builder's way to say the same.
const OPTIONS: [(&str, &str, Set); 30] = [
    ("max_connections", "3", |b| b.max_connections(3)),
    ("acquire_timeout", "250ms", |b| b.acquire_timeout(Duration::from_millis(250))),
    ("connect_timeout", "1s", |b| b.connect_timeout(Duration::from_secs(1))),
    ("min_idle", "2", |b| b.min_idle(2)),
    ("idle_timeout", "never", |b| b.idle_timeout(Duration::MAX)),
    ("max_lifetime", "1ms", |b| b.max_lifetime(Duration::from_millis(1))),
    ("group_commit", "off", |b| b.group_commit(false)),
    ("batch_rows", "7", |b| b.batch_rows(7)),
    ("batch_bytes", "4096", |b| b.batch_bytes(4_096)),
    ("batches", "1", |b| b.batches(1)),
    ("spill_memory", "0", |b| b.spill_memory(0)),
    ("spill_limit", "1000000", |b| b.spill_limit(1_000_000)),
    ("stall", "spill:1MiB", |b| b.stall(Stall::Spill(1 << 20))),
    ("stall_notice", "1s", |b| b.stall_notice(Duration::from_secs(1))),
    ("slow_statement", "never", |b| b.slow_statement(Duration::MAX)),
    ("patience", "0", |b| b.patience(Duration::ZERO)),
    ("mode", "rwc", |b| b.mode(Mode::ReadWriteCreate)),
    ("journal_mode", "truncate", |b| b.journal_mode(JournalMode::Truncate)),
    ("synchronous", "full", |b| b.synchronous(Synchronous::Full)),
    ("busy_timeout", "2s", |b| b.busy_timeout(Duration::from_secs(2))),
    ("foreign_keys", "no", |b| b.foreign_keys(false)),
    ("cache_size_kib", "100", |b| b.cache_size_kib(100)),
    ("statement_cache", "0", |b| b.statement_cache(0)),
    ("defensive", "false", |b| b.defensive(false)),
    ("trusted_schema", "1", |b| b.trusted_schema(true)),
    ("double_quoted_strings", "yes", |b| b.double_quoted_strings(true)),
    ("cell_size_check", "0", |b| b.cell_size_check(false)),
    ("mmap_size", "65536", |b| b.mmap_size(65_536)),
    ("attach_create", "true", |b| b.attach_create(true)),
    ("optimize_on_close", "off", |b| b.optimize_on_close(false)),
];

/// The builder of a new tank and, on another, a URL with the same option.
fn twins(name: &str, tanks: &[Tank; 2]) -> [EngineBuilder; 2] {
    let (_, value, set) = OPTIONS.iter().find(|(option, ..)| *option == name).unwrap();
    let url = format!("{}?{name}={value}", tanks[1].url());
    [set(tanks[0].builder()), AsyncEngine::builder(url)]
}

#[test]
fn this_table_has_every_option() {
    run(async {
        let error = AsyncEngine::open("sqlite::memory:?no_such_option=1").await.unwrap_err();

        let said = error.to_string();
        let known: Vec<_> = said.split_once("there are ").unwrap().1.split(", ").collect();
        assert_eq!(known, OPTIONS.map(|(name, ..)| name));
    });
}

#[test]
fn an_engine_works_with_any_option_set() {
    run(async {
        for (name, ..) in OPTIONS {
            let tanks = [Tank::new(), Tank::new()];
            for builder in twins(name, &tanks) {
                let engine = builder.open().await.unwrap();

                fill(&engine, 20).await;

                let names: Vec<String> =
                    engine.query("SELECT name FROM t").scalars().all().await.unwrap();
                assert_eq!(names.len(), 20, "{name}");
            }
        }
    });
}

#[test]
fn an_engine_works_with_all_options_set() {
    run(async {
        let tank = Tank::new();
        let options: Vec<_> =
            OPTIONS.iter().map(|(name, value, _)| format!("{name}={value}")).collect();
        let url = format!("{}?{}", tank.url(), options.join("&"));

        let engine = AsyncEngine::open(url).await.unwrap();

        fill(&engine, 20).await;
        assert_eq!(engine.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(), 20);
    });
}

#[test]
fn what_the_builder_says_wins_over_the_url() {
    run(async {
        let tank = Tank::new();
        let url = format!("{}?foreign_keys=off&cache_size_kib=100", tank.url());

        let engine = AsyncEngine::builder(url).foreign_keys(true).open().await.unwrap();

        assert_eq!(engine.query("PRAGMA foreign_keys").scalar_one::<i64>().await.unwrap(), 1);
        assert_eq!(engine.query("PRAGMA cache_size").scalar_one::<i64>().await.unwrap(), -100);
    });
}

#[test]
fn option_names_and_values_are_percent_decoded() {
    run(async {
        let url = "sqlite::memory:?foreign%5Fkeys=%6F%66f&&cache_size_kib=1%300&";

        let engine = AsyncEngine::open(url).await.unwrap();

        assert_eq!(engine.query("PRAGMA foreign_keys").scalar_one::<i64>().await.unwrap(), 0);
        assert_eq!(engine.query("PRAGMA cache_size").scalar_one::<i64>().await.unwrap(), -100);
    });
}

#[test]
fn a_switch_is_said_in_four_ways() {
    run(async {
        for (words, keys) in [(["on", "true", "yes", "1"], 1), (["off", "false", "no", "0"], 0)] {
            for word in words {
                let url = format!("sqlite::memory:?foreign_keys={word}");

                let engine = AsyncEngine::open(url).await.unwrap();

                let read: i64 = engine.query("PRAGMA foreign_keys").scalar_one().await.unwrap();
                assert_eq!(read, keys, "{word}");
            }
        }
    });
}

#[test]
fn max_connections_bounds_those_that_read_and_zero_counts_as_one() {
    run(async {
        let tanks = [Tank::new(), Tank::new()];
        let tank = Tank::new();
        let [by_builder, by_url] = twins("max_connections", &tanks);
        let zero = tank.builder().max_connections(0);
        for (builder, most) in [(by_builder, 3), (by_url, 3), (zero, 1)] {
            let clock = Clock::manual();
            let engine = builder.clock(clock.clone()).open().await.unwrap();
            let mut held = Vec::new();
            for _ in 0..most {
                held.push(engine.connect().await.unwrap());
            }

            let mut one_more = Box::pin(engine.connect());

            assert!(futures::poll!(&mut one_more).is_pending());
            assert_eq!((engine.status().connections, engine.status().waiting), (most, 1));
            clock.advance(Duration::from_secs(30));
            assert_eq!(one_more.await.unwrap_err().kind(), ErrorKind::PoolTimeout);
        }
    });
}

#[test]
fn acquire_timeout_bounds_the_wait_for_a_connection() {
    run(async {
        let tanks = [Tank::new(), Tank::new()];
        for builder in twins("acquire_timeout", &tanks) {
            let clock = Clock::manual();
            let engine = builder.max_connections(1).clock(clock.clone()).open().await.unwrap();
            let _held = engine.connect().await.unwrap();
            let mut waits = Box::pin(engine.connect());
            assert!(futures::poll!(&mut waits).is_pending());

            clock.advance(Duration::from_millis(249));
            assert!(futures::poll!(&mut waits).is_pending());
            clock.advance(Duration::from_millis(1));

            let error = waits.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PoolTimeout);
            assert!(error.to_string().contains("250ms"), "{error}");
        }
    });
}

/// The sizes of the batches in which a hundred numbers arrive.
async fn batch_sizes(engine: &AsyncEngine) -> Vec<usize> {
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        SELECT i, hex(zeroblob(100)) FROM n";
    let batches = engine.query(numbers).await.unwrap().batches();
    batches.map_ok(|batch| batch.len()).try_collect().await.unwrap()
}

#[test]
fn batch_rows_bounds_a_batch() {
    run(async {
        let tanks = [Tank::new(), Tank::new()];
        for builder in twins("batch_rows", &tanks) {
            let engine = builder.open().await.unwrap();

            let sizes = batch_sizes(&engine).await;

            assert_eq!(sizes.iter().sum::<usize>(), 1_000);
            assert!(sizes.iter().all(|size| (1..=7).contains(size)), "{sizes:?}");
        }
    });
}

#[test]
fn batch_bytes_bounds_a_batch() {
    run(async {
        let tanks = [Tank::new(), Tank::new()];
        for builder in twins("batch_bytes", &tanks) {
            let engine = builder.open().await.unwrap();

            let sizes = batch_sizes(&engine).await;

            // Each row has more than 200 bytes.
            assert_eq!(sizes.iter().sum::<usize>(), 1_000);
            assert!(sizes.iter().all(|size| (1..=4_096 / 200 + 1).contains(size)), "{sizes:?}");
        }
    });
}

#[test]
fn batches_bounds_how_many_wait() {
    run(async {
        let tanks = [Tank::new(), Tank::new()];
        for builder in twins("batches", &tanks) {
            let seen = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&seen);
            let hook = move |c: &mut rusqlite::Connection| {
                let count = Arc::clone(&count);
                let flags = rusqlite::functions::FunctionFlags::SQLITE_UTF8;
                c.create_scalar_function("seen", 1, flags, move |of| {
                    count.fetch_add(1, Ordering::SeqCst);
                    of.get::<i64>(0)
                })
            };
            let engine = builder.batch_rows(10).on_connect(hook).open().await.unwrap();
            let numbers =
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
                SELECT seen(i) FROM n";

            let result = engine.query(numbers).await.unwrap();

            // The first batch is one row, then eight, then ten each; one batch waits and one is at hand.
            eventually("the first row is computed", || seen.load(Ordering::SeqCst) >= 1);
            // A lookup is answered in the turns that the scan leaves, so by then it has parked.
            for _ in 0..3 {
                engine.query("SELECT 1").scalar_one::<i64>().await.unwrap();
            }
            assert!(seen.load(Ordering::SeqCst) <= 30);
            assert_eq!(result.all().await.unwrap().len(), 1_000);
        }
    });
}

#[test]
fn spill_limit_bounds_what_is_read_aside() {
    run(async {
        let tanks = [Tank::new(), Tank::new()];
        for builder in twins("spill_limit", &tanks) {
            let engine = builder.open().await.unwrap();
            let connection = engine.connect().await.unwrap();
            connection.execute("CREATE TABLE b(a)").await.unwrap();
            connection
                .execute(
                    sql("INSERT INTO b SELECT zeroblob(100000) FROM json_each(?)")
                        .bind("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"),
                )
                .await
                .unwrap();
            let result =
                connection.query(sql("SELECT a FROM b").batch_rows(1).stable()).await.unwrap();

            connection.execute("DELETE FROM b").await.unwrap();

            let error = result.all().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TooLarge);
            assert!(error.to_string().contains("`spill_limit`"), "{error}");
        }
    });
}

#[test]
fn a_busy_timeout_beyond_what_sqlite_counts_is_taken_as_the_longest() {
    run(async {
        let tank = Tank::new();

        let engine = tank.builder().busy_timeout(std::time::Duration::MAX).open().await.unwrap();

        assert_eq!(engine.query("SELECT 1").scalar_one::<i64>().await.unwrap(), 1);
    });
}
