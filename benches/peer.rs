//! Headwater beside plain `rusqlite`: the same work on the same file, in the same process, in
//! interleaved rounds, of which the medians are compared.
//!
//! `cargo bench --bench peer` runs all of it; `cargo bench --bench peer -- wide` what has that word in its
//! name; `-- --rounds 21 --rows 200000` changes the size.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs,
    reason = "a benchmark prints, and stops at the first surprise"
)]

mod harness;
#[path = "peer/work.rs"]
mod work;

use futures::executor::block_on;
use headwater::{AsyncEngine, EngineBuilder};
use rusqlite::Connection;

use harness::{Comparison, Settings};

fn main() {
    let settings = Settings::from_arguments();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peer.db");
    let engine: AsyncEngine = block_on(
        EngineBuilder::file(&path)
            .batch_rows(settings.batch_rows)
            .batch_bytes(settings.batch_bytes)
            .open(),
    )
    .unwrap();
    block_on(work::fill(&engine, settings.rows));
    let peer = Connection::open(&path).unwrap();
    peer.pragma_update(None, "cache_size", -2_048).unwrap();
    peer.pragma_update(None, "mmap_size", 0).unwrap();

    println!("{} rows of 6 columns, {} rounds, medians", settings.rows, settings.rounds);
    let mut table = Comparison::new(&settings, ["rusqlite", "headwater"]);
    table.compare("wide scan, owned values", &mut || work::peer_wide_owned(&peer), &mut || {
        block_on(work::wide_owned(&engine))
    });
    table.compare(
        "wide scan, borrowed columns",
        &mut || work::peer_wide_borrowed(&peer),
        &mut || block_on(work::wide_borrowed(&engine)),
    );
    table.compare("narrow scan, 2 columns, owned", &mut || work::peer_narrow(&peer), &mut || {
        block_on(work::narrow(&engine))
    });
    table.compare("all() of everything, owned", &mut || work::peer_all(&peer), &mut || {
        block_on(work::all(&engine))
    });
    table.compare("first row of the stream", &mut || work::peer_first_row(&peer), &mut || {
        block_on(work::first_row(&engine))
    });
    table.compare("first(), and the next use", &mut || work::peer_first(&peer), &mut || {
        block_on(work::first(&engine))
    });
    table.compare("1,000 point selects, block_on", &mut || work::peer_points(&peer), &mut || {
        block_on(work::points(&engine))
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    table.compare("1,000 point selects, tokio root", &mut || work::peer_points(&peer), &mut || {
        runtime.block_on(work::points(&engine))
    });
    table.compare("1,000 point selects, spawned", &mut || work::peer_points(&peer), &mut || {
        let engine = engine.clone();
        runtime.block_on(async {
            tokio::spawn(async move { work::points(&engine).await }).await.unwrap()
        })
    });
    table.compare("execute_many, 100,000 rows", &mut || work::peer_many(&peer), &mut || {
        block_on(work::many(&engine))
    });
}
