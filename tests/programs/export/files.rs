//! Files of every kind: missing ones, others than databases, written ones, ones in read-only folders.

use std::fs;
use std::io::Read;
use std::process::Command;

use super::{Basin, ENDLESS, export, exported};
use crate::support::{Ended, Program, run};

const COUNT: &str = "SELECT count(*) AS n FROM t";

#[test]
fn what_is_no_database_is_said_to_be_none() {
    let basin = Basin::new();
    fs::write(basin.folder().join("notes.txt"), "no database at all, but long enough".repeat(99))
        .unwrap();
    let cases = [
        ("missing.db", "does not exist"),
        ("notes.txt", "is not a SQLite database"),
        ("", "is a directory"),
    ];
    for (name, why) in cases {
        let ended = exported(&basin.folder().join(name), &["SELECT 1"]);

        assert_eq!((ended.code(), ended.text()), (1, ""), "{name}");
        assert!(ended.stderr.contains(why), "{ended:?}");
    }
    assert!(!basin.folder().join("missing.db").exists());
}

#[test]
fn a_database_is_found_by_any_path_and_by_its_url() {
    let basin = Basin::new();
    drop(basin.plain());
    let names = ["a b.db", "100%25?x=1#.db", "źródło 流.db", "-dash.db"];
    for name in names {
        fs::copy(basin.path(), basin.folder().join(name)).unwrap();

        let absolute = exported(&basin.folder().join(name), &[COUNT]);
        let relative = run(export().current_dir(basin.folder()).args(["-q", "--", name, COUNT]));

        assert_eq!((absolute.text(), relative.text()), ("{\"n\":3}\n", "{\"n\":3}\n"), "{name}");
    }
    let url = run(export().current_dir(basin.folder()).args([
        "-q",
        "sqlite:a%20b.db?busy_timeout=1s",
        COUNT,
    ]));
    assert_eq!(url.text(), "{\"n\":3}\n", "{url:?}");
}

#[test]
fn an_output_file_is_written_only_once_the_statement_is_accepted() {
    let basin = Basin::new();
    let output = basin.folder().join("out.csv");
    fs::write(&output, "before").unwrap();
    let to_file =
        |text| exported(&basin.path(), &[text, "-f", "csv", "-o", output.to_str().unwrap()]);

    assert_eq!(to_file("SELECT nothing FROM t").code(), 1);
    assert_eq!(fs::read_to_string(&output).unwrap(), "before");

    let ended = to_file("SELECT id FROM t LIMIT 1");
    assert_eq!((ended.code(), ended.text()), (0, ""));
    assert_eq!(fs::read_to_string(&output).unwrap(), "id\r\n1\r\n");
}

#[test]
fn the_database_is_never_its_own_output() {
    let basin = Basin::new();
    let before = fs::read(basin.path()).unwrap();
    for database in
        [basin.path().display().to_string(), format!("sqlite://{}", basin.path().display())]
    {
        let outputs = [basin.path(), basin.folder().join(".").join("test.db")];
        for output in outputs {
            let ended = run(export().args([&database, COUNT, "-o"]).arg(output));

            assert_eq!(ended.code(), 2, "{ended:?}");
            assert_eq!(fs::read(basin.path()).unwrap(), before);
        }
    }
}

#[test]
fn it_reads_one_state_while_another_process_writes() {
    for mode in ["wal", "delete"] {
        let basin = Basin::new();
        let writer = basin.plain();
        writer.pragma_update(None, "journal_mode", mode).unwrap();
        let fill =
            "WITH RECURSIVE g(n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM g WHERE n < 50009)
            INSERT INTO t SELECT n, 'a name that takes some room', 0.5 FROM g";
        writer.execute(fill, []).unwrap();
        let mut program =
            Program::start(export().arg(basin.path()).args(["SELECT * FROM t", "-q"]));
        let mut stdout = program.stdout();
        let mut bytes = vec![0; 8];
        stdout.read_exact(&mut bytes).unwrap();

        // In the middle of the export, which waits for its reader.
        writer.busy_timeout(crate::support::DEADLINE).unwrap();
        writer.execute("DELETE FROM t WHERE id > 100", []).unwrap();

        stdout.read_to_end(&mut bytes).unwrap();
        let rows = bytes.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!((program.wait().code(), rows), (0, 50_003), "{mode}");
    }
}

#[cfg(unix)]
mod read_only {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Whoever may write everywhere runs the program as somebody who may not.
    const NOBODY: u32 = 65_534;

    /// A folder that cannot be written, with files of a database.
    struct Sealed {
        basin: Basin,
        program: PathBuf,
    }

