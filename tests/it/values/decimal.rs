//! Decimals: text, exact and with their scale.

use std::str::FromStr;

use headwater::Value;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{column, misfit, read, store, stored, text};
use crate::support::{holds_for_any, run, watched};

fn decimal(text: &str) -> Decimal {
    Decimal::from_str(text).unwrap()
}

#[test]
fn a_decimal_is_stored_as_text_with_its_scale() {
    run(async {
        let engine = column("TEXT").await;
        for number in [
            "0",
            "1.10",
            "0.00",
            "-0.01",
            "79228162514264337593543950335",
            "0.0000000000000000000000000001",
        ] {
            store(&engine, decimal(number)).await;
            assert_eq!(stored::<Value>(&engine).await, text(number));
            let read = stored::<Decimal>(&engine).await;
            assert_eq!(read.to_string(), number);
            assert_eq!(stored::<Option<Decimal>>(&engine).await, Some(read));
        }
    });
}

#[test]
fn a_decimal_is_read_from_integers() {
    run(async {
        let engine = column("").await;

        assert_eq!(read::<Decimal>(&engine, "-7").await, decimal("-7"));
        assert_eq!(read::<Decimal>(&engine, "9223372036854775807").await, Decimal::from(i64::MAX));
    });
}

#[test]
fn a_decimal_of_15_digits_survives_a_column_that_makes_a_real_of_it() {
    run(async {
        for declared in ["DECIMAL(10, 2)", "NUMERIC", "REAL"] {
            let engine = column(declared).await;
            for number in ["1.10", "0.1", "-12345678901234.5", "7.00", "0.000000123"] {
                store(&engine, decimal(number)).await;
                assert_eq!(stored::<Decimal>(&engine).await, decimal(number), "{declared}");
            }
        }
    });
}

#[test]
fn a_real_of_more_than_15_digits_is_refused() {
    run(async {
        let engine = column("DECIMAL").await;

        let told = misfit::<Decimal>(&engine, "0.1 + 0.2").await;
        assert!(told.starts_with("REAL does not fit Decimal: it is not the REAL of one decimal"));
        assert!(told.contains("declare the column as TEXT"), "{told}");
        misfit::<Decimal>(&engine, "9e999").await;
        misfit::<Decimal>(&engine, "1e30").await;
        store(&engine, decimal("99999999999999999999")).await;
        misfit::<Decimal>(&engine, "x FROM t").await;
        store(&engine, decimal("0.1234567890123456789")).await;
        misfit::<Decimal>(&engine, "x FROM t").await;
    });
}

#[test]
fn a_text_that_is_no_decimal_or_too_long_for_one_is_an_error() {
    run(async {
        let engine = column("").await;
        for none in [
            "''",
            "'hunter2'",
            "'1,5'",
            "'1e3'",
            "'1_000'",
            "'79228162514264337593543950336'",
            "'0.00000000000000000000000000001'",
        ] {
            let told = misfit::<Decimal>(&engine, none).await;
            assert!(
                told.starts_with("TEXT does not fit Decimal: the text is no decimal"),
                "{told}"
            );
        }
        assert_eq!(misfit::<Decimal>(&engine, "x'31'").await, "BLOB cannot be read as Decimal");
        assert!(misfit::<Decimal>(&engine, "NULL").await.ends_with("read it as an Option"));
    });
}

#[test]
fn the_order_of_the_texts_is_not_that_of_the_numbers() {
    run(async {
        let engine = column("TEXT").await;
        let rows = ["9", "10"].map(|number| (decimal(number),));
        engine.execute_many("INSERT INTO t VALUES (?)", rows).await.unwrap();

        let by_text: Vec<Decimal> =
            engine.query("SELECT x FROM t ORDER BY x").scalars().all().await.unwrap();
        let by_number: Vec<Decimal> = engine
            .query("SELECT x FROM t ORDER BY CAST(x AS NUMERIC)")
            .scalars()
            .all()
            .await
            .unwrap();

        assert_eq!(by_text, [decimal("10"), decimal("9")]);
        assert_eq!(by_number, [decimal("9"), decimal("10")]);
    });
}

#[test]
fn any_decimal_comes_back_bit_for_bit() {
    watched(|| {
        let engine = futures::executor::block_on(column("TEXT"));
        let any_decimal = (any::<[u32; 3]>(), any::<bool>(), 0..=28_u32).prop_map(
            |([low, mid, high], minus, scale)| Decimal::from_parts(low, mid, high, minus, scale),
        );
        let small = (any::<i32>(), 0..=12_u32)
            .prop_map(|(number, scale)| Decimal::new(number.into(), scale));

        holds_for_any(256, &prop_oneof![any_decimal, small], |decimal| {
            futures::executor::block_on(async {
                store(&engine, decimal).await;
                assert_eq!(stored::<Decimal>(&engine).await.serialize(), decimal.serialize());
            });
        });
    });
}
