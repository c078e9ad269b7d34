//! Closing in the middle: everything ends, what was acknowledged stays, and no file is left open.

use std::time::Duration;

use headwater::{AsyncEngine, Clock, ErrorKind, Result};
use shuttle::future::block_on;
use shuttle::thread;

use crate::support::{all_is_back, explore, fill, insert, numbers, open, pond, task};

/// What may come of work that its engine was closed under.
fn ended_by_closing<T>(end: Result<T>) -> Option<T> {
    match end {
        Ok(done) => Some(done),
        Err(error) => {
            let kinds = [ErrorKind::Closed, ErrorKind::TransactionEnded, ErrorKind::Interrupted];
            assert!(kinds.contains(&error.kind()), "{error:?}");
            None
        }
    }
}

#[test]
fn closing_in_the_middle_ends_everything_and_keeps_what_was_acknowledged() {
    explore(|| {
        let folder = folder();
        let path = folder.path().join("pond.db");
        let clock = Clock::manual();
        let engine = open_file(&path, &clock);
        fill(&engine, 5);
        let writers = [1, 2].map(|worker| {
            let engine = engine.clone();
            task(async move {
                let alone = ended_by_closing(insert(&engine, worker, 0).await).is_some();
                let both = engine.transaction(async |tx| insert(&tx, worker, 1).await).await;
                (alone, ended_by_closing(both).is_some())
            })
        });
        let reader = {
            let engine = engine.clone();
            task(async move {
                let result =
                    engine.query("SELECT number FROM t WHERE worker = 0").scalars::<i64>().await;
                let Some(mut result) = ended_by_closing(result) else {
                    return;
                };
                let mut next = 0;
                while let Some(Some(number)) = ended_by_closing(result.try_next().await) {
                    assert_eq!(number, next);
                    next += 1;
                }
            })
        };
        let late = thread::spawn(move || clock.advance(Duration::from_secs(2)));

        block_on(engine.close(Duration::from_secs(1))).unwrap();

        let acknowledged = writers.map(|writer| writer.join().unwrap());
        reader.join().unwrap();
        late.join().unwrap();
        assert_eq!(engine.status().connections, 0);
        let engine = open_file(&path, &Clock::manual());
        for (worker, (alone, both)) in [1, 2].into_iter().zip(acknowledged) {
            let found = numbers(&engine, worker);
            assert!((!alone || found.contains(&0)) && (!both || found.contains(&1)), "{found:?}");
            assert!(found.is_sorted() && found.len() <= 2, "{found:?}");
        }
        all_is_back(&engine, 2);
    });
}

#[test]
fn work_that_comes_while_it_closes_waits_for_nobody_who_holds_what_it_needs() {
    explore(|| {
        let engine = pond(1);
        let tx = block_on(engine.begin()).unwrap();
        let lease = block_on(engine.connect()).unwrap();
        let writer = {
            let engine = engine.clone();
            task(async move { insert(&engine, 1, 0).await })
        };
        let reader = task(engine.query("SELECT number FROM t").scalars::<i64>().all());
        let closer = {
            let engine = engine.clone();
            task(async move { engine.close(Duration::from_secs(60)).await })
        };

        let ends = [writer.join().unwrap(), reader.join().unwrap().map(drop)];

        for end in ends {
            assert_eq!(end.unwrap_err().kind(), ErrorKind::Closed);
        }
        drop((tx, lease));
        closer.join().unwrap().unwrap();
    });
}

#[test]
fn an_engine_whose_last_handle_goes_ends_its_work_first() {
    explore(|| {
        let engine = pond(1);
        fill(&engine, 4);
        let reader =
            task(engine.query("SELECT number FROM t WHERE worker = 0").scalars::<i64>().all());
        let writer = {
            let tx = block_on(engine.begin()).unwrap();
            task(async move {
                insert(&tx, 1, 0).await?;
                tx.commit().await.map(drop)
            })
        };

        drop(engine);

        assert_eq!(ended_by_closing(reader.join().unwrap()), Some(vec![0, 1, 2, 3]));
        writer.join().unwrap().unwrap();
    });
}

fn folder() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

fn open_file(path: &std::path::Path, clock: &Clock) -> AsyncEngine {
    let url = format!("sqlite://{}", path.display());
    open(AsyncEngine::builder(url).max_connections(2), clock)
}
