//! Questions about artists, albums and tracks.

use headwater::{
    FromRow,
    query::{alias, case, count, not_exists, subquery},
    select,
};

use super::entities::{Album, Artist, Genre, InvoiceLine, Track};
use super::shop::ask;

#[test]
fn which_are_the_longest_rock_tracks_and_who_plays_them() {
    ask(async |shop| {
        let query = select::<Track>()
            .join(Track::GENRE)
            .join(Track::ALBUM)
            .join(Album::ARTIST)
            .filter(Genre::NAME.eq("Rock"))
            .columns((Track::NAME, Artist::NAME, Track::MILLISECONDS))
            .order_by((Track::MILLISECONDS.desc(), Track::TRACK_ID))
            .limit(5)
            .offset(1);

        shop.agree(
            query,
            "SELECT t.Name, r.Name, t.Milliseconds FROM Track t JOIN Genre g USING (GenreId)
             JOIN Album a USING (AlbumId) JOIN Artist r USING (ArtistId)
             WHERE g.Name = 'Rock' ORDER BY t.Milliseconds DESC, t.TrackId LIMIT 5 OFFSET 1",
        )
        .await;
    });
}

#[test]
fn which_artists_have_no_album() {
    ask(async |shop| {
        let query = select::<Artist>()
            .left_join(Artist::ALBUMS)
            .filter(Album::ALBUM_ID.is_null())
            .columns((Artist::ARTIST_ID, Artist::NAME))
            .order_by(Artist::NAME);

        shop.agree(
            query,
            "SELECT ArtistId, Name FROM Artist WHERE ArtistId NOT IN (SELECT ArtistId FROM Album)
             ORDER BY Name",
        )
        .await;
    });
}

#[derive(Debug, PartialEq, FromRow)]
struct Share {
    genre: Option<String>,
    tracks: i64,
    minutes: Option<f64>,
    cheapest: Option<f64>,
}

#[test]
fn how_many_tracks_and_minutes_does_each_genre_have() {
    ask(async |shop| {
        let minutes = Track::MILLISECONDS.sum().cast::<Option<f64>>() / 60_000.0;
        let query = select::<Genre>()
            .left_join(Genre::TRACKS)
            .columns((
                Genre::NAME.alias("genre"),
                Track::TRACK_ID.count().alias("tracks"),
                minutes.round(1).alias("minutes"),
                Track::UNIT_PRICE.min().alias("cheapest"),
            ))
            .group_by(Genre::GENRE_ID)
            .order_by((Track::TRACK_ID.count().desc(), Genre::NAME))
            .into_as::<Share>();

        let shares = shop.engine.query(query).all().await.unwrap();

        let plain = shop.plain::<(Option<String>, i64, Option<f64>, Option<f64>)>(
            "SELECT g.Name, count(t.TrackId), round(CAST(sum(t.Milliseconds) AS REAL) / 60000.0, 1),
                    min(t.UnitPrice)
             FROM Genre g LEFT JOIN Track t USING (GenreId) GROUP BY g.GenreId ORDER BY 2 DESC, 1",
        );
        let plain = plain.into_iter().map(|(genre, tracks, minutes, cheapest)| Share {
            genre,
            tracks,
            minutes,
            cheapest,
        });
        assert_eq!(shares, plain.collect::<Vec<_>>());
        assert!(shares[0].tracks > 1);
    });
}

#[test]
fn which_albums_have_at_least_four_tracks_and_how_long_do_they_play() {
    ask(async |shop| {
        let query = select::<Album>()
            .join(Album::TRACKS)
            .columns((Album::TITLE, count(), Track::MILLISECONDS.sum(), Track::MILLISECONDS.avg()))
            .group_by(Album::ALBUM_ID)
            .having(count().ge(4) & Track::MILLISECONDS.sum().gt(600_000))
            .order_by((count().desc(), Album::ALBUM_ID));

        shop.agree(
            query,
            "SELECT a.Title, count(*), sum(t.Milliseconds), avg(t.Milliseconds)
             FROM Album a JOIN Track t USING (AlbumId) GROUP BY a.AlbumId
             HAVING count(*) >= 4 AND sum(t.Milliseconds) > 600000 ORDER BY 2 DESC, a.AlbumId",
        )
        .await;
    });
}

#[test]
fn which_tracks_about_love_have_no_composer() {
    ask(async |shop| {
        let query = select::<Track>()
            .filter(Track::NAME.like("%love%") & Track::COMPOSER.is_null())
            .columns((Track::TRACK_ID, Track::NAME))
            .order_by(Track::TRACK_ID);
        let marked = select::<Track>()
            .filter(Track::NAME.contains("%") | Track::NAME.starts_with("Symphony"))
            .columns((Track::NAME, Track::COMPOSER.coalesce("nobody knows")))
            .order_by(Track::TRACK_ID);

        shop.agree(
            query,
            "SELECT TrackId, Name FROM Track WHERE Name LIKE '%love%' AND Composer IS NULL
             ORDER BY TrackId",
        )
        .await;
        shop.agree(
            marked,
            "SELECT Name, coalesce(Composer, 'nobody knows') FROM Track
             WHERE instr(Name, '%') > 0 OR Name LIKE 'Symphony%' ORDER BY TrackId",
        )
        .await;
    });
}

