//! Migrations: ordered SQL files, a table of what was applied, and how the one is brought to the other.

mod list;
mod plan;
mod report;
mod rules;
mod run;
mod script;
mod table;

pub use list::{Migration, Migrations, embedded};
pub use report::{MigrationReport, MigrationRun, MigrationState, MigrationStatus};
