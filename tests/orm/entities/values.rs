//! The way from fields to values, and back from what the database gave.

use headwater::{AsyncEngine, Entity, Error, ErrorKind, Result, ToValue, Value, ValueRef};

use super::{Kind, Profile, Role, User, ada};
use crate::support::run;

#[test]
fn the_values_are_those_of_the_columns_in_their_order() {
    let mut values = Vec::new();

    ada().values(&mut values).unwrap();

    let text = |text: &str| Value::Text(text.to_owned());
    let (null, number) = (Value::Null, Value::Integer);
    let expected = [
        number(0),
        text("Ada"),
        text("ada@example.org"),
        null.clone(),
        text("chief_editor"),
        number(1),
        null.clone(),
        text(""),
        null,
    ];
    assert_eq!(values, expected);
    let one_by_one: Vec<Value> = (0..9).map(|column| ada().value(column).unwrap()).collect();
    assert_eq!(one_by_one, expected);
}

#[test]
fn there_is_no_value_beyond_the_last_column() {
    let error = ada().value(9).unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Bind);
    assert_eq!(error.to_string(), "`User` has no column 9");
}

#[test]
fn a_value_that_no_column_holds_is_refused() {
    let nowhere = Profile { user_id: 1, home_page: String::new(), last_seen: f64::NAN };

    assert_eq!(nowhere.values(&mut Vec::new()).unwrap_err().kind(), ErrorKind::Bind);
}

#[test]
fn what_the_database_fills_by_itself_is_left_to_it() {
    let mut ada = ada();
    let left = |ada: &User| (0..10).filter(|column| ada.is_left(*column)).collect::<Vec<_>>();

    assert_eq!(left(&ada), [0, 6, 7]);
    ada.id = -1;
    ada.made_at = Some("now".to_owned());
    assert_eq!(left(&ada), [7]);
}

#[test]
fn what_the_database_gave_is_put_into_the_field() {
    let mut ada = ada();

    ada.set(User::ID.position(), ValueRef::Integer(7)).unwrap();
    ada.set(User::LOUD.position(), ValueRef::Text("ADA")).unwrap();
    ada.set(User::AGE.position(), ValueRef::Null).unwrap();
    ada.set(User::TYPE.position(), ValueRef::Integer(3)).unwrap();

    assert_eq!((ada.key(), &*ada.loud, ada.age, ada.r#type), (7, "ADA", None, Kind(Some(3))));
}

#[test]
fn a_value_that_does_not_fit_leaves_the_field_as_it_was() {
    let mut ada = ada();

    let wide = ada.set(User::AGE.position(), ValueRef::Integer(1 << 40)).unwrap_err();
    let wrong = ada.set(User::ROLE.position(), ValueRef::Text("secret")).unwrap_err();
    let nowhere = ada.set(9, ValueRef::Null).unwrap_err();

    assert_eq!(
        wide.to_string(),
        "column `age` of `User`: INTEGER does not fit Option<i32>: it is outside -2147483648 to 2147483647"
    );
    assert_eq!(wrong.kind(), ErrorKind::Decode);
    assert_eq!(
        wrong.to_string(),
        "column `role` of `User`: TEXT does not fit Role: it is none of `reader`, `chief_editor`"
    );
    assert_eq!(nowhere.to_string(), "`User` has no column 9");
    assert_eq!((ada.age, ada.role), (None, Role::ChiefEditor));
}

#[test]
fn an_entity_is_read_from_a_row_by_the_names_of_its_columns() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        let text = "SELECT 'x' AS more, 'reader' AS role, 7 AS id, 'Ada' AS name, 'a@b' AS email, 36 AS age,
                    2 AS revision, NULL AS made_at, 'ADA' AS loud, 5 AS type";

        let read: User = engine.query(text).scalars().one().await.unwrap();

        let expected = User {
            id: 7,
            email: "a@b".to_owned(),
            age: Some(36),
            role: Role::Reader,
            revision: 2,
            is_open: false,
            loud: "ADA".to_owned(),
            r#type: Kind(Some(5)),
            ..ada()
        };
        assert_eq!(read, expected);
    });
}

/// A key that is no integer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, headwater::Value)]
struct Code(String);

#[derive(Clone, Entity)]
#[entity(validate = "Self::check")]
struct Country {
    #[entity(primary_key, generated, default = "hex(randomblob(4))")]
    code: Code,
    name: String,
}

impl Country {
    fn check(&self) -> Result<(), String> {
        if self.name.is_empty() { Err("a country has a name".to_owned()) } else { Ok(()) }
    }
}

#[derive(Clone, Entity)]
#[entity(validate = "whatever")]
struct Strict {
    #[entity(primary_key)]
    id: i64,
}

fn whatever(strict: &Strict) -> Result<()> {
    strict.id.to_value()?;
    Err(f64::NAN.to_value().err().unwrap_or_else(|| Error::other("a NaN")))
}

#[test]
fn a_key_of_a_type_of_ones_own_is_left_where_it_is_that_types_default() {
    let nowhere = Country { code: Code::default(), name: String::new() };
    let norway = Country { code: Code("no".to_owned()), name: "Norway".to_owned() };

    assert!(nowhere.is_left(0) && !norway.is_left(0));
    assert_eq!(norway.key(), Code("no".to_owned()));
}

#[test]
fn an_entity_is_checked_as_its_own_function_does() {
    let nowhere = Country { code: Code::default(), name: String::new() };
    let norway = Country { code: Code::default(), name: "Norway".to_owned() };

    let refused = nowhere.validate().unwrap_err();

    assert_eq!((refused.kind(), &*refused.to_string()), (ErrorKind::Other, "a country has a name"));
    assert!(norway.validate().is_ok() && ada().validate().is_ok());
    assert_eq!(Strict { id: 1 }.validate().unwrap_err().kind(), ErrorKind::Bind);
}

#[cfg(feature = "json")]
#[derive(Clone, Debug, PartialEq, Entity)]
struct Document {
    #[entity(primary_key)]
    id: u32,
    #[entity(json)]
    tags: Vec<String>,
    #[entity(json)]
    size: Option<(u32, u32)>,
    note: std::borrow::Cow<'static, str>,
    mark: Option<std::borrow::Cow<'static, [u8]>>,
}

#[cfg(feature = "json")]
#[test]
fn json_and_owned_texts_go_there_and_back() {
    let document = Document {
        id: 1,
        tags: vec!["sea".to_owned()],
        size: Some((1, 2)),
        note: "a".into(),
        mark: Some(vec![1].into()),
    };
    let mut other = Document { id: 1, tags: Vec::new(), size: None, note: "".into(), mark: None };
    let empty = other.clone();

    let mut values = Vec::new();
    document.values(&mut values).unwrap();
    for (column, value) in values.iter().enumerate() {
        other.set(column, value.as_ref()).unwrap();
    }

    assert_eq!(values[1], Value::Text("[\"sea\"]".to_owned()));
    assert_eq!(other, document);
    assert_eq!((empty.value(2).unwrap(), empty.value(4).unwrap()), (Value::Null, Value::Null));
    other.set(2, ValueRef::Null).unwrap();
    other.set(4, ValueRef::Null).unwrap();
    assert_eq!((other.size, other.mark), (None, None));
}
