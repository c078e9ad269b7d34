//! Keys of all kinds: texts, several columns, columns that are declared as another type, a table that
//! refers to itself.

use headwater::{AsyncEngine, Entity, Value, select};

use crate::support::{Tank, run};

async fn engine(tank: &Tank, script: &'static str) -> AsyncEngine {
    let engine = tank.engine().await;
    engine.execute_batch(script).await.unwrap();
    engine
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "folders", has_many(INSIDE: Folder::PARENT))]
struct Folder {
    #[entity(primary_key)]
    path: String,
    #[entity(references(Folder::PATH), belongs_to = OUTSIDE)]
    parent: Option<String>,
}

#[test]
fn a_table_that_refers_to_itself_is_followed_both_ways() {
    run(async {
        let tank = Tank::new();
        let engine = engine(
            &tank,
            "CREATE TABLE folders(path TEXT PRIMARY KEY, parent TEXT REFERENCES folders);
             INSERT INTO folders VALUES ('/', NULL), ('/a', '/'), ('/b', '/'), ('/a/c', '/a')",
        )
        .await;

        let folders = select::<Folder>()
            .order_by(Folder::PATH)
            .with(Folder::INSIDE.with(Folder::INSIDE))
            .with(Folder::OUTSIDE);
        let folders = engine.query(folders).all().await.unwrap();

        let shown: Vec<_> = folders
            .iter()
            .map(|(folder, inside, outside)| {
                let inside: Vec<_> =
                    inside.iter().map(|(folder, below)| (&*folder.path, below.len())).collect();
                (&*folder.path, inside, outside.as_ref().map(|folder| &*folder.path))
            })
            .collect();
        let expected = [
            ("/", vec![("/a", 1), ("/b", 0)], None),
            ("/a", vec![("/a/c", 0)], Some("/")),
            ("/a/c", vec![], Some("/a")),
            ("/b", vec![], Some("/")),
        ];
        assert_eq!(shown, expected);
    });
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "seats", has_many(TICKETS: (Ticket::HALL, Ticket::SEAT)))]
struct Seat {
    #[entity(primary_key)]
    hall: String,
    #[entity(primary_key)]
    number: i64,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "tickets", foreign_key((HALL, SEAT) => (Seat::HALL, Seat::NUMBER)))]
struct Ticket {
    #[entity(primary_key)]
    id: i64,
    hall: Option<String>,
    seat: Option<i64>,
}

const SEATS: &str = "
    CREATE TABLE seats(hall TEXT, number INTEGER, PRIMARY KEY (hall, number));
    CREATE TABLE tickets(id INTEGER PRIMARY KEY, hall TEXT, seat INTEGER,
        FOREIGN KEY (hall, seat) REFERENCES seats(hall, number));
    INSERT INTO seats VALUES ('a', 1), ('a', 2), ('b', 1);
    INSERT INTO tickets VALUES (1, 'b', 1), (2, 'a', 1), (3, 'b', 1), (4, 'a', NULL), (5, NULL, NULL);
";

#[test]
fn a_key_of_two_columns_is_met_as_a_whole() {
    run(async {
        let tank = Tank::new();
        let engine = engine(&tank, SEATS).await;
        let tickets = |relation| async {
            let seats = select::<Seat>().order_by((Seat::HALL, Seat::NUMBER)).with(relation);
            let seats = engine.query(seats).all().await.unwrap();
            let ids = |tickets: &Vec<Ticket>| tickets.iter().map(|ticket| ticket.id).collect();
            seats.iter().map(|(_, tickets)| ids(tickets)).collect::<Vec<Vec<_>>>()
        };

        assert_eq!(tickets(Seat::TICKETS.offset(0)).await, [vec![2], vec![], vec![1, 3]]);
        assert_eq!(tickets(Seat::TICKETS.limit(1)).await, [vec![2], vec![], vec![1]]);
    });
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "codes", has_many(USES: Use::CODE))]
struct Code {
    #[entity(primary_key)]
    id: i64,
    #[entity(unique)]
    code: Value,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "uses")]
struct Use {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(Code::CODE), belongs_to = OF)]
    code: Value,
}

#[test]
fn columns_of_two_types_are_compared_as_the_database_does() {
    run(async {
        let tank = Tank::new();
        let engine = engine(
            &tank,
            "CREATE TABLE codes(id INTEGER PRIMARY KEY, code TEXT UNIQUE);
             CREATE TABLE uses(id INTEGER PRIMARY KEY, code INTEGER);
             INSERT INTO codes VALUES (1, '5'), (2, '7'), (3, 'x');
             INSERT INTO uses VALUES (1, 7), (2, 5), (3, 7), (4, 8), (5, NULL)",
        )
        .await;

        let codes = select::<Code>().order_by(Code::CODE);
        let all = engine.query(codes.clone().with(Code::USES)).all().await.unwrap();
        let last = Code::USES.order_by(Use::ID.desc()).limit(1);
        let last = engine.query(codes.with(last)).all().await.unwrap();
        let uses = select::<Use>().order_by(Use::ID).with(Use::OF);
        let uses = engine.query(uses).all().await.unwrap();

        let ids = |codes: Vec<(Code, Vec<Use>)>| -> Vec<Vec<i64>> {
            codes.iter().map(|(_, uses)| uses.iter().map(|one| one.id).collect()).collect()
        };
        assert_eq!(ids(all), [vec![2], vec![1, 3], vec![]]);
        assert_eq!(ids(last), [vec![2], vec![3], vec![]]);
        let codes: Vec<_> =
            uses.iter().map(|(_, code)| code.as_ref().map(|code| code.id)).collect();
        assert_eq!(codes, [Some(2), Some(1), Some(2), None, None]);
    });
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "words", has_many(MEANINGS: Meaning::WORD))]
struct Word {
    #[entity(primary_key)]
    word: String,
}

#[derive(Entity, Clone, Debug, PartialEq)]
#[entity(table = "meanings")]
struct Meaning {
    #[entity(primary_key)]
    id: i64,
    #[entity(references(Word::WORD), belongs_to = OF)]
    word: String,
}

#[test]
fn texts_that_a_collation_calls_equal_belong_together() {
    run(async {
        let tank = Tank::new();
        let engine = engine(
            &tank,
            "CREATE TABLE words(word TEXT COLLATE NOCASE PRIMARY KEY);
             CREATE TABLE meanings(id INTEGER PRIMARY KEY, word TEXT COLLATE NOCASE REFERENCES words);
             INSERT INTO words VALUES ('Bank'), ('Lift');
             INSERT INTO meanings VALUES (1, 'Bank'), (2, 'bank'), (3, 'LIFT')",
        )
        .await;

        let words = select::<Word>().order_by(Word::WORD).with(Word::MEANINGS);
        let words = engine.query(words).all().await.unwrap();
        let meanings = select::<Meaning>().order_by(Meaning::ID).with(Meaning::OF);
        let meanings = engine.query(meanings).all().await.unwrap();

        let found: Vec<_> = words.iter().map(|(_, meanings)| meanings.len()).collect();
        assert_eq!(found, [2, 1]);
        assert!(meanings.iter().all(|(_, word)| word.is_some()));
    });
}
