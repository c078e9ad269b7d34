//! The right way to write what the other programs here write wrongly.

use headwater::{AsyncEngine, FromRow, Result, sql};

#[derive(FromRow)]
struct User {
    id: i64,
    name: String,
}

async fn right(engine: &AsyncEngine, name: &str, table: String) -> Result<()> {
    engine.query("SELECT 1").all().await?;
    engine.query(sql!("SELECT id FROM users WHERE name = {name}")).all().await?;
    engine.query(sql(format!("SELECT id FROM {table} WHERE name = ?")).bind(name)).all().await?;
    let users: Vec<User> = engine.query("SELECT id, name FROM users").scalars().all().await?;
    assert!(users.iter().all(|user| user.id > 0 && !user.name.is_empty()));
    let tx = engine.begin().await?;
    tx.execute("DELETE FROM users").await?;
    tx.commit().await?;
    Ok(())
}

fn main() {
    let _ = right;
}
