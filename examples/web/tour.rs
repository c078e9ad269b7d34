//! With HEADWATER_EXAMPLE_ONCE in the environment the service asks itself, shows what came back, and ends.

use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::http::Client;
use crate::{database, seed, server};

const NEW: &str = r#"{"time_hour": "2013-12-31T23:00:00Z", "carrier": "B6", "flight": 9999,
    "origin": "JFK", "dest": "BOS", "distance": 187}"#;

pub(crate) async fn tour(flights: usize) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let engine = database::open(database::builder(&folder.path().join("flights.db"))).await?;
    seed::seed(&engine, flights).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    server::announce(&listener)?;
    let address = listener.local_addr()?.to_string();

    let (end, ended) = oneshot::channel::<()>();
    let stop = async {
        let _ = ended.await;
    };
    let service = tokio::spawn(server::serve(listener, engine, Duration::from_secs(1), stop));
    let asked = ask(&address).await;
    let _ = end.send(());
    service.await??;
    Ok(asked?)
}

async fn ask(address: &str) -> io::Result<()> {
    let mut client = Client::connect(address).await?;
    let requests = [
        ("GET", "/airlines/HA", ""),
        ("GET", "/flights/1", ""),
        ("GET", "/flights/0", ""),
        ("GET", "/flights?origin=JFK&after=100&limit=1", ""),
        ("POST", "/flights", NEW),
        ("POST", "/flights", NEW),
        ("PATCH", "/flights/1", r#"{"tailnum": "N14228", "arr_delay": 10}"#),
        ("POST", "/flights/swap", r#"{"one": 1, "other": 2}"#),
        ("DELETE", "/flights/1", ""),
    ];
    for (method, path, json) in requests {
        let (head, body) = client.ask(method, path, json).await?;
        tell(&format!("{method} {path} -> {}", head.status))?;
        tell(&format!("    {body}"))?;
    }
    stream(&mut client).await?;
    let (_, status) = client.ask("GET", "/status", "").await?;
    tell(&format!("GET /status\n    {status}"))
}

/// Counts what comes, and keeps none of it.
async fn stream(client: &mut Client) -> io::Result<()> {
    client.open("GET", "/flights.ndjson", "").await?;
    let (mut chunks, mut bytes, mut lines) = (0, 0, 0);
    while let Some(chunk) = client.chunk().await? {
        chunks += 1;
        bytes += chunk.len();
        lines += chunk.iter().filter(|byte| **byte == b'\n').count();
    }
    tell(&format!("GET /flights.ndjson\n    {lines} rows, {bytes} bytes in {chunks} chunks"))
}

fn tell(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
