//! Relations that cannot be loaded, and what is said of them.

use headwater::{BelongsTo, Entity, ErrorKind, HasMany, ManyToMany, raw, select};

use super::blog::{Blog, Comment, Post, PostTag, Tag, User};
use crate::support::run;

const NOT_A_KEY: HasMany<User, Post> = HasMany::by(&[2]);
const OF_ANOTHER: HasMany<User, Comment> = HasMany::by(&[1]);
const TOO_MANY: HasMany<User, Post> = HasMany::by(&[1, 2]);
const NO_COLUMN: BelongsTo<Post, User> = BelongsTo::by(&[9]);
const CROSSED: ManyToMany<Post, Tag, PostTag> = ManyToMany::by(&[1], &[0]);

#[test]
fn a_relation_to_nothing_is_refused_before_anything_runs() {
    run(async {
        let blog = Blog::small().await;
        let users = || select::<User>();

        let errors = [
            blog.engine.query(users().with(NOT_A_KEY)).all().await.unwrap_err(),
            blog.engine.query(users().with(OF_ANOTHER)).all().await.unwrap_err(),
            blog.engine.query(users().with(TOO_MANY)).first().await.unwrap_err(),
            blog.engine.query(select::<Post>().with(NO_COLUMN)).await.unwrap_err(),
            blog.engine.query(select::<Post>().with(CROSSED)).one().await.unwrap_err(),
            blog.engine
                .query(users().with(User::POSTS.with(Post::TAGS).with(CROSSED)))
                .all()
                .await
                .unwrap_err(),
        ];

        assert!(errors.iter().all(|error| error.kind() == ErrorKind::Entity), "{errors:?}");
        let [not_a_key, of_another, ..] = errors.map(|error| error.to_string());
        assert_eq!(
            not_a_key,
            "there is no relation between `Post` and `User` by `views` of the table `posts`: they are no \
             foreign key; declare one with `references(…)`, or with `foreign_key(…)` for several columns, to \
             the table `users`"
        );
        assert!(
            of_another.ends_with("they refer to `posts`; name the columns that refer to `users`")
        );
    });
}

#[test]
fn what_ends_the_query_for_the_others_ends_the_stream_and_names_the_relation() {
    run(async {
        let blog = Blog::small().await;

        let broken = User::POSTS.filter(raw::<bool>("no_such_function(1)"));
        let mut users = blog.engine.query(select::<User>().with(broken)).await.unwrap();
        let error = users.next().await.unwrap().unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Syntax);
        let said = error.to_string();
        assert!(
            said.starts_with(
                "the relation from `User` to `Post` by `posts.author_id`: no such function"
            ),
            "{said}"
        );
        assert!(error.sql().unwrap().contains("no_such_function"));
        assert!(users.next().await.is_none());
    });
}

#[derive(Entity, Clone, Debug)]
#[entity(table = "posts")]
struct Stricter {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(User::ID), belongs_to = AUTHOR)]
    author_id: i64,
}

#[test]
fn a_row_that_is_not_of_its_entity_comes_after_those_before_it() {
    run(async {
        let blog = Blog::small().await;

        let posts = select::<Stricter>().order_by(Stricter::ID).with(Stricter::AUTHOR);
        let mut posts = blog.engine.query(posts).await.unwrap();
        for _ in 0..3 {
            assert!(posts.try_next().await.unwrap().is_some());
        }
        let error = posts.try_next().await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(posts.try_next().await.unwrap().is_none());
    });
}
