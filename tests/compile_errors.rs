//! What must not compile does not, and the compiler says why in words that help.
//!
//! The words around ours are the compiler's own and change between its versions: those of the version
//! that the package states as its oldest are expected, and another one's are not looked at.

use std::process::Command;

#[test]
fn what_must_not_compile_does_not() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap().stdout;
    let expected = concat!("rustc ", env!("CARGO_PKG_RUST_VERSION"), ".");
    let cases = trybuild::TestCases::new();

    cases.pass("tests/compile/what_compiles.rs");
    if version.starts_with(expected.as_bytes()) {
        cases.compile_fail("tests/compile/error_*.rs");
        if cfg!(feature = "json") {
            cases.compile_fail("tests/compile/json_*.rs");
        } else {
            cases.compile_fail("tests/compile/without_json_*.rs");
        }
    }
}
