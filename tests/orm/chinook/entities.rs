//! The eleven tables of Chinook as entities, with the names that they have there.

use headwater::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Artist", rename_all = "PascalCase", has_many(ALBUMS: Album::ARTIST_ID))]
pub(crate) struct Artist {
    #[entity(primary_key, generated)]
    pub(crate) artist_id: i64,
    pub(crate) name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Album", rename_all = "PascalCase", has_many(TRACKS: Track::ALBUM_ID))]
pub(crate) struct Album {
    #[entity(primary_key, generated)]
    pub(crate) album_id: i64,
    pub(crate) title: String,
    #[entity(index, references(Artist::ARTIST_ID), belongs_to = ARTIST)]
    pub(crate) artist_id: i64,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Genre", rename_all = "PascalCase", has_many(TRACKS: Track::GENRE_ID))]
pub(crate) struct Genre {
    #[entity(primary_key, generated)]
    pub(crate) genre_id: i64,
    pub(crate) name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "MediaType", rename_all = "PascalCase", has_many(TRACKS: Track::MEDIA_TYPE_ID))]
pub(crate) struct MediaType {
    #[entity(primary_key, generated)]
    pub(crate) media_type_id: i64,
    pub(crate) name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Track",
    rename_all = "PascalCase",
    has_many(LINES: InvoiceLine::TRACK_ID),
    many_to_many(PLAYLISTS: Playlist, PlaylistTrack::TRACK_ID => PlaylistTrack::PLAYLIST_ID)
)]
pub(crate) struct Track {
    #[entity(primary_key, generated)]
    pub(crate) track_id: i64,
    pub(crate) name: String,
    #[entity(index, references(Album::ALBUM_ID), belongs_to = ALBUM)]
    pub(crate) album_id: Option<i64>,
    #[entity(index, references(MediaType::MEDIA_TYPE_ID), belongs_to = MEDIA_TYPE)]
    pub(crate) media_type_id: i64,
    #[entity(index, references(Genre::GENRE_ID), belongs_to = GENRE)]
    pub(crate) genre_id: Option<i64>,
    pub(crate) composer: Option<String>,
    pub(crate) milliseconds: i64,
    pub(crate) bytes: Option<i64>,
    pub(crate) unit_price: f64,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Playlist",
    rename_all = "PascalCase",
    many_to_many(TRACKS: Track, PlaylistTrack::PLAYLIST_ID => PlaylistTrack::TRACK_ID)
)]
pub(crate) struct Playlist {
    #[entity(primary_key, generated)]
    pub(crate) playlist_id: i64,
    pub(crate) name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "PlaylistTrack", rename_all = "PascalCase")]
pub(crate) struct PlaylistTrack {
    #[entity(primary_key, index, references(Playlist::PLAYLIST_ID), belongs_to = PLAYLIST)]
    pub(crate) playlist_id: i64,
    #[entity(primary_key, index, references(Track::TRACK_ID), belongs_to = TRACK)]
    pub(crate) track_id: i64,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Employee",
    rename_all = "PascalCase",
    has_many(REPORTS: Employee::REPORTS_TO),
    has_many(CUSTOMERS: Customer::SUPPORT_REP_ID)
)]
pub(crate) struct Employee {
    #[entity(primary_key, generated)]
    pub(crate) employee_id: i64,
    pub(crate) last_name: String,
    pub(crate) first_name: String,
    pub(crate) title: Option<String>,
    #[entity(index, references(Self::EMPLOYEE_ID), belongs_to = MANAGER)]
    pub(crate) reports_to: Option<i64>,
    pub(crate) birth_date: Option<String>,
    pub(crate) hire_date: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) fax: Option<String>,
    pub(crate) email: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Customer", rename_all = "PascalCase", has_many(INVOICES: Invoice::CUSTOMER_ID))]
pub(crate) struct Customer {
    #[entity(primary_key, generated)]
    pub(crate) customer_id: i64,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) company: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) fax: Option<String>,
    pub(crate) email: String,
    #[entity(index, references(Employee::EMPLOYEE_ID), belongs_to = SUPPORT_REP)]
    pub(crate) support_rep_id: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Invoice", rename_all = "PascalCase", has_many(LINES: InvoiceLine::INVOICE_ID))]
pub(crate) struct Invoice {
    #[entity(primary_key, generated)]
    pub(crate) invoice_id: i64,
    #[entity(index, references(Customer::CUSTOMER_ID), belongs_to = CUSTOMER)]
    pub(crate) customer_id: i64,
    pub(crate) invoice_date: String,
    #[entity(flatten, prefix = "Billing")]
    pub(crate) billing: Billing,
    pub(crate) total: f64,
}

/// Where an invoice goes.
#[derive(Clone, Debug, Default, PartialEq, Entity)]
#[entity(embedded, rename_all = "PascalCase")]
pub(crate) struct Billing {
    pub(crate) address: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) postal_code: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "InvoiceLine", rename_all = "PascalCase")]
pub(crate) struct InvoiceLine {
    #[entity(primary_key, generated)]
    pub(crate) invoice_line_id: i64,
    #[entity(index, references(Invoice::INVOICE_ID), belongs_to = INVOICE)]
    pub(crate) invoice_id: i64,
    #[entity(index, references(Track::TRACK_ID), belongs_to = TRACK)]
    pub(crate) track_id: i64,
    pub(crate) unit_price: f64,
    pub(crate) quantity: i64,
}
