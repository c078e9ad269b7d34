//! `#[derive(Value)]` on structs: newtypes, which are stored as what they hold, and validated types.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use headwater::{ErrorKind, FromRow, FromValue, Params, ToValue, Value, ValueRef, sql};

use super::{memory, row};
use crate::support::run;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Value)]
struct UserId(i64);

#[derive(Clone, Debug, PartialEq, Value)]
struct Name {
    text: String,
}

/// An id that knows whose it is.
#[derive(Debug, PartialEq, Value)]
struct Id<T>(u32, PhantomData<T>);

#[derive(Debug, PartialEq, Value)]
struct Wrapped<T>(T)
where
    T: Clone;

#[derive(Debug, PartialEq, Value)]
struct Hash<const N: usize>([u8; N]);

#[test]
fn a_newtype_is_stored_as_what_it_holds() {
    let name = || Name { text: "Ada".to_owned() };

    assert_eq!(UserId(7).to_value().unwrap(), Value::Integer(7));
    assert_eq!(name().to_value().unwrap(), Value::Text("Ada".to_owned()));
    assert_eq!(name().into_value().unwrap(), Value::Text("Ada".to_owned()));
    assert_eq!(Hash([1, 2]).into_value().unwrap(), Value::Blob(vec![1, 2]));
    assert_eq!(Wrapped(Some(0.5)).to_value().unwrap(), Value::Real(0.5));
    assert_eq!(Some(UserId(7)).to_value().unwrap(), Value::Integer(7));
    assert_eq!(None::<UserId>.to_value().unwrap(), Value::Null);
}

#[test]
fn an_owned_text_is_bound_without_a_copy() {
    let text = "x".repeat(100);
    let place = text.as_ptr();

    let Value::Text(bound) = (Name { text }).into_value().unwrap() else { panic!() };

    assert_eq!(bound.as_ptr(), place);
}

#[test]
fn scalars_of_a_newtype_are_read_from_the_first_column() {
    run(async {
        let engine = memory().await;
        let text = "SELECT value, 'other' FROM json_each('[1, 2]')";

        let ids: Vec<UserId> = engine.query(text).scalars().all().await.unwrap();
        let typed: Id<Name> = engine.query("SELECT 4").scalar_one().await.unwrap();
        let name = engine.query("SELECT 'Ada'").scalars::<Name>().one().await.unwrap();
        let hash = engine.query("SELECT x'0102'").scalars::<Hash<2>>().one().await.unwrap();
        let none = engine.query("SELECT NULL").scalars::<Option<UserId>>().one().await.unwrap();

        assert_eq!(ids, [UserId(1), UserId(2)]);
        assert_eq!(typed, Id(4, PhantomData));
        assert_eq!((name.text.as_str(), hash, none), ("Ada", Hash([1, 2]), None));
    });
}

#[test]
fn a_newtype_is_bound_and_read_wherever_a_primitive_is() {
    #[derive(Debug, PartialEq, FromRow)]
    struct User {
        id: UserId,
        name: Option<Wrapped<String>>,
    }
    run(async {
        let engine = memory().await;
        engine.execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
        let (id, name) = (UserId(1), Name { text: "Ada".to_owned() });
        engine.execute(sql!("INSERT INTO users VALUES ({id}, {name})")).await.unwrap();
        let insert = sql("INSERT INTO users VALUES (?, ?)");
        engine.execute(insert.bind(UserId(2)).bind(None::<Name>)).await.unwrap();
        let rows = [(UserId(3), Name { text: "Alan".to_owned() })];
        engine.execute_many("INSERT INTO users VALUES (?, ?)", rows).await.unwrap();

        let wanted = BTreeSet::from([UserId(1), UserId(2), UserId(5)]);
        let query = sql!("SELECT id, name FROM users WHERE id IN ({wanted..})");
        let users: Vec<User> = engine.query(query).scalars().all().await.unwrap();
        let pairs: Vec<(UserId, Option<Name>)> =
            engine.query("SELECT id, name FROM users WHERE id > 1").scalars().all().await.unwrap();

        let ada = User { id, name: Some(Wrapped("Ada".to_owned())) };
        assert_eq!(users, [ada, User { id: UserId(2), name: None }]);
        let alan = (UserId(3), Some(Name { text: "Alan".to_owned() }));
        assert_eq!(pairs, [(UserId(2), None), alan]);
        assert_eq!((UserId(4),).into_params().unwrap(), [Value::Integer(4)]);
    });
}

