//! The texts of shapes, rendered once for all queries that differ by their values only.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::dialect::Dialect;
use super::node::{Defect, Root};
use super::render::render;
use super::shape::Shape;
use crate::error::ErrorKind;
use crate::statement::{MOST, Options, Statement};
use crate::value::Value;

/// How many shapes a generation has.
const MOST_SHAPES: usize = 1024;

/// How many bytes of keys and texts a generation has: an INSERT has a shape for each number of rows.
const MOST_BYTES: usize = 8 << 20;

/// A text that is shared by all queries of its shape.
#[derive(Clone)]
struct Cached {
    text: Arc<str>,
    /// The numbers of the values in the order of the placeholders; none where that is their own.
    order: Option<Arc<[usize]>>,
}

/// Two generations of shapes: the older one goes when the younger one is full, and what is used again
/// is carried over, so that neither grows without bound and nothing in use is lost.
#[derive(Default)]
struct Cache {
    young: HashMap<Vec<u8>, Cached>,
    old: HashMap<Vec<u8>, Cached>,
    /// How many bytes the younger generation has.
    bytes: usize,
}

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

impl Cache {
    fn get(&mut self, key: &[u8]) -> Option<Cached> {
        if let Some(found) = self.young.get(key) {
            return Some(found.clone());
        }
        let (key, found) = self.old.remove_entry(key)?;
        self.put(key, found.clone());
        Some(found)
    }

    fn put(&mut self, key: Vec<u8>, cached: Cached) {
        let bytes = key.len() + cached.bytes();
        if bytes > MOST_BYTES / 8 {
            // It would push out what is smaller and used more.
            return;
        }
        if self.young.len() >= MOST_SHAPES || self.bytes + bytes > MOST_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.young.insert(key, cached);
    }
}

fn with_cache<T>(work: impl FnOnce(&mut Cache) -> T) -> T {
    work(&mut CACHE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Makes a statement of a query.
pub(crate) fn statement(root: Root, options: Options) -> Statement {
    let Built { text, values, defect } = build(root, Dialect::Sqlite);
    Statement::rendered(text, values, options, defect)
}

/// A query as text and values, or with what is wrong about it.
pub(crate) struct Built {
    pub(crate) text: Arc<str>,
    pub(crate) values: Vec<Value>,
    pub(crate) defect: Option<Defect>,
}

pub(crate) fn build(mut root: Root, dialect: Dialect) -> Built {
    let Shape { key, values, defect, padding, .. } = Shape::of(&mut root, dialect);
    if let Some(defect) = defect {
        return refused(defect);
    }
    if values.len() > MOST {
        return tight(&root, dialect, values, padding);
    }
    if let Some(cached) = with_cache(|cache| cache.get(&key)) {
        return cached.with(values);
    }
    match render(&root, dialect, false) {
        Err(defect) => refused(defect),
        Ok(rendered) => {
            let own = rendered.order.iter().copied().eq(0..values.len());
            let order = (!own).then(|| rendered.order.into());
            let cached = Cached { text: rendered.text.into(), order };
            with_cache(|cache| cache.put(key, cached.clone()));
            cached.with(values)
        }
    }
}

/// Renders lists as long as they are, where rounding them up makes more values than the database takes.
fn tight(root: &Root, dialect: Dialect, values: Vec<Value>, padding: usize) -> Built {
    let own = values.len().saturating_sub(padding);
    if own > MOST {
        let advice = match root {
            Root::Insert(_) => "insert the rows in parts, or with `insert_stream`",
            _ => "put long lists into a temporary table with `insert_stream`, or ask in parts",
        };
        let what = format!(
            "{own} values are bound, and SQLite takes at most {MOST} variables in a statement; {advice}"
        );
        return refused((ErrorKind::Bind, what));
    }
    match render(root, dialect, true) {
        Err(defect) => refused(defect),
        Ok(rendered) => {
            let order = Some(rendered.order.into());
            Cached { text: rendered.text.into(), order }.with(values)
        }
    }
}

#[cold]
fn refused(defect: Defect) -> Built {
    Built { text: "".into(), values: Vec::new(), defect: Some(defect) }
}

impl Cached {
    fn bytes(&self) -> usize {
        self.text.len() + self.order.as_ref().map_or(0, |order| size_of_val(&**order))
    }

    fn with(self, values: Vec<Value>) -> Built {
        let values = match self.order {
            None => values,
            Some(order) => arranged(values, &order),
        };
        Built { text: self.text, values, defect: None }
    }
}

/// Puts the values into the order of the placeholders, of which each value has one.
fn arranged(mut values: Vec<Value>, order: &[usize]) -> Vec<Value> {
    let taken = |number: &usize| values.get_mut(*number).map(std::mem::take).unwrap_or_default();
    order.iter().map(taken).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: usize) -> Cached {
        Cached { text: "x".repeat(bytes).into(), order: None }
    }

    #[test]
    fn what_is_kept_is_bounded_in_number_and_in_bytes() {
        let mut cache = Cache::default();
        let held = |cache: &Cache| -> usize {
            cache.young.values().chain(cache.old.values()).map(Cached::bytes).sum()
        };

        for number in 0..5_000_usize {
            cache.put(number.to_le_bytes().to_vec(), text(20_000));
            assert!(held(&cache) <= 2 * MOST_BYTES);
        }
        for number in 0..5_000_usize {
            cache.put(number.to_le_bytes().to_vec(), text(1));
            assert!(cache.young.len() <= MOST_SHAPES && cache.old.len() <= MOST_SHAPES);
        }
        cache.put(b"long".to_vec(), text(MOST_BYTES));

        assert!(cache.get(b"long").is_none());
        assert!(cache.get(&4_999_usize.to_le_bytes()).is_some());
        assert!(cache.get(&0_usize.to_le_bytes()).is_none());
    }
}
