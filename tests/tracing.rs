//! What the feature `tracing` tells: a span for each statement, warnings of what is slow, and no value.
//!
//! A binary of its own, because whoever hears of connection threads has to listen in the whole process.
#![cfg(all(feature = "tracing", feature = "sqlite"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at once, and says why"
)]

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::executor::block_on;
use headwater::{AsyncEngine, Clock, Stall, sql};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

type Fields = HashMap<String, String>;

/// A span that has closed, with all its fields and what happened in it.
#[derive(Clone, Debug, Default)]
struct Closed {
    fields: Fields,
    events: Vec<Fields>,
}

/// All that was told in this process.
#[derive(Clone, Default)]
struct Told {
    spans: Arc<Mutex<Vec<Closed>>>,
    loose: Arc<Mutex<Vec<Fields>>>,
}

struct Reader<'a>(&'a mut Fields);

impl Visit for Reader<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let shown = format!("{value:?}");
        self.0.insert(field.name().to_owned(), shown.trim_matches('"').to_owned());
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Told {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut closed = Closed::default();
        attributes.record(&mut Reader(&mut closed.fields));
        context.span(id).unwrap().extensions_mut().insert(closed);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        values.record(&mut Reader(&mut span.extensions_mut().get_mut::<Closed>().unwrap().fields));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::from([("level".to_owned(), event.metadata().level().to_string())]);
        event.record(&mut Reader(&mut fields));
        match context.event_span(event) {
            Some(span) => {
                span.extensions_mut().get_mut::<Closed>().unwrap().events.push(fields);
            }
            None => self.loose.lock().unwrap_or_else(PoisonError::into_inner).push(fields),
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let closed = context.span(&id).unwrap().extensions_mut().remove::<Closed>().unwrap();
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).push(closed);
    }
}

fn told() -> &'static Told {
    static TOLD: OnceLock<Told> = OnceLock::new();
    TOLD.get_or_init(|| {
        let told = Told::default();
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(told.clone()))
            .unwrap();
        told
    })
}

/// The closed spans of a text, once there are so many: a connection lets go of its share a moment after
/// the answer.
fn spans(text: &str, count: usize) -> Vec<Closed> {
    spans_with("db.query.text", text, count)
}

fn spans_with(field: &str, value: &str, count: usize) -> Vec<Closed> {
    let since = std::time::Instant::now();
    loop {
        let spans = told().spans.lock().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<_> = spans
            .iter()
            .filter(|span| span.fields.get(field).is_some_and(|of| of == value))
            .cloned()
            .collect();
        drop(spans);
        if found.len() >= count {
            return found;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{count} spans of {value}: {found:?}");
        std::thread::yield_now();
    }
}

#[track_caller]
fn has(span: &Closed, field: &str, value: &str) {
    assert_eq!(span.fields.get(field).map(String::as_str), Some(value), "{field} of {span:?}");
}

#[test]
fn a_statement_has_one_span_with_the_fields_of_the_conventions() {
    told();
    block_on(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        let (first, last) = (1, 3);

        let text = "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n LIMIT ?2) SELECT i FROM n";
        let line = line!() + 1;
        engine.query(sql(text).bind(first).bind(last)).all().await.unwrap();

        let span = &spans(text, 1)[0];
        has(span, "otel.name", "WITH");
        has(span, "otel.kind", "client");
        has(span, "db.system.name", "sqlite");
        has(span, "db.operation.name", "WITH");
        has(span, "db.response.returned_rows", "3");
        has(span, "batches", "1");
        has(span, "rows_affected", "0");
        has(span, "code.file.path", file!());
        has(span, "code.line.number", &line.to_string());
        let seconds = |field: &str| span.fields[field].parse::<f64>().unwrap();
        assert!(seconds("time_to_first_row") > 0.0);
        assert!(seconds("elapsed") >= seconds("time_to_first_row"));
        for absent in ["error.type", "otel.status_code", "db.response.status_code", "dropped"] {
            assert!(!span.fields.contains_key(absent), "{absent}");
        }
    });
}

#[test]
fn a_stream_counts_its_rows_and_batches_as_they_come() {
    told();
    block_on(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        let text = "SELECT value AS of_a_stream FROM generate_series(1, 10)";
        let text = text.replace("generate_series(1, 10)", "json_each('[1,2,3,4,5,6,7,8,9,10]')");

        let mut whole = engine.query(sql(text.clone()).batch_rows(4)).await.unwrap();
        while whole.try_next().await.unwrap().is_some() {}
        drop(whole);
        let mut part = engine.query(sql(text.clone()).batch_rows(1)).await.unwrap();
        part.try_next().await.unwrap();
        drop(part);

        let found = spans(&text, 2);
        has(&found[0], "db.response.returned_rows", "10");
        assert!(found[0].fields["batches"].parse::<u64>().unwrap() >= 3);
        assert!(!found[0].fields.contains_key("dropped"));
        has(&found[1], "dropped", "true");
    });
}

