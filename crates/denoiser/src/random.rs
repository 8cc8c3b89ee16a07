//! Random numbers that are a pure function of (seed, purpose, index).

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

/// An independent generator for each purpose and index of a run with this seed.
pub(crate) fn stream(seed: u64, purpose: &str, index: u64) -> ChaCha8Rng {
    // FNV-1a keeps the purposes apart.
    let name = purpose.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&name.to_le_bytes());
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(index);
    random
}
