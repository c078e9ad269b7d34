//! `insert_stream`: a stream into a table, whatever its names are.

use futures::{SinkExt as _, StreamExt as _, stream};
use headwater::{Error, ErrorKind};

use crate::support::{Tank, count, run};

#[test]
fn a_stream_goes_into_a_table() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let rows = stream::iter(1..=2_500_i64).map(|id| (format!("name {id}"), id));
        let done = engine.insert_stream("t", ["name", "id"], rows).await.unwrap();

        assert_eq!(done.rows_affected(), 2_500);
        let name: String =
            engine.query("SELECT name FROM t WHERE id = 7").scalar_one().await.unwrap();
        assert_eq!(name, "name 7");
    });
}

#[test]
fn a_bounded_channel_fills_a_table_while_its_sender_waits_for_room() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let (mut send, rows) = futures::channel::mpsc::channel::<(i64, &str)>(4);

        let feed = async move {
            for id in 1..=3_000 {
                send.send((id, "fed")).await.unwrap();
            }
        };
        let (done, ()) = futures::join!(engine.insert_stream("t", ["id", "name"], rows), feed);

        assert_eq!(done.unwrap().rows_affected(), 3_000);
    });
}

#[test]
fn odd_names_are_names() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let tables = [
            "Order Details",
            "select",
            "a\"b",
            "quote'd",
            "x); DROP TABLE t; --",
            "größe",
            "a`b[c]",
        ];

        for table in tables {
            let quoted = table.replace('"', "\"\"");
            let create = format!("CREATE TABLE \"{quoted}\"(\"{quoted}\", \"group\", \"a b\")");
            engine.execute(headwater::sql(create)).await.unwrap();
            engine.insert_stream(table, [table, "group", "a b"], [(1, 2, 3)]).await.unwrap();
            let select = format!("SELECT \"{quoted}\" + \"group\" + \"a b\" FROM \"{quoted}\"");
            let sum: i64 = engine.query(headwater::sql(select)).scalar_one().await.unwrap();
            assert_eq!(sum, 6, "{table}");
        }
    });
}

#[test]
fn a_table_of_another_schema_is_named_with_a_dot() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let connection = engine.connect().await.unwrap();
        connection.execute("CREATE TEMP TABLE t(id)").await.unwrap();

        connection.insert_stream("main.t", ["id"], [[1], [2]]).await.unwrap();
        connection.insert_stream("temp.t", ["id"], [[3]]).await.unwrap();

        assert_eq!(count(&engine).await, 2);
    });
}

#[test]
fn a_table_with_a_dot_in_its_name_is_written_with_its_quotes() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        engine.execute("CREATE TABLE \"a.b\"(id)").await.unwrap();

        engine.insert_stream("\"a.b\"", ["id"], [[1]]).await.unwrap();

        let n: i64 = engine.query("SELECT count(*) FROM \"a.b\"").scalar_one().await.unwrap();
        assert_eq!(n, 1);
    });
}

#[test]
fn what_does_not_fit_the_table_is_a_clear_error() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let none: [&str; 0] = [];

        let no_table = engine.insert_stream("nowhere", ["a"], [[1]]).await.unwrap_err();
        let no_column = engine.insert_stream("t", ["nothing"], [[1]]).await.unwrap_err();
        let no_columns = engine.insert_stream("t", none, [[1]]).await.unwrap_err();
        let too_many = engine.insert_stream("t", ["id"], [(1, 2)]).await.unwrap_err();
        let hostile = engine.insert_stream("t\0x", ["id"], [[1]]).await.unwrap_err();
        let open_quote =
            engine.insert_stream("\"t\" SELECT 1; --", ["id"], [[1]]).await.unwrap_err();

        assert_eq!(no_table.kind(), ErrorKind::Syntax);
        assert!(no_table.to_string().contains("nowhere"));
        assert_eq!(no_column.kind(), ErrorKind::Syntax);
        assert_eq!(no_columns.kind(), ErrorKind::Statement);
        assert_eq!(too_many.kind(), ErrorKind::Bind);
        assert_eq!(hostile.kind(), ErrorKind::Statement);
        assert!(matches!(
            open_quote.kind(),
            ErrorKind::Syntax | ErrorKind::Statement | ErrorKind::Bind
        ));
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn a_stream_that_fails_leaves_nothing() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let rows = stream::iter(1..=1_000).map(|id| {
            if id < 900 { Ok((id, "a")) } else { Err(Error::other("the source is dry")) }
        });
        let failed = engine.insert_stream("t", ["id", "name"], rows).await.unwrap_err();

        assert!(
            format!("{failed:?}").contains("dry") || failed.to_string().contains("dry"),
            "{failed:?}"
        );
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn a_stream_that_fails_on_one_connection_does_not_stop_readers_meanwhile() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(100).await;
        let reader = engine.clone();

        let rows = stream::iter(101..=400).then(move |id| {
            let reader = reader.clone();
            async move {
                // Each row is made from what the database has: readers go on while rows are written.
                let n: i64 = reader.query("SELECT count(*) FROM t").scalar_one().await?;
                Ok::<_, Error>((id, n))
            }
        });
        engine.insert_stream("t", ["id", "name"], rows.boxed()).await.unwrap();

        let seen: i64 =
            engine.query("SELECT count(*) FROM t WHERE name = '100'").scalar_one().await.unwrap();
        assert_eq!(seen, 300);
    });
}

#[test]
fn two_streams_into_one_database_come_one_after_the_other() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let one = engine.insert_stream("t", ["id"], (0..2_000).map(|id| [id * 2]));
        let two = engine.insert_stream("t", ["id"], (0..2_000).map(|id| [id * 2 + 1]));
        let (one, two) = futures::join!(one, two);

        one.unwrap();
        two.unwrap();
        assert_eq!(count(&engine).await, 4_000);
    });
}
