//! How exactly a statement's timeout holds, where SQLite looks at the flag.

use std::time::{Duration, Instant};

use futures::executor::block_on;
use headwater::{AsyncEngine, ErrorKind, sql};

use crate::harness::Settings;

const STATEMENTS: [(&str, &str); 4] = [
    (
        "an endless recursion",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    ),
    ("a join of everything", "SELECT count(*) FROM t a, t b, t c WHERE a.id + b.id = c.id"),
    ("a sort", "SELECT a.id FROM t a, t b ORDER BY a.name || b.name"),
    (
        "a write",
        "UPDATE t SET name = (SELECT count(*) FROM t a, t b, t c WHERE a.id = b.id + c.id)",
    ),
];

pub(crate) fn show(settings: &Settings) {
    if !settings.wants("timeout") {
        return;
    }
    let engine = block_on(filled());
    println!("{:<40} {:>12} {:>12} {:>7}", "timeout of", "limit", "took", "ratio");
    for (name, text) in STATEMENTS {
        for limit in [20, 100, 500].map(Duration::from_millis) {
            let mut took: Vec<_> = (0..7).map(|_| block_on(time(&engine, text, limit))).collect();
            took.sort();
            let median = took[took.len() / 2];
            let ratio = median.as_secs_f64() / limit.as_secs_f64();
            println!("{name:<40} {limit:>12.1?} {median:>12.1?} {ratio:>7.3}");
        }
    }
}

async fn filled() -> AsyncEngine {
    let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
    engine.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
    let rows = (0..5_000).map(|id| (id, format!("name number {}", id * 7_919 % 5_000)));
    engine.insert_stream("t", ["id", "name"], rows).await.unwrap();
    engine
}

async fn time(engine: &AsyncEngine, text: &'static str, limit: Duration) -> Duration {
    let since = Instant::now();
    let error = engine.query(sql(text).timeout(limit)).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    since.elapsed()
}
