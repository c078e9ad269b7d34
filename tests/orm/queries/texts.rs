//! The texts of both dialects.

use headwater::{
    Dialect, SqlText, delete, insert_into,
    query::{column, cte, excluded, exists},
    raw, select, sql, update,
};

use super::library::{Author, Book};

fn postgres(text: headwater::Result<SqlText>) -> String {
    text.unwrap().to_string()
}

#[test]
fn placeholders_are_those_of_the_dialect() {
    let query =
        select::<Book>().columns(Book::ID).filter(Book::ID.in_([1, 2, 3]) & Book::LENT.eq(true));

    let (sqlite, postgres) =
        (query.to_sql().unwrap(), query.to_sql_for(Dialect::Postgres).unwrap());

    assert_eq!(
        sqlite.text(),
        "SELECT \"books\".\"id\" FROM \"books\" WHERE \"books\".\"id\" IN (?1, ?2, ?3, ?4) AND \"books\".\"lent\" = ?5"
    );
    assert_eq!(postgres.text(), sqlite.text().replace('?', "$"));
    assert_eq!(sqlite.values(), postgres.values());
    assert_eq!(sqlite.values().len(), 5);
}

#[test]
fn fragments_are_numbered_among_the_values_around_them() {
    let query = select::<Book>()
        .columns(Book::ID)
        .filter(Book::PAGES.gt(1))
        .filter(raw::<bool>(sql("?2 < pages AND pages < ?1 AND '?' <> ?2 -- ?").bind(3).bind(2)))
        .filter(Book::PAGES.lt(4));

    let text = query.to_sql().unwrap();
    let postgres = query.to_sql_for(Dialect::Postgres).unwrap();

    let values: Vec<_> = text.values().iter().map(|value| format!("{value:?}")).collect();
    assert_eq!(values, ["Integer(1)", "Integer(2)", "Integer(3)", "Integer(4)"]);
    assert!(
        text.text().ends_with(
            "(?2 < pages AND pages < ?3 AND '?' <> ?2 -- ?\n) AND \"books\".\"pages\" < ?4"
        ),
        "{text}"
    );
    assert!(postgres.text().contains("($2 < pages AND pages < $3 AND '?' <> $2"), "{postgres}");
}

#[test]
fn null_safe_comparisons_types_and_unions_are_those_of_the_dialect() {
    let query = select::<Author>()
        .columns(Author::BORN.cast::<i64>().alias("n"))
        .filter(Author::BORN.is(None::<i32>))
        .union(select::<Author>().columns(Author::ID))
        .order_by(column::<i64>("", "n"))
        .offset(3);
    let text = postgres(query.to_sql_for(Dialect::Postgres));

    assert_eq!(
        text,
        "SELECT CAST(\"authors\".\"born\" AS bigint) AS \"n\" FROM \"authors\" WHERE \"authors\".\"born\" IS NOT DISTINCT FROM $1 \
         UNION (SELECT \"authors\".\"id\" FROM \"authors\") ORDER BY 1 ASC OFFSET $2"
    );
    assert!(query.to_sql().unwrap().text().ends_with("LIMIT -1 OFFSET ?2"));
}

#[test]
fn statements_that_write_are_the_same_but_for_their_placeholders() {
    let texts = [
        (
            insert_into::<Author>()
                .columns((Author::NAME, Author::BORN))
                .values(("x", 1))
                .on_conflict(Author::EMAIL)
                .set(Author::BORN, Author::BORN + excluded(Author::BORN))
                .do_update()
                .returning((Author::ID, (Author::BORN + 1).alias("next")))
                .to_sql_for(Dialect::Postgres),
            "INSERT INTO \"authors\" (\"name\", \"born\") VALUES ($1, $2) ON CONFLICT (\"email\") DO UPDATE SET \
             \"born\" = \"authors\".\"born\" + \"excluded\".\"born\" RETURNING \"id\", \
             (\"authors\".\"born\" + $3) AS \"next\"",
        ),
        (
            update::<Author>()
                .set(Author::BORN, None)
                .filter(Author::ID.eq(1))
                .to_sql_for(Dialect::Postgres),
            "UPDATE \"authors\" SET \"born\" = $1 WHERE \"authors\".\"id\" = $2",
        ),
        (
            delete::<Author>()
                .filter(exists(
                    select::<Book>().filter(Book::AUTHOR_ID.eq(Author::ID) & Book::LENT),
                ))
                .to_sql_for(Dialect::Postgres),
            "DELETE FROM \"authors\" WHERE EXISTS(SELECT 1 FROM \"books\" WHERE \
             \"books\".\"author_id\" = \"authors\".\"id\" AND \"books\".\"lent\")",
        ),
    ];

    for (text, expected) in texts {
        assert_eq!(postgres(text), expected);
    }
}

#[test]
fn a_definition_names_its_columns() {
    let lent = cte(
        "lent",
        select::<Book>().columns((Book::ID, Book::PAGES.alias("n"))).filter(Book::LENT),
    );

    let text = select::<Book>()
        .join_with(&lent, lent.of(Book::ID).eq(Book::ID))
        .columns(lent.column::<i64>("n"))
        .to_sql()
        .unwrap();

    assert_eq!(
        text.text(),
        "WITH \"lent\" (\"id\", \"n\") AS (SELECT \"books\".\"id\", \"books\".\"pages\" AS \"n\" FROM \"books\" WHERE \
         \"books\".\"lent\") SELECT \"lent\".\"n\" FROM \"books\" INNER JOIN \"lent\" ON \"lent\".\"id\" = \"books\".\"id\""
    );
}
