//! What is told of a statement to who traces: one span from its start to its end, with the fields of
//! OpenTelemetry's conventions for database clients, and what a stream has beside them.

use std::task::{Context, Poll, ready};

use crate::driver::{Answer, Outcome};
use crate::flow::Received;
use crate::row::RowBatch;

/// An answer that is watched as it is received.
#[derive(Debug)]
pub(super) struct Watched {
    answer: Answer,
    #[cfg(feature = "tracing")]
    trace: Option<Box<traced::Trace>>,
}

impl Watched {
    #[cfg(not(feature = "tracing"))]
    pub(super) fn new(answer: Answer) -> Self {
        Self { answer }
    }

    #[cfg(feature = "tracing")]
    pub(super) fn new(answer: Answer, trace: Option<Box<traced::Trace>>) -> Self {
        Self { answer, trace }
    }

    /// Waits for the next batch or the end; after the end it must not be asked again.
    pub(super) fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Received<RowBatch, Outcome>> {
        let received = ready!(self.answer.poll_receive(context));
        #[cfg(feature = "tracing")]
        if let Some(trace) = &mut self.trace {
            trace.note(&received);
        }
        Poll::Ready(received)
    }
}

#[cfg(feature = "tracing")]
pub(super) use traced::begin;

#[cfg(feature = "tracing")]
mod traced {
    use std::time::{Duration, Instant};

    use tracing::debug_span;
    use tracing::field::Empty;
    use tracing::level_filters::LevelFilter;

    use crate::clock::Clock;
    use crate::driver::{Job, Outcome, Request, Span, TARGET};
    use crate::flow::Received;
    use crate::row::RowBatch;
    use crate::statement::{Kind, Tokens};

    /// A statement's span, and what is counted for it.
    #[derive(Debug)]
    pub(in crate::result) struct Trace {
        span: tracing::Span,
        clock: Clock,
        since: Instant,
        first_row: Option<Duration>,
        rows: usize,
        batches: u64,
        ended: bool,
    }

    /// Begins the span of a job, if it is one for which there is a span and anybody sees it.
    pub(in crate::result) fn begin(job: &mut Job, clock: &Clock) -> Option<Box<Trace>> {
        // Where nobody listens at all, not even its first word is looked for.
        if LevelFilter::current() < LevelFilter::DEBUG {
            return None;
        }
        let (operation, text) = shown(&job.request)?;
        let span = debug_span!(
            target: TARGET,
            "statement",
            otel.name = operation,
            otel.kind = "client",
            otel.status_code = Empty,
            db.system.name = "sqlite",
            db.operation.name = operation,
            db.query.text = text,
            db.response.returned_rows = Empty,
            db.response.status_code = Empty,
            error.type = Empty,
            code.file.path = job.origin.site.file(),
            code.line.number = job.origin.site.line(),
            rows_affected = Empty,
            batches = Empty,
            time_to_first_row = Empty,
            elapsed = Empty,
            dropped = Empty,
        );
        if span.is_disabled() {
            return None;
        }
        job.span = Span::new(span.clone());
        Some(Box::new(Trace {
            span,
            clock: clock.clone(),
            since: clock.now(),
            first_row: None,
            rows: 0,
            batches: 0,
            ended: false,
        }))
    }

    /// What a request does, in one word, and its text.
    fn shown(request: &Request) -> Option<(&'static str, Option<&str>)> {
        use crate::driver::Begin;
        Some(match request {
            Request::Query(query) => {
                (operation(query.statement.text()), Some(query.statement.text()))
            }
            Request::Many { statement, .. } => {
                (operation(statement.text()), Some(statement.text()))
            }
            Request::Script(text) => ("BATCH", Some(text)),
            Request::Unit(_) => ("FLUSH", None),
            Request::Lease(Begin::Write(_) | Begin::Snapshot(_)) | Request::Begin(_) => {
                ("BEGIN", None)
            }
            Request::Savepoint(_) => ("SAVEPOINT", None),
            Request::Commit(scope) if scope.savepoint != 0 => ("RELEASE", None),
            Request::Commit(_) => ("COMMIT", None),
            Request::Rollback(_) => ("ROLLBACK", None),
            Request::Lease(Begin::Plain)
            | Request::Describe(_)
            | Request::Native(_)
            | Request::Taken => return None,
        })
    }

    /// The first word of a text, if it is one of SQL's: a span's name has few values.
    fn operation(text: &str) -> &'static str {
        const KNOWN: [&str; 23] = [
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "WITH",
            "REPLACE",
            "VALUES",
            "CREATE",
            "DROP",
            "ALTER",
            "PRAGMA",
            "EXPLAIN",
            "ANALYZE",
            "ATTACH",
            "BEGIN",
            "COMMIT",
            "DETACH",
            "END",
            "REINDEX",
            "RELEASE",
            "ROLLBACK",
            "SAVEPOINT",
            "VACUUM",
        ];
        let mut tokens = Tokens::new(text);
        let first = tokens.find(|token| token.kind == Kind::Word).map_or("", |word| word.text);
        let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(first));
        known.copied().unwrap_or("OTHER")
    }

    impl Trace {
        pub(super) fn note(&mut self, received: &Received<RowBatch, Outcome>) {
            match received {
                // The first one of a stream tells the columns only.
                Received::Item(batch) if batch.len() == 0 => {}
                Received::Item(batch) => {
                    self.batches += 1;
                    self.rows += batch.len();
                    if self.first_row.is_none() {
                        self.first_row = Some(self.elapsed());
                    }
                }
                Received::End(Ok(outcome)) => {
                    self.span.record("rows_affected", outcome.done.rows_affected());
                    self.ended = true;
                }
                Received::End(Err(error)) => {
                    self.span.record("error.type", format!("{:?}", error.kind()));
                    self.span.record("otel.status_code", "ERROR");
                    if let Some(code) = error.sqlite_code() {
                        self.span.record("db.response.status_code", code.to_string());
                    }
                    self.ended = true;
                }
            }
        }

        fn elapsed(&self) -> Duration {
            self.clock.now().saturating_duration_since(self.since)
        }
    }

    impl Drop for Trace {
        fn drop(&mut self) {
            self.span.record("db.response.returned_rows", self.rows);
            self.span.record("batches", self.batches);
            self.span.record("elapsed", self.elapsed().as_secs_f64());
            if let Some(first_row) = self.first_row {
                self.span.record("time_to_first_row", first_row.as_secs_f64());
            }
            if !self.ended {
                self.span.record("dropped", true);
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn an_operation_is_the_first_word_behind_remarks() {
            assert_eq!(operation(" -- insert\n/* update */ select 1"), "SELECT");
            assert_eq!(operation("; WITH a AS (SELECT 1) SELECT 1"), "WITH");
            assert_eq!(operation("SELEC 1"), "OTHER");
            assert_eq!(operation("/* SELECT"), "OTHER");
            assert_eq!(operation(""), "OTHER");
        }
    }
}
