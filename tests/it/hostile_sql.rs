//! Texts and values that mean harm, or are merely large: they are bounded, stopped or stored as they are.

use std::time::{Duration, Instant};

use headwater::{AsyncEngine, ErrorKind, sql};

use crate::support::{Tank, run};

async fn scratch() -> (Tank, AsyncEngine) {
    let tank = Tank::new();
    let engine = tank.filled(3).await;
    (tank, engine)
}

/// After whatever was tried: the database is whole and the engine works.
async fn assert_unharmed(engine: &AsyncEngine) {
    let check: String = engine.query("PRAGMA integrity_check").scalar_one().await.unwrap();
    assert_eq!(check, "ok");
    engine.execute("INSERT INTO t VALUES (1000, 'well')").await.unwrap();
    engine.execute("DELETE FROM t WHERE id = 1000").await.unwrap();
    let rows: i64 = engine.query("SELECT count(*) FROM t").scalar_one().await.unwrap();
    assert_eq!(rows, 3);
}

#[test]
fn case_20_a_deep_expression_fits_the_stack_of_a_connection() {
    run(async {
        let (_tank, engine) = scratch().await;
        let sum = format!("SELECT 1{}", "+1".repeat(980));
        let nested = format!("SELECT {}1{}", "(1+".repeat(450), ")".repeat(450));
        let calls = format!("SELECT {}-1{}", "abs(".repeat(400), ")".repeat(400));
        let cases = format!("SELECT {}0{}", "CASE WHEN 1 THEN ".repeat(250), " END".repeat(250));

        for (text, expected) in [(sum, 981), (nested, 451), (calls, 1), (cases, 0)] {
            let found = engine.query(sql(text.clone())).scalar_one::<i64>().await;

            assert_eq!(found.unwrap_or_else(|error| panic!("{error}")), expected);
            let tx = engine.begin().await.unwrap();
            assert_eq!(tx.query(sql(text)).scalar_one::<i64>().await.unwrap(), expected);
        }
        let write = format!("UPDATE t SET id = id WHERE id = 0{}", "+1".repeat(980));
        engine.execute(sql(write)).await.unwrap();
        assert_unharmed(&engine).await;
    });
}

#[test]
fn case_20_deep_nesting_of_queries_and_views_fits_the_stack() {
    run(async {
        let (_tank, engine) = scratch().await;
        let nested = format!("SELECT * FROM {}t{}", "(SELECT * FROM ".repeat(90), ")".repeat(90));
        assert_eq!(engine.query(sql(nested)).all().await.unwrap().len(), 3);
        let compound = format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(499));
        assert_eq!(engine.query(sql(compound)).all().await.unwrap().len(), 500);
        engine.execute("CREATE VIEW v0 AS SELECT * FROM t").await.unwrap();
        for level in 1..=100 {
            let view = format!("CREATE VIEW v{level} AS SELECT * FROM v{}", level - 1);
            engine.execute(sql(view)).await.unwrap();
        }

        assert_eq!(engine.query("SELECT * FROM v100").all().await.unwrap().len(), 3);
    });
}

#[test]
fn case_72_as_many_parameters_as_the_database_allows() {
    run(async {
        let (_tank, engine) = scratch().await;
        let ids: Vec<i64> = (0..32_766).collect();

        let found: i64 = engine
            .query(sql!("SELECT count(*) FROM t WHERE id IN ({ids..})"))
            .scalar_one()
            .await
            .unwrap();

        assert_eq!(found, 3);
    });
}

#[test]
fn case_72_one_parameter_more_is_a_clear_error() {
    run(async {
        let (_tank, engine) = scratch().await;
        let ids: Vec<i64> = (0..32_767).collect();

        for error in [
            engine.execute(sql!("DELETE FROM t WHERE id IN ({ids..})")).await.unwrap_err(),
            engine.execute("DELETE FROM t WHERE id > ?32767").await.unwrap_err(),
            engine.execute("DELETE FROM t WHERE id > ?0").await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Bind, "{error}");
            let said = error.to_string();
            assert!(said.contains("variable") && said.len() < 1_000, "{said}");
        }
        assert_unharmed(&engine).await;
    });
}

