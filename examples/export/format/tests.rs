//! Every kind of value in every format, as a real database gives it.

use futures::executor::block_on;
use headwater::{AsyncEngine, sql};

use super::{BadText, Blob, Kind, Settings};
use crate::ending::Ending;

/// What the rows of a query become.
fn formatted(kind: Kind, settings: &Settings, text: &'static str) -> String {
    try_formatted(kind, settings, text).unwrap()
}

fn try_formatted(
    kind: Kind,
    settings: &Settings,
    text: impl Into<std::borrow::Cow<'static, str>>,
) -> Result<String, Ending> {
    block_on(async {
        let engine = AsyncEngine::open("sqlite::memory:").await?;
        let result = engine.query(sql(text)).await?;
        let mut format = kind.with(settings.clone(), result.columns());
        let mut out = Vec::new();
        format.start(&mut out);
        for row in result.all().await? {
            format.row(&row, &mut out)?;
        }
        format.finish(&mut out)?;
        Ok(String::from_utf8(out).unwrap())
    })
}

fn ndjson(text: &'static str) -> String {
    formatted(Kind::Ndjson, &Settings::default(), text)
}

fn csv(text: &'static str) -> String {
    formatted(Kind::Csv, &Settings::default(), text)
}

fn table(text: &'static str) -> String {
    formatted(Kind::Table, &Settings::default(), text)
}

/// The fields of a row of CSV, without its end.
fn fields(text: &'static str) -> String {
    let settings = Settings { header: false, ..Settings::default() };
    let written = formatted(Kind::Csv, &settings, text);
    written.strip_suffix("\r\n").unwrap().to_owned()
}

const NUMBERS: &str = "SELECT 0 AS a, -1 AS b, 9007199254740993 AS c, 9223372036854775807 AS d,
    -9223372036854775808 AS e";
const REALS: &str = "SELECT 0.1 AS a, 1.0 AS b, -0.0 AS c, 1e16 AS d, 1e300 AS e,
    5e-324 AS f, 0.1 + 0.2 AS g, 9e999 AS h, -9e999 AS i, 123456789.0 AS j";

#[test]
fn ndjson_has_all_digits_of_an_integer() {
    assert_eq!(
        ndjson(NUMBERS),
        "{\"a\":0,\"b\":-1,\"c\":9007199254740993,\"d\":9223372036854775807,\
         \"e\":-9223372036854775808}\n"
    );
}

#[test]
fn ndjson_has_reals_that_read_back_and_are_no_integers() {
    assert_eq!(
        ndjson(REALS),
        "{\"a\":0.1,\"b\":1.0,\"c\":-0.0,\"d\":1e16,\"e\":1e300,\"f\":5e-324,\
         \"g\":0.30000000000000004,\"h\":1e999,\"i\":-1e999,\"j\":123456789.0}\n"
    );
}

#[test]
fn ndjson_escapes_what_json_demands_and_nothing_else() {
    let text =
        r#"SELECT 'a"b\c/' AS "k""ey", char(10, 13, 9, 0, 27, 127) AS b, 'é 流 🌊' AS c, '' AS d"#;

    assert_eq!(
        ndjson(text),
        "{\"k\\\"ey\":\"a\\\"b\\\\c/\",\"b\":\"\\n\\r\\t\\u0000\\u001b\\u007f\",\
         \"c\":\"é 流 🌊\",\"d\":\"\"}\n"
    );
}

#[test]
fn ndjson_tells_null_from_everything_else() {
    assert_eq!(
        ndjson("SELECT NULL AS a, '' AS b, 'null' AS c, x'' AS d, 0 AS e"),
        "{\"a\":null,\"b\":\"\",\"c\":\"null\",\"d\":\"\",\"e\":0}\n"
    );
}

