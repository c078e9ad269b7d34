//! Any database of one schema brought to any other: nothing differs then, and the rows are there.

use headwater::{
    AsyncEngine, Migration, Migrations, Schema, Value,
    entity::{Action, EntityColumn, EntityIndex, EntityTable},
    inspect,
    inspection::Difference,
    schema, sql,
};
use proptest::prelude::*;

use super::made::{Made, column, computed, id, put, table, to, with_default};
use crate::support::{DEADLINE, holds_for_any, watched_for};

/// A column as it is drawn.
#[derive(Clone, Debug)]
struct Drawn {
    kind: usize,
    nullable: bool,
    default: usize,
}

/// The column that may refer to the first table.
#[derive(Clone, Debug)]
struct DrawnKey {
    nullable: bool,
    default: bool,
    key: Option<(Action, bool)>,
}

/// A table as it is drawn.
#[derive(Clone, Debug)]
struct DrawnTable {
    key: usize,
    columns: Vec<Option<Drawn>>,
    refers: Option<DrawnKey>,
    /// Not there, plain, computed by one expression or another.
    calculated: usize,
    indexes: Vec<(Vec<usize>, bool, bool)>,
    checks: Vec<usize>,
}

const NAMES: [&str; 4] = ["c0", "c \"1\"", "Select", "naïve"];

fn drawn_table() -> impl Strategy<Value = DrawnTable> {
    let one = (0..5_usize, any::<bool>(), 0..4_usize).prop_map(|(kind, nullable, default)| Drawn {
        kind,
        nullable,
        default,
    });
    let action = prop_oneof![Just(Action::NoAction), Just(Action::Cascade), Just(Action::Restrict)];
    let refers = (any::<bool>(), any::<bool>(), prop::option::of((action, any::<bool>())))
        .prop_map(|(nullable, default, key)| DrawnKey { nullable, default, key });
    (
        0..3_usize,
        prop::collection::vec(prop::option::of(one), NAMES.len()),
        prop::option::of(refers),
        0..4_usize,
        prop::collection::vec(
            (prop::sample::subsequence(vec![0, 1, 2, 3], 1..=2), any::<bool>(), any::<bool>()),
            0..3,
        ),
        prop::collection::vec(0..3_usize, 0..2),
    )
        .prop_map(|(key, columns, refers, calculated, indexes, checks)| DrawnTable {
            key,
            columns,
            refers,
            calculated,
            indexes,
            checks,
        })
}

fn typed(kind: usize, nullable: bool, name: &'static str) -> EntityColumn {
    match (kind, nullable) {
        (0, false) => column::<i64>(name),
        (0, true) => column::<Option<i64>>(name),
        (1, false) => column::<f64>(name),
        (1, true) => column::<Option<f64>>(name),
        (2, false) => column::<String>(name),
        (2, true) => column::<Option<String>>(name),
        (3, false) => column::<Vec<u8>>(name),
        (3, true) => column::<Option<Vec<u8>>>(name),
        (_, false) => column::<Value>(name),
        (_, true) => column::<Option<Value>>(name),
    }
}

fn drawn_column(drawn: &Drawn, name: &'static str) -> EntityColumn {
    const LITERALS: [&str; 5] = ["7", "-0.5", "'d'", "x'0d'", "'any'"];
    const EXPRESSIONS: [&str; 5] =
        ["3 + 4", "(0.25 + 0.25)", "'a' || 'b'", "zeroblob(2)", "abs(-1)"];
    let plain = typed(drawn.kind, drawn.nullable, name);
    match drawn.default {
        1 => with_default(plain, LITERALS[drawn.kind]),
        2 => with_default(plain, EXPRESSIONS[drawn.kind]),
        _ => plain,
    }
}

