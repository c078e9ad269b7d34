//! Case 11: what is forgotten is never dropped. It keeps its connection, and nobody is left in the dark.

use std::time::Duration;

use futures::future::join_all;
use headwater::{AsyncEngine, AsyncResult, Clock, ErrorKind, sql};

use crate::support::{Tank, eventually, fill, poll_once, run};

const CONNECTIONS: usize = 2;

/// Opens a stream of many rows and reads one of them.
async fn opened(engine: &AsyncEngine) -> headwater::Result<AsyncResult> {
    let mut result = engine.query(sql("SELECT id AS forgotten FROM t").batch_rows(2)).await?;
    result.try_next().await?;
    Ok(result)
}

#[test]
fn case_11_forgotten_results_use_up_their_connections_and_the_error_names_them() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let builder = tank.builder().max_connections(CONNECTIONS).clock(clock.clone());
        let engine = builder.acquire_timeout(Duration::from_secs(5)).open().await.unwrap();
        fill(&engine, 5_000).await;

        let mut waits = Vec::new();
        for number in 0..10 * CONNECTIONS {
            let mut result = Box::pin(opened(&engine));
            if number < CONNECTIONS {
                #[expect(clippy::mem_forget, reason = "it is the fault that is injected")]
                std::mem::forget(result.await.unwrap());
            } else {
                poll_once(&mut result);
                waits.push(result);
            }
        }
        eventually("the others wait", || engine.status().waiting == 9 * CONNECTIONS);
        clock.advance(Duration::from_secs(6));
        let late = join_all(waits).await;

        for late in late {
            let late = late.unwrap_err();
            assert_eq!(late.kind(), ErrorKind::PoolTimeout);
            let message = late.to_string();
            let named = message.matches("SELECT id AS forgotten FROM t").count();
            assert_eq!(named, CONNECTIONS, "{message}");
            assert_eq!(message.matches("forgotten.rs").count(), CONNECTIONS, "{message}");
        }
        // Writing needs none of them.
        let tx = engine.begin().await.unwrap();
        tx.execute("DELETE FROM t WHERE id = 1").await.unwrap();
        tx.commit().await.unwrap();
        // And the engine can be closed: its deadline passes, and they are stopped.
        let mut close = Box::pin(engine.close(Duration::from_secs(1)));
        poll_once(&mut close);
        clock.advance(Duration::from_secs(2));
        close.await.unwrap();
        assert_eq!(engine.status().connections, 0);
    });
}

#[test]
fn case_11_a_forgotten_transaction_is_named_to_the_writers_that_wait() {
    run(async {
        let tank = Tank::new();
        let clock = Clock::manual();
        let builder = tank.builder().clock(clock.clone());
        let engine = builder.acquire_timeout(Duration::from_secs(5)).open().await.unwrap();
        fill(&engine, 1).await;
        let tx = engine.begin().await.unwrap();
        tx.execute("DELETE FROM t").await.unwrap();
        #[expect(clippy::mem_forget, reason = "it is the fault that is injected")]
        std::mem::forget(tx);

        let mut waits = engine.execute("INSERT INTO t(name) VALUES ('late')");
        poll_once(&mut waits);
        eventually("it waits", || engine.status().waiting_to_write == 1);
        clock.advance(Duration::from_secs(6));
        let late = waits.await.unwrap_err();

        assert_eq!(late.kind(), ErrorKind::Busy);
        let message = late.to_string();
        assert!(message.contains("forgotten.rs") && message.contains("DELETE FROM t"), "{message}");
    });
}

#[test]
fn case_11_close_ends_within_its_deadline_whatever_was_forgotten() {
    run(async {
        let tank = Tank::new();
        let engine = tank.builder().max_connections(3).open().await.unwrap();
        fill(&engine, 5_000).await;
        let mut result = engine.query("SELECT id FROM t").await.unwrap();
        result.try_next().await.unwrap();
        let tx = engine.begin().await.unwrap();
        tx.execute("DELETE FROM t").await.unwrap();
        let connection = engine.connect().await.unwrap();
        #[expect(clippy::mem_forget, reason = "it is the fault that is injected")]
        {
            std::mem::forget(result);
            std::mem::forget(tx);
            std::mem::forget(connection);
        }

        engine.close(Duration::from_millis(50)).await.unwrap();

        assert_eq!(engine.status().connections, 0);
        let rows = tank.plain().query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0));
        assert_eq!(rows.unwrap(), 5_000);
    });
}
