//! `Migration` and `Migrations`: what a program brings along, and how far it wants it applied.

use std::borrow::Cow;
use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;
use std::time::Duration;

use siphasher::sip128::{Hasher128, SipHasher13};

use super::rules;
use crate::error::{Error, ErrorKind, Result};

/// For how long another process's migration is waited for.
const WAIT: Duration = Duration::from_secs(60);

/// One step of a database's schema: a version, a name, the SQL that makes it and perhaps the SQL that
/// takes it back.
///
/// [`migrations!`](macro@crate::migrations) makes them of files; this is for a program that has them from
/// elsewhere.
///
/// # Examples
///
/// ```
/// use headwater::Migration;
///
/// let users = Migration::new(1, "create_users", "CREATE TABLE users(name TEXT)")
///     .down("DROP TABLE users");
/// assert_eq!((users.version(), users.name()), (1, "create_users"));
/// ```
#[derive(Clone)]
pub struct Migration {
    version: i64,
    name: Cow<'static, str>,
    up: Script,
    down: Option<Script>,
}

/// A text to run, and the file it is from.
#[derive(Clone)]
pub(super) struct Script {
    file: Option<&'static str>,
    text: Cow<'static, str>,
}

impl Script {
    fn new(file: Option<&'static str>, text: Cow<'static, str>) -> Self {
        // A checkout with other line ends is the same migration, and does the same.
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => Cow::Owned(rest.to_owned()),
            None => text,
        };
        let text = if text.contains("\r\n") { text.replace("\r\n", "\n").into() } else { text };
        Self { file, text }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Migration {
    /// Makes a migration of its version, from 1 on, its name, and the statements that make the step.
    pub fn new(
        version: i64,
        name: impl Into<Cow<'static, str>>,
        up: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { version, name: name.into(), up: Script::new(None, up.into()), down: None }
    }

    /// Adds the statements that take the step back.
    #[must_use]
    pub fn down(mut self, sql: impl Into<Cow<'static, str>>) -> Self {
        self.down = Some(Script::new(None, sql.into()));
        self
    }

    /// Returns the version.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn script(&self, down: bool) -> Option<&Script> {
        if down { self.down.as_ref() } else { Some(&self.up) }
    }

    /// What errors call it: its file, if it is from one.
    pub(super) fn label(&self, down: bool) -> String {
        match (self.script(down).and_then(|script| script.file), down) {
            (Some(file), _) => file.to_owned(),
            (None, false) => called(self.version, &self.name),
            (None, true) => format!("{}, down", called(self.version, &self.name)),
        }
    }

    /// The checksum of what it does, as text. It covers neither the name nor the way back, which may be
    /// written later.
    pub(super) fn checksum(&self) -> String {
        let mut hasher = SipHasher13::new();
        hasher.write(self.up.text.as_bytes());
        format!("{:032x}", hasher.finish128().as_u128())
    }

    /// Reports what is wrong with it by itself.
    fn check(&self) -> Result<()> {
        let wrong = |down, what: &str| {
            Err(Error::new(ErrorKind::Migration, format!("{}: {what}", self.label(down))))
        };
        if self.version < 1 {
            return wrong(false, "versions begin at 1");
        }
        for down in [false, true] {
            let Some(script) = self.script(down) else {
                continue;
            };
            if script.text.trim().is_empty() {
                return wrong(down, "it is empty");
            }
            if script.text.contains('\0') {
                return wrong(down, "it has a NUL, at which a database would cut it off");
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration")
            .field("version", &self.version)
            .field("name", &self.name)
            .field("down", &self.down.is_some())
            .finish_non_exhaustive()
    }
}

/// What errors call a migration without a file.
pub(super) fn called(version: i64, name: &str) -> String {
    format!("migration {version} ({name})")
}

/// What `migrations!` makes of a file and its way back, each with its file's name.
#[doc(hidden)]
#[must_use]
pub fn embedded(
    version: i64,
    name: &'static str,
    (file, up): (&'static str, &'static str),
    down: Option<(&'static str, &'static str)>,
) -> Migration {
    Migration {
        version,
        name: name.into(),
        up: Script::new(Some(file), up.into()),
        down: down.map(|(file, text)| Script::new(Some(file), text.into())),
    }
}

/// The migrations of a program, in the order of their versions, and how
/// [`AsyncEngine::migrate`](crate::AsyncEngine::migrate) treats them.
///
/// [`migrations!`](macro@crate::migrations) embeds a folder of files; [`new`](Self::new) takes them from
/// anywhere. A clone is cheap, and where migrations are asked for, `&migrations` is one.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::{AsyncEngine, Migration, MigrationState, Migrations};
///
/// let migrations = Migrations::new([
///     Migration::new(1, "create_users", "CREATE TABLE users(name TEXT)").down("DROP TABLE users"),
///     Migration::new(2, "add_email", "ALTER TABLE users ADD COLUMN email TEXT")
///         .down("ALTER TABLE users DROP COLUMN email"),
/// ]);
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
///
/// let report = engine.migrate(migrations.clone().to(1)).await?;
/// assert_eq!(report.version, 1);
/// let status = migrations.status(&engine).await?;
/// assert_eq!(status[1].state, MigrationState::Pending);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Migrations {
    list: Arc<[Migration]>,
    pub(super) target: Option<i64>,
    pub(super) out_of_order: bool,
    pub(super) missing: bool,
    pub(super) wait: Duration,
}

impl Migrations {
    /// Makes a list of migrations, in any order.
    ///
    /// What is wrong with it (a version below 1, or two of one version, or a text that is empty or has a
    /// NUL) is told when it is used.
    pub fn new(migrations: impl IntoIterator<Item = Migration>) -> Self {
        let mut list: Vec<_> = migrations.into_iter().collect();
        list.sort_by_key(Migration::version);
        Self { list: list.into(), target: None, out_of_order: false, missing: false, wait: WAIT }
    }

