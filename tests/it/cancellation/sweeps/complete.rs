//! That no future and no stream is left out: the sources are read for all there are, and each has to be
//! named by a sweep. Who adds one adds its sweep.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{
    bulk, ends, engine, group, migrations, relations, results, terminals, transactions, writes,
};

/// All that is swept.
fn swept() -> BTreeSet<String> {
    let held = super::super::held::SWEPT;
    #[cfg(feature = "orm")]
    let (schema, sessions) = (super::schema::SWEPT, super::sessions::SWEPT);
    #[cfg(not(feature = "orm"))]
    let (schema, sessions): (&[_], &[_]) = (&[], &[]);
    let sweeps = [
        bulk::SWEPT,
        ends::SWEPT,
        engine::SWEPT,
        group::SWEPT,
        held,
        migrations::SWEPT,
        relations::SWEPT,
        results::SWEPT,
        schema,
        sessions,
        terminals::SWEPT,
        transactions::SWEPT,
        writes::SWEPT,
    ];
    sweeps.iter().copied().flatten().copied().flatten().map(|name| (*name).to_owned()).collect()
}

/// What the sources say, as far as it matters here.
#[derive(Debug, Default)]
struct Found {
    /// Types that are futures, become one, or are streams.
    types: BTreeSet<String>,
    /// Public functions with the type they belong to and the type they return; of an async one, "async".
    functions: Vec<(String, String, String)>,
    /// Types that call a macro in their `impl`, by the macro's name.
    calls: BTreeMap<String, BTreeSet<String>>,
    /// The macros that have functions.
    macros: BTreeSet<String>,
    /// The public traits.
    traits: BTreeSet<String>,
}

impl Found {
    fn read(&mut self, text: &str) {
        let mut of = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let code = line.trim_start();
            if code.starts_with("#[cfg(test)]") {
                return;
            }
            if line.starts_with("impl") {
                of = self.implemented(line);
            } else if let Some(name) = line.strip_prefix("macro_rules! ") {
                of = format!("{}!", word(name));
                self.macros.insert(of.clone());
            } else if let Some(name) = line.strip_prefix("pub trait ") {
                of = word(name).to_owned();
                self.traits.insert(of.clone());
            } else if line == "}" {
                of.clear();
            } else if let Some(name) = code.strip_suffix("!();") {
                self.calls.entry(format!("{name}!")).or_default().insert(of.clone());
            }
            let of_trait = self.traits.contains(&of) && code.starts_with("fn ");
            if code.starts_with("pub fn ") || code.starts_with("pub async fn ") || of_trait {
                let mut signature = code.to_owned();
                while !signature.ends_with('{') && !signature.ends_with(';') {
                    signature.push(' ');
                    signature.push_str(lines.next().unwrap().trim());
                }
                self.function(&of, &signature);
            }
        }
    }

    /// Reads the head of an `impl`: the type it is of.
    fn implemented(&mut self, line: &str) -> String {
        let head = without_generics(line.strip_prefix("impl").unwrap());
        let head = head.split(" where").next().unwrap().trim_end_matches(['{', ' ']).trim();
        let (what, of) = head.split_once(" for ").unwrap_or(("", head));
        let of = word(of.trim());
        if ["Future", "IntoFuture", "Stream"].contains(&what.trim()) {
            self.types.insert(of.to_owned());
        }
        of.to_owned()
    }

    fn function(&mut self, of: &str, signature: &str) {
        let name = word(signature.split_once("fn ").unwrap().1).to_owned();
        let head = signature.split(" where ").next().unwrap_or(signature);
        let returned = match signature.starts_with("pub async fn ") {
            true => "async",
            false => head.rsplit_once("-> ").map_or("", |(_, returned)| returned),
        };
        self.functions.push((of.to_owned(), name, returned.to_owned()));
    }

    /// Every public function whose answer has to be awaited, and every public type of that kind.
    fn names(&self, public: &BTreeSet<String>) -> BTreeSet<String> {
        let waits = |returned: &str| {
            let last = returned.split([':', '<', ' ']).filter(|part| !part.is_empty());
            let mut parts = last.peekable();
            let known = ["async", "Future", "Stream", "Next", "TryNext"];
            parts.any(|part| known.contains(&part) || self.types.contains(part))
        };
        let mut names: BTreeSet<_> = self.types.intersection(public).cloned().collect();
        for (of, name, _) in self.functions.iter().filter(|(.., returned)| waits(returned)) {
            let users = self.calls.get(of).cloned().unwrap_or_else(|| [of.clone()].into());
            let users = users.iter().filter(|user| public.contains(*user));
            names.extend(users.map(|user| format!("{user}::{name}")));
        }
        names
    }
}

/// The identifier that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// A text without what stands in angle brackets.
fn without_generics(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::new();
    let mut last = ' ';
    for c in text.chars() {
        match c {
            '<' => depth += 1,
            '>' if last != '-' => depth -= 1,
            _ if depth == 0 => kept.push(c),
            _ => {}
        }
        last = c;
    }
    kept
}

/// The names that the crate gives out, at its root and in its modules.
fn public(library: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let library = library.replace("\n    pub use ", "\npub use ");
    let uses = library.split("\npub use ").skip(1).filter_map(|rest| rest.split(';').next());
    for list in uses {
        let words = list.split(|c: char| !c.is_alphanumeric() && c != '_');
        names.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }
    names
}

fn read_folder(folder: &Path, found: &mut Found) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.read(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_public_future_and_stream_is_swept() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Found::default();
    read_folder(&sources, &mut found);
    let public = public(&std::fs::read_to_string(sources.join("lib.rs")).unwrap());

    let there_are = found.names(&public);
    let swept = swept();

    let missing: Vec<_> = there_are.difference(&swept).collect();
    let unknown: Vec<_> = swept.difference(&there_are).collect();
    assert!(missing.is_empty(), "no sweep names these: {missing:?}");
    assert!(unknown.is_empty(), "a sweep names these, which are not there: {unknown:?}");
    println!("{} public futures, streams and functions that give one", there_are.len());
}

#[test]
fn what_has_to_be_awaited_is_found_where_it_stands() {
    let mut found = Found::default();
    found.read(
        "impl<T: Fn() -> bool> Engine<T> {
    pub async fn open(&self) -> Result<()> {
    }
    pub fn long<F>(
        &self,
        call: F,
    ) -> impl Future<Output = ()> + Send
    where
        F: Send,
    {
    }
    pub fn plain(&self) -> usize {
    }
    pub(crate) fn hidden(&self) -> Rows {
    }
    pub fn rows(&self) -> Rows<T> {
    }
    methods!();
}
impl<T> Stream for Rows<T> {
}
macro_rules! methods {
    () => {
        pub fn next(&mut self) -> Next<'_, Self> {
        }
    };
}
pub trait Runs: Send {
    fn run(&self) -> Rows<u8>;
}
",
    );
    let public = ["Engine", "Rows", "Runs"].map(str::to_owned).into();

    let names: Vec<_> = found.names(&public).into_iter().collect();

    let expected =
        ["Engine::long", "Engine::next", "Engine::open", "Engine::rows", "Rows", "Runs::run"];
    assert_eq!(names, expected);
}
