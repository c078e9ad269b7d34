//! JSON: values of `serde_json`, and `Json<T>` for everything that `serde` can write and read.

use std::ops::{Deref, DerefMut};

use serde::de::{DeserializeOwned, Deserializer};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use serde_json::error::Category;

use super::finite::is_finite;
use super::{FromValue, Mismatch, ToValue, Value, ValueRef, from::invalid_text};
use crate::error::{Error, ErrorKind, Result};

/// A value that is stored as JSON text: anything that `serde` can write and read.
///
/// It derefs to what it holds, and is written and read by `serde` as that alone. `Json(None)` is the JSON
/// text `null`; `None::<Json<T>>` is SQL's NULL.
///
/// An INTEGER and a REAL are read as JSON numbers, as SQLite's own JSON functions take them, because that is
/// what a column declared `JSON` makes of a text that is a number. Declare the column as TEXT: then what
/// is stored is what was written. SQLite's JSONB is a blob and no JSON text; select `json(x)` to read it.
/// A float that is not finite has no JSON, so it is refused wherever in the value it stands.
///
/// # Errors
///
/// [`ErrorKind::Bind`] when `serde_json` cannot write the value, for example a map with keys that are no
/// texts, and for a NaN or an infinity in it. [`ErrorKind::Decode`] with the line and the column for a text that is not JSON, or not of a `T`.
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// use std::collections::BTreeMap;
///
/// use headwater::{AsyncEngine, Json, sql};
///
/// let engine = AsyncEngine::open("sqlite::memory:").await?;
/// engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, settings TEXT)").await?;
/// let settings = Json(BTreeMap::from([("theme", "dark")]));
/// engine.execute(sql!("INSERT INTO users(settings) VALUES ({settings})")).await?;
///
/// let text = "SELECT settings FROM users WHERE settings ->> 'theme' = 'dark'";
/// let read: Json<BTreeMap<String, String>> = engine.query(text).scalar_one().await?;
/// assert_eq!(read["theme"], "dark");
/// # Ok::<(), headwater::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Json<T: ?Sized>(pub T);

impl<T: ?Sized> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Serialize + ?Sized> Serialize for Json<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Json<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> ToValue for Json<T> {
    fn to_value(&self) -> Result<Value> {
        write(&self.0)
    }
}

impl<T: DeserializeOwned> FromValue<'_> for Json<T> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        read(value).map(Self)
    }
}

#[diagnostic::do_not_recommend]
impl ToValue for serde_json::Value {
    fn to_value(&self) -> Result<Value> {
        write(self)
    }
}

impl FromValue<'_> for serde_json::Value {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        read(value)
    }
}

fn write<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    // The message of `serde_json` may show the value, so it is not repeated.
    let text = serde_json::to_string(value)
        .map_err(|_| Error::new(ErrorKind::Bind, "the value cannot be written as JSON"))?;
    // `null` is what `serde_json` writes for a float that JSON does not have.
    if text.contains("null") && !is_finite(value) {
        return Err(Error::new(
            ErrorKind::Bind,
            "the value has a NaN or an infinity in it, which JSON does not have",
        ));
    }
    Ok(Value::Text(text))
}

fn read<T: DeserializeOwned>(value: ValueRef<'_>) -> Result<T, Mismatch> {
    match value {
        ValueRef::Text(text) => serde_json::from_str(text).map_err(|error| misfit(&error)),
        ValueRef::InvalidText(bytes) => Err(invalid_text(bytes)),
        ValueRef::Integer(number) => read_number(number.into()),
        ValueRef::Real(number) => match Number::from_f64(number) {
            Some(number) => read_number(number),
            None => Err(Mismatch::because("JSON has no number that is not finite")),
        },
        ValueRef::Blob(_) => Err(Mismatch::because(
            "JSON is stored as text; if the blob is SQLite's JSONB, select `json(…)` of it",
        )),
        ValueRef::Null => Err(Mismatch::of_type()),
    }
}

fn read_number<T: DeserializeOwned>(number: Number) -> Result<T, Mismatch> {
    serde_json::from_value(number.into()).map_err(|error| misfit(&error))
}

/// Tells where the text does not fit and what was expected there, but nothing of what it holds.
#[cold]
fn misfit(error: &serde_json::Error) -> Mismatch {
    let told = error.to_string();
    let what = match error.classify() {
        Category::Eof => "the JSON ends too early".to_owned(),
        Category::Data => {
            match (told.starts_with("missing field "), told.rsplit_once(", expected ")) {
                (true, _) => format!("the JSON has a {}", place_removed(&told)),
                (false, Some((_, expected))) => {
                    format!("the JSON is of another type, expected {}", place_removed(expected))
                }
                (false, None) => "the JSON is not what the type accepts".to_owned(),
            }
        }
        Category::Syntax if told.starts_with("recursion limit") => {
            "the JSON is nested too deeply to be read".to_owned()
        }
        Category::Syntax | Category::Io => "the text is not JSON".to_owned(),
    };
    // A number that stands in a column as such has no lines.
    Mismatch::because(match error.line() {
        0 => what,
        line => format!("{what}, at line {line}, column {}", error.column()),
    })
}

fn place_removed(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why<T: DeserializeOwned>(text: &str) -> String {
        read::<T>(ValueRef::Text(text)).err().and_then(|misfit| misfit.why).unwrap().into_owned()
    }

    #[test]
    fn an_error_tells_the_place_and_nothing_of_the_text() {
        assert_eq!(
            why::<serde_json::Value>("{\n  secret"),
            "the text is not JSON, at line 2, column 3"
        );
        assert_eq!(
            why::<i64>("{}"),
            "the JSON is of another type, expected i64, at line 1, column 0"
        );
        assert_eq!(why::<Vec<i64>>("[1, 2"), "the JSON ends too early, at line 1, column 5");
        assert_eq!(
            why::<Vec<u8>>(r#"[1, "secret, expected at line 7"]"#),
            "the JSON is of another type, expected u8, at line 1, column 32"
        );
        assert_eq!(why::<Vec<bool>>("[true] secret"), "the text is not JSON, at line 1, column 8");
    }

    #[test]
    fn null_of_json_and_null_of_sql_are_two_things() {
        assert_eq!(Json(None::<i64>).to_value().unwrap(), Value::Text("null".to_owned()));
        assert_eq!(None::<Json<i64>>.to_value().unwrap(), Value::Null);
        assert_eq!(Json::from_value(ValueRef::Text("null")), Ok(Json(None::<i64>)));
        assert_eq!(Json::<Option<i64>>::from_value(ValueRef::Null), Err(Mismatch::of_type()));
    }
}
