//! Any values, written and read back in any batches, by every path.

use futures::TryStreamExt;
use headwater::{AsyncEngine, Row, Stall, Value, sql};
use proptest::prelude::*;

use super::{any_columns, any_value, exact, list, plainly};
use crate::support::{Tank, holds_for_any, watched};

/// How the rows get into the table.
#[derive(Clone, Copy, Debug)]
enum Path {
    OneByOne,
    Many,
    ManyInTransaction,
    Stream,
    Returning,
}

/// How large what is handed over may be.
#[derive(Clone, Debug)]
struct Bounds {
    batch_rows: usize,
    batch_bytes: usize,
    batches: usize,
    spill_memory: usize,
    own_batch_rows: usize,
}

#[derive(Clone, Debug)]
struct Case {
    types: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
    /// How often the rows are in the table.
    times: usize,
    path: Path,
    bounds: Bounds,
}

fn any_case() -> impl Strategy<Value = Case> {
    let bounds = (
        prop_oneof![1..=8_usize, 1..=5_000_usize],
        prop_oneof![1..=2_000_usize, 1..=300_000_usize],
        1..=6_usize,
        0..20_000_usize,
        1..=5_000_usize,
    );
    let bounds =
        bounds.prop_map(|(batch_rows, batch_bytes, batches, spill_memory, own_batch_rows)| {
            Bounds { batch_rows, batch_bytes, batches, spill_memory, own_batch_rows }
        });
    let path = prop_oneof![
        Just(Path::OneByOne),
        Just(Path::Many),
        Just(Path::ManyInTransaction),
        Just(Path::Stream),
        Just(Path::Returning),
    ];
    let table = (1..=5_usize).prop_flat_map(|width| {
        let row = prop::collection::vec(any_value(), width);
        (any_columns(width), prop::collection::vec(row, 0..12))
    });
    (table, prop_oneof![1..4_usize, 1..60_usize], path, bounds)
        .prop_map(|((types, rows), times, path, bounds)| Case { types, rows, times, path, bounds })
}