    /// Migrates to exactly this version, up or down; 0 takes back all. The default is up to the last.
    ///
    /// Migrations above it are taken back, the last first, each with its down file; those up to it that
    /// are not applied are applied.
    #[must_use]
    pub fn to(mut self, version: i64) -> Self {
        self.target = Some(version);
        self
    }

    /// Also applies migrations below the last one that was applied. The default is an error, since what
    /// comes from two branches may not fit together.
    #[must_use]
    pub fn allow_out_of_order(mut self) -> Self {
        self.out_of_order = true;
        self
    }

    /// Passes over applied migrations that this program does not have: an older program goes on to work
    /// on a database that a newer one has migrated. The default is an error.
    #[must_use]
    pub fn allow_missing(mut self) -> Self {
        self.missing = true;
        self
    }

    /// For how long [`migrate`](crate::AsyncEngine::migrate) tries again when somebody else holds the
    /// right to write, perhaps for a migration. The default is 60 s, counted anew for each migration, and
    /// on top of what each try waits.
    #[must_use]
    pub fn wait(mut self, limit: Duration) -> Self {
        self.wait = limit;
        self
    }

    /// Returns the migrations, in the order of their versions.
    pub fn iter(&self) -> std::slice::Iter<'_, Migration> {
        self.list.iter()
    }

    /// Reports what is wrong with the list by itself.
    pub(super) fn check(&self) -> Result<()> {
        self.list.iter().try_for_each(Migration::check)?;
        for pair in self.list.windows(2) {
            if let [one, other] = pair
                && one.version == other.version
            {
                return Err(Error::new(
                    ErrorKind::Migration,
                    format!("{} and {} have one version", one.label(false), other.label(false)),
                ));
            }
        }
        let Some(target) = self.target.filter(|target| *target != 0) else {
            return Ok(());
        };
        if self.list.iter().all(|migration| migration.version != target) {
            return Err(Error::new(
                ErrorKind::Migration,
                format!("there is no migration of version {target} to go to"),
            ));
        }
        Ok(())
    }
}

impl<'m> IntoIterator for &'m Migrations {
    type Item = &'m Migration;
    type IntoIter = std::slice::Iter<'m, Migration>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<&Self> for Migrations {
    fn from(migrations: &Self) -> Self {
        migrations.clone()
    }
}

impl fmt::Debug for Migrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migrations")
            .field("list", &self.list)
            .field("to", &self.target)
            .finish_non_exhaustive()
    }
}

/// Refuses what cannot be part of a migration in those that are to be run.
pub(super) fn check_script(migration: &Migration, down: bool) -> Result<rules::Header> {
    let label = migration.label(down);
    let text = migration.script(down).map_or("", Script::text);
    rules::check(text, &label)?;
    rules::header(text, &label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_a_byte_order_mark_change_nothing() {
        let plain = Migration::new(1, "a", "CREATE TABLE a(b);\n-- c\n");
        let windows = Migration::new(1, "a", "\u{feff}CREATE TABLE a(b);\r\n-- c\r\n");

        assert_eq!(plain.checksum(), windows.checksum());
        assert_eq!(windows.up.text, plain.up.text);
    }

    #[test]
    fn a_checksum_stays_what_it_is() {
        // Those that databases have must be found again by every release.
        let checksum = Migration::new(1, "a", "CREATE TABLE a(b)").checksum();

        assert_eq!(checksum.len(), 32);
        assert_eq!(checksum, "c6ff0bde56bc52598b1d073898c39c1d");
    }

    #[test]
    fn what_is_wrong_with_a_list_is_told() {
        let wrong = |migrations: Migrations| migrations.check().unwrap_err().to_string();
        let one = |version, text: &'static str| Migration::new(version, "a", text);

        assert_eq!(wrong(Migrations::new([one(0, "x")])), "migration 0 (a): versions begin at 1");
        assert_eq!(wrong(Migrations::new([one(1, " \n")])), "migration 1 (a): it is empty");
        assert!(wrong(Migrations::new([one(1, "x\0")])).contains("NUL"));
        assert!(wrong(Migrations::new([one(1, "x").down("")])).contains("(a), down: it is empty"));
        assert!(wrong(Migrations::new([one(1, "x"), one(1, "y")])).contains("one version"));
        assert!(wrong(Migrations::new([one(1, "x")]).to(2)).contains("no migration of version 2"));
        Migrations::new([one(1, "x")]).to(0).check().unwrap();
    }
}
