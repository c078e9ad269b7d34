//! `:memory:` behaves as a file does: several connections, reads while writing, and nothing left behind.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use headwater::{AsyncEngine, ErrorKind};

use crate::support::{DEADLINE, eventually, fill, run};

async fn memory() -> AsyncEngine {
    AsyncEngine::open("sqlite::memory:").await.unwrap()
}

async fn filled(rows: i64) -> AsyncEngine {
    let engine = memory().await;
    fill(&engine, rows).await;
    engine
}

async fn count(engine: &AsyncEngine) -> i64 {
    engine.query("SELECT count(*) FROM t").scalar_one().await.unwrap()
}

async fn file_of(engine: &AsyncEngine) -> PathBuf {
    let file: String =
        engine.query("SELECT file FROM pragma_database_list").scalar_one().await.unwrap();
    file.into()
}

/// The database's own file and what lies beside it.
fn files(database: &Path) -> Vec<PathBuf> {
    let stem = database.file_stem().unwrap().to_str().unwrap().to_owned();
    let entries = std::fs::read_dir(database.parent().unwrap()).unwrap().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| {
            path.file_name().unwrap().to_str().is_some_and(|name| name.starts_with(&stem))
        })
        .collect()
}

#[test]
fn several_connections_see_one_database() {
    run(async {
        let engine = filled(3).await;
        let one = engine.connect().await.unwrap();
        let two = engine.connect().await.unwrap();

        one.execute("INSERT INTO t VALUES (4, 'four')").await.unwrap();

        for connection in [&one, &two] {
            let rows: i64 = connection.query("SELECT count(*) FROM t").scalar_one().await.unwrap();
            assert_eq!(rows, 4);
        }
        assert_eq!(count(&engine).await, 4);
    });
}

