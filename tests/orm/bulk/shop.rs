//! The entities of these tests: a shop's customers and their orders.

use headwater::{AsyncEngine, AsyncSession, AsyncSessionmaker, Entity, schema};

use crate::support::Tank;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "customers", validate = "Self::has_a_name")]
pub(super) struct Customer {
    #[entity(primary_key, generated)]
    pub(super) id: i64,
    pub(super) name: String,
    #[entity(unique)]
    pub(super) email: String,
    #[entity(default = "'new'")]
    pub(super) rank: Option<String>,
    #[entity(computed = "length(name)")]
    pub(super) length: i64,
}

impl Customer {
    fn has_a_name(&self) -> headwater::Result<()> {
        if self.name.is_empty() {
            return Err(headwater::Error::other("a customer has a name"));
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "orders")]
pub(super) struct Order {
    #[entity(primary_key)]
    pub(super) id: i64,
    #[entity(references(Customer::ID, on_delete = cascade))]
    pub(super) customer_id: i64,
}

/// A row that knows its version, with a key of two columns.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "stock")]
pub(super) struct Stock {
    #[entity(primary_key)]
    pub(super) shelf: String,
    #[entity(primary_key)]
    pub(super) place: i64,
    pub(super) count: i64,
    #[entity(version)]
    pub(super) version: i64,
}

pub(super) fn customer(number: i64) -> Customer {
    Customer {
        id: 0,
        name: format!("customer {number}"),
        email: format!("{number}@example.org"),
        rank: None,
        length: 0,
    }
}

pub(super) fn customers(count: i64) -> impl Iterator<Item = Customer> + Send + 'static {
    (1..=count).map(customer)
}

pub(super) fn stock(place: i64, count: i64) -> Stock {
    Stock { shelf: "A".to_owned(), place, count, version: 1 }
}

/// A shop that has nothing yet.
pub(super) struct Shop {
    _tank: Tank,
    pub(super) engine: AsyncEngine,
    pub(super) sessions: AsyncSessionmaker,
}

impl Shop {
    pub(super) async fn new() -> Self {
        let tank = Tank::new();
        let engine = tank.engine().await;
        let schema = schema().entity::<Customer>().entity::<Order>().entity::<Stock>();
        schema.create_all(&engine).await.unwrap();
        let sessions = AsyncSessionmaker::new(&engine);
        Self { _tank: tank, engine, sessions }
    }

    pub(super) fn session(&self) -> AsyncSession {
        self.sessions.session()
    }

    /// Reads one number.
    pub(super) async fn number(&self, text: &'static str) -> i64 {
        self.engine.query(text).scalar_one().await.unwrap()
    }

    /// Reads texts.
    pub(super) async fn texts(&self, text: &'static str) -> Vec<String> {
        self.engine.query(text).scalars().all().await.unwrap()
    }
}
