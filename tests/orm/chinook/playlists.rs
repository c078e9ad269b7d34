//! Questions about playlists, which hold many tracks, of which each is on many.

use headwater::{Expr, query::exists, select};

use super::entities::{Genre, Playlist, PlaylistTrack, Track};
use super::shop::ask;

#[test]
fn which_playlists_hold_the_most_tracks_and_which_hold_none() {
    ask(async |shop| {
        let tracks = Track::TRACK_ID.count();
        let query = select::<Playlist>()
            .left_join(Playlist::TRACKS)
            .columns((Playlist::PLAYLIST_ID, Playlist::NAME, tracks.clone()))
            .group_by(Playlist::PLAYLIST_ID)
            .order_by((tracks.desc(), Playlist::PLAYLIST_ID));

        let counts = shop
            .agree(
                query,
                "SELECT PlaylistId, Name,
                        (SELECT count(*) FROM PlaylistTrack t WHERE t.PlaylistId = p.PlaylistId)
                 FROM Playlist p ORDER BY 3 DESC, 1",
            )
            .await;

        assert!(counts.iter().any(|(_, _, tracks)| *tracks == 0));
    });
}

/// Whether a track is on a playlist of a name.
fn is_on(name: &str) -> Expr<bool> {
    exists(
        select::<PlaylistTrack>()
            .join(PlaylistTrack::PLAYLIST)
            .filter(PlaylistTrack::TRACK_ID.eq(Track::TRACK_ID) & Playlist::NAME.eq(name)),
    )
}

#[test]
fn which_tracks_are_both_on_classical_and_on_music() {
    ask(async |shop| {
        let query = select::<Track>()
            .filter(is_on("Classical") & is_on("Music"))
            .columns((Track::TRACK_ID, Track::NAME))
            .order_by(Track::TRACK_ID);

        shop.agree(
            query,
            "SELECT TrackId, Name FROM Track WHERE TrackId IN (
                 SELECT TrackId FROM PlaylistTrack JOIN Playlist USING (PlaylistId) WHERE Name = 'Classical'
                 INTERSECT
                 SELECT TrackId FROM PlaylistTrack JOIN Playlist USING (PlaylistId) WHERE Name = 'Music')
             ORDER BY TrackId",
        )
        .await;
    });
}

#[test]
fn which_genres_are_on_which_playlists() {
    ask(async |shop| {
        let query = select::<Genre>()
            .join(Genre::TRACKS)
            .join(Track::PLAYLISTS)
            .columns((Playlist::NAME, Genre::NAME))
            .distinct()
            .order_by((Playlist::NAME, Genre::NAME));

        shop.agree(
            query,
            "SELECT p.Name, g.Name FROM PlaylistTrack JOIN Playlist p USING (PlaylistId)
             JOIN Track t USING (TrackId) JOIN Genre g USING (GenreId) GROUP BY 1, 2 ORDER BY 1, 2",
        )
        .await;
    });
}
