//! A table is made anew as sqlite.org says, with foreign keys off and checked before the commit.

use std::borrow::Cow;

use headwater::{AsyncEngine, EngineBuilder, Migration, Migrations};

use super::{cause, count, one, refused};
use crate::support::{Tank, run};

const SCHEMA: &str = "
    CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
    CREATE INDEX users_name ON users(name);
    CREATE TABLE orders(id INTEGER PRIMARY KEY, user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE);
    CREATE TRIGGER users_trim AFTER INSERT ON users BEGIN
        UPDATE users SET name = trim(name) WHERE id = new.id;
    END;
    CREATE VIEW buyers AS SELECT name FROM users WHERE id IN (SELECT user FROM orders);
    INSERT INTO users VALUES (1, 'Ada'), (2, 'Alan');
    INSERT INTO orders VALUES (10, 1), (11, 1), (12, 2);";

/// The twelve steps for a change that ALTER TABLE does not know: a NOT NULL and a CHECK.
const REBUILD: &str = "-- headwater: foreign_keys = off
    DROP VIEW buyers;
    CREATE TABLE new_users(id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''));
    INSERT INTO new_users SELECT id, name FROM users;
    DROP TABLE users;
    ALTER TABLE new_users RENAME TO users;
    CREATE INDEX users_name ON users(name);
    CREATE TRIGGER users_trim AFTER INSERT ON users BEGIN
        UPDATE users SET name = trim(name) WHERE id = new.id;
    END;
    CREATE VIEW buyers AS SELECT name FROM users WHERE id IN (SELECT user FROM orders);";

async fn with_schema(builder: EngineBuilder) -> AsyncEngine {
    let engine = builder.open().await.unwrap();
    engine.migrate(one(SCHEMA)).await.unwrap();
    engine
}

fn then(text: impl Into<Cow<'static, str>>) -> Migrations {
    Migrations::new([Migration::new(1, "one", SCHEMA), Migration::new(2, "two", text)])
}

#[test]
fn a_table_is_made_anew_and_keeps_what_refers_to_it() {
    run(async {
        for connections in [1, 4] {
            let tank = Tank::new();
            let engine = with_schema(tank.builder().max_connections(connections)).await;

            engine.migrate(then(REBUILD)).await.unwrap();

            assert_eq!(count(&engine, "orders").await, 3, "no DELETE has cascaded");
            assert_eq!(count(&engine, "buyers").await, 2);
            engine.execute("INSERT INTO users(name) VALUES (NULL)").await.unwrap_err();
            // The reference is to the new table, and every connection enforces it.
            engine.execute("DELETE FROM users WHERE id = 1").await.unwrap();
            assert_eq!(count(&engine, "orders").await, 1);
            for _ in 0..2 * connections {
                let on: i64 = engine.query("PRAGMA foreign_keys").scalar_one().await.unwrap();
                assert_eq!(on, 1);
            }
        }
    });
}

#[test]
fn the_same_without_the_remark_deletes_what_refers_to_it() {
    run(async {
        let tank = Tank::new();
        let engine = with_schema(tank.builder()).await;
        let text = REBUILD.split_once('\n').unwrap().1;

        engine.migrate(then(text)).await.unwrap();

        // This is why the remark is there: SQLite's DROP TABLE deletes the rows first.
        assert_eq!(count(&engine, "orders").await, 0);
    });
}

#[test]
fn a_row_that_refers_to_none_fails_the_migration() {
    run(async {
        let tank = Tank::new();
        let engine = with_schema(tank.builder()).await;
        let text = "-- headwater: foreign_keys = off\nDELETE FROM users WHERE id = 2";

        let error = refused(&engine, then(text)).await;

        let told =
            "migration 2 (two): row 12 of `orders` refers to a row of `users` that is not there";
        assert!(error.to_string().starts_with(told), "{error}");
        assert_eq!((count(&engine, "users").await, count(&engine, "orders").await), (2, 3));
    });
}

