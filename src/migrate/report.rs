//! What a migration has done, and what there is to do.

use std::fmt;
use std::time::Duration;

/// What [`AsyncEngine::migrate`](crate::AsyncEngine::migrate) has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationReport {
    /// What this call has applied, in its order.
    pub applied: Vec<MigrationRun>,
    /// What this call has taken back, in its order.
    pub reverted: Vec<MigrationRun>,
    /// The highest version that is applied now, by whomever; 0 if none is.
    pub version: i64,
}

impl fmt::Display for MigrationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |runs: &[MigrationRun]| match runs.len() {
            1 => "1 migration".to_owned(),
            many => format!("{many} migrations"),
        };
        write!(f, "applied {}", count(&self.applied))?;
        if !self.reverted.is_empty() {
            write!(f, ", took back {}", count(&self.reverted))?;
        }
        write!(f, "; the database is at version {}", self.version)
    }
}

/// One migration that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationRun {
    /// Its version.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// How long its statements took.
    pub elapsed: Duration,
}

/// A migration that the program has, or the database, or both; given by
/// [`Migrations::status`](crate::Migrations::status).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationStatus {
    /// Its version.
    pub version: i64,
    /// Its name: the program's, or else the database's.
    pub name: String,
    /// How the two compare.
    pub state: MigrationState,
    /// When it was applied, as RFC 3339 text in UTC, if it is.
    pub applied_at: Option<String>,
    /// How long its statements took, if it is applied.
    pub elapsed: Option<Duration>,
}

impl fmt::Display for MigrationStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.version, self.name, self.state)?;
        match &self.applied_at {
            Some(at) => write!(f, " ({at})"),
            None => Ok(()),
        }
    }
}

/// How a migration of the program compares with the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MigrationState {
    /// It is applied.
    Applied,
    /// It is applied, and its text is another one now.
    Changed,
    /// It is applied, and the program does not have it.
    Missing,
    /// It is not applied, while a later one is.
    OutOfOrder,
    /// It is not applied yet.
    Pending,
}

impl fmt::Display for MigrationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Applied => "applied",
            Self::Changed => "applied, and changed since",
            Self::Missing => "applied, and missing in this program",
            Self::OutOfOrder => "not applied, while a later one is",
            Self::Pending => "pending",
        })
    }
}