#[test]
fn reads_go_on_while_a_transaction_writes() {
    run(async {
        let engine = filled(3).await;
        let tx = engine.begin().await.unwrap();
        tx.execute("DELETE FROM t").await.unwrap();

        assert_eq!(count(&engine).await, 3);

        tx.commit().await.unwrap();
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn an_uncommitted_transaction_is_invisible_to_all_but_itself() {
    run(async {
        let engine = filled(3).await;
        let connection = engine.connect().await.unwrap();
        let tx = engine.begin().await.unwrap();

        tx.execute("INSERT INTO t VALUES (4, 'four')").await.unwrap();
        tx.execute("CREATE TABLE u(a)").await.unwrap();

        assert_eq!(tx.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(), 4);
        assert_eq!(count(&engine).await, 3);
        assert_eq!(
            connection.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(),
            3
        );
        assert_eq!(
            engine.query("SELECT * FROM u").all().await.unwrap_err().kind(),
            ErrorKind::Syntax
        );
        tx.rollback().await.unwrap();
        assert_eq!(count(&engine).await, 3);
    });
}

#[test]
fn a_stream_goes_on_while_others_write() {
    run(async {
        let engine = filled(5_000).await;
        let mut stream =
            engine.query("SELECT id FROM t ORDER BY id").scalars::<i64>().await.unwrap();
        let mut seen = Vec::new();

        while let Some(id) = stream.try_next().await.unwrap() {
            seen.push(id);
            if id % 500 == 0 {
                engine.execute("INSERT INTO t(name) VALUES ('more')").await.unwrap();
                let tx = engine.begin().await.unwrap();
                tx.execute("UPDATE t SET name = 'changed' WHERE id = 1").await.unwrap();
                tx.commit().await.unwrap();
            }
        }

        assert_eq!(seen, (1..=5_000).collect::<Vec<_>>());
        assert_eq!(count(&engine).await, 5_010);
    });
}

#[test]
fn a_snapshot_keeps_its_state() {
    run(async {
        let engine = filled(3).await;
        let snapshot = engine.snapshot().await.unwrap();

        engine.execute("DELETE FROM t").await.unwrap();

        assert_eq!(snapshot.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(), 3);
        assert_eq!(count(&engine).await, 0);
    });
}

#[test]
fn writers_take_turns_and_none_is_locked_out() {
    run(async {
        let engine = filled(0).await;

        let inserts = (0..50).map(|_| engine.execute("INSERT INTO t(name) VALUES ('one')"));
        for done in futures::future::join_all(inserts).await {
            done.unwrap();
        }

        assert_eq!(count(&engine).await, 50);
    });
}

#[test]
fn its_journal_is_a_write_ahead_log() {
    run(async {
        let engine = memory().await;

        let mode: String = engine.query("PRAGMA journal_mode").scalar_one().await.unwrap();

        assert_eq!(mode, "wal");
    });
}

#[test]
fn nothing_of_it_is_synced() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:?synchronous=extra").await.unwrap();

        assert_eq!(engine.query("PRAGMA synchronous").scalar_one::<i64>().await.unwrap(), 0);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn it_lies_in_memory_where_the_system_has_a_place_for_it() {
    run(async {
        if !Path::new("/dev/shm").is_dir() {
            return;
        }

        let file = file_of(&memory().await).await;

        assert!(file.starts_with("/dev/shm"), "{}", file.display());
    });
}

#[cfg(unix)]
#[test]
fn others_of_the_machine_cannot_read_it() {
    use std::os::unix::fs::PermissionsExt as _;

    run(async {
        let engine = filled(3).await;

        for file in files(&file_of(&engine).await) {
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", file.display());
        }
    });
}

#[test]
fn two_engines_are_two_databases() {
    run(async {
        let one = filled(3).await;
        let two = memory().await;

        assert_eq!(two.query("SELECT * FROM t").all().await.unwrap_err().kind(), ErrorKind::Syntax);

        two.execute("CREATE TABLE t(a)").await.unwrap();
        assert_eq!((count(&one).await, count(&two).await), (3, 0));
    });
}

#[test]
fn it_lives_on_while_no_connection_is_open() {
    run(async {
        let engine =
            AsyncEngine::builder("sqlite::memory:").max_connections(1).open().await.unwrap();
        fill(&engine, 3).await;

        // Each such connection is closed when it goes back.
        for _ in 0..3 {
            let connection = engine.connect().await.unwrap();
            connection.execute("CREATE TEMP TABLE x(a)").await.unwrap();
        }
        let tx = engine.begin().await.unwrap();
        tx.execute("CREATE TEMP TABLE x(a)").await.unwrap();
        tx.commit().await.unwrap();
        eventually("all are closed", || engine.status().connections == 0);

        assert_eq!(count(&engine).await, 3);
    });
}

#[test]
fn its_files_are_gone_when_close_returns() {
    run(async {
        let engine = filled(100).await;
        let file = file_of(&engine).await;
        assert!(file.exists());

        engine.close(DEADLINE).await.unwrap();

        assert_eq!(crate::support::open_files(&file), 0);
        assert_eq!(files(&file), Vec::<PathBuf>::new());
        engine.close(DEADLINE).await.unwrap();
        assert_eq!(engine.query("SELECT 1").all().await.unwrap_err().kind(), ErrorKind::Closed);
    });
}

#[test]
fn its_files_are_gone_after_its_last_handle() {
    run(async {
        let engine = filled(100).await;
        let file = file_of(&engine).await;

        drop(engine);

        eventually("its files are gone", || files(&file).is_empty());
    });
}

#[test]
fn its_files_are_gone_after_the_last_of_what_was_made_from_it() {
    run(async {
        let engine = filled(5_000).await;
        let file = file_of(&engine).await;
        let stream = engine.query("SELECT id FROM t").scalars::<i64>().await.unwrap();
        drop(engine);

        assert_eq!(stream.all().await.unwrap().len(), 5_000);

        eventually("its files are gone", || files(&file).is_empty());
    });
}

/// Set for the process that is to be killed.
const VICTIM: &str = "HEADWATER_TEST_VICTIM";

/// What the process that is to be killed does: it opens a database, says where, and waits for its end.
fn be_killed() {
    futures::executor::block_on(async {
        let engine = filled(100).await;
        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO t(name) VALUES ('lost')").await.unwrap();
        let file = file_of(&engine).await;
        let told = format!("\nfile: {}\n", file.display());
        std::io::stdout().write_all(told.as_bytes()).unwrap();
        // The pipe ends when the parent does, should it forget to kill.
        let _ = std::io::stdin().lines().count();
    });
}

#[cfg(unix)]
#[test]
fn what_a_killed_process_left_is_removed_at_the_next_open() {
    if std::env::var_os(VICTIM).is_some() {
        return be_killed();
    }
    run(async {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "--test-threads=1"])
            .arg("memory_database::what_a_killed_process_left_is_removed_at_the_next_open")
            .env(VICTIM, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(victim.stdout.take().unwrap()).lines();
        let file = said
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("file: ").map(PathBuf::from));
        let file = file.expect("the child tells its file");
        let _in_use = memory().await;
        assert!(file.exists(), "what is in use is not removed");
        assert!(files(&file).len() >= 3);

        victim.kill().unwrap();
        victim.wait().unwrap();
        let engine = memory().await;

        assert_eq!(files(&file), Vec::<PathBuf>::new());
        engine.close(Duration::from_secs(30)).await.unwrap();
    });
}
