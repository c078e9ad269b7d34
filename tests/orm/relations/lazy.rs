//! What belongs to tracked entities: asked for one by one, and loaded with them.

use std::collections::BTreeMap;

use headwater::{AsyncSession, AsyncSessionmaker, ErrorKind, Tracked, select};

use super::blog::{Blog, Comment, Post, Profile, Tag, User, counted};
use crate::support::run;

fn session(blog: &Blog) -> AsyncSession {
    AsyncSessionmaker::new(&blog.engine).session()
}

fn ids(posts: &[Tracked<Post>]) -> Vec<i64> {
    posts.iter().map(|post| post.read().id).collect()
}

#[test]
fn related_streams_tracked_entities_of_each_kind_of_relation() {
    run(async {
        let blog = Blog::small().await;
        let mut session = session(&blog);
        let ada = session.get_one::<User>(1).await.unwrap();

        let posts = session.related(&ada, User::POSTS).all().await.unwrap();
        let last = User::POSTS.order_by(Post::VIEWS.desc()).offset(1).limit(1);
        let last = session.related(&ada, last).all().await.unwrap();
        let profile: Option<Tracked<Profile>> =
            session.related_one(&ada, User::PROFILE).await.unwrap();
        let tags: Vec<Tracked<Tag>> = session.related(&posts[0], Post::TAGS).all().await.unwrap();

        assert_eq!(ids(&posts), [1, 3, 5]);
        assert!(ids(&last) == [3] && last[0].is(&posts[1]));
        assert_eq!(profile.unwrap().read().bio, "notes");
        assert_eq!(tags.len(), 2);
    });
}

#[test]
fn related_entities_may_bring_what_belongs_to_them() {
    run(async {
        let blog = Blog::small().await;
        let mut session = session(&blog);
        let ada = session.get_one::<User>(1).await.unwrap();

        let posts = User::POSTS.with(Post::COMMENTS).with(Post::AUTHOR);
        let mut posts = session.related(&ada, posts).await.unwrap();
        let mut comments = BTreeMap::new();
        while let Some((post, of, author)) = posts.try_next().await.unwrap() {
            assert!(author.unwrap().is(&ada));
            comments.insert(post.key(), of.len());
        }

        assert_eq!(comments, BTreeMap::from([(1, 1), (3, 2), (5, 0)]));
    });
}

#[test]
fn one_that_the_session_knows_is_given_without_sql() {
    run(async {
        let blog = Blog::small().await;
        let mut session = session(&blog);
        let ada = session.get_one::<User>(1).await.unwrap();
        let post = session.get_one::<Post>(1).await.unwrap();
        let nobodys = session.get_one::<Post>(4).await.unwrap();

        // It is there with the first poll: nothing has been waited for.
        let known = futures::poll!(session.related_one(&post, Post::AUTHOR));
        let none = futures::poll!(session.related_one(&nobodys, Post::AUTHOR));

        let std::task::Poll::Ready(Ok(Some(known))) = known else {
            panic!("{known:?}");
        };
        assert!(known.is(&ada));
        assert!(matches!(none, std::task::Poll::Ready(Ok(None))));
    });
}

#[test]
fn related_one_follows_the_key_that_the_entity_has_now() {
    run(async {
        let blog = Blog::small().await;
        let mut session = session(&blog);
        let post = session.get_one::<Post>(1).await.unwrap();

        post.edit(|post| post.author_id = Some(2));
        let author = session.related_one(&post, Post::AUTHOR).await.unwrap().unwrap();
        let posts = session.related(&author, User::POSTS).all().await.unwrap();
        let counting = Post::AUTHOR.filter(counted());
        let refined = session.related_one(&post, counting).await.unwrap().unwrap();

        assert_eq!(author.read().name, "Alan");
        assert_eq!(ids(&posts), [1, 2]);
        assert!(refined.is(&author) && blog.runs() == 1);
    });
}

#[test]
fn what_was_added_belongs_to_its_owner_once_it_is_flushed() {
    run(async {
        let blog = Blog::small().await;
        let mut session = session(&blog);
        let grace = session.get_one::<User>(3).await.unwrap();
        let added = session.add(Post { id: 9, author_id: Some(3), views: 0 });

        let posts = session.related(&grace, User::POSTS).all().await.unwrap();

        assert!(posts.len() == 1 && posts[0].is(&added));
    });
}

#[test]
fn entities_are_loaded_with_their_relations_as_tracked_ones() {
    run(async {
        let blog = Blog::small().await;
        let mut session = session(&blog);

        let users = select::<User>().order_by(User::ID).with(User::POSTS.with(Post::COMMENTS));
        type Posts = Vec<(Tracked<Post>, Vec<Tracked<Comment>>)>;
        let users: Vec<(Tracked<User>, Posts)> = session.scalars(&users).all().await.unwrap();
        for (_, posts) in &users {
            for (post, comments) in posts {
                post.edit(|post| post.views = comments.len() as i64);
            }
        }
        let post = session.get_one::<Post>(3).await.unwrap();
        session.commit().await.unwrap();

        assert!(post.is(&users[0].1[1].0));
        let views = "SELECT views FROM posts ORDER BY id";
        let views: Vec<i64> = blog.engine.query(views).scalars().all().await.unwrap();
        assert_eq!(views, [1, 0, 2, 40, 0]);
    });
}

#[test]
fn a_session_loads_plain_values_where_it_is_asked_to() {
    run(async {
        let blog = Blog::small().await;
        let mut session = session(&blog);

        let users = select::<User>().filter(User::ID.eq(1)).with(User::POSTS);
        let (user, posts): (User, Vec<Post>) = session.query(users).one().await.unwrap();

        assert_eq!((user.id, posts.len()), (1, 3));
    });
}

#[test]
fn an_entity_without_a_row_of_this_session_has_nothing_that_belongs_to_it() {
    run(async {
        let blog = Blog::small().await;
        let sessions = AsyncSessionmaker::new(&blog.engine).autoflush(false);
        let mut session = sessions.session();
        let mut other = AsyncSessionmaker::new(&blog.engine).session();
        let pending = session.add(User { id: 7, name: "new".to_owned() });
        let foreign = other.get_one::<User>(1).await.unwrap();
        drop(other);

        let errors = [
            session.related(&pending, User::POSTS).all().await.unwrap_err(),
            session.related(&foreign, User::POSTS).await.unwrap_err(),
            session.related_one(&foreign, User::PROFILE).await.unwrap_err(),
        ];

        assert!(errors.iter().all(|error| error.kind() == ErrorKind::Entity), "{errors:?}");
        assert!(errors[0].to_string().ends_with("it has no row yet; flush the session first"));
    });
}
