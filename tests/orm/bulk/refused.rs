//! What bulk operations refuse: a typed error that names the entity, and nothing half-written.

use headwater::{Error, ErrorKind};

use super::shop::{Customer, Order, Shop, Stock, customer, customers, stock};
use crate::support::run;

#[test]
fn a_row_that_the_database_refuses_is_named_and_nothing_stays() {
    run(async {
        let shop = Shop::new().await;
        let source = customers(2_000).chain([customer(7)]).chain((3_000..4_000).map(customer));

        let error = shop.engine.bulk_insert(source).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert!(error.to_string().starts_with("entity 2000 of the source: "), "{error}");
        assert_eq!(shop.number("SELECT count(*) FROM customers").await, 0);
    });
}

#[test]
fn an_entity_of_another_version_is_stale_and_nothing_of_its_chunk_stays() {
    run(async {
        let shop = Shop::new().await;
        shop.engine.bulk_insert((1..=30).map(|place| stock(place, 0))).await.unwrap();
        let changed = (1..=30).map(|place| Stock { version: 1 + place / 25, ..stock(place, 9) });

        let error = shop.engine.bulk_update(changed).chunks(10).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::StaleEntity);
        let text = error.to_string();
        assert!(text.starts_with("entity 24 of the source: `Stock` (table `stock`): "), "{text}");
        assert_eq!(shop.number("SELECT count(*) FROM stock WHERE count = 9").await, 20);
    });
}

#[test]
fn a_missing_row_is_stale() {
    run(async {
        let shop = Shop::new().await;
        shop.engine.bulk_insert(customers(2)).await.unwrap();
        let missing = [Customer { id: 1, ..customer(1) }, Customer { id: 3, ..customer(3) }];

        let updated = shop.engine.bulk_update(missing.clone()).await.unwrap_err();
        let deleted = shop.engine.bulk_delete(missing).await.unwrap_err();
        let by_key = shop.engine.bulk_delete_keys::<Customer, _, _>([2, 5]).await.unwrap_err();

        for error in [updated, deleted, by_key] {
            assert_eq!(error.kind(), ErrorKind::StaleEntity);
            assert!(error.to_string().starts_with("entity 1 of the source: "), "{error}");
        }
        assert_eq!(shop.number("SELECT count(*) FROM customers").await, 2);
    });
}

#[test]
fn an_entity_that_is_not_valid_stops_the_operation() {
    run(async {
        let shop = Shop::new().await;
        let nameless = Customer { name: String::new(), ..customer(2) };

        let inserted = shop.engine.bulk_insert([customer(1), nameless.clone()]).await.unwrap_err();
        let upserted = shop.engine.bulk_upsert([nameless.clone()]).await.unwrap_err();
        let updated = shop.engine.bulk_update([nameless]).await.unwrap_err();

        for error in [inserted, upserted, updated] {
            assert_eq!(error.to_string(), "a customer has a name");
        }
        assert_eq!(shop.number("SELECT count(*) FROM customers").await, 0);
    });
}

#[test]
fn columns_that_cannot_be_set_are_refused_before_anything_runs() {
    run(async {
        let shop = Shop::new().await;
        let engine = &shop.engine;

        let errors: [Error; 4] = [
            engine.bulk_update([stock(1, 1)]).columns(Stock::VERSION).await.unwrap_err(),
            engine
                .bulk_update([stock(1, 1)])
                .columns((Stock::COUNT, Stock::PLACE))
                .await
                .unwrap_err(),
            engine.bulk_upsert([customer(1)]).update(Customer::LENGTH).await.unwrap_err(),
            engine.bulk_upsert([customer(1)]).update(Customer::ID).await.unwrap_err(),
        ];

        let expected = [
            "`Stock` (table `stock`): the column `version` is its version, which counts by itself, and cannot be set",
            "`Stock` (table `stock`): the column `place` belongs to its primary key, which finds the row, and cannot be set",
            "`Customer` (table `customers`): the column `length` is computed by the database, and cannot be set",
            "`Customer` (table `customers`): the column `id` belongs to its primary key, which finds the row, and cannot be set",
        ];
        for (error, expected) in errors.iter().zip(expected) {
            assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Entity, expected));
        }
    });
}

#[test]
fn a_row_that_refers_to_nothing_is_refused() {
    run(async {
        let shop = Shop::new().await;

        let orders = [Order { id: 1, customer_id: 5 }];
        let error = shop.engine.bulk_insert(orders).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
        assert_eq!(shop.number("SELECT count(*) FROM orders").await, 0);
    });
}

#[test]
fn a_conflict_on_columns_that_are_not_unique_is_refused() {
    run(async {
        let shop = Shop::new().await;

        let upsert = shop.engine.bulk_upsert([customer(1)]).on_conflict(Customer::NAME);
        let error = upsert.await.unwrap_err();

        assert!(error.to_string().contains("ON CONFLICT"), "{error}");
        assert_eq!(shop.number("SELECT count(*) FROM customers").await, 0);
    });
}

#[test]
fn a_session_that_only_reads_is_told_so() {
    run(async {
        let shop = Shop::new().await;
        let mut session = shop.sessions.clone().read_only(true).session();

        let error = session.insert_stream(customers(1)).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::ReadOnly);
    });
}
