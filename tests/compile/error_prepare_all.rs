//! What `prepare_all!` refuses.

use headwater::prepare_all;

fn main() {
    let (engine, folder) = (1, "src");
    let _ = prepare_all!();
    let _ = prepare_all!(&engine, folder);
    let _ = prepare_all!(&engine, "no_such_folder");
    let _ = prepare_all!(&engine, "/src");
}
