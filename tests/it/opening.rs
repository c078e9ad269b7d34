//! Opening an engine: URLs and their options, what the defaults are, and what cannot be opened.

mod defaults;
mod failures;
mod immutable;
mod options;

use std::path::{Path, PathBuf};

use headwater::AsyncEngine;

use crate::support::{Tank, run};

/// Writes a path with every byte that is not a letter, a digit or a slash percent-encoded.
fn encoded(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'/';
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    bytes
        .map(
            |&byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") },
        )
        .collect()
}

/// The file that an engine has open, as SQLite names it.
async fn file_of(engine: &AsyncEngine) -> PathBuf {
    let file: String =
        engine.query("SELECT file FROM pragma_database_list").scalar_one().await.unwrap();
    file.into()
}

#[test]
fn three_slashes_begin_an_absolute_path() {
    run(async {
        let tank = Tank::new();

        let engine =
            AsyncEngine::open(format!("sqlite://{}", tank.path().display())).await.unwrap();

        engine.execute("CREATE TABLE t(a)").await.unwrap();
        assert!(tank.path().is_absolute() && tank.path().exists());
    });
}

#[test]
fn two_slashes_begin_a_path_relative_to_the_working_directory() {
    run(async {
        let tank = Tank::new();
        let here = std::env::current_dir().unwrap();
        let up = "../".repeat(here.components().count() - 1);
        let absolute = tank.path().canonicalize().unwrap_or_else(|_| tank.path());
        let relative = format!("{up}{}", absolute.display().to_string().trim_start_matches('/'));

        let engine = AsyncEngine::open(format!("sqlite://{relative}")).await.unwrap();

        engine.execute("CREATE TABLE t(a)").await.unwrap();
        assert!(tank.path().exists());
    });
}

#[test]
fn a_scheme_is_read_in_any_case() {
    run(async {
        let tank = Tank::new();

        AsyncEngine::open(tank.url().replace("sqlite", "SQLite")).await.unwrap();

        assert!(tank.path().exists());
    });
}

#[test]
fn the_memory_url_opens_a_database() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();

        engine.execute("CREATE TABLE t(a)").await.unwrap();

        assert_eq!(engine.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(), 0);
    });
}

#[test]
fn the_memory_url_takes_options() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:?foreign_keys=off").await.unwrap();

        assert_eq!(engine.query("PRAGMA foreign_keys").scalar_one::<i64>().await.unwrap(), 0);
    });
}

#[test]
fn a_path_is_percent_decoded() {
    run(async {
        let tank = Tank::new();
        let path = tank.folder().join("100 % odd?&=#name \u{e9}.db");

        let engine = AsyncEngine::open(format!("sqlite://{}", encoded(&path))).await.unwrap();

        engine.execute("CREATE TABLE t(a)").await.unwrap();
        assert!(path.exists());
        assert_eq!(file_of(&engine).await.file_name(), path.file_name());
    });
}

#[cfg(unix)]
#[test]
fn a_path_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt as _;

    run(async {
        let tank = Tank::new();
        let path = tank.folder().join(std::ffi::OsStr::from_bytes(b"\xFF\xFE.db"));

        // The driver hands paths to SQLite as UTF-8: a file name that is not is refused, and not replaced.
        let opened = AsyncEngine::open(format!("sqlite://{}", encoded(&path))).await;

        match opened {
            Ok(_) => assert!(path.exists()),
            Err(_) => assert_eq!(std::fs::read_dir(tank.folder()).unwrap().count(), 0),
        }
    });
}

#[test]
fn a_name_that_begins_with_file_is_a_name() {
    run(async {
        let tank = Tank::new();
        let path = tank.folder().join("file:name.db?mode=memory");

        let engine = tank_on(&path).await;

        engine.execute("CREATE TABLE t(a)").await.unwrap();
        assert!(path.exists());
    });
}

async fn tank_on(path: &Path) -> AsyncEngine {
    headwater::EngineBuilder::file(path).open().await.unwrap()
}

#[test]
fn a_zero_byte_file_is_an_empty_database() {
    run(async {
        let tank = Tank::new();
        std::fs::write(tank.path(), "").unwrap();

        let engine = tank.engine().await;

        engine.execute("CREATE TABLE t(a)").await.unwrap();
        assert_eq!(engine.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(), 0);
    });
}

#[test]
fn what_one_engine_wrote_another_reads() {
    run(async {
        let tank = Tank::new();
        tank.filled(3).await;

        let engine = AsyncEngine::open(tank.url()).await.unwrap();

        assert_eq!(engine.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(), 3);
    });
}

#[test]
fn opening_makes_the_file_unless_the_mode_forbids_it() {
    run(async {
        let tank = Tank::new();

        let error = AsyncEngine::open(format!("{}?mode=rw", tank.url())).await.unwrap_err();
        assert_eq!(error.kind(), headwater::ErrorKind::CannotOpen);
        assert!(!tank.path().exists());

        AsyncEngine::open(format!("{}?mode=rwc", tank.url())).await.unwrap();
        assert!(tank.path().exists());
    });
}
