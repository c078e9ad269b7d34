//! Entities with their relations, checked against what is in the tables.

use futures::TryStreamExt;
use headwater::{Executor, select};

use super::blog::{Blog, Comment, Post, Profile, Tag, User, counted, ids};
use crate::support::run;

#[test]
fn has_many_gives_each_entity_its_own_and_an_empty_list_without_any() {
    run(async {
        let blog = Blog::small().await;

        let users = select::<User>().order_by(User::ID).with(User::POSTS);
        let users: Vec<(User, Vec<Post>)> = blog.engine.query(users).all().await.unwrap();

        let found: Vec<_> = users.iter().map(|(user, posts)| (user.id, ids(posts))).collect();
        assert_eq!(found, [(1, vec![1, 3, 5]), (2, vec![2]), (3, vec![])]);
    });
}

#[test]
fn belongs_to_gives_the_one_and_none_for_null() {
    run(async {
        let blog = Blog::small().await;

        let posts = select::<Post>().order_by(Post::ID.desc()).with(Post::AUTHOR);
        let posts: Vec<(Post, Option<User>)> = blog.engine.query(posts).all().await.unwrap();

        let names: Vec<_> = posts
            .into_iter()
            .map(|(post, author)| (post.id, author.map(|author| author.name)))
            .collect();
        let of = |name: &str| Some(name.to_owned());
        let expected = [(5, of("Ada")), (4, None), (3, of("Ada")), (2, of("Alan")), (1, of("Ada"))];
        assert_eq!(names, expected);
    });
}

#[test]
fn an_entity_that_refers_to_no_row_gets_none() {
    run(async {
        let blog = Blog::small().await;
        let connection = blog.engine.connect().await.unwrap();
        connection.execute("PRAGMA foreign_keys = OFF").await.unwrap();
        connection.execute("DELETE FROM users WHERE id = 2").await.unwrap();

        let posts = select::<Post>().filter(Post::ID.eq(2)).with(Post::AUTHOR);
        let (_, author) = connection.query(posts).one().await.unwrap();

        assert_eq!(author, None);
    });
}

#[test]
fn has_one_gives_the_first_in_its_order_or_none() {
    run(async {
        let blog = Blog::small().await;
        blog.engine.execute("INSERT INTO profiles VALUES (3, 1, 'later')").await.unwrap();

        let users = || select::<User>().order_by(User::ID);
        let bios = |users: Vec<(User, Option<Profile>)>| -> Vec<_> {
            users.into_iter().map(|(_, profile)| profile.map(|profile| profile.bio)).collect()
        };
        let plain = blog.engine.query(users().with(User::PROFILE)).all().await.unwrap();
        let last = User::PROFILE.order_by(Profile::ID.desc());
        let last = blog.engine.query(users().with(last)).all().await.unwrap();

        let some = |bio: &str| Some(bio.to_owned());
        assert_eq!(bios(plain), [some("notes"), some("codes"), None]);
        assert_eq!(bios(last), [some("later"), some("codes"), None]);
    });
}

#[test]
fn many_to_many_goes_through_the_entity_in_between_both_ways() {
    run(async {
        let blog = Blog::small().await;

        let posts = select::<Post>().order_by(Post::ID).with(Post::TAGS);
        let posts: Vec<(Post, Vec<Tag>)> = blog.engine.query(posts).all().await.unwrap();
        let tags = select::<Tag>().order_by(Tag::ID).with(Tag::POSTS.order_by(Post::ID.desc()));
        let tags: Vec<(Tag, Vec<Post>)> = blog.engine.query(tags).all().await.unwrap();

        let of_posts: Vec<_> = posts
            .iter()
            .map(|(_, tags)| tags.iter().map(|tag| tag.id).collect::<Vec<_>>())
            .collect();
        assert_eq!(of_posts, [vec![1, 2], vec![], vec![2], vec![3], vec![]]);
        let of_tags: Vec<_> = tags.iter().map(|(_, posts)| ids(posts)).collect();
        assert_eq!(of_tags, [vec![1], vec![3, 1], vec![4]]);
    });
}

