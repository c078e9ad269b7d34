//! Types of the standard library: each is stored as one storage class, and comes back whole.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use headwater::{ToValue, Value};
use proptest::prelude::*;

use super::{column, memory, misfit, read, store, stored, text};
use crate::support::{holds_for_any, run, watched};

#[test]
fn bools_are_0_and_1() {
    run(async {
        let engine = column("BOOLEAN").await;
        for (value, number) in [(false, 0), (true, 1)] {
            store(&engine, value).await;
            assert_eq!(stored::<Value>(&engine).await, Value::Integer(number));
            assert_eq!(stored::<bool>(&engine).await, value);
        }
        assert!(misfit::<bool>(&engine, "2").await.ends_with("a bool is stored as 0 or 1"));
        assert_eq!(misfit::<bool>(&engine, "'true'").await, "TEXT cannot be read as bool");
    });
}

#[test]
fn a_char_is_a_text_of_one_character() {
    run(async {
        let engine = column("").await;
        for letter in ['a', '\0', 'ñ', '🦀', char::MAX] {
            store(&engine, letter).await;
            assert_eq!(stored::<Value>(&engine).await, text(&letter.to_string()));
            assert_eq!(stored::<char>(&engine).await, letter);
        }
        for none in ["''", "'ab'"] {
            let told = misfit::<char>(&engine, none).await;
            assert_eq!(told, "TEXT does not fit char: it is not one character");
        }
        assert_eq!(misfit::<char>(&engine, "97").await, "INTEGER cannot be read as char");
    });
}

#[test]
fn texts_of_every_type_are_stored_as_text() {
    run(async {
        let engine = column("").await;
        let whole = "a\0ñ🦀";
        let counted = Rc::<str>::from(whole).to_value().unwrap();
        macro_rules! texts {
            ($($value:expr),+ $(,)?) => {$(
                store(&engine, $value).await;
                assert_eq!(stored::<Value>(&engine).await, text(whole));
            )+};
        }

        texts!(
            whole,
            &whole,
            whole.to_owned(),
            &whole.to_owned(),
            Some(whole),
            Box::<str>::from(whole),
            Arc::<str>::from(whole),
            &counted,
            Cow::Borrowed(whole),
            Cow::<str>::Owned(whole.to_owned()),
        );
        assert_eq!(stored::<String>(&engine).await, whole);
        assert_eq!(stored::<Box<str>>(&engine).await.as_ref(), whole);
        assert_eq!(stored::<Arc<str>>(&engine).await.as_ref(), whole);
    });
}

#[test]
fn bytes_of_every_type_are_stored_as_blobs() {
    run(async {
        let engine = column("").await;
        let whole = b"a\0\xff".as_slice();
        macro_rules! blobs {
            ($($value:expr),+ $(,)?) => {$(
                store(&engine, $value).await;
                assert_eq!(stored::<Value>(&engine).await, Value::Blob(whole.to_vec()));
            )+};
        }

        blobs!(
            whole,
            b"a\0\xff",
            *b"a\0\xff",
            whole.to_vec(),
            &whole.to_vec(),
            Some(whole),
            Box::<[u8]>::from(whole),
            Arc::<[u8]>::from(whole),
            Cow::Borrowed(whole),
            Cow::<[u8]>::Owned(whole.to_vec()),
        );
        assert_eq!(stored::<Vec<u8>>(&engine).await, whole);
        assert_eq!(stored::<[u8; 3]>(&engine).await, whole);
        let told = misfit::<[u8; 2]>(&engine, "x FROM t").await;
        assert_eq!(told, "BLOB does not fit [u8; 2]: it has 3 bytes, not 2");
    });
}

#[test]
fn none_is_null_and_some_is_its_value() {
    run(async {
        let engine = memory().await;

        assert_eq!(read::<Option<i64>>(&engine, "NULL").await, None);
        assert_eq!(read::<Option<i64>>(&engine, "7").await, Some(7));
        let told = misfit::<i64>(&engine, "NULL").await;
        assert_eq!(told, "NULL cannot be read as i64; read it as an Option");
    });
}

#[test]
fn any_value_of_a_standard_type_comes_back() {
    watched(|| {
        let engine = futures::executor::block_on(column(""));
        let input = any::<(i8, u32, Option<i64>, bool, char, f32, f64, String, Vec<u8>)>();

        holds_for_any(128, &input, |(a, b, c, d, e, f, g, h, i)| {
            futures::executor::block_on(async {
                macro_rules! comes_back {
                    ($value:expr, $type:ty) => {
                        store(&engine, &$value).await;
                        assert_eq!(stored::<$type>(&engine).await, $value);
                    };
                }

                comes_back!(a, i8);
                comes_back!(b, u32);
                comes_back!(c, Option<i64>);
                comes_back!(d, bool);
                comes_back!(e, char);
                comes_back!(f, f32);
                comes_back!(g, f64);
                comes_back!(h, String);
                comes_back!(i, Vec<u8>);
            });
        });
    });
}