#[test]
fn case_75_what_never_ends_is_stopped_at_its_deadline() {
    const LIMIT: Duration = Duration::from_millis(100);
    let endless = [
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(i) FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000)
            SELECT count(*) FROM n a, n b, n c, n d WHERE a.i + b.i + c.i + d.i = 7",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
            SELECT count(*) FROM n WHERE (hex(zeroblob(2000)) || i) LIKE '%0%0%0%0%0%0%0%1'",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n ORDER BY i DESC",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) INSERT INTO t(name) SELECT i FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) DELETE FROM t WHERE id IN (SELECT -i FROM n)",
    ];
    run(async move {
        let (_tank, engine) = scratch().await;
        for text in endless {
            let since = Instant::now();

            let error = engine.query(sql(text).timeout(LIMIT)).all().await.expect_err(text);

            assert_eq!(error.kind(), ErrorKind::Timeout, "{text}: {error}");
            assert!(since.elapsed() >= LIMIT, "{text}");
            assert!(since.elapsed() < LIMIT * 20, "{text}: {:?}", since.elapsed());
        }
        assert_unharmed(&engine).await;
    });
}

#[test]
fn case_75_what_is_too_deep_is_refused() {
    run(async {
        let (_tank, engine) = scratch().await;
        let depth = 100_000;
        for text in [
            format!("SELECT {}1{}", "(".repeat(depth), ")".repeat(depth)),
            format!("SELECT 1{}", "+1".repeat(depth)),
            format!("SELECT -{}1", "~".repeat(depth)),
            format!("SELECT {}1{}", "abs(".repeat(depth), ")".repeat(depth)),
            format!("SELECT * FROM {}t{}", "(SELECT * FROM ".repeat(1_000), ")".repeat(1_000)),
            format!("SELECT 1{}", " UNION SELECT 1".repeat(depth)),
            format!("SELECT 1 WHERE 'a' LIKE '{}'", "%a".repeat(depth)),
        ] {
            let error = engine.query(sql(text.clone())).all().await.unwrap_err();

            assert_eq!(error.kind(), ErrorKind::TooLarge, "{}: {error}", &text[..30]);
            assert!(error.to_string().len() < 1_000);
            assert_eq!(error.sql(), Some(&*text));
        }
        assert_unharmed(&engine).await;
    });
}

#[test]
fn case_76_a_misspelt_column_in_double_quotes_is_an_error() {
    run(async {
        let (_tank, engine) = scratch().await;
        for text in [
            "SELECT \"nope\"",
            "SELECT \"nope\" FROM t",
            "SELECT * FROM t WHERE \"nmae\" = 'name 1'",
            "UPDATE t SET name = \"nope\"",
            "INSERT INTO t VALUES (9, \"nope\")",
            "CREATE TABLE u(a CHECK (a <> \"nope\"))",
            "CREATE INDEX i ON t(\"nope\")",
        ] {
            let error = engine.execute(text).await.unwrap_err();

            assert_eq!(error.kind(), ErrorKind::Syntax, "{text}: {error}");
        }
        let name: String =
            engine.query("SELECT \"name\" FROM \"t\" WHERE \"id\" = 1").scalar_one().await.unwrap();
        assert_eq!(name, "name 1");
        assert_unharmed(&engine).await;
    });
}

/// Two hundred texts and more that would do harm where a value became text.
fn corpus() -> Vec<String> {
    let seeds = [
        "'",
        "''",
        "\"",
        "\"\"",
        "`",
        "[",
        "]",
        ";",
        "--",
        "/*",
        "*/",
        "\\",
        "\\'",
        "%",
        "_",
        "%%",
        "?",
        "?1",
        ":a",
        "@a",
        "$a",
        "{a}",
        "{}",
        "NULL",
        "null",
        "0",
        "-1",
        "1e999",
        "x'00'",
        "X'",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "\u{1}",
        "\u{7f}",
        "\u{feff}",
        "\u{202e}",
        "\u{2019}",
        "\u{ff07}",
        "\u{1f980}",
        "e\u{301}",
        "",
    ];
    let frames = [
        "{}",
        "{}; DROP TABLE t; --",
        "' OR '1'='1{}",
        "{}') UNION SELECT sql FROM sqlite_schema --",
        "1 OR 1=1 {} /*",
    ];
    let texts = frames.iter().flat_map(|frame| seeds.iter().map(|seed| frame.replace("{}", seed)));
    texts.collect()
}

const SCHEMA: &str = "SELECT group_concat(type || name || coalesce(sql, '')) FROM sqlite_schema";

