//! Connections that are not given to the next: those whose own state was changed, and broken ones.

use headwater::{AsyncConnection, AsyncEngine, ErrorKind, Notice};

use crate::support::{Tank, eventually, fill, open_files, run};

/// Waits for the notice that a connection was replaced.
async fn replaced(notices: &mut headwater::Notices) -> String {
    loop {
        if let Notice::ConnectionReplaced { why, .. } = notices.next().await.unwrap() {
            return why.to_string();
        }
    }
}

/// Reports whether a connection is one that was marked before.
async fn is_marked(connection: &AsyncConnection) -> bool {
    connection.query("SELECT marked()").all().await.is_ok()
}

#[test]
fn a_connection_whose_state_was_changed_is_replaced() {
    for (number, text) in [
        "ATTACH ':memory:' AS other",
        "CREATE TEMP TABLE mine(a)",
        "PRAGMA cache_size = 10",
        "PRAGMA foreign_keys = OFF",
    ]
    .into_iter()
    .enumerate()
    {
        run(async move {
            let tank = Tank::new();
            let engine = tank.builder().max_connections(1).open().await.unwrap();
            let mut notices = engine.notices();

            let connection = engine.connect().await.unwrap();
            connection.execute(text).await.unwrap();
            drop(connection);
            assert!(replaced(&mut notices).await.contains("state was changed"), "{number}");
            let connection = engine.connect().await.unwrap();

            let tables: Vec<String> = connection
                .query("SELECT name FROM pragma_database_list")
                .scalars()
                .all()
                .await
                .unwrap();
            assert_eq!(tables, ["main"]);
            let keys: i64 = connection.query("PRAGMA foreign_keys").scalar_one().await.unwrap();
            assert_eq!(keys, 1);
            drop(connection);
            eventually("there is one", || {
                engine.status().connections == 1 && engine.status().idle == 1
            });
        });
    }
}

#[test]
fn a_connection_that_was_used_natively_is_replaced() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        let connection = engine.connect().await.unwrap();
        connection
            .with_sqlite(|c| c.execute_batch("PRAGMA cache_size = 7").unwrap())
            .await
            .unwrap();
        drop(connection);

        let connection = engine.connect().await.unwrap();

        let size: i64 = connection.query("PRAGMA cache_size").scalar_one().await.unwrap();
        assert_ne!(size, 7);
        assert!(!is_marked(&connection).await);
    });
}

#[test]
fn those_who_wait_are_served_when_the_connection_they_waited_for_is_replaced() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(1).open().await.unwrap();
        for _ in 0..20 {
            let connection = engine.connect().await.unwrap();
            connection.execute("CREATE TEMP TABLE mine(a)").await.unwrap();
            let mut waits: Vec<_> =
                (0..5).map(|_| Box::pin(engine.query("SELECT 1").scalar_one::<i64>())).collect();
            waits.iter_mut().for_each(crate::support::poll_once);

            drop(connection);

            for one in futures::future::join_all(waits).await {
                assert_eq!(one.unwrap(), 1);
            }
        }
        assert!(engine.status().connections <= 2);
    });
}

#[test]
fn the_writer_is_replaced_when_a_script_has_changed_it() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;
        let mut notices = engine.notices();

        engine.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM t").await.unwrap();
        replaced(&mut notices).await;
        let tx = engine.begin().await.unwrap();

        let keys: i64 = tx.query("PRAGMA foreign_keys").scalar_one().await.unwrap();
        assert_eq!(keys, 1);
    });
}

/// A database of which every page beyond the first few is damaged.
async fn damaged(tank: &Tank) -> AsyncEngine {
    let engine = tank.builder().open().await.unwrap();
    fill(&engine, 20_000).await;
    engine.query("PRAGMA wal_checkpoint(TRUNCATE)").all().await.unwrap();
    engine.execute("CREATE TABLE sound(a)").await.unwrap();
    engine.query("PRAGMA wal_checkpoint(TRUNCATE)").all().await.unwrap();
    let root: u64 = engine
        .query("SELECT rootpage FROM sqlite_schema WHERE name = 't'")
        .scalar_one::<i64>()
        .await
        .unwrap()
        .try_into()
        .unwrap();
    engine.close(crate::support::DEADLINE / 4).await.unwrap();
    // The root of the table's tree, whose pages then are no b-tree's.
    let mut bytes = std::fs::read(tank.path()).unwrap();
    let at = usize::try_from((root - 1) * 4_096).unwrap();
    bytes[at..at + 4_096].fill(0xA5);
    std::fs::write(tank.path(), bytes).unwrap();
    tank.builder().max_connections(1).open().await.unwrap()
}

#[test]
fn a_connection_that_found_the_file_damaged_is_replaced() {
    run(async {
        let tank = Tank::new();
        let engine = damaged(&tank).await;
        let mut notices = engine.notices();

        let error = engine.query("SELECT count(name) FROM t").all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(replaced(&mut notices).await.contains("reading or writing the file failed"));
        let error = engine.execute("INSERT INTO t(name) VALUES ('a')").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(replaced(&mut notices).await.contains("reading or writing the file failed"));

        // What is sound can be read and written all the same.
        engine.execute("INSERT INTO sound VALUES (1)").await.unwrap();
        let sound: i64 = engine.query("SELECT count(*) FROM sound").scalar_one().await.unwrap();
        assert_eq!(sound, 1);
        assert!(engine.status().connections <= 2);
        engine.close(crate::support::DEADLINE / 4).await.unwrap();
        assert_eq!(open_files(&tank.path()), 0);
    });
}

#[test]
fn a_member_of_a_group_that_finds_the_file_damaged_fails_alone() {
    run(async {
        let tank = Tank::new();
        let engine = damaged(&tank).await;

        let ends = crate::support::together::together(
            &engine,
            vec![
                engine.execute("INSERT INTO sound VALUES (1)"),
                engine.execute("INSERT INTO t(name) VALUES ('a')"),
                engine.execute("INSERT INTO sound VALUES (2)"),
            ],
        )
        .await;

        let kinds: Vec<_> =
            ends.iter().map(|end| end.as_ref().err().map(headwater::Error::kind)).collect();
        assert_eq!(kinds, [None, Some(ErrorKind::Corrupt), None]);
        let sound: Vec<i64> = engine.query("SELECT a FROM sound").scalars().all().await.unwrap();
        assert_eq!(sound, [1, 2]);
    });
}
