//! What a typed query cannot be: each column is compared with, set to and joined by what fits it.

use headwater::{Entity, insert_into, select, update, query::count};

#[derive(Clone, Entity)]
#[entity(table = "users")]
struct User {
    #[entity(primary_key)]
    id: i64,
    name: String,
    age: Option<i32>,
}

#[derive(Clone, Entity)]
#[entity(table = "posts")]
struct Post {
    #[entity(primary_key)]
    id: i64,
    author_id: Option<i64>,
}

struct NoEntity;

fn comparisons() {
    let _ = User::AGE.gt("x");
    let _ = User::AGE.gt(30_i64);
    let _ = User::NAME.eq(User::ID);
    let _ = User::AGE.eq(None::<i32>);
    let _ = User::NAME.eq(NoEntity);
    let _ = User::ID.in_(["a", "b"]);
    let _ = User::ID.in_(select::<User>().columns(User::NAME));
    let _ = User::ID.like("%");
}

fn computations() {
    let _ = User::NAME + 1;
    let _ = User::ID + "x";
    let _ = User::ID + User::AGE;
    let _ = User::NAME.sum();
    let _ = User::ID & User::AGE.gt(1);
}

fn queries() {
    let _ = select::<NoEntity>();
    let _ = select::<User>().filter(User::AGE);
    let _ = select::<User>().filter("age > 30");
    let _ = select::<User>().columns("name");
    let _ = select::<User>().join(Post::AUTHOR_ID);
    let _ = select::<User>().order_by("name");
    let _ = select::<User>().columns(count()).union(select::<User>());
    let _ = select::<User>().page(User::ID.asc(), Some("x"), 10);
}

fn writes() {
    let _ = update::<User>().set(Post::ID, 1);
    let _ = update::<User>().set(User::NAME, 1);
    let _ = update::<User>().set(User::ID, None);
    let _ = insert_into::<User>().columns(Post::ID);
    let _ = insert_into::<User>().columns((User::ID, User::NAME)).values((1, 2));
    let _ = insert_into::<User>().columns((User::ID, User::NAME)).values(1);
}

fn main() {}
