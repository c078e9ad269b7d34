//! Typed queries: asked of the engine, they give plain structs and tuples.

use headwater::{
    AsyncEngine, Expr, FromRow, Result,
    query::{count, cte, not_exists},
    select,
};

use crate::entities::{Author, Book, Cents, Customer, Order, OrderLine, Status};
use crate::page;

/// What a query gives, read by the names of its columns.
#[derive(Debug, FromRow)]
struct BestSeller {
    title: String,
    author: String,
    copies: i64,
    revenue: Cents,
}

pub(crate) async fn ask(engine: &AsyncEngine) -> Result<()> {
    page::section("Ask: engine.query(select::<Book>().filter(..).order_by(..)).all()");
    bargains(engine).await?;
    best_sellers(engine).await?;
    months(engine).await?;
    good_customers(engine).await?;
    quiet_customers(engine).await
}

/// Whole entities, and how the query looks as SQL.
async fn bargains(engine: &AsyncEngine) -> Result<()> {
    let bargains = select::<Book>()
        .filter(Book::PRICE.lt(Cents(1000)) & Book::STOCK.gt(0))
        .order_by((Book::PRICE, Book::TITLE));
    let text = bargains.to_sql()?;
    let books: Vec<Book> = engine.query(bargains).all().await?;

    page::note("books for less than 10.00:");
    for book in books {
        page::item(&format!(
            "{:<40}{:>8}{:>4} copies",
            book.title,
            book.price.to_string(),
            book.stock
        ));
    }
    page::note("which is the SQL:");
    for line in wrapped(text.text(), 70) {
        page::item(&line);
    }
    Ok(())
}

/// What all copies of a group of lines cost.
fn revenue() -> Expr<Option<i64>> {
    (OrderLine::PRICE.cast::<i64>() * OrderLine::QUANTITY).sum()
}

/// Joins along relations, groups, and a struct of one's own.
async fn best_sellers(engine: &AsyncEngine) -> Result<()> {
    let best = select::<Book>()
        .join(Book::AUTHOR)
        .join(Book::LINES)
        .join(OrderLine::ORDER)
        .filter(Order::STATUS.ne(Status::Returned))
        .columns((
            Book::TITLE.alias("title"),
            Author::NAME.alias("author"),
            OrderLine::QUANTITY.sum().alias("copies"),
            revenue().alias("revenue"),
        ))
        .group_by(Book::ID)
        .having(OrderLine::QUANTITY.sum().gt(1))
        .order_by((OrderLine::QUANTITY.sum().desc(), Book::TITLE))
        .limit(3)
        .into_as::<BestSeller>();

    page::note("best sellers:");
    for BestSeller { title, author, copies, revenue } in engine.query(best).all().await? {
        let book = format!("{title}, by {author}");
        page::item(&format!("{book:<48}{copies:>4} sold{:>10}", revenue.to_string()));
    }
    Ok(())
}

async fn months(engine: &AsyncEngine) -> Result<()> {
    let month = || Order::DAY.substr(1, 7);
    let months = select::<Order>()
        .join(Order::LINES)
        .columns((month(), Order::ID.count_distinct(), revenue()))
        .filter(Order::STATUS.in_([Status::Open, Status::Sent]))
        .group_by(month())
        .order_by(month());

    page::note("month by month:");
    for (month, orders, revenue) in engine.query(months).all().await? {
        let revenue = Cents(revenue.unwrap_or(0)).to_string();
        page::item(&format!("{month:<44}{orders:>6} orders{revenue:>10}"));
    }
    Ok(())
}

/// A common table expression, and a subquery of it.
async fn good_customers(engine: &AsyncEngine) -> Result<()> {
    let spent = cte(
        "spent",
        select::<Order>()
            .join(Order::LINES)
            .columns((Order::CUSTOMER_ID, revenue().alias("cents")))
            .group_by(Order::CUSTOMER_ID),
    );
    let cents = spent.column::<i64>("cents");
    let average = spent.select::<Order>().columns(cents.clone().avg()).into_scalar();
    let good = select::<Customer>()
        .join_with(&spent, spent.of(Order::CUSTOMER_ID).eq(Customer::ID))
        .filter(cents.clone().cast::<f64>().gt(average))
        .columns((Customer::NAME, cents.clone()))
        .order_by(cents.desc());

    page::note("customers who have spent more than the average:");
    for (name, cents) in engine.query(good).all().await? {
        page::item(&format!("{name:<44}{:>24}", Cents(cents).to_string()));
    }
    Ok(())
}

async fn quiet_customers(engine: &AsyncEngine) -> Result<()> {
    let orders = select::<Order>().filter(Order::CUSTOMER_ID.eq(Customer::ID));
    let quiet = select::<Customer>().filter(not_exists(orders)).columns(count());
    page::number("customers without any order", engine.query(quiet).one().await?);
    Ok(())
}

/// Breaks a text at its blanks.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
