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
mod tests;
