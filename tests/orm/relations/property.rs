//! Any rows, any refinement and any size of batches give what a model in Rust gives.

use std::collections::BTreeMap;

use futures::executor::block_on;
use headwater::{AsyncEngine, Entity, relations::Related, select};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

use crate::support::holds_for_any;

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "owners", has_many(LOOSE: Thing::LOOSE), has_many(FIRM: Thing::FIRM))]
struct Owner {
    #[entity(primary_key)]
    id: i64,
    #[entity(unique)]
    name: String,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "things", has_many(PARTS: Thing::INSIDE))]
struct Thing {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(Owner::NAME), belongs_to = LOOSELY)]
    loose: Option<String>,
    #[entity(references(Owner::ID), belongs_to = FIRMLY)]
    firm: i64,
    #[entity(references(Thing::ID), belongs_to = WHOLE)]
    inside: Option<i64>,
    rank: i64,
}

const TABLES: &str = "
    CREATE TABLE owners(id INTEGER PRIMARY KEY, name TEXT UNIQUE);
    CREATE TABLE things(id INTEGER PRIMARY KEY, loose TEXT, firm INTEGER, inside INTEGER, rank INTEGER);
    CREATE INDEX things_firm ON things(firm);
";

/// What is wanted of the things of an owner.
#[derive(Clone, Debug)]
struct Wanted {
    least: Option<i64>,
    descending: bool,
    limit: Option<u64>,
    offset: u64,
}

#[derive(Clone, Debug)]
struct Case {
    owners: i64,
    things: Vec<(Option<i64>, i64, Option<i64>, i64)>,
    wanted: Wanted,
    batch: usize,
    only: Option<i64>,
}

fn cases() -> impl Strategy<Value = Case> {
    // Some refer to owners and things that are not there.
    let thing = (option::of(0..9_i64), 0..9_i64, option::of(0..40_i64), 0..4_i64);
    let limit = prop_oneof![Just(None), (0..4_u64).prop_map(Some)];
    let wanted = (option::of(0..3_i64), any::<bool>(), limit, 0..3_u64);
    let wanted = wanted.prop_map(|(least, descending, limit, offset)| Wanted {
        least,
        descending,
        limit,
        offset,
    });
    (0..8_i64, vec(thing, 0..40), wanted, 1..6_usize, option::of(0..8_i64)).prop_map(
        |(owners, things, wanted, batch, only)| Case { owners, things, wanted, batch, only },
    )
}

fn owner_name(id: i64) -> String {
    format!("owner {id}")
}

async fn fill(case: &Case) -> (AsyncEngine, Vec<Thing>) {
    let engine = AsyncEngine::open("sqlite::memory:?foreign_keys=off").await.unwrap();
    engine.execute_batch(TABLES).await.unwrap();
    let owners: Vec<_> = (0..case.owners).map(|id| (id, owner_name(id))).collect();
    engine.insert_stream("owners", ["id", "name"], owners).await.unwrap();
    let things: Vec<Thing> = (0..)
        .zip(&case.things)
        .map(|(id, (loose, firm, inside, rank))| Thing {
            id,
            loose: loose.map(owner_name),
            firm: *firm,
            inside: *inside,
            rank: *rank,
        })
        .collect();
    let rows: Vec<_> = things
        .iter()
        .map(|thing| (thing.id, thing.loose.clone(), thing.firm, thing.inside, thing.rank))
        .collect();
    let columns = ["id", "loose", "firm", "inside", "rank"];
    engine.insert_stream("things", columns, rows).await.unwrap();
    (engine, things)
}

impl Wanted {
    /// What a model has of it.
    fn of(&self, mut things: Vec<Thing>) -> Vec<Thing> {
        things.retain(|thing| self.least.is_none_or(|least| thing.rank >= least));
        things.sort_by_key(|thing| match self.descending {
            true => (-thing.rank, thing.id),
            false => (0, thing.id),
        });
        let after = things.into_iter().skip(usize::try_from(self.offset).unwrap());
        let limit = self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
        after.take(limit).collect()
    }

