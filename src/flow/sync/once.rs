//! A cell that is written once, for model checkers: they bring none of their own.

use super::backend::atomic::{AtomicBool, Ordering};

/// What the standard's promises: whoever finds a value there sees what happened before it was set, and
/// whoever looks may still find none although it has been set. The flag makes a checker see both.
#[derive(Debug)]
pub(crate) struct OnceLock<T> {
    set: AtomicBool,
    value: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        Self { set: AtomicBool::new(false), value: std::sync::OnceLock::new() }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        if self.set.load(Ordering::Acquire) { self.value.get() } else { None }
    }

    /// Sets the value if there is none; `make` must not wait for anybody.
    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        if let Some(value) = self.get() {
            return value;
        }
        let value = self.value.get_or_init(make);
        self.set.swap(true, Ordering::AcqRel);
        value
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self::new()
    }
}
