//! Many clients at once, each on one connection that is kept: 90 % keys, 5 % pages, 5 % new flights.

use std::io;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use futures::future::try_join_all;

use crate::arguments::Arguments;
use crate::figures::{Figures, Kind};
use crate::http::Client;

/// Keys are taken from so many; in a smaller table some are not found.
const FLIGHTS: u64 = 336_776;

pub(crate) async fn load(address: &str, arguments: &Arguments) -> io::Result<Figures> {
    let began = Instant::now();
    let end = began + arguments.time;
    let clients = (0..arguments.clients).map(|number| {
        let address = address.to_owned();
        tokio::spawn(async move { ask_until(end, &address, number).await })
    });
    let mut all = Figures::default();
    for figures in try_join_all(clients).await? {
        all.add(figures?);
    }
    all.time = began.elapsed();
    Ok(all)
}

async fn ask_until(end: Instant, address: &str, number: u64) -> io::Result<Figures> {
    let mut figures = Figures::default();
    let mut dice = Dice::new(number);
    let mut client = Client::connect(address).await?;
    while Instant::now() < end {
        let (kind, method, path, json) = request(&mut dice);
        let began = Instant::now();
        match client.ask(method, &path, &json).await {
            Ok((head, _)) => figures.note(kind, head.status, began.elapsed()),
            Err(_) => {
                figures.fail();
                client = Client::connect(address).await?;
            }
        }
    }
    Ok(figures)
}

fn request(dice: &mut Dice) -> (Kind, &'static str, String, String) {
    let id = 1 + dice.roll(FLIGHTS);
    match dice.roll(20) {
        0 => {
            let flight = dice.unique();
            let json = format!(
                r#"{{"time_hour": "2014-01-01T00:00:00Z", "carrier": "B6", "flight": {flight},
                     "origin": "JFK", "dest": "BOS", "distance": 187}}"#
            );
            (Kind::Write, "POST", "/flights".to_owned(), json)
        }
        1 => (Kind::Page, "GET", format!("/flights?origin=JFK&after={id}"), String::new()),
        _ => (Kind::Key, "GET", format!("/flights/{id}"), String::new()),
    }
}

/// Numbers that look random, the same in every run.
struct Dice {
    state: u64,
    next: u64,
}

impl Dice {
    fn new(client: u64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // A number that no other client and no earlier run gives to a flight.
        let next = now.as_secs() * 1_000_000_000 + client * 1_000_000 + 1;
        Self { state: client.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1, next }
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.state >> 33) % sides
    }

    fn unique(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}
