//! `Keys`: which of some entities have the same key, and which key a row of the other side has.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use crate::error::Result;
use crate::row::Row;
use crate::value::{Value, ValueRef};

/// The place of an entity whose key is NULL, to which nothing belongs.
const NOWHERE: usize = usize::MAX;

/// The keys of some entities, each once.
pub(super) struct Keys {
    /// How many columns a key has.
    width: usize,
    /// For each entity the number of its key.
    places: Vec<usize>,
    /// The values of the keys, one after the other.
    values: Vec<Value>,
    integers: HashMap<i64, usize>,
    others: HashMap<Vec<Part>, usize>,
    /// Whether two entities have the same key.
    repeats: bool,
    /// Whether these are the keys of all entities that there are.
    is_whole: bool,
}

/// A value of a key, to be looked for.
#[derive(PartialEq, Eq, Hash)]
enum Part {
    Integer(i64),
    Real(u64),
    Text(Box<str>),
    Blob(Box<[u8]>),
}

impl Part {
    fn of(value: ValueRef<'_>) -> Option<Self> {
        Some(match value {
            ValueRef::Null => return None,
            ValueRef::Integer(value) => Self::Integer(value),
            ValueRef::Real(value) => Self::Real(value.to_bits()),
            ValueRef::Text(value) => Self::Text(value.into()),
            ValueRef::Blob(value) | ValueRef::InvalidText(value) => Self::Blob(value.into()),
        })
    }

    fn value(&self) -> Value {
        match self {
            Self::Integer(value) => Value::Integer(*value),
            Self::Real(bits) => Value::Real(f64::from_bits(*bits)),
            Self::Text(value) => Value::Text(value.as_ref().into()),
            Self::Blob(value) => Value::Blob(value.as_ref().into()),
        }
    }
}

impl Keys {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width: width.max(1),
            places: Vec::new(),
            values: Vec::new(),
            integers: HashMap::new(),
            others: HashMap::new(),
            repeats: false,
            is_whole: false,
        }
    }

    /// Says whether these will be the keys of all entities that there are.
    pub(super) fn of_all(self, is_whole: bool) -> Self {
        Self { is_whole, ..self }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Returns how many different keys there are.
    pub(super) fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Returns the values of some of the keys, by their numbers.
    pub(super) fn values(&self, range: Range<usize>) -> impl Iterator<Item = &[Value]> {
        let values = range.start * self.width..range.end * self.width;
        self.values.get(values).unwrap_or_default().chunks_exact(self.width)
    }

    /// Notes the key of the next entity.
    pub(super) fn note(&mut self, row: &Row, columns: &[usize]) -> Result<()> {
        if let [column] = columns
            && let ValueRef::Integer(value) = row.value(*column)?
        {
            self.note_integer(value);
            return Ok(());
        }
        match parts(row, columns)? {
            Some(parts) => self.note_parts(parts),
            None => self.places.push(NOWHERE),
        }
        Ok(())
    }

    /// Notes the key of the next entity, given by its values.
    #[cfg(test)]
    pub(super) fn note_values(&mut self, values: &[Value]) {
        match values.iter().map(|value| Part::of(value.as_ref())).collect() {
            Some(parts) => self.note_parts(parts),
            None => self.places.push(NOWHERE),
        }
    }

    fn note_integer(&mut self, value: i64) {
        let next = self.len();
        let place = *self.integers.entry(value).or_insert(next);
        self.places.push(place);
        if place == next {
            self.values.push(Value::Integer(value));
        } else {
            self.repeats = true;
        }
    }

    fn note_parts(&mut self, parts: Vec<Part>) {
        if let [Part::Integer(value)] = *parts {
            return self.note_integer(value);
        }
        let next = self.len();
        match self.others.entry(parts) {
            Entry::Occupied(known) => {
                self.places.push(*known.get());
                self.repeats = true;
            }
            Entry::Vacant(entry) => {
                self.values.extend(entry.key().iter().map(Part::value));
                entry.insert(next);
                self.places.push(next);
            }
        }
    }

    /// Finds the key that a row of the other side has; none where the database alone sees that one of
    /// them is equal to it.
    pub(super) fn find(&self, row: &Row, columns: &[usize]) -> Result<Option<usize>> {
        if let [column] = columns
            && let ValueRef::Integer(value) = row.value(*column)?
        {
            return Ok(self.integers.get(&value).copied());
        }
        Ok(parts(row, columns)?.and_then(|parts| self.others.get(&parts).copied()))
    }

    /// Gives each entity what its key has, in the order of the entities.
    pub(super) fn spread<T: Clone + Default>(&self, mut given: Vec<T>) -> Vec<T> {
        let in_order = self.places.iter().copied().eq(0..given.len());
        if in_order {
            return given;
        }
        let mut of = |place: &usize| match given.get_mut(*place) {
            Some(given) if self.repeats => given.clone(),
            Some(given) => std::mem::take(given),
            None => T::default(),
        };
        self.places.iter().map(&mut of).collect()
    }
}

/// The values of a key; nothing if one of them is NULL.
fn parts(row: &Row, columns: &[usize]) -> Result<Option<Vec<Part>>> {
    let mut parts = Vec::with_capacity(columns.len());
    for column in columns {
        match Part::of(row.value(*column)?) {
            Some(part) => parts.push(part),
            None => return Ok(None),
        }
    }
    Ok(Some(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(of: &[Value]) -> Keys {
        let mut keys = Keys::new(1);
        of.iter().for_each(|value| keys.note_values(std::slice::from_ref(value)));
        keys
    }

    #[test]
    fn entities_of_one_key_are_given_the_same() {
        let keys = keys(&[Value::Integer(1), Value::Null, text("a"), Value::Integer(1)]);

        assert_eq!(keys.len(), 2);
        assert_eq!(keys.spread(vec![10, 20]), [10, 0, 20, 10]);
    }

    #[test]
    fn a_null_in_a_key_of_two_columns_is_no_key() {
        let mut keys = Keys::new(2);

        keys.note_values(&[Value::Integer(1), Value::Null]);
        keys.note_values(&[Value::Integer(1), Value::Integer(2)]);

        assert_eq!(keys.len(), 1);
        assert_eq!(keys.values(0..1).collect::<Vec<_>>(), [[Value::Integer(1), Value::Integer(2)]]);
        assert_eq!(keys.spread(vec!['a']), ['\0', 'a']);
    }

    #[test]
    fn an_integer_is_not_the_text_of_its_digits() {
        let keys = keys(&[Value::Integer(1), text("1")]);

        assert_eq!(keys.len(), 2);
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}
