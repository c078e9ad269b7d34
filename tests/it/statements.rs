//! Statements: how values are bound, per-statement options, and what a text may do where.

mod binding;
mod described;
mod fragments;
mod hygiene;
mod lists;
mod macros;
mod names;
mod options;
mod places;
mod prepared;
mod refused;
mod schema;

use headwater::{AsyncEngine, Error};

use crate::support::Tank;

/// Runs a statement in each way that an engine has, and gives the errors.
async fn refusals(engine: &AsyncEngine, statement: headwater::Statement) -> Vec<Error> {
    vec![
        engine.execute(&statement).await.expect_err("execute"),
        engine.query(&statement).await.expect_err("a stream"),
        engine.query(&statement).all().await.expect_err("all"),
        engine.query(&statement).first().await.expect_err("first"),
        engine.query(&statement).scalars::<i64>().one().await.expect_err("one"),
        engine.query(&statement).scalar::<i64>().await.expect_err("scalar"),
    ]
}

/// Fails when the table of [`Tank::filled`] is not as it was.
async fn assert_untouched(engine: &AsyncEngine, rows: i64) {
    let (found, sum): (i64, i64) =
        engine.query("SELECT count(*), sum(length(name)) FROM t").scalars().one().await.unwrap();
    let expected: i64 = (1..=rows).map(|id| format!("name {id}").len() as i64).sum();
    assert_eq!((found, sum), (rows, expected));
}

async fn filled() -> (Tank, AsyncEngine) {
    let tank = Tank::new();
    let engine = tank.filled(3).await;
    (tank, engine)
}
