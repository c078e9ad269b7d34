//! Rows that go with others through rows that the session does not know.

use headwater::{AsyncEngine, AsyncSession, AsyncSessionmaker, Entity, EntityState, schema, sql};

use crate::support::{Tank, run};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "houses")]
struct House {
    #[entity(primary_key)]
    id: i64,
    #[entity(unique)]
    name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "floors")]
struct Floor {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(House::ID, on_delete = cascade))]
    house_id: i64,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "rooms")]
struct Room {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(Floor::ID, on_delete = cascade))]
    floor_id: i64,
}

/// A part of another part.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "parts")]
struct Part {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(Self::ID, on_delete = cascade))]
    whole_id: Option<i64>,
}

struct Town {
    _tank: Tank,
    engine: AsyncEngine,
}

impl Town {
    async fn new() -> Self {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let schema = schema().entity::<House>().entity::<Floor>().entity::<Room>();
        schema.entity::<Part>().create_all(&engine).await.unwrap();
        let rows = "INSERT INTO houses VALUES (1, 'mill');
            INSERT INTO floors VALUES (10, 1);
            INSERT INTO rooms VALUES (100, 10);
            INSERT INTO parts VALUES (1, NULL), (2, 1), (3, 2)";
        engine.execute_batch(rows).await.unwrap();
        Self { _tank: tank, engine }
    }

    fn session(&self) -> AsyncSession {
        AsyncSessionmaker::new(&self.engine).session()
    }

    async fn count(&self, table: &str) -> i64 {
        self.engine.query(sql(format!("SELECT count(*) FROM {table}"))).scalar_one().await.unwrap()
    }
}

#[test]
fn rows_are_deleted_before_those_that_they_go_with_through_a_table_between() {
    run(async {
        let town = Town::new().await;
        let mut session = town.session();
        let house = session.get_one::<House>(1).await.unwrap();
        let room = session.get_one::<Room>(100).await.unwrap();

        session.delete(&room);
        session.delete(&house);
        session.commit().await.unwrap();

        assert_eq!((house.state(), room.state()), (EntityState::Gone, EntityState::Gone));
        assert_eq!(town.count("floors").await, 0);
    });
}

#[test]
fn a_row_that_goes_with_another_of_its_flush_is_deleted_all_the_same() {
    run(async {
        for order in [[1, 3], [3, 1]] {
            let town = Town::new().await;
            let mut session = town.session();
            let parts = session.get_many::<Part>(order).await.unwrap();
            for part in parts.iter().flatten() {
                session.delete(part);
            }

            session.commit().await.unwrap();

            assert_eq!(town.count("parts").await, 0);
        }
    });
}

#[test]
fn a_key_is_taken_again_while_what_referred_to_it_is_deleted() {
    run(async {
        let town = Town::new().await;
        let mut session = town.session();
        let house = session.get_one::<House>(1).await.unwrap();
        let floor = session.get_one::<Floor>(10).await.unwrap();

        session.delete(&house);
        session.delete(&floor);
        let again = session.add(House { id: 1, name: Some("barn".to_owned()) });
        session.commit().await.unwrap();

        assert_eq!((floor.state(), again.state()), (EntityState::Gone, EntityState::Clean));
        assert_eq!((town.count("houses").await, town.count("rooms").await), (1, 0));
    });
}

#[test]
fn what_goes_with_a_key_that_is_taken_again_is_deleted_all_the_same() {
    run(async {
        let town = Town::new().await;
        let mut session = town.session();
        let house = session.get_one::<House>(1).await.unwrap();
        let room = session.get_one::<Room>(100).await.unwrap();

        session.delete(&room);
        session.delete(&house);
        let again = session.add(House { id: 1, name: Some("barn".to_owned()) });
        session.commit().await.unwrap();

        assert_eq!((room.state(), again.state()), (EntityState::Gone, EntityState::Clean));
        assert_eq!((town.count("houses").await, town.count("rooms").await), (1, 0));
    });
}

#[test]
fn a_unique_value_of_a_deleted_row_can_be_taken_in_the_same_flush() {
    run(async {
        let town = Town::new().await;
        let mut session = town.session();
        let house = session.get_one::<House>(1).await.unwrap();

        session.delete(&house);
        let again = session.add(House { id: 2, name: Some("mill".to_owned()) });
        session.commit().await.unwrap();

        assert_eq!((house.state(), again.state()), (EntityState::Gone, EntityState::Clean));
        assert_eq!(town.count("houses").await, 1);
    });
}

#[test]
fn what_may_have_gone_through_unknown_rows_is_asked_for_again() {
    run(async {
        let town = Town::new().await;
        let mut session = town.session();
        let house = session.get_one::<House>(1).await.unwrap();
        let room = session.get_one::<Room>(100).await.unwrap();

        session.delete(&house);
        session.flush().await.unwrap();

        assert!(session.get::<Room>(100).await.unwrap().is_none());
        assert_eq!(room.state(), EntityState::Gone);
        session.rollback().await.unwrap();
        assert_eq!(room.state(), EntityState::Clean);
    });
}
