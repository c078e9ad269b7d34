//! One state of the database for all queries of a load, and what a load that is dropped leaves.

use headwater::{Executor, select};

use super::blog::{Blog, Post, User};
use crate::support::run;

/// Reads users of 100 with their posts, and deletes all posts after the first user.
async fn posts_seen(of: &impl Executor, blog: &Blog) -> usize {
    let mut users = of.query(select::<User>().batch_rows(4).with(User::POSTS)).await.unwrap();
    let (_, posts) = users.try_next().await.unwrap().unwrap();
    blog.engine.execute("DELETE FROM posts").await.unwrap();
    let others = users.all().await.unwrap();
    posts.len() + others.iter().map(|(_, posts)| posts.len()).sum::<usize>()
}

#[test]
fn a_load_on_the_engine_reads_one_state() {
    run(async {
        let blog = Blog::large(100, 3).await;

        assert_eq!(posts_seen(&blog.engine, &blog).await, 300);
        assert_eq!(posts_seen(&blog.engine, &blog).await, 0);
    });
}

#[test]
fn a_load_on_a_connection_reads_one_state_and_lets_it_go() {
    run(async {
        let blog = Blog::large(100, 3).await;
        let connection = blog.engine.connect().await.unwrap();

        assert_eq!(posts_seen(&connection, &blog).await, 300);
        assert_eq!(posts_seen(&connection, &blog).await, 0);
        connection.execute("INSERT INTO posts VALUES (1, 1, 1)").await.unwrap();
        assert_eq!(
            blog.engine.query("SELECT count(*) FROM posts").scalar_one::<i64>().await.unwrap(),
            1
        );
    });
}

#[test]
fn a_transaction_writes_what_it_loads() {
    run(async {
        let blog = Blog::large(100, 2).await;
        let tx = blog.engine.begin().await.unwrap();

        let mut users = tx.query(select::<User>().with(User::POSTS)).await.unwrap();
        while let Some((user, posts)) = users.try_next().await.unwrap() {
            let views: i64 = posts.iter().map(|post| post.views).sum();
            tx.execute(headwater::sql!("UPDATE users SET name = {views} WHERE id = {}", user.id))
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();

        let wrong = "SELECT count(*) FROM users WHERE name <> (SELECT sum(views) FROM posts WHERE author_id = users.id)";
        assert_eq!(blog.engine.query(wrong).scalar_one::<i64>().await.unwrap(), 0);
    });
}

#[test]
fn a_load_that_is_dropped_gives_its_connection_back() {
    run(async {
        let blog = Blog::empty(|builder| builder.max_connections(1)).await;
        blog.engine.execute("INSERT INTO users VALUES (1, 'a'), (2, 'b'), (3, 'c')").await.unwrap();

        for _ in 0..3 {
            let mut users = blog.engine.query(select::<User>().with(User::POSTS)).await.unwrap();
            users.try_next().await.unwrap();
        }
        let mut posts = blog.engine.query(select::<Post>().with(Post::AUTHOR)).await.unwrap();
        posts.close();
        assert!(posts.next().await.is_none());

        assert_eq!(blog.engine.query("SELECT 1").scalar_one::<i64>().await.unwrap(), 1);
        assert_eq!(blog.engine.status().open_results, 0);
    });
}

#[test]
fn a_load_can_be_spawned() {
    fn is_sendable<T: Send>(_: &T) {}
    run(async {
        let blog = Blog::small().await;
        let engine = blog.engine.clone();

        let load = async move {
            let users = engine.query(select::<User>().with(User::POSTS.with(Post::TAGS)));
            users.all().await.unwrap().len()
        };
        is_sendable(&load);

        assert_eq!(load.await, 3);
    });
}
