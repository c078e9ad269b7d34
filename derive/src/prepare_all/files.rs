//! Which files are read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::calls::{Call, read};

/// A source file with calls of `sql!`.
#[derive(Debug)]
pub(super) struct File {
    /// Its path from the folder of the package, with `/`.
    pub(super) name: String,
    pub(super) calls: Vec<Call>,
}

/// Reads a file, or all sources in a folder, in the order of their names.
pub(super) fn sources(package: &Path, path: &str) -> Result<Vec<File>, String> {
    if path.is_empty() || Path::new(path).is_absolute() {
        return Err(
            "name a file or a folder by its path from the folder that Cargo.toml is in".into()
        );
    }
    let start = package.join(path);
    let mut paths = Vec::new();
    if start.is_dir() {
        walk(&start, &mut paths).map_err(|error| format!("`{path}` cannot be read: {error}"))?;
    } else if start.is_file() {
        paths.push(start);
    } else {
        return Err(format!("there is no file and no folder `{path}` in this package"));
    }
    if paths.is_empty() {
        return Err(format!("there is no Rust file in `{path}`"));
    }
    paths.sort();
    let mut files = Vec::new();
    let mut for_tests = BTreeSet::new();
    for path in paths {
        let name = name(package, &path);
        let source = fs::read_to_string(&path)
            .map_err(|error| format!("`{name}` cannot be read: {error}"))?;
        let source = read(&source);
        for_tests.extend(source.test_modules.iter().map(|module| module_path(&name, module)));
        files.push(File { name, calls: source.calls });
    }
    files.retain(|file| {
        let module = file.name.trim_end_matches(".rs");
        !for_tests.iter().any(|test| {
            module.strip_prefix(test).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    });
    Ok(files)
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // A link to a folder may lead around in a circle.
        if kind.is_dir() && !hidden && entry.file_name() != "target" {
            walk(&path, paths)?;
        } else if path.is_file() && path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    Ok(())
}

fn name(package: &Path, path: &Path) -> String {
    let path = path.strip_prefix(package).unwrap_or(path);
    let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
    parts.filter(|part| part != ".").collect::<Vec<_>>().join("/")
}

/// Where the module of a file is, without what its own file ends in.
fn module_path(file: &str, module: &str) -> String {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let of = match name {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        _ => file.trim_end_matches(".rs").to_owned(),
    };
    if of.is_empty() { module.to_owned() } else { format!("{of}/{module}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sources that are read here: some files that no crate compiles.
    fn fixture() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/prepare_all")
    }

    fn texts(path: &str) -> Vec<String> {
        let files = sources(&fixture(), path).unwrap();
        let shown = |file: &File, call: &Call| {
            let text = call.text.clone().unwrap_or_else(|why| format!("({why})"));
            format!("{}:{}: {text}", file.name, call.line)
        };
        files.iter().flat_map(|file| file.calls.iter().map(|call| shown(file, call))).collect()
    }

    #[test]
    fn a_folder_is_read_with_the_folders_in_it() {
        assert_eq!(
            texts("src"),
            [
                "src/lib.rs:14: SELECT name FROM users WHERE id = ?1",
                "src/lib.rs:20: SELECT count(*) FROM users WHERE id IN (?1)",
                "src/orders/mod.rs:5: (its text does not stand here: it is given to a macro)",
                "src/orders/mod.rs:10: SELECT total FROM orders",
                "src/orders/report.rs:5: (it is a fragment: it does not begin as a statement does)",
                "src/orders/report.rs:6: (a fragment is embedded in it)",
                "src/orders/report.rs:11: (a comment says so)",
            ]
        );
    }

    #[test]
    fn a_file_is_read_alone() {
        assert_eq!(texts("src/orders/report.rs").len(), 3);
        assert_eq!(texts("./src/lib.rs").len(), 2);
    }

    #[test]
    fn what_is_not_there_is_said() {
        let said = |path| sources(&fixture(), path).unwrap_err();

        assert!(said("sources").contains("no file and no folder `sources`"));
        let absolute = fixture().join("src");
        for path in ["", "/", absolute.to_str().unwrap()] {
            assert!(
                said(path).contains("its path from the folder that Cargo.toml is in"),
                "{path}"
            );
        }
        assert!(said("empty").contains("no Rust file in `empty`"));
    }

    #[test]
    fn a_module_of_a_file_has_its_place() {
        assert_eq!(module_path("src/lib.rs", "tests"), "src/tests");
        assert_eq!(module_path("src/a/mod.rs", "tests"), "src/a/tests");
        assert_eq!(module_path("src/a.rs", "tests"), "src/a/tests");
    }
}
