//! Databases compared with what entities want, and brought to it.

use headwater::{
    AsyncEngine, Diff, Migration, Migrations, Schema,
    entity::{Action, EntityIndex, EntityTable},
    inspect,
    inspection::Difference,
    schema, sql,
};

use super::made::{Made, column, computed, id, index, put, table, to, unique, with_default};
use crate::support::run;

async fn database(script: &str) -> AsyncEngine {
    let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
    engine.execute_batch(sql(script.to_owned())).await.unwrap();
    engine
}

/// The schema of one table.
fn of(table: EntityTable) -> Schema {
    put::<0>(table);
    schema().entity::<Made<0>>()
}

fn users<const N: usize>(columns: [headwater::entity::EntityColumn; N]) -> EntityTable {
    table::<0>("users", "User", [id()].into_iter().chain(columns))
}

/// Applies the text of a diff as a migration.
async fn migrate(engine: &AsyncEngine, text: &str) {
    let migration = Migration::new(1, "change", text.to_owned());
    engine.migrate(Migrations::new([migration])).await.unwrap();
}

/// What differs, as a text of lines.
async fn told(engine: &AsyncEngine, schema: &Schema) -> String {
    schema.diff(engine).await.unwrap().to_string()
}

/// Applies what is to be done, and returns it; nothing is left to do then.
async fn apply(engine: &AsyncEngine, schema: &Schema) -> Diff {
    let diff = schema.diff(engine).await.unwrap();
    migrate(engine, diff.sql()).await;
    let left = schema.diff(engine).await.unwrap();
    assert!(left.is_empty(), "{left}");
    diff
}

#[test]
fn nothing_differs_from_what_was_just_made() {
    run(async {
        let engine = database("").await;
        let mut users =
            users([column::<String>("name"), with_default(column::<i64>("n"), "1 + 1")]);
        users.indexes =
            vec![unique(&[1]), index(&[2]), EntityIndex::on(vec![1, 2], true, Some("both"))];
        users.checks.push("n > 0");
        let schema = of(users);
        schema.create_all(&engine).await.unwrap();

        let diff = schema.diff(&engine).await.unwrap();

        assert_eq!((diff.to_string().as_str(), diff.sql()), ("nothing differs", ""));
        assert!(diff.is_empty() && diff.iter().next().is_none());
    });
}

#[test]
fn an_empty_database_lacks_all_tables() {
    run(async {
        let engine = database("").await;
        let mut posts = table::<1>("posts", "Post", [id(), column::<i64>("user_id")]);
        (posts.references, posts.indexes) = (vec![to::<0>(&[1], &[0])], vec![index(&[1])]);
        put::<1>(posts);
        put::<0>(users([]));
        let schema = schema().entity::<Made<1>>().entity::<Made<0>>();

        let diff = apply(&engine, &schema).await;

        assert_eq!(diff.to_string(), "users: the table is missing\nposts: the table is missing");
        assert_eq!(diff.sql(), schema.sql().unwrap());
    });
}

#[test]
fn columns_are_added_where_alter_table_can() {
    run(async {
        let engine = database(
            "CREATE TABLE users(id INTEGER PRIMARY KEY); INSERT INTO users VALUES (1), (2)",
        )
        .await;
        let mut users = users([
            column::<Option<String>>("name"),
            with_default(column::<i64>("age"), "-1"),
            column::<Option<i64>>("friend_id"),
        ]);
        users.references.push(to::<0>(&[3], &[0]));
        users.indexes = vec![unique(&[1]), index(&[3])];

        let diff = apply(&engine, &of(users)).await;

        assert_eq!(
            diff.sql(),
            r#"ALTER TABLE "users" ADD COLUMN "name" TEXT;
ALTER TABLE "users" ADD COLUMN "age" INTEGER NOT NULL DEFAULT -1;
ALTER TABLE "users" ADD COLUMN "friend_id" INTEGER REFERENCES "users" ("id");
CREATE UNIQUE INDEX "uq_users_name" ON "users" ("name");
CREATE INDEX "ix_users_friend_id" ON "users" ("friend_id");
"#
        );
        let ages: Vec<i64> = engine.query("SELECT age FROM users").scalars().all().await.unwrap();
        assert_eq!(ages, [-1, -1]);
    });
}