#[test]
fn several_relations_come_in_one_tuple_and_nested_ones_in_tuples_within() {
    run(async {
        let blog = Blog::small().await;

        let users = select::<User>()
            .order_by(User::ID)
            .with(User::POSTS.with(Post::COMMENTS).with(Post::TAGS))
            .with(User::PROFILE.with(Profile::USER));
        type Posts = Vec<(Post, Vec<Comment>, Vec<Tag>)>;
        type Users = Vec<(User, Posts, Option<(Profile, Option<User>)>)>;
        let users: Users = blog.engine.query(users).all().await.unwrap();

        let shown: Vec<_> = users
            .iter()
            .map(|(user, posts, profile)| {
                let posts: Vec<_> = posts
                    .iter()
                    .map(|(post, comments, tags)| (post.id, comments.len(), tags.len()))
                    .collect();
                let of = profile.as_ref().and_then(|(_, user)| Some(user.as_ref()?.id));
                (user.id, posts, of)
            })
            .collect();
        let ada = vec![(1, 1, 2), (3, 2, 1), (5, 0, 0)];
        assert_eq!(shown, [(1, ada, Some(1)), (2, vec![(2, 0, 0)], Some(2)), (3, vec![], None)]);
    });
}

#[test]
fn what_is_related_is_filtered_ordered_and_limited_for_each_entity() {
    run(async {
        let blog = Blog::small().await;
        let posts = |relation| async {
            let users = select::<User>().order_by(User::ID).with(relation);
            let users = blog.engine.query(users).all().await.unwrap();
            users.iter().map(|(_, posts)| ids(posts)).collect::<Vec<_>>()
        };

        let filtered = posts(User::POSTS.filter(Post::VIEWS.gt(10)).filter(Post::ID.lt(5))).await;
        let ordered = posts(User::POSTS.order_by(Post::VIEWS.desc())).await;
        let limited = posts(User::POSTS.order_by(Post::VIEWS.desc()).limit(2)).await;
        let second = posts(User::POSTS.offset(1).limit(1)).await;
        let others = posts(User::POSTS.offset(1)).await;

        assert_eq!(filtered, [vec![3], vec![2], vec![]]);
        assert_eq!(ordered, [vec![5, 3, 1], vec![2], vec![]]);
        assert_eq!(limited, [vec![5, 3], vec![2], vec![]]);
        assert_eq!(second, [vec![3], vec![], vec![]]);
        assert_eq!(others, [vec![3, 5], vec![], vec![]]);
    });
}

#[test]
fn a_limit_counts_through_the_entity_in_between_too() {
    run(async {
        let blog = Blog::small().await;

        let last = Post::TAGS.order_by(Tag::LABEL.desc()).limit(1);
        let posts = blog.engine.query(select::<Post>().order_by(Post::ID).with(last));
        let posts = posts.all().await.unwrap();

        let labels: Vec<_> = posts
            .iter()
            .map(|(_, tags)| tags.iter().map(|tag| tag.label.as_str()).collect::<Vec<_>>())
            .collect();
        assert_eq!(labels, [vec!["red"], vec![], vec!["green"], vec!["blue"], vec![]]);
    });
}

#[test]
fn there_is_one_query_for_each_batch_of_entities() {
    run(async {
        let blog = Blog::large(3_000, 2).await;
        let users = || select::<User>().with(User::POSTS.filter(counted()));

        let all = blog.engine.query(users()).all().await.unwrap();
        let collected = blog.runs();
        let streamed: Vec<_> =
            blog.engine.query(users()).await.unwrap().try_collect().await.unwrap();
        let streamed_in = blog.runs() - collected;

        assert!(all.iter().all(|(_, posts)| posts.len() == 2) && all == streamed);
        // Batches of 1,024; of a stream the first are of 1 and of 32.
        assert_eq!((collected, streamed_in), (3, 5));
    });
}

