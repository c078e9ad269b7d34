//! A slow client reads all flights, while the memory of the service is watched.

use std::error::Error;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;
use tokio::time::sleep_until;

use crate::http::Client;
use crate::server::{Server, mebibytes};

/// To serve one slow client may not take more than this, in KiB, however large the table.
const BOUND: u64 = 32 << 10;

/// Reads `pace` MiB a second.
pub(crate) async fn read(server: &Server, pace: usize) -> Result<(), Box<dyn Error>> {
    let before = server.memory();
    let socket = TcpSocket::new_v4()?;
    // What the system holds for the client is small as well.
    socket.set_recv_buffer_size(64 << 10)?;
    let mut client = Client::on(socket.connect(server.address.parse()?).await?);

    let began = Instant::now();
    client.open("GET", "/flights.ndjson", "").await?;
    let (mut bytes, mut lines, mut most) = (0, 0, before.resident);
    while let Some(chunk) = client.chunk().await? {
        bytes += chunk.len();
        lines += chunk.iter().filter(|byte| **byte == b'\n').count();
        most = most.max(server.memory().resident);
        let due = Duration::from_secs_f64(bytes as f64 / (pace << 20) as f64);
        sleep_until((began + due).into()).await;
    }

    let (seconds, size) = (began.elapsed().as_secs_f64(), mebibytes(Some(bytes as u64 >> 10)));
    writeln!(io::stdout(), "a slow client took {seconds:.1} s for {lines} rows, {size}")?;
    before.show("before it")?;
    let (most_shown, after) = (mebibytes(most), server.memory());
    writeln!(io::stdout(), "memory of the service meanwhile: at most {most_shown}")?;
    after.show("afterwards")?;
    match (before.resident, most) {
        (Some(before), Some(most)) if most > before + BOUND => {
            Err("the service took more memory than a stream may".into())
        }
        _ => Ok(()),
    }
}
