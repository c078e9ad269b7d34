//! Pages: complete, in order, and found by an index.

use headwater::sql;
use serde_json::Value;

use super::service::{Service, run};
use crate::pages::Wanted;

fn ids(page: &Value) -> Vec<i64> {
    let flights = page["flights"].as_array().unwrap();
    flights.iter().map(|flight| flight["id"].as_i64().unwrap()).collect()
}

/// Follows the links from page to page.
async fn walk(service: &Service, first: &str) -> Vec<Vec<i64>> {
    let (mut pages, mut next) = (Vec::new(), Some(first.to_owned()));
    while let Some(path) = next {
        let (status, _, page) = service.ask("GET", &path, "").await;
        assert_eq!(status.as_u16(), 200, "{path}");
        pages.push(ids(&page));
        next = page["next"].as_str().map(str::to_owned);
    }
    pages
}

#[test]
fn the_links_lead_through_all_flights_once() {
    run(async {
        let service = Service::with(7).await;

        assert_eq!(
            walk(&service, "/flights?limit=3").await,
            [vec![1, 2, 3], vec![4, 5, 6], vec![7]]
        );
        assert_eq!(walk(&service, "/flights?limit=7").await, [vec![1, 2, 3, 4, 5, 6, 7]]);
        assert_eq!(walk(&service, "/flights?limit=1&origin=JFK").await, [[2], [5]]);
    });
}

#[test]
fn a_page_holds_fifty_flights_unless_asked_otherwise() {
    run(async {
        let service = Service::with(51).await;

        let pages = walk(&service, "/flights").await;

        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 1]);
    });
}

#[test]
fn a_page_behind_the_last_flight_is_empty() {
    run(async {
        let service = Service::with(2).await;

        let (status, _, page) = service.ask("GET", "/flights?after=2", "").await;

        assert_eq!(status.as_u16(), 200);
        assert_eq!((ids(&page).len(), &page["next"]), (0, &Value::Null));
    });
}

#[test]
fn a_flight_that_goes_meanwhile_shifts_nothing() {
    run(async {
        let service = Service::with(6).await;
        let (_, _, first) = service.ask("GET", "/flights?limit=3", "").await;

        service.ask("DELETE", "/flights/1", "").await;
        let (_, _, second) = service.ask("GET", first["next"].as_str().unwrap(), "").await;

        assert_eq!(ids(&second), [4, 5, 6]);
    });
}

#[test]
fn every_page_begins_with_a_search_in_an_index_and_sorts_nothing() {
    run(async {
        let service = Service::with(10).await;
        let all = Wanted::default();
        let of_origin = Wanted { origin: Some("JFK".to_owned()), ..Wanted::default() };
        let cases = [
            (all, vec![0, 51], "SEARCH flights USING INTEGER PRIMARY KEY (rowid>?)"),
            (
                of_origin,
                vec![0, 0, 51],
                "SEARCH flights USING INDEX flights_by_origin (origin=? AND rowid>?)",
            ),
        ];

        for (wanted, values, expected) in cases {
            let text = format!("EXPLAIN QUERY PLAN {}", wanted.statement(51).text());
            let explain = values.into_iter().fold(sql(text), |explain, value| explain.bind(value));
            let plan: Vec<(i64, i64, i64, String)> =
                service.engine.query(explain).scalars().all().await.unwrap();

            assert_eq!(plan.iter().map(|step| &*step.3).collect::<Vec<_>>(), [expected]);
        }
    });
}
