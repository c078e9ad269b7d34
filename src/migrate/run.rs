//! `AsyncEngine::migrate` and `Migrations::status`.
//!
//! Nothing is decided outside of the transaction that does it: each step takes the right to write, reads
//! the table, and only then chooses what to do. So of two that begin at once the second finds it done.

use std::future::Future;
use std::panic::Location;
use std::time::Duration;

use super::list::{Migrations, Script, check_script};
use super::plan::{Step, plan, status};
use super::report::{MigrationReport, MigrationRun, MigrationStatus};
use super::script::{line_of, pieces};
use super::table;
use crate::engine::{AsyncConnection, AsyncEngine, Transaction};
use crate::error::{Error, ErrorKind, Result};
use crate::statement::sql;

/// How long the pause is before a first second try, and how long it grows.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));

impl AsyncEngine {
    /// Brings the database's schema to what the program wants: applies the migrations that are not applied
    /// yet, in the order of their versions, or goes [`to`](Migrations::to) a version.
    ///
    /// Each migration runs in a transaction of its own, with its row in the table
    /// `_headwater_migrations`. Any number of engines and processes may do this at once: each migration is
    /// applied once, and the others wait. Where nothing is to be done, nothing is written and no lock is
    /// taken, so it belongs at the start of a program. How files are named and what may be in them is said
    /// at [`migrations!`](macro@crate::migrations).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Migration`] when a migration was changed after it was applied, is applied and missing
    /// here, is out of order, has no way back where one is needed, or fails: then the text names the file and
    /// the line, and the [`source`](std::error::Error::source) is what the database said. What was applied
    /// before it stays. [`ErrorKind::Busy`] when somebody else has the right to write for longer than
    /// [`wait`](Migrations::wait). Else as [`begin`](Self::begin).
    ///
    /// # Cancel safety
    ///
    /// Dropped at any time, each migration is applied with its row or not at all; calling again goes on
    /// from there. What this call has applied is then told by [`status`](Migrations::status) only.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::{AsyncEngine, Migration, Migrations};
    ///
    /// let migrations = Migrations::new([Migration::new(
    ///     1,
    ///     "create_users",
    ///     "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    /// )]);
    /// let engine = AsyncEngine::open("sqlite::memory:").await?;
    ///
    /// let report = engine.migrate(&migrations).await?;
    /// assert_eq!(report.to_string(), "applied 1 migration; the database is at version 1");
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn migrate<M: Into<Migrations>>(
        &self,
        migrations: M,
    ) -> impl Future<Output = Result<MigrationReport>> + Send + use<M> {
        let work =
            Work { engine: self.clone(), wanted: migrations.into(), site: Location::caller() };
        // Its future is large, and is awaited once in the life of a program.
        Box::pin(async move { work.migrate().await })
    }
}

impl Migrations {
    /// Compares the program's migrations with the database, in the order of their versions. It writes
    /// nothing, not even into a new database.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Migration`] when the list has two of one version or a text that cannot run, or the table
    /// in the database is not one that this release knows; else as
    /// [`AsyncEngine::snapshot`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::{AsyncEngine, Migration, Migrations};
    ///
    /// let migrations = Migrations::new([Migration::new(1, "create_t", "CREATE TABLE t(a)")]);
    /// let engine = AsyncEngine::open("sqlite::memory:").await?;
    ///
    /// let status = migrations.status(&engine).await?;
    /// assert_eq!(status[0].to_string(), "1 create_t: pending");
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn status(
        &self,
        engine: &AsyncEngine,
    ) -> impl Future<Output = Result<Vec<MigrationStatus>>> + Send + use<> {
        let (wanted, snapshot) = (self.clone(), engine.snapshot_at(Location::caller()));
        async move {
            wanted.check()?;
            let applied = table::read(&snapshot.await?).await?;
            Ok(status(&wanted, applied))
        }
    }
}