#[test]
fn ndjson_of_any_value_reads_back() {
    let text = "SELECT char(value, value + 1, 34, 92) AS a FROM generate(65536)"
        .replace("generate(65536)", "(WITH RECURSIVE g(value) AS (SELECT 0 UNION ALL SELECT value + 7 FROM g WHERE value < 55000) SELECT value FROM g)");
    let written = try_formatted(Kind::Ndjson, &Settings::default(), text).unwrap();

    assert_eq!(written.lines().count(), 7_859);
    for (row, line) in written.lines().enumerate() {
        let read: serde_json::Value = serde_json::from_str(line).unwrap();
        let first = u32::try_from(row * 7).unwrap();
        let letters = [first, first + 1, 34, 92].map(|code| char::from_u32(code).unwrap());
        assert_eq!(read["a"], letters.iter().collect::<String>());
    }
}

#[test]
fn ndjson_gives_columns_of_one_name_names_of_their_own() {
    assert_eq!(
        ndjson("SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a, 5 AS A"),
        "{\"a\":1,\"a_3\":2,\"a_2\":3,\"a_4\":4,\"A\":5}\n"
    );
    assert_eq!(ndjson("SELECT 1 AS x, 2 AS x, 3 AS x"), "{\"x\":1,\"x_2\":2,\"x_3\":3}\n");
}

#[test]
fn csv_writes_numbers_as_ndjson_does() {
    assert_eq!(fields(NUMBERS), "0,-1,9007199254740993,9223372036854775807,-9223372036854775808");
    assert_eq!(
        fields(REALS),
        "0.1,1.0,-0.0,1e16,1e300,5e-324,0.30000000000000004,1e999,-1e999,123456789.0"
    );
}

