//! `savepoint`: transactions in a transaction.

use headwater::{ErrorKind, Transaction, sql};

use crate::support::{Tank, count, run};

async fn insert(tx: &Transaction, id: i64) {
    tx.execute(sql("INSERT INTO t VALUES (?, 'a')").bind(id)).await.unwrap();
}

async fn ids(tank: &Tank) -> Vec<i64> {
    let plain = tank.plain();
    let mut statement = plain.prepare("SELECT id FROM t ORDER BY id").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_savepoint_is_rolled_back_alone() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let tx = engine.begin().await.unwrap();
        insert(&tx, 1).await;
        let savepoint = tx.savepoint().await.unwrap();
        insert(&savepoint, 2).await;
        savepoint.rollback().await.unwrap();
        insert(&tx, 3).await;
        tx.commit().await.unwrap();

        assert_eq!(ids(&tank).await, [1, 3]);
    });
}

#[test]
fn a_dropped_savepoint_is_rolled_back() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let tx = engine.begin().await.unwrap();
        let savepoint = tx.savepoint().await.unwrap();
        insert(&savepoint, 1).await;
        drop(savepoint);
        insert(&tx, 2).await;
        tx.commit().await.unwrap();

        assert_eq!(ids(&tank).await, [2]);
    });
}

#[test]
fn savepoints_nest() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let tx = engine.begin().await.unwrap();
        let outer = tx.savepoint().await.unwrap();
        insert(&outer, 1).await;
        let kept = outer.savepoint().await.unwrap();
        insert(&kept, 2).await;
        kept.commit().await.unwrap();
        let undone = outer.savepoint().await.unwrap();
        insert(&undone, 3).await;
        let within = undone.savepoint().await.unwrap();
        insert(&within, 4).await;
        within.commit().await.unwrap();
        undone.rollback().await.unwrap();
        insert(&outer, 5).await;
        outer.commit().await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(ids(&tank).await, [1, 2, 5]);
    });
}

#[test]
fn an_outer_rollback_undoes_a_committed_savepoint() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;

        let tx = engine.begin().await.unwrap();
        let savepoint = tx.savepoint().await.unwrap();
        insert(&savepoint, 1).await;
        savepoint.commit().await.unwrap();
        tx.rollback().await.unwrap();

        assert!(ids(&tank).await.is_empty());
    });
}

#[test]
fn a_committed_savepoint_tells_the_version_of_the_last_commit() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let before = engine.execute("INSERT INTO t VALUES (1, 'a')").await.unwrap().version();

        let tx = engine.begin().await.unwrap();
        let savepoint = tx.savepoint().await.unwrap();
        insert(&savepoint, 2).await;
        let of_savepoint = savepoint.commit().await.unwrap();
        let of_transaction = tx.commit().await.unwrap();

        assert_eq!(before, Some(of_savepoint));
        assert!(of_savepoint < of_transaction);
    });
}

#[test]
fn an_inner_savepoint_is_over_when_an_outer_one_is() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let tx = engine.begin().await.unwrap();
        let outer = tx.savepoint().await.unwrap();
        let inner = outer.savepoint().await.unwrap();

        outer.rollback().await.unwrap();

        let refused = inner.execute("INSERT INTO t VALUES (1, 'a')").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TransactionEnded);
        assert_eq!(inner.commit().await.unwrap_err().kind(), ErrorKind::TransactionEnded);
        insert(&tx, 2).await;
        tx.commit().await.unwrap();
        assert_eq!(ids(&tank).await, [2]);
    });
}

#[test]
fn a_savepoint_is_over_when_its_transaction_is() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let tx = engine.begin().await.unwrap();
        let savepoint = tx.savepoint().await.unwrap();
        insert(&savepoint, 1).await;

        tx.commit().await.unwrap();

        let refused = savepoint.execute("INSERT INTO t VALUES (2, 'a')").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TransactionEnded);
        assert_eq!(savepoint.savepoint().await.unwrap_err().kind(), ErrorKind::TransactionEnded);
        assert_eq!(savepoint.rollback().await.unwrap_err().kind(), ErrorKind::TransactionEnded);
        assert_eq!(ids(&tank).await, [1]);
    });
}

#[test]
fn a_savepoint_dropped_after_its_transaction_harms_nobody() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let tx = engine.begin().await.unwrap();
        let savepoint = tx.savepoint().await.unwrap();
        tx.commit().await.unwrap();

        let next = engine.begin().await.unwrap();
        insert(&next, 1).await;
        drop(savepoint);
        insert(&next, 2).await;
        next.commit().await.unwrap();

        assert_eq!(ids(&tank).await, [1, 2]);
    });
}

#[test]
fn a_failed_statement_leaves_the_savepoint_and_the_transaction_usable() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(1).await;

        let tx = engine.begin().await.unwrap();
        let savepoint = tx.savepoint().await.unwrap();
        let failed = savepoint.execute("INSERT INTO t VALUES (1, 'again')").await.unwrap_err();
        insert(&savepoint, 2).await;
        savepoint.commit().await.unwrap();
        tx.commit().await.unwrap();

        assert!(failed.is_unique_violation());
        assert_eq!(count(&engine).await, 2);
    });
}

#[test]
fn forty_savepoints_deep_is_no_matter() {
    run(async {
        let tank = Tank::new();
        let engine = tank.filled(0).await;
        let mut open = vec![engine.begin().await.unwrap()];

        for id in 0..40 {
            let savepoint = open.last().unwrap().savepoint().await.unwrap();
            insert(&savepoint, id).await;
            open.push(savepoint);
        }
        while let Some(innermost) = open.pop() {
            innermost.commit().await.unwrap();
        }

        assert_eq!(count(&engine).await, 40);
    });
}
