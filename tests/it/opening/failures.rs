//! What cannot be opened: each case has an error of its own, with a kind and words that say what to do.

use std::error::Error as _;

use headwater::{AsyncEngine, EngineBuilder, Error, ErrorKind};

use crate::support::{Tank, run, watched};

async fn refused(url: &str) -> Error {
    match AsyncEngine::open(url).await {
        Ok(_) => panic!("{url} opened"),
        Err(error) => error,
    }
}

/// All that an error says, its causes too.
fn told(error: &Error) -> String {
    let mut told = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        told += &format!(" {error} {error:?}");
        cause = error.source();
    }
    told
}

#[test]
fn a_missing_folder_is_named() {
    run(async {
        let tank = Tank::new();
        let folder = tank.folder().join("missing");

        let error = EngineBuilder::file(folder.join("test.db")).open().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::CannotOpen);
        assert!(
            error.to_string().contains(&format!("the folder {} does not exist", folder.display()))
        );
    });
}

#[test]
fn a_directory_is_no_database() {
    run(async {
        let tank = Tank::new();

        let error = EngineBuilder::file(tank.folder()).open().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::CannotOpen);
        assert!(error.to_string().contains("is a directory"));
    });
}

#[test]
fn junk_bytes_are_no_database() {
    run(async {
        let tank = Tank::new();
        for (what, junk) in [("short", b"junk".to_vec()), ("long", b"junk".repeat(10_000))] {
            std::fs::write(tank.path(), &junk).unwrap();

            let error = tank.builder().open().await.unwrap_err();

            assert_eq!(error.kind(), ErrorKind::NotADatabase, "{what}");
            assert!(
                error.to_string().contains("test.db is not a SQLite database"),
                "{what}: {error}"
            );
            assert_eq!(std::fs::read(tank.path()).unwrap(), junk, "{what}");
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_place_where_nothing_can_be_written_cannot_be_opened() {
    run(async {
        for place in ["/proc/headwater.db", "/sys/headwater.db"] {
            let error = EngineBuilder::file(place).open().await.unwrap_err();

            assert_eq!(error.kind(), ErrorKind::CannotOpen, "{error}");
            assert!(error.to_string().contains(place), "{error}");
            assert!(error.to_string().contains("cannot be read or written"), "{error}");
        }
    });
}

#[test]
fn a_file_opened_to_be_read_is_not_written() {
    run(async {
        let tank = Tank::new();
        tank.filled(1).await.close(crate::support::DEADLINE).await.unwrap();
        let engine = AsyncEngine::open(format!("{}?mode=ro", tank.url())).await.unwrap();

        let written = [
            engine.execute("INSERT INTO t VALUES (2, 'two')").await.unwrap_err(),
            engine.execute("CREATE TABLE u(a)").await.unwrap_err(),
            engine.execute_batch("DELETE FROM t").await.unwrap_err(),
            engine.execute_many("INSERT INTO t VALUES (?, ?)", [(2, "two")]).await.unwrap_err(),
        ];

        for error in written {
            assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
        }
        assert_eq!(engine.query("SELECT count(*) FROM t").scalar_one::<i64>().await.unwrap(), 1);
    });
}

#[test]
fn a_missing_file_that_may_not_be_made_is_named() {
    run(async {
        for mode in ["ro", "rw", "immutable"] {
            let tank = Tank::new();

            let error = refused(&format!("{}?mode={mode}", tank.url())).await;

            assert_eq!(error.kind(), ErrorKind::CannotOpen);
            assert!(error.to_string().contains("does not exist"), "{error}");
            assert!(!tank.path().exists());
        }
    });
}

#[test]
fn an_unknown_scheme_is_named_and_the_known_one_told() {
    run(async {
        for url in ["mysql://host/db", "postgres://host/db", "file:test.db", "http://example.com"] {
            let error = refused(url).await;

            let scheme = url.split_once(':').unwrap().0;
            assert_eq!(error.kind(), ErrorKind::BadUrl);
            assert!(error.to_string().contains(&format!("`{scheme}:`")), "{error}");
            assert!(error.to_string().contains("`sqlite:`"), "{error}");
        }
    });
}

#[test]
fn a_url_without_a_scheme_or_a_file_says_how_to_write_one() {
    run(async {
        for url in ["", "test.db", "/tmp/test.db", "sqlite:", "sqlite://", "sqlite://?mode=ro"] {
            let error = refused(url).await;

            assert_eq!(error.kind(), ErrorKind::BadUrl);
            assert!(error.to_string().contains("`sqlite://app.db`"), "{url}: {error}");
        }
    });
}

#[test]
fn an_unknown_option_is_named_and_the_known_ones_told() {
    run(async {
        let error = refused("sqlite::memory:?busy_timout=5s").await;

        assert_eq!(error.kind(), ErrorKind::BadUrl);
        assert!(error.to_string().contains("`busy_timout`"), "{error}");
        assert!(error.to_string().contains("busy_timeout"), "{error}");
    });
}

#[test]
fn a_bad_value_is_named_with_what_was_wanted() {
    let cases = [
        ("mode", "readonly", "`ro`, `rw`, `rwc` or `immutable`"),
        ("journal_mode", "off", "`wal`, `delete`"),
        ("synchronous", "2", "`off`, `normal`"),
        ("busy_timeout", "soon", "a duration"),
        ("busy_timeout", "-1s", "a duration"),
        ("busy_timeout", "1h", "a duration"),
        ("acquire_timeout", "99999999999999999999s", "a duration"),
        ("foreign_keys", "maybe", "`on` or `off`"),
        ("max_connections", "many", "a number"),
        ("max_connections", "-1", "a number"),
        ("cache_size_kib", "4294967296", "a number"),
        ("batch_rows", "", "a number"),
        ("mmap_size", "1.5", "a number"),
    ];
    run(async move {
        for (name, value, wanted) in cases {
            let error = refused(&format!("sqlite::memory:?{name}={value}")).await;

            assert_eq!(error.kind(), ErrorKind::BadUrl, "{name}={value}");
            let said = error.to_string();
            assert!(said.contains(&format!("`{name}`")) && said.contains(wanted), "{said}");
        }
    });
}

#[test]
fn an_option_without_a_value_or_given_twice_is_refused() {
    run(async {
        for (url, why) in [
            ("sqlite::memory:?mode", "no value"),
            ("sqlite::memory:?mode=rw&mode=ro", "twice"),
            ("sqlite::memory:?mode=rw&%6Dode=ro", "twice"),
        ] {
            let error = refused(url).await;

            assert_eq!(error.kind(), ErrorKind::BadUrl);
            assert!(error.to_string().contains(why), "{error}");
        }
    });
}

#[test]
fn a_broken_percent_encoding_is_refused() {
    run(async {
        for url in ["sqlite://a%", "sqlite://a%2", "sqlite://a%zz.db", "sqlite://a.db?mode=%r"] {
            let error = refused(url).await;

            assert_eq!(error.kind(), ErrorKind::BadUrl);
            assert!(error.to_string().contains("`%25`"), "{error}");
        }
        let error = refused("sqlite://a.db?mode=%FF").await;
        assert_eq!(error.kind(), ErrorKind::BadUrl);
    });
}

#[test]
fn a_nul_in_a_url_or_a_path_is_refused() {
    run(async {
        for url in ["sqlite://a\0b.db", "sqlite://a%00b.db", "sqlite://a.db?mode=r%00"] {
            let error = refused(url).await;

            assert_eq!(error.kind(), ErrorKind::BadUrl, "{url:?}");
            assert!(error.to_string().contains("NUL"), "{error}");
        }
        let tank = Tank::new();

        let error = EngineBuilder::file(tank.folder().join("a\0b.db")).open().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::CannotOpen);
        assert_eq!(std::fs::read_dir(tank.folder()).unwrap().count(), 0);
    });
}

#[test]
fn an_error_never_shows_a_secret() {
    run(async {
        for url in [
            "postgres://user:canary@host/db",
            "postgres://user:can%61ry@host/db?sslmode=canary",
            "sqlite://app.db?password=canary",
            "sqlite://app.db?mode=ro&key=canary&key=canary",
            "sqlite://app.db?pass%77ord=canary%00",
        ] {
            let builder = AsyncEngine::builder(url);
            assert!(!format!("{builder:?}").contains("canary"), "{builder:?}");

            let error = refused(url).await;

            assert_eq!(error.kind(), ErrorKind::BadUrl);
            assert!(!told(&error).contains("canary"), "{}", told(&error));
        }
    });
}

#[test]
fn a_failed_opening_leaves_nothing_open() {
    run(async {
        let tank = Tank::new();
        std::fs::write(tank.path(), b"junk".repeat(1_000)).unwrap();

        for _ in 0..20 {
            tank.builder().open().await.unwrap_err();
        }

        crate::support::eventually("no descriptor is left", || {
            crate::support::open_files(&tank.path()) == 0
        });
    });
}

/// Two connections that both turn a new file into one with a write-ahead log: SQLite tells one of them at
/// once that the file is locked, without waiting, and `open` failed.
#[test]
fn engines_that_open_a_new_file_at_the_same_time_all_open_it() {
    watched(|| {
        for _ in 0..50 {
            let tank = Tank::new();
            let together = std::sync::Barrier::new(4);

            let opened: Vec<_> = std::thread::scope(|threads| {
                let opens = |_| {
                    threads.spawn(|| {
                        together.wait();
                        futures::executor::block_on(tank.builder().open())
                    })
                };
                let opening: Vec<_> = (0..4).map(opens).collect();
                opening.into_iter().map(|thread| thread.join().unwrap()).collect()
            });

            for engine in opened {
                let engine = engine.unwrap();
                let mode = engine.query("PRAGMA journal_mode").scalar_one::<String>();
                assert_eq!(futures::executor::block_on(mode).unwrap(), "wal");
            }
        }
    });
}