/// Makes the table at `N`, which can refer to the first.
fn made<const N: usize>(drawn: &DrawnTable, name: &'static str) -> EntityTable {
    let mut columns = match if N == 0 { 0 } else { drawn.key } {
        0 => vec![id()],
        1 => vec![column::<String>("id")],
        _ => vec![column::<i64>("id"), column::<i64>("part")],
    };
    let primary_key: Vec<usize> = (0..columns.len()).collect();
    for (drawn, name) in drawn.columns.iter().zip(NAMES) {
        columns.extend(drawn.as_ref().map(|drawn| drawn_column(drawn, name)));
    }
    if let Some(refers) = &drawn.refers {
        let plain = typed(0, refers.nullable, "refers");
        columns.push(if refers.default { with_default(plain, "1") } else { plain });
    }
    match drawn.calculated {
        1 => columns.push(column::<Option<i64>>("calculated")),
        2 => columns.push(computed(column::<Option<i64>>("calculated"), "id + 1")),
        3 => columns.push(computed(column::<Option<i64>>("calculated"), "id * 2")),
        _ => {}
    }
    let mut made = table::<N>(name, "Drawn", columns);
    made.primary_key = primary_key;
    for (names, unique, named) in &drawn.indexes {
        let positions: Option<Vec<usize>> =
            names.iter().map(|name| made.position(NAMES[*name])).collect();
        let Some(positions) = positions else { continue };
        // Rows that get a default have equal values.
        let unique = *unique && positions.iter().all(|at| made.columns[*at].default.is_none());
        let name: Option<&'static str> =
            named.then(|| &*format!("{name} {positions:?} {unique}").leak());
        let index = EntityIndex::on(positions, unique, name);
        if !made.indexes.iter().any(|other| other.columns == index.columns) {
            made.indexes.push(index);
        }
    }
    const CHECKS: [(usize, &str); 3] =
        [(0, "c0 IS NOT 99"), (1, "\"c \"\"1\"\"\" IS NOT ')'"), (2, "length(\"Select\") <> 77")];
    for check in &drawn.checks {
        let (of, text) = CHECKS[*check];
        if drawn.columns[of].is_some() && !made.checks.contains(&text) {
            made.checks.push(text);
        }
    }
    if let Some((action, deferred)) = drawn.refers.as_ref().and_then(|refers| refers.key) {
        let at = made.position("refers").unwrap();
        let mut key = to::<0>(&[at], &[0]);
        (key.on_delete, key.deferred) = (action, deferred);
        made.references.push(key);
    }
    made
}

fn schema_of(drawn: &[DrawnTable; 2]) -> Schema {
    put::<0>(made::<0>(&drawn[0], "first"));
    put::<1>(made::<1>(&drawn[1], "the \"second\""));
    schema().entity::<Made<1>>().entity::<Made<0>>()
}

/// Three rows for each table, whose values differ from row to row.
async fn fill(engine: &AsyncEngine, nulls: bool) {
    let database = inspect(engine).await.unwrap();
    for name in ["first", "the \"second\""] {
        let table = database.table(name).unwrap();
        let columns = table.columns.iter().filter(|column| column.computed.is_none());
        let columns: Vec<_> = columns.collect();
        let names: Vec<_> = columns.iter().map(|one| one.name.replace('"', "\"\"")).collect();
        for row in 1..=3 {
            let value =
                |column: &headwater::inspection::ColumnInfo| match column.declared_type.as_str() {
                    _ if column.nullable && nulls && row == 2 => "NULL".to_owned(),
                    _ if column.name == "id" || column.name == "refers" => row.to_string(),
                    "REAL" => format!("{row}.5"),
                    "TEXT" => format!("'v{row}'"),
                    "BLOB" => format!("x'0{row}'"),
                    _ => row.to_string(),
                };
            let values: Vec<_> = columns.iter().map(|column| value(column)).collect();
            let (names, values) = (names.join("\", \""), values.join(", "));
            let name = name.replace('"', "\"\"");
            let text = format!("INSERT INTO \"{name}\" (\"{names}\") VALUES ({values})");
            engine.execute(sql(text)).await.unwrap();
        }
    }
}

async fn values(engine: &AsyncEngine, table: &str, column: &str) -> Vec<String> {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let text = format!("SELECT quote({}) FROM {} ORDER BY rowid", quoted(column), quoted(table));
    engine.query(sql(text)).scalars().all().await.unwrap()
}