#[test]
fn csv_quotes_what_rfc_4180_demands_and_nothing_else() {
    assert_eq!(
        csv("SELECT 'a,b' AS \"x,y\", 'say \"hi\"' AS b, '1' || char(13, 10) || '2' AS c,
             ' a ' AS d, 'é 流' AS e, '''' AS f"),
        "\"x,y\",b,c,d,e,f\r\n\"a,b\",\"say \"\"hi\"\"\",\"1\r\n2\", a ,é 流,'\r\n"
    );
}

#[test]
fn csv_tells_null_from_what_is_empty() {
    assert_eq!(fields("SELECT NULL, '', x'', 'NULL'"), ",\"\",\"\",NULL");
    assert_eq!(csv("SELECT NULL AS a"), "a\r\n\r\n");
    assert_eq!(csv("SELECT '' AS a"), "a\r\n\"\"\r\n");
}

#[test]
fn csv_quotes_a_text_that_would_be_read_as_null() {
    let settings = Settings { null: Some("-".to_owned()), header: false, ..Settings::default() };

    assert_eq!(
        formatted(Kind::Csv, &settings, "SELECT NULL, '-', '', '--'"),
        "-,\"-\",\"\",--\r\n"
    );
}

#[test]
fn csv_reads_back_with_another_reader() {
    let text = "SELECT char(value, 34, 44, 13, value + 1, 10) AS a, 'x' AS b FROM (WITH RECURSIVE g(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM g WHERE value < 999) SELECT value FROM g)";
    let written = csv(text);

    let mut reader = ::csv::Reader::from_reader(written.as_bytes());
    let mut rows = 0;
    for (row, record) in reader.records().enumerate() {
        let first = u32::try_from(row).unwrap();
        let letters = [first, 34, 44, 13, first + 1, 10].map(|code| char::from_u32(code).unwrap());
        assert_eq!(record.unwrap(), vec![letters.iter().collect::<String>(), "x".to_owned()]);
        rows += 1;
    }
    assert_eq!(rows, 1_000);
}

#[test]
fn csv_keeps_names_that_are_the_same() {
    assert_eq!(csv("SELECT 1 AS a, 2 AS a"), "a,a\r\n1,2\r\n");
}

#[test]
fn a_table_aligns_by_what_a_terminal_shows() {
    assert_eq!(
        table("VALUES (1, 'one', 0.5), (100, '流流流', 12.25), (NULL, NULL, -1.0)"),
        "column1 | column2 | column3\n\
         --------+---------+--------\n\
         \u{20}     1 | one     |     0.5\n\
         \u{20}   100 | 流流流  |   12.25\n\
         NULL    | NULL    |    -1.0\n"
    );
}

#[test]
fn a_table_shows_what_cannot_be_seen() {
    let text =
        "SELECT char(10, 9, 27) || '\\' AS a, x'00ff' AS b, CAST(x'61ff' AS TEXT) AS c, '' AS d";

    assert_eq!(
        table(text),
        "a            | b       | c     | d\n\
         -------------+---------+-------+--\n\
         \\n\\t\\u{1b}\\\\ | x'00ff' | a\\xff | \n"
    );
}

#[test]
fn a_table_of_no_rows_has_its_names() {
    assert_eq!(table("SELECT 1 AS id, 2 AS name WHERE false"), "id | name\n---+-----\n");
    assert_eq!(csv("SELECT 1 AS id, 2 AS name WHERE false"), "id,name\r\n");
    assert_eq!(ndjson("SELECT 1 AS id, 2 AS name WHERE false"), "");
}

#[test]
fn a_table_is_as_wide_as_its_first_rows_and_never_cut_in_a_file() {
    let text = "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 101)
        SELECT n, CASE WHEN n > 100 THEN printf('%.*c', 70, 'x') ELSE 'y' END AS s FROM g";
    let written = table(text);

    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines.len(), 103);
    assert_eq!(lines[..3], ["  n | s", "----+--", "  1 | y"]);
    assert_eq!(lines[101..], ["100 | y".to_owned(), format!("101 | {}", "x".repeat(70))]);
}

#[test]
fn a_table_on_a_terminal_cuts_texts_and_no_numbers() {
    let settings = Settings { to_terminal: true, header: false, ..Settings::default() };
    let text = "SELECT printf('%.*c', 61, 'x'), printf('%.*c', 60, 'y'), 1";

    assert_eq!(
        formatted(Kind::Table, &settings, text),
        format!("{}… | {} | 1\n", "x".repeat(59), "y".repeat(60))
    );
}

#[test]
fn bytes_are_hexadecimal_or_base_64() {
    let base64 = Settings { blob: Blob::Base64, header: false, ..Settings::default() };
    let text = "SELECT x'', x'66', x'666f', x'666f6f', x'fbeffe3f00'";

    assert_eq!(fields(text), "\"\",66,666f,666f6f,fbeffe3f00");
    assert_eq!(formatted(Kind::Csv, &base64, text), "\"\",Zg==,Zm8=,Zm9v,++/+PwA=\r\n");
    assert_eq!(formatted(Kind::Ndjson, &base64, "SELECT x'666f6f' AS a"), "{\"a\":\"Zm9v\"}\n");
    assert_eq!(formatted(Kind::Table, &base64, "SELECT x'666f6f' AS a"), "Zm9v\n");
}

#[test]
fn a_text_that_is_not_utf_8_ends_the_export_unless_told_otherwise() {
    const TEXT: &str = "SELECT 1 AS a, CAST(x'61ff' AS TEXT) AS b";
    for kind in [Kind::Ndjson, Kind::Csv] {
        let ended = try_formatted(kind, &Settings::default(), TEXT);
        let Err(Ending::Value(problem)) = ended else { panic!("{ended:?}") };
        assert!(problem.starts_with("row 1, column `b`: the text is not UTF-8"), "{problem}");
    }
    let how = |bad_text| Settings { bad_text, header: false, ..Settings::default() };

    assert_eq!(formatted(Kind::Csv, &how(BadText::Replace), TEXT), "1,a\u{fffd}\r\n");
    assert_eq!(formatted(Kind::Csv, &how(BadText::Blob), TEXT), "1,61ff\r\n");
    assert_eq!(
        formatted(Kind::Ndjson, &how(BadText::Replace), TEXT),
        "{\"a\":1,\"b\":\"a\u{fffd}\"}\n"
    );
    assert_eq!(formatted(Kind::Ndjson, &how(BadText::Blob), TEXT), "{\"a\":1,\"b\":\"61ff\"}\n");
}
