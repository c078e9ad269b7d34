//! Version columns: whoever comes second is told.

use headwater::{EntityState, ErrorKind};

use super::library::{Library, Loan, loan};
use crate::support::run;

#[test]
fn each_update_counts_the_version_in_row_and_handle() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let lent = session.add(loan(1, "Charles"));
        session.commit().await.unwrap();
        let inserted = lent.read().version;

        lent.edit(|lent| lent.reader = "Mary".to_owned());
        session.commit().await.unwrap();
        lent.edit(|lent| (lent.reader, lent.version) = ("Ada".to_owned(), 40));
        session.commit().await.unwrap();
        let counted = lent.read().version;
        lent.edit(|lent| lent.version = 9);

        assert_eq!((inserted, counted), (1, 3));
        assert_eq!(library.number("SELECT version FROM loans").await, 3);
        assert_eq!(lent.state(), EntityState::Clean);
    });
}

#[test]
fn a_row_of_another_version_is_neither_updated_nor_deleted() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let lent = session.add(loan(1, "Charles"));
        session.commit().await.unwrap();
        let other = "UPDATE loans SET reader = 'Mary', version = version + 1";
        library.engine.execute(other).await.unwrap();

        lent.edit(|lent| lent.book_id = None);
        lent.edit(|lent| lent.reader = "Ada".to_owned());
        let update = session.commit().await.unwrap_err();
        session.rollback().await.unwrap();
        session.delete(&lent);
        let delete = session.commit().await.unwrap_err();
        session.rollback().await.unwrap();

        for error in [update, delete] {
            assert_eq!(error.kind(), ErrorKind::StaleEntity);
            let text = "`Loan` (table `loans`): the row was changed or deleted since it was loaded";
            assert!(error.to_string().starts_with(text), "{error}");
        }
        session.refresh(&lent).await.unwrap();
        assert_eq!((lent.read().reader.as_str(), lent.read().version), ("Mary", 2));
        session.delete(&lent);
        session.commit().await.unwrap();
        assert_eq!(library.number("SELECT count(*) FROM loans").await, 0);
    });
}

#[test]
fn a_rolled_back_version_counts_again() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let lent = session.add(loan(1, "Charles"));
        session.commit().await.unwrap();

        lent.edit(|lent| lent.reader = "Mary".to_owned());
        session.flush().await.unwrap();
        let flushed = lent.read().version;
        session.rollback().await.unwrap();
        lent.edit(|lent| lent.reader = "Ada".to_owned());
        session.commit().await.unwrap();

        assert_eq!((flushed, lent.read().version), (2, 2));
    });
}

#[test]
fn a_value_of_another_version_is_not_merged() {
    run(async {
        let library = Library::new().await;
        let mut session = library.session();
        let lent = session.add(loan(1, "Charles"));
        session.commit().await.unwrap();
        let read = Loan::clone(&lent.read());
        lent.edit(|lent| lent.reader = "Mary".to_owned());
        session.commit().await.unwrap();

        let error = session.merge(read).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::StaleEntity);
        assert_eq!(lent.read().reader, "Mary");
    });
}
