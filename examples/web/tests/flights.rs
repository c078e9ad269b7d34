//! The routes that do what they are asked for.

use serde_json::{Value, json};

use super::service::{NEW, Service, run};

#[test]
fn an_airline_and_a_flight_are_found_by_their_keys() {
    run(async {
        let service = Service::with(1).await;

        let (airline, _, jetblue) = service.ask("GET", "/airlines/B6", "").await;
        let (flight, headers, first) = service.ask("GET", "/flights/1", "").await;

        assert_eq!((airline.as_u16(), flight.as_u16()), (200, 200));
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(jetblue, json!({"carrier": "B6", "name": "JetBlue Airways"}));
        assert_eq!(
            first,
            json!({
                "id": 1, "time_hour": "2013-01-01T10:00:00Z", "carrier": "B6", "flight": 1, "tailnum": "N1",
                "origin": "EWR", "dest": "BOS", "distance": 187, "dep_delay": null, "arr_delay": null
            })
        );
    });
}

#[test]
fn a_new_flight_is_there_at_its_location() {
    run(async {
        let service = Service::with(3).await;

        let (status, headers, created) = service.ask("POST", "/flights", NEW).await;
        let location = headers["location"].to_str().unwrap();
        let (_, _, found) = service.ask("GET", location, "").await;

        assert_eq!((status.as_u16(), location), (201, "/flights/4"));
        assert_eq!(created["flight"], 9999);
        assert_eq!(created, found);
    });
}

#[test]
fn a_change_leaves_what_it_does_not_name() {
    run(async {
        let service = Service::with(1).await;

        let (status, _, delayed) = service.ask("PATCH", "/flights/1", r#"{"dep_delay": -3}"#).await;
        let (_, _, renamed) = service.ask("PATCH", "/flights/1", r#"{"tailnum": "N2"}"#).await;

        assert_eq!(status.as_u16(), 200);
        assert_eq!((&delayed["tailnum"], &delayed["dep_delay"]), (&json!("N1"), &json!(-3)));
        assert_eq!((&renamed["tailnum"], &renamed["dep_delay"]), (&json!("N2"), &json!(-3)));
    });
}

#[test]
fn a_removed_flight_is_gone() {
    run(async {
        let service = Service::with(1).await;

        let (first, _, body) = service.ask("DELETE", "/flights/1", "").await;
        let (again, ..) = service.ask("DELETE", "/flights/1", "").await;
        let (found, ..) = service.ask("GET", "/flights/1", "").await;

        assert_eq!((first.as_u16(), again.as_u16(), found.as_u16()), (204, 404, 404));
        assert_eq!(body, Value::String(String::new()));
    });
}

#[test]
fn two_flights_of_an_airline_swap_their_aircraft() {
    run(async {
        let service = Service::with(4).await;

        let (status, _, swapped) =
            service.ask("POST", "/flights/swap", r#"{"one": 1, "other": 3}"#).await;
        let (_, _, first) = service.ask("GET", "/flights/1", "").await;

        assert_eq!(status.as_u16(), 200);
        assert_eq!((&swapped[0]["tailnum"], &swapped[1]["tailnum"]), (&json!("N3"), &json!("N1")));
        assert_eq!(first["tailnum"], "N3");
    });
}

#[test]
fn a_swap_that_fails_changes_nothing() {
    run(async {
        let service = Service::with(4).await;

        let (conflict, ..) =
            service.ask("POST", "/flights/swap", r#"{"one": 1, "other": 2}"#).await;
        let (missing, ..) = service.ask("POST", "/flights/swap", r#"{"one": 1, "other": 9}"#).await;
        let (_, _, first) = service.ask("GET", "/flights/1", "").await;

        assert_eq!((conflict.as_u16(), missing.as_u16()), (409, 404));
        assert_eq!(first["tailnum"], "N1");
    });
}

#[test]
fn the_service_tells_how_it_is() {
    run(async {
        let service = Service::with(0).await;

        let (health, ..) = service.ask("GET", "/healthz", "").await;
        let (status, _, told) = service.ask("GET", "/status", "").await;

        assert_eq!((health.as_u16(), status.as_u16()), (204, 200));
        assert_eq!(told["open_results"], 0);
        assert_eq!(told["waiting"], 0);
        assert!(told["connections"].as_u64().unwrap() >= 1);
        assert!(told["wal_bytes"].as_u64().unwrap() > 0);
    });
}
