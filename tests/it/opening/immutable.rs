//! Files that nobody changes: read without locks, and without anything beside them.

use std::fs;

use headwater::{AsyncEngine, EngineBuilder, ErrorKind, Mode};

use crate::support::{DEADLINE, Tank, run};

/// A tank of a database in write-ahead log mode whose log is written back and gone.
async fn at_rest() -> Tank {
    let tank = Tank::new();
    tank.filled(3).await.close(DEADLINE).await.unwrap();
    tank
}

fn files(tank: &Tank) -> Vec<String> {
    let entries = fs::read_dir(tank.folder()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

async fn count(engine: &AsyncEngine) -> i64 {
    engine.query("SELECT count(*) FROM t").scalar_one().await.unwrap()
}

#[test]
fn nothing_is_made_beside_a_file_that_does_not_change() {
    run(async {
        let tank = at_rest().await;

        let engine = tank.builder().mode(Mode::Immutable).open().await.unwrap();

        let mut rows = engine.query("SELECT id FROM t").scalars::<i64>().await.unwrap();
        assert_eq!(rows.try_next().await.unwrap(), Some(1));
        assert_eq!(files(&tank), ["test.db"]);
        assert_eq!(count(&engine).await, 3);
    });
}

#[test]
fn a_file_that_does_not_change_is_not_written() {
    run(async {
        let tank = at_rest().await;
        let engine = AsyncEngine::open(format!("{}?mode=immutable", tank.url())).await.unwrap();

        let written = [
            engine.execute("INSERT INTO t VALUES (4, 'four')").await.unwrap_err(),
            engine.execute_batch("DELETE FROM t").await.unwrap_err(),
        ];

        for error in written {
            assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
        }
        assert_eq!(count(&engine).await, 3);
    });
}

#[test]
fn any_path_leads_to_a_file_that_does_not_change() {
    run(async {
        let tank = at_rest().await;
        for name in ["a ?b=c&d.db", "100%25.db", "#1.db", "źródło.db", "file:x.db", "'\"\\.db"] {
            let path = tank.folder().join(name);
            fs::copy(tank.path(), &path).unwrap();

            let engine = EngineBuilder::file(&path).mode(Mode::Immutable).open().await.unwrap();

            assert_eq!(count(&engine).await, 3, "{name}");
        }
        let two_slashes = format!("/{}", tank.path().display());
        let engine = EngineBuilder::file(two_slashes).mode(Mode::Immutable).open().await.unwrap();
        assert_eq!(count(&engine).await, 3);
    });
}

#[test]
fn a_file_whose_log_holds_commits_is_not_taken_for_all_there_is() {
    run(async {
        let tank = at_rest().await;
        let other = tank.plain();
        other.execute("INSERT INTO t VALUES (4, 'four')", []).unwrap();

        let error = tank.builder().mode(Mode::Immutable).open().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::CannotOpen);
        assert!(error.to_string().contains("test.db-wal"), "{error}");
    });
}
