//! Keys of `#[value(...)]` that there are not, or that do not go together.

use headwater::Value;

#[derive(Value)]
#[value(text)]
enum Unknown {
    One,
}

#[derive(Value)]
#[value(rename = "one")]
enum Misplaced {
    One,
}

#[derive(Value)]
#[value(integer, rename_all = "lowercase")]
enum Both {
    One,
}

#[derive(Value)]
#[value(integer)]
enum Renamed {
    #[value(rename = "one")]
    One,
    #[value(integer)]
    Two,
    #[value(alias = "three")]
    Three,
}

#[derive(Value)]
#[value(integer)]
struct Newtype(#[value(rename = "id")] i64);

#[derive(Value)]
#[value(into = "i64")]
struct OneWay(i64);

#[derive(Value)]
#[value(try_from = "i64")]
enum Unstored {
    One,
}

#[derive(Value)]
#[value(try_from = "i64", integer)]
enum Twofold {
    One,
}

fn main() {}
