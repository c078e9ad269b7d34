//! Databases looked at, whatever is in them.

use headwater::{
    AsyncEngine, SqlType,
    entity::Action,
    inspect,
    inspection::{Affinity, DatabaseInfo, IndexOrigin, TableKind},
    sql,
};

use crate::support::{Tank, run};

/// What a database has after a script.
async fn after(script: &str) -> DatabaseInfo {
    let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
    engine.execute_batch(sql(script.to_owned())).await.unwrap();
    inspect(&engine).await.unwrap()
}

#[test]
fn an_empty_database_has_nothing() {
    run(async {
        assert_eq!(after("").await, DatabaseInfo::default());
    });
}

#[test]
fn columns_are_told_with_type_default_key_and_what_computes_them() {
    run(async {
        let database = after(
            "CREATE TABLE t(
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                name VARCHAR(80) NOT NULL DEFAULT 'it''s' COLLATE NOCASE,
                born DATE, paid DECIMAL(10, 2), is_new BOOLEAN, anything,
                twice AS (id * 2), length INT GENERATED ALWAYS AS (length(name)) STORED,
                CHECK (length > 0), CHECK (paid >= 0))",
        )
        .await;

        let table = database.table("T").unwrap();
        let column = |name| table.column(name).unwrap();
        assert_eq!(
            (table.columns.len(), table.primary_key.as_slice()),
            (8, &["id".to_owned()][..])
        );
        assert!(table.autoincrement && !column("id").nullable);
        assert_eq!(column("id").primary_key, Some(0));
        assert_eq!(table.row_id(), Some(column("ID")));
        let name = column("name");
        assert_eq!((name.declared_type.as_str(), name.affinity), ("VARCHAR(80)", Affinity::Text));
        assert_eq!((name.default.as_deref(), name.nullable), (Some("'it''s'"), false));
        assert_eq!(name.collation.as_deref(), Some("NOCASE"));
        let guesses = ["born", "paid", "is_new", "anything"].map(|name| column(name).sql_type);
        assert_eq!(guesses, [SqlType::Text, SqlType::Any, SqlType::Integer, SqlType::Any]);
        assert_eq!(column("twice").computed.as_deref(), Some("id * 2"));
        let length = column("length");
        assert_eq!((length.computed.as_deref(), length.stored), (Some("length(name)"), true));
        assert!(!column("twice").stored);
        assert_eq!(table.checks, ["length > 0", "paid >= 0"]);
    });
}

#[test]
fn a_key_may_be_null_where_sqlite_lets_it() {
    run(async {
        let database = after(
            "CREATE TABLE texts(k TEXT PRIMARY KEY);
             CREATE TABLE ints(k INT PRIMARY KEY);
             CREATE TABLE falling(k INTEGER PRIMARY KEY DESC);
             CREATE TABLE flat(a, k, PRIMARY KEY (k, a)) WITHOUT ROWID;
             CREATE TABLE strict(k TEXT PRIMARY KEY) STRICT;",
        )
        .await;

        let nullable = |table| database.table(table).unwrap().column("k").unwrap().nullable;
        assert!(nullable("texts") && nullable("ints") && nullable("falling"));
        assert!(!nullable("flat") && !nullable("strict"));
        let no_row_id = |table: &str| database.table(table).unwrap().row_id().is_none();
        assert!(
            no_row_id("texts") && no_row_id("ints") && no_row_id("falling") && no_row_id("flat")
        );
        let flat = database.table("flat").unwrap();
        assert!(flat.without_rowid && database.table("strict").unwrap().strict);
        assert_eq!(flat.primary_key, ["k", "a"]);
    });
}

