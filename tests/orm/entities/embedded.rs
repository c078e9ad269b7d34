//! Structs whose columns stand in the tables of the entities that flatten them.

use headwater::{AsyncEngine, Column, Embed, Embedded, Entity, SqlType, Value, ValueRef};

use crate::support::run;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(unique(NAME, HOME.CITY), foreign_key(HOME.COUNTRY => Country::CODE, on_delete = set_null, belongs_to = LAND))]
pub(super) struct Person {
    #[entity(primary_key)]
    pub(super) name: String,
    #[entity(flatten, prefix = "home_")]
    pub(super) home: Address,
    #[entity(flatten)]
    pub(super) work: Address,
    pub(super) age: i64,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(embedded, rename_all = "UPPERCASE")]
pub(super) struct Address {
    pub(super) city: String,
    #[entity(default = "'no'")]
    pub(super) country: Option<String>,
    #[entity(flatten, prefix = "at_")]
    pub(super) point: Point,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(embedded)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    #[entity(computed = "0")]
    pub(super) z: f64,
}

#[derive(Clone, Debug, PartialEq, Entity)]
pub(super) struct Country {
    #[entity(primary_key)]
    pub(super) code: String,
}

pub(super) fn address(city: &str) -> Address {
    Address { city: city.to_owned(), country: None, point: Point { x: 1.0, y: 2.0, z: 3.0 } }
}

pub(super) fn ada() -> Person {
    Person { name: "Ada".to_owned(), home: address("London"), work: address("Turin"), age: 36 }
}

#[test]
fn the_columns_stand_in_the_place_of_the_field() {
    let columns = &Person::table().columns;

    let told: Vec<_> = columns.iter().map(|column| (&*column.name, &*column.field)).collect();
    assert_eq!(
        told,
        [
            ("name", "name"),
            ("home_CITY", "home.city"),
            ("home_COUNTRY", "home.country"),
            ("home_at_x", "home.point.x"),
            ("home_at_y", "home.point.y"),
            ("home_at_z", "home.point.z"),
            ("CITY", "work.city"),
            ("COUNTRY", "work.country"),
            ("at_x", "work.point.x"),
            ("at_y", "work.point.y"),
            ("at_z", "work.point.z"),
            ("age", "age"),
        ]
    );
    assert_eq!((columns[2].default, columns[5].computed), (Some("'no'"), Some("0")));
    assert_eq!((columns[2].nullable, columns[3].sql_type), (true, SqlType::Real));
    assert_eq!((Point::COLUMNS, Address::COLUMNS), (3, 5));
}

#[test]
fn a_column_within_is_named_through_the_field() {
    let home: Embed<Person, Address> = Person::HOME;
    let y: Column<Person, f64> = Person::WORK.column(Address::POINT.column(Point::Y));

    assert_eq!(home.column(Address::COUNTRY).name(), "home_COUNTRY");
    assert_eq!((y.name(), Person::AGE.name(), Person::AGE.position()), ("at_y", "age", 11));
}

#[test]
fn a_key_and_an_index_may_have_columns_within() {
    let table = Person::table();

    assert_eq!((&*table.indexes[0].columns, table.indexes[0].unique), (&[0, 1][..], true));
    assert_eq!(
        (&*table.references[0].columns, table.references[0].target_columns.len()),
        (&[2][..], 1)
    );
    assert_eq!(Person::LAND.own_columns(), [2]);
}

#[test]
fn values_go_through_the_field_there_and_back() {
    let mut person = ada();

    person.set(4, ValueRef::Real(5.0)).unwrap();
    person.set(6, ValueRef::Text("Milan")).unwrap();
    person.set(11, ValueRef::Integer(37)).unwrap();
    let mut values = Vec::new();
    person.values(&mut values).unwrap();

    assert_eq!((person.home.point.y, &*person.work.city, person.age), (5.0, "Milan", 37));
    assert_eq!(values.len(), 12);
    for (column, value) in values.iter().enumerate() {
        assert_eq!(person.value(column).unwrap(), *value);
    }
    assert_eq!((&values[4], &values[11]), (&Value::Real(5.0), &Value::Integer(37)));
    assert!(person.value(12).is_err() && person.set(12, ValueRef::Null).is_err());
}

#[test]
fn a_default_and_a_computed_column_within_are_left_to_the_database() {
    let person = ada();

    let left: Vec<_> = (0..13).filter(|column| person.is_left(*column)).collect();

    assert_eq!(left, [2, 5, 7, 10]);
}

#[test]
fn a_value_that_does_not_fit_is_told_with_the_embedded_type() {
    let error = ada().set(3, ValueRef::Text("secret")).unwrap_err();

    assert_eq!(error.to_string(), "column `x` of `Point`: TEXT cannot be read as f64");
}

#[test]
fn what_is_flattened_is_read_by_its_names_behind_the_prefix() {
    run(async {
        let engine = AsyncEngine::open("sqlite::memory:").await.unwrap();
        let text = "SELECT 'Ada' AS name, 36 AS age, 'London' AS home_CITY, NULL AS home_COUNTRY, 1.0 AS home_at_x,
                    2.0 AS home_at_y, 3.0 AS home_at_z, 'Turin' AS CITY, NULL AS COUNTRY, 1.0 AS at_x, 2.0 AS at_y,
                    3.0 AS at_z";

        let read: Person = engine.query(text).scalars().one().await.unwrap();

        assert_eq!(read, ada());
    });
}
