//! Values: what each Rust type is stored as, what it is read from, and what is refused.

#[cfg(all(feature = "chrono", feature = "jiff", feature = "time"))]
mod dates;
#[cfg(all(feature = "chrono", feature = "jiff", feature = "time"))]
mod dates_refused;
#[cfg(all(feature = "chrono", feature = "jiff", feature = "time"))]
mod dates_shared;
#[cfg(feature = "decimal")]
mod decimal;
#[cfg(feature = "json")]
mod json;
mod numbers;
mod standard;
#[cfg(feature = "uuid")]
mod uuid;

use headwater::{AsyncEngine, ErrorKind, FromRow, FromValue, ToValue, Value, sql};

async fn memory() -> AsyncEngine {
    AsyncEngine::open("sqlite::memory:").await.unwrap()
}

/// An engine on a table `t(x)` whose column has a declared type, or none.
async fn column(declared: &str) -> AsyncEngine {
    let engine = memory().await;
    engine.execute(sql(format!("CREATE TABLE t(x {declared})"))).await.unwrap();
    engine
}

/// Stores a value in `t(x)`, in the place of what was there.
async fn store(engine: &AsyncEngine, value: impl ToValue) {
    engine.execute("DELETE FROM t").await.unwrap();
    engine.execute(sql("INSERT INTO t VALUES (?)").bind(value)).await.unwrap();
}

/// Reads what is in `t(x)`.
async fn stored<T: FromRow + Send + 'static>(engine: &AsyncEngine) -> T {
    engine.query("SELECT x FROM t").scalars().one().await.unwrap()
}

/// Reads the value of an expression.
async fn read<T: for<'r> FromValue<'r>>(engine: &AsyncEngine, text: &'static str) -> T {
    let row = engine.query(sql(format!("SELECT {text}"))).one().await.unwrap();
    row.get(0).unwrap()
}

/// Tells why an expression cannot be read.
async fn misfit<T: for<'r> FromValue<'r>>(engine: &AsyncEngine, text: &str) -> String {
    let row = engine.query(sql(format!("SELECT {text} AS x"))).one().await.unwrap();
    let Err(error) = row.get::<T>(0) else { panic!("{text} is read") };
    assert_eq!(error.kind(), ErrorKind::Decode);
    let told = error.to_string();
    told.strip_prefix("row 0, column 0 (`x`): ").unwrap().to_owned()
}

/// Tells why a value cannot be bound.
async fn refused(engine: &AsyncEngine, value: impl ToValue) -> String {
    let error = engine.query(sql("SELECT ?").bind(value)).one().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Bind);
    error.to_string()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