/// One call of `migrate`.
struct Work {
    engine: AsyncEngine,
    wanted: Migrations,
    site: &'static Location<'static>,
}

/// What came of a try to make a step.
enum Tried {
    /// Nothing is left to do; this is the version.
    Nothing(i64),
    /// Others have done something in between: look again.
    Overtaken,
    Done {
        run: MigrationRun,
        down: bool,
    },
}

impl Work {
    async fn migrate(self) -> Result<MigrationReport> {
        self.wanted.check()?;
        let clock = self.engine.clock();
        let mut report = MigrationReport::default();
        let (mut since, mut pause) = (clock.now(), PAUSE.0);
        loop {
            match self.step().await {
                Ok(Tried::Nothing(version)) => {
                    report.version = version;
                    return Ok(report);
                }
                Ok(Tried::Overtaken) => {}
                Ok(Tried::Done { run, down }) => {
                    let runs = if down { &mut report.reverted } else { &mut report.applied };
                    // Two that go to different versions would else go on for ever.
                    if runs.iter().any(|before| before.version == run.version) {
                        return Err(undone(&run));
                    }
                    runs.push(run);
                    (since, pause) = (clock.now(), PAUSE.0);
                }
                Err(error) if error.kind() == ErrorKind::Busy => {
                    if clock.now().saturating_duration_since(since) >= self.wanted.wait {
                        return Err(self.too_long(error));
                    }
                    clock.sleep(pause).await?;
                    pause = (pause * 2).min(PAUSE.1);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes the next step, if there is one.
    async fn step(&self) -> Result<Tried> {
        let (seen, version) = {
            let snapshot = self.engine.snapshot_at(self.site).await?;
            let applied = table::read(&snapshot).await?;
            let steps = plan(&self.wanted, &applied)?;
            let version = applied.last().map_or(0, |last| last.version);
            // All are looked at before the first is run.
            for step in &steps {
                check_script(step.migration, step.down)?;
            }
            (steps.first().copied(), version)
        };
        let Some(seen) = seen else {
            return Ok(Tried::Nothing(version));
        };
        match check_script(seen.migration, seen.down)?.foreign_keys_off {
            false => {
                let tx = self.engine.begin_at(self.site).await?;
                self.run(tx, seen, false).await
            }
            true => {
                let connection = self.engine.connect_at(self.site).await?;
                let checks = without_foreign_keys(&connection).await?;
                let tx = connection.begin().await?;
                self.run(tx, seen, checks).await
            }
        }
    }

    /// Makes the step that was seen, if it is still the next.
    async fn run(&self, tx: Transaction, seen: Step<'_>, checks_keys: bool) -> Result<Tried> {
        let applied = table::read(&tx).await?;
        let next = plan(&self.wanted, &applied)?.first().copied();
        let same = |next: Step<'_>| {
            next.migration.version() == seen.migration.version() && next.down == seen.down
        };
        if !next.is_some_and(same) {
            tx.rollback().await?;
            return Ok(Tried::Overtaken);
        }
        match self.apply(&tx, seen, checks_keys).await {
            Ok(run) => {
                tx.commit().await.map_err(|error| failed_at_end(seen, error))?;
                Ok(Tried::Done { run, down: seen.down })
            }
            Err(error) => {
                // The step's error is the one to tell; a rollback that fails has nothing left to undo.
                let _ = tx.rollback().await;
                Err(error)
            }
        }
    }

    async fn apply(
        &self,
        tx: &Transaction,
        step: Step<'_>,
        checks_keys: bool,
    ) -> Result<MigrationRun> {
        let Step { migration, down } = step;
        let unwritten = |error| unwritten(step, error);
        table::create(tx).await.map_err(unwritten)?;
        let clock = self.engine.clock();
        let since = clock.now();
        let text = migration.script(down).map_or("", Script::text);
        for piece in pieces(text) {
            let statement = sql(piece.text.to_owned());
            if let Err(error) = tx.execute(statement).await {
                let at = piece.offset + error.offset().unwrap_or_default();
                return Err(failed(step, line_of(text, at), error));
            }
        }
        if checks_keys {
            check_keys(tx, step).await?;
        }
        let elapsed = clock.now().saturating_duration_since(since);
        match down {
            true => table::delete(tx, migration.version()).await.map_err(unwritten)?,
            false => table::insert(tx, migration, elapsed).await.map_err(unwritten)?,
        }
        let (version, name) = (migration.version(), migration.name().to_owned());
        Ok(MigrationRun { version, name, elapsed })
    }

    #[cold]
    fn too_long(&self, error: Error) -> Error {
        Error::new(
            ErrorKind::Busy,
            format!(
                "the migrations wait for the right to write for more than {:?}: somebody else holds it, \
                 perhaps for a migration; `Migrations::wait` says for how long to wait",
                self.wanted.wait
            ),
        )
        .with_source(error)
    }
}

/// Turns foreign keys off for this connection, which will be closed; true if they were on.
async fn without_foreign_keys(connection: &AsyncConnection) -> Result<bool> {
    let on: i64 = connection.query("PRAGMA foreign_keys").scalar_one().await?;
    connection.execute("PRAGMA foreign_keys = OFF").await?;
    Ok(on != 0)
}

/// Looks for rows that refer to none.
async fn check_keys(tx: &Transaction, step: Step<'_>) -> Result<()> {
    type Violation = (String, Option<i64>, String, i64);
    let violations = tx.query("PRAGMA foreign_key_check").scalars::<Violation>();
    let violation = violations.first().await.map_err(|error| unchecked(step, error))?;
    let Some((table, row, parent, _)) = violation else {
        return Ok(());
    };
    let row = row.map_or_else(|| "a row".to_owned(), |row| format!("row {row}"));
    // Whether the row was like that before cannot be told by its number, which the migration may have changed.
    Err(Error::new(
        ErrorKind::Migration,
        format!(
            "{}: {row} of `{table}` refers to a row of `{parent}` that is not there, by this migration or \
             since before it; the migration was rolled back",
            label(step)
        ),
    ))
}

fn label(step: Step<'_>) -> String {
    step.migration.label(step.down)
}

/// Reports whether an error is of the engine's or the machine's, and not of the migration's text.
fn is_of_the_engine(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Busy | ErrorKind::Closed | ErrorKind::Disconnected)
}

#[cold]
fn failed(step: Step<'_>, line: usize, error: Error) -> Error {
    if is_of_the_engine(&error) {
        return error;
    }
    let message = format!("{}, line {line}: the migration failed and was rolled back", label(step));
    Error::new(ErrorKind::Migration, message).with_source(error)
}

#[cold]
fn unchecked(step: Step<'_>, error: Error) -> Error {
    if is_of_the_engine(&error) {
        return error;
    }
    let message = format!(
        "{}: the foreign keys cannot be checked after it; the migration was rolled back",
        label(step)
    );
    Error::new(ErrorKind::Migration, message).with_source(error)
}

#[cold]
fn unwritten(step: Step<'_>, error: Error) -> Error {
    if is_of_the_engine(&error) {
        return error;
    }
    let message = format!(
        "{}: its row in `_headwater_migrations` cannot be written; the migration was rolled back",
        label(step)
    );
    Error::new(ErrorKind::Migration, message).with_source(error)
}

#[cold]
fn failed_at_end(step: Step<'_>, error: Error) -> Error {
    if is_of_the_engine(&error) {
        return error;
    }
    let message = format!("{}: the migration could not be committed", label(step));
    Error::new(ErrorKind::Migration, message).with_source(error)
}

#[cold]
fn undone(run: &MigrationRun) -> Error {
    Error::new(
        ErrorKind::Migration,
        format!(
            "migration {} ({}) was undone by somebody else while this went on: two programs migrate to \
             different versions",
            run.version, run.name
        ),
    )
}
