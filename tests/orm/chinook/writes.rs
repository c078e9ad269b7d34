//! Questions of the kind "what if": asked in a transaction that is rolled back.

use headwater::{
    AsyncSessionmaker, EntityState, Executor, delete, insert, insert_all, insert_into,
    query::{count, excluded, value},
    select, update,
};

use super::entities::{
    Billing, Customer, Genre, Invoice, InvoiceLine, Playlist, PlaylistTrack, Track,
};
use super::shop::{Shop, ask};

/// How many rows the tables have that are written here, and what they add up to.
fn state(shop: &Shop) -> Vec<(i64, i64, i64, f64, String)> {
    shop.plain(
        "SELECT (SELECT count(*) FROM Invoice), (SELECT count(*) FROM InvoiceLine),
                (SELECT count(*) FROM PlaylistTrack), (SELECT sum(UnitPrice) FROM Track),
                (SELECT group_concat(Name) FROM Genre)",
    )
}

#[test]
fn what_would_jazz_cost_if_it_were_dearer() {
    ask(async |shop| {
        let before = state(shop);
        let jazz = select::<Genre>().filter(Genre::NAME.eq("Jazz")).columns(Genre::GENRE_ID);

        let tx = shop.engine.begin().await.unwrap();
        let raise = update::<Track>()
            .set(Track::UNIT_PRICE, Track::UNIT_PRICE * 2.0)
            .filter(Track::GENRE_ID.in_(jazz))
            .returning((Track::TRACK_ID, Track::UNIT_PRICE));
        let mut raised: Vec<(i64, f64)> = tx.query(raise).all().await.unwrap();
        tx.rollback().await.unwrap();

        raised.sort_by_key(|(track, _)| *track);
        let plain = "SELECT TrackId, t.UnitPrice * 2.0 FROM Track t JOIN Genre g USING (GenreId)
             WHERE g.Name = 'Jazz' ORDER BY TrackId";
        assert_eq!(raised, shop.plain(plain));
        assert!(!raised.is_empty());
        assert_eq!(state(shop), before);
    });
}

#[test]
fn what_would_an_invoice_for_all_of_an_album_look_like() {
    ask(async |shop| {
        let before = state(shop);
        let plain =
            shop.plain::<(i64, f64)>("SELECT TrackId, UnitPrice FROM Track WHERE AlbumId = 1");

        let tx = shop.engine.begin().await.unwrap();
        let of_album = select::<Track>().filter(Track::ALBUM_ID.eq(1));
        let tracks = tx.query(of_album).all().await.unwrap();
        let invoice = Invoice {
            invoice_id: 0,
            customer_id: 1,
            invoice_date: "2026-01-01 00:00:00".to_owned(),
            billing: Billing { country: Some("Norway".to_owned()), ..Billing::default() },
            total: tracks.iter().map(|track| track.unit_price).sum(),
        };
        let invoice: Invoice = tx.query(insert(invoice).returning_entity()).one().await.unwrap();
        let lines = insert_all(tracks.iter().map(|track| InvoiceLine {
            invoice_line_id: 0,
            invoice_id: invoice.invoice_id,
            track_id: track.track_id,
            unit_price: track.unit_price,
            quantity: 1,
        }));
        let lines: Vec<InvoiceLine> = tx.query(lines.returning_entity()).all().await.unwrap();
        let removed = delete::<InvoiceLine>()
            .filter(InvoiceLine::INVOICE_ID.eq(invoice.invoice_id))
            .returning((InvoiceLine::TRACK_ID, InvoiceLine::UNIT_PRICE));
        let mut removed: Vec<(i64, f64)> = tx.query(removed).all().await.unwrap();
        tx.rollback().await.unwrap();

        removed.sort_by_key(|(track, _)| *track);
        assert_eq!(invoice.invoice_id, before[0].0 + 1);
        assert_eq!((lines.len(), &removed), (plain.len(), &plain));
        assert!(lines.iter().all(|line| line.invoice_line_id > before[0].1));
        assert_eq!(state(shop), before);
    });
}

