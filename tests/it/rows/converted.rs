//! Fields that are read through another type: `try_from`, `json` and `Cow`.

use std::borrow::Cow;
use std::error::Error as _;
use std::num::{NonZeroU8, TryFromIntError};

use headwater::{ErrorKind, FromRow};

use super::row;
use crate::support::run;

#[derive(Debug, PartialEq)]
struct Email(String);

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.contains('@') { Ok(Self(text)) } else { Err("there is no @ in it".to_owned()) }
    }
}

#[derive(Debug, PartialEq)]
struct Length(usize);

impl From<&str> for Length {
    fn from(text: &str) -> Self {
        Self(text.len())
    }
}

#[derive(Debug, PartialEq, FromRow)]
struct Contact {
    #[from_row(try_from = "String")]
    email: Email,
    #[from_row(try_from = "String", default)]
    second: Option<Email>,
    #[from_row(try_from = "&str", rename = "email")]
    length: Length,
    #[from_row(try_from = "Option<i64>")]
    level: Level,
}

#[derive(Debug, PartialEq)]
struct Level(i64);

impl From<Option<i64>> for Level {
    fn from(level: Option<i64>) -> Self {
        Self(level.unwrap_or(-1))
    }
}

#[test]
fn a_field_is_converted_from_the_type_that_is_read() {
    run(async {
        let contact: Contact =
            row("SELECT 'a@b' AS email, 'c@d' AS second, 3 AS level").await.decode().unwrap();

        let (email, second) = (Email("a@b".to_owned()), Some(Email("c@d".to_owned())));
        assert_eq!(contact, Contact { email, second, length: Length(3), level: Level(3) });
    });
}

#[test]
fn a_null_is_none_for_an_option_that_is_converted() {
    run(async {
        let null = row("SELECT 'a@b' AS email, NULL AS second, NULL AS level").await;
        let missing = row("SELECT 'a@b' AS email, NULL AS level").await;

        for row in [null, missing] {
            let contact: Contact = row.decode().unwrap();
            assert_eq!((contact.second, contact.level), (None, Level(-1)));
        }
    });
}

#[test]
fn a_conversion_that_fails_names_the_place_both_types_and_the_cause() {
    run(async {
        let row = row("SELECT 'a@b' AS email, 'secret' AS second, 1 AS level").await;

        let error = row.decode::<Contact>().unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(
            error.to_string(),
            "row 0, column 1 (`second`): TEXT, read as String, does not become Email: there is no @ in it"
        );
    });
}

#[test]
fn the_cause_of_a_failed_conversion_is_given_back() {
    #[derive(Debug, FromRow)]
    struct Small(#[from_row(try_from = "u8")] NonZeroU8);
    run(async {
        let small: Small = row("SELECT 9").await.decode().unwrap();
        let error = row("SELECT 0").await.decode::<Small>().unwrap_err();
        let larger = row("SELECT 900").await.decode::<Small>().unwrap_err();

        assert_eq!(small.0.get(), 9);
        assert!(error.downcast_ref::<TryFromIntError>().is_some());
        assert!(error.source().is_none(), "the message has it already");
        assert_eq!(
            larger.to_string(),
            "row 0, column 0 (`900`): INTEGER does not fit u8: it is outside 0 to 255"
        );
    });
}

#[test]
fn a_null_that_no_conversion_takes_is_told_as_any_other() {
    run(async {
        let row = row("SELECT NULL AS email, 1 AS level").await;

        let error = row.decode::<Contact>().unwrap_err();

        let told = error.to_string();
        assert!(told.contains("NULL cannot be read as String; read it as an Option"), "{told}");
    });
}

#[test]
fn a_cow_is_read_as_an_owned_one() {
    #[derive(Debug, FromRow)]
    struct Texts<'a> {
        name: Cow<'static, str>,
        data: Cow<'a, [u8]>,
        note: Option<Cow<'a, str>>,
        none: Option<Cow<'static, [u8]>>,
        #[from_row(skip)]
        seen: Option<&'a str>,
    }
    run(async {
        let row = row("SELECT 'Ada' AS name, x'01' AS data, 'n' AS note, NULL AS none").await;

        let texts: Texts<'static> = row.decode().unwrap();
        drop(row);

        assert!(matches!(&texts.name, Cow::Owned(name) if name == "Ada"));
        assert_eq!(texts.data, &[1][..]);
        assert_eq!(texts.note.as_deref(), Some("n"));
        assert_eq!((texts.none, texts.seen), (None, None));
    });
}

#[cfg(feature = "json")]
mod json {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Settings {
        theme: String,
        sizes: Vec<u8>,
    }

    #[derive(Debug, PartialEq, FromRow)]
    struct Account {
        #[from_row(json)]
        settings: Settings,
        #[from_row(json)]
        other: Option<BTreeMap<String, i64>>,
        #[from_row(json, default)]
        tags: Vec<String>,
    }

    const SETTINGS: &str = r#"{"theme": "dark", "sizes": [1, 2]}"#;

    async fn account(settings: &str, other: Option<&str>) -> headwater::Result<Account> {
        let text = headwater::sql("SELECT ? AS settings, ? AS other").bind(settings).bind(other);
        super::super::memory().await.query(text).scalars().one().await
    }

    #[test]
    fn a_text_is_read_as_json() {
        run(async {
            let account = account(SETTINGS, Some(r#"{"a": 1}"#)).await.unwrap();

            let settings = Settings { theme: "dark".to_owned(), sizes: vec![1, 2] };
            let other = Some(BTreeMap::from([("a".to_owned(), 1)]));
            assert_eq!(account, Account { settings, other, tags: Vec::new() });
        });
    }

    #[test]
    fn an_option_is_none_for_null_and_for_a_json_null() {
        run(async {
            for other in [None, Some("null")] {
                assert_eq!(account(SETTINGS, other).await.unwrap().other, None);
            }
        });
    }

    #[test]
    fn what_is_not_json_is_told_by_its_place_and_without_the_value() {
        run(async {
            let broken = account(r#"{"theme": secret}"#, None).await.unwrap_err();
            let another =
                account(r#"{"theme": "dark", "sizes": "secret"}"#, None).await.unwrap_err();

            for error in [&broken, &another] {
                assert_eq!(error.kind(), ErrorKind::Decode);
                assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
            }
            assert_eq!(
                broken.to_string(),
                "row 0, column 0 (`settings`): TEXT does not fit Json<Settings>: the text is not JSON, at line 1, column 11"
            );
            assert_eq!(
                another.to_string(),
                "row 0, column 0 (`settings`): TEXT does not fit Json<Settings>: the JSON is of another type, expected a sequence, at line 1, column 35"
            );
        });
    }

    #[test]
    fn a_blob_is_not_read_as_json() {
        run(async {
            let error = row("SELECT x'7b7d' AS settings, NULL AS other").await.decode::<Account>();

            let told = error.unwrap_err().to_string();
            assert!(told.contains("BLOB does not fit Json<Settings>"), "{told}");
        });
    }
}
