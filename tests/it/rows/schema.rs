//! Rows of a schema that changes between two runs of a statement.

use futures::TryStreamExt;
use headwater::{FromRow, Row};

use crate::support::{Tank, run};

#[test]
fn a_cached_select_of_all_columns_shows_the_columns_of_a_changed_schema() {
    run(async {
        let tank = Tank::new();
        let connection = tank.filled(2).await.connect().await.unwrap();
        let query = || connection.query("SELECT * FROM t");
        assert_eq!(query().all().await.unwrap()[0].len(), 2);
        connection.query("SELECT * FROM t").await.unwrap().all().await.unwrap();

        connection.execute("ALTER TABLE t ADD COLUMN age INTEGER DEFAULT 7").await.unwrap();
        let rows = query().all().await.unwrap();
        assert_eq!(rows[1].get::<i64>("age").unwrap(), 7);
        connection.execute("ALTER TABLE t DROP COLUMN name").await.unwrap();
        let streamed: Vec<Row> = query().await.unwrap().try_collect().await.unwrap();

        let names: Vec<_> = streamed[0].columns().names().collect();
        assert_eq!(names, ["id", "age"]);
    });
}

#[test]
fn the_columns_of_a_changed_schema_are_known_before_the_first_row() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(2).await;
        let connection = engine.connect().await.unwrap();
        let text = "SELECT * FROM t";
        connection.query(text).all().await.unwrap();

        // Once by the connection itself, once by another.
        connection.execute("ALTER TABLE t ADD COLUMN age INTEGER DEFAULT 7").await.unwrap();
        assert_eq!(connection.query(text).await.unwrap().columns().len(), 3);
        engine.execute("ALTER TABLE t ADD COLUMN city TEXT").await.unwrap();
        assert_eq!(connection.query(text).await.unwrap().columns().len(), 4);
        // And by a statement that is new to a connection which has read an older schema.
        engine.execute("ALTER TABLE t ADD COLUMN land TEXT").await.unwrap();
        let new = connection.query("SELECT * FROM t WHERE true").await.unwrap();
        assert_eq!(new.columns().len(), 5);
    });
}

#[test]
fn an_empty_result_has_the_columns_of_a_changed_schema() {
    #[derive(Debug, FromRow)]
    struct Aged {
        #[expect(dead_code, reason = "there is no row to read it from")]
        age: i64,
    }
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();
        let query = || connection.query("SELECT * FROM t");
        assert!(query().all().await.unwrap().is_empty());
        assert!(query().scalars::<Aged>().all().await.is_err());

        engine.execute("ALTER TABLE t ADD COLUMN age INTEGER").await.unwrap();
        let together = query().scalars::<Aged>().all().await;
        let streamed = query().scalars::<Aged>().await.unwrap().all().await;

        assert!(together.unwrap().is_empty());
        assert!(streamed.unwrap().is_empty());
    });
}
