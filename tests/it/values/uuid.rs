//! UUIDs: 16 bytes, or text through the wrappers of `uuid::fmt`.

use headwater::Value;
use proptest::prelude::*;
use uuid::Uuid;
use uuid::fmt::{Hyphenated, Simple};

use super::{column, misfit, read, store, stored, text};
use crate::support::{holds_for_any, run, watched};

const TEXT: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

fn uuid() -> Uuid {
    Uuid::parse_str(TEXT).unwrap()
}

#[test]
fn a_uuid_is_stored_as_16_bytes() {
    run(async {
        let engine = column("UUID").await;

        store(&engine, uuid()).await;

        assert_eq!(stored::<Value>(&engine).await, Value::Blob(uuid().as_bytes().to_vec()));
        assert_eq!(stored::<Uuid>(&engine).await, uuid());
        assert_eq!(stored::<Option<Uuid>>(&engine).await, Some(uuid()));
        assert_eq!(stored::<(Uuid,)>(&engine).await, (uuid(),));
    });
}

#[test]
fn a_uuid_is_read_from_text_in_each_of_its_usual_forms() {
    run(async {
        let engine = column("").await;

        assert_eq!(read::<Uuid>(&engine, "'67e55044-10b1-426f-9247-bb680e5fe0c8'").await, uuid());
        assert_eq!(read::<Uuid>(&engine, "'67E5504410B1426F9247BB680E5FE0C8'").await, uuid());
        assert_eq!(read::<Uuid>(&engine, "'{67e55044-10b1-426f-9247-bb680e5fe0c8}'").await, uuid());
        let urn = "'urn:uuid:67e55044-10b1-426f-9247-bb680e5fe0c8'";
        assert_eq!(read::<Uuid>(&engine, urn).await, uuid());
    });
}

#[test]
fn what_is_no_uuid_is_an_error_that_says_what_was_expected() {
    run(async {
        let engine = column("").await;

        let told = misfit::<Uuid>(&engine, "x'0102'").await;
        assert_eq!(told, "BLOB does not fit Uuid: a UUID has 16 bytes, and it has 2");
        let told = misfit::<Uuid>(&engine, "'hunter2'").await;
        assert!(told.starts_with("TEXT does not fit Uuid: the text is no UUID"), "{told}");
        assert!(!told.contains("hunter"), "{told}");
        assert_eq!(misfit::<Uuid>(&engine, "1").await, "INTEGER cannot be read as Uuid");
        assert!(misfit::<Uuid>(&engine, "NULL").await.ends_with("read it as an Option"));
        // The bytes of the text are no UUID either, though there may be 16 of them.
        misfit::<Uuid>(&engine, "'67e5504410b1426f'").await;
    });
}

#[test]
fn a_uuid_in_a_form_of_text_is_stored_as_text_in_that_form() {
    run(async {
        let engine = column("").await;

        store(&engine, uuid().hyphenated()).await;
        assert_eq!(stored::<Value>(&engine).await, text(TEXT));
        assert_eq!(stored::<Hyphenated>(&engine).await, uuid().hyphenated());
        assert_eq!(stored::<Uuid>(&engine).await, uuid());
        store(&engine, uuid().simple()).await;
        assert_eq!(stored::<Value>(&engine).await, text(&TEXT.replace('-', "")));
        assert_eq!(stored::<Simple>(&engine).await, uuid().simple());
        store(&engine, uuid()).await;
        assert_eq!(stored::<Hyphenated>(&engine).await, uuid().hyphenated());
    });
}

#[test]
fn any_uuid_comes_back_and_sorts_as_it_does() {
    watched(|| {
        let engine = futures::executor::block_on(column("BLOB"));
        let any_uuid = || any::<u128>().prop_map(Uuid::from_u128);

        holds_for_any(64, &prop::collection::vec(any_uuid(), 0..12), |mut uuids| {
            futures::executor::block_on(async {
                engine.execute("DELETE FROM t").await.unwrap();
                let rows = uuids.clone().into_iter().map(|uuid| (uuid,));
                engine.execute_many("INSERT INTO t VALUES (?)", rows).await.unwrap();
                let query = engine.query("SELECT x FROM t ORDER BY x");
                let read: Vec<Uuid> = query.scalars().all().await.unwrap();
                uuids.sort();
                assert_eq!(read, uuids);
            });
        });
    });
}
