//! `#[derive(Value)]` on enums: as texts, and as integers.

use headwater::{ErrorKind, FromRow, FromValue, ToValue, Value, ValueRef, sql};

use super::{memory, row};
use crate::support::run;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
enum Color {
    Red,
    Green,
    #[value(rename = "blue-ish")]
    Blue,
    r#Self_,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
#[value(rename_all = "snake_case")]
enum State {
    InTransit,
    Done,
    #[value(rename = "")]
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
#[value(integer)]
enum Level {
    Low = -2,
    Lower,
    None,
    High = 0x10,
    Higher,
}

const BASE: isize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
#[value(integer)]
#[repr(isize)]
enum Computed {
    Known = 7,
    Shifted = 1 << 4,
    Next,
    Based = BASE,
    Letter = b'a' as isize,
}

fn text(value: &impl ToValue) -> String {
    match value.to_value().unwrap() {
        Value::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

fn number(value: &impl ToValue) -> i64 {
    match value.to_value().unwrap() {
        Value::Integer(number) => number,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_enum_is_stored_as_the_names_of_its_variants() {
    let colors = [Color::Red, Color::Green, Color::Blue, Color::Self_].map(|color| text(&color));
    let states = [State::InTransit, State::Done, State::Unknown].map(|state| text(&state));

    assert_eq!(colors, ["Red", "Green", "blue-ish", "Self_"]);
    assert_eq!(states, ["in_transit", "done", ""]);
}

#[test]
fn every_case_of_rename_all_is_what_a_variant_is_stored_as() {
    macro_rules! stored {
        ($($case:literal as $text:literal),* $(,)?) => {$({
            #[derive(Debug, PartialEq, Value)]
            #[value(rename_all = $case)]
            enum One { InTransit }
            assert_eq!(text(&One::InTransit), $text);
            assert_eq!(One::from_value(ValueRef::Text($text)), Ok(One::InTransit));
        })*};
    }

    stored! {
        "lowercase" as "intransit",
        "UPPERCASE" as "INTRANSIT",
        "PascalCase" as "InTransit",
        "camelCase" as "inTransit",
        "snake_case" as "in_transit",
        "SCREAMING_SNAKE_CASE" as "IN_TRANSIT",
        "kebab-case" as "in-transit",
        "SCREAMING-KEBAB-CASE" as "IN-TRANSIT",
    }
}

#[test]
fn an_enum_is_stored_as_its_numbers() {
    let levels = [Level::Low, Level::Lower, Level::None, Level::High, Level::Higher];
    let computed =
        [Computed::Known, Computed::Shifted, Computed::Next, Computed::Based, Computed::Letter];

    assert_eq!(levels.map(|level| number(&level)), [-2, -1, 0, 16, 17]);
    assert_eq!(computed.map(|computed| number(&computed)), [7, 16, 17, 100, 97]);
    for level in levels {
        assert_eq!(Level::from_value(ValueRef::Integer(number(&level))), Ok(level));
    }
    for computed in computed {
        assert_eq!(Computed::from_value(ValueRef::Integer(number(&computed))), Ok(computed));
    }
}

#[test]
fn an_enum_is_bound_and_read_wherever_a_primitive_is() {
    #[derive(Debug, PartialEq, FromRow)]
    struct Parcel {
        id: i64,
        state: State,
        color: Option<Color>,
        level: Option<Level>,
    }
    run(async {
        let engine = memory().await;
        engine
            .execute("CREATE TABLE parcels(id INTEGER PRIMARY KEY, state, color, level)")
            .await
            .unwrap();
        let (state, color) = (State::InTransit, Some(Color::Blue));
        let level = Level::Lower;
        engine
            .execute(sql!("INSERT INTO parcels VALUES (1, {state}, {color}, {level})"))
            .await
            .unwrap();
        let insert = sql("INSERT INTO parcels VALUES (2, ?, ?, ?)");
        let insert = insert.bind(State::Unknown).bind(None::<Color>).bind(None::<Level>);
        engine.execute(insert).await.unwrap();

        let wanted = [State::InTransit, State::Unknown];
        let query = sql!("SELECT * FROM parcels WHERE state IN ({wanted..}) ORDER BY id");
        let parcels: Vec<Parcel> = engine.query(query).scalars().all().await.unwrap();
        let states: Vec<State> =
            engine.query("SELECT state FROM parcels ORDER BY id").scalars().all().await.unwrap();
        let pairs: Vec<(Option<Level>, Option<Color>)> = engine
            .query("SELECT level, color FROM parcels ORDER BY id")
            .scalars()
            .all()
            .await
            .unwrap();
        let top: Option<Option<Color>> =
            engine.query("SELECT color FROM parcels WHERE id = 2").scalar().await.unwrap();

        let second = Parcel { id: 2, state: State::Unknown, color: None, level: None };
        assert_eq!(parcels, [Parcel { id: 1, state, color, level: Some(level) }, second]);
        assert_eq!(states, wanted);
        assert_eq!(pairs, [(Some(level), color), (None, None)]);
        assert_eq!(top, Some(None));
    });
}

#[test]
fn an_unknown_text_is_told_with_those_that_are_known() {
    run(async {
        let row = row("SELECT 'secret' AS color, 'IN_TRANSIT' AS state, 3 AS number").await;

        let color = row.get::<Color>("color").unwrap_err();
        let state = row.get::<State>("state").unwrap_err();
        let kind = row.get::<Color>("number").unwrap_err();

        assert_eq!(color.kind(), ErrorKind::Decode);
        assert_eq!(
            color.to_string(),
            "row 0, column 0 (`color`): TEXT does not fit Color: it is none of `Red`, `Green`, `blue-ish`, `Self_`"
        );
        assert!(state.to_string().ends_with("it is none of `in_transit`, `done`, ``"), "{state}");
        assert_eq!(kind.to_string(), "row 0, column 2 (`number`): INTEGER cannot be read as Color");
    });
}

#[test]
fn an_unknown_number_is_told_with_those_that_are_known() {
    run(async {
        let row = row("SELECT 3 AS level, 'Low' AS text, -2.0 AS real").await;

        let level = row.get::<Level>("level").unwrap_err();
        let computed = row.get::<Computed>("level").unwrap_err();

        let told = level.to_string();
        assert!(told.ends_with("does not fit Level: it is none of -2, -1, 0, 16, 17"), "{told}");
        assert!(computed.to_string().ends_with("it is none of 7, 16, 17, 100, 97"), "{computed}");
        assert!(
            row.get::<Level>("text")
                .unwrap_err()
                .to_string()
                .ends_with("TEXT cannot be read as Level")
        );
        assert!(row.get::<Level>("real").is_err());
    });
}

#[test]
fn a_discriminant_that_a_column_does_not_hold_is_refused_when_it_is_bound() {
    const LARGE: u64 = u64::MAX;
    #[derive(Debug, Value)]
    #[value(integer)]
    #[repr(u64)]
    enum Large {
        Most = LARGE,
        Least = 0,
    }

    assert_eq!(Large::Most.to_value().unwrap_err().kind(), ErrorKind::Bind);
    assert_eq!(number(&Large::Least), 0);
    assert!(Large::from_value(ValueRef::Integer(-1)).is_err());
}
