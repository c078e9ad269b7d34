//! The example `web` as a process: it serves, ends on a signal, and finds its data again.

use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::{DEADLINE, Ended, Program, example, run};

#[path = "../../examples/web/http.rs"]
mod http;

use http::Client;

const NEW: &str = r#"{"time_hour": "2013-12-31T23:00:00Z", "carrier": "B6", "flight": 9999,
    "origin": "JFK", "dest": "BOS", "distance": 187}"#;

/// The program as its user has it: whoever runs the tests may have set what makes it end by itself.
fn web() -> Command {
    let mut command = Command::new(example("web"));
    command.env_remove("HEADWATER_EXAMPLE_ONCE");
    command
}

/// A service that listens, and its address.
struct Service {
    program: Program,
    address: String,
}

impl Service {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = web();
        command.args(["--addr", "127.0.0.1:0", "--db"]).arg(folder.join("flights.db"));
        let mut program = Program::start(command.args(arguments));
        let mut line = String::new();
        BufReader::new(program.stdout()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on http://").expect(&line).to_owned();
        Self { program, address }
    }

    async fn client(&self) -> Client {
        Client::connect(&self.address).await.unwrap()
    }

    #[cfg(unix)]
    fn end(self, signal: &str) -> Ended {
        self.program.signal(signal);
        self.program.wait()
    }
}

fn watched(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(DEADLINE, test).await }).expect("the test hangs");
}

/// A closed database is one file: its write-ahead log is gone.
fn assert_closed(folder: &Path) {
    let files = std::fs::read_dir(folder).unwrap();
    let names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["flights.db"]);
}

#[test]
#[cfg(unix)]
fn a_signal_ends_it_cleanly() {
    for signal in ["TERM", "INT"] {
        watched(async {
            let folder = tempfile::tempdir().unwrap();
            let service = Service::start(folder.path(), &["--flights", "100"]);
            let mut client = service.client().await;
            let (head, body) = client.ask("GET", "/flights/100", "").await.unwrap();

            let ended = service.end(signal);

            assert_eq!((head.status, ended.code()), (200, 0), "{body} {ended:?}");
            assert_closed(folder.path());
        });
    }
}

#[test]
#[cfg(unix)]
fn what_was_written_is_there_at_the_next_start() {
    watched(async {
        let folder = tempfile::tempdir().unwrap();
        let first = Service::start(folder.path(), &["--flights", "3"]);
        let (created, _) = first.client().await.ask("POST", "/flights", NEW).await.unwrap();
        first.end("TERM");

        let second = Service::start(folder.path(), &["--flights", "3"]);
        let location = created.header("location").unwrap();
        let (head, body) = second.client().await.ask("GET", location, "").await.unwrap();
        let ended = second.end("TERM");

        assert_eq!((created.status, location, head.status), (201, "/flights/4", 200));
        assert!(body.contains("9999"), "{body}");
        assert_eq!(ended.code(), 0, "{ended:?}");
    });
}

#[test]
#[cfg(unix)]
fn a_stream_that_nobody_reads_does_not_hold_up_the_end() {
    watched(async {
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(folder.path(), &["--flights", "60000", "--grace", "0"]);
        let mut client = service.client().await;
        client.open("GET", "/flights.ndjson", "").await.unwrap();

        let ended = service.end("TERM");

        assert_eq!(ended.code(), 0, "{ended:?}");
        assert_closed(folder.path());
        let mut last = client.chunk().await;
        while let Ok(Some(_)) = last {
            last = client.chunk().await;
        }
        assert!(last.is_err(), "the body looks complete");
    });
}

#[test]
fn a_client_that_talks_nonsense_is_sent_away_and_others_are_served() {
    watched(async {
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(folder.path(), &["--flights", "1"]);
        let mut rude = std::net::TcpStream::connect(&service.address).unwrap();
        rude.set_read_timeout(Some(Duration::from_secs(30))).unwrap();

        rude.write_all(b"\x16\x03\x01 this is not HTTP\r\n\r\n").unwrap();
        let mut said = String::new();
        let _ = BufReader::new(rude).read_line(&mut said);
        let (head, _) = service.client().await.ask("GET", "/flights/1", "").await.unwrap();

        assert!(said.is_empty() || said.starts_with("HTTP/1.1 400"), "{said}");
        assert_eq!(head.status, 200);
    });
}

#[test]
fn with_once_it_asks_itself_and_ends() {
    let ended = run(web().args(["--flights", "300"]).env("HEADWATER_EXAMPLE_ONCE", "1"));

    assert_eq!(ended.code(), 0, "{ended:?}");
    let text = ended.text();
    for expected in [
        "GET /airlines/HA -> 200",
        "GET /flights/0 -> 404",
        "POST /flights -> 201",
        "POST /flights -> 409",
        "DELETE /flights/1 -> 204",
        "300 rows",
    ] {
        assert!(text.contains(expected), "no `{expected}` in: {text}");
    }
}

#[test]
fn an_address_that_is_taken_and_an_unknown_argument_are_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let start = |arguments: &[&str]| run(web().args(arguments).current_dir(folder.path()));

    let refused = start(&["--addr", &address, "--flights", "0"]);
    let unknown = start(&["--port", "1"]);

    assert_eq!((refused.code(), unknown.code()), (1, 1));
    assert!(refused.stderr.contains("in use"), "{}", refused.stderr);
    assert!(
        unknown.stderr.contains("--port") && unknown.stderr.contains("usage:"),
        "{}",
        unknown.stderr
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