#[test]
fn a_column_without_a_value_for_the_rows_is_told_and_left_out() {
    run(async {
        let script = "CREATE TABLE users(id INTEGER PRIMARY KEY, old TEXT); INSERT INTO users VALUES (1, NULL)";
        let engine = database(script).await;
        let mut users = users([
            column::<String>("old"),
            column::<String>("name"),
            column::<Option<i64>>("age"),
        ]);
        users.indexes.push(index(&[2]));
        let schema = of(users);

        let diff = schema.diff(&engine).await.unwrap();

        assert_eq!(diff.blocked().count(), 2);
        assert_eq!(
            diff.sql(),
            "-- Not done: users.old: nullable, and is to be NOT NULL, has no default, and rows have NULL in \
             it: give it a default\n\
             -- Not done: users.name: the column is missing, is NOT NULL without a default, and the table has \
             rows: give it a default\n\
             ALTER TABLE \"users\" ADD COLUMN \"age\" INTEGER;\n"
        );
        migrate(&engine, diff.sql()).await;
        assert_eq!(schema.diff(&engine).await.unwrap().iter().count(), 3);
    });
}

#[test]
fn without_rows_any_column_can_be_added() {
    run(async {
        let engine = database("CREATE TABLE users(id INTEGER PRIMARY KEY, old TEXT)").await;

        let diff =
            apply(&engine, &of(users([column::<String>("old"), column::<String>("name")]))).await;

        assert_eq!(diff.blocked().count(), 0);
        assert!(inspect(&engine).await.unwrap().tables[0].columns.iter().all(|one| !one.nullable));
    });
}

#[test]
fn a_default_takes_the_place_of_null_in_what_becomes_not_null() {
    run(async {
        let script = "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, NULL), (2, 'b')";
        let engine = database(script).await;

        apply(&engine, &of(users([with_default(column::<String>("name"), "'nobody'")]))).await;

        let names: Vec<String> =
            engine.query("SELECT name FROM users").scalars().all().await.unwrap();
        assert_eq!(names, ["nobody", "b"]);
    });
}

/// A table with all that a rebuild has to keep, and one whose rows refer to it.
const RICH: &str = "
    CREATE TABLE users(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        email TEXT COLLATE NOCASE CONSTRAINT mail CHECK (email LIKE '%@%'), -- where to write to
        age TEXT,
        more BLOB DEFAULT x'00',
        twice AS (id * 2),
        UNIQUE (email) ON CONFLICT IGNORE
    );
    CREATE TABLE posts(id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users ON DELETE CASCADE);
    CREATE INDEX by_lower ON users(lower(email)) WHERE age > 1;
    CREATE VIEW mails AS SELECT email FROM users;
    CREATE VIEW broken AS SELECT * FROM missing;
    CREATE TABLE log(what TEXT);
    CREATE TRIGGER told AFTER INSERT ON users BEGIN INSERT INTO log VALUES (new.email); END;
    INSERT INTO users(id, email, age) VALUES (7, 'Ada@example.org', '36'), (9, 'alan@example.org', '41');
    INSERT INTO posts VALUES (1, 7), (2, 9);
    DELETE FROM users WHERE id = 9;";

#[test]
fn a_table_made_anew_keeps_all_that_is_not_asked_to_change() {
    run(async {
        let engine = database(RICH).await;
        let mut users = users([column::<String>("email"), column::<Option<i64>>("age")]);
        users.indexes.push(unique(&[1]));
        users.checks.push("email LIKE '%@%'");

        let diff = apply(&engine, &of(users)).await;

        assert!(
            diff.sql()
                .starts_with("-- headwater: foreign_keys = off\nPRAGMA legacy_alter_table = ON;\n")
        );
        let rows: Vec<(i64, String, i64, i64)> =
            engine.query("SELECT id, email, age, twice FROM users").scalars().all().await.unwrap();
        assert_eq!(rows, [(7, "Ada@example.org".to_owned(), 36, 14)]);
        let posts: i64 = engine.query("SELECT count(*) FROM posts").scalar_one().await.unwrap();
        assert_eq!(posts, 1);
        let database = inspect(&engine).await.unwrap();
        let users = database.table("users").unwrap();
        assert_eq!(users.column("email").unwrap().collation.as_deref(), Some("NOCASE"));
        assert_eq!(users.column("more").unwrap().default.as_deref(), Some("x'00'"));
        assert_eq!(users.index("by_lower").unwrap().condition.as_deref(), Some("age > 1"));
        assert!(users.autoincrement && users.sql.contains("CONSTRAINT mail"));
        assert!(users.sql.contains("ON CONFLICT IGNORE"));
        assert_eq!(database.table("posts").unwrap().foreign_keys[0].target, "users");
        assert_eq!(database.view("mails").unwrap().columns.len(), 1);
    });
}

