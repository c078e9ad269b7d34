//! Optimistic locking: two read the same book, both change it, and the second is told.

use headwater::{AsyncSessionmaker, ErrorKind, Result};

use crate::page;
use crate::stock::find;

const TITLE: &str = "The Time Machine";

pub(crate) async fn conflict(sessions: &AsyncSessionmaker) -> Result<()> {
    page::section("Conflict: a version column, and ErrorKind::StaleEntity");
    let (mut till, mut web) = (sessions.session(), sessions.session());

    // The till looks at the book. Its transaction ends here, so that nobody waits for a cashier.
    let at_till = find(&mut till, TITLE).await?;
    till.commit().await?;

    // Meanwhile two copies are sold on the web.
    let on_web = find(&mut web, TITLE).await?;
    on_web.edit(|book| book.stock -= 2);
    web.commit().await?;
    page::figure("the web has sold two, and left", on_web.read().stock);

    // The cashier sells one of what was there when the book was looked at.
    at_till.edit(|book| book.stock -= 1);
    page::figure("the till would write a stock of", at_till.read().stock);
    match till.commit().await {
        Err(error) if error.kind() == ErrorKind::StaleEntity => {
            page::note(&format!("refused: {error}"));
            till.rollback().await?;
            till.refresh(&at_till).await?;
            at_till.edit(|book| book.stock -= 1);
            till.commit().await?;
        }
        end => drop(end?),
    }
    let book = at_till.read();
    page::figure("read again and sold, it has left", book.stock);
    page::figure("changes of the row so far", book.version);

    // What is short can be left to this: it runs again in a new session when it was too late.
    let left = sessions.transaction_retry(5, |mut session| async move {
        let book = find(&mut session, TITLE).await?;
        book.edit(|book| book.stock -= 1);
        Ok(book.read().stock)
    });
    page::figure("sold by transaction_retry, it has left", left.await?);
    Ok(())
}