#[test]
fn indexes_are_told_with_their_parts_condition_and_origin() {
    run(async {
        let database = after(
            "CREATE TABLE t(a PRIMARY KEY, b UNIQUE, \"c d\");
             CREATE INDEX plain ON t(\"c d\" DESC, b COLLATE NOCASE);
             CREATE UNIQUE INDEX odd ON t(lower(b || ','), a) WHERE a > 1 AND b <> ')';",
        )
        .await;

        let table = database.table("t").unwrap();
        let origins: Vec<_> = table.indexes.iter().map(|index| index.origin).collect();
        assert_eq!(
            origins,
            [
                IndexOrigin::PrimaryKey,
                IndexOrigin::Unique,
                IndexOrigin::Created,
                IndexOrigin::Created
            ]
        );
        let plain = table.index("PLAIN").unwrap();
        assert_eq!(plain.columns().unwrap(), ["c d", "b"]);
        assert_eq!(
            (plain.parts[0].descending, plain.parts[1].collation.as_str()),
            (true, "NOCASE")
        );
        assert!(!plain.unique && plain.condition.is_none());
        let odd = table.index("odd").unwrap();
        assert_eq!(odd.parts[0].expression.as_deref(), Some("lower(b || ',')"));
        assert_eq!((odd.parts[1].column.as_deref(), odd.columns()), (Some("a"), None));
        assert_eq!(odd.condition.as_deref(), Some("a > 1 AND b <> ')'"));
        assert!(odd.unique && odd.sql.as_deref().unwrap().starts_with("CREATE UNIQUE INDEX odd"));
    });
}

#[test]
fn foreign_keys_are_told_in_the_order_in_which_they_are_written() {
    run(async {
        let database = after(
            "CREATE TABLE p(x, y, PRIMARY KEY (y, x));
             CREATE TABLE c(
                a REFERENCES P ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
                b REFERENCES missing,
                c, d, FOREIGN KEY (c, d) REFERENCES p ON UPDATE CASCADE,
                FOREIGN KEY (d, c) REFERENCES p(x, y) DEFERRABLE INITIALLY DEFERRED)",
        )
        .await;

        let keys = &database.table("c").unwrap().foreign_keys;
        let columns: Vec<_> = keys.iter().map(|key| key.columns.join(",")).collect();
        let targets: Vec<_> = keys.iter().map(|key| key.target_columns.join(",")).collect();
        assert_eq!(columns, ["a", "b", "c,d", "d,c"]);
        assert_eq!(targets, ["y,x", "", "y,x", "x,y"]);
        let deferred: Vec<_> = keys.iter().map(|key| key.deferred).collect();
        assert_eq!(deferred, [true, false, false, true]);
        assert_eq!((keys[0].on_delete, keys[2].on_update), (Action::SetNull, Action::Cascade));
        assert_eq!((keys[1].target.as_str(), keys[1].on_delete), ("missing", Action::NoAction));
    });
}

#[test]
fn any_name_is_a_name() {
    run(async {
        let names = [
            "a\"b",
            "sel'ect",
            "select",
            " two  words ",
            "naïve 表",
            "a]b",
            "--",
            "a;b",
            "%",
            "?1",
        ];
        let mut script = String::new();
        for name in names {
            let name = name.replace('"', "\"\"");
            let other = format!("{name} 2");
            script.push_str(&format!(
                "CREATE TABLE \"{name}\"(\"{name}\" PRIMARY KEY, \"{other}\" REFERENCES \"{name}\"(\"{name}\"));
                 CREATE INDEX \"ix {name}\" ON \"{name}\"(\"{other}\");
                 CREATE VIEW \"v {name}\" AS SELECT * FROM \"{name}\";
                 CREATE TRIGGER \"tr {name}\" AFTER INSERT ON \"{name}\" BEGIN SELECT 1; END;"
            ));
        }

        let database = after(&script).await;

        assert_eq!(database.tables.len(), names.len());
        for (table, name) in database.tables.iter().zip(names) {
            let other = format!("{name} 2");
            assert_eq!((table.name.as_str(), table.primary_key[0].as_str()), (name, name));
            assert_eq!(table.columns[1].name, other);
            let indexed = table.index(&format!("ix {name}")).unwrap().columns().unwrap();
            assert_eq!(indexed.join("|"), other);
            assert_eq!(table.foreign_keys[0].columns, [other]);
            assert_eq!(
                (table.foreign_keys[0].target.as_str(), table.foreign_keys.len()),
                (name, 1)
            );
            assert_eq!(database.view(&format!("v {name}")).unwrap().columns.len(), 2);
            let trigger = database.triggers.iter().find(|one| one.name == format!("tr {name}"));
            assert_eq!(trigger.unwrap().table, name);
        }
    });
}

#[test]
fn views_that_cannot_be_read_are_listed_without_columns() {
    run(async {
        let database = after(
            "CREATE TABLE t(a); CREATE VIEW good AS SELECT a, 1 AS b FROM t;
             CREATE VIEW lost AS SELECT * FROM missing; CREATE VIEW round AS SELECT * FROM round;
             CREATE VIEW wrong AS SELECT nowhere FROM t;",
        )
        .await;

        let counts: Vec<_> =
            database.views.iter().map(|view| (view.name.as_str(), view.columns.len())).collect();
        assert_eq!(counts, [("good", 2), ("lost", 0), ("round", 0), ("wrong", 0)]);
        assert_eq!(database.view("lost").unwrap().sql, "CREATE VIEW lost AS SELECT * FROM missing");
    });
}

#[test]
fn virtual_tables_are_told_from_those_that_keep_their_rows() {
    run(async {
        let database = after("CREATE VIRTUAL TABLE notes USING fts5(title, body)").await;

        let notes = database.table("notes").unwrap();
        assert_eq!(notes.kind, TableKind::Virtual);
        let shown: Vec<_> = notes.columns.iter().filter(|column| !column.hidden).collect();
        assert_eq!(shown.len(), 2);
        assert_eq!(database.table("notes_data").unwrap().kind, TableKind::Shadow);
    });
}

#[test]
fn a_virtual_table_without_its_module_is_listed_without_columns() {
    run(async {
        let tank = Tank::new();
        let plain = tank.plain();
        let insert = "PRAGMA writable_schema = ON; CREATE TABLE t(a);
            INSERT INTO sqlite_schema VALUES
                ('table', 'odd', 'odd', 0, 'CREATE VIRTUAL TABLE odd USING no_such_module(a)');";
        plain.execute_batch(insert).unwrap();
        drop(plain);

        let database = inspect(&tank.engine().await).await.unwrap();

        let odd = database.table("odd").unwrap();
        assert_eq!((odd.kind, odd.columns.len()), (TableKind::Virtual, 0));
        assert_eq!(database.table("t").unwrap().columns.len(), 1);
    });
}

#[test]
fn what_is_temporary_is_left_out_and_hides_nothing() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        let connection = engine.connect().await.unwrap();
        let script = "CREATE TABLE t(a, b); CREATE TEMP TABLE t(x); CREATE TEMP TABLE u(y);";
        connection.execute_batch(script).await.unwrap();

        let database = inspect(&connection).await.unwrap();

        assert_eq!(database.tables.len(), 1);
        assert_eq!(database.table("t").unwrap().columns.len(), 2);
    });
}

