//! The span of a statement. Without the feature `tracing` it is nothing, and takes no room.

#[cfg(feature = "tracing")]
use tracing::{Level, Span as Traced, enabled, event};

use super::Notice;

/// What everything that is traced is filtered by.
#[cfg(feature = "tracing")]
pub(crate) const TARGET: &str = "headwater";

/// The span that a job's events belong to, if it has one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Span {
    #[cfg(feature = "tracing")]
    traced: Option<Traced>,
}

#[cfg(feature = "tracing")]
impl Span {
    pub(crate) fn new(traced: Traced) -> Self {
        Self { traced: Some(traced) }
    }
}

impl Span {
    /// Reports whether anybody sees its warnings.
    pub(crate) fn is_heard(&self) -> bool {
        #[cfg(feature = "tracing")]
        return enabled!(target: TARGET, Level::WARN);
        #[cfg(not(feature = "tracing"))]
        false
    }

    /// Warns of something within the span.
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "nobody hears it"))]
    pub(crate) fn warn(&self, notice: &Notice) {
        #[cfg(feature = "tracing")]
        match &self.traced {
            Some(span) => span.in_scope(|| warn(notice)),
            None => warn(notice),
        }
    }
}

/// Makes an event of a notice.
#[cfg(feature = "tracing")]
fn warn(notice: &Notice) {
    let (what, statement, called_at, took) = match notice {
        Notice::SlowStatement { statement, called_at, took } => {
            ("slow statement", statement, called_at, took)
        }
        Notice::Stalled { statement, called_at, waited } => {
            ("the consumer of a statement takes nothing", statement, called_at, waited)
        }
        other => return event!(target: TARGET, Level::WARN, "{other}"),
    };
    event!(
        target: TARGET,
        Level::WARN,
        db.query.text = &**statement,
        code.file.path = called_at.file(),
        code.line.number = called_at.line(),
        elapsed = took.as_secs_f64(),
        "{what}"
    );
}
