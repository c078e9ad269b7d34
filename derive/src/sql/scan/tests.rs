//! What the scanner makes of texts, and what it refuses.

use super::*;

#[track_caller]
fn pieces(text: &str) -> Vec<String> {
    let template = scan(text).unwrap();
    assert_eq!(template.pieces.len(), template.placeholders.len() + 1);
    template.pieces
}

fn placeholders(text: &str) -> Vec<String> {
    let template = scan(text).unwrap();
    template.placeholders.into_iter().map(|placeholder| placeholder.written).collect()
}

#[track_caller]
fn unchanged(text: &str) {
    assert_eq!(pieces(text), [text]);
}

#[track_caller]
fn refused(text: &str, at: usize, what: &str) {
    let message = scan(text).unwrap_err().message(text);
    assert!(message.starts_with(what), "{message}");
    assert!(message.contains(&format!("\nat character {at}: ")), "{message}");
}

#[test]
fn a_text_without_placeholders_is_one_piece() {
    for text in [
        "SELECT 1",
        "SELECT 1;",
        "SELECT 1; -- done",
        "SELECT a -> '$.b', a ->> 'c', a - -1, a / b, a * b FROM t",
        "INSERT INTO t(a, b)\n  VALUES (1, 2)\nRETURNING *",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;",
        "SELECT é, 日本 FROM naïve",
    ] {
        unchanged(text);
    }
}

#[test]
fn placeholders_split_the_text() {
    assert_eq!(pieces("{a}"), ["", ""]);
    assert_eq!(pieces("SELECT {a}"), ["SELECT ", ""]);
    assert_eq!(pieces("SELECT {a} + {} , ({ids..})-{0};"), ["SELECT ", " + ", " , (", ")-", ";"]);
    assert_eq!(pieces("SELECT é{{{a}}}é"), ["SELECT é{", "}é"]);
    assert_eq!(placeholders("SELECT {a} + {} , ({ids..})-{0};"), ["{a}", "{}", "{ids..}", "{0}"]);
}

#[test]
fn a_placeholder_knows_its_place() {
    let template = scan("é {a}, {b}").unwrap();

    let places: Vec<usize> =
        template.placeholders.iter().map(|placeholder| placeholder.at).collect();
    assert_eq!(places, [3, 8]);
}

#[test]
fn a_doubled_brace_is_a_brace_everywhere() {
    assert_eq!(pieces("SELECT '{{\"a\": {{}}}}'"), ["SELECT '{\"a\": {}}'"]);
    assert_eq!(
        pieces("SELECT \"{{\", `}}`, [{{}}] -- {{a}}\n/* {{b}} */"),
        ["SELECT \"{\", `}`, [{}] -- {a}\n/* {b} */"]
    );
    assert_eq!(pieces("{{{{ }}}}"), ["{{ }}"]);
    assert_eq!(pieces("SELECT {{{a}}}"), ["SELECT {", "}"]);
}

#[test]
fn quotes_hide_what_is_in_them() {
    for text in [
        "SELECT 'a ? :b @c $d -- e /* f'",
        "SELECT \"a ? :b ' ` [ -- /*\"",
        "SELECT `a ? ' \" [`",
        "SELECT [a ? ' \" `]",
        "SELECT 'it''s ? one', '' , 'a'''",
        "SELECT \"a\"\"?\", `b``?`",
        "SELECT 'a\nb ?'",
    ] {
        unchanged(text);
    }
}

#[test]
fn comments_hide_what_is_in_them() {
    for text in [
        "SELECT 1 -- it's ? :a \" [",
        "SELECT 1 -- a\r\n, 2",
        "SELECT 1 /* it's ? :a \" [ -- */, 2",
        "SELECT 1 /**/ /***/ /* / * /* */",
        "--\nSELECT 1--",
    ] {
        unchanged(text);
    }
}

#[test]
fn a_quote_in_a_comment_opens_nothing_and_the_other_way_round() {
    assert_eq!(pieces("SELECT 1 -- don't\n, {a}"), ["SELECT 1 -- don't\n, ", ""]);
    assert_eq!(pieces("SELECT '--', {a}"), ["SELECT '--', ", ""]);
    assert_eq!(pieces("SELECT '/*', {a}, '*/'"), ["SELECT '/*', ", ", '*/'"]);
    assert_eq!(pieces("SELECT /*'*/ {a} /*'*/"), ["SELECT /*'*/ ", " /*'*/"]);
}

#[test]
fn brackets_have_no_escape() {
    assert_eq!(pieces("SELECT [a]] + {a}, [b]"), ["SELECT [a]] + ", ", [b]"]);
}

