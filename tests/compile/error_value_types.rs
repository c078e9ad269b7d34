//! Newtypes and conversions of types that do not have what it takes.

use headwater::Value;

struct Plain;

#[derive(Value)]
struct Newtype(Plain);

#[derive(Value)]
#[value(try_from = "i64")]
struct Checked(i64);

fn main() {}
