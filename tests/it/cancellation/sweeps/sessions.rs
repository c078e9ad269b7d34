//! Sweeps of sessions: whatever was dropped, the rows are there as a whole or not at all.

use headwater::{AsyncSessionmaker, Entity, Tracked, select};

use super::super::sweep::sweeps;
use super::{MANY, ONE_MORE, SOME, UNTOUCHED};

/// A row of `t`.
#[derive(Clone, Debug, Entity)]
#[entity(table = "t")]
struct Named {
    #[entity(primary_key, generated)]
    id: i64,
    name: String,
}

fn named(name: &str) -> Named {
    Named { id: 0, name: name.to_owned() }
}

sweeps! {
    a_flush_and_its_commit_are_dropped_anywhere:
    ["AsyncSession::flush", "AsyncSession::commit"], ONE_MORE, |engine| {
        let mut session = AsyncSessionmaker::new(&engine).session();
        let new = session.add(named("new"));
        session.flush().await?;
        new.edit(|new| new.name = "newer".to_owned());
        session.commit().await?
    }
    a_flush_of_many_rows_is_dropped_anywhere: ["AsyncSession::flush"], MANY, |engine| {
        let mut session = AsyncSessionmaker::new(&engine).session();
        session.add_all((0..1_000).map(|_| named("new")));
        session.flush().await?;
        session.commit().await?
    }
    case_10_a_commit_of_a_session_that_is_used_again_is_dropped_anywhere:
    ["AsyncSession::commit"], &[super::ROWS, super::ROWS + 1, super::ROWS + 2], |engine| {
        let mut session = AsyncSessionmaker::new(&engine).session();
        session.add(named("new"));
        session.commit().await?;
        session.add(named("newer"));
        session.commit().await?
    }
    entities_loaded_by_key_are_dropped_anywhere:
    [
        "AsyncSession::get", "AsyncSession::get_one", "AsyncSession::get_many", "AsyncSession::refresh",
        "AsyncSession::merge", "AsyncSession::rollback", "SessionFuture",
    ], UNTOUCHED, |engine| {
        let mut session = AsyncSessionmaker::new(&engine).session();
        let one = session.get_one::<Named>(1).await?;
        session.get::<Named>(2).await?;
        session.get_many::<Named>([1, 3, 5]).await?;
        session.refresh(&one).await?;
        session.merge(Named { id: 4, ..named("other") }).await?;
        session.flush().await?;
        session.rollback().await?
    }
    queries_of_a_session_are_dropped_anywhere:
    [
        "SessionQuery", "AsyncSession::query", "AsyncSession::scalars", "AsyncSession::scalar",
        "AsyncSession::execute", "AsyncSession::close", "SessionQuery::scalars",
    ], UNTOUCHED, |engine| {
        let mut session = AsyncSessionmaker::new(&engine).session();
        let mut rows = session.query(SOME).scalars::<Tracked<Named>>().await?;
        rows.try_next().await?;
        session.scalar::<i64>("SELECT count(*) FROM t").await?;
        session.execute("DELETE FROM t WHERE id > 40").await?;
        session.scalars(select::<Named>()).refreshing().all().await?;
        drop(rows);
        session.close().await?
    }
    what_a_session_collects_is_dropped_anywhere:
    [
        "SessionQuery::all", "SessionQuery::first", "SessionQuery::one", "SessionQuery::one_or_none",
        "SessionQuery::scalar", "SessionQuery::scalar_one", "SessionQuery::scalar_one_or_none",
    ], UNTOUCHED, |engine| {
        let mut session = AsyncSessionmaker::new(&engine).session();
        session.query(SOME).all().await?;
        session.scalars(select::<Named>()).first().await?;
        session.query("SELECT 1").one().await?;
        session.query("SELECT 1").one_or_none().await?;
        session.query("SELECT 1").scalar::<i64>().await?;
        session.query("SELECT 1").scalar_one::<i64>().await?;
        session.query("SELECT 1").scalar_one_or_none::<i64>().await?
    }
    savepoints_of_a_session_are_dropped_anywhere:
    ["AsyncSession::savepoint", "SessionSavepoint::commit", "SessionSavepoint::rollback"],
    ONE_MORE, |engine| {
        let mut session = AsyncSessionmaker::new(&engine).session();
        let one = session.get_one::<Named>(1).await?;
        let mut undone = session.savepoint().await?;
        undone.delete(&one);
        undone.flush().await?;
        undone.rollback().await?;
        let mut kept = session.savepoint().await?;
        kept.add(named("new"));
        let mut inner = kept.savepoint().await?;
        inner.query(SOME).first().await?;
        inner.commit().await?;
        kept.commit().await?;
        session.commit().await?
    }
    scopes_of_sessions_are_dropped_anywhere:
    [
        "AsyncSessionmaker::transaction", "AsyncSessionmaker::try_transaction",
        "AsyncSessionmaker::transaction_retry",
    ], ONE_MORE, |engine| {
        let sessions = AsyncSessionmaker::new(&engine);
        let undone = sessions.transaction::<(), _>(async |mut session| {
            session.add(named("undone"));
            session.flush().await?;
            Err(headwater::Error::other("undone"))
        });
        undone.await.unwrap_err();
        let undone = sessions.transaction_retry(2, |mut session| async move {
            session.add(named("undone"));
            session.flush().await?;
            Err::<(), _>(headwater::Error::other("undone"))
        });
        undone.await.unwrap_err();
        sessions.try_transaction::<(), headwater::Error, _>(async |mut session| {
            session.add(named("new"));
            Ok(())
        }).await?
    }
    sessions_that_read_are_dropped_anywhere: ["AsyncSession::get"], UNTOUCHED, |engine| {
        let sessions = AsyncSessionmaker::new(&engine);
        let mut newest = sessions.clone().read_only(true).session();
        let mut rows = newest.scalars(select::<Named>()).await?;
        rows.try_next().await?;
        newest.get::<Named>(2).await?;
        let mut one_state = sessions.snapshot(true).session();
        one_state.get::<Named>(1).await?;
        one_state.scalars(select::<Named>()).all().await?;
        one_state.commit().await?
    }
}
