//! Where a source calls `sql!`, and with which text.

use super::tokens::{Kind, Token, tokens};
use crate::sql::outline;

/// What a source file has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) calls: Vec<Call>,
    /// The modules in files of their own that are compiled for tests alone.
    pub(super) test_modules: Vec<String>,
}

/// One call of `sql!`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The line of its name, counted from 1.
    pub(super) line: usize,
    /// The text that can be prepared, or why there is none.
    pub(super) text: Result<String, &'static str>,
}

/// What leaves a call out, in a comment on its line or alone on the line before.
const SKIP: &str = "prepare_all: skip";

/// Finds the calls in a source. What is compiled for tests alone is left out.
pub(super) fn read(source: &str) -> Source {
    let all = tokens(source);
    let skips = skipped(source, &all);
    let code: Vec<Token> = all.into_iter().filter(|token| token.kind != Kind::Comment).collect();
    let mut reader = Reader { source, code: &code, found: Source::default() };
    while let Some(token) = reader.code.first() {
        reader.step(token, &skips);
    }
    reader.found
}

/// The lines whose calls a comment leaves out: the one that it shares with code, or else the next.
fn skipped(source: &str, all: &[Token]) -> Vec<usize> {
    let mut lines = Vec::new();
    for (place, comment) in all.iter().enumerate() {
        let asks = source.get(comment.at.clone()).is_some_and(|text| text.contains(SKIP));
        if comment.kind != Kind::Comment || !asks {
            continue;
        }
        let is_code = |token: &&Token| token.kind != Kind::Comment;
        let before = all.iter().take(place).rfind(is_code);
        let after = all.iter().skip(place).find(is_code);
        let (first, last) = (line(source, comment.at.start), line(source, comment.at.end));
        let behind_code = before.is_some_and(|token| line(source, token.at.end) == first);
        let before_code = after.is_some_and(|token| line(source, token.at.start) == last);
        lines.push(match (behind_code, before_code) {
            (true, _) => first,
            (false, true) => last,
            (false, false) => last + 1,
        });
    }
    lines
}

struct Reader<'s> {
    source: &'s str,
    /// What is not read yet.
    code: &'s [Token],
    found: Source,
}

impl<'s> Reader<'s> {
    fn step(&mut self, first: &Token, skips: &[usize]) {
        if self.sees(&["#", "[", "cfg", "(", "test", ")", "]"]) {
            self.skip(7);
            return self.item();
        }
        let opens = ["(", "[", "{"].iter().any(|open| self.sees(&["sql", "!", open]));
        if !opens {
            return self.skip(1);
        }
        let line = line(self.source, first.at.start);
        let text = if skips.contains(&line) { Err("a comment says so") } else { self.text() };
        self.found.calls.push(Call { line, text });
        self.skip(3);
    }

