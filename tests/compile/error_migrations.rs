//! What `migrations!` refuses.

use headwater::migrations;

fn main() {
    let folder = "migrations";
    let _ = migrations!(folder);
    let _ = migrations!("migrations", 1);
    let _ = migrations!("no_such_folder");
    let _ = migrations!("/migrations");
    let _ = migrations!("");
}
