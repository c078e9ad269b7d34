//! Properties: what holds for any input that a strategy makes, checked for so many of them.

use std::hash::{BuildHasher, RandomState};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Checks that `property` does not panic for `cases` random inputs; fails with the smallest one found
/// for which it does, and with the seed that gives the same inputs again.
pub(crate) fn holds_for_any<S: Strategy>(cases: u32, inputs: &S, property: impl Fn(S::Value)) {
    let seed = match std::env::var("HEADWATER_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => RandomState::new().hash_one("seed"),
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 2_000,
        max_shrink_time: 20_000,
        ..Config::default()
    };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let outcome = TestRunner::new_with_rng(config, random).run(inputs, |input| {
        property(input);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}\nHEADWATER_SEED={seed} gives the same inputs again");
    }
}