#[test]
fn case_77_what_is_bound_is_stored_as_it_is() {
    run(async {
        let (_tank, engine) = scratch().await;
        engine.execute("CREATE TABLE c(id INTEGER PRIMARY KEY, x TEXT)").await.unwrap();
        let schema: String = engine.query(SCHEMA).scalar_one().await.unwrap();
        let corpus = corpus();
        assert!(corpus.len() >= 200);

        for (id, text) in (0_i64..).zip(&corpus) {
            engine.execute(sql!("INSERT INTO c VALUES ({id}, {text})")).await.unwrap();
        }
        for text in &corpus {
            let named = sql("INSERT INTO c(x) VALUES (:x)").bind_named("x", text);
            engine.execute(named).await.unwrap();
        }
        engine
            .execute_many("INSERT INTO c(x) VALUES (?)", corpus.iter().map(|text| (text.clone(),)))
            .await
            .unwrap();

        let back: Vec<String> =
            engine.query("SELECT x FROM c ORDER BY id").scalars().all().await.unwrap();
        assert_eq!(back, [corpus.clone(), corpus.clone(), corpus].concat());
        assert_eq!(engine.query(SCHEMA).scalar_one::<String>().await.unwrap(), schema);
        assert_unharmed(&engine).await;
    });
}

#[test]
fn case_77_what_is_bound_is_compared_as_it_is() {
    run(async {
        let (_tank, engine) = scratch().await;
        engine.execute("CREATE TABLE c(x TEXT)").await.unwrap();
        let mut corpus = corpus();
        corpus.sort();
        corpus.dedup();
        engine
            .execute_many("INSERT INTO c VALUES (?)", corpus.iter().map(|text| (text.clone(),)))
            .await
            .unwrap();

        for text in &corpus {
            let equal: Vec<String> = engine
                .query(sql!("SELECT x FROM c WHERE x = {text}"))
                .scalars()
                .all()
                .await
                .unwrap();
            assert_eq!(equal, std::slice::from_ref(text));
            let list = [text.as_str(), "not there"];
            let listed: i64 = engine
                .query(sql!("SELECT count(*) FROM c WHERE x IN ({list..})"))
                .scalar_one()
                .await
                .unwrap();
            assert_eq!(listed, 1, "{text:?}");
            let pattern = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            // LIKE ends a pattern and a text at a NUL; `=` does not.
            if !text.contains('\0') {
                let alike: Vec<String> = engine
                    .query(sql!(r"SELECT x FROM c WHERE x LIKE {pattern} ESCAPE '\'"))
                    .scalars()
                    .all()
                    .await
                    .unwrap();
                assert!(alike.contains(text), "{text:?}");
            }
        }
        let all: i64 = engine
            .query(sql!("SELECT count(*) FROM c WHERE x IN ({corpus..})"))
            .scalar_one()
            .await
            .unwrap();
        assert_eq!(all, corpus.len() as i64);
        assert_unharmed(&engine).await;
    });
}

#[test]
fn case_77_a_name_given_to_insert_stream_stays_a_name() {
    run(async {
        let (_tank, engine) = scratch().await;
        let schema: String = engine.query(SCHEMA).scalar_one().await.unwrap();

        for name in corpus() {
            let table = engine.insert_stream(&name, ["id"], [(9,)]).await.unwrap_err();
            let column = engine.insert_stream("t", ["id", &name], [(9, 9)]).await.unwrap_err();

            for error in [table, column] {
                let clear = [ErrorKind::Syntax, ErrorKind::Statement].contains(&error.kind());
                assert!(clear, "{name:?}: {error:?}");
            }
        }

        let odd = "we\"ird '];-- \u{1f980}";
        let quoted = odd.replace('"', "\"\"");
        engine.execute(sql(format!("CREATE TABLE \"{quoted}\"(\"{quoted}\" TEXT)"))).await.unwrap();
        engine.insert_stream(odd, [odd], [("value",)]).await.unwrap();
        let stored: String =
            engine.query(sql(format!("SELECT * FROM \"{quoted}\""))).scalar_one().await.unwrap();
        assert_eq!(stored, "value");
        engine.execute(sql(format!("DROP TABLE \"{quoted}\""))).await.unwrap();
        assert_eq!(engine.query(SCHEMA).scalar_one::<String>().await.unwrap(), schema);
        assert_unharmed(&engine).await;
    });
}
