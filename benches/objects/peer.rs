//! The work by hand: prepared statements of `rusqlite`, into the same structs.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, Row, params};

use super::entities::{
    AUTHORS, Author, Inserted, POSTS, Post, USERS, User, digest, digest_child, digest_families,
    new_users,
};
use super::harness::{Round, measure};

/// Opens the database with the settings that the engine has.
pub(crate) fn connect(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "synchronous", "NORMAL").unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection.pragma_update(None, "cache_size", -2_048).unwrap();
    connection.pragma_update(None, "mmap_size", 0).unwrap();
    connection
}

pub(crate) fn fill(connection: &Connection) {
    connection
        .execute_batch(
            "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, age INTEGER);
             CREATE TABLE inserted(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, age INTEGER);
             CREATE TABLE authors(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, age INTEGER);
             CREATE TABLE posts(id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES authors(id),
                 title TEXT NOT NULL, likes INTEGER NOT NULL);
             CREATE INDEX posts_author_id ON posts(author_id);
             CREATE TABLE notes(id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES authors(id),
                 title TEXT NOT NULL, likes INTEGER NOT NULL);
             CREATE INDEX notes_author_id ON notes(author_id);",
        )
        .unwrap();
    let people = "SELECT value, 'name number ' || value, 'user' || value || '@example.org',
            CASE value % 3 WHEN 0 THEN NULL ELSE value % 90 END
        FROM (WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < ?1)
            SELECT value FROM n)";
    connection.execute(&format!("INSERT INTO users {people}"), [USERS]).unwrap();
    connection.execute(&format!("INSERT INTO authors {people}"), [AUTHORS]).unwrap();
    // 7,919 is a prime, so that every author has as many posts as any other.
    children(connection, "posts", "value * 7919 % ?2 + 1");
    children(connection, "notes", "(value - 1) / (?1 / ?2) + 1");
    connection.execute_batch("ANALYZE").unwrap();
}

fn children(connection: &Connection, table: &str, author: &str) {
    let text = format!(
        "INSERT INTO {table} SELECT value, {author}, 'the title of number ' || value, value % 1000
        FROM (WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < ?1)
            SELECT value FROM n)"
    );
    connection.execute(&text, [POSTS, AUTHORS]).unwrap();
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User { id: row.get(0)?, name: row.get(1)?, email: row.get(2)?, age: row.get(3)? })
}

fn digest_user(user: &User) -> u64 {
    digest(user.id, &user.name, &user.email, user.age)
}

const ALL: &str = "SELECT id, name, email, age FROM users";

pub(crate) fn load(connection: &Connection) -> Round {
    measure(|| {
        let mut statement = connection.prepare_cached(ALL).unwrap();
        let rows = statement.query_map([], user).unwrap();
        let users: Vec<User> = rows.collect::<Result<_, _>>().unwrap();
        users.iter().map(digest_user).fold(0, u64::wrapping_add)
    })
}

/// Every entity is dropped before the next is read.
pub(crate) fn scan(connection: &Connection) -> Round {
    measure(|| {
        let mut statement = connection.prepare_cached(ALL).unwrap();
        let rows = statement.query_map([], user).unwrap();
        rows.map(|user| digest_user(&user.unwrap())).fold(0, u64::wrapping_add)
    })
}

/// Inserts entities and gives them their keys, as a session does.
pub(crate) fn insert(connection: &Connection) -> Round {
    connection.execute("DELETE FROM inserted", []).unwrap();
    let mut users = new_users();
    measure(|| {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let text = "INSERT INTO inserted(name, email, age) VALUES (?, ?, ?)";
        let mut statement = connection.prepare_cached(text).unwrap();
        for user in &mut users {
            let Inserted { name, email, age, .. } = &*user;
            statement.execute(params![name, email, age]).unwrap();
            user.id = connection.last_insert_rowid();
        }
        connection.execute_batch("COMMIT").unwrap();
        users.len() as u64
    })
}

/// Loads all and makes each a year older.
pub(crate) fn update(connection: &Connection) -> Round {
    measure(|| {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut all = connection.prepare_cached("SELECT id, name, email, age FROM users").unwrap();
        let users: Vec<User> = all.query_map([], user).unwrap().collect::<Result<_, _>>().unwrap();
        let mut statement =
            connection.prepare_cached("UPDATE users SET age = ?1 WHERE id = ?2").unwrap();
        for user in &users {
            statement.execute(params![user.age.unwrap_or(0) + 1, user.id]).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
        users.len() as u64
    })
}

/// Two queries, grouped by hand. Every post is read, so its whole table is.
pub(crate) fn eager(connection: &Connection, table: &str) -> Round {
    measure(|| {
        let mut statement =
            connection.prepare_cached("SELECT id, name, email, age FROM authors").unwrap();
        let rows = statement.query_map([], |row| {
            let (id, name, email, age) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((Author { id, name, email, age }, Vec::new()))
        });
        let mut families: Vec<(Author, Vec<Post>)> =
            rows.unwrap().collect::<Result<_, _>>().unwrap();
        let places: HashMap<i64, usize> =
            families.iter().enumerate().map(|(place, (author, _))| (author.id, place)).collect();
        let text = format!("SELECT id, author_id, title, likes FROM {table}");
        let mut statement = connection.prepare_cached(&text).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let post = post(row).unwrap();
            families[places[&post.author_id]].1.push(post);
        }
        digest_families(&families, |post| digest_child(post.author_id, &post.title, post.likes))
    })
}

fn post(row: &Row<'_>) -> rusqlite::Result<Post> {
    Ok(Post { id: row.get(0)?, author_id: row.get(1)?, title: row.get(2)?, likes: row.get(3)? })
}

pub(crate) fn points(connection: &Connection) -> Round {
    measure(|| {
        let text = "SELECT id, name, email, age FROM users WHERE id = ?1";
        let one = |n: i64| {
            let mut statement = connection.prepare_cached(text).unwrap();
            digest_user(&statement.query_row([1 + n * 97], user).unwrap())
        };
        (0..1_000).map(one).fold(0, u64::wrapping_add)
    })
}
