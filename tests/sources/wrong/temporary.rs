//! Texts that are right on a connection with a TEMP table and an attached database.

fn texts() -> Vec<Statement> {
    vec![sql!("SELECT a FROM chosen"), sql!("SELECT a FROM other.chosen")]
}