#[test]
fn casts_and_operators_are_not_placeholders() {
    for text in [
        "SELECT x::int, '1'::text, (a)::b::c",
        "SELECT a -> 'b' ->> 'c' #>> d",
        "SELECT a @> b, a <@ b, @ -5, f(a := 1)",
        "SELECT a$b, $",
    ] {
        unchanged(text);
    }
    assert_eq!(pieces("SELECT {a}::int"), ["SELECT ", "::int"]);
    assert_eq!(pieces("SELECT a @> {b}, @{c}"), ["SELECT a @> ", ", @", ""]);
}

#[test]
fn placeholders_of_the_database_are_refused() {
    for (text, at, own) in [
        ("SELECT ?", 8, "?"),
        ("SELECT a=?1+1", 10, "?1"),
        ("SELECT :name,", 8, ":name"),
        ("SELECT é:1", 9, ":1"),
        ("SELECT @v1 ", 8, "@v1"),
        ("SELECT $1", 8, "$1"),
        ("SELECT $a::b", 8, "$a"),
        ("SELECT $body$ x $body$", 8, "$body$"),
        ("SELECT x:::y", 11, ":y"),
        ("SELECT {a}?", 11, "?"),
        ("SELECT a ?| b", 10, "?"),
    ] {
        refused(text, at, &format!("`{own}` is a placeholder of the database itself, which"));
    }
}

#[test]
fn a_sigil_before_a_placeholder_is_refused() {
    refused("SELECT ${a}", 8, "this `$` is not a part of the placeholder");
    refused("SELECT :{a}", 8, "this `:` is not a part of the placeholder");
}

#[test]
fn a_placeholder_inside_quotes_is_refused() {
    for (text, at, name) in [
        ("SELECT '{a}'", 9, "a '...' string"),
        ("SELECT '%{a}%'", 10, "a '...' string"),
        ("SELECT 'it''s {}'", 15, "a '...' string"),
        ("SELECT \"{a}\"", 9, "a \"...\" name"),
        ("SELECT `{a..}`", 9, "a `...` name"),
        ("SELECT [{0}]", 9, "a [...] name"),
        ("SELECT 1 -- {a}", 13, "a -- comment"),
        ("SELECT 1 /* {a} */", 13, "a /* */ comment"),
        ("SELECT '{'", 9, "a '...' string"),
    ] {
        refused(
            text,
            at,
            &format!("this `{{` stands inside {name}, where a placeholder would be text"),
        );
    }
}

#[test]
fn a_single_closing_brace_inside_quotes_is_refused() {
    refused("SELECT '{{a}'", 12, "this `}` inside a '...' string closes nothing\n");
    refused("SELECT 1 -- }", 13, "this `}` inside a -- comment closes nothing");
}

#[test]
fn unclosed_quotes_and_comments_are_refused_where_they_open() {
    for (text, at, what) in [
        ("SELECT 'a", 8, "this `'` opens a '...' string that is never closed"),
        ("SELECT 'a''", 8, "this `'` opens"),
        ("SELECT 'it's'", 13, "this `'` opens"),
        ("SELECT \"a", 8, "this `\"` opens a \"...\" name that is never closed"),
        ("SELECT `a", 8, "this ``` opens a `...` name that is never closed"),
        ("SELECT [a", 8, "this `[` opens a [...] name that is never closed"),
        ("SELECT 1 /* a", 10, "this `/*` opens a /* */ comment that is never closed"),
        ("SELECT 1 /*/", 10, "this `/*` opens"),
        ("SELECT '", 8, "this `'` opens"),
    ] {
        refused(text, at, what);
    }
}

#[test]
fn unbalanced_braces_are_refused() {
    refused("SELECT {a", 8, "this `{` is never closed\n");
    refused("SELECT {", 8, "this `{` is never closed");
    refused("SELECT {a {b}", 8, "this `{` is never closed");
    refused("SELECT {{{a}}} {", 16, "this `{` is never closed");
    refused("SELECT a}", 9, "this `}` closes nothing\n");
    refused("SELECT {a}}", 11, "this `}` closes nothing");
    refused("SELECT {{a}", 11, "this `}` closes nothing");
}

#[test]
fn a_placeholder_that_touches_a_name_is_refused() {
    for (text, at, written) in [
        ("SELECT * FROM t_{a}", 17, "{a}"),
        ("SELECT 1{a}", 9, "{a}"),
        ("SELECT {a}1", 8, "{a}"),
        ("SELECT {a}AND b", 8, "{a}"),
        ("SELECT a IN ({..}2)", 14, "{..}"),
        ("SELECT é{a}", 9, "{a}"),
    ] {
        refused(text, at, &format!("`{written}` touches a name or a number"));
    }
    assert_eq!(pieces("SELECT({a}),'b'||{c}||'d',-{e}"), ["SELECT(", "),'b'||", "||'d',-", ""]);
}

