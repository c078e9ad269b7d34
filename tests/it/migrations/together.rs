//! Several that migrate one file at once: tasks, engines, processes, and a process that is killed.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use futures::future::join_all;
use headwater::{AsyncEngine, EngineBuilder, Migration, Migrations};
use rusqlite::functions::FunctionFlags;

use super::{count, tables, three};
use crate::support::{Tank, run};

#[test]
fn engines_and_tasks_that_begin_at_once_apply_each_migration_once() {
    run(async {
        let tank = Tank::new();
        let engines = [tank.engine().await, tank.engine().await, tank.engine().await];
        let calls = (0..12).map(|number| engines[number % 3].migrate(three()));

        let reports = join_all(calls).await;

        let mut applied: Vec<_> = reports
            .into_iter()
            .flat_map(|report| {
                let report = report.unwrap();
                assert_eq!(report.version, 3);
                report.applied
            })
            .map(|run| run.version)
            .collect();
        applied.sort_unstable();
        assert_eq!(applied, [1, 2, 3]);
        assert_eq!(count(&engines[0], "t").await, 1);
    });
}

#[test]
fn two_that_go_to_different_versions_come_to_an_end() {
    run(async {
        let tank = Tank::new();
        let all = Migrations::new((1..=8).map(|n| {
            Migration::new(n, "m", format!("CREATE TABLE t{n}(a)")).down(format!("DROP TABLE t{n}"))
        }));
        let engines = [tank.engine().await, tank.engine().await];
        engines[0].migrate(&all).await.unwrap();
        let targets = [0, 8, 0, 8];
        let calls = (0..4).map(|n| engines[n % 2].migrate(all.clone().to(targets[n])));

        let reports = join_all(calls).await;

        for error in reports.into_iter().filter_map(Result::err) {
            assert!(error.to_string().contains("undone by somebody else"), "{error}");
        }
        let whole = all.status(&engines[0]).await.unwrap();
        let applied = whole.iter().filter(|one| one.applied_at.is_some()).count();
        assert_eq!(tables(&engines[0]).await.len(), applied + 1);
    });
}

/// Set for the processes that migrate: the file.
const FILE: &str = "HEADWATER_TEST_MIGRATED";

fn file() -> Option<PathBuf> {
    std::env::var_os(FILE).map(PathBuf::from)
}

/// A process of this program's, in which a test does something else.
fn process(test: &str, file: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .arg(format!("migrations::together::{test}"))
        .env(FILE, file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The next line of a process that begins so, without its beginning.
fn told(said: &mut impl BufRead, beginning: &str) -> String {
    let line = said.lines().map_while(Result::ok).find(|line| line.starts_with(beginning));
    line.expect("the process tells it")[beginning.len()..].trim().to_owned()
}

fn tell(text: &str) {
    // The harness has written the beginning of a line.
    std::io::stdout().write_all(format!("\n{text}\n").as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
}

/// What is migrated by several processes: some steps that take a while.
fn long() -> Migrations {
    let rows = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT i FROM n";
    Migrations::new((1..=10).map(|n| match n {
        1 => Migration::new(1, "create", "CREATE TABLE t(a)"),
        n => Migration::new(n, "fill", rows),
    }))
}

#[test]
fn processes_that_begin_at_once_apply_each_migration_once() {
    if let Some(file) = file() {
        return be_one_of_several(file);
    }
    run(async {
        let tank = Tank::new();
        let test = "processes_that_begin_at_once_apply_each_migration_once";
        let mut processes: Vec<_> = (0..4).map(|_| process(test, &tank.path())).collect();
        let mut said: Vec<_> =
            processes.iter_mut().map(|p| BufReader::new(p.stdout.take().unwrap())).collect();
        for said in &mut said {
            told(said, "ready:");
        }

        for process in &mut processes {
            process.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
        }
        let applied = said.iter_mut().map(|said| told(said, "applied:"));
        let mut applied: Vec<i64> = applied
            .flat_map(|list| {
                list.split_whitespace().map(|n| n.parse().unwrap()).collect::<Vec<_>>()
            })
            .collect();

        applied.sort_unstable();
        assert_eq!(applied, (1..=10).collect::<Vec<_>>());
        for mut process in processes {
            assert!(process.wait().unwrap().success());
        }
        assert_eq!(count(&tank.engine().await, "t").await, 9 * 20_000);
    });
}

fn be_one_of_several(file: PathBuf) {
    futures::executor::block_on(async {
        tell("ready:");
        std::io::stdin().lines().next();
        // The file is new, so that they meet in opening it too.
        let engine = EngineBuilder::file(file).open().await.unwrap();
        let report = engine.migrate(long()).await.unwrap();
        let applied: Vec<_> = report.applied.iter().map(|run| run.version.to_string()).collect();
        tell(&format!("applied: {}", applied.join(" ")));
    });
}

/// Two migrations, of which the second calls a function in the midst of its work.
fn with_a_halt() -> Migrations {
    Migrations::new([
        Migration::new(1, "create", "CREATE TABLE t(a)"),
        Migration::new(
            2,
            "fill",
            "INSERT INTO t VALUES (1); CREATE TABLE u(a); INSERT INTO t SELECT halt(); CREATE TABLE v(a)",
        ),
    ])
}

async fn with_function(file: PathBuf, halt: fn()) -> AsyncEngine {
    let builder = EngineBuilder::file(file).on_connect(move |connection| {
        connection.create_scalar_function("halt", 0, FunctionFlags::SQLITE_UTF8, move |_| {
            halt();
            Ok(2)
        })
    });
    builder.open().await.unwrap()
}

#[test]
fn what_a_killed_process_was_migrating_is_migrated_by_the_next() {
    if let Some(file) = file() {
        return futures::executor::block_on(async {
            let engine = with_function(file, || {
                tell("halted:");
                // The pipe ends when the parent does, should it forget to kill.
                let _ = std::io::stdin().lines().count();
            });
            engine.await.migrate(with_a_halt()).await.unwrap();
        });
    }
    run(async {
        let tank = Tank::new();
        let test = "what_a_killed_process_was_migrating_is_migrated_by_the_next";
        let mut victim = process(test, &tank.path());
        told(&mut BufReader::new(victim.stdout.take().unwrap()), "halted:");

        victim.kill().unwrap();
        victim.wait().unwrap();
        let engine = with_function(tank.path(), || ()).await;

        assert_eq!(tables(&engine).await, ["_headwater_migrations", "t"]);
        assert_eq!(count(&engine, "t").await, 0);
        let report = engine.migrate(with_a_halt()).await.unwrap();
        assert_eq!((report.applied.len(), report.version), (1, 2));
        assert_eq!(count(&engine, "t").await, 2);
    });
}