    /// The text of the call that is read.
    fn text(&self) -> Result<String, &'static str> {
        let written = self.code.get(3).filter(|token| token.kind == Kind::Text);
        let literal = written.and_then(|token| self.source.get(token.at.clone()));
        let ends = self.code.get(4).is_some_and(|token| {
            matches!(self.source.get(token.at.clone()), Some("," | ")" | "]" | "}"))
        });
        let literal =
            literal.filter(|_| ends).and_then(|text| syn::parse_str::<syn::LitStr>(text).ok());
        let literal = literal.ok_or("its text does not stand here: it is given to a macro")?;
        outline(&literal.value())
    }

    /// Passes over one item, with its attributes.
    fn item(&mut self) {
        while self.sees(&["#", "["]) {
            self.skip(1);
            self.group();
        }
        if let Some(name) = self.module_in_a_file() {
            self.found.test_modules.push(name);
        }
        let is_item = self.begins_an_item();
        let mut depth = 0_usize;
        while let Some(token) = self.code.first() {
            let text = self.source.get(token.at.clone()).unwrap_or_default();
            // A field, an argument or an arm ends where what it stands in does, or at a comma.
            if depth == 0 && (matches!(text, ")" | "]" | "}") || (text == "," && !is_item)) {
                return;
            }
            self.skip(1);
            match text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" => depth -= 1,
                "}" => {
                    depth -= 1;
                    // The pattern of an arm may end so, and the arm goes on.
                    if depth == 0 && !self.sees(&["=", ">"]) {
                        return;
                    }
                }
                ";" if depth == 0 => return,
                _ => {}
            }
        }
    }

    /// Passes over what stands between a bracket and the one that closes it.
    fn group(&mut self) {
        let mut depth = 0_usize;
        while let Some(token) = self.code.first() {
            match self.source.get(token.at.clone()).unwrap_or_default() {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.skip(1);
            if depth == 0 {
                return;
            }
        }
    }

    /// The name of the module that stands here, however visible, if it has a file of its own.
    fn module_in_a_file(&self) -> Option<String> {
        let mut here = Reader { source: self.source, code: self.code, found: Source::default() };
        if here.sees(&["pub"]) {
            here.skip(1);
            if here.sees(&["("]) {
                here.group();
            }
        }
        let [module, name, end, ..] = here.code else {
            return None;
        };
        let text = |token: &Token| self.source.get(token.at.clone());
        let is_one = text(module) == Some("mod") && text(end) == Some(";");
        text(name).filter(|_| is_one).map(|name| name.trim_start_matches("r#").to_owned())
    }

    /// Whether an item or a statement stands here, which has commas of its own.
    fn begins_an_item(&self) -> bool {
        const WORDS: [&str; 17] = [
            "async",
            "const",
            "enum",
            "extern",
            "fn",
            "impl",
            "let",
            "macro_rules",
            "mod",
            "pub",
            "static",
            "struct",
            "trait",
            "type",
            "union",
            "unsafe",
            "use",
        ];
        WORDS.iter().any(|word| self.sees(&[word]))
    }

    fn sees(&self, words: &[&str]) -> bool {
        let code = self.code.iter().map(|token| self.source.get(token.at.clone()));
        words.len() <= self.code.len()
            && words.iter().zip(code).all(|(word, code)| code == Some(word))
    }

    fn skip(&mut self, tokens: usize) {
        self.code = self.code.get(tokens..).unwrap_or_default();
    }
}

