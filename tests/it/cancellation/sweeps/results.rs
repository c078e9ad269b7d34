//! Sweeps of open results and scalars, and of what they are turned into.

use headwater::{AsyncEngine, AsyncResult, AsyncScalars, Result, Row, Stall, sql};

use super::super::sweep::sweeps;
use super::UNTOUCHED;

/// A stream of many small batches: many messages.
async fn rows(engine: &AsyncEngine) -> Result<AsyncResult> {
    engine.query(sql("SELECT id, name FROM t").batch_rows(3)).await
}

async fn ids(engine: &AsyncEngine) -> Result<AsyncScalars<i64>> {
    engine.query(sql("SELECT id FROM t").batch_rows(3)).scalars().await
}

async fn row(engine: &AsyncEngine) -> Result<AsyncResult> {
    engine.query("SELECT id, name FROM t WHERE id = 7").await
}

fn name(row: &Row) -> String {
    row.get(1).unwrap()
}

sweeps! {
    next_is_dropped_anywhere:
    ["AsyncResult", "AsyncResult::next", "AsyncResult::try_next"], UNTOUCHED, |engine| {
        let mut rows = rows(&engine).await?;
        while let Some(row) = rows.next().await {
            row?;
            rows.try_next().await?;
        }
    }
    fetch_many_is_dropped_anywhere: ["AsyncResult::fetch_many"], UNTOUCHED, |engine| {
        let mut rows = rows(&engine).await?;
        while rows.fetch_many(7).await?.len() == 7 {}
    }
    an_open_result_is_collected_and_dropped_anywhere: ["AsyncResult::all"], UNTOUCHED, |engine| {
        rows(&engine).await?.all().await?
    }
    the_first_of_an_open_result_is_dropped_anywhere:
    ["AsyncResult::first", "AsyncResult::scalar"], UNTOUCHED, |engine| {
        rows(&engine).await?.first().await?;
        rows(&engine).await?.scalar::<i64>().await?
    }
    the_only_one_of_an_open_result_is_dropped_anywhere:
    ["AsyncResult::one", "AsyncResult::one_or_none"], UNTOUCHED, |engine| {
        row(&engine).await?.one().await?;
        row(&engine).await?.one_or_none().await?;
        rows(&engine).await?.one().await.unwrap_err()
    }
    the_only_value_of_an_open_result_is_dropped_anywhere:
    ["AsyncResult::scalar_one", "AsyncResult::scalar_one_or_none"], UNTOUCHED, |engine| {
        row(&engine).await?.scalar_one::<i64>().await?;
        row(&engine).await?.scalar_one_or_none::<i64>().await?
    }
    a_result_that_is_closed_is_dropped_anywhere: ["AsyncResult"], UNTOUCHED, |engine| {
        let mut rows = rows(&engine).await?;
        rows.try_next().await?;
        rows.close();
        assert!(rows.try_next().await?.is_none());
        engine.query("SELECT 1").all().await?
    }
    scalars_are_dropped_anywhere: [
        "AsyncScalars", "AsyncScalars::next", "AsyncScalars::try_next", "AsyncResult::scalars",
    ], UNTOUCHED, |engine| {
        let mut ids = rows(&engine).await?.scalars::<i64>();
        while let Some(id) = ids.next().await {
            id?;
            ids.try_next().await?;
        }
    }
    scalars_fetched_by_many_are_dropped_anywhere: ["AsyncScalars::fetch_many"], UNTOUCHED, |engine| {
        let mut ids = ids(&engine).await?;
        while ids.fetch_many(7).await?.len() == 7 {}
    }
    scalars_that_are_collected_are_dropped_anywhere: ["AsyncScalars::all"], UNTOUCHED, |engine| {
        ids(&engine).await?.all().await?
    }
    the_first_and_the_only_scalar_are_dropped_anywhere:
    ["AsyncScalars::first", "AsyncScalars::one", "AsyncScalars::one_or_none"], UNTOUCHED, |engine| {
        ids(&engine).await?.first().await?;
        row(&engine).await?.scalars::<i64>().one().await?;
        row(&engine).await?.scalars::<i64>().one_or_none().await?
    }
    partitions_are_dropped_anywhere: [
        "AsyncResult::partitions", "AsyncScalars::partitions", "Partitions", "Partitions::next",
        "Partitions::try_next",
    ], UNTOUCHED, |engine| {
        let mut groups = rows(&engine).await?.partitions(4);
        while let Some(group) = groups.next().await {
            group?;
        }
        let mut groups = ids(&engine).await?.partitions(20);
        while groups.try_next().await?.is_some() {}
    }
    batches_are_dropped_anywhere:
    ["AsyncResult::batches", "Batches", "Batches::next", "Batches::try_next"], UNTOUCHED, |engine| {
        let mut batches = rows(&engine).await?.batches();
        while let Some(batch) = batches.next().await {
            batch?;
            batches.try_next().await?;
        }
    }
    mappings_are_dropped_anywhere: [
        "AsyncResult::mappings", "Mappings", "Mappings::next", "Mappings::try_next", "Mappings::all",
    ], UNTOUCHED, |engine| {
        let mut mappings = rows(&engine).await?.mappings();
        while let Some(mapping) = mappings.next().await {
            mapping?;
            mappings.try_next().await?;
        }
        rows(&engine).await?.mappings().all().await?
    }
    unique_rows_are_dropped_anywhere: [
        "AsyncResult::unique_by", "AsyncScalars::unique_by", "UniqueBy", "UniqueBy::next",
        "UniqueBy::try_next",
    ], UNTOUCHED, |engine| {
        let mut unique = rows(&engine).await?.unique_by(name);
        while let Some(row) = unique.next().await {
            row?;
        }
        let mut unique = ids(&engine).await?.unique_by(|id| id % 10);
        while unique.try_next().await?.is_some() {}
    }
    a_stream_that_spills_is_dropped_anywhere: ["AsyncResult"], UNTOUCHED, |engine| {
        let query = sql("SELECT a.id FROM t a, t b LIMIT 300")
            .batch_rows(30)
            .stall(Stall::Spill(1 << 10));
        let mut rows = engine.query(query).await?;
        while rows.try_next().await?.is_some() {}
    }
    a_stream_that_is_given_up_when_it_stalls_is_dropped_anywhere:
    ["AsyncResult"], UNTOUCHED, |engine| {
        let stall = Stall::AbortAfter(std::time::Duration::from_micros(100));
        let mut rows = engine.query(sql("SELECT id FROM t").batch_rows(2).stall(stall)).await?;
        while let Ok(Some(_)) = rows.try_next().await {}
    }
    two_streams_of_one_connection_are_dropped_anywhere: ["AsyncResult"], UNTOUCHED, |engine| {
        let connection = engine.connect().await?;
        let mut one = connection.query(sql("SELECT id FROM t").batch_rows(3)).await?;
        let mut two = connection.query(sql("SELECT id FROM t").batch_rows(5)).await?;
        while one.try_next().await?.is_some() && two.try_next().await?.is_some() {}
    }
}
