//! One row of parameters, for statements that run once for each of many rows.

use crate::error::{Error, Result};
use crate::value::{ToValue, Value};

/// The values for all positional placeholders of a statement: a tuple of up to 16, an array, a slice
/// or a `Vec`, or a `Result` of one of them where the source of the rows can fail.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use headwater::AsyncEngine;
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// engine.execute("CREATE TABLE t(a, b)").await?;
/// let rows = [(1, "one"), (2, "two")];
/// let done = engine.execute_many("INSERT INTO t(a, b) VALUES (?, ?)", rows).await?;
/// assert_eq!(done.rows_affected(), 2);
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row of parameters",
    note = "a row is a tuple of up to 16 values, an array, a slice or a `Vec` of values, or a `Result` of one of them"
)]
pub trait Params {
    /// Turns the row into values, in the order of the placeholders.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Bind`](crate::ErrorKind::Bind) when the database cannot hold a value, and
    /// whatever error the source of the rows gave instead of a row.
    fn into_params(self) -> Result<Vec<Value>>;
}

impl<P: Params, E: Into<Error>> Params for std::result::Result<P, E> {
    fn into_params(self) -> Result<Vec<Value>> {
        self.map_err(Into::into)?.into_params()
    }
}

impl<T: ToValue> Params for Vec<T> {
    fn into_params(self) -> Result<Vec<Value>> {
        self.into_iter().map(T::into_value).collect()
    }
}

impl<T: ToValue> Params for &[T] {
    fn into_params(self) -> Result<Vec<Value>> {
        self.iter().map(T::to_value).collect()
    }
}

impl<T: ToValue, const N: usize> Params for [T; N] {
    fn into_params(self) -> Result<Vec<Value>> {
        self.into_iter().map(T::into_value).collect()
    }
}

impl Params for () {
    fn into_params(self) -> Result<Vec<Value>> {
        Ok(Vec::new())
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: ToValue),+> Params for ($($name,)+) {
            #[allow(non_snake_case, reason = "the names of the type parameters serve for the fields")]
            fn into_params(self) -> Result<Vec<Value>> {
                let ($($name,)+) = self;
                Ok(vec![$($name.into_value()?),+])
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);
tuples!(A B C D E F G H I J K L M);
tuples!(A B C D E F G H I J K L M N);
tuples!(A B C D E F G H I J K L M N O);
tuples!(A B C D E F G H I J K L M N O P);
