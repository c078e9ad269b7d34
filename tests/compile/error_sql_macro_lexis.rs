//! What `sql!` finds in the structure of a text.

use headwater::sql;

fn main() {
    let id = 1;
    let _ = sql!("SELECT * FROM t WHERE name = 'it's'");
    let _ = sql!("SELECT max(id FROM t");
    let _ = sql!("SELECT id) FROM t WHERE id = {id}");
    let _ = sql!("SELECT 1 /* one");
    let _ = sql!("SELECT 1; DELETE FROM t");
    let _ = sql!("-- nothing but a comment");
    let _ = sql!("SELECT '\0'");
    let _ = sql!(concat!("SELECT ", "1"));
    let _ = sql!(
        "SELECT id
           FROM t
          WHERE id = :id"
    );
}
