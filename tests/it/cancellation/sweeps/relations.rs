//! Sweeps of entities that are loaded with what belongs to them.

use headwater::{AsyncSessionmaker, Entity, select};

use super::super::sweep::sweeps;
use super::UNTOUCHED;

/// The rows of `t`, to each of which the same row belongs.
#[derive(Entity, Clone, Debug)]
#[entity(table = "t", has_many(TWINS: Twin::ID), has_one(TWIN: Twin::ID))]
struct Item {
    #[entity(primary_key)]
    id: i64,
}

#[derive(Entity, Clone, Debug)]
#[entity(table = "t")]
struct Twin {
    #[entity(primary_key, references(Item::ID), belongs_to = ITEM)]
    id: i64,
    name: Option<String>,
}

sweeps! {
    a_load_of_relations_is_dropped_anywhere:
    ["AsyncEager", "AsyncEager::next", "AsyncEager::try_next"], UNTOUCHED, |engine| {
        let items = select::<Item>().batch_rows(7).limit(30).with(Item::TWINS.with(Twin::ITEM));
        let mut items = engine.query(items).await?;
        while let Some(item) = items.next().await {
            assert_eq!(item?.1.len(), 1);
            items.try_next().await?;
        }
    }
    relations_that_are_collected_are_dropped_anywhere: ["AsyncEager::all"], UNTOUCHED, |engine| {
        let items = || select::<Item>().batch_rows(20).limit(50).with(Item::TWIN);
        engine.query(items()).await?.all().await?;
        engine.query(items()).all().await?;
        engine.query(items()).first().await?;
        engine.query(items()).one().await.unwrap_err()
    }
    a_load_on_a_connection_is_dropped_anywhere: ["AsyncEager"], UNTOUCHED, |engine| {
        let connection = engine.connect().await?;
        let items = select::<Item>().batch_rows(20).limit(50).with(Item::TWINS.limit(1));
        connection.query(items).all().await?;
        connection.query("SELECT 1").all().await?
    }
    what_belongs_to_an_entity_is_dropped_anywhere:
    ["AsyncSession::related", "AsyncSession::related_one"], UNTOUCHED, |engine| {
        let mut session = AsyncSessionmaker::new(&engine).session();
        let item = session.get_one::<Item>(3).await?;
        let mut twins = session.related(&item, Item::TWINS).await?;
        while let Some(twin) = twins.try_next().await? {
            session.related_one(&twin, Twin::ITEM).await?.unwrap();
        }
        session.related_one(&item, Item::TWIN).await?.unwrap().read().name.clone().unwrap();
        session.rollback().await?
    }
}