/// The line of a place, counted from 1.
fn line(source: &str, at: usize) -> usize {
    source.get(..at).unwrap_or(source).matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<(usize, Result<String, &'static str>)> {
        read(source).calls.into_iter().map(|call| (call.line, call.text)).collect()
    }

    #[track_caller]
    fn one(source: &str, line: usize, text: &str) {
        assert_eq!(found(source), [(line, Ok(text.to_owned()))], "{source}");
    }

    #[test]
    fn calls_are_found_however_they_are_written() {
        one("sql!(\"SELECT 1\")", 1, "SELECT 1");
        one("\n\n  x.query(headwater::sql![\n \"SELECT {a}\"\n])", 3, "SELECT ?1");
        one("::headwater::sql ! { \"SELECT 1\" , }", 1, "SELECT 1");
        one("$crate::sql!(\"SELECT {}\", $a + 1)", 1, "SELECT ?1");
        one("sql!(r#\"SELECT \"a\"\"#)", 1, "SELECT \"a\"");
        one("sql!(/* a */ \"SELECT \\\n   1\" /* b */)", 1, "SELECT 1");
        one("assert!(f(sql!(\"SELECT '\\u{e9}'\")))", 1, "SELECT 'é'");
        one("let c = '\"'; sql!(\"SELECT 1\")", 1, "SELECT 1");
    }

    #[test]
    fn calls_in_strings_and_comments_are_none() {
        for source in [
            "\"sql!(\\\"SELECT 1\\\")\"",
            "r#\"sql!(\"SELECT 1\")\"#",
            "/// sql!(\"SELECT 1\")\n/* sql!(\"SELECT 1\") */",
            "//! sql!(\"SELECT 1\")",
            "mysql!(\"SELECT 1\")",
            "sql(\"SELECT 1\")",
            "sql != (\"SELECT 1\")",
            "macro_rules! sql { () => {} }",
            "r#sql!(\"SELECT 1\")",
        ] {
            assert_eq!(found(source), [], "{source}");
        }
    }

    #[test]
    fn a_text_that_stands_elsewhere_is_told_of() {
        for source in
            ["sql!($text)", "sql!($text, a)", "sql!(concat!(\"a\"))", "sql!()", "sql!(\"a\" b)"]
        {
            let calls = found(source);
            assert_eq!(calls.len(), 1, "{source}");
            assert!(calls[0].1.as_ref().unwrap_err().contains("given to a macro"), "{source}");
        }
    }

    #[test]
    fn a_comment_leaves_a_call_out() {
        let skipped = Err("a comment says so");

        assert_eq!(found("sql!(\"SELECT 1\") // prepare_all: skip"), [(1, skipped.clone())]);
        assert_eq!(
            found("// prepare_all: skip, it reads a TEMP table\nsql!(\"SELECT 1\")"),
            [(2, skipped)]
        );
        assert_eq!(found("/* prepare_all: skip */ sql!(\"A\")"), [(1, Err("a comment says so"))]);
        assert!(found("// prepare_all: skip\n\nsql!(\"SELECT 1\")")[0].1.is_ok());
        assert!(found("\"prepare_all: skip\"; sql!(\"SELECT 1\")")[0].1.is_ok());
    }

    #[test]
    fn a_comment_behind_code_leaves_out_nothing_on_the_next_line() {
        for before in ["sql!(\"SELECT 1\");", "f();", "x, /* a */"] {
            for comment in
                ["// prepare_all: skip", "/* prepare_all: skip */", "/* prepare_all:\n skip */"]
            {
                let calls = found(&format!("{before} {comment}\nsql!(\"SELECT 2\")"));

                let last = calls.last().unwrap();
                assert_eq!(last.1.as_deref(), Ok("SELECT 2"), "{before} {comment}");
            }
        }
        let calls = found("/* prepare_all: skip */ sql!(\"SELECT 1\");\nsql!(\"SELECT 2\")");
        assert!(calls[0].1.is_err() && calls[1].1.is_ok());
    }

    #[test]
    fn no_more_is_left_out_than_what_is_for_tests() {
        for source in [
            "match a {\n #[cfg(test)] A(x, y) => f(x, y),\n _ => sql!(\"SELECT 2\"), }",
            "match a {\n #[cfg(test)] A => { sql!(\"SELECT 1\") }\n _ => sql!(\"SELECT 2\"), }",
            "match a {\n #[cfg(test)] A { b, .. } => f(sql!(\"SELECT 1\")),\n _ => sql!(\"SELECT 2\"), }",
            "fn f(#[cfg(test)] a: A, b: B)\n\n { sql!(\"SELECT 2\") }",
            "fn f(a: A, #[cfg(test)] b: B)\n\n { sql!(\"SELECT 2\") }",
            "struct A {\n #[cfg(test)] a: u8 }\n fn f() { sql!(\"SELECT 2\") }",
            "struct A {\n #[cfg(test)] pub a: B<C, D>, b: u8, }\n fn f() { sql!(\"SELECT 2\") }",
            "A { #[cfg(test)]\n a: sql!(\"SELECT 1\"),\n b: sql!(\"SELECT 2\") }",
            "f(#[cfg(test)]\n sql!(\"SELECT 1\"),\n sql!(\"SELECT 2\"))",
            "enum A { #[cfg(test)]\n B }\n const C: S = sql!(\"SELECT 2\");",
            "#[cfg(test)]\n fn f<A, B>(a: [u8; 2], b: B) { sql!(\"SELECT 1\") }\n sql!(\"SELECT 2\")",
        ] {
            one(source, 3, "SELECT 2");
        }
    }

    #[test]
    fn what_is_for_tests_alone_is_left_out() {
        one(
            "#[cfg(test)]\n#[allow(x)]\nmod tests { fn f() { sql!(\"SELECT 1\"); } }\nsql!(\"SELECT 2\")",
            4,
            "SELECT 2",
        );
        one("#[cfg(test)] use a::{b, c};\nsql!(\"SELECT 2\")", 2, "SELECT 2");
        one("#[cfg(test)] const A: [u8; 2] = [1, 2]; sql!(\"SELECT 2\")", 1, "SELECT 2");
        one("#[cfg(unix)] fn f() { sql!(\"SELECT 2\") }", 1, "SELECT 2");
    }

    #[test]
    fn a_module_for_tests_may_be_visible_and_have_other_attributes() {
        for head in [
            "#[cfg(test)]\n",
            "#[cfg(test)] pub ",
            "#[cfg(test)] pub(crate) ",
            "#[cfg(test)] pub(in crate::a) ",
            "#[cfg(test)]\n#[allow(dead_code, reason = \"]\")]\n",
            "#[allow(dead_code)]\n#[cfg(test)]\n#[doc(hidden)] #[rustfmt::skip] pub(super) ",
        ] {
            assert_eq!(read(&format!("{head}mod checks;")).test_modules, ["checks"], "{head}");
        }
        assert!(read("pub(crate) mod checks;").test_modules.is_empty());
        assert!(read("#[cfg(test)] pub(crate) mod checks {}").test_modules.is_empty());
    }
}
