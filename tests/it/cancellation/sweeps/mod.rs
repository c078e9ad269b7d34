//! Cases 1, 2 and 10: a drop at every await of every public future and stream, and the proof that none is
//! left out.

#[cfg(feature = "orm")]
mod bulk;
mod complete;
mod ends;
mod engine;
mod group;
mod migrations;
#[cfg(all(feature = "macros", feature = "orm"))]
mod relations;
mod results;
#[cfg(feature = "orm")]
mod schema;
#[cfg(feature = "orm")]
mod sessions;
mod terminals;
mod transactions;
mod writes;

use super::sweep::ROWS;

const SOME: &str = "SELECT id, name FROM t";
const INSERT: &str = "INSERT INTO t(name) VALUES ('new')";
const INTO: &str = "INSERT INTO t(name) VALUES (?)";
const UNTOUCHED: &[i64] = &[ROWS];
const ONE_MORE: &[i64] = &[ROWS, ROWS + 1];
/// A thousand rows: several messages, all or none.
const MANY: &[i64] = &[ROWS, ROWS + 1_000];

/// The rows of parameters for many.
fn thousand() -> impl Iterator<Item = [i64; 1]> + Send {
    (0..1_000).map(|n| [n])
}