    impl Sealed {
        /// Copies the database, and those of the files beside it that are named.
        fn new(basin: Basin, beside: &[&str]) -> Self {
            let folder = basin.folder().join("sealed");
            fs::create_dir(&folder).unwrap();
            for suffix in [&[""], beside].concat() {
                let name = format!("test.db{suffix}");
                fs::copy(basin.folder().join(&name), folder.join(&name)).unwrap();
                fs::set_permissions(folder.join(&name), Permissions::from_mode(0o444)).unwrap();
            }
            let program = basin.folder().join("export");
            // A program cannot be started while a file of it is open for writing, and what this process
            // has open is for a moment also open in each that other tests start.
            let copied = Command::new("cp")
                .arg(crate::support::example("export"))
                .arg(&program)
                .status()
                .unwrap();
            assert!(copied.success());
            fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
            fs::set_permissions(basin.folder(), Permissions::from_mode(0o755)).unwrap();
            fs::set_permissions(&folder, Permissions::from_mode(0o555)).unwrap();
            Self { basin, program }
        }

        fn path(&self) -> PathBuf {
            self.folder().join("test.db")
        }

        fn folder(&self) -> PathBuf {
            self.basin.folder().join("sealed")
        }

        fn exported(&self, arguments: &[&str]) -> Ended {
            let mut command = Command::new(&self.program);
            command.arg(self.path()).arg(COUNT).arg("-q").args(arguments);
            if owner(self.basin.folder()) == 0 {
                command.uid(NOBODY).gid(NOBODY);
            }
            run(&mut command)
        }
    }

    impl Drop for Sealed {
        fn drop(&mut self) {
            // So that the folder can be removed.
            let _ = fs::set_permissions(self.folder(), Permissions::from_mode(0o755));
        }
    }

    fn owner(path: &Path) -> u32 {
        fs::metadata(path).unwrap().uid()
    }

    #[test]
    fn a_database_in_rollback_mode_is_read_in_a_read_only_folder() {
        let basin = Basin::new();
        basin.plain().pragma_update(None, "journal_mode", "delete").unwrap();
        let sealed = Sealed::new(basin, &[]);

        let ended = sealed.exported(&[]);

        assert_eq!((ended.code(), ended.text()), (0, "{\"n\":3}\n"), "{ended:?}");
    }

    #[test]
    fn a_log_is_read_in_a_read_only_folder() {
        let basin = Basin::new();
        let writer = basin.plain();
        writer.execute("INSERT INTO t(name) VALUES ('in the log alone')", []).unwrap();
        let sealed = Sealed::new(basin, &["-wal", "-shm"]);

        let ended = sealed.exported(&[]);

        assert_eq!((ended.code(), ended.text()), (0, "{\"n\":4}\n"), "{ended:?}");
    }

    #[test]
    fn a_log_that_cannot_be_made_is_done_without_if_asked() {
        let sealed = Sealed::new(Basin::new(), &[]);

        let refused = sealed.exported(&[]);
        let read = sealed.exported(&["--immutable"]);

        assert_eq!((refused.code(), refused.text()), (1, ""));
        assert!(refused.stderr.contains("--immutable"), "{refused:?}");
        assert_eq!((read.code(), read.text()), (0, "{\"n\":3}\n"), "{read:?}");
    }

    #[test]
    fn a_log_is_not_passed_over() {
        let basin = Basin::new();
        let writer = basin.plain();
        writer.execute("INSERT INTO t(name) VALUES ('in the log alone')", []).unwrap();
        let sealed = Sealed::new(basin, &["-wal"]);

        let ended = sealed.exported(&["--immutable"]);

        assert_eq!((ended.code(), ended.text()), (1, ""));
        assert!(ended.stderr.contains("test.db-wal"), "{ended:?}");
    }
}

#[test]
fn an_empty_file_is_an_empty_database() {
    let basin = Basin::new();
    let path = basin.folder().join("empty.db");
    fs::write(&path, "").unwrap();

    let ended = exported(&path, &["SELECT count(*) AS n FROM sqlite_schema"]);

    assert_eq!(ended.text(), "{\"n\":0}\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_of_any_size_takes_little_memory() {
    let basin = Basin::new();
    let text = format!("SELECT printf('%.*c', 1000, 'x') AS x FROM ({ENDLESS} LIMIT 100000)");
    let mut program = Program::start(export().arg(basin.path()).args([&text, "-q"]));
    let mut stdout = program.stdout();
    let mut bytes = vec![0; 1 << 20];
    let mut read = 0;
    while read < 90 << 20 {
        read += stdout.read(&mut bytes).unwrap();
    }

    let peak = program.peak_memory_kib();

    drop(stdout);
    assert!(peak < 40 << 10, "{peak} KiB for {} MiB", read >> 20);
}
