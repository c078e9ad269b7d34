//! Sources that the tests of `prepare_all!` read: no crate compiles them.

fn texts(id: i64) -> Vec<Statement> {
    vec![
        sql!("SELECT id FROM t"),
        sql!("SELECT nme FROM t WHERE id = {id}"),
        sql!("INSERT INTO missing VALUES ({id})"),
    ]
}

fn more(ids: &[i64]) -> Statement {
    headwater::sql!(
        r#"UPDATE t
           SET name = 'a'
           WHRE id IN ({ids..})"#
    )
}
