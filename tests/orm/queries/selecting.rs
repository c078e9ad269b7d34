//! Whole entities and columns of them: filters, order, bounds.

use headwater::{AsyncEngine, count, raw, select, sql};

use super::hand::User;
use crate::support::run;

async fn people() -> AsyncEngine {
    let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
    engine
        .execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER)")
        .await
        .unwrap();
    let rows = [(1, "Ada", Some(36)), (2, "Alan", Some(41)), (3, "Grace", None)];
    engine.insert_stream("users", ["id", "name", "age"], rows).await.unwrap();
    engine
}

#[test]
fn a_whole_entity_is_selected_by_the_names_of_its_columns() {
    run(async {
        let engine = people().await;

        let query = select::<User>().filter(User::AGE.gt(30)).order_by(User::NAME.desc()).limit(1);
        let text = query.to_sql().unwrap();
        let found: Vec<User> = engine.query(query).all().await.unwrap();

        assert_eq!(
            text.text(),
            "SELECT \"users\".\"id\", \"users\".\"name\", \"users\".\"age\" FROM \"users\" \
             WHERE \"users\".\"age\" > ?1 ORDER BY \"users\".\"name\" DESC LIMIT ?2"
        );
        assert_eq!(found, [User { id: 2, name: "Alan".into(), age: Some(41) }]);
    });
}

#[test]
fn conditions_stand_together_by_and_or_and_not() {
    run(async {
        let engine = people().await;

        let query = select::<User>()
            .columns((User::ID, User::AGE))
            .filter((User::AGE.gt(40) | User::NAME.eq("Grace")) & !User::ID.in_([1_i64, 7, 8]))
            .filter(raw::<bool>(sql!("{:sql} <> {}", User::NAME, "Bob")))
            .order_by(User::ID);
        println!("{}", query.to_sql().unwrap());
        let found: Vec<(i64, Option<i32>)> = engine.query(query).all().await.unwrap();
        let counted =
            engine.query(select::<User>().columns((count(), User::AGE.sum()))).one().await.unwrap();

        assert_eq!(found, [(2, Some(41)), (3, None)]);
        assert_eq!(counted, (3, Some(77)));
    });
}
