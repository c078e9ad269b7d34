//! Real databases looked at, where there are any.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use headwater::{
    AsyncEngine, inspect,
    inspection::{DatabaseInfo, IndexOrigin},
    sql,
};

use crate::support::{Tank, run};

/// The text of a file of the data, if there is one.
fn script(path: &str) -> Option<String> {
    let folder = PathBuf::from(std::env::var_os("HEADWATER_DATA")?);
    let bytes = std::fs::read(folder.join(path)).unwrap();
    let mut text = String::new();
    match path.ends_with(".gz") {
        true => flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap(),
        false => bytes.as_slice().read_to_string(&mut text).unwrap(),
    };
    Some(text)
}

/// What a database made by a script has; none where there is no data.
async fn known(tank: &Tank, path: &str) -> Option<(AsyncEngine, DatabaseInfo)> {
    let script = script(path)?;
    let engine = tank.engine().await;
    engine.execute_batch(sql(script)).await.unwrap();
    let database = inspect(&engine).await.unwrap();
    check(tank, &database);
    Some((engine, database))
}

/// Compares with what plain SQLite says, one PRAGMA at a time.
fn check(tank: &Tank, database: &DatabaseInfo) {
    let plain = tank.plain();
    let count = |text: &str| {
        let count: i64 = plain.query_row(text, [], |row| row.get(0)).unwrap();
        usize::try_from(count).unwrap()
    };
    let of = |kind: &str| {
        count(&format!(
            "SELECT count(*) FROM sqlite_schema WHERE type = '{kind}' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        ))
    };
    assert_eq!(database.tables.len(), of("table"));
    assert_eq!(database.views.len(), of("view"));
    assert_eq!(database.triggers.len(), of("trigger"));
    let made = database.tables.iter().flat_map(|table| &table.indexes);
    assert_eq!(made.filter(|index| index.origin == IndexOrigin::Created).count(), of("index"));
    for table in &database.tables {
        let name = table.name.replace('\'', "''");
        let columns: BTreeMap<String, (String, bool, Option<String>)> = plain
            .prepare(&format!(
                "SELECT name, type, \"notnull\", dflt_value FROM pragma_table_xinfo('{name}')"
            ))
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?))))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(columns.len(), table.columns.len());
        for column in &table.columns {
            let (declared, not_null, default) = &columns[&column.name];
            assert_eq!((declared, default), (&column.declared_type, &column.default));
            assert!(!not_null || !column.nullable);
        }
        let keys =
            count(&format!("SELECT count(DISTINCT id) FROM pragma_foreign_key_list('{name}')"));
        assert_eq!(table.foreign_keys.len(), keys, "{name}");
        for key in &table.foreign_keys {
            assert_eq!(key.columns.len(), key.target_columns.len());
            let target = database.table(&key.target).unwrap();
            assert!(key.target_columns.iter().all(|column| target.column(column).is_some()));
        }
    }
}

#[test]
fn chinook_is_told_as_it_is() {
    run(async {
        let Some((_, database)) = known(&Tank::new(), "chinook/chinook_sqlite.sql.gz").await else {
            return;
        };

        assert_eq!((database.tables.len(), database.views.len()), (11, 0));
        let track = database.table("track").unwrap();
        assert_eq!((track.columns.len(), track.foreign_keys.len(), track.indexes.len()), (9, 3, 3));
        assert_eq!(track.row_id().unwrap().name, "TrackId");
        let link = database.table("PlaylistTrack").unwrap();
        assert_eq!(link.primary_key, ["PlaylistId", "TrackId"]);
        let employee = &database.table("Employee").unwrap().foreign_keys[0];
        assert_eq!(
            (employee.target.as_str(), employee.columns[0].as_str()),
            ("Employee", "ReportsTo")
        );
    });
}

#[test]
fn northwind_is_told_with_its_views_and_names_of_several_words() {
    run(async {
        let path = "northwind/northwind_sqlite.sql.gz";
        let Some((_, database)) = known(&Tank::new(), path).await else {
            return;
        };

        assert_eq!((database.tables.len(), database.views.len()), (13, 16));
        let details = database.table("Order Details").unwrap();
        assert_eq!(details.primary_key.len(), 2);
        assert_eq!(details.checks.len(), 3, "{:?}", details.checks);
        assert!(database.views.iter().all(|view| !view.columns.is_empty()));
    });
}

#[test]
fn sakila_is_told_with_its_triggers() {
    run(async {
        let Some((_, database)) = known(&Tank::new(), "sakila/sakila_sqlite.sql.gz").await else {
            return;
        };

        assert_eq!((database.tables.len(), database.views.len()), (16, 5));
        assert!(
            database
                .triggers
                .iter()
                .any(|one| one.name == "film_trigger_ai" && one.table == "film")
        );
        assert_eq!(
            database.table("rental").unwrap().index("idx_rental_uq").unwrap().parts.len(),
            3
        );
    });
}

#[test]
fn plain_tables_are_told_as_they_are() {
    run(async {
        for (path, tables) in [
            ("nycflights13/schema.sql", 5),
            ("babynames/schema.sql", 1),
            ("geonames/schema.sql", 3),
        ] {
            let Some((_, database)) = known(&Tank::new(), path).await else {
                return;
            };

            assert_eq!(database.tables.len(), tables, "{path}");
        }
    });
}
