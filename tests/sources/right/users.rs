//! Sources that the tests of `prepare_all!` read: no crate compiles them.

fn texts(id: i64, ids: &[i64], table: &str) -> Vec<Statement> {
    vec![
        sql!("SELECT name FROM t WHERE id = {id}"),
        sql!("DELETE FROM t WHERE id IN ({ids..}) OR name = {}", "nobody"),
        sql!("SELECT * FROM {table:ident}"),
        // prepare_all: skip, it reads a TEMP table.
        sql!("SELECT * FROM chosen"),
    ]
}
