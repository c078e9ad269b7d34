//! What handles of a session show after a bulk operation of it.

use headwater::{EntityState, Tracked};

use super::shop::{Customer, Order, Shop, Stock, customer, customers, stock};
use crate::support::run;

#[test]
fn an_updated_row_is_read_again_when_its_handle_is_next_met() {
    run(async {
        let shop = Shop::new().await;
        let mut session = shop.session();
        let handle = session.add(stock(1, 5));
        session.flush().await.unwrap();

        session.bulk_update([stock(1, 6)]).await.unwrap();
        let before = handle.read().count;
        let same = session.get::<Stock>(handle.key()).await.unwrap().unwrap();

        assert_eq!(before, 5);
        assert!(same.is(&handle));
        assert_eq!((handle.read().count, handle.read().version), (6, 2));
        handle.edit(|stock| stock.count = 7);
        session.commit().await.unwrap();
        assert_eq!(shop.number("SELECT count FROM stock").await, 7);
    });
}

#[test]
fn a_handle_that_is_not_read_again_does_not_write_over_a_bulk_update() {
    run(async {
        let shop = Shop::new().await;
        let mut session = shop.session();
        let handle = session.add(stock(1, 5));
        session.commit().await.unwrap();

        session.bulk_update([stock(1, 6)]).await.unwrap();
        handle.edit(|stock| stock.count = 100);
        let error = session.flush().await.unwrap_err();

        assert_eq!(error.kind(), headwater::ErrorKind::StaleEntity);
    });
}

#[test]
fn handles_of_deleted_rows_and_of_those_deleted_with_them_are_gone() {
    run(async {
        let shop = Shop::new().await;
        let mut session = shop.session();
        session.insert_stream(customers(3)).await.unwrap();
        let order = session.add(Order { id: 1, customer_id: 2 });
        session.commit().await.unwrap();
        let second = session.get::<Customer>(2).await.unwrap().unwrap();
        let third = session.get::<Customer>(3).await.unwrap().unwrap();

        session.bulk_delete_keys::<Customer, _, _>([1, 2]).await.unwrap();

        assert_eq!((second.state(), third.state()), (EntityState::Gone, EntityState::Clean));
        assert_eq!(order.state(), EntityState::Gone);
        assert!(session.get::<Customer>(2).await.unwrap().is_none());
    });
}

#[test]
fn a_rollback_brings_handles_of_deleted_rows_back() {
    run(async {
        let shop = Shop::new().await;
        let mut session = shop.session();
        let handle = session.add(stock(1, 5));
        session.commit().await.unwrap();

        session.bulk_delete([stock(1, 5)]).await.unwrap();
        let deleted = handle.state();
        session.rollback().await.unwrap();

        assert_eq!((deleted, handle.state()), (EntityState::Gone, EntityState::Clean));
        let same = session.get::<Stock>(handle.key()).await.unwrap().unwrap();
        assert!(same.is(&handle));
    });
}

#[test]
fn a_failed_operation_leaves_the_session_and_its_handles_as_they_were() {
    run(async {
        let shop = Shop::new().await;
        let mut session = shop.session();
        let handle = session.add(customer(1));
        let keys = [1, 99];

        let error = session.bulk_delete_keys::<Customer, _, _>(keys).await.unwrap_err();
        let state = handle.state();
        let names: Vec<Tracked<Customer>> =
            session.scalars(headwater::select::<Customer>()).all().await.unwrap();
        session.commit().await.unwrap();

        assert_eq!(error.kind(), headwater::ErrorKind::StaleEntity);
        assert_eq!(state, EntityState::Clean);
        assert!(names[0].is(&handle));
        assert_eq!(shop.number("SELECT count(*) FROM customers").await, 1);
    });
}

#[test]
fn no_handles_are_made_of_what_is_inserted() {
    run(async {
        let shop = Shop::new().await;
        let mut session = shop.session();

        session.insert_stream(customers(2_000)).await.unwrap();

        assert_eq!(session.tracked_count(), 0);
    });
}
