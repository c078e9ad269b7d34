//! What bulk operations write, on an engine, in a transaction and in a session.

use futures::stream;
use headwater::Error;

use super::shop::{Customer, Shop, Stock, customer, customers, stock};
use crate::support::run;

#[test]
fn entities_of_an_iterator_are_inserted_in_their_order() {
    run(async {
        let shop = Shop::new().await;

        let done = shop.engine.bulk_insert(customers(5_000)).await.unwrap();

        assert_eq!((done.rows(), done.rows_affected(), done.chunks()), (5_000, 5_000, 1));
        assert!(done.version().is_some());
        let out_of_order = "SELECT count(*) FROM customers WHERE email <> id || '@example.org'";
        assert_eq!(shop.number(out_of_order).await, 0);
    });
}

#[test]
fn entities_of_a_stream_and_results_of_them_are_inserted() {
    run(async {
        let shop = Shop::new().await;
        let tx = shop.engine.begin().await.unwrap();

        let plain = tx.bulk_insert(stream::iter(customers(10))).await.unwrap();
        let results = (11..=20).map(|number| Ok::<_, Error>(customer(number)));
        let results = tx.bulk_insert(results).await.unwrap();

        assert_eq!((plain.rows(), results.rows(), results.version()), (10, 10, None));
        tx.commit().await.unwrap();
        assert_eq!(shop.number("SELECT count(*) FROM customers").await, 20);
    });
}

#[test]
fn nothing_at_all_is_inserted_without_a_transaction() {
    run(async {
        let shop = Shop::new().await;

        let done = shop.engine.bulk_insert(customers(0)).await.unwrap();

        assert_eq!((done.rows(), done.chunks(), done.version()), (0, 0, None));
    });
}

#[test]
fn what_an_entity_leaves_to_the_database_is_left_row_by_row() {
    run(async {
        let shop = Shop::new().await;
        let given = Customer { id: 40, rank: Some("old".to_owned()), ..customer(2) };

        shop.engine.bulk_insert([customer(1), given, customer(3)]).await.unwrap();

        let rows = shop.texts("SELECT id || rank || length FROM customers ORDER BY id").await;
        assert_eq!(rows, ["1new10", "40old10", "41new10"]);
    });
}

#[test]
fn updates_write_all_columns_or_the_named_ones() {
    run(async {
        let shop = Shop::new().await;
        shop.engine.bulk_insert(customers(2)).await.unwrap();
        let changed = |id: i64| Customer {
            id,
            name: format!("name {id}"),
            rank: Some("gold".to_owned()),
            ..customer(id + 10)
        };

        let all = shop.engine.bulk_update([changed(1)]).await.unwrap();
        let named = shop.engine.bulk_update([changed(2)]).columns((Customer::NAME,)).await.unwrap();

        assert_eq!((all.rows_affected(), named.rows_affected()), (1, 1));
        let rows = "SELECT name || ', ' || email || ', ' || rank FROM customers ORDER BY id";
        let expected = ["name 1, 11@example.org, gold", "name 2, 2@example.org, new"];
        assert_eq!(shop.texts(rows).await, expected);
    });
}

#[test]
fn a_version_counts_on_with_each_update() {
    run(async {
        let shop = Shop::new().await;
        shop.engine.bulk_insert([stock(1, 5), stock(2, 5)]).await.unwrap();

        shop.engine.bulk_update([stock(1, 6), stock(2, 7)]).await.unwrap();
        let again = Stock { version: 2, ..stock(2, 8) };
        shop.engine.bulk_update([again]).columns(Stock::COUNT).await.unwrap();

        let rows = "SELECT count || ' ' || version FROM stock ORDER BY place";
        assert_eq!(shop.texts(rows).await, ["6 2", "8 3"]);
    });
}

