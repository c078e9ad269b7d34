//! The example `orm`: its tour ends by itself and tells what has come about at each stop.

use std::process::Command;

use crate::support::{Ended, example, run};

fn orm(arguments: &[&str]) -> Ended {
    run(Command::new(example("orm")).args(arguments))
}

/// A report whose figures are found by their labels.
struct Report(String);

impl Report {
    /// The figures behind a label, in their order.
    fn figures(&self, label: &str) -> Vec<&str> {
        let label = format!("  {label}  ");
        self.0.lines().filter_map(|line| Some(line.strip_prefix(&label)?.trim())).collect()
    }

    fn has(&self, words: &str) -> bool {
        self.0.contains(words)
    }
}

#[test]
fn the_tour_tells_what_has_come_about_at_each_stop() {
    let ended = orm(&["2000"]);

    assert_eq!((ended.code(), ended.stderr.as_str()), (0, ""), "{}", ended.text());
    let report = Report(ended.text().to_owned());
    let expected = [
        ("database and entities", "nothing differs"),
        ("to be inserted", "2"),
        ("to be updated", "1"),
        ("to be deleted", "1"),
        ("columns that are written of \"Dracula\"", "price"),
        ("\"Middlemarch\" before", "Pending, with the key 0"),
        ("\"Middlemarch\" after", "Clean, with the key 13"),
        ("\"The Lair of the White Worm\" is", "Gone"),
        ("asked for by its key, the same object", "true"),
        ("the web has sold two, and left", "9"),
        ("the till would write a stock of", "10"),
        ("read again and sold, it has left", "8"),
        ("sold by transaction_retry, it has left", "7"),
        ("2 of \"Dracula\"", "ordered, 6 left"),
        ("4 of \"The Invisible Man\"", "undone, 1 left as before"),
        ("lines of the order that was committed", "2"),
        ("customers without any order", "1"),
        ("customers made", "2,000"),
        ("orders made", "3,000"),
        ("customers streamed, each with their orders", "2,007"),
        ("collected instead, customers in a Vec", "2,007"),
    ];
    for (label, figure) in expected {
        assert_eq!(report.figures(label), [figure], "{label}: {}", report.0);
    }
    assert!(report.has("refused: `Book` (table `books`): the row was changed or deleted"));
    assert!(report.has("refused: \"Emma\" cannot be sold for 0.00"));
    assert!(report.has("Emma: 10.90 -> 11.90"));
    assert_eq!(report.figures("memory that it took at the most").len(), 2);
}

#[test]
fn what_it_does_not_understand_it_says_on_standard_error() {
    for arguments in [vec!["many"], vec!["-1"], vec!["1", "2"]] {
        let ended = orm(&arguments);

        assert_eq!((ended.code(), ended.text()), (2, ""), "{arguments:?}");
        assert_eq!(ended.stderr, "usage: orm [NUMBER OF CUSTOMERS]\n");
    }
}
