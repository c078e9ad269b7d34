//! Fields of a derived struct that read one column: under another name, or where there may be none.

use headwater::{ErrorKind, FromRow};

use super::{memory, row};
use crate::support::run;

#[test]
fn rename_all_names_every_field_that_has_no_name_of_its_own() {
    #[derive(Debug, PartialEq, FromRow)]
    #[from_row(rename_all = "camelCase")]
    struct Flight {
        tail_number: String,
        #[from_row(rename = "dep_delay")]
        delay: i64,
        r#type: u8,
    }
    run(async {
        let row = row("SELECT 'N14228' AS tailNumber, 2 AS dep_delay, 1 AS type").await;

        let flight: Flight = row.decode().unwrap();

        assert_eq!(flight, Flight { tail_number: "N14228".to_owned(), delay: 2, r#type: 1 });
    });
}

#[test]
fn every_case_of_rename_all_finds_its_column() {
    macro_rules! reads {
        ($($case:literal from $column:literal),* $(,)?) => {$({
            #[derive(FromRow)]
            #[from_row(rename_all = $case)]
            struct Named {
                first_name: i64,
            }
            // The other columns would be found too if the case of letters were all that counted.
            let text = concat!("SELECT 1 AS \"", $column, "\", 2 AS x");
            let named: Named = row(text).await.decode().unwrap();
            assert_eq!(named.first_name, 1, $case);
        })*};
    }
    run(async {
        reads! {
            "lowercase" from "first_name",
            "UPPERCASE" from "FIRST_NAME",
            "PascalCase" from "FirstName",
            "camelCase" from "firstName",
            "snake_case" from "first_name",
            "SCREAMING_SNAKE_CASE" from "FIRST_NAME",
            "kebab-case" from "first-name",
            "SCREAMING-KEBAB-CASE" from "FIRST-NAME",
        }
    });
}

fn unnamed() -> String {
    "unnamed".to_owned()
}

#[derive(Debug, PartialEq, FromRow)]
struct Draft {
    #[from_row(default)]
    views: i64,
    id: i64,
    #[from_row(default = "unnamed", rename = "heading")]
    title: String,
    #[from_row(default)]
    note: Option<String>,
}

#[test]
fn a_default_stands_in_for_a_column_that_the_result_does_not_have() {
    run(async {
        let none: Draft = row("SELECT 7 AS id").await.decode().unwrap();
        let all: Draft =
            row("SELECT 'n' AS note, 'h' AS HEADING, 7 AS id, 3 AS views").await.decode().unwrap();

        let missing = Draft { views: 0, id: 7, title: unnamed(), note: None };
        assert_eq!(none, missing);
        let found = Draft { views: 3, id: 7, title: "h".to_owned(), note: Some("n".to_owned()) };
        assert_eq!(all, found);
    });
}

#[test]
fn a_default_does_not_stand_in_for_a_null() {
    run(async {
        let row = row("SELECT 1 AS id, NULL AS views").await;

        let error = row.decode::<Draft>().unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Decode);
        let told = error.to_string();
        assert_eq!(
            told,
            "row 0, column 1 (`views`): NULL cannot be read as i64; read it as an Option"
        );
    });
}

#[test]
fn a_default_does_not_stand_in_for_an_ambiguous_column() {
    run(async {
        let row = row("SELECT 1 AS id, 2 AS views, 3 AS views").await;

        let error = row.decode::<Draft>().unwrap_err();

        assert_eq!(error.kind(), ErrorKind::ColumnNotFound);
        let told = error.to_string();
        assert!(
            told.starts_with("`Draft` cannot be read: ") && told.contains("ambiguous"),
            "{told}"
        );
    });
}

#[test]
fn a_column_without_a_default_must_be_there() {
    run(async {
        let error = memory().await.query("SELECT 1 AS views").scalars::<Draft>().all().await;

        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ColumnNotFound);
        assert!(error.to_string().contains("`id`"), "{error}");
    });
}

#[test]
fn a_skipped_field_reads_no_column() {
    #[derive(Debug, PartialEq, FromRow)]
    struct Cached {
        id: i64,
        #[from_row(skip)]
        name: String,
        #[from_row(skip, default = "unnamed")]
        label: String,
    }
    run(async {
        let row = row("SELECT 1 AS id, 'a' AS name, 'b' AS name, 'c' AS label").await;

        let read: Cached = row.decode().unwrap();

        assert_eq!(read, Cached { id: 1, name: String::new(), label: unnamed() });
    });
}

#[test]
fn a_skipped_field_of_a_tuple_struct_takes_no_position() {
    #[derive(Debug, PartialEq, FromRow)]
    struct Point(f64, #[from_row(skip)] Option<String>, f64);
    run(async {
        let point: Point = row("SELECT 1.5, 2.5").await.decode().unwrap();

        assert_eq!(point, Point(1.5, None, 2.5));
    });
}
