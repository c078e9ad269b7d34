//! Reading and writing on one connection at once, and what the reader sees.

use std::time::Duration;

use headwater::{AsyncConnection, AsyncScalars, ErrorKind, JournalMode, sql};

use crate::support::{Tank, count, fill, run};

/// Opens a read with a row taken, so that it holds on to its state.
async fn reading(
    connection: &AsyncConnection,
    statement: headwater::Statement,
) -> AsyncScalars<i64> {
    let mut ids = connection.query(statement.batch_rows(10)).scalars::<i64>().await.unwrap();
    assert_eq!(ids.try_next().await.unwrap(), Some(1));
    ids
}

#[test]
fn a_write_beside_an_open_read_of_its_connection_works() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3_000).await;
        let connection = engine.connect().await.unwrap();
        let ids = reading(&connection, sql("SELECT id FROM t")).await;

        connection.execute("UPDATE t SET name = 'x'").await.unwrap();

        assert_eq!(ids.all().await.unwrap().len(), 2_999);
    });
}

#[test]
fn a_write_after_anothers_commit_drains_the_open_read_aside_and_succeeds() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3_000).await;
        let connection = engine.connect().await.unwrap();
        let ids = reading(&connection, sql("SELECT id FROM t ORDER BY id")).await;
        engine.execute("DELETE FROM t WHERE id > 2000").await.unwrap();

        let done = connection.execute("UPDATE t SET name = 'x'").await.unwrap();

        assert_eq!(done.rows_affected(), 2_000);
        // The read shows its own state to its end.
        assert_eq!(ids.all().await.unwrap(), (2..=3_000).collect::<Vec<_>>());
        assert_eq!(count(&engine).await, 2_000);
    });
}

#[test]
fn several_open_reads_are_drained_aside_by_one_write() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().spill_memory(1 << 10).open().await.unwrap();
        fill(&engine, 3_000).await;
        let connection = engine.connect().await.unwrap();
        let one = reading(&connection, sql("SELECT id FROM t ORDER BY id")).await;
        let two = reading(&connection, sql("SELECT id FROM t ORDER BY id")).await;
        engine.execute("DELETE FROM t WHERE id > 2000").await.unwrap();

        let query = connection.query("INSERT INTO t(name) VALUES ('new') RETURNING id");
        let id: i64 = query.scalar_one().await.unwrap();

        assert_eq!(id, 2_001);
        assert_eq!(one.all().await.unwrap().len(), 2_999);
        assert_eq!(two.all().await.unwrap().len(), 2_999);
    });
}

#[test]
fn a_read_too_large_to_be_drained_is_named_in_the_writes_error() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().spill_limit(1 << 10).open().await.unwrap();
        fill(&engine, 3_000).await;
        let connection = engine.connect().await.unwrap();
        let ids = reading(&connection, sql("SELECT id FROM t")).await;
        engine.execute("DELETE FROM t WHERE id > 2000").await.unwrap();

        let refused = connection.execute("UPDATE t SET name = 'x'").await.unwrap_err();

        assert_eq!(refused.kind(), ErrorKind::BusySnapshot);
        assert!(refused.to_string().contains("open read"), "{refused}");
        drop(ids);
        connection.execute("UPDATE t SET name = 'x'").await.unwrap();
    });
}

#[test]
fn many_rows_and_a_begin_after_anothers_commit_drain_the_open_read_too() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(3_000).await;
        let connection = engine.connect().await.unwrap();

        let ids = reading(&connection, sql("SELECT id FROM t ORDER BY id")).await;
        engine.execute("DELETE FROM t WHERE id = 3000").await.unwrap();
        connection.execute_many("INSERT INTO t VALUES (?, 'a')", [[4_000], [4_001]]).await.unwrap();
        assert_eq!(ids.all().await.unwrap().len(), 2_999);

        let ids = reading(&connection, sql("SELECT id FROM t ORDER BY id")).await;
        engine.execute("DELETE FROM t WHERE id = 4000").await.unwrap();
        let tx = connection.begin().await.unwrap();
        tx.execute("DELETE FROM t WHERE id = 4001").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ids.all().await.unwrap().len(), 3_000);

        let ids = reading(&connection, sql("SELECT id FROM t ORDER BY id")).await;
        engine.execute("DELETE FROM t WHERE id = 2999").await.unwrap();
        connection
            .execute_batch("DELETE FROM t WHERE id = 2998; DELETE FROM t WHERE id = 2997")
            .await
            .unwrap();
        assert_eq!(ids.all().await.unwrap().len(), 2_998);

        assert_eq!(count(&engine).await, 2_996);
    });
}