    fn refine<P: Entity>(&self, mut relation: Related<P, Thing>) -> Related<P, Thing> {
        if let Some(least) = self.least {
            relation = relation.filter(Thing::RANK.ge(least));
        }
        if self.descending {
            relation = relation.order_by((Thing::RANK.desc(), Thing::ID));
        }
        if let Some(limit) = self.limit {
            relation = relation.limit(limit);
        }
        relation.offset(self.offset)
    }
}

/// Things by whatever they belong to.
fn by<K: Ord>(things: &[Thing], key: impl Fn(&Thing) -> Option<K>) -> BTreeMap<K, Vec<Thing>> {
    let mut groups = BTreeMap::<K, Vec<Thing>>::new();
    for thing in things {
        if let Some(key) = key(thing) {
            groups.entry(key).or_default().push(thing.clone());
        }
    }
    groups
}

async fn check(case: &Case) {
    let (engine, things) = fill(case).await;
    let (firm, loose) = (by(&things, |it| Some(it.firm)), by(&things, |it| it.loose.clone()));
    let parts = by(&things, |thing| thing.inside);
    let of = |group: Option<&Vec<Thing>>| case.wanted.of(group.cloned().unwrap_or_default());
    let only = |id: i64| case.only.is_none_or(|least| id >= least);
    let expected: Vec<_> = (0..case.owners)
        .filter(|id| only(*id))
        .map(|id| {
            let owner = Owner { id, name: owner_name(id) };
            let firm: Vec<_> = firm.get(&id).cloned().unwrap_or_default();
            let firm: Vec<_> = firm.into_iter().map(|it| (of(parts.get(&it.id)), it)).collect();
            let firm = firm.into_iter().map(|(parts, thing)| (thing, parts)).collect::<Vec<_>>();
            let (loose, some) = (of(loose.get(&owner.name)), of(loose.get(&owner.name)));
            (owner, firm, loose, some)
        })
        .collect();

    let owners = || {
        let owners = select::<Owner>().order_by(Owner::ID).batch_rows(case.batch);
        owners
            .filter_if(case.only, |least| Owner::ID.ge(least))
            .with(Owner::FIRM.with(case.wanted.refine(Thing::PARTS.offset(0))))
            .with(case.wanted.refine(Owner::LOOSE.offset(0)))
            .with(case.wanted.refine(Owner::LOOSE.offset(0)))
    };
    let collected = engine.query(owners()).all().await.unwrap();
    let streamed = engine.query(owners()).await.unwrap().all().await.unwrap();

    assert_eq!(collected, expected);
    assert_eq!(streamed, expected);
    check_up(&engine, case, &things).await;
}

/// The same from below.
async fn check_up(engine: &AsyncEngine, case: &Case, things: &[Thing]) {
    let query = select::<Thing>()
        .order_by(Thing::ID)
        .batch_rows(case.batch)
        .with(Thing::FIRMLY)
        .with(Thing::LOOSELY)
        .with(Thing::WHOLE);
    let found = engine.query(query).all().await.unwrap();

    assert_eq!(found.len(), things.len());
    for ((thing, firmly, loosely, whole), expected) in found.into_iter().zip(things) {
        assert_eq!(&thing, expected);
        let there = |id: i64| (0..case.owners).contains(&id).then_some(id);
        assert_eq!(firmly.map(|owner| owner.id), there(thing.firm));
        let name = thing.loose.filter(|name| (0..case.owners).any(|id| owner_name(id) == *name));
        assert_eq!(loosely.map(|owner| owner.name), name);
        let inside = thing.inside.and_then(|id| things.iter().find(|thing| thing.id == id));
        assert_eq!(whole.as_ref(), inside);
    }
}

#[test]
fn any_rows_are_loaded_as_a_model_groups_them() {
    holds_for_any(120, &cases(), |case| block_on(check(&case)));
}
