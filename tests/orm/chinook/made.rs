//! A small shop of the same kind: a few dozen rows, the same each time.

use headwater::{AsyncEngine, Entity, Insert, Result, insert_all};

use super::entities::{
    Album, Artist, Billing, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist,
    PlaylistTrack, Track,
};

const ARTISTS: [&str; 5] = [
    "The Millrace",
    "Anna Tidewell Quartet",
    "Orchestra of the North Bank",
    "Silt & Gravel",
    "The Ferrymen",
];

const ALBUMS: [(&str, i64); 6] = [
    ("High Water", 1),
    ("Low Bridges", 1),
    ("Slow River", 2),
    ("Symphonies at Dusk", 3),
    ("Delta Dust", 4),
    ("Live at the Weir", 1),
];

const GENRES: [&str; 5] = ["Rock", "Jazz", "Classical", "Blues", "Opera"];

const MEDIA_TYPES: [&str; 3] =
    ["MPEG audio file", "Protected AAC audio file", "Purchased AAC audio file"];

/// Name, album, media type, genre, composer, seconds, price.
type Song = (&'static str, i64, i64, i64, Option<&'static str>, i64, f64);

const TRACKS: [Song; 22] = [
    ("Flood", 1, 1, 1, Some("J. Miller"), 214, 0.99),
    ("Love Under the Bridge", 1, 1, 1, Some("J. Miller, R. Reeve"), 251, 0.99),
    ("Sluice", 1, 1, 1, None, 187, 0.99),
    ("Tailwater", 1, 1, 1, Some("R. Reeve"), 402, 0.99),
    ("Headrace", 2, 2, 1, Some("J. Miller"), 198, 0.99),
    ("Half a Love Song", 2, 2, 1, None, 263, 0.99),
    ("Low Bridge", 2, 2, 1, Some("R. Reeve"), 305, 0.99),
    ("Slow River", 3, 1, 2, Some("Anna Tidewell"), 498, 1.29),
    ("Ebb", 3, 1, 2, Some("Anna Tidewell"), 377, 1.29),
    ("My Love Is a Ferry", 3, 1, 2, None, 289, 1.29),
    ("Neap", 3, 1, 2, Some("Anna Tidewell"), 423, 1.29),
    ("Spring Tide", 3, 1, 2, Some("Anna Tidewell"), 350, 1.29),
    ("Symphony No. 1: I. Adagio", 4, 2, 3, Some("Otto Brandt"), 812, 0.99),
    ("Symphony No. 1: II. Presto", 4, 2, 3, Some("Otto Brandt"), 431, 0.99),
    ("Symphony No. 1: III. Largo", 4, 2, 3, Some("Otto Brandt"), 690, 0.99),
    ("Delta Dust", 5, 1, 4, Some("S. Gravel"), 175, 0.99),
    ("Levee Love", 5, 1, 4, Some("S. Gravel"), 233, 0.99),
    ("Mud", 5, 1, 4, None, 164, 0.99),
    ("Flood (Live)", 6, 1, 1, Some("J. Miller"), 276, 0.99),
    ("Sluice (Live)", 6, 1, 1, None, 241, 0.99),
    ("Tailwater (Live)", 6, 1, 1, Some("R. Reeve"), 588, 0.99),
    ("Encore (100% Live)", 6, 1, 1, None, 122, 0.99),
];

const PLAYLISTS: [&str; 5] = ["Music", "Movies", "Classical", "Grunge", "Music"];

/// Each playlist with its tracks.
const PLAYED: [(i64, &[i64]); 4] = [
    (1, &[1, 2, 3, 4, 8, 9, 13, 14, 16, 22]),
    (3, &[13, 14, 15]),
    (4, &[4, 6, 7]),
    (5, &[1, 8, 16]),
];

/// First name, last name, title, manager, city.
const EMPLOYEES: [(&str, &str, &str, Option<i64>, &str); 6] = [
    ("Agnes", "Weaver", "General Manager", None, "Edmonton"),
    ("Noah", "Brook", "Sales Manager", Some(1), "Calgary"),
    ("Jill", "Poole", "Sales Support Agent", Some(2), "Calgary"),
    ("Mark", "Ford", "Sales Support Agent", Some(2), "Calgary"),
    ("Mia", "Banks", "IT Manager", Some(1), "Calgary"),
    ("Rob", "Lake", "IT Staff", Some(5), "Lethbridge"),
];

/// First name, last name, company, city, state, country, fax, agent.
type Client = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
    Option<&'static str>,
    &'static str,
    Option<&'static str>,
    i64,
);

const CUSTOMERS: [Client; 8] = [
    ("Lena", "Köhler", None, "Stuttgart", None, "Germany", None, 3),
    ("Jonas", "Vogt", Some("Vogt & Co."), "Berlin", None, "Germany", Some("+49 30 555 0101"), 4),
    ("Ingrid", "Dahl", None, "Oslo", None, "Norway", None, 4),
    ("Paul", "Marsh", Some("Telus"), "Edmonton", Some("AB"), "Canada", None, 3),
    ("Luísa", "Ramos", Some("Rio Som"), "Rio de Janeiro", Some("RJ"), "Brazil", None, 3),
    ("Fay", "Harris", None, "New York", Some("NY"), "USA", None, 4),
    ("Dan", "Moor", None, "Boston", Some("MA"), "USA", Some("+1 617 555 0102"), 3),
    ("Eva", "Novak", None, "Prague", None, "Czech Republic", None, 4),
];

