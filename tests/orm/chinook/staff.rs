//! Questions about the people who work there.

use headwater::{
    query::{alias, recursive_cte},
    select,
};

use super::entities::{Customer, Employee, Invoice};
use super::shop::ask;

#[test]
fn who_reports_to_whom() {
    ask(async |shop| {
        let manager = alias::<Employee>("manager");
        let query = select::<Employee>()
            .left_join(Employee::MANAGER.to(&manager))
            .columns((Employee::LAST_NAME, manager.column(Employee::LAST_NAME).nullable()))
            .order_by(Employee::EMPLOYEE_ID);

        let pairs = shop
            .agree(
                query,
                "SELECT e.LastName, m.LastName FROM Employee e
                 LEFT JOIN Employee m ON m.EmployeeId = e.ReportsTo ORDER BY e.EmployeeId",
            )
            .await;

        assert_eq!(pairs.iter().filter(|(_, manager)| manager.is_none()).count(), 1);
    });
}

#[test]
fn how_many_report_to_each_manager() {
    ask(async |shop| {
        let report = alias::<Employee>("report");
        let reports = report.column(Employee::EMPLOYEE_ID).count();
        let query = select::<Employee>()
            .join(Employee::REPORTS.to(&report))
            .columns((Employee::LAST_NAME, reports.clone()))
            .group_by(Employee::EMPLOYEE_ID)
            .order_by((reports.desc(), Employee::LAST_NAME));

        shop.agree(
            query,
            "SELECT m.LastName, count(*) FROM Employee e JOIN Employee m ON m.EmployeeId = e.ReportsTo
             GROUP BY m.EmployeeId ORDER BY 2 DESC, 1",
        )
        .await;
    });
}

#[test]
fn who_is_above_the_it_staff_at_any_height() {
    ask(async |shop| {
        let line = recursive_cte(
            "line",
            select::<Employee>()
                .filter(Employee::TITLE.eq("IT Staff"))
                .columns((Employee::EMPLOYEE_ID, Employee::REPORTS_TO)),
            |line| {
                select::<Employee>()
                    .join_with(line, line.of(Employee::REPORTS_TO).eq(Employee::EMPLOYEE_ID))
                    .columns((Employee::EMPLOYEE_ID, Employee::REPORTS_TO))
            },
        );
        let query = select::<Employee>()
            .join_with(&line, line.of(Employee::EMPLOYEE_ID).eq(Employee::EMPLOYEE_ID))
            .filter(Employee::TITLE.ne("IT Staff"))
            .columns((Employee::LAST_NAME, Employee::TITLE))
            .distinct()
            .order_by(Employee::LAST_NAME);

        let above = shop
            .agree(
                query,
                "WITH RECURSIVE line(id) AS (
                     SELECT ReportsTo FROM Employee WHERE Title = 'IT Staff'
                     UNION SELECT ReportsTo FROM Employee JOIN line ON EmployeeId = id)
                 SELECT LastName, Title FROM Employee WHERE EmployeeId IN (SELECT id FROM line)
                 ORDER BY LastName",
            )
            .await;

        assert_eq!(above.len(), 2);
    });
}

#[test]
fn how_much_has_each_agent_sold() {
    ask(async |shop| {
        let query = select::<Employee>()
            .join(Employee::CUSTOMERS)
            .join(Customer::INVOICES)
            .columns((
                Employee::LAST_NAME,
                Customer::CUSTOMER_ID.count_distinct(),
                Invoice::TOTAL.sum().round(2),
            ))
            .group_by((Employee::EMPLOYEE_ID, Employee::LAST_NAME))
            .order_by((Invoice::TOTAL.sum().round(2).desc(), Employee::LAST_NAME));

        shop.agree(
            query,
            "SELECT e.LastName, count(DISTINCT c.CustomerId), round(sum(i.Total), 2)
             FROM Employee e JOIN Customer c ON c.SupportRepId = e.EmployeeId
             JOIN Invoice i USING (CustomerId) GROUP BY e.EmployeeId ORDER BY 3 DESC, 1",
        )
        .await;
    });
}

#[test]
fn which_customers_live_where_an_employee_does() {
    ask(async |shop| {
        let query = select::<Customer>()
            .join_on::<Employee>(
                Employee::CITY.eq(Customer::CITY) & Employee::COUNTRY.eq(Customer::COUNTRY),
            )
            .columns((Customer::CUSTOMER_ID, Employee::LAST_NAME, Customer::CITY))
            .order_by((Customer::CUSTOMER_ID, Employee::EMPLOYEE_ID));

        shop.agree(
            query,
            "SELECT CustomerId, e.LastName, City FROM Customer JOIN Employee e USING (City, Country)
             ORDER BY CustomerId, EmployeeId",
        )
        .await;
    });
}