impl Case {
    fn all_rows(&self) -> impl Iterator<Item = Vec<Value>> + Send + 'static {
        let (rows, times) = (self.rows.clone(), self.times);
        (0..times).flat_map(move |_| rows.clone())
    }

    /// What the driver itself reads of what it wrote itself.
    fn plainly(&self, tank: &Tank) -> Vec<Vec<super::Exact>> {
        let mut plain = tank.plain();
        let width = self.types.len();
        plain.pragma_update(None, "synchronous", false).unwrap();
        for table in ["t", "plain"] {
            let columns = list(width, |at| format!("c{at} {}", self.types[at]));
            plain.execute_batch(&format!("CREATE TABLE {table}({columns})")).unwrap();
        }
        let insert = format!("INSERT INTO plain VALUES ({})", list(width, |_| "?".to_owned()));
        let written = plain.transaction().unwrap();
        for row in self.all_rows() {
            let row = row.iter().map(super::to_sql);
            written.execute(&insert, rusqlite::params_from_iter(row)).unwrap();
        }
        written.commit().unwrap();
        plainly(&plain, "SELECT * FROM plain ORDER BY rowid", &[]).unwrap()
    }

    async fn engine(&self, tank: &Tank) -> AsyncEngine {
        let Bounds { batch_rows, batch_bytes, batches, spill_memory, .. } = self.bounds;
        let builder = tank.builder().batch_rows(batch_rows).batch_bytes(batch_bytes);
        builder.batches(batches).spill_memory(spill_memory).open().await.unwrap()
    }

    /// Writes the rows; what comes back of them, on the path on which they do.
    async fn write(&self, engine: &AsyncEngine) -> Option<Vec<Row>> {
        let width = self.types.len();
        let insert = format!("INSERT INTO t VALUES ({})", list(width, |_| "?".to_owned()));
        match self.path {
            Path::OneByOne => {
                for row in self.all_rows() {
                    let statement = row.into_iter().fold(sql(insert.clone()), |s, v| s.bind(v));
                    engine.execute(statement).await.unwrap();
                }
            }
            Path::Many => {
                engine.execute_many(sql(insert), self.all_rows()).await.unwrap();
            }
            Path::ManyInTransaction => {
                let tx = engine.begin().await.unwrap();
                tx.execute_many(sql(insert), self.all_rows()).await.unwrap();
                tx.commit().await.unwrap();
            }
            Path::Stream => {
                let names = (0..width).map(|at| format!("c{at}")).collect::<Vec<_>>();
                let rows = futures::stream::iter(self.all_rows());
                engine.insert_stream("t", names, rows).await.unwrap();
            }
            Path::Returning => {
                engine.execute_many(sql(insert), self.all_rows()).await.unwrap();
                let text = "UPDATE t SET c0 = c0 RETURNING *";
                return Some(engine.query(text).all().await.unwrap());
            }
        }
        None
    }

    async fn check(&self) {
        let tank = Tank::new();
        let expected = self.plainly(&tank);
        let engine = self.engine(&tank).await;

        let returned = self.write(&engine).await;
        let text = "SELECT * FROM t ORDER BY rowid";
        let own_size = || sql(text).batch_rows(self.bounds.own_batch_rows);
        let streamed: Vec<Row> = engine.query(text).await.unwrap().try_collect().await.unwrap();
        let batches = engine.query(own_size()).await.unwrap().batches();
        let batches: Vec<Vec<Row>> = batches.try_collect().await.unwrap();
        let mut some = engine.query(own_size()).await.unwrap();
        let mut fetched = Vec::new();
        loop {
            let rows = some.fetch_many(self.bounds.batches).await.unwrap();
            if rows.is_empty() {
                break;
            }
            fetched.extend(rows);
        }
        let spilled = engine.query(own_size().stall(Stall::Spill(1 << 30))).await.unwrap();
        let spilled: Vec<Row> = spilled.try_collect().await.unwrap();
        let values: Vec<(Value,)> =
            engine.query("SELECT c0 FROM t ORDER BY rowid").scalars().all().await.unwrap();
        let detached: Vec<Row> = streamed.iter().map(Row::detach).collect();

        assert_eq!(plainly(&tank.plain(), text, &[]).unwrap(), expected, "written");
        assert_eq!(exact(&streamed), expected, "streamed");
        assert_eq!(exact(&batches.concat()), expected, "in batches");
        assert_eq!(exact(&fetched), expected, "fetched");
        assert_eq!(exact(&spilled), expected, "put aside");
        assert_eq!(exact(&engine.query(text).all().await.unwrap()), expected, "together");
        assert_eq!(exact(&detached), expected, "detached");
        for ((value,), row) in values.iter().zip(&expected) {
            assert_eq!(super::Exact::from(value.as_ref()), row[0], "as a value");
        }
        assert_eq!(values.len(), expected.len());
        if let Some(returned) = returned {
            assert_eq!(exact(&returned), expected, "returned");
        }
    }
}

#[test]
fn any_values_in_any_batches_are_what_the_driver_itself_writes_and_reads() {
    watched(|| {
        holds_for_any(40, &any_case(), |case| futures::executor::block_on(case.check()));
    });
}

#[test]
fn any_value_that_is_only_bound_comes_back_as_from_the_driver_itself() {
    watched(|| {
        let plain = rusqlite::Connection::open_in_memory().unwrap();
        let engine = futures::executor::block_on(AsyncEngine::open("sqlite::memory:")).unwrap();
        let text = "SELECT ?1, ?1 || '', typeof(?1), CAST(?1 AS BLOB), quote(?1)";

        holds_for_any(256, &any_value(), |value| {
            let expected = plainly(&plain, text, std::slice::from_ref(&value)).unwrap();
            let read = futures::executor::block_on(engine.query(sql(text).bind(value)).all());
            assert_eq!(exact(&read.unwrap()), expected);
        });
    });
}
