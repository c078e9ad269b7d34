//! What an open result can be turned into: groups, batches, mappings, unique rows, and scalars.

use futures::TryStreamExt;
use headwater::{ErrorKind, Row};

use super::{metered, ticks};
use crate::support::{Tank, run};

#[test]
fn fetch_many_takes_so_many_rows_and_fewer_only_at_the_end() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        let mut result = engine.query(ticks(10)).await.unwrap();

        let mut sizes = Vec::new();
        for count in [4, 0, 4, 4, 4] {
            sizes.push(result.fetch_many(count).await.unwrap().len());
        }

        assert_eq!(sizes, [4, 0, 4, 2, 0]);
        let mut items = engine.query(ticks(5)).scalars::<i64>().await.unwrap();
        assert_eq!(items.fetch_many(3).await.unwrap(), [1, 2, 3]);
        assert_eq!(items.fetch_many(usize::MAX).await.unwrap(), [4, 5]);
    });
}

#[test]
fn partitions_group_rows_and_the_last_group_may_be_smaller() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        let groups = |rows, count| {
            let query = engine.query(ticks(rows)).scalars::<i64>();
            async move { query.await?.partitions(count).try_collect::<Vec<_>>().await }
        };

        assert_eq!(groups(5, 2).await.unwrap(), [vec![1, 2], vec![3, 4], vec![5]]);
        assert_eq!(groups(4, 2).await.unwrap(), [vec![1, 2], vec![3, 4]]);
        assert_eq!(groups(2, 10).await.unwrap(), [vec![1, 2]]);
        assert_eq!(groups(2, 0).await.unwrap(), [vec![1], vec![2]]);
        assert!(groups(0, 2).await.unwrap().is_empty());
    });
}

#[test]
fn partitions_of_rows_are_rows() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;

        let mut groups = engine.query(ticks(3)).await.unwrap().partitions(2);
        let first: Vec<Row> = groups.try_next().await.unwrap().unwrap();
        let second = groups.next().await.unwrap().unwrap();

        assert_eq!(first[1].get::<&str>("name").unwrap(), "row 2");
        assert_eq!(second.len(), 1);
        assert!(groups.next().await.is_none());
    });
}

#[test]
fn batches_give_all_rows_in_order() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;

        let mut batches = engine.query(ticks(5_000)).await.unwrap().batches();
        let mut ids = Vec::new();
        while let Some(batch) = batches.try_next().await.unwrap() {
            assert!(!batch.is_empty());
            ids.extend(batch.iter().map(|row| row.get::<i64>(0).unwrap()));
        }

        assert_eq!(ids, (1..=5_000).collect::<Vec<_>>());
    });
}

#[test]
fn batches_of_a_result_that_was_begun_give_the_rest() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        let mut result = engine.query(ticks(100)).await.unwrap();
        result.fetch_many(3).await.unwrap();

        let rest: Vec<Vec<Row>> = result.batches().try_collect().await.unwrap();

        let ids: Vec<i64> = rest.iter().flatten().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(ids, (4..=100).collect::<Vec<_>>());
    });
}

#[test]
fn mappings_keep_the_order_of_the_columns_and_both_of_a_name() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let text = "SELECT 1 AS z, 'x' AS a, NULL AS m, 2.5 AS z";

        let mut mappings = engine.query(text).await.unwrap().mappings();
        let mapping = mappings.try_next().await.unwrap().unwrap();

        let pairs: Vec<_> = mapping.iter().map(|(name, value)| (name, value.sql_type())).collect();
        assert_eq!(pairs, [("z", "INTEGER"), ("a", "TEXT"), ("m", "NULL"), ("z", "REAL")]);
        assert_eq!((mapping.len(), mapping.is_empty()), (4, false));
        assert_eq!(mapping.get::<&str>("a").unwrap(), "x");
        assert_eq!(mapping.get::<f64>(3).unwrap(), 2.5);
        let ambiguous = mapping.get::<i64>("z").unwrap_err();
        assert_eq!(ambiguous.kind(), ErrorKind::ColumnNotFound);
        assert_eq!(mapping.into_row().get::<i64>(0).unwrap(), 1);
        assert!(mappings.next().await.is_none());
    });
}

#[cfg(feature = "json")]
#[test]
fn mappings_are_written_as_json_objects_in_the_order_of_the_columns() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let text = "SELECT 1 AS z, 'x\"y' AS a, NULL AS m, 2.5 AS r, x'00ff' AS b";

        let mappings = engine.query(text).await.unwrap().mappings().all().await.unwrap();
        let json = serde_json::to_string(&mappings).unwrap();

        assert_eq!(json, r#"[{"z":1,"a":"x\"y","m":null,"r":2.5,"b":[0,255]}]"#);
    });
}

#[test]
fn unique_by_keeps_the_first_row_of_each_key() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;

        let rows = engine.query(ticks(10)).await.unwrap();
        let unique = rows.unique_by(|row| row.get::<i64>(0).unwrap() % 3);
        let unique: Vec<i64> =
            unique.map_ok(|row| row.get::<i64>(0).unwrap()).try_collect().await.unwrap();
        let mut items =
            engine.query(ticks(10)).scalars::<i64>().await.unwrap().unique_by(|id| id / 4);

        assert_eq!(unique, [1, 2, 3]);
        assert_eq!(items.try_next().await.unwrap(), Some(1));
        assert_eq!(items.next().await.unwrap().unwrap(), 4);
        assert_eq!(items.try_collect::<Vec<_>>().await.unwrap(), [8]);
    });
}

#[test]
fn an_open_result_becomes_scalars_where_it_stands() {
    run(async {
        let tank = Tank::new();
        let (engine, _) = metered(&tank).await;
        let mut result = engine.query(ticks(20)).await.unwrap();
        result.fetch_many(5).await.unwrap();

        let items: Vec<(i64, String)> = result.scalars().all().await.unwrap();

        assert_eq!(items.len(), 15);
        assert_eq!(items[0], (6, "row 6".to_owned()));
    });
}
