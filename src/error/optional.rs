//! `optional`: a missing row as an answer and no error.

use super::Result;

/// Turns the error of a missing row into `None`.
pub trait OptionalRow<T>: sealed::Sealed {
    /// Gives `Ok(None)` for [`ErrorKind::NoRows`](crate::ErrorKind::NoRows) and leaves everything else as it is.
    ///
    /// # Errors
    ///
    /// Every error but [`ErrorKind::NoRows`](crate::ErrorKind::NoRows).
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use headwater::{AsyncEngine, OptionalRow};
    ///
    /// let engine = AsyncEngine::open("sqlite::memory:").await?;
    /// let found: Option<i64> = engine.query("SELECT 1 WHERE false").scalar_one().await.optional()?;
    /// assert_eq!(found, None);
    /// # Ok::<(), headwater::Error>(()) }).unwrap();
    /// ```
    fn optional(self) -> Result<Option<T>>;
}

impl<T> OptionalRow<T> for Result<T> {
    fn optional(self) -> Result<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_no_rows() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "it seals a trait")]
    pub trait Sealed {}
    impl<T> Sealed for super::Result<T> {}
}
