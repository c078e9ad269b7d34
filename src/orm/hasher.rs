//! `Seeded`: the hashes of the identity maps.
//!
//! A key is looked up for each row that is loaded and once more when its entity goes, so a hash has to take
//! no longer than the rest of it. Keys may be texts that anybody has chosen: each map has a secret of its own,
//! without which nobody can tell which keys would meet.
//!
//! Rows are mostly met in the order of their keys. So a few keys that follow each other have places that follow
//! each other, and only where such a run begins is random: in a large map that is a cache line for each run and
//! not for each key.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Makes the hashers of one map.
#[derive(Clone, Debug)]
pub(super) struct Seeded {
    seeds: [u64; 2],
}

impl Default for Seeded {
    fn default() -> Self {
        let random = RandomState::new();
        // An odd factor loses no bit.
        Self { seeds: [random.hash_one(0_u8), random.hash_one(1_u8) | 1] }
    }
}

impl BuildHasher for Seeded {
    type Hasher = Folding;

    fn build_hasher(&self) -> Folding {
        let [state, factor] = self.seeds;
        Folding { state, factor, last: None }
    }
}

/// Multiplies each word in and folds the product, whose every bit depends on both.
#[derive(Debug)]
pub(super) struct Folding {
    state: u64,
    factor: u64,
    /// The last word, which is not multiplied in yet.
    last: Option<u64>,
}

impl Folding {
    /// The bits of the last word that tell the keys of a run apart.
    const RUN: u64 = 0xf;

    fn fold(&mut self, word: u64, factor: u64) {
        let product = u128::from(self.state ^ word) * u128::from(factor);
        let [low, high] = [product, product >> 64].map(|half| {
            #[expect(clippy::cast_possible_truncation, reason = "the halves are taken apart")]
            let half = half as u64;
            half
        });
        self.state = low ^ high;
    }
}

impl Hasher for Folding {
    fn finish(&self) -> u64 {
        let word = self.last.unwrap_or_default();
        let mut run = Self { ..*self };
        run.fold(word & !Self::RUN, self.factor);
        run.fold(0x9e37_79b9_7f4a_7c15, self.factor.rotate_left(32) | 1);
        // The lowest bits say the place, and the highest tell apart what is found there.
        let within = word & Self::RUN;
        run.state.wrapping_add(within << 57 | within)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (into, byte) in last.iter_mut().zip(rest) {
            *into = *byte;
        }
        // The length tells a text from one with zeros behind it.
        self.write_u64(u64::from_le_bytes(last) ^ (bytes.len() as u64).rotate_right(8));
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        if let Some(word) = self.last.replace(number) {
            self.fold(word, self.factor);
        }
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_hashes_of_keys_next_to_each_other_are_spread() {
        let seeded = Seeded::default();

        // What a map of 65,536 places would take of each hash.
        let places: HashSet<u64> =
            (0_i64..65_536).map(|key| seeded.hash_one(key) & 0xffff).collect();

        // At random 63 of 100 places would be taken.
        assert!(places.len() > 40_000, "{} places", places.len());
    }

    #[test]
    fn a_run_of_keys_has_places_next_to_each_other() {
        let seeded = Seeded::default();
        let first = seeded.hash_one(3_200_i64) & 0xffff;

        let places = (3_200_i64..3_216).map(|key| seeded.hash_one(key) & 0xffff);

        assert!(places.eq((first..first + 16).map(|place| place & 0xffff)));
    }

    #[test]
    fn all_words_of_a_key_count() {
        let seeded = Seeded::default();
        let keys = [(1_i64, 2_i64), (2, 1), (1, 3), (17, 2), (1, 18)];

        let hashes: HashSet<u64> = keys.iter().map(|key| seeded.hash_one(key)).collect();

        assert_eq!(hashes.len(), keys.len());
    }

    #[test]
    fn texts_are_told_apart_by_all_that_is_in_them() {
        let seeded = Seeded::default();
        let texts = ["", "\0", "a", "a\0", "abcdefgh", "abcdefgh\0", "abcdefghi", "hgfedcba"];

        let hashes: HashSet<u64> = texts.iter().map(|text| seeded.hash_one(text)).collect();

        assert_eq!(hashes.len(), texts.len());
    }

    #[test]
    fn two_maps_do_not_have_the_same_hashes() {
        assert_ne!(Seeded::default().hash_one(1_i64), Seeded::default().hash_one(1_i64));
    }
}
