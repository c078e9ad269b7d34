//! What is to be done: the program's migrations beside those that the database has.

use std::collections::BTreeMap;

use super::list::{Migration, Migrations, called};
use super::report::{MigrationState, MigrationStatus};
use super::table::Applied;
use crate::error::{Error, ErrorKind, Result};

/// A migration to apply, or to take back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'m> {
    pub(super) migration: &'m Migration,
    pub(super) down: bool,
}

/// The steps to what is wanted, in their order.
pub(super) fn plan<'m>(wanted: &'m Migrations, applied: &[Applied]) -> Result<Vec<Step<'m>>> {
    for one in applied {
        compare(wanted, one)?;
    }
    let target = wanted.target.unwrap_or(i64::MAX);
    let mut steps = Vec::new();
    for one in applied.iter().rev().filter(|one| one.version > target) {
        steps.push(Step { migration: way_back(wanted, one, target)?, down: true });
    }
    let last = applied.iter().map(|one| one.version).filter(|version| *version <= target).max();
    let is_applied = |version| applied.iter().any(|one| one.version == version);
    let pending = wanted.iter().filter(|migration| migration.version() <= target);
    for migration in pending.filter(|migration| !is_applied(migration.version())) {
        if let Some(last) = last.filter(|last| migration.version() < *last)
            && !wanted.out_of_order
        {
            return Err(out_of_order(migration, last));
        }
        steps.push(Step { migration, down: false });
    }
    Ok(steps)
}

/// Holds what the database has against what the program has.
fn compare(wanted: &Migrations, one: &Applied) -> Result<()> {
    let Some(migration) = find(wanted, one.version) else {
        return match wanted.missing {
            true => Ok(()),
            false => Err(missing(one)),
        };
    };
    match migration.checksum() == one.checksum {
        true => Ok(()),
        false => Err(changed(migration, one)),
    }
}

fn find(wanted: &Migrations, version: i64) -> Option<&Migration> {
    wanted.iter().find(|migration| migration.version() == version)
}

/// The migration that takes back what was applied.
fn way_back<'m>(wanted: &'m Migrations, one: &Applied, target: i64) -> Result<&'m Migration> {
    let found = find(wanted, one.version).ok_or_else(|| missing(one))?;
    if found.script(true).is_some() {
        return Ok(found);
    }
    Err(Error::new(
        ErrorKind::Migration,
        format!(
            "the way back to version {target} is not there: {} has no down file; nothing was changed",
            found.label(false)
        ),
    ))
}

/// What the program has and what the database has, by version.
pub(super) fn status(wanted: &Migrations, applied: Vec<Applied>) -> Vec<MigrationStatus> {
    let last = applied.iter().map(|one| one.version).max().unwrap_or_default();
    let mut all: BTreeMap<i64, MigrationStatus> = wanted
        .iter()
        .map(|migration| {
            let version = migration.version();
            let state = match version < last {
                true => MigrationState::OutOfOrder,
                false => MigrationState::Pending,
            };
            let name = migration.name().to_owned();
            let status = MigrationStatus { version, name, state, applied_at: None, elapsed: None };
            (version, status)
        })
        .collect();
    for one in applied {
        let state = match find(wanted, one.version) {
            None => MigrationState::Missing,
            Some(migration) if migration.checksum() == one.checksum => MigrationState::Applied,
            Some(_) => MigrationState::Changed,
        };
        let Applied { version, name, at, elapsed, .. } = one;
        let name = all.remove(&version).map_or(name, |known| known.name);
        let (applied_at, elapsed) = (Some(at), Some(elapsed));
        all.insert(version, MigrationStatus { version, name, state, applied_at, elapsed });
    }
    all.into_values().collect()
}

#[cold]
fn changed(migration: &Migration, one: &Applied) -> Error {
    Error::new(
        ErrorKind::Migration,
        format!(
            "{} was changed after it was applied on {}; put back its old text, and make the change in a \
             new migration",
            migration.label(false),
            one.at
        ),
    )
}

#[cold]
fn missing(one: &Applied) -> Error {
    Error::new(
        ErrorKind::Migration,
        format!(
            "{} was applied on {}, and this program does not have it: its file is gone, or a newer program \
             has migrated the database",
            called(one.version, &one.name),
            one.at
        ),
    )
}

#[cold]
fn out_of_order(migration: &Migration, last: i64) -> Error {
    Error::new(
        ErrorKind::Migration,
        format!(
            "{} is out of order: it is not applied, and version {last} is; give it a higher version, or \
             `allow_out_of_order()`",
            migration.label(false)
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn migrations(versions: impl IntoIterator<Item = i64>) -> Migrations {
        Migrations::new(versions.into_iter().map(|version| {
            Migration::new(version, format!("m{version}"), format!("SELECT {version}")).down("x")
        }))
    }

    fn applied(versions: impl IntoIterator<Item = i64>) -> Vec<Applied> {
        let one = |migration: &Migration| Applied {
            version: migration.version(),
            name: migration.name().to_owned(),
            checksum: migration.checksum(),
            at: "then".to_owned(),
            elapsed: Duration::ZERO,
        };
        migrations(versions).iter().map(one).collect()
    }

    fn planned(wanted: &Migrations, applied: &[Applied]) -> Vec<i64> {
        let steps = plan(wanted, applied).unwrap();
        let signed = |step: &Step<'_>| match step.down {
            true => -step.migration.version(),
            false => step.migration.version(),
        };
        steps.iter().map(signed).collect()
    }

    #[test]
    fn what_is_not_applied_is_applied_in_order() {
        assert_eq!(planned(&migrations([3, 1, 2]), &[]), [1, 2, 3]);
        assert_eq!(planned(&migrations([1, 2, 3]), &applied([1])), [2, 3]);
        assert_eq!(planned(&migrations([1]), &applied([1])), Vec::<i64>::new());
    }

    #[test]
    fn a_target_goes_up_or_down() {
        assert_eq!(planned(&migrations([1, 2, 3]).to(2), &[]), [1, 2]);
        assert_eq!(planned(&migrations([1, 2, 3]).to(1), &applied([1, 2, 3])), [-3, -2]);
        assert_eq!(planned(&migrations([1, 2, 3]).to(0), &applied([1, 2])), [-2, -1]);
        // What is out of order below the target is in order once what is above it is gone.
        assert_eq!(planned(&migrations([1, 2, 3]).to(2), &applied([1, 3])), [-3, 2]);
    }

    #[test]
    fn what_is_out_of_order_or_missing_is_allowed_only_where_it_is_said() {
        let wanted = migrations([1, 2, 3]);
        assert!(plan(&wanted, &applied([1, 3])).unwrap_err().to_string().contains("out of order"));
        assert_eq!(planned(&wanted.allow_out_of_order(), &applied([1, 3])), [2]);

        let wanted = migrations([1, 3]);
        assert!(plan(&wanted, &applied([1, 2])).unwrap_err().to_string().contains("(m2)"));
        assert_eq!(planned(&wanted.clone().allow_missing(), &applied([1, 2])), [3]);
        assert!(plan(&wanted.allow_missing().to(1), &applied([1, 2])).is_err());
    }
}
