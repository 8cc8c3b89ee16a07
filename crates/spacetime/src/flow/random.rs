//! Random numbers that are a pure function of (seed, purpose, step, particle).

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// The generator of one particle's numbers of one step.
pub(super) fn stream(seed: u64, purpose: u64, step: usize, particle: usize) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&purpose.to_le_bytes());
    key[16..24].copy_from_slice(&(step as u64).to_le_bytes());
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(particle as u64);
    random
}

/// `count` standard normal numbers.
pub(super) fn normals(random: &mut ChaCha8Rng, count: usize) -> Vec<f64> {
    (0..count).map(|_| StandardNormal.sample(random)).collect()
}
