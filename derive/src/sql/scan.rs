//! The scanner: a text becomes literal pieces and the placeholders between them.
//!
//! It follows SQLite's tokenizer as far as to know what is quoted and what is a comment, because a
//! parameter in there would be text and never be bound.

use super::fault::Fault;
use super::lexis::{REGIONS, Region, is_name, is_white, name_length, skip_white};
use super::placeholder::{Placeholder, Takes};

/// A text taken apart. There is one piece more than there are placeholders.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) pieces: Vec<String>,
    pub(super) placeholders: Vec<Placeholder>,
}

/// Takes `text` apart.
pub(super) fn scan(text: &str) -> Result<Template, Fault> {
    if let Some(at) = text.find('\0') {
        return Err(Fault::at(
            at,
            "there is a NUL character in this text, and SQLite reads no further",
            "remove it, or bind it as a part of a value",
        ));
    }
    let mut scanner = Scanner {
        text,
        at: 0,
        piece: String::new(),
        template: Template { pieces: Vec::new(), placeholders: Vec::new() },
        open: Vec::new(),
        ended: None,
        words: Words::default(),
    };
    while let Some(next) = scanner.rest().chars().next() {
        scanner.step(next)?;
    }
    scanner.finish()
}

struct Scanner<'t> {
    text: &'t str,
    /// The byte of the text that is read next.
    at: usize,
    /// The piece since the last placeholder.
    piece: String,
    template: Template,
    /// Where the parentheses opened that are open.
    open: Vec<usize>,
    /// Where the first statement ended.
    ended: Option<usize>,
    words: Words,
}

/// What there is to know of the tokens before the one that is read.
#[derive(Default)]
struct Words {
    /// How many there were.
    count: usize,
    /// The statement makes something.
    create: bool,
    /// It is a trigger, which has statements inside.
    trigger: bool,
    /// The last one is IN.
    is_in: bool,
    /// The last two are IN and an opening parenthesis.
    is_in_open: bool,
    /// The two before the last one are.
    was_in_open: bool,
}

impl Words {
    /// Notes a token.
    fn note(&mut self, token: &str) {
        let is = |word: &str| token.eq_ignore_ascii_case(word);
        // EXPLAIN QUERY PLAN CREATE TEMPORARY TRIGGER is the longest way to begin one.
        self.create |= self.count < 4 && is("CREATE");
        self.trigger |= self.create && self.count < 6 && is("TRIGGER");
        self.was_in_open = self.is_in_open;
        self.is_in_open = self.is_in && token == "(";
        self.is_in = is("IN");
        self.count += 1;
    }
}

impl<'t> Scanner<'t> {
    /// Reads one token.
    fn step(&mut self, next: char) -> Result<(), Fault> {
        if let Some(region) = REGIONS.iter().find(|region| self.sees(region.open)) {
            if !region.comment {
                self.token(region.open)?;
            }
            return self.region(region);
        }
        if is_white(next) {
            self.copy(next.len_utf8());
            return Ok(());
        }
        if next == ';' {
            return self.end();
        }
        let length = if is_name(next) { name_length(self.rest()) } else { next.len_utf8() };
        self.token(self.rest().get(..length).unwrap_or_default())?;
        match next {
            '{' | '}' => return self.brace(),
            '?' | ':' | '@' | '$' => return self.sigil(next),
            '(' => self.open.push(self.at),
            ')' if self.open.pop().is_none() => {
                return Err(Fault::at(self.at, "this `)` closes nothing", "remove it"));
            }
            _ => {}
        }
        self.copy(length);
        Ok(())
    }

    /// Notes a token, which must be of the first statement.
    fn token(&mut self, token: &str) -> Result<(), Fault> {
        if self.ended.is_some() && !self.words.trigger {
            return Err(Fault::at(
                self.at,
                "a second statement begins here, and `sql!` makes one statement",
                "give it a `sql!` of its own; a script without values is run by `execute_batch(\"...\")`",
            ));
        }
        self.words.note(token);
        Ok(())
    }

    /// Reads the end of a statement; one that is empty ends nothing.
    fn end(&mut self) -> Result<(), Fault> {
        if let Some(open) = self.open.last() {
            return Err(unclosed(*open));
        }
        if self.words.count > 0 {
            self.ended.get_or_insert(self.at);
        }
        self.copy(1);
        Ok(())
    }

    fn finish(mut self) -> Result<Template, Fault> {
        if self.words.count == 0 {
            return Err(Fault::whole(
                "there is no statement in this text",
                "it is empty, or has nothing but comments and semicolons",
            ));
        }
        if let Some(open) = self.open.last() {
            return Err(unclosed(*open));
        }
        self.template.pieces.push(self.piece);
        Ok(self.template)
    }

    /// Reads quotes or a comment to their end.
    fn region(&mut self, region: &Region) -> Result<(), Fault> {
        let start = self.at;
        self.copy(region.open.len());
        while let Some(next) = self.rest().chars().next() {
            if self.sees(region.close) {
                self.copy(region.close.len());
                if !(region.doubled && self.sees(region.close)) {
                    return Ok(());
                }
                self.copy(region.close.len());
            } else if matches!(next, '{' | '}') {
                self.brace_inside(region)?;
            } else {
                self.copy(next.len_utf8());
            }
        }
        if region.ends_with_the_text {
            return Ok(());
        }
        Err(Fault::at(
            start,
            format!("this `{}` opens {} that is never closed", region.open, region.name),
            region.help,
        ))
    }

