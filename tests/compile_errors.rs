//! What must not compile does not, and the compiler says why in words that help.

#[test]
fn what_must_not_compile_does_not() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile/what_compiles.rs");
    cases.compile_fail("tests/compile/error_*.rs");
}
