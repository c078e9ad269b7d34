//! The house: which room may name what, and what the library is built on.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The rooms, from the ground up: each may import only from those before it.
const ROOMS: [&str; 13] = [
    "error",
    "clock",
    "value",
    "statement",
    "row",
    "flow",
    "driver",
    "result",
    "engine",
    "migrate",
    "expr",
    "schema",
    "orm",
];

/// Where a driver may be named although it is not in `src/driver`: the file and the function.
const ESCAPE_HATCHES: [(&str, &str); 2] =
    [("engine/connection.rs", "with_sqlite"), ("engine/builder.rs", "on_connect")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file under a folder, by its path from there, with its lines.
fn sources(folder: &Path) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.push((name, text.lines().map(str::to_owned).collect()));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// A line without its comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

/// The identifiers that stand after each `crate::` of a line.
fn imports(line: &str) -> impl Iterator<Item = &str> {
    let after = code(line).split("crate::").skip(1);
    after.map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn a_driver_is_named_only_behind_the_seam() {
    for (file, lines) in sources(&root().join("src")) {
        if file.starts_with("driver/") {
            continue;
        }
        let hatch = ESCAPE_HATCHES.iter().find(|(hatch, _)| *hatch == file);
        let mut function = "";
        for (number, line) in (1..).zip(&lines) {
            if let Some((_, rest)) = code(line).split_once("fn ") {
                function = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            }
            let names =
                ["rusqlite", "tokio_postgres"].iter().any(|driver| code(line).contains(driver));
            let excused = hatch.is_some_and(|(_, hatch)| *hatch == function);
            assert!(!names || excused, "src/{file}:{number} names a driver: {line}");
        }
    }
}

#[test]
fn the_escape_hatches_are_there() {
    for (file, function) in ESCAPE_HATCHES {
        let text = std::fs::read_to_string(root().join("src").join(file)).unwrap();

        assert!(text.contains(&format!("pub fn {function}<")), "{file} has no {function}");
        assert!(
            text.contains("rusqlite::Connection"),
            "{file} names no driver: it needs no excuse"
        );
    }
}

#[test]
fn every_source_file_is_in_a_room() {
    for (file, _) in sources(&root().join("src")) {
        let room = file.split(['/', '.']).next().unwrap();

        assert!(room == "lib" || ROOMS.contains(&room), "src/{file} is in no room that is known");
    }
}

#[test]
fn a_room_imports_only_from_those_below_it() {
    for (file, lines) in sources(&root().join("src")) {
        let room = file.split(['/', '.']).next().unwrap();
        let Some(floor) = ROOMS.iter().position(|known| *known == room) else {
            continue;
        };
        for (number, line) in (1..).zip(&lines) {
            for import in imports(line) {
                let Some(from) = ROOMS.iter().position(|known| *known == import) else {
                    let brace = line.contains("use crate::{") || line.contains("use crate::*");
                    assert!(!brace, "src/{file}:{number} hides what it imports: {line}");
                    continue;
                };
                assert!(
                    from <= floor,
                    "src/{file}:{number}: `{room}` imports from `{import}`: {line}"
                );
            }
        }
    }
}

#[test]
fn imports_are_found_where_they_stand() {
    let found = |line| imports(line).collect::<Vec<_>>();

    assert_eq!(found("use crate::row::{Columns, Row};"), ["row"]);
    assert_eq!(
        found("    crate::flow::handoff(x, crate::clock::Clock::system())"),
        ["flow", "clock"]
    );
    assert_eq!(found("pub fn f(x: $crate::result::Query) {} // crate::engine"), ["result"]);
    assert_eq!(found("/// [`crate::engine`]"), Vec::<&str>::new());
}

#[test]
fn unsafe_code_is_forbidden_in_both_libraries() {
    for library in ["src/lib.rs", "derive/src/lib.rs"] {
        let text = std::fs::read_to_string(root().join(library)).unwrap();

        assert!(text.contains("#![forbid(unsafe_code)]"), "{library}");
    }
    for folder in ["src", "derive/src"] {
        for (file, lines) in sources(&root().join(folder)) {
            let word = "allow(unsafe_code";
            assert!(!lines.iter().any(|line| line.contains(word)), "{folder}/{file}");
        }
    }
}

/// Runs `cargo tree` on the library with what it is built with by default, without tests and without
/// the network; gives each package's name and features.
fn tree(arguments: &[&str]) -> Vec<(String, Vec<String>)> {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
        .args(["tree", "--offline", "--locked", "--package", "headwater", "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p}|{f}"])
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree failed: {said}");
    let text = String::from_utf8(output.stdout).unwrap();
    let packages = text.lines().filter_map(|line| {
        let (package, features) = line.split_once('|')?;
        let features =
            features.trim_end_matches(" (*)").split(',').filter(|feature| !feature.is_empty());
        Some((package.split(' ').next()?.to_owned(), features.map(str::to_owned).collect()))
    });
    packages.collect()
}

#[test]
fn of_tokio_only_its_sync_primitives_are_used() {
    for arguments in [&[][..], &["--all-features"], &["--no-default-features"]] {
        let packages = tree(arguments);

        let tokio: Vec<_> = packages.iter().filter(|(name, _)| name == "tokio").collect();
        assert!(!tokio.is_empty());
        for (_, features) in tokio {
            // Its default is a feature without content.
            let asked: Vec<_> = features.iter().filter(|feature| *feature != "default").collect();
            assert_eq!(asked, ["sync"], "{arguments:?}");
        }
    }
}

#[test]
fn tokio_stream_brings_no_timer() {
    for (name, features) in tree(&[]) {
        if name == "tokio-stream" {
            assert_eq!(features, Vec::<String>::new(), "{name}");
        }
    }
}

#[test]
fn no_runtime_comes_with_the_library() {
    const RUNTIMES: [&str; 9] = [
        "async-executor",
        "async-global-executor",
        "async-io",
        "async-std",
        "blocking",
        "futures-executor",
        "mio",
        "smol",
        "tokio-util",
    ];
    for arguments in [&[][..], &["--all-features"]] {
        for (name, _) in tree(arguments) {
            assert!(!RUNTIMES.contains(&name.as_str()), "{name} is a runtime or a part of one");
        }
    }
}

#[test]
fn what_is_listed_as_a_dependency_is_used() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let listed = manifest.split_once("\n[dependencies]\n").unwrap().1.split("\n[").next().unwrap();
    let code: String = sources(&root().join("src"))
        .into_iter()
        .flat_map(|(_, lines)| lines)
        .map(|line| format!("{}\n", self::code(&line)))
        .collect();
    for line in listed.lines().filter(|line| line.contains('=') && !line.starts_with('#')) {
        let name = line.split(['=', ' ']).next().unwrap().replace('-', "_");

        assert!(code.contains(&format!("{name}::")), "nothing uses {name}");
    }
}

#[test]
fn no_default_of_a_dependency_is_taken_unasked() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for name in ["tokio", "tokio-stream", "futures"] {
        let line = manifest.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap();

        assert!(line.contains("default-features = false"), "{line}");
    }
}