#[test]
fn an_error_is_recorded_by_its_kind_and_code() {
    told();
    block_on(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        engine.execute("CREATE TABLE t(a UNIQUE)").await.unwrap();
        let text = "INSERT INTO t VALUES ('once')";
        engine.execute(text).await.unwrap();

        engine.execute(text).await.unwrap_err();

        let found = spans(text, 2);
        has(&found[0], "rows_affected", "1");
        has(&found[1], "error.type", "UniqueViolation");
        has(&found[1], "otel.status_code", "ERROR");
        has(&found[1], "db.response.status_code", "2067");
    });
}

#[test]
fn transactions_scripts_and_many_rows_have_spans_of_their_own() {
    told();
    block_on(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        let script = "CREATE TABLE of_a_script(a); INSERT INTO of_a_script VALUES (1)";
        engine.execute_batch(script).await.unwrap();
        let tx = engine.begin().await.unwrap();
        let many = "INSERT INTO of_a_script(a) VALUES (?)";
        tx.execute_many(many, [(2,), (3,)]).await.unwrap();
        tx.commit().await.unwrap();

        has(&spans(script, 1)[0], "db.operation.name", "BATCH");
        has(&spans(many, 1)[0], "rows_affected", "2");
        spans_with("db.operation.name", "BEGIN", 1);
        spans_with("db.operation.name", "COMMIT", 1);
    });
}

#[test]
fn a_slow_statement_is_warned_of_within_its_span() {
    told();
    block_on(async {
        let engine = AsyncEngine::builder("sqlite::memory:")
            .slow_statement(Duration::ZERO)
            .open()
            .await
            .unwrap();
        let text = "SELECT 'slow as it is told to be'";

        engine.query(text).all().await.unwrap();

        let span = &spans(text, 1)[0];
        let [event] = span.events.as_slice() else { panic!("{span:?}") };
        assert_eq!(event["level"], "WARN");
        assert_eq!(event["message"], "slow statement");
        assert_eq!(event["db.query.text"], text);
        assert_eq!(event["code.file.path"], file!());
    });
}

#[test]
fn a_consumer_that_stalls_is_warned_of() {
    told();
    block_on(async {
        let clock = Clock::manual();
        let engine = AsyncEngine::builder("sqlite::memory:")
            .clock(clock.clone())
            .stall(Stall::Park)
            .stall_notice(Duration::from_secs(1))
            .open()
            .await
            .unwrap();
        let text = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, 'stalls' FROM n";

        let mut notices = engine.notices();
        let mut result = engine.query(sql(text).batch_rows(1)).await.unwrap();
        result.try_next().await.unwrap();
        // The wait begins when the connection's thread finds the channel full, which nobody is told of.
        let since = std::time::Instant::now();
        while notices.next().now_or_never().is_none() {
            clock.advance(Duration::from_secs(1));
            std::thread::yield_now();
            assert!(since.elapsed() < Duration::from_secs(20));
        }
        drop(result);

        let span = &spans(text, 1)[0];
        let stalls = |event: &Fields| event["message"].ends_with("takes nothing");
        assert!(span.events.iter().any(stalls), "{span:?}");
    });
}

#[test]
fn no_bound_value_is_told() {
    told();
    block_on(async {
        let engine = AsyncEngine::builder("sqlite::memory:")
            .slow_statement(Duration::ZERO)
            .open()
            .await
            .unwrap();
        engine
            .execute("CREATE TABLE secrets(a UNIQUE, b CHECK (b <> 'hidden-check'))")
            .await
            .unwrap();
        let secret = "hidden-value";
        let insert = "INSERT INTO secrets VALUES (?, ?)";
        engine.execute(sql(insert).bind(secret).bind(1)).await.unwrap();
        engine.execute(sql(insert).bind(secret).bind(1)).await.unwrap_err();
        engine.execute_many(insert, [(secret, 2)]).await.unwrap_err();
        engine.query(sql("SELECT ?").bind(secret)).all().await.unwrap();
        spans(insert, 3);
        spans("SELECT ?", 1);

        let all = told().spans.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let loose = told().loose.lock().unwrap_or_else(PoisonError::into_inner).clone();

        assert!(!format!("{all:?}{loose:?}").contains(secret));
    });
}
