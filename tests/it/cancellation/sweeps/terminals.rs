//! Sweeps of the query and its terminals: one message there and one back.

use headwater::sql;

use super::super::sweep::sweeps;
use super::{MANY, ONE_MORE, SOME, UNTOUCHED};

sweeps! {
    opening_is_dropped_anywhere:
    ["AsyncEngine::query", "Query", "Opening"], UNTOUCHED, |engine| {
        drop(engine.query(SOME).await?);
    }
    opening_scalars_is_dropped_anywhere: ["Query::scalars"], UNTOUCHED, |engine| {
        drop(engine.query(SOME).scalars::<(i64, String)>().await?);
    }
    all_is_dropped_anywhere: ["Query::all"], UNTOUCHED, |engine| {
        engine.query(SOME).all().await?;
        engine.query(SOME).scalars::<(i64, String)>().all().await?
    }
    first_is_dropped_anywhere: ["Query::first"], UNTOUCHED, |engine| {
        engine.query(SOME).first().await?
    }
    one_is_dropped_anywhere: ["Query::one"], UNTOUCHED, |engine| {
        engine.query("SELECT * FROM t WHERE id = 1").one().await?
    }
    one_or_none_is_dropped_anywhere: ["Query::one_or_none"], UNTOUCHED, |engine| {
        engine.query("SELECT * FROM t WHERE id < 0").one_or_none().await?
    }
    scalar_is_dropped_anywhere: ["Query::scalar"], UNTOUCHED, |engine| {
        engine.query(SOME).scalar::<i64>().await?
    }
    scalar_one_is_dropped_anywhere: ["Query::scalar_one"], UNTOUCHED, |engine| {
        engine.query("SELECT count(*) FROM t a, t b").scalar_one::<i64>().await?
    }
    scalar_one_or_none_is_dropped_anywhere: ["Query::scalar_one_or_none"], UNTOUCHED, |engine| {
        engine.query("SELECT 1").scalar_one_or_none::<i64>().await?
    }
    a_query_that_sorts_for_long_is_dropped_anywhere: ["Query::all"], UNTOUCHED, |engine| {
        let sorted = "SELECT a.name || b.name FROM t a, t b, t c ORDER BY 1 LIMIT 10 OFFSET 2000";
        engine.query(sorted).all().await?
    }
    a_stable_query_beside_a_write_is_dropped_anywhere: ["Query", "Opening"], ONE_MORE, |engine| {
        let tx = engine.begin().await?;
        let mut rows = tx.query(sql(SOME).batch_rows(3).stable()).await?;
        rows.try_next().await?;
        tx.execute(super::INSERT).await?;
        assert_eq!(rows.all().await?.len(), 49);
        tx.commit().await?
    }
    returning_is_dropped_anywhere: ["Query", "Opening"], MANY, |engine| {
        let insert = "INSERT INTO t(name) SELECT a.id FROM t a, t b LIMIT 1000 RETURNING id";
        let mut ids = engine.query(sql(insert).batch_rows(50)).scalars::<i64>().await?;
        while ids.try_next().await?.is_some() {}
    }
    returning_that_is_collected_is_dropped_anywhere: ["Query::scalar_one"], ONE_MORE, |engine| {
        engine.query("INSERT INTO t(name) VALUES (1) RETURNING id").scalar_one::<i64>().await?
    }
    a_query_that_fails_is_dropped_anywhere: ["Query::all"], UNTOUCHED, |engine| {
        engine.query("SELECT * FROM nowhere").all().await.unwrap_err();
        engine.execute("INSERT INTO t VALUES (1, 'again')").await.unwrap_err();
        engine.query("SELECT json_extract('{', '$')").await?.all().await.unwrap_err()
    }
}
