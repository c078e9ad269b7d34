//! Where the questions are asked: a Chinook database on a disk of its own, through an engine and by plain SQL.

use std::fmt::Debug;
use std::io::Read as _;
use std::path::Path;
use std::sync::OnceLock;

use headwater::{AsyncEngine, FromRow, IntoStatement, Scalars, Schema, schema};

use super::entities::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist,
    PlaylistTrack, Track,
};
use super::made;
use crate::support::{Tank, watched};

/// What a row of plain SQL is read as: a tuple.
pub(crate) trait Tuple:
    for<'r> TryFrom<&'r rusqlite::Row<'r>, Error = rusqlite::Error>
{
}

impl<T> Tuple for T where T: for<'r> TryFrom<&'r rusqlite::Row<'r>, Error = rusqlite::Error> {}

/// All tables of Chinook.
pub(crate) fn chinook() -> Schema {
    schema()
        .entity::<Artist>()
        .entity::<Album>()
        .entity::<Genre>()
        .entity::<MediaType>()
        .entity::<Track>()
        .entity::<Playlist>()
        .entity::<PlaylistTrack>()
        .entity::<Employee>()
        .entity::<Customer>()
        .entity::<Invoice>()
        .entity::<InvoiceLine>()
}

/// A Chinook database, and an engine on it.
pub(crate) struct Shop {
    pub(crate) engine: AsyncEngine,
    tank: Tank,
}

impl Shop {
    /// The shop that is made here.
    pub(crate) async fn made() -> Self {
        let tank = Tank::new();
        let engine = tank.engine().await;
        chinook().create_all(&engine).await.unwrap();
        made::fill(&engine).await.unwrap();
        Self { engine, tank }
    }

    /// The real one, if its data are there.
    pub(crate) async fn real() -> Option<Self> {
        let tank = Tank::new();
        std::fs::write(tank.path(), real_database()?).unwrap();
        Some(Self { engine: tank.engine().await, tank })
    }

    /// Gives all rows of plain SQL, by the driver alone.
    pub(crate) fn plain<T: Tuple>(&self, text: &str) -> Vec<T> {
        let connection = self.tank.plain();
        let mut statement = connection.prepare(text).unwrap();
        let rows = statement.query_map([], |row| T::try_from(row)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Asks a typed query and plain SQL, which have to give the same rows in the same order, and some.
    pub(crate) async fn agree<T>(
        &self,
        query: impl IntoStatement<Shape = Scalars<T>>,
        plain: &str,
    ) -> Vec<T>
    where
        T: FromRow + Tuple + Debug + PartialEq,
    {
        let found = self.engine.query(query).all().await.unwrap();

        let expected = self.plain::<T>(plain);
        assert!(!expected.is_empty(), "nothing is found by {plain}");
        assert_eq!(found, expected, "{plain}");
        found
    }
}

/// Asks a question in the made shop, and in the real one if it is there.
pub(crate) fn ask(question: impl AsyncFn(&Shop) + Send + 'static) {
    watched(move || {
        futures::executor::block_on(async {
            question(&Shop::made().await).await;
            if let Some(shop) = Shop::real().await {
                question(&shop).await;
            }
        });
    });
}

/// The file of the real database, which is loaded once.
fn real_database() -> Option<&'static [u8]> {
    static LOADED: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    LOADED.get_or_init(|| loaded(std::env::var_os("HEADWATER_DATA")?.as_ref())).as_deref()
}

fn loaded(data: &Path) -> Option<Vec<u8>> {
    let path = data.join("chinook/chinook_sqlite.sql.gz");
    let packed = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut script = String::new();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut script).unwrap();
    let tank = Tank::new();
    let connection = tank.plain();
    connection.execute_batch(&format!("BEGIN;{script};COMMIT")).unwrap();
    connection.close().unwrap();
    Some(std::fs::read(tank.path()).unwrap())
}
