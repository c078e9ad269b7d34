//! What is looked at after each drop, from inside and from outside of the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::executor::block_on;
use headwater::{AsyncEngine, AsyncScalars, Synchronous, sql};

use crate::support::{Tank, Threads, eventually, fill, open_files};

/// How many rows `t` has when an operation begins.
pub(in crate::cancellation) const ROWS: i64 = 50;

/// How many rows a stream that stands beside has.
const BESIDE: i64 = 2_000;

/// A database in which operations are dropped, and those who look at it.
pub(in crate::cancellation) struct Scene {
    pub(in crate::cancellation) engine: AsyncEngine,
    /// Another program's connection.
    plain: rusqlite::Connection,
    threads: Threads,
    path: PathBuf,
    most_connections: usize,
    /// How many connections were ever opened.
    opened: Arc<AtomicUsize>,
    _tank: Tank,
}

impl Scene {
    /// Opens an engine of so many readers: with one, a slot that is lost is missed at once.
    pub(in crate::cancellation) fn new(readers: usize, patience: Duration) -> Self {
        let tank = Tank::new();
        let threads = Threads::default();
        let builder = tank.builder().max_connections(readers).patience(patience);
        let builder = builder.synchronous(Synchronous::Off);
        let opened = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&opened);
        let builder = builder.on_connect(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
        let builder = threads.install(builder.acquire_timeout(Duration::from_secs(20)));
        let engine = block_on(builder.open()).unwrap();
        block_on(async {
            fill(&engine, ROWS).await;
            engine.execute("CREATE TABLE probe(n)").await.unwrap();
            engine.execute("CREATE TABLE beside(n INTEGER PRIMARY KEY)").await.unwrap();
            let rows = (1..=BESIDE).map(|n| [n]);
            engine.execute_many("INSERT INTO beside VALUES (?)", rows).await.unwrap();
        });
        let plain = tank.plain();
        // Without waiting: what is looked for is there at once.
        plain.execute_batch("PRAGMA busy_timeout = 0; PRAGMA synchronous = OFF").unwrap();
        let path = tank.path();
        let most_connections = readers + 1;
        Self { engine, plain, threads, path, most_connections, opened, _tank: tank }
    }

    /// Looks at the engine as the next caller does, and as others see it; the number of rows of `t`.
    ///
    /// `leased` connections are held by the test itself, which has `reads` states of the database in view.
    pub(in crate::cancellation) fn look(&self, leased: usize, reads: bool) -> i64 {
        let Self { engine, plain, .. } = self;
        // Its turn to write comes when what was dropped has let go of everything.
        block_on(engine.execute("INSERT INTO probe VALUES (1)")).unwrap();
        eventually("nothing waits, and every connection is back", || {
            let status = engine.status();
            let waiting = status.waiting + status.waiting_to_write;
            waiting == 0 && status.idle + leased + 1 == status.connections
        });
        assert!(engine.status().connections <= self.most_connections, "{:?}", engine.status());

        plain.execute_batch("BEGIN IMMEDIATE; ROLLBACK").expect("no transaction is open");
        if !reads {
            eventually("no result is open, and no state of the database held", || {
                let status = engine.status();
                status.open_results == 0 && status.oldest_snapshot.is_none()
            });
            let checkpoint = plain.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            });
            assert_eq!(checkpoint.unwrap(), (0, 0), "(busy, pages left) as no read is open");
        }
        let rows = "SELECT count(*) FROM t";
        let rows = plain.query_row(rows, [], |row| row.get(0)).unwrap();

        eventually("each connection has one thread, and no other thread is left", || {
            self.threads.are(engine.status().connections)
        });
        self.look_at_files();
        rows
    }

    /// Counts the files that are open: for each connection and for the plain one the database and its log,
    /// whose index is shared.
    fn look_at_files(&self) {
        let beside = |suffix: &str| {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            open_files(Path::new(&name))
        };
        let (logs, indexes) = (beside("-wal"), beside("-shm"));
        let files = open_files(&self.path) - logs - indexes;
        let connections = self.most_connections + 1;
        // While others have locks, SQLite keeps the file of a connection that is closed for the next one
        // that is opened: that can be only where one was opened in the place of another.
        let is_replaced = self.opened.load(Ordering::Relaxed) > self.engine.status().connections;
        assert!(files <= connections + usize::from(is_replaced), "{files} files are open");
        assert!(logs <= connections && indexes <= 1, "{logs} logs and {indexes} indexes are open");
    }

    /// Makes `t` what it was.
    pub(in crate::cancellation) fn restore(&self) {
        let restore = "BEGIN; DELETE FROM t;
            INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
                SELECT i, 'name ' || i FROM n;
            COMMIT";
        block_on(self.engine.execute_batch(restore)).unwrap();
    }

    /// Closes the engine: nothing of it is left in the process.
    pub(in crate::cancellation) fn end(self) {
        let Self { engine, plain, threads, path, .. } = self;
        block_on(engine.close(Duration::from_secs(20))).unwrap();
        drop(plain);

        assert_eq!(engine.status().connections, 0);
        assert_eq!(open_files(&path), 0);
        eventually("no thread is left", || threads.are(0));
    }
}

/// A stream that is read a row at a time between the drops, and goes on as if there were none.
pub(in crate::cancellation) struct Beside {
    rows: AsyncScalars<i64>,
    last: i64,
}

/// The query of such a stream; it has few rows under way, so that it is parked and not read ahead.
const BESIDE_QUERY: &str = "SELECT n FROM beside ORDER BY n";

impl Beside {
    /// Opens the stream and reads a row, so that it is parked amid its rows.
    pub(in crate::cancellation) fn new(db: &impl headwater::Executor) -> Self {
        let query = db.query(sql(BESIDE_QUERY).batch_rows(3)).scalars::<i64>();
        let rows = block_on(std::future::IntoFuture::into_future(query)).unwrap();
        let mut beside = Self { rows, last: 0 };
        beside.read_on();
        beside
    }

    /// Reads one more row, the next.
    pub(in crate::cancellation) fn read_on(&mut self) {
        let next = block_on(self.rows.try_next()).unwrap();
        self.last += 1;
        assert_eq!(next, Some(self.last));
    }

    /// Reads it to its end.
    pub(in crate::cancellation) fn end(self) {
        let rest = block_on(self.rows.all()).unwrap();
        assert_eq!(rest, (self.last + 1..=BESIDE).collect::<Vec<_>>());
    }

    /// Reads a stream whose transaction has ended: the rows that come are the next, and then it says so.
    pub(in crate::cancellation) fn ended(mut self) -> Option<headwater::Error> {
        loop {
            match block_on(self.rows.try_next()) {
                Ok(Some(row)) => {
                    self.last += 1;
                    assert_eq!(row, self.last);
                }
                Ok(None) => return None,
                Err(error) => return Some(error),
            }
        }
    }
}
