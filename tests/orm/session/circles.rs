//! Rows that refer to each other.

use headwater::{AsyncSessionmaker, Entity, EntityState, ErrorKind, schema};

use crate::support::{Tank, run};

#[derive(Clone, Debug, Entity)]
#[entity(table = "teams")]
struct Team {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(Player::ID))]
    captain: Option<i64>,
}

#[derive(Clone, Debug, Entity)]
#[entity(table = "players")]
struct Player {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(Team::ID))]
    team: i64,
}

#[derive(Clone, Debug, Entity)]
#[entity(table = "links")]
struct Link {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(Link::ID, deferred))]
    next: i64,
}

#[derive(Clone, Debug, Entity)]
#[entity(table = "knots")]
struct Knot {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(Knot::ID))]
    next: i64,
}

async fn sessions(tank: &Tank) -> AsyncSessionmaker {
    let engine = tank.engine().await;
    let schema = schema().entity::<Team>().entity::<Player>().entity::<Link>().entity::<Knot>();
    schema.create_all(&engine).await.unwrap();
    AsyncSessionmaker::new(&engine)
}

#[test]
fn a_circle_is_opened_where_a_reference_can_be_null() {
    run(async {
        let tank = Tank::new();
        let mut session = sessions(&tank).await.session();

        let players = session.add_all((1..=3).map(|id| Player { id, team: 9 }));
        let team = session.add(Team { id: 9, captain: Some(2) });
        session.commit().await.unwrap();
        let captain: Option<i64> = session.scalar("SELECT captain FROM teams").await.unwrap();
        session.delete(&team);
        for player in &players {
            session.delete(player);
        }
        session.commit().await.unwrap();

        assert_eq!((captain, team.read().captain), (Some(2), Some(2)));
        assert_eq!(team.state(), EntityState::Gone);
        assert_eq!(session.scalar::<i64>("SELECT count(*) FROM players").await.unwrap(), Some(0));
    });
}

#[test]
fn a_circle_of_deferred_references_is_written_as_it_is() {
    run(async {
        let tank = Tank::new();
        let mut session = sessions(&tank).await.session();

        let links = session.add_all((0..4).map(|id| Link { id, next: (id + 1) % 4 }));
        session.commit().await.unwrap();
        for link in &links {
            session.delete(link);
        }
        session.commit().await.unwrap();

        assert!(links.iter().all(|link| link.state() == EntityState::Gone));
    });
}

#[test]
fn a_circle_that_cannot_be_opened_is_told_before_anything_is_sent() {
    run(async {
        let tank = Tank::new();
        let mut session = sessions(&tank).await.session();

        session.add_all([Knot { id: 1, next: 2 }, Knot { id: 2, next: 1 }]);
        let error = session.flush().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Entity);
        assert!(
            error.to_string().starts_with("rows of `Knot` (table `knots`) refer to each other"),
            "{error}"
        );
        assert!(!session.is_in_transaction());
        assert_eq!(session.changes().new.len(), 2);
    });
}
