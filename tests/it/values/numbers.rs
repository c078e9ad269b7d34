//! Numbers: NaN, the infinities, minus zero, and integers that a type does not hold.

use std::num::{NonZeroI8, NonZeroU64};

use headwater::Value;
use proptest::prelude::*;

use super::{column, memory, misfit, read, refused, store, stored};
use crate::support::{holds_for_any, run, watched};

#[test]
fn a_nan_is_refused_before_anything_runs() {
    run(async {
        let engine = column("").await;

        assert!(
            refused(&engine, f64::NAN).await.starts_with("parameter 1: a NaN cannot be stored")
        );
        refused(&engine, -f64::NAN).await;
        refused(&engine, f32::NAN).await;
        refused(&engine, Some(f64::NAN)).await;
        refused(&engine, Value::Real(f64::NAN)).await;
        let rows = vec![(0.5,), (f64::NAN,)];
        let error = engine.execute_many("INSERT INTO t VALUES (?)", rows).await.unwrap_err();
        assert!(error.to_string().starts_with("a NaN cannot be stored"), "{error}");
        assert_eq!(read::<i64>(&engine, "count(*) FROM t").await, 0);
    });
}

#[test]
fn the_infinities_are_stored_in_columns_of_every_type_and_come_back() {
    run(async {
        for declared in ["", "REAL", "INTEGER", "NUMERIC", "BLOB"] {
            let engine = column(declared).await;
            for number in [f64::INFINITY, f64::NEG_INFINITY] {
                store(&engine, number).await;
                assert_eq!(stored::<f64>(&engine).await, number, "{declared}");
                assert_eq!(f64::from(stored::<f32>(&engine).await), number, "{declared}");
            }
        }
        // A TEXT column makes a text of every number.
        let engine = column("TEXT").await;
        store(&engine, f64::INFINITY).await;
        assert_eq!(stored::<String>(&engine).await, "Inf");
    });
}

#[test]
fn minus_zero_keeps_its_sign_but_in_columns_of_numbers() {
    run(async {
        for (declared, kept) in [("", Some(-0.0)), ("BLOB", Some(-0.0)), ("REAL", Some(0.0))] {
            let engine = column(declared).await;
            store(&engine, -0.0).await;
            let bits = stored::<f64>(&engine).await.to_bits();
            assert_eq!(Some(bits), kept.map(f64::to_bits), "{declared}");
        }
        for declared in ["INTEGER", "NUMERIC"] {
            let engine = column(declared).await;
            store(&engine, -0.0).await;
            assert_eq!(stored::<Value>(&engine).await, Value::Integer(0), "{declared}");
        }
    });
}

#[test]
fn an_integer_of_a_type_that_is_too_wide_is_refused() {
    run(async {
        let engine = memory().await;

        let told = refused(&engine, u64::MAX).await;
        assert!(told.contains("a u64 outside the range of i64"), "{told}");
        refused(&engine, 1_u64 << 63).await;
        refused(&engine, usize::MAX).await;
        refused(&engine, u128::MAX).await;
        refused(&engine, i128::MIN).await;
        refused(&engine, NonZeroU64::MAX).await;
        refused(&engine, [1_u64, u64::MAX].as_slice().last().unwrap()).await;
    });
}

#[test]
fn integers_of_every_type_come_back_at_the_limits_of_the_database() {
    run(async {
        let engine = column("").await;
        macro_rules! limits {
            ($($integer:ty),+) => {$(
                for number in [<$integer>::try_from(i64::MAX).unwrap(), 1, 0] {
                    store(&engine, number).await;
                    assert_eq!(stored::<$integer>(&engine).await, number);
                }
            )+};
        }

        limits!(i64, u64, i128, u128, isize, usize);
        store(&engine, i128::from(i64::MIN)).await;
        assert_eq!(stored::<i128>(&engine).await, i128::from(i64::MIN));
    });
}

#[test]
fn an_integer_that_cannot_be_0_refuses_0() {
    run(async {
        let engine = column("").await;
        store(&engine, NonZeroI8::MIN).await;

        assert_eq!(stored::<NonZeroI8>(&engine).await, NonZeroI8::MIN);
        assert_eq!(stored::<Option<NonZeroI8>>(&engine).await, Some(NonZeroI8::MIN));
        let told = misfit::<NonZeroU64>(&engine, "0").await;
        assert!(told.ends_with("it is 0"), "{told}");
        let told = misfit::<NonZeroI8>(&engine, "128").await;
        assert!(told.ends_with("it is outside -128 to 127"), "{told}");
    });
}

#[test]
fn an_integer_is_read_as_a_float_where_the_float_holds_it() {
    run(async {
        let engine = memory().await;

        assert_eq!(read::<f64>(&engine, "9007199254740992").await, 9_007_199_254_740_992.0);
        assert_eq!(read::<f64>(&engine, "-9007199254740992").await, -9_007_199_254_740_992.0);
        assert_eq!(read::<f32>(&engine, "16777216").await, 16_777_216.0);
        let told = misfit::<f64>(&engine, "9007199254740993").await;
        assert_eq!(told, "INTEGER does not fit f64: an f64 does not hold the integer exactly");
        misfit::<f64>(&engine, "-9007199254740993").await;
        misfit::<f64>(&engine, "9223372036854775807").await;
        let told = misfit::<f32>(&engine, "16777217").await;
        assert_eq!(told, "INTEGER does not fit f32: an f32 does not hold the number exactly");
        misfit::<f32>(&engine, "1e300").await;
    });
}

#[test]
fn any_float_comes_back_from_a_column_that_makes_integers_of_floats() {
    watched(|| {
        let number = prop_oneof![
            any::<f64>(),
            (any::<i64>(), 0..64_u32).prop_map(|(number, shift)| (number >> shift) as f64),
        ];
        for declared in ["INTEGER", "NUMERIC", "REAL"] {
            let engine = futures::executor::block_on(column(declared));
            holds_for_any(96, &number, |number| {
                futures::executor::block_on(async {
                    store(&engine, number).await;
                    assert_eq!(stored::<f64>(&engine).await, number, "{declared}");
                });
            });
        }
    });
}

#[test]
fn a_float_is_never_read_as_an_integer() {
    run(async {
        let engine = memory().await;

        assert_eq!(misfit::<i64>(&engine, "1.0").await, "REAL cannot be read as i64");
        assert_eq!(
            misfit::<u64>(&engine, "9223372036854775808").await,
            "REAL cannot be read as u64"
        );
        assert_eq!(misfit::<bool>(&engine, "1.0").await, "REAL cannot be read as bool");
    });
}