#[test]
fn a_table_made_anew_goes_on_as_before() {
    run(async {
        let engine = database(RICH).await;
        let schema = of(users([column::<Option<String>>("email"), column::<i64>("age")]));

        apply(&engine, &schema).await;

        engine
            .execute("INSERT INTO users(email, age) VALUES ('new@example.org', 1)")
            .await
            .unwrap();
        let again =
            engine.execute("INSERT INTO users(email, age) VALUES ('NEW@example.org', 2)").await;
        assert_eq!(again.unwrap().rows_affected(), 0);
        // 9 was given once, and is not given again.
        let id: i64 = engine.query("SELECT max(id) FROM users").scalar_one().await.unwrap();
        assert_eq!(id, 10);
        let logged: i64 = engine.query("SELECT count(*) FROM log").scalar_one().await.unwrap();
        assert_eq!(logged, 3);
        engine.execute("DELETE FROM users WHERE id = 7").await.unwrap();
        let posts: i64 = engine.query("SELECT count(*) FROM posts").scalar_one().await.unwrap();
        assert_eq!(posts, 0);
    });
}

#[test]
fn what_no_entity_speaks_of_is_told_and_dropped_only_where_it_is_asked() {
    run(async {
        let engine = database(RICH).await;
        let schema =
            of(users([column::<Option<String>>("email"), column::<Option<String>>("age")]));

        let diff = schema.diff(&engine).await.unwrap();

        assert_eq!(
            diff.to_string(),
            "users: an extra UNIQUE (email)\n\
             users: an extra index by_lower\n\
             users: an extra CHECK (email LIKE '%@%')\n\
             users.more: an extra column\n\
             users.twice: an extra column\n\
             posts: an extra table\n\
             log: an extra table"
        );
        assert!(diff.is_empty() && diff.sql().is_empty());
        assert_eq!(diff.extras().count(), 7);
        engine.execute("DROP TRIGGER told").await.unwrap();
        migrate(&engine, diff.sql_with_drops()).await;
        assert_eq!(told(&engine, &schema).await, "nothing differs");
        let email: String = engine.query("SELECT email FROM users").scalar_one().await.unwrap();
        assert_eq!(email, "Ada@example.org");
    });
}

#[test]
fn each_kind_of_difference_is_told_and_mended() {
    run(async {
        for (script, table, line) in [
            (
                "b TEXT NOT NULL",
                users([column::<Option<String>>("b")]),
                "users.b: NOT NULL, and is to be nullable",
            ),
            (
                "b INT",
                users([column::<Option<String>>("b")]),
                "users.b: declared as INT, wanted is TEXT",
            ),
            (
                "b",
                users([column::<Option<f64>>("b")]),
                "users.b: declared as nothing, wanted is REAL",
            ),
            (
                "b TEXT DEFAULT 'x'",
                users([with_default(column::<Option<String>>("b"), "'y'")]),
                "users.b: the default is 'x', wanted is 'y'",
            ),
            (
                "b INT AS (1)",
                users([computed(column::<Option<i64>>("b"), "2")]),
                "users.b: computed by 1, and is to be computed by 2",
            ),
            (
                "b INT AS (1)",
                users([column::<Option<i64>>("b")]),
                "users.b: computed by 1, and is to be not computed",
            ),
        ] {
            let engine =
                database(&format!("CREATE TABLE users(id INTEGER PRIMARY KEY, {script})")).await;
            let schema = of(table);

            let diff = apply(&engine, &schema).await;

            assert_eq!(diff.to_string(), line);
        }
    });
}

#[test]
fn keys_are_compared_and_mended() {
    run(async {
        let script = "CREATE TABLE users(id INT, parent_id INTEGER REFERENCES users ON DELETE CASCADE, n INTEGER, \
             PRIMARY KEY (id)) WITHOUT ROWID; INSERT INTO users VALUES (1, NULL, 1), (5, 1, 1)";
        let engine = database(script).await;
        let mut users = users([column::<Option<i64>>("parent_id"), column::<Option<i64>>("n")]);
        let mut parent = to::<0>(&[1], &[0]);
        (parent.on_delete, parent.deferred) = (Action::SetNull, true);
        users.references = vec![parent, to::<0>(&[2], &[0])];

        let diff = apply(&engine, &of(users)).await;

        assert_eq!(
            diff.to_string(),
            "users.id: declared as INT, wanted is INTEGER\n\
             users: the foreign key from parent_id to users acts otherwise\n\
             users: a foreign key from n to users is missing"
        );
        engine.execute("INSERT INTO users(n) VALUES (1)").await.unwrap();
        let ids: Vec<i64> = engine.query("SELECT id FROM users").scalars().all().await.unwrap();
        assert_eq!(ids, [1, 5, 6]);
    });
}