#[test]
fn rows_that_are_not_there_are_passed_over_on_request() {
    run(async {
        let shop = Shop::new().await;
        shop.engine.bulk_insert(customers(3)).await.unwrap();
        let missing = Customer { id: 77, ..customer(77) };
        let second = Customer { id: 2, ..customer(22) };

        let updated = shop.engine.bulk_update([missing.clone(), second.clone()]).may_miss().await;
        let deleted = shop.engine.bulk_delete([missing, second]).may_miss().await;
        let keys = shop.engine.bulk_delete_keys::<Customer, _, _>([3, 99]).may_miss().await;

        assert_eq!(updated.unwrap().rows_affected(), 1);
        assert_eq!(deleted.unwrap().rows_affected(), 1);
        assert_eq!(keys.unwrap().rows_affected(), 1);
        assert_eq!(shop.texts("SELECT name FROM customers").await, ["customer 1"]);
    });
}

#[test]
fn rows_are_deleted_by_their_entities_and_by_their_keys() {
    run(async {
        let shop = Shop::new().await;
        shop.engine.bulk_insert((1..=4).map(|place| stock(place, 1))).await.unwrap();

        shop.engine.bulk_delete([stock(1, 9)]).await.unwrap();
        let keys = stream::iter([("A".to_owned(), 2), ("A".to_owned(), 4)]);
        let done = shop.engine.bulk_delete_keys::<Stock, _, _>(keys).await.unwrap();

        assert_eq!(done.rows_affected(), 2);
        assert_eq!(shop.texts("SELECT place || '' FROM stock").await, ["3"]);
    });
}

#[test]
fn an_upsert_updates_what_is_there_and_inserts_the_rest() {
    run(async {
        let shop = Shop::new().await;
        shop.engine.bulk_insert([stock(1, 1), stock(2, 2)]).await.unwrap();

        let done = shop.engine.bulk_upsert([stock(2, 20), stock(3, 30)]).await.unwrap();

        assert_eq!((done.rows(), done.rows_affected()), (2, 2));
        let rows = "SELECT place || ' ' || count || ' ' || version FROM stock ORDER BY place";
        assert_eq!(shop.texts(rows).await, ["1 1 1", "2 20 2", "3 30 1"]);
    });
}

#[test]
fn an_upsert_knows_rows_by_any_unique_columns_and_updates_the_named_ones() {
    run(async {
        let shop = Shop::new().await;
        shop.engine.bulk_insert(customers(2)).await.unwrap();
        let renamed = |number: i64| Customer {
            name: format!("renamed {number}"),
            rank: Some("gold".to_owned()),
            ..customer(number)
        };

        let named = shop.engine.bulk_upsert([renamed(1), renamed(3)]);
        named.on_conflict(Customer::EMAIL).update(Customer::NAME).await.unwrap();
        let kept = shop.engine.bulk_upsert([renamed(2), renamed(4)]);
        let kept = kept.on_conflict(Customer::EMAIL).do_nothing().await.unwrap();

        assert_eq!((kept.rows(), kept.rows_affected()), (2, 1));
        let rows = "SELECT name || ' ' || rank FROM customers ORDER BY email";
        let expected = ["renamed 1 new", "customer 2 new", "renamed 3 gold", "renamed 4 gold"];
        assert_eq!(shop.texts(rows).await, expected);
    });
}

#[test]
fn a_session_writes_in_its_own_transaction_after_what_it_has_changed() {
    run(async {
        let shop = Shop::new().await;
        let mut session = shop.session();
        session.add(customer(1));

        session.insert_stream((2..=3).map(customer)).await.unwrap();
        session
            .upsert_stream([customer(3), customer(4)])
            .on_conflict(Customer::EMAIL)
            .await
            .unwrap();
        let first = Customer { id: 1, ..customer(10) };
        session.bulk_update([first]).await.unwrap();
        session.bulk_delete_keys::<Customer, _, _>([2]).await.unwrap();
        let outside = shop.number("SELECT count(*) FROM customers").await;
        session.commit().await.unwrap();

        assert_eq!(outside, 0);
        let names = shop.texts("SELECT name FROM customers ORDER BY id").await;
        assert_eq!(names, ["customer 10", "customer 3", "customer 4"]);
    });
}