#[test]
fn a_newtype_refuses_what_its_field_does() {
    #[derive(Debug, Value)]
    struct Small(u8);
    run(async {
        let row = row("SELECT 900 AS small, 'x' AS text").await;

        let large = row.get::<Small>("small").unwrap_err();
        let text = row.get::<Small>("text").unwrap_err();
        let first = row.decode::<Small>().unwrap_err();

        assert_eq!(
            large.to_string(),
            "row 0, column 0 (`small`): INTEGER does not fit Small: it is outside 0 to 255"
        );
        assert_eq!(text.to_string(), "row 0, column 1 (`text`): TEXT cannot be read as Small");
        assert_eq!(first.kind(), ErrorKind::Decode);
        assert_eq!(first.to_string(), large.to_string());
        assert!(Wrapped(f64::NAN).to_value().is_err());
    });
}

#[test]
fn a_newtype_that_borrows_is_read_from_a_row_that_is_there() {
    #[derive(Debug, PartialEq, Value)]
    struct Borrowed<'a>(&'a str);
    #[derive(Debug, PartialEq, Value)]
    struct Text<'a> {
        text: Cow<'a, str>,
    }
    run(async {
        let row = row("SELECT 'Ada' AS name").await;

        let borrowed: Borrowed<'_> = row.get("name").unwrap();
        let text: Text<'_> = row.get("name").unwrap();

        assert_eq!(borrowed, Borrowed("Ada"));
        assert!(matches!(text.text, Cow::Borrowed("Ada")));
        assert_eq!(borrowed.to_value().unwrap(), text.to_value().unwrap());
    });
}

// Types that are read through another one -----------------------------------------------------------

/// It is stored as its field is, and read through a check.
#[derive(Debug, PartialEq, Value)]
#[value(try_from = "String")]
struct Email(String);

#[derive(Debug, PartialEq)]
struct NoEmail;

impl fmt::Display for NoEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no @ in it")
    }
}

impl TryFrom<String> for Email {
    type Error = NoEmail;

    fn try_from(text: String) -> Result<Self, NoEmail> {
        if text.contains('@') { Ok(Self(text)) } else { Err(NoEmail) }
    }
}

/// Two fields in one column.
#[derive(Clone, Copy, Debug, PartialEq, Value)]
#[value(try_from = "&str", into = "String")]
struct Release {
    major: u16,
    minor: u16,
}

impl TryFrom<&str> for Release {
    type Error = Box<dyn std::error::Error>;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let (major, minor) = text.split_once('.').ok_or("there is no dot in it")?;
        Ok(Self { major: major.parse()?, minor: minor.parse()? })
    }
}

impl From<Release> for String {
    fn from(Release { major, minor }: Release) -> Self {
        format!("{major}.{minor}")
    }
}

/// Variants with data in one column.
#[derive(Clone, Debug, PartialEq, Value)]
#[value(try_from = "i64", into = "i64")]
enum Level {
    Off,
    Set(u8),
}

impl TryFrom<i64> for Level {
    type Error = std::num::TryFromIntError;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        Ok(if number < 0 { Self::Off } else { Self::Set(number.try_into()?) })
    }
}

impl From<Level> for i64 {
    fn from(level: Level) -> Self {
        match level {
            Level::Off => -1,
            Level::Set(level) => level.into(),
        }
    }
}

#[test]
fn a_validated_type_is_stored_and_read_through_another() {
    run(async {
        let engine = memory().await;
        let (email, release) = (Email("a@b".to_owned()), Release { major: 1, minor: 20 });
        for level in [Level::Off, Level::Set(3)] {
            let query = sql!("SELECT {email} AS email, {release} AS release, {level} AS level");

            let row = engine.query(query).one().await.unwrap();

            let read: (Email, Release, Level) = row.decode().unwrap();
            assert_eq!(read, (Email("a@b".to_owned()), release, level));
            assert_eq!(row.value(1).unwrap(), ValueRef::Text("1.20"));
        }
        let read: Release = engine.query("SELECT '2.0'").scalar_one().await.unwrap();
        assert_eq!(read, Release { major: 2, minor: 0 });
    });
}

#[test]
fn what_a_validated_type_refuses_is_told_with_its_reason() {
    run(async {
        let row = row("SELECT 'secret' AS email, '1.x' AS release, 900 AS level").await;

        let email = row.get::<Email>("email").unwrap_err();
        let release = row.get::<Option<Release>>("release").unwrap_err();
        let level = row.get::<Level>("level").unwrap_err();
        let other = row.get::<Level>("email").unwrap_err();

        assert_eq!(
            email.to_string(),
            "row 0, column 0 (`email`): TEXT does not fit Email: there is no @ in it"
        );
        assert!(release.to_string().contains("Option<Release>: invalid digit"), "{release}");
        assert!(level.to_string().contains("does not fit Level: out of range"), "{level}");
        assert_eq!(other.to_string(), "row 0, column 0 (`email`): TEXT cannot be read as Level");
        assert!(Email::from_value(ValueRef::Null).is_err());
    });
}
