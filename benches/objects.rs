//! Entities and sessions beside plain `rusqlite`, and beside sea-orm: the same work on the same file, in
//! interleaved rounds, of which the medians are compared.
//!
//! `cargo bench --bench objects` runs what is compared with `rusqlite`, in this process. sea-orm brings a
//! SQLite of its own, which no program can link beside another. So it is a program of its own, which is
//! built by `cargo build --release --manifest-path benches/sea_orm/Cargo.toml` and started beside this one by
//! `cargo bench --bench objects -- --beside benches/sea_orm/target/release/sea_orm_peer`. A word among the
//! arguments runs what has it in its name; `--rounds 21` changes the number of rounds.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    dead_code,
    missing_docs,
    reason = "a benchmark prints, and stops at the first surprise"
)]

#[path = "objects/beside.rs"]
mod beside;
#[path = "objects/entities.rs"]
mod entities;
mod harness;
#[path = "objects/memory.rs"]
mod memory;
#[path = "objects/peer.rs"]
mod peer;
#[path = "objects/work.rs"]
mod work;

use futures::executor::block_on;
use headwater::AsyncEngine;

use beside::Beside;
use harness::{Comparison, Settings};

/// One side of a comparison.
type Side<'a> = &'a mut dyn FnMut() -> harness::Round;

fn main() {
    if memory::is_asked_for() {
        return memory::stream();
    }
    let settings = Settings::from_arguments();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.db");
    let engine =
        block_on(AsyncEngine::builder(format!("sqlite://{}", path.display())).open()).unwrap();
    let connection = peer::connect(&path);
    peer::fill(&connection);

    println!("100,000 rows of 4 columns, {} rounds, medians", settings.rounds);
    with_rusqlite(&settings, &engine, &connection);
    println!();
    work::known_key(&settings, &engine);
    memory::measure(&settings, &path);
    if let Some(program) = &settings.beside {
        println!();
        with_sea_orm(&settings, &engine, &mut Beside::start(program, &path));
    }
}

fn with_rusqlite(settings: &Settings, engine: &AsyncEngine, peer: &rusqlite::Connection) {
    let mut table = Comparison::new(settings, ["rusqlite", "headwater"]);
    let mut compare = |name: &str, theirs: Side<'_>, ours: Side<'_>| {
        table.compare_rounds(name, theirs, ours);
    };
    compare("load", &mut || peer::load(peer), &mut || work::load(engine));
    compare("load as a stream", &mut || peer::load(peer), &mut || work::load_as_stream(engine));
    compare("load, tracked", &mut || peer::load(peer), &mut || work::load_tracked(engine));
    compare("load, tracked, as a stream", &mut || peer::scan(peer), &mut || {
        work::stream_tracked(engine)
    });
    compare("insert, session", &mut || peer::insert(peer), &mut || work::insert(engine));
    compare("insert, bulk", &mut || peer::insert(peer), &mut || work::insert_in_bulk(engine));
    compare("update, session", &mut || peer::update(peer), &mut || work::update(engine));
    compare(
        "eager, children in the parents' order",
        &mut || peer::eager(peer, "notes"),
        &mut || work::eager_clustered(engine),
    );
    compare("eager, children in any order", &mut || peer::eager(peer, "posts"), &mut || {
        work::eager(engine)
    });
    compare("1,000 selects by key", &mut || peer::points(peer), &mut || work::points(engine));
    compare("1,000 gets by key, session", &mut || peer::points(peer), &mut || work::gets(engine));
}

fn with_sea_orm(settings: &Settings, engine: &AsyncEngine, peer: &mut Beside) {
    let mut table = Comparison::new(settings, ["sea-orm", "headwater"]);
    let mut compare = |name: &str, theirs: &str, ours: Side<'_>| {
        table.compare_rounds(name, &mut || peer.work(theirs), ours);
    };
    compare("load", "load", &mut || work::load(engine));
    compare("load, tracked", "load", &mut || work::load_tracked(engine));
    compare("insert, session; insert_many", "insert many", &mut || work::insert(engine));
    compare("insert, session; one by one", "insert one by one", &mut || work::insert(engine));
    compare("eager, children in any order", "eager", &mut || work::eager(engine));
    compare("1,000 selects by key", "points", &mut || work::points(engine));
}
