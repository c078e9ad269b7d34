//! The policy is an option of the engine, by its builder or its URL, and of a statement, which wins.

use headwater::{AsyncEngine, Clock, EngineBuilder, ErrorKind, Stall, Statement, sql};

use super::{ROWS, SECOND, settle, stalled};
use crate::support::{Tank, fill, run};

/// What a result does that nobody reads on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Parks,
    Spills,
    GivesUp,
}

async fn seen(builder: EngineBuilder, statement: Statement) -> Seen {
    let clock = Clock::manual();
    let engine = builder.clock(clock.clone()).open().await.unwrap();
    fill(&engine, ROWS).await;
    let connection = engine.connect().await.unwrap();
    let ids = stalled(&connection, statement.batch_rows(100)).await;
    if engine.status().open_results == 0 {
        assert_eq!(ids.all().await.unwrap().len(), 2_999);
        return Seen::Spills;
    }
    clock.advance(30 * SECOND);
    settle(&connection).await;
    if engine.status().open_results == 0 {
        assert_eq!(ids.all().await.unwrap_err().kind(), ErrorKind::Timeout);
        return Seen::GivesUp;
    }
    assert_eq!(ids.all().await.unwrap().len(), 2_999);
    Seen::Parks
}

fn read() -> Statement {
    sql("SELECT id FROM t ORDER BY id")
}

const POLICIES: [(Stall, &str, Seen); 3] = [
    (Stall::Park, "park", Seen::Parks),
    (Stall::Spill(1 << 20), "spill:1MiB", Seen::Spills),
    (Stall::AbortAfter(SECOND.saturating_mul(30)), "abort:30s", Seen::GivesUp),
];

#[test]
fn without_a_word_a_result_parks() {
    run(async {
        assert_eq!(seen(Tank::new().builder(), read()).await, Seen::Parks);
    });
}

#[test]
fn the_builder_sets_the_policy_of_an_engine() {
    run(async {
        for (stall, _, expected) in POLICIES {
            let tank = Tank::new();

            assert_eq!(seen(tank.builder().stall(stall), read()).await, expected, "{stall:?}");
        }
    });
}

#[test]
fn the_url_sets_the_policy_of_an_engine() {
    run(async {
        for (_, value, expected) in POLICIES {
            let tank = Tank::new();
            let builder = AsyncEngine::builder(format!("{}?stall={value}", tank.url()));

            assert_eq!(seen(builder, read()).await, expected, "{value}");
        }
    });
}

#[test]
fn a_statement_wants_otherwise_than_its_engine_and_gets_it() {
    run(async {
        for (of_engine, ..) in POLICIES {
            for (stall, _, expected) in POLICIES {
                let tank = Tank::new();
                let builder = tank.builder().stall(of_engine);

                let seen = seen(builder, read().stall(stall)).await;

                assert_eq!(seen, expected, "{stall:?} on an engine with {of_engine:?}");
            }
        }
    });
}

#[test]
fn a_url_that_names_no_policy_says_what_there_is() {
    run(async {
        for value in ["wait", "spill", "spill:much", "abort:never", "park:1s"] {
            let url = format!("sqlite::memory:?stall={value}");

            let error = AsyncEngine::open(url).await.unwrap_err();

            assert_eq!(error.kind(), ErrorKind::BadUrl);
            for known in ["`park`", "`spill:64MiB`", "`abort:30s`"] {
                assert!(error.to_string().contains(known), "{error}");
            }
        }
    });
}
