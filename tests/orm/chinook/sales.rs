//! Questions about customers and what they buy.

use headwater::{
    query::{count, cte},
    raw, select, sql,
};

use super::entities::{Billing, Customer, Employee, Genre, Invoice, InvoiceLine, Track};
use super::shop::ask;

#[test]
fn what_is_the_revenue_of_each_country() {
    ask(async |shop| {
        let country = Invoice::BILLING.column(Billing::COUNTRY);
        let query = select::<Invoice>()
            .columns((country, count(), Invoice::TOTAL.sum().round(2), Invoice::TOTAL.max()))
            .group_by(country)
            .order_by((Invoice::TOTAL.sum().round(2).desc(), country));

        shop.agree(
            query,
            "SELECT BillingCountry, count(*), round(sum(Total), 2), max(Total) FROM Invoice
             GROUP BY BillingCountry ORDER BY 3 DESC, 1",
        )
        .await;
    });
}

#[test]
fn what_is_the_revenue_of_each_year() {
    ask(async |shop| {
        let year = || raw::<String>(sql!("strftime('%Y', {:sql})", Invoice::INVOICE_DATE));
        let query = select::<Invoice>()
            .columns((
                year(),
                Invoice::INVOICE_DATE.substr(6, 2).count_distinct(),
                Invoice::TOTAL.sum().round(2),
            ))
            .group_by(year())
            .order_by(year().desc());

        shop.agree(
            query,
            "SELECT substr(InvoiceDate, 1, 4), count(DISTINCT substr(InvoiceDate, 6, 2)),
                    round(sum(Total), 2)
             FROM Invoice GROUP BY 1 ORDER BY 1 DESC",
        )
        .await;
    });
}

#[test]
fn who_has_spent_more_than_customers_do_on_average() {
    ask(async |shop| {
        let spent = cte(
            "spent",
            select::<Invoice>()
                .columns((Invoice::CUSTOMER_ID, Invoice::TOTAL.sum().alias("total")))
                .group_by(Invoice::CUSTOMER_ID),
        );
        let total = spent.column::<f64>("total");
        let average = spent.select::<Invoice>().columns(total.clone().avg()).into_scalar();
        let query = select::<Customer>()
            .join_with(&spent, spent.of(Invoice::CUSTOMER_ID).eq(Customer::CUSTOMER_ID))
            .filter(total.clone().gt(average))
            .columns((Customer::CUSTOMER_ID, Customer::LAST_NAME, total.clone().round(2)))
            .order_by((total.round(2).desc(), Customer::CUSTOMER_ID));

        shop.agree(
            query,
            "WITH spent(id, total) AS (SELECT CustomerId, sum(Total) FROM Invoice GROUP BY 1)
             SELECT c.CustomerId, c.LastName, round(total, 2)
             FROM Customer c JOIN spent ON id = c.CustomerId
             WHERE total > (SELECT avg(total) FROM spent) ORDER BY 3 DESC, 1",
        )
        .await;
    });
}

#[test]
fn which_customers_have_bought_jazz() {
    ask(async |shop| {
        let bought = select::<Invoice>()
            .join(Invoice::LINES)
            .join(InvoiceLine::TRACK)
            .join(Track::GENRE)
            .filter(Genre::NAME.eq("Jazz"))
            .columns(Invoice::CUSTOMER_ID);
        let query = select::<Customer>()
            .filter(Customer::CUSTOMER_ID.in_(bought))
            .columns((
                Customer::FIRST_NAME.concat(" ").concat(Customer::LAST_NAME),
                Customer::EMAIL.lower(),
            ))
            .order_by((Customer::LAST_NAME, Customer::FIRST_NAME));

        shop.agree(
            query,
            "SELECT DISTINCT c.FirstName || ' ' || c.LastName, lower(c.Email)
             FROM Customer c JOIN Invoice USING (CustomerId) JOIN InvoiceLine USING (InvoiceId)
             JOIN Track t USING (TrackId) JOIN Genre g USING (GenreId)
             WHERE g.Name = 'Jazz' ORDER BY c.LastName, c.FirstName",
        )
        .await;
    });
}

#[test]
fn from_which_countries_are_customers_and_not_employees() {
    ask(async |shop| {
        let of_customers = || select::<Customer>().columns((Customer::COUNTRY,));
        let of_employees = || select::<Employee>().columns((Employee::COUNTRY,));

        shop.agree(
            of_customers().distinct().order_by(Customer::COUNTRY),
            "SELECT Country FROM Customer GROUP BY Country ORDER BY Country",
        )
        .await;
        shop.agree(
            of_customers().except(of_employees()).order_by(Customer::COUNTRY),
            "SELECT DISTINCT Country FROM Customer
             WHERE Country NOT IN (SELECT Country FROM Employee) ORDER BY Country",
        )
        .await;
        shop.agree(
            of_customers().intersect(of_employees()).order_by(Customer::COUNTRY),
            "SELECT DISTINCT Country FROM Customer
             WHERE Country IN (SELECT Country FROM Employee) ORDER BY Country",
        )
        .await;
    });
}

#[test]
fn what_are_all_cities_that_the_shop_has_to_do_with() {
    ask(async |shop| {
        let query = select::<Customer>()
            .columns((Customer::CITY,))
            .union(select::<Employee>().columns((Employee::CITY,)))
            .union(select::<Invoice>().columns((Invoice::BILLING.column(Billing::CITY),)))
            .order_by(Customer::CITY.desc())
            .limit(12);

        shop.agree(
            query,
            "SELECT City FROM Customer UNION SELECT City FROM Employee
             UNION SELECT BillingCity FROM Invoice ORDER BY City DESC LIMIT 12",
        )
        .await;
    });
}

#[test]
fn which_customers_cannot_be_faxed_and_in_which_state_do_they_live() {
    ask(async |shop| {
        let query = select::<Customer>()
            .filter(Customer::FAX.is_null())
            .filter(Customer::COMPANY.is_not("Telus"))
            .columns((Customer::CUSTOMER_ID, Customer::STATE, Customer::COMPANY.or(Customer::CITY)))
            .order_by((Customer::STATE.asc().nulls_last(), Customer::CUSTOMER_ID.desc()));

        shop.agree(
            query,
            "SELECT CustomerId, State, coalesce(Company, City) FROM Customer
             WHERE Fax IS NULL AND Company IS NOT 'Telus'
             ORDER BY State IS NULL, State, CustomerId DESC",
        )
        .await;
    });
}

#[test]
fn does_each_invoice_add_up_to_its_lines() {
    ask(async |shop| {
        let sum = (InvoiceLine::UNIT_PRICE * InvoiceLine::QUANTITY.cast::<f64>()).sum().round(2);
        let query = select::<Invoice>()
            .join(Invoice::LINES)
            .columns((Invoice::INVOICE_ID, sum.clone(), sum.eq(Invoice::TOTAL.round(2))))
            .group_by(Invoice::INVOICE_ID)
            .order_by(Invoice::INVOICE_ID);

        let sums = shop
            .agree(
                query,
                "SELECT InvoiceId, round(sum(UnitPrice * Quantity), 2), 1
                 FROM InvoiceLine GROUP BY InvoiceId ORDER BY InvoiceId",
            )
            .await;

        assert!(sums.iter().all(|(_, _, adds_up)| *adds_up));
    });
}
