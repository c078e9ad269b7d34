//! What the entities want, and what the database has.

use headwater::{Entity, Migration, Migrations, Schema, inspect, schema};

use super::shop::{Shop, ask, chinook};
use crate::support::run;

#[test]
fn the_entities_describe_all_that_is_there() {
    ask(async |shop| {
        let found = inspect(&shop.engine).await.unwrap();

        let diff = chinook().diff(&shop.engine).await.unwrap();

        assert_eq!(diff.to_string(), "nothing differs");
        assert_eq!((diff.sql(), found.tables.len()), ("", 11));
    });
}

/// Customers of a later version of the shop, which has accounts.
#[derive(Clone, Debug, Entity)]
#[entity(table = "Customer", rename_all = "PascalCase")]
struct Customer {
    #[entity(primary_key, generated)]
    customer_id: i64,
    first_name: String,
    last_name: String,
    #[entity(unique)]
    email: String,
    #[entity(default = "0")]
    points: i64,
}

/// What points were given for.
#[derive(Clone, Debug, Entity)]
#[entity(table = "Bonus", rename_all = "PascalCase")]
struct Bonus {
    #[entity(primary_key, generated)]
    bonus_id: i64,
    #[entity(index, references(Customer::CUSTOMER_ID, on_delete = cascade))]
    customer_id: i64,
    reason: String,
}

fn later() -> Schema {
    schema().entity::<Customer>().entity::<Bonus>()
}

#[test]
fn what_differs_from_a_later_version_is_told_and_is_a_migration() {
    ask(async |shop| {
        let customers = shop.plain::<(i64, String)>("SELECT CustomerId, Email FROM Customer");

        let diff = later().diff(&shop.engine).await.unwrap();
        let wanted: Vec<_> =
            diff.iter().filter(|one| !one.is_extra()).map(ToString::to_string).collect();
        let extra_tables = diff.extras().filter(|one| one.table() != "Customer").count();
        let migration = Migration::new(1, "add_points", diff.sql().to_owned());
        shop.engine.migrate(Migrations::new([migration])).await.unwrap();
        let after = later().diff(&shop.engine).await.unwrap();

        assert_eq!(
            wanted,
            [
                "Customer.Points: the column is missing",
                "Customer: a unique index on Email is missing (uq_Customer_Email)",
                "Bonus: the table is missing",
            ]
        );
        assert_eq!(extra_tables, 10);
        assert!(after.is_empty(), "{after}");
        let kept = "SELECT CustomerId, Email FROM Customer WHERE Points = 0";
        assert_eq!(shop.plain::<(i64, String)>(kept), customers);
    });
}

#[test]
fn what_the_real_shop_has_beyond_the_later_version_is_extra() {
    run(async {
        let Some(shop) = Shop::real().await else {
            return;
        };

        let diff = later().diff(&shop.engine).await.unwrap();

        let of_customers: Vec<_> = diff
            .extras()
            .filter(|one| one.table() == "Customer")
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            of_customers,
            [
                "Customer: an extra index IFK_CustomerSupportRepId",
                "Customer: an extra foreign key from SupportRepId to Employee",
                "Customer.Company: an extra column",
                "Customer.Address: an extra column",
                "Customer.City: an extra column",
                "Customer.State: an extra column",
                "Customer.Country: an extra column",
                "Customer.PostalCode: an extra column",
                "Customer.Phone: an extra column",
                "Customer.Fax: an extra column",
                "Customer.SupportRepId: an extra column",
            ]
        );
    });
}
