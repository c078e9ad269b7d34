//! Load for the example `web`, from a process of its own.
//!
//! ```text
//! cargo build --release --all-features --examples
//! cargo run --release --all-features --example web_load
//! ```
//!
//! It starts the `web` beside it on a free port and a database in a temporary folder. First 64 clients ask
//! for 10 seconds as fast as they are answered: of twenty requests eighteen are keys, one a page and one a
//! new flight, in random order. Then one client reads all flights slowly, while the memory of the service is watched.
//! `--addr` asks a service that runs already, whose memory is watched with `--pid`.

mod arguments;
mod figures;
#[path = "../web/http.rs"]
mod http;
mod load;
mod server;
mod slow;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use arguments::Arguments;
use server::Server;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Some(arguments) = Arguments::read()? else {
        return Ok(());
    };
    let server = match &arguments.addr {
        Some(address) => Server::running(address, arguments.pid),
        None => Server::start()?,
    };
    let loaded = load::load(&server.address, &arguments).await?;
    let checked = loaded.check();
    loaded.show()?;
    checked?;
    server.memory().show("after that")?;
    slow::read(&server, arguments.pace).await?;
    server.stop()
}
