//! `export`: every format's bytes, exit codes, and how it is stopped.

use std::process::Command;

use crate::support::{example, run};

fn export() -> Command {
    Command::new(example("export"))
}

#[test]
fn without_arguments_it_explains_itself() {
    let ended = run(&mut export());

    assert_eq!(ended.code(), 0);
    assert!(ended.text().starts_with("export"), "{ended:?}");
}