    /// Reads a brace inside quotes or a comment, where only literal ones make sense.
    fn brace_inside(&mut self, region: &Region) -> Result<(), Fault> {
        if self.literal_brace() {
            return Ok(());
        }
        let name = region.name;
        Err(if self.sees("}") {
            Fault::at(
                self.at,
                format!("this `}}` inside {name} closes nothing"),
                "write `}}` for a brace",
            )
        } else {
            Fault::at(
                self.at,
                format!(
                    "this `{{` stands inside {name}, where a placeholder would be text and never be bound"
                ),
                "put the placeholder outside, or write `{{` for a brace",
            )
        })
    }

    /// Reads a literal brace or a placeholder.
    fn brace(&mut self) -> Result<(), Fault> {
        if self.literal_brace() {
            return Ok(());
        }
        let written = self.placeholder()?;
        let mut placeholder = Placeholder::read(written, self.at)?;
        let end = self.at + written.len();
        if self.piece.ends_with(is_name) || self.starts_a_name(end) {
            return Err(Fault::at(
                self.at,
                format!("`{written}` touches a name or a number, and can be a part of neither"),
                "put white space between them; a whole name that is known at run time is `{name:ident}`",
            ));
        }
        let next = self.text.get(end..).unwrap_or_default();
        if (self.piece.is_empty() && !self.template.placeholders.is_empty())
            || (matches!(placeholder.takes, Takes::Name | Takes::Names)
                && (self.piece.ends_with('"') || next.starts_with('"')))
        {
            return Err(Fault::at(
                self.at,
                format!(
                    "`{written}` touches what stands beside it, and the two would be read as one"
                ),
                "put white space between them",
            ));
        }
        if placeholder.takes == Takes::List
            && self.words.was_in_open
            && skip_white(next).starts_with(')')
        {
            placeholder.takes = Takes::Choices;
        }
        self.template.pieces.push(std::mem::take(&mut self.piece));
        self.template.placeholders.push(placeholder);
        self.at = end;
        Ok(())
    }

    /// Reads a doubled brace as one; says whether there was one.
    fn literal_brace(&mut self) -> bool {
        let doubled = self.sees("{{") || self.sees("}}");
        if doubled {
            self.copy(1);
            self.at += 1;
        }
        doubled
    }

    /// The placeholder that opens here, with its braces.
    fn placeholder(&self) -> Result<&'t str, Fault> {
        let rest = self.rest();
        let Some(inside) = rest.strip_prefix('{') else {
            return Err(Fault::at(self.at, "this `}` closes nothing", "write `}}` for a brace"));
        };
        let unclosed = || Fault::at(self.at, "this `{` is never closed", "write `{{` for a brace");
        let length = inside.find(['{', '}']).ok_or_else(unclosed)?;
        rest.get(..length + 2).filter(|written| written.ends_with('}')).ok_or_else(unclosed)
    }

    /// Reads a character with which the database's own placeholders begin.
    fn sigil(&mut self, sigil: char) -> Result<(), Fault> {
        // A cast, as in `x::int`.
        if self.sees("::") {
            self.copy(2);
            return Ok(());
        }
        let after = self.rest().get(1..).unwrap_or_default();
        let name = name_length(after);
        if sigil == '?' || name > 0 {
            let own = self.rest().get(..=name).unwrap_or_default();
            return Err(Fault::at(
                self.at,
                format!(
                    "`{own}` is a placeholder of the database itself, which `sql!` does not bind"
                ),
                "write `{name}` to bind a variable or `{}` to bind an argument; a text with the database's \
                 placeholders goes through `headwater::sql(text)`",
            ));
        }
        if matches!(sigil, '$' | ':') && after.starts_with('{') && !after.starts_with("{{") {
            return Err(Fault::at(
                self.at,
                format!("this `{sigil}` is not a part of the placeholder after it"),
                format!("remove the `{sigil}`"),
            ));
        }
        self.copy(1);
        Ok(())
    }

    /// What is not read yet.
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn starts_a_name(&self, at: usize) -> bool {
        self.text.get(at..).is_some_and(|rest| rest.starts_with(is_name))
    }

    fn sees(&self, prefix: &str) -> bool {
        self.rest().starts_with(prefix)
    }

    /// Takes the next `length` bytes into the piece.
    fn copy(&mut self, length: usize) {
        let rest = self.rest();
        self.piece.push_str(rest.get(..length).unwrap_or(rest));
        self.at += length;
    }
}

#[cold]
fn unclosed(at: usize) -> Fault {
    Fault::at(at, "this `(` is never closed", "close it")
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            pieces("SELECT {a} + {} , ({ids..})-{0};"),
            ["SELECT ", " + ", " , (", ")-", ";"]
        );
        assert_eq!(pieces("SELECT é{{{a}}}é"), ["SELECT é{", "}é"]);
        assert_eq!(
            placeholders("SELECT {a} + {} , ({ids..})-{0};"),
            ["{a}", "{}", "{ids..}", "{0}"]
        );
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
        for text in
            ["", " ", "\n\t\r\x0c", ";", " ; ; ", "-- a", "/* a */", "/**/;-- b\n ", "\u{feff}"]
        {
            let message = scan(text).unwrap_err().message(text);
            assert!(message.starts_with("there is no statement in this text"), "{message}");
        }
    }

    #[test]
    fn every_text_is_read_to_its_end_without_a_panic() {
        let alphabet =
            ["{", "}", "'", "[", "]", "-", "/", "*", "é", "a", "?", ":", "..", "\n", "0"];
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
}
