//! What `sql!` says of names, fragments and lists.

use headwater::sql;

fn main() {
    let (name, list) = ("a", ["id = 1"]);
    let _ = sql!("SELECT {name:id} FROM t");
    let _ = sql!("SELECT * FROM t_{name:ident}");
    let _ = sql!("SELECT {name:ident}{name:ident}");
    let _ = sql!("SELECT {list..:sql}");
    let _ = sql!("SELECT {0:ident} FROM t WHERE id = {0}", name);
    let _ = headwater::prepare_all!(&name, "nowhere");
}
