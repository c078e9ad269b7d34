//! What cannot be stored in one column.

use headwater::Value;

#[derive(Value)]
struct Unit;

#[derive(Value)]
struct Point(f64, f64);

#[derive(Value)]
struct Named {
    x: f64,
    y: f64,
    z: f64,
}

#[derive(Value)]
union Bits {
    number: i64,
    real: f64,
}

#[derive(Value)]
enum Empty {}

#[derive(Value)]
enum Shape {
    Circle(f64),
    Square { side: f64 },
    Nothing,
}

#[derive(Value)]
enum Twice {
    One,
    #[value(rename = "One")]
    Two,
}

#[derive(Value)]
#[value(integer)]
enum Numbers {
    One = 1,
    Two = 1,
}

#[derive(Value)]
#[value(integer)]
#[repr(u64)]
enum Large {
    Most = 0xffff_ffff_ffff_ffff,
}

fn main() {}
