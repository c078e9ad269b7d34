//! `Companion`: what a query hands to the types that its rows are read as.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Something that the rows of a result are read with: for tracked entities, their session.
#[derive(Clone, Default)]
pub(crate) struct Companion(Option<Arc<dyn Any + Send + Sync>>);

impl Companion {
    /// No context; what most results are read with.
    pub(super) const NONE: Self = Self(None);

    #[cfg(all(feature = "orm", feature = "sqlite"))]
    pub(crate) fn new<T: Send + Sync + 'static>(what: Arc<T>) -> Self {
        Self(Some(what))
    }

    /// Returns what is there, if it is a `T`.
    #[cfg(all(feature = "orm", feature = "sqlite"))]
    pub(crate) fn get<T: 'static>(&self) -> Option<&T> {
        self.0.as_deref()?.downcast_ref()
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }
}

impl PartialEq for Companion {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(this), Some(other)) => Arc::ptr_eq(this, other),
            _ => false,
        }
    }
}

impl Eq for Companion {}

impl fmt::Debug for Companion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Companion" } else { "no Companion" })
    }
}