async fn evolve(
    before: [DrawnTable; 2],
    after: [DrawnTable; 2],
    rows: bool,
    nulls: bool,
    drops: bool,
) {
    let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
    schema_of(&before).create_all(&engine).await.unwrap();
    let others = "CREATE VIEW broken AS SELECT * FROM missing;
        CREATE VIEW seen AS SELECT id FROM \"the \"\"second\"\"\";
        CREATE TRIGGER told AFTER DELETE ON \"the \"\"second\"\"\" BEGIN SELECT 1; END;
        CREATE TABLE other(a)";
    engine.execute_batch(others).await.unwrap();
    if rows {
        fill(&engine, nulls).await;
    }
    let old = inspect(&engine).await.unwrap();
    let mut kept = Vec::new();
    let wanted = schema_of(&after);
    let diff = wanted.diff(&engine).await.unwrap();
    for table in old.tables.iter().filter(|table| table.name != "other") {
        for column in &table.columns {
            let changes = diff.iter().any(|difference| match difference {
                Difference::Type { table: of, column: name, .. }
                | Difference::Nullability { table: of, column: name, nullable: false, .. }
                | Difference::Computed { table: of, column: name, .. } => {
                    *of == table.name && *name == column.name
                }
                Difference::ExtraColumn { table: of, column: name, .. } => {
                    drops && *of == table.name && *name == column.name
                }
                _ => false,
            });
            if !changes && column.computed.is_none() {
                let values = values(&engine, &table.name, &column.name).await;
                kept.push((table.name.clone(), column.name.clone(), values));
            }
        }
    }

    let text = if drops { diff.sql_with_drops() } else { diff.sql() };
    if !text.is_empty() {
        let migration = Migration::new(1, "evolve", text.to_owned());
        if let Err(error) = engine.migrate(Migrations::new([migration])).await {
            panic!("{error:?}\n{diff}\n{text}");
        }
    }

    let left = wanted.diff(&engine).await.unwrap();
    if diff.blocked().count() == 0 {
        assert!(left.is_empty(), "{diff}\n--\n{text}\n--\n{left}");
        let extra = left.extras().count();
        assert!(!drops || extra == 0, "{diff}\n--\n{text}\n--\n{left}");
    }
    for (table, column, before) in kept {
        assert_eq!(values(&engine, &table, &column).await, before, "{table}.{column}\n{text}");
    }
    let new = inspect(&engine).await.unwrap();
    assert_eq!((new.views.len(), new.triggers.len()), (old.views.len(), old.triggers.len()));
    assert_eq!(new.tables.iter().any(|table| table.name == "other"), !drops);
}

/// A table that has some of what another one has.
fn between(before: &DrawnTable, after: DrawnTable, keeps: u16) -> DrawnTable {
    let keeps = |bit: u32| keeps & (1 << bit) != 0;
    let columns = before.columns.iter().zip(after.columns).zip(6..);
    let columns = columns.map(|((before, after), bit)| match keeps(bit) {
        true => before.clone(),
        false => after,
    });
    DrawnTable {
        key: if keeps(0) { before.key } else { after.key },
        columns: columns.collect(),
        refers: if keeps(1) { before.refers.clone() } else { after.refers },
        calculated: if keeps(2) { before.calculated } else { after.calculated },
        indexes: if keeps(3) { before.indexes.clone() } else { after.indexes },
        checks: if keeps(4) { before.checks.clone() } else { after.checks },
    }
}

/// Two schemas: the second is any, or differs from the first in little.
fn two() -> impl Strategy<Value = [[DrawnTable; 2]; 2]> {
    let one = || (drawn_table(), drawn_table());
    let keeps = prop_oneof![
        Just(0_u16),
        any::<u16>(),
        any::<u16>().prop_map(|bits| bits | bits.rotate_left(5))
    ];
    (one(), one(), keeps.clone(), keeps).prop_map(|(before, after, first, second)| {
        let after = [between(&before.0, after.0, first), between(&before.1, after.1, second)];
        [before.into(), after]
    })
}

#[test]
fn any_schema_is_brought_to_any_other_and_keeps_its_rows() {
    let all = (two(), any::<bool>(), any::<bool>(), any::<bool>());
    watched_for(DEADLINE * 2, move || {
        holds_for_any(120, &all, |([before, after], rows, nulls, drops)| {
            futures::executor::block_on(evolve(before, after, rows, nulls, drops));
        });
    });
}