#[test]
fn a_row_that_referred_to_none_before_is_not_blamed_on_the_migration() {
    run(async {
        let tank = Tank::new();
        let engine = with_schema(tank.builder()).await;
        let other = tank.plain();
        other.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM users WHERE id = 2").unwrap();
        let broken = "-- headwater: foreign_keys = off\nCREATE TABLE beside(a)";
        let mended = "-- headwater: foreign_keys = off\nDELETE FROM orders WHERE user = 2";

        let error = refused(&engine, then(broken)).await;
        engine.migrate(then(mended)).await.unwrap();

        let told = "migration 2 (two): row 12 of `orders` refers to a row of `users` that is not there, by this \
                    migration or since before it; the migration was rolled back";
        assert_eq!(error.to_string(), told);
        assert_eq!(count(&engine, "orders").await, 2);
    });
}

#[test]
fn keys_that_cannot_be_checked_fail_the_migration() {
    run(async {
        let tank = Tank::new();
        let engine = with_schema(tank.builder()).await;
        let text = "-- headwater: foreign_keys = off
            CREATE TABLE parent(a); CREATE TABLE child(a REFERENCES parent(a));
            INSERT INTO child VALUES (1)";

        let error = refused(&engine, then(text)).await;

        assert!(error.to_string().starts_with("migration 2 (two): the foreign keys "), "{error}");
        assert!(cause(&error).to_string().contains("foreign key mismatch"), "{error:?}");
        engine.execute("CREATE TABLE parent(a)").await.unwrap();
    });
}

#[test]
fn the_head_is_read_in_every_form_or_refused() {
    run(async {
        let text = REBUILD.split_once('\n').unwrap().1;
        for head in [
            "/* why */\n-- headwater: foreign_keys = off\n",
            "-- HEADWATER : Foreign_Keys=Off\n",
            "--- headwater: foreign_keys = off\n",
            "/* headwater: foreign_keys = off */",
        ] {
            let tank = Tank::new();
            let engine = with_schema(tank.builder()).await;

            engine.migrate(then(format!("{head}{text}"))).await.unwrap();

            assert_eq!(count(&engine, "orders").await, 3, "{head}");
        }
        for head in [
            "PRAGMA user_version = 2;\n-- headwater: foreign_keys = off\n",
            "\n--headwater foreign_keys = off\n",
        ] {
            let tank = Tank::new();
            let engine = with_schema(tank.builder()).await;

            let error = refused(&engine, then(format!("{head}{text}"))).await;

            assert!(error.to_string().starts_with("migration 2 (two), line 2: "), "{error}");
            assert_eq!(count(&engine, "orders").await, 3, "{head}");
        }
    });
}

#[test]
fn an_engine_without_foreign_keys_does_not_look() {
    run(async {
        let tank = Tank::new();
        let engine = with_schema(tank.builder().foreign_keys(false)).await;
        let text = "-- headwater: foreign_keys = off\nDELETE FROM users WHERE id = 2";

        engine.migrate(then(text)).await.unwrap();

        assert_eq!(count(&engine, "users").await, 1);
    });
}

#[test]
fn checks_can_be_put_off_to_the_commit() {
    run(async {
        let tank = Tank::new();
        let engine = with_schema(tank.builder()).await;
        let text = "PRAGMA defer_foreign_keys = ON; INSERT INTO orders VALUES (13, 3); INSERT INTO users VALUES (3, 'Joan')";

        engine.migrate(then(text)).await.unwrap();
        let wrong = Migration::new(
            3,
            "three",
            "PRAGMA defer_foreign_keys = ON; INSERT INTO orders VALUES (14, 4)",
        );
        let three = Migrations::new(then(text).iter().cloned().chain([wrong]));
        let error = refused(&engine, three).await;

        assert_eq!(count(&engine, "orders").await, 4);
        assert_eq!(cause(&error).kind(), headwater::ErrorKind::ForeignKeyViolation);
    });
}

#[test]
fn the_way_back_has_a_head_of_its_own() {
    run(async {
        let tank = Tank::new();
        let engine = with_schema(tank.builder()).await;
        let two = Migration::new(2, "two", "SELECT 1").down(REBUILD);
        let both = Migrations::new([Migration::new(1, "one", SCHEMA), two]);
        engine.migrate(&both).await.unwrap();

        engine.migrate(both.to(1)).await.unwrap();

        assert_eq!(count(&engine, "orders").await, 3);
    });
}
