//! Rules of the shop: what an entity checks by itself, and what hooks do before each flush.

use headwater::{AsyncSessionmaker, Flushing, Result, select};

use crate::entities::{Book, Cents, PriceChange};
use crate::page;
use crate::stock::find;

pub(crate) async fn rules(sessions: &AsyncSessionmaker) -> Result<()> {
    page::section("Rules: validate = \"Self::check\", and sessions.before_flush(..)");
    let sessions = sessions.clone().before_flush(note_prices);
    let mut session = sessions.session();
    let emma = find(&mut session, "Emma").await?;
    let beagle = find(&mut session, "The Voyage of the Beagle").await?;

    emma.edit(|book| book.price = Cents(0));
    if let Err(error) = session.commit().await {
        page::note(&format!("refused: {error}"));
    }

    // Nothing was sent, and nothing is lost: the session goes on with the right price.
    emma.edit(|book| book.price = Cents(1190));
    beagle.edit(|book| (book.price, book.stock) = (Cents(1690), 12));
    session.commit().await?;

    let changes = select::<PriceChange>()
        .join_on::<Book>(Book::ID.eq(PriceChange::BOOK_ID))
        .columns((Book::TITLE, PriceChange::BEFORE, PriceChange::AFTER))
        .order_by(PriceChange::ID);
    page::note("the hook has noted, in the same transaction:");
    for (title, before, after) in session.query(changes).all().await? {
        page::item(&format!("{title}: {before} -> {after}"));
    }
    Ok(())
}

/// Adds a row for each price that is about to change, to the flush that changes it.
fn note_prices(flush: &mut Flushing<'_>) -> Result<()> {
    for changed in flush.changes().dirty {
        let Some(book) = changed.downcast::<Book>() else { continue };
        let Some(before) = book.original().map(|book| book.price) else { continue };
        let (book_id, after) = (book.key(), book.read().price);
        if before != after {
            flush.add(PriceChange { id: 0, book_id, before, after });
        }
    }
    Ok(())
}