#[test]
fn where_all_have_an_owner_and_all_are_collected_one_query_is_enough() {
    run(async {
        let blog = Blog::large(3_000, 1).await;
        let comments = (1..=6_000).map(|id| (id, id % 3_000 + 1, "said"));
        let columns = ["id", "post_id", "body"];
        blog.engine.insert_stream("comments", columns, comments).await.unwrap();
        let posts = || select::<Post>().with(Post::COMMENTS.filter(counted()));

        let all = blog.engine.query(posts()).all().await.unwrap();
        let whole = blog.runs();
        let some = posts().clone();
        let streamed = blog.engine.query(some).await.unwrap().all().await.unwrap();

        assert!(all.iter().all(|(post, comments)| {
            comments.len() == 2 && comments.iter().all(|comment| comment.post_id == post.id)
        }));
        assert!(all == streamed && whole == 1 && blog.runs() == 6);
    });
}

#[test]
fn a_batch_is_as_large_as_the_query_wants_it() {
    run(async {
        let blog = Blog::large(100, 1).await;

        let users = select::<User>().batch_rows(10).with(User::POSTS.filter(counted()));
        let users = blog.engine.query(users).all().await.unwrap();

        assert_eq!((users.len(), blog.runs()), (100, 10));
    });
}

#[test]
fn those_who_refer_to_the_same_row_share_one_key() {
    run(async {
        let blog = Blog::large(10, 300).await;

        let author = Post::AUTHOR.filter(counted());
        let nested = select::<User>().with(User::POSTS.with(author));
        let users = blog.engine.query(nested).all().await.unwrap();

        let own = users.iter().all(|(user, posts)| {
            posts.len() == 300 && posts.iter().all(|(_, author)| author.as_ref() == Some(user))
        });
        // 3,000 posts, and ten keys among them: one query.
        assert!(own && blog.runs() == 1);
    });
}

#[test]
fn without_entities_nothing_more_is_asked() {
    run(async {
        let blog = Blog::small().await;

        let nobody = select::<User>().filter(User::ID.gt(100));
        let users = nobody.with(User::POSTS.filter(counted()));

        assert_eq!(blog.engine.query(&users).all().await.unwrap(), []);
        assert_eq!(blog.engine.query(users).first().await.unwrap(), None);
        assert_eq!(blog.runs(), 0);
    });
}

#[test]
fn the_methods_of_a_query_collect_entities_with_their_relations() {
    run(async {
        let blog = Blog::small().await;
        let users = || select::<User>().order_by(User::ID).with(User::POSTS);
        let ada = || select::<User>().filter(User::ID.eq(1)).with(User::POSTS);
        let query = |users| blog.engine.query(users);

        assert_eq!(query(users()).first().await.unwrap().unwrap().1.len(), 3);
        assert_eq!(query(ada()).one().await.unwrap().1.len(), 3);
        assert_eq!(query(ada()).one_or_none().await.unwrap().unwrap().1.len(), 3);
        let many = query(users()).one().await.unwrap_err();
        assert_eq!(many.kind(), headwater::ErrorKind::MultipleRows);
        let mut open = query(users()).await.unwrap();
        assert_eq!(open.next().await.unwrap().unwrap().0.id, 1);
        assert_eq!(open.all().await.unwrap().len(), 2);
    });
}

#[test]
fn whatever_runs_statements_loads_relations() {
    async fn posts(of: &impl Executor) -> usize {
        let users = of.query(select::<User>().with(User::POSTS)).all().await.unwrap();
        users.iter().map(|(_, posts)| posts.len()).sum()
    }
    run(async {
        let blog = Blog::small().await;
        let tx = blog.engine.begin().await.unwrap();
        tx.execute("INSERT INTO posts VALUES (6, 3, 60)").await.unwrap();

        assert_eq!(posts(&blog.engine).await, 4);
        assert_eq!(posts(&blog.engine.connect().await.unwrap()).await, 4);
        assert_eq!(posts(&blog.engine.snapshot().await.unwrap()).await, 4);
        assert_eq!(posts(&tx).await, 5);
    });
}
