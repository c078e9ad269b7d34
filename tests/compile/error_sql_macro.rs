//! What `sql!` refuses.

use headwater::sql;

fn main() {
    let id = 1;
    let text = "SELECT 1";
    let _ = sql!(text);
    let _ = sql!("SELECT * FROM t WHERE id = ?");
    let _ = sql!("SELECT * FROM t WHERE name = '{id}'");
    let _ = sql!("SELECT * FROM t WHERE id = {id");
    let _ = sql!("SELECT * FROM t WHERE id = {}");
    let _ = sql!("SELECT * FROM t", id);
    let _ = sql!("");
    let _ = sql!("SELECT * FROM t WHERE id = {idd}");
}
