//! What `status` tells, and going to a version.

use std::time::Duration;

use headwater::{Migration, MigrationState, Migrations, sql};

use super::{count, refused, tables, three};
use crate::support::{Tank, run};

async fn states(migrations: &Migrations, engine: &headwater::AsyncEngine) -> Vec<MigrationState> {
    migrations.status(engine).await.unwrap().into_iter().map(|one| one.state).collect()
}

#[test]
fn status_writes_nothing() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        let status = three().status(&engine).await.unwrap();

        assert!(status.iter().all(|one| one.state == MigrationState::Pending));
        assert!(status.iter().all(|one| one.applied_at.is_none() && one.elapsed.is_none()));
        assert_eq!(tables(&engine).await, Vec::<String>::new());
    });
}

#[test]
fn status_tells_each_version_by_itself() {
    run(async {
        use MigrationState::{Applied, Changed, Missing, OutOfOrder, Pending};
        let tank = Tank::new();
        let engine = tank.engine().await;
        let old = Migrations::new(
            [2, 3, 4].map(|n| Migration::new(n, format!("m{n}"), format!("SELECT {n}"))),
        );
        engine.migrate(old).await.unwrap();
        let now = Migrations::new([
            Migration::new(1, "late", "SELECT 1"),
            Migration::new(2, "renamed", "SELECT 2"),
            Migration::new(3, "m3", "SELECT 33"),
            Migration::new(5, "new", "SELECT 5"),
        ]);

        let status = now.status(&engine).await.unwrap();

        let told: Vec<_> =
            status.iter().map(|one| (one.version, one.name.as_str(), one.state)).collect();
        assert_eq!(
            told,
            [
                (1, "late", OutOfOrder),
                (2, "renamed", Applied),
                (3, "m3", Changed),
                (4, "m4", Missing),
                (5, "new", Pending),
            ]
        );
    });
}

#[test]
fn an_applied_migration_tells_when_and_for_how_long() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let before: String = engine
            .query("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')")
            .scalar_one()
            .await
            .unwrap();
        let report = engine.migrate(three()).await.unwrap();

        let status = three().status(&engine).await.unwrap();

        let after: String = engine
            .query("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')")
            .scalar_one()
            .await
            .unwrap();
        for (one, run) in status.iter().zip(&report.applied) {
            let at = one.applied_at.clone().unwrap();
            assert!(before <= at && at <= after, "{before} {at} {after}");
            // The table has whole microseconds.
            let stored = one.elapsed.unwrap();
            assert!(run.elapsed - stored < Duration::from_micros(1), "{run:?} {stored:?}");
            assert!(one.to_string().ends_with(&format!("applied ({at})")), "{one}");
        }
    });
}

#[test]
fn a_version_is_gone_to_from_either_side() {
    run(async {
        use MigrationState::{Applied, Pending};
        let (tank, all) = (Tank::new(), three());
        let engine = tank.engine().await;

        let up = engine.migrate(all.clone().to(1)).await.unwrap();
        assert_eq!((up.applied.len(), up.version), (1, 1));
        assert_eq!(states(&all, &engine).await, [Applied, Pending, Pending]);

        engine.migrate(all.clone().to(2)).await.unwrap();
        assert_eq!(count(&engine, "t").await, 1);

        let down = engine.migrate(all.clone().to(1)).await.unwrap();
        assert_eq!(
            down.to_string(),
            "applied 0 migrations, took back 1 migration; the database is at version 1"
        );
        assert_eq!(count(&engine, "t").await, 0);

        let none = engine.migrate(all.clone().to(0)).await.unwrap();
        assert_eq!((none.reverted.len(), none.version), (1, 0));
        assert_eq!(tables(&engine).await, ["_headwater_migrations"]);
        assert_eq!(engine.migrate(all).await.unwrap().applied.len(), 3);
    });
}

#[test]
fn without_a_way_back_nothing_is_taken_back() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let all = Migrations::new([
            Migration::new(1, "a", "CREATE TABLE a(x)"),
            Migration::new(2, "b", "CREATE TABLE b(x)").down("DROP TABLE b"),
        ]);
        engine.migrate(&all).await.unwrap();

        let error = refused(&engine, all.to(0)).await;

        assert!(error.to_string().contains("migration 1 (a) has no down file"), "{error}");
        assert_eq!(tables(&engine).await, ["_headwater_migrations", "a", "b"]);
    });
}

#[test]
fn a_version_that_is_not_there_is_refused() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;

        for version in [4, -1] {
            let error = refused(&engine, three().to(version)).await;
            assert!(
                error.to_string().contains(&format!("no migration of version {version}")),
                "{error}"
            );
        }
        assert_eq!(tables(&engine).await, Vec::<String>::new());
    });
}

#[test]
fn large_versions_are_kept_exactly() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let last = i64::MAX;
        let report =
            engine.migrate(Migrations::new([Migration::new(last, "last", "SELECT 1")])).await;

        assert_eq!(report.unwrap().version, last);
        let kept = sql("SELECT version FROM _headwater_migrations");
        assert_eq!(engine.query(kept).scalar_one::<i64>().await.unwrap(), last);
    });
}