#[test]
fn an_index_on_the_columns_of_a_key_in_another_order_is_one_of_its_own() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        let mut seats = users([column::<i64>("line"), column::<i64>("number")]);
        seats.primary_key = vec![1, 2];
        seats.columns[0].generated = false;
        seats.indexes = vec![index(&[2, 1]), index(&[1, 2]), unique(&[1, 2])];
        let seats = of(seats);
        seats.create_all(&engine).await.unwrap();
        let made = seats.diff(&engine).await.unwrap();

        engine.execute("DROP INDEX ix_users_number_line").await.unwrap();
        let diff = seats.diff(&engine).await.unwrap();

        assert_eq!(made.to_string(), "nothing differs");
        assert_eq!(
            diff.to_string(),
            "users: an index on number, line is missing (ix_users_number_line)"
        );
    });
}

#[test]
fn another_primary_key_takes_the_place_of_the_old_one() {
    run(async {
        let script = "CREATE TABLE users(id INTEGER PRIMARY KEY, a INTEGER, b TEXT);
            INSERT INTO users VALUES (1, 1, 'x'), (2, 1, 'y')";
        let engine = database(script).await;
        let columns = [column::<i64>("id"), column::<i64>("a"), column::<String>("b")];
        let mut users = table::<0>("users", "User", columns);
        users.primary_key = vec![1, 2];

        let diff = apply(&engine, &of(users)).await;

        assert!(
            diff.to_string().contains("users: the primary key is id, wanted is a, b"),
            "{diff}"
        );
        let again = engine.execute("INSERT INTO users VALUES (3, 1, 'x')").await.unwrap_err();
        assert!(again.is_unique_violation());
    });
}

#[test]
fn names_are_compared_without_regard_to_case_and_types_by_what_sqlite_does() {
    run(async {
        let engine = database(
            "CREATE TABLE Users(ID INTEGER PRIMARY KEY, Name NVARCHAR(80) NOT NULL, Born DATETIME, \
             Is_New BOOLEAN NOT NULL DEFAULT (FALSE), Height DOUBLE, UNIQUE (Name))",
        )
        .await;
        let mut users = users([
            column::<String>("name"),
            column::<Option<String>>("born"),
            with_default(column::<bool>("is_new"), "false"),
            column::<Option<f64>>("height"),
        ]);
        users.indexes.push(unique(&[1]));

        assert_eq!(told(&engine, &of(users)).await, "nothing differs");
    });
}

#[test]
fn a_name_that_is_taken_is_told_and_not_used() {
    run(async {
        let script = "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE other(a);
            CREATE INDEX ix_users_name ON other(a)";
        let engine = database(script).await;
        let mut users = users([column::<Option<String>>("name")]);
        users.indexes.push(index(&[1]));

        let diff = of(users).diff(&engine).await.unwrap();

        assert_eq!(
            diff.sql(),
            "-- Not done: the name is taken: CREATE INDEX \"ix_users_name\" ON \"users\" (\"name\")\n"
        );
    });
}

#[test]
fn a_view_in_the_place_of_a_table_is_compared_by_its_columns() {
    run(async {
        let engine = database("CREATE VIEW users AS SELECT 1 AS id, 'x' AS name").await;
        let schema = of(users([column::<String>("name"), column::<i64>("age")]));

        let diff = schema.diff(&engine).await.unwrap();

        assert!(
            matches!(diff.iter().next(), Some(Difference::NotATable { column, .. }) if column == "age")
        );
        assert_eq!(diff.iter().count(), 1);
        assert!(
            diff.sql().starts_with("-- Not done: users.age: missing in what is no plain table")
        );
        assert!(!diff.is_empty());
    });
}

#[test]
fn an_extra_column_that_has_to_have_a_value_is_told_as_what_it_is() {
    run(async {
        let engine =
            database("CREATE TABLE users(id INTEGER PRIMARY KEY, must TEXT NOT NULL)").await;

        let line = told(&engine, &of(users([]))).await;

        assert_eq!(
            line,
            "users.must: an extra column, NOT NULL without a default: no entity can be inserted"
        );
    });
}

#[test]
fn the_table_of_migrations_is_never_extra() {
    run(async {
        let engine = database("CREATE TABLE users(id INTEGER PRIMARY KEY)").await;
        migrate(&engine, "SELECT 1").await;

        assert_eq!(told(&engine, &of(users([]))).await, "nothing differs");
    });
}

#[test]
fn a_transaction_is_compared_in_its_own_state() {
    run(async {
        let engine = database("CREATE TABLE users(id INTEGER PRIMARY KEY)").await;
        let schema = of(users([column::<String>("name")]));
        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO users VALUES (1)").await.unwrap();

        assert_eq!(schema.diff(&tx).await.unwrap().blocked().count(), 1);
        assert_eq!(schema.diff(&engine).await.unwrap().blocked().count(), 0);
        assert_eq!(schema.diff(&engine.connect().await.unwrap()).await.unwrap().iter().count(), 1);
    });
}