#[test]
fn which_tracks_of_some_genres_last_between_four_and_five_minutes() {
    ask(async |shop| {
        let query = select::<Track>()
            .join(Track::GENRE)
            .filter(Genre::NAME.in_(["Jazz", "Blues", "Rock"]))
            .filter(Track::MILLISECONDS.between(240_000, 300_000))
            .filter(!Track::COMPOSER.is_null())
            .columns((Genre::NAME, Track::NAME))
            .order_by((Genre::NAME, Track::NAME, Track::TRACK_ID));

        shop.agree(
            query,
            "SELECT g.Name, t.Name FROM Track t JOIN Genre g USING (GenreId)
             WHERE g.Name IN ('Jazz', 'Blues', 'Rock') AND t.Milliseconds BETWEEN 240000 AND 300000
               AND t.Composer IS NOT NULL
             ORDER BY g.Name, t.Name, t.TrackId",
        )
        .await;
    });
}

#[test]
fn which_tracks_were_never_sold() {
    ask(async |shop| {
        let sold = select::<InvoiceLine>().filter(InvoiceLine::TRACK_ID.eq(Track::TRACK_ID));
        let query = select::<Track>()
            .filter(not_exists(sold))
            .columns((Track::TRACK_ID, Track::NAME))
            .order_by(Track::TRACK_ID);

        shop.agree(
            query,
            "SELECT TrackId, Name FROM Track EXCEPT
             SELECT TrackId, t.Name FROM InvoiceLine JOIN Track t USING (TrackId) ORDER BY TrackId",
        )
        .await;
    });
}

#[test]
fn which_tracks_are_longer_than_three_halves_of_their_genres_average() {
    ask(async |shop| {
        let average = subquery(
            "average",
            select::<Track>()
                .columns((Track::GENRE_ID, Track::MILLISECONDS.avg().alias("length")))
                .group_by(Track::GENRE_ID),
        );
        let query = select::<Track>()
            .join_with(&average, average.of(Track::GENRE_ID).eq(Track::GENRE_ID))
            .filter(Track::MILLISECONDS.cast::<f64>().gt(average.column::<f64>("length") * 1.5))
            .columns((Track::TRACK_ID, Track::GENRE_ID, Track::MILLISECONDS))
            .order_by(Track::TRACK_ID);

        shop.agree(
            query,
            "SELECT TrackId, GenreId, Milliseconds
             FROM (SELECT *, avg(Milliseconds) OVER (PARTITION BY GenreId) AS Length FROM Track)
             WHERE Milliseconds > Length * 1.5 ORDER BY TrackId",
        )
        .await;
    });
}

#[test]
fn which_is_the_longest_track_of_each_album() {
    ask(async |shop| {
        let other = alias::<Track>("other");
        let longer = other.select().filter(
            other.column(Track::ALBUM_ID).eq(Track::ALBUM_ID)
                & other.column(Track::MILLISECONDS).gt(Track::MILLISECONDS),
        );
        let query = select::<Album>()
            .join(Album::TRACKS)
            .filter(not_exists(longer))
            .columns((Album::TITLE, Track::NAME, Track::MILLISECONDS))
            .order_by((Album::ALBUM_ID, Track::TRACK_ID));

        shop.agree(
            query,
            "SELECT a.Title, t.Name, t.Milliseconds FROM Album a JOIN Track t USING (AlbumId)
             WHERE t.Milliseconds = (SELECT max(Milliseconds) FROM Track WHERE AlbumId = a.AlbumId)
             ORDER BY a.AlbumId, t.TrackId",
        )
        .await;
    });
}

#[test]
fn how_many_tracks_are_short_fair_and_long() {
    ask(async |shop| {
        let length = case::<String>()
            .when(Track::MILLISECONDS.lt(200_000), "short")
            .when(Track::MILLISECONDS.lt(400_000), "fair")
            .otherwise("long");
        let query = select::<Track>()
            .columns((length.clone(), count(), count().filter_where(Track::COMPOSER.is_null())))
            .group_by(length.clone())
            .order_by(length);

        let counts = shop
            .agree(
                query,
                "SELECT CASE WHEN Milliseconds < 200000 THEN 'short' WHEN Milliseconds < 400000 THEN
                     'fair' ELSE 'long' END AS length, count(*), sum(Composer IS NULL)
                 FROM Track GROUP BY length ORDER BY length",
            )
            .await;

        assert_eq!(counts.len(), 3);
    });
}

#[test]
fn what_is_on_every_page_of_the_catalogue() {
    ask(async |shop| {
        let (mut last, mut pages, mut seen) = (None, 0, Vec::new());
        let order = || (Track::COMPOSER.asc(), Track::MILLISECONDS.desc(), Track::TRACK_ID.asc());

        loop {
            let page = select::<Track>().page(order(), last, 9 + pages * 8);
            let tracks = shop.engine.query(page).all().await.unwrap();
            let Some(end) = tracks.last() else { break };
            last = Some((end.composer.clone(), end.milliseconds, end.track_id));
            pages += 1;
            seen.extend(tracks.iter().map(|track| (track.track_id,)));
        }

        let whole = "SELECT TrackId FROM Track ORDER BY Composer, Milliseconds DESC, TrackId";
        assert_eq!(seen, shop.plain(whole));
        assert!(pages > 1);
    });
}
