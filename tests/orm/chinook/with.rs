//! Questions whose answers are entities with what belongs to them.

use headwater::{AsyncSessionmaker, Tracked, select};

use super::entities::{Album, Artist, Customer, Genre, Invoice, Playlist, Track};
use super::shop::ask;

#[test]
fn what_albums_does_each_artist_have_and_what_tracks_are_on_them() {
    ask(async |shop| {
        let albums = Artist::ALBUMS
            .order_by(Album::ALBUM_ID)
            .with(Album::TRACKS.order_by(Track::TRACK_ID).with(Track::GENRE));
        let query = select::<Artist>().order_by(Artist::ARTIST_ID).with(albums);

        let artists = shop.engine.query(query).all().await.unwrap();

        let mut rows = Vec::new();
        for (artist, albums) in &artists {
            if albums.is_empty() {
                rows.push((artist.artist_id, None, None, None));
            }
            for (album, tracks) in albums {
                rows.extend(tracks.iter().map(|(track, genre)| {
                    let genre = genre.as_ref().and_then(|genre| genre.name.clone());
                    (artist.artist_id, Some(album.album_id), Some(track.track_id), genre)
                }));
            }
        }
        let plain = shop.plain::<(i64, Option<i64>, Option<i64>, Option<String>)>(
            "SELECT r.ArtistId, a.AlbumId, t.TrackId, g.Name FROM Artist r
             LEFT JOIN Album a USING (ArtistId) LEFT JOIN Track t USING (AlbumId)
             LEFT JOIN Genre g USING (GenreId) ORDER BY 1, 2, 3",
        );
        assert_eq!(rows, plain);
    });
}

#[test]
fn which_are_the_three_longest_tracks_of_each_playlist() {
    ask(async |shop| {
        let longest =
            Playlist::TRACKS.order_by((Track::MILLISECONDS.desc(), Track::TRACK_ID)).limit(3);
        let query = select::<Playlist>().order_by(Playlist::PLAYLIST_ID).with(longest);

        let mut playlists = shop.engine.query(query).await.unwrap();
        let mut rows = Vec::new();
        while let Some((playlist, tracks)) = playlists.try_next().await.unwrap() {
            rows.extend(tracks.iter().map(|track| (playlist.playlist_id, track.track_id)));
        }

        let plain = shop.plain::<(i64, i64)>(
            "SELECT PlaylistId, TrackId FROM (
                 SELECT PlaylistId, TrackId, row_number() OVER (
                     PARTITION BY PlaylistId ORDER BY Milliseconds DESC, TrackId) AS Place
                 FROM PlaylistTrack JOIN Track USING (TrackId))
             WHERE Place <= 3 ORDER BY PlaylistId, Place",
        );
        assert_eq!(rows, plain);
    });
}

#[test]
fn who_looks_after_each_customer_and_what_was_their_dearest_invoice() {
    ask(async |shop| {
        let dearest =
            Customer::INVOICES.order_by((Invoice::TOTAL.desc(), Invoice::INVOICE_ID)).limit(1);
        let query = select::<Customer>()
            .order_by(Customer::CUSTOMER_ID)
            .with(Customer::SUPPORT_REP)
            .with(dearest);

        let customers = shop.engine.query(query).all().await.unwrap();

        let rows: Vec<_> = customers
            .into_iter()
            .map(|(customer, agent, invoices)| {
                let dearest = invoices.first().map(|invoice| invoice.total);
                (customer.customer_id, agent.map(|agent| agent.last_name), dearest)
            })
            .collect();
        let plain = shop.plain::<(i64, Option<String>, Option<f64>)>(
            "SELECT c.CustomerId, e.LastName,
                    (SELECT max(Total) FROM Invoice i WHERE i.CustomerId = c.CustomerId)
             FROM Customer c LEFT JOIN Employee e ON e.EmployeeId = c.SupportRepId ORDER BY 1",
        );
        assert_eq!(rows, plain);
    });
}

#[test]
fn which_tracks_are_jazz_asked_of_the_genre_itself() {
    ask(async |shop| {
        let mut session = AsyncSessionmaker::new(&shop.engine).read_only(true).session();
        let jazz = select::<Genre>().filter(Genre::NAME.eq("Jazz"));

        let jazz: Tracked<Genre> = session.scalars(jazz).one().await.unwrap();
        let by_length = Genre::TRACKS.order_by((Track::MILLISECONDS, Track::TRACK_ID));
        let tracks = session.related(&jazz, by_length).all().await.unwrap();

        let ids: Vec<_> = tracks.iter().map(|track| (track.key(),)).collect();
        let plain = "SELECT TrackId FROM Track JOIN Genre g USING (GenreId) WHERE g.Name = 'Jazz'
             ORDER BY Milliseconds, TrackId";
        assert_eq!(ids, shop.plain(plain));
        assert!(!ids.is_empty());
    });
}
