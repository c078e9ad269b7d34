//! The documents: what is in `docs/` is part of the crate's documentation, and links lead somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Every Markdown file under a folder, by its path from the folder of the package.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let path = folder.join(entry.unwrap().file_name());
        if root().join(&path).is_dir() {
            found.extend(documents(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// All documents: those of the guide, and those at the top.
fn all() -> Vec<PathBuf> {
    let top =
        std::fs::read_dir(root()).unwrap().map(|entry| PathBuf::from(entry.unwrap().file_name()));
    let mut all: Vec<_> =
        top.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    all.extend(documents(Path::new("docs")));
    assert!(all.len() > 10);
    all
}

/// A text without its blocks of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// The targets of the links in a line: what stands in parentheses after a bracket.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// The names under which the headings of a text can be linked to.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).filter_map(|line| line.strip_prefix('#'));
    let anchor = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_document_is_part_of_the_documentation() {
    let library = read(Path::new("src/lib.rs"));
    let documents = documents(Path::new("docs"));

    assert!(documents.len() >= 10, "{documents:?}");
    for document in documents {
        let include = format!("include_str!(\"../{}\")", document.display());
        assert!(library.contains(&include), "src/lib.rs does not have {include}");
    }
}

#[test]
fn relative_links_lead_to_files_and_headings_that_are_there() {
    let mut followed = 0;
    for document in all() {
        let text = read(&document);
        for link in prose(&text).flat_map(links) {
            // A path of Rust is rustdoc's to check, an address nobody's.
            if link.contains("://")
                || link.contains("::")
                || link.contains('@')
                || link.starts_with("crate")
            {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => document.clone(),
                path => document.parent().unwrap().join(path),
            };
            assert!(root().join(&target).exists(), "{}: {link}", document.display());
            if !anchor.is_empty() {
                assert!(anchors(&read(&target)).contains(anchor), "{}: {link}", document.display());
            }
            followed += 1;
        }
    }

    assert!(followed > 50, "{followed}");
}

#[test]
fn the_readme_names_every_chapter_and_stays_short() {
    let readme = read(Path::new("README.md"));

    assert!(readme.lines().count() < 200);
    // The manuals of the macros are found at the macros.
    let chapters =
        documents(Path::new("docs")).into_iter().filter(|path| !path.starts_with("docs/macros"));
    for document in chapters {
        let link = format!("]({})", document.display());
        assert!(readme.contains(&link), "the README has no link {link}");
    }
}

/// The kinds and the statuses of a table's rows: its first column has the kinds, its last the status.
fn statuses(text: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, kinds, .., status, _] = cells.as_slice() else {
            continue;
        };
        let Some(status) = status.get(..3).filter(|status| status.parse::<u16>().is_ok()) else {
            continue;
        };
        let names = kinds.split('`').skip(1).step_by(2);
        found.extend(names.map(|name| (name.to_owned(), status.to_owned())));
    }
    found
}

#[test]
fn the_statuses_of_the_guide_are_those_of_the_kinds() {
    let kinds = read(Path::new("src/error/kind.rs")).replace("/// |", "|");
    let known = statuses(&kinds);
    let told = statuses(&read(Path::new("docs/guide/web.md")));

    assert!(known.len() > 25 && told.len() > 10, "{known:?} {told:?}");
    assert!(told.is_subset(&known), "{:?}", told.difference(&known).collect::<Vec<_>>());
    // What the chapter passes over is what it calls everything else.
    let rest: Vec<_> = known.difference(&told).filter(|(_, status)| status != "500").collect();
    assert_eq!(rest, Vec::<&(String, String)>::new());
}

#[test]
fn every_recipe_of_the_cookbook_has_code_and_an_assertion() {
    let cookbook = read(Path::new("docs/cookbook.md"));
    let recipes: Vec<&str> = cookbook.split("\n## ").skip(1).collect();

    assert!(recipes.len() >= 25, "{}", recipes.len());
    for recipe in recipes {
        let name = recipe.lines().next().unwrap();
        assert!(recipe.contains("\n```rust\n"), "{name}");
        assert!(recipe.contains("assert"), "{name}");
    }
}

#[test]
fn links_and_anchors_are_found_where_they_stand() {
    let found: Vec<&str> = links("[a](b.md) and [c](#d-e), [`f`](crate::f)").collect();

    assert_eq!(found, ["b.md", "#d-e", "crate::f"]);
    assert_eq!(anchors("# A `b`, c!\n```\n# no\n```\n"), ["a-b-c".to_owned()].into());
}
