//! The pieces of work, done as sea-orm's documentation does them.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, LoaderTrait, Set, TransactionTrait,
};

use crate::{author, inserted, post, user};

/// So many rows of three values are about as many as SQLite takes in one statement.
const CHUNK: usize = 10_000;

pub enum Work {
    Load,
    InsertMany(Vec<inserted::ActiveModel>),
    InsertOneByOne(Vec<inserted::ActiveModel>),
    Eager,
    Points,
}

impl Work {
    /// Does what comes before and is not measured.
    pub async fn prepare(db: &DatabaseConnection, name: &str) -> Result<Self, DbErr> {
        if name.starts_with("insert") {
            db.execute_unprepared("DELETE FROM inserted").await?;
        }
        Ok(match name {
            "load" => Self::Load,
            "insert many" => Self::InsertMany(new_users().collect()),
            "insert one by one" => Self::InsertOneByOne(new_users().collect()),
            "eager" => Self::Eager,
            "points" => Self::Points,
            _ => return Err(DbErr::Custom(format!("there is no work {name:?}"))),
        })
    }

    pub async fn run(self, db: &DatabaseConnection) -> Result<u64, DbErr> {
        match self {
            Self::Load => load(db).await,
            Self::InsertMany(users) => insert_many(db, users).await,
            Self::InsertOneByOne(users) => insert_one_by_one(db, users).await,
            Self::Eager => eager(db).await,
            Self::Points => points(db).await,
        }
    }
}

fn new_users() -> impl Iterator<Item = inserted::ActiveModel> {
    (0..100_000).map(|n| inserted::ActiveModel {
        name: Set(format!("name number {n}")),
        email: Set(format!("user{n}@example.org")),
        age: Set((n % 3 != 0).then_some(n % 90)),
        ..Default::default()
    })
}

fn digest(user: &user::Model) -> u64 {
    (user.id as u64)
        .wrapping_add(user.name.len() as u64)
        .wrapping_add(user.email.len() as u64)
        .wrapping_add(user.age.unwrap_or(-1) as u64)
}

async fn load(db: &DatabaseConnection) -> Result<u64, DbErr> {
    let users = user::Entity::find().all(db).await?;
    Ok(users.iter().map(digest).fold(0, u64::wrapping_add))
}

/// As fast as it goes: many rows for each statement. Only the last key comes back.
async fn insert_many(
    db: &DatabaseConnection,
    users: Vec<inserted::ActiveModel>,
) -> Result<u64, DbErr> {
    let count = users.len() as u64;
    let mut users = users.into_iter().peekable();
    let tx = db.begin().await?;
    while users.peek().is_some() {
        inserted::Entity::insert_many(users.by_ref().take(CHUNK)).exec(&tx).await?;
    }
    tx.commit().await?;
    Ok(count)
}

/// As a unit of work has it: every entity comes back with its key.
async fn insert_one_by_one(
    db: &DatabaseConnection,
    users: Vec<inserted::ActiveModel>,
) -> Result<u64, DbErr> {
    let mut inserted = Vec::with_capacity(users.len());
    let tx = db.begin().await?;
    for user in users {
        inserted.push(inserted::Entity::insert(user).exec_with_returning(&tx).await?);
    }
    tx.commit().await?;
    Ok(inserted.len() as u64)
}

async fn eager(db: &DatabaseConnection) -> Result<u64, DbErr> {
    let authors = author::Entity::find().all(db).await?;
    let posts = authors.load_many(post::Entity, db).await?;
    let mut sum = 0_u64;
    for (author, posts) in authors.iter().zip(&posts) {
        sum = sum.wrapping_add(author.id as u64).wrapping_add(author.name.len() as u64);
        for post in posts {
            sum = sum
                .wrapping_add((post.author_id * post.likes) as u64)
                .wrapping_add(post.title.len() as u64);
        }
    }
    Ok(sum)
}

async fn points(db: &DatabaseConnection) -> Result<u64, DbErr> {
    let mut sum = 0_u64;
    for n in 0..1_000 {
        let user = user::Entity::find_by_id(1 + n * 97).one(db).await?;
        sum = sum.wrapping_add(user.as_ref().map_or(0, digest));
    }
    Ok(sum)
}