#[test]
fn what_would_a_playlist_of_all_blues_hold() {
    ask(async |shop| {
        let before = state(shop);

        let tx = shop.engine.begin().await.unwrap();
        let playlist = Playlist { playlist_id: 0, name: Some("All blues".to_owned()) };
        let playlist = tx.query(insert(playlist).returning_entity()).one().await.unwrap();
        let blues = select::<Track>()
            .join(Track::GENRE)
            .filter(Genre::NAME.eq("Blues"))
            .columns((value(playlist.playlist_id), Track::TRACK_ID));
        let columns = (PlaylistTrack::PLAYLIST_ID, PlaylistTrack::TRACK_ID);
        let fill = insert_into::<PlaylistTrack>().columns(columns).from_select(blues);
        let filled = tx.execute(fill.clone()).await.unwrap().rows_affected();
        let again = tx.execute(fill.or_ignore()).await.unwrap().rows_affected();
        let held = held(&tx, playlist.playlist_id).await;
        tx.rollback().await.unwrap();

        let plain =
            "SELECT count(*) FROM Track JOIN Genre g USING (GenreId) WHERE g.Name = 'Blues'";
        let blues = shop.plain::<(i64,)>(plain)[0].0;
        assert!(blues > 0);
        assert_eq!((filled, again, held), (blues.unsigned_abs(), 0, blues));
        assert_eq!(state(shop), before);
    });
}

/// Counts the tracks of a playlist.
async fn held(db: &impl Executor, playlist: i64) -> i64 {
    let held = select::<PlaylistTrack>().filter(PlaylistTrack::PLAYLIST_ID.eq(playlist));
    db.query(held.columns(count())).one().await.unwrap()
}

#[test]
fn what_would_genres_be_called_after_a_merge() {
    ask(async |shop| {
        let before = state(shop);

        let tx = shop.engine.begin().await.unwrap();
        let genre = |genre_id, name: &str| Genre { genre_id, name: Some(name.to_owned()) };
        let merge = insert_all([genre(1, "Roll"), genre(900, "Fado")])
            .on_conflict(Genre::GENRE_ID)
            .set(Genre::NAME, Genre::NAME.concat(" and ").concat(excluded(Genre::NAME)))
            .do_update()
            .returning_entity();
        let merged: Vec<Genre> = tx.query(merge).all().await.unwrap();
        tx.rollback().await.unwrap();

        assert_eq!(merged, [genre(1, "Rock and Roll"), genre(900, "Fado")]);
        assert_eq!(state(shop), before);
    });
}

#[test]
fn what_does_a_unit_of_work_leave_of_a_sale_that_is_undone() {
    ask(async |shop| {
        let before = state(shop);
        let tx = shop.engine.begin().await.unwrap();
        let mut session = AsyncSessionmaker::new(&shop.engine).on(&tx).session();

        let customer = session.get_one::<Customer>(1).await.unwrap();
        let invoice = session.add(Invoice {
            invoice_id: 0,
            customer_id: customer.key(),
            invoice_date: "2026-01-01 00:00:00".to_owned(),
            billing: Billing::default(),
            total: 0.0,
        });
        session.flush().await.unwrap();
        for track in session.scalars(select::<Track>().limit(3)).all().await.unwrap() {
            let unit_price = track.read().unit_price;
            session.add(InvoiceLine {
                invoice_line_id: 0,
                invoice_id: invoice.key(),
                track_id: track.key(),
                unit_price,
                quantity: 2,
            });
            invoice.edit(|invoice| invoice.total += 2.0 * unit_price);
            track.edit(|track| track.unit_price *= 2.0);
        }
        session.commit().await.unwrap();
        let sold = select::<InvoiceLine>()
            .join(InvoiceLine::TRACK)
            .filter(InvoiceLine::INVOICE_ID.eq(invoice.key()))
            .columns((InvoiceLine::UNIT_PRICE * 2.0).eq(Track::UNIT_PRICE));
        let sold = session.query(sold).all().await.unwrap();
        let state_then = invoice.state();
        drop(session);
        tx.rollback().await.unwrap();

        assert_eq!((sold, state_then), (vec![true; 3], EntityState::Clean));
        assert_eq!(state(shop), before);
    });
}