#[test]
fn a_bad_placeholder_is_refused_where_it_opens() {
    refused("SELECT {a + 1}", 8, "`{a + 1}` is not a placeholder");
    refused("SELECT {name:x}", 8, "`{name:x}` has the spec `:x`");
}

#[test]
fn placeholders_that_would_be_read_as_one_are_refused() {
    for (text, at, written) in [
        ("SELECT {a}{b}", 11, "{b}"),
        ("SELECT {a:ident}{b:ident}", 17, "{b:ident}"),
        ("SELECT \"x\"{b:ident}", 11, "{b:ident}"),
        ("SELECT {b:ident}\"x\"", 8, "{b:ident}"),
    ] {
        refused(text, at, &format!("`{written}` touches what stands beside it"));
    }
    assert_eq!(pieces("SELECT {s:ident}.{t:ident}"), ["SELECT ", ".", ""]);
}

#[test]
fn a_list_alone_in_the_parentheses_of_in_is_one_of_choices() {
    let takes = |text: &str| scan(text).unwrap().placeholders[0].takes;
    for text in [
        "SELECT a IN ({l..})",
        "SELECT a not in({l..})",
        "SELECT a In -- (\n /* b */ ( /* ( */ {l..} -- )\n )",
        "SELECT a IN ({..}) + 1",
    ] {
        assert_eq!(takes(text), Takes::Choices, "{text}");
    }
    for text in [
        "SELECT a IN ({l..}, 1)",
        "SELECT a IN (1, {l..})",
        "SELECT a IN (({l..}))",
        "SELECT a IN (VALUES ({l..}))",
        "SELECT f({l..})",
        "INSERT INTO t VALUES ({l..})",
        "SELECT \"IN\"({l..})",
        "SELECT a IN ({l..}/*)*/, 2)",
    ] {
        assert_eq!(takes(text), Takes::List, "{text}");
    }
}

#[test]
fn unbalanced_parentheses_are_refused() {
    refused("SELECT (1", 8, "this `(` is never closed\n");
    refused("SELECT ((1)", 8, "this `(` is never closed");
    refused("SELECT (1; SELECT 2)", 8, "this `(` is never closed");
    refused("SELECT 1)", 9, "this `)` closes nothing\n");
    refused("SELECT (1))", 11, "this `)` closes nothing");
    unchanged("SELECT (1), '(', \"(\", [(] -- (\n/* ( */");
}

#[test]
fn a_second_statement_is_refused_where_it_begins() {
    for (text, at) in [
        ("SELECT 1; SELECT 2", 11),
        ("SELECT 1;-- a\n;2", 16),
        (";SELECT 1;;'a'", 12),
        ("SELECT {a}; {b}", 13),
        ("CREATE TABLE trigger_t(a); SELECT 2", 28),
        ("DROP TRIGGER t; SELECT 2", 17),
    ] {
        refused(text, at, "a second statement begins here");
    }
    for text in [
        "SELECT 1;; -- a\n /* b */ ;",
        ";; SELECT 1",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END",
        "EXPLAIN QUERY PLAN CREATE TEMPORARY TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;",
    ] {
        unchanged(text);
    }
}

#[test]
fn a_nul_is_refused() {
    refused("SELECT 'a\0b'", 10, "there is a NUL character");
    refused("\0", 1, "there is a NUL character");
}

#[test]
fn a_text_without_a_statement_is_refused() {
    for text in ["", " ", "\n\t\r\x0c", ";", " ; ; ", "-- a", "/* a */", "/**/;-- b\n ", "\u{feff}"]
    {
        let message = scan(text).unwrap_err().message(text);
        assert!(message.starts_with("there is no statement in this text"), "{message}");
    }
}

#[test]
fn every_text_is_read_to_its_end_without_a_panic() {
    let alphabet = ["{", "}", "'", "[", "]", "-", "/", "*", "é", "a", "?", ":", "..", "\n", "0"];
    let count = alphabet.len();
    for number in 0..count.pow(4) {
        let text: String =
            (0..4).map(|place| alphabet[number / count.pow(place) % count]).collect();
        match scan(&text) {
            Ok(template) => assert_eq!(template.pieces.len(), template.placeholders.len() + 1),
            Err(fault) => assert!(!fault.message(&text).is_empty()),
        }
    }
}