#[test]
fn writes_of_the_same_connection_do_not_show_in_a_stable_stream() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(2_000).await;
        let connection = engine.connect().await.unwrap();

        let stable = sql("SELECT id FROM t WHERE name LIKE 'name%' ORDER BY id").stable();
        let ids = reading(&connection, stable).await;
        connection.execute("UPDATE t SET name = 'changed'").await.unwrap();
        connection.execute("DELETE FROM t WHERE id > 1000").await.unwrap();

        assert_eq!(ids.all().await.unwrap(), (2..=2_000).collect::<Vec<_>>());
    });
}

#[test]
fn a_stable_stream_over_a_table_one_inserts_into_ends() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(500).await;

        let tx = engine.begin().await.unwrap();
        let stable = sql("SELECT id FROM t").stable().batch_rows(10);
        let mut ids = tx.query(stable).scalars::<i64>().await.unwrap();
        let mut seen = 0;
        while let Some(id) = ids.try_next().await.unwrap() {
            seen += 1;
            assert!(seen <= 500, "it shows what was inserted: {id}");
            tx.execute(sql("INSERT INTO t(name) VALUES (?)").bind(id)).await.unwrap();
        }
        tx.commit().await.unwrap();

        assert_eq!(count(&engine).await, 1_000);
    });
}

#[test]
fn many_rows_made_from_a_stable_stream_of_the_same_table_end_too() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1_000).await;

        let tx = engine.begin().await.unwrap();
        let names = tx.query(sql("SELECT name FROM t").stable().batch_rows(10));
        let names = names.scalars::<(String,)>().await.unwrap();
        tx.insert_stream("t", ["name"], names).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(count(&engine).await, 2_000);
    });
}

#[test]
fn in_another_journal_mode_a_stream_and_a_write_on_two_connections_do_not_deadlock() {
    run(async {
        for mode in
            [JournalMode::Delete, JournalMode::Truncate, JournalMode::Persist, JournalMode::Memory]
        {
            let tank = Tank::new();
            let engine = tank.builder().journal_mode(mode).open().await.unwrap();
            fill(&engine, 3_000).await;
            let query = engine.query(sql("SELECT id FROM t ORDER BY id").batch_rows(10));
            let mut ids = query.scalars::<i64>().await.unwrap();
            ids.try_next().await.unwrap();

            engine.execute("UPDATE t SET name = 'x'").await.unwrap();
            let mut seen = 1;
            while let Some(id) = ids.try_next().await.unwrap() {
                seen += 1;
                if id % 500 == 0 {
                    engine.execute(sql("DELETE FROM t WHERE id = ?").bind(id)).await.unwrap();
                }
            }

            assert_eq!(seen, 3_000, "{mode:?}");
            assert_eq!(count(&engine).await, 2_994, "{mode:?}");
        }
    });
}

#[test]
fn in_another_journal_mode_a_transaction_streams_and_writes_beside_readers() {
    run(async {
        let tank = Tank::new();
        let builder = tank.builder().journal_mode(JournalMode::Delete);
        let engine = builder.busy_timeout(Duration::from_secs(10)).open().await.unwrap();
        fill(&engine, 1_000).await;

        let tx = engine.begin().await.unwrap();
        let mut ids = tx.query("SELECT id FROM t").scalars::<i64>().await.unwrap();
        while let Some(id) = ids.try_next().await.unwrap() {
            tx.execute(sql("UPDATE t SET name = 'x' WHERE id = ?").bind(id)).await.unwrap();
            if id == 500 {
                assert_eq!(count(&engine).await, 1_000);
            }
        }
        tx.commit().await.unwrap();

        let changed: i64 =
            engine.query("SELECT count(*) FROM t WHERE name = 'x'").scalar_one().await.unwrap();
        assert_eq!(changed, 1_000);
    });
}
