//! Entities in the tables that their derive describes: what is written is what is read again.

use std::fmt::Debug;

use headwater::{AsyncEngine, Entity, ErrorKind, Result, Value, schema, select, sql};

use super::embedded::{Country, Person, ada as person, address};
use super::{Kind, Post, PostTag, Profile, Tag, User, ada};
use crate::support::{Tank, run};

async fn blog(engine: &AsyncEngine) {
    let schema = schema().entity::<Post>().entity::<User>().entity::<Profile>();
    schema.entity::<PostTag>().entity::<Tag>().create_all(engine).await.unwrap();
}

/// Inserts what is not left to the database, as a flush does.
async fn insert<E: Entity>(engine: &AsyncEngine, entity: &E) -> Result<()> {
    let table = E::table();
    let mut values: Vec<Value> = Vec::new();
    entity.values(&mut values)?;
    let (mut names, mut marks) = (Vec::new(), Vec::new());
    let mut statement = Vec::new();
    for (column, value) in values.into_iter().enumerate() {
        if !entity.is_left(column) {
            names.push(format!("\"{}\"", table.column_name(column)));
            marks.push("?");
            statement.push(value);
        }
    }
    let (names, marks) = (names.join(", "), marks.join(", "));
    let text = format!("INSERT INTO \"{}\" ({names}) VALUES ({marks})", table.name);
    let statement = statement.into_iter().fold(sql(text), |text, value| text.bind(value));
    engine.execute(statement).await.map(drop)
}

#[track_caller]
fn same<E: PartialEq + Debug>(read: &[E], expected: &[E]) {
    assert_eq!(read, expected);
}

#[test]
fn an_entity_is_read_as_it_was_written_with_what_the_database_gave() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        blog(&engine).await;

        insert(&engine, &User { age: Some(36), r#type: Kind(Some(2)), ..ada() }).await.unwrap();
        let read = engine.query(select::<User>()).one().await.unwrap();

        assert!(read.made_at.is_some());
        let expected = User {
            id: 1,
            age: Some(36),
            is_open: false,
            loud: "ADA".to_owned(),
            r#type: Kind(Some(2)),
            made_at: read.made_at.clone(),
            ..ada()
        };
        assert_eq!(read, expected);
    });
}

#[test]
fn the_rules_of_the_struct_are_those_of_the_table() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        blog(&engine).await;
        insert(&engine, &User { age: Some(36), ..ada() }).await.unwrap();

        let same_email = insert(&engine, &User { name: "Eve".to_owned(), ..ada() }).await;
        let email = "other@example.org".to_owned();
        let same_name = insert(&engine, &User { email, age: Some(36), ..ada() }).await;
        let email = "third@example.org".to_owned();
        let unborn = insert(&engine, &User { email, age: Some(-1), ..ada() }).await;
        let nobody = Profile { user_id: 7, home_page: String::new(), last_seen: 0.0 };
        let nobody = insert(&engine, &nobody).await;

        assert_eq!(same_email.unwrap_err().kind(), ErrorKind::UniqueViolation);
        assert_eq!(same_name.unwrap_err().kind(), ErrorKind::UniqueViolation);
        assert_eq!(unborn.unwrap_err().kind(), ErrorKind::CheckViolation);
        assert_eq!(nobody.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
    });
}

#[test]
fn a_row_goes_with_the_one_it_refers_to() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        blog(&engine).await;
        insert(&engine, &ada()).await.unwrap();
        let notes = Post { id: 1, author_id: Some(1), title: "Notes".to_owned() };
        let letters = Post { id: 2, author_id: None, title: "Letters".to_owned() };
        insert(&engine, &notes).await.unwrap();
        insert(&engine, &letters).await.unwrap();

        engine.execute("DELETE FROM users").await.unwrap();

        same(&engine.query(select::<Post>()).all().await.unwrap(), &[letters]);
    });
}

#[test]
fn a_deferred_reference_may_be_made_good_until_the_commit() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        blog(&engine).await;

        let tx = engine.begin().await.unwrap();
        tx.execute("INSERT INTO post VALUES (1, 1, 'Notes')").await.unwrap();
        tx.execute("INSERT INTO users(name, email, role, revision) VALUES ('A', 'a', 'reader', 1)")
            .await
            .unwrap();
        tx.commit().await.unwrap();

        let post = engine.query(select::<Post>()).one().await.unwrap();
        assert_eq!(post.author_id, Some(1));
    });
}

#[test]
fn flattened_structs_are_read_as_they_were_written() {
    run(async {
        let tank = Tank::new();
        let engine = tank.engine().await;
        schema().entity::<Person>().entity::<Country>().create_all(&engine).await.unwrap();
        insert(&engine, &Country { code: "no".to_owned() }).await.unwrap();

        insert(&engine, &person()).await.unwrap();
        let read = engine.query(select::<Person>()).all().await.unwrap();

        let home = |city: &str| {
            let mut address = address(city);
            address.country = Some("no".to_owned());
            address.point.z = 0.0;
            address
        };
        same(&read, &[Person { home: home("London"), work: home("Turin"), ..person() }]);
    });
}