#[test]
fn a_transaction_sees_what_it_made_and_a_snapshot_its_own_state() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine.execute("CREATE TABLE t(a)").await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();
        let tx = engine.begin().await.unwrap();
        tx.execute("ALTER TABLE t ADD COLUMN b").await.unwrap();

        let columns = |database: DatabaseInfo| database.table("t").unwrap().columns.len();

        assert_eq!(columns(inspect(&tx).await.unwrap()), 2);
        assert_eq!(columns(inspect(&engine).await.unwrap()), 1);
        tx.commit().await.unwrap();
        assert_eq!(columns(inspect(&snapshot).await.unwrap()), 1);
        assert_eq!(columns(inspect(&engine).await.unwrap()), 2);
    });
}

#[test]
fn tables_of_many_texts_are_told_as_sqlite_has_them() {
    run(async {
        // White space, remarks and words wherever SQLite takes them.
        let database = after(
            "CREATE /* a */ TABLE -- (
             \"t\" ( -- first
               a INTEGER -- , CHECK (0)
                 CONSTRAINT \"positive, really\" CHECK (a > 0), /* ) */
               'b' TEXT DEFAULT (')' || '('),
               CONSTRAINT pk PRIMARY KEY (a, b)
               CHECK (b <> 'CHECK (1)') UNIQUE (b)
             )",
        )
        .await;

        let table = database.table("t").unwrap();
        assert_eq!(table.checks, ["a > 0", "b <> 'CHECK (1)'"]);
        assert_eq!(table.column("b").unwrap().default.as_deref(), Some("')' || '('"));
        assert_eq!(table.indexes.len(), 2);
    });
}