/// Customer, day, and the tracks that were bought.
const INVOICES: [(i64, &str, &[i64]); 14] = [
    (1, "2021-01-03", &[1, 2]),
    (2, "2021-02-11", &[8, 9, 10]),
    (3, "2021-06-30", &[13]),
    (4, "2022-01-15", &[4, 5, 6, 7]),
    (5, "2022-03-08", &[16, 17]),
    (6, "2022-09-21", &[1, 8, 13]),
    (7, "2023-02-02", &[2]),
    (1, "2023-05-19", &[11, 12]),
    (2, "2023-07-04", &[3, 19]),
    (3, "2023-12-24", &[14, 15]),
    (6, "2024-04-01", &[8, 9, 10, 11, 12]),
    (4, "2024-08-17", &[20]),
    (5, "2025-01-09", &[6, 16]),
    (7, "2025-11-30", &[1]),
];

/// Writes all of it.
pub(crate) async fn fill(engine: &AsyncEngine) -> Result<()> {
    let tx = engine.begin().await?;
    tx.execute(artists()).await?;
    tx.execute(albums()).await?;
    tx.execute(named(&GENRES, |name| Genre { genre_id: 0, name })).await?;
    tx.execute(named(&MEDIA_TYPES, |name| MediaType { media_type_id: 0, name })).await?;
    tx.execute(insert_all(TRACKS.map(track))).await?;
    tx.execute(named(&PLAYLISTS, |name| Playlist { playlist_id: 0, name })).await?;
    tx.execute(played()).await?;
    tx.execute(insert_all(EMPLOYEES.map(employee))).await?;
    tx.execute(insert_all(CUSTOMERS.map(customer))).await?;
    tx.execute(insert_all((1..).zip(INVOICES).map(|(id, sold)| invoice(id, sold)))).await?;
    tx.execute(insert_all((1..).zip(INVOICES).flat_map(|(id, sold)| lines(id, sold)))).await?;
    tx.commit().await?;
    Ok(())
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn named<E: Entity>(names: &[&str], entity: impl Fn(Option<String>) -> E) -> Insert<E> {
    insert_all(names.iter().map(|name| entity(text(name))))
}

fn artists() -> Insert<Artist> {
    named(&ARTISTS, |name| Artist { artist_id: 0, name })
}

fn albums() -> Insert<Album> {
    insert_all(ALBUMS.map(|(title, artist_id)| Album {
        album_id: 0,
        title: title.to_owned(),
        artist_id,
    }))
}

fn track(of: Song) -> Track {
    let (name, album, media_type_id, genre, composer, seconds, unit_price) = of;
    Track {
        track_id: 0,
        name: name.to_owned(),
        album_id: Some(album),
        media_type_id,
        genre_id: Some(genre),
        composer: composer.map(str::to_owned),
        milliseconds: seconds * 1000 + 137,
        bytes: Some(seconds * 32_768),
        unit_price,
    }
}

fn played() -> Insert<PlaylistTrack> {
    let each = |(playlist_id, tracks): (i64, &'static [i64])| {
        tracks.iter().map(move |track_id| PlaylistTrack { playlist_id, track_id: *track_id })
    };
    insert_all(PLAYED.into_iter().flat_map(each))
}

fn employee(of: (&str, &str, &str, Option<i64>, &str)) -> Employee {
    let (first_name, last_name, title, reports_to, city) = of;
    Employee {
        employee_id: 0,
        last_name: last_name.to_owned(),
        first_name: first_name.to_owned(),
        title: text(title),
        reports_to,
        birth_date: text("1973-08-29 00:00:00"),
        hire_date: text("2002-04-01 00:00:00"),
        address: text("6 Water Street"),
        city: text(city),
        state: text("AB"),
        country: text("Canada"),
        postal_code: text("T2P 5M5"),
        phone: text("+1 (403) 555-0143"),
        fax: None,
        email: Some(format!("{}@example.com", first_name.to_lowercase())),
    }
}

fn customer(of: Client) -> Customer {
    let (first_name, last_name, company, city, state, country, fax, agent) = of;
    Customer {
        customer_id: 0,
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        company: company.map(str::to_owned),
        address: text("1 River Road"),
        city: text(city),
        state: state.map(str::to_owned),
        country: text(country),
        postal_code: None,
        phone: None,
        fax: fax.map(str::to_owned),
        email: format!("{}@example.org", first_name.to_lowercase()),
        support_rep_id: Some(agent),
    }
}

fn invoice(invoice_id: i64, (customer_id, day, tracks): (i64, &str, &[i64])) -> Invoice {
    let cents: f64 = tracks.iter().map(|track| price(*track) * 100.0).sum();
    let (_, _, _, city, state, country, _, _) = CUSTOMERS[place(customer_id)];
    let billing = Billing {
        address: text("1 River Road"),
        city: text(city),
        state: state.map(str::to_owned),
        country: text(country),
        postal_code: None,
    };
    let invoice_date = format!("{day} 00:00:00");
    Invoice { invoice_id, customer_id, invoice_date, billing, total: cents.round() / 100.0 }
}

fn lines(invoice_id: i64, (_, _, tracks): (i64, &str, &'static [i64])) -> Vec<InvoiceLine> {
    let line = |track: &i64| InvoiceLine {
        invoice_line_id: 0,
        invoice_id,
        track_id: *track,
        unit_price: price(*track),
        quantity: 1,
    };
    tracks.iter().map(line).collect()
}

fn price(track: i64) -> f64 {
    TRACKS[place(track)].6
}

/// Where the row of a key stands in its list.
fn place(key: i64) -> usize {
    usize::try_from(key).unwrap() - 1
}
