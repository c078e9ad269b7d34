//! What the names of the files say, and which files belong together.

/// A file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    version: i64,
    name: String,
    down: bool,
    file: String,
}

impl File {
    /// Reads a file's name; `None` for one that is no migration and does not look like one.
    pub(super) fn of(file: &str) -> Result<Option<Self>, String> {
        let starts_as_one = file.starts_with(|c: char| c.is_ascii_digit());
        let Some(stem) = file.strip_suffix(".sql") else {
            let ends_as_one = file.to_ascii_lowercase().ends_with(".sql") && !file.starts_with('.');
            return if starts_as_one || ends_as_one { Err(not_understood(file)) } else { Ok(None) };
        };
        if file.starts_with('.') {
            return Ok(None);
        }
        let (stem, down) = match (stem.strip_suffix(".up"), stem.strip_suffix(".down")) {
            (Some(stem), _) => (stem, false),
            (None, Some(stem)) => (stem, true),
            (None, None) => (stem, false),
        };
        let (digits, name) = stem.split_once('_').ok_or_else(|| not_understood(file))?;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || name.is_empty() {
            return Err(not_understood(file));
        }
        let version = match digits.parse::<i64>() {
            Ok(0) => return Err(format!("`{file}`: versions begin at 1")),
            Ok(version) => version,
            Err(_) => {
                return Err(format!("`{file}`: the version is larger than {}", i64::MAX));
            }
        };
        Ok(Some(Self { version, name: name.to_owned(), down, file: file.to_owned() }))
    }
}

fn not_understood(file: &str) -> String {
    format!(
        "the name of `{file}` is not understood: a migration is `VERSION_NAME.sql`, or \
         `VERSION_NAME.up.sql` with `VERSION_NAME.down.sql`, with digits for the version"
    )
}

/// A migration: the file that makes the step, and the one that takes it back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) version: i64,
    pub(super) name: String,
    pub(super) up: String,
    pub(super) down: Option<String>,
}

/// Puts the files in order, each with its way back.
pub(super) fn pair(mut files: Vec<File>) -> Result<Vec<Pair>, String> {
    files.sort_by(|a, b| (a.version, a.down, &a.file).cmp(&(b.version, b.down, &b.file)));
    let mut pairs: Vec<Pair> = Vec::new();
    for File { version, name, down, file } in files {
        let last = pairs.last_mut().filter(|pair| pair.version == version);
        match (last, down) {
            (None, false) => pairs.push(Pair { version, name, up: file, down: None }),
            (None, true) => {
                return Err(format!("`{file}` has no `{version}_{name}.up.sql` to take back"));
            }
            (Some(pair), true) if pair.down.is_none() && pair.name == name => {
                pair.down = Some(file)
            }
            (Some(pair), true) if pair.down.is_none() => {
                return Err(format!("`{file}` takes back `{}`, but has another name", pair.up));
            }
            (Some(pair), _) => {
                let other = if down { pair.down.as_deref() } else { Some(pair.up.as_str()) };
                let other = other.unwrap_or_default();
                return Err(format!("`{other}` and `{file}` have one version, {version}"));
            }
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &[&str]) -> Result<Vec<Pair>, String> {
        pair(names.iter().filter_map(|name| File::of(name).transpose()).collect::<Result<_, _>>()?)
    }

    #[test]
    fn a_name_tells_version_name_and_direction() {
        let pairs = read(&["20260101120000_add v1.2.up.sql", "20260101120000_add v1.2.down.sql"]);

        let pairs = pairs.unwrap();
        assert_eq!(pairs.len(), 1);
        assert_eq!((pairs[0].version, pairs[0].name.as_str()), (20_260_101_120_000, "add v1.2"));
        assert_eq!(pairs[0].down.as_deref(), Some("20260101120000_add v1.2.down.sql"));
        assert_eq!(read(&["1_a.sql", "1_a.down.sql", "2_b.sql"]).unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_migration_is_passed_over() {
        for name in ["README.md", ".gitkeep", ".1_a.sql", "seeds"] {
            assert_eq!(File::of(name), Ok(None), "{name}");
        }
    }

    #[test]
    fn what_looks_like_one_and_is_none_is_refused() {
        for name in [
            "create_users.sql",
            "0001.sql",
            "0001_.sql",
            "_a.sql",
            "+1_a.sql",
            "1a_b.sql",
            "1_a.SQL",
            "2024-01-01-000000_create_users",
            "1_a.sql.bak",
            "1_.up.sql",
        ] {
            let refused = File::of(name).unwrap_err();
            assert!(refused.contains(&format!("`{name}` is not understood")), "{refused}");
        }
        assert!(File::of("0000_a.sql").unwrap_err().contains("begin at 1"));
        assert!(File::of("9223372036854775808_a.sql").unwrap_err().contains("larger than"));
        assert!(File::of("9223372036854775807_a.sql").is_ok());
    }

    #[test]
    fn files_that_do_not_fit_together_are_named() {
        let wrong = |names: &[&str]| read(names).unwrap_err();

        assert_eq!(wrong(&["1_a.sql", "01_b.sql"]), "`01_b.sql` and `1_a.sql` have one version, 1");
        assert_eq!(
            wrong(&["1_a.sql", "1_a.up.sql"]),
            "`1_a.sql` and `1_a.up.sql` have one version, 1"
        );
        assert_eq!(wrong(&["1_a.down.sql"]), "`1_a.down.sql` has no `1_a.up.sql` to take back");
        assert!(wrong(&["1_a.sql", "1_b.down.sql"]).contains("another name"));
        assert!(wrong(&["1_a.sql", "1_a.down.sql", "01_a.down.sql"]).contains("have one version"));
    }
}
