//! Random numbers that are a pure function of (seed, stage, path, step).
//!
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3",
//! SC 2011): a keyed bijection of a 128-bit counter. The key holds (seed, stage), the counter (row, path, step),
//! so that no state is carried from step to step and a restart anywhere reproduces the same numbers. Normal variates
//! come from Box & Muller (1958). Both are straight-line arithmetic without tables, calls or fused operations:
//! they vectorise over replicas and give the same bits on every machine.

use geodyssey_molecule::LANES;

/// Number of normal variates from one Philox block.
const BLOCK: usize = 4;
/// Philox4x32 multipliers and key increments (Salmon et al., section 3.3 and the authors' Random123).
const MULTIPLIERS: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
const INCREMENTS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;
const LOW: u64 = 0xFFFF_FFFF;
/// 2⁵² and its bits: an integer below 2³² written into the mantissa becomes a double without a conversion.
const MAGIC: f64 = 4_503_599_627_370_496.0;
const MAGIC_BITS: u64 = 0x4330_0000_0000_0000;

/// Independent random numbers for every (path, step, row) of one stage of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomStream {
    key: [u32; 2],
}

impl RandomStream {
    /// The stream of one stage (any name) of the run with this seed.
    pub fn new(seed: u64, stage: &str) -> Self {
        Self::from_bits(mix(seed ^ mix(name_bits(stage))))
    }

    /// Another stream, independent of this one, for another use within the stage.
    pub fn substream(&self, name: &str) -> Self {
        let key = u64::from(self.key[0]) | u64::from(self.key[1]) << 32;
        Self::from_bits(mix(key.wrapping_add(mix(name_bits(name)))))
    }

    /// Another stream, independent of this one, for every sequence of numbers, such as the protocol that drives the paths.
    #[must_use]
    pub fn substream_of(&self, numbers: impl IntoIterator<Item = f64>) -> Self {
        let key = u64::from(self.key[0]) | u64::from(self.key[1]) << 32;
        // Zero has two signs and is one number.
        let bits = |number: f64| if number == 0.0 { 0 } else { number.to_bits() };
        Self::from_bits(numbers.into_iter().fold(mix(key), |key, number| mix(key ^ mix(bits(number)))))
    }

    fn from_bits(bits: u64) -> Self {
        Self { key: [bits as u32, (bits >> 32) as u32] }
    }

    /// Fills `normals`, laid out `[row][lane]`, with standard normal variates; `paths` names the path of every lane.
    ///
    /// A value depends only on (seed, stage, its path, `step`, its row), not on the other lanes or their number.
    ///
    /// # Panics
    /// If the number of lanes is not a multiple of [`LANES`] or `normals` does not hold whole rows.
    pub fn fill_normals(&self, step: u64, paths: &[u32], normals: &mut [f64]) {
        assert!(paths.len().is_multiple_of(LANES), "lanes come in strips of {LANES}");
        assert!(normals.len().is_multiple_of(paths.len().max(1)), "normals come in whole rows");
        fill(self.key, |_| step, paths, normals);
    }

    /// The same with a step of its own for every lane.
    ///
    /// # Panics
    /// As [`RandomStream::fill_normals`], or if there is not one step for each lane.
    pub fn fill_normals_at(&self, steps: &[u64], paths: &[u32], normals: &mut [f64]) {
        assert_eq!(steps.len(), paths.len(), "one step for each lane");
        assert!(paths.len().is_multiple_of(LANES), "lanes come in strips of {LANES}");
        assert!(normals.len().is_multiple_of(paths.len().max(1)), "normals come in whole rows");
        fill(self.key, |lane| steps[lane], paths, normals);
    }

    /// A uniform variate in (0, 1) with 52 random bits.
    pub fn uniform(&self, path: u32, step: u64, row: u32) -> f64 {
        let words = philox(self.key, [row, path, step as u32, (step >> 32) as u32].map(u64::from));
        (((words[0] << 20) | (words[1] >> 12)) as f64 + 0.5) * 2f64.powi(-52)
    }
}

/// FNV-1a hash of a name.
fn name_bits(name: &str) -> u64 {
    name.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// SplitMix64's step and finaliser (Steele, Lea & Flood 2014): spreads every input bit over all output bits.
fn mix(bits: u64) -> u64 {
    let mut z = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Philox4x32-10; 32-bit words are kept in 64 bits, the form in which vector units multiply them. Wrapping operations, here and below,
/// because checks for overflows, which cannot happen, would prevent vectorisation.
#[inline(always)]
fn philox(key: [u32; 2], counter: [u64; 4]) -> [u64; 4] {
    let mut c = counter;
    let mut k = key;
    for _ in 0..ROUNDS {
        let p0 = (c[0] & LOW).wrapping_mul(MULTIPLIERS[0]);
        let p1 = (c[2] & LOW).wrapping_mul(MULTIPLIERS[1]);
        c = [(p1 >> 32) ^ c[1] ^ u64::from(k[0]), p1 & LOW, (p0 >> 32) ^ c[3] ^ u64::from(k[1]), p0 & LOW];
        k = [k[0].wrapping_add(INCREMENTS[0]), k[1].wrapping_add(INCREMENTS[1])];
    }
    c
}

/// Two independent standard normals of two 32-bit words: `sqrt(-2 ln u) (cos θ, sin θ)`.
///
/// `u` lies in the middle of one of 2³² intervals, so that variates do not exceed 6.8 standard deviations.
#[inline(always)]
fn box_muller(radial: u64, angular: u64) -> [f64; 2] {
    let u = (f64::from_bits(MAGIC_BITS | radial) - MAGIC + 0.5) * 2f64.powi(-32);
    let radius = (-2.0 * logarithm(u)).sqrt();
    // θ = quadrant π/2 + angle, |angle| < π/4.
    let fraction = f64::from_bits(MAGIC_BITS | (angular & 0x3FFF_FFFF)) - MAGIC + 0.5;
    let angle = (fraction * 2f64.powi(-30) - 0.5) * std::f64::consts::FRAC_PI_2;
    let (sine, cosine) = sine_cosine(angle);
    let quadrant = angular >> 30;
    let swap = (sine.to_bits() ^ cosine.to_bits()) & 0u64.wrapping_sub(quadrant & 1);
    let cosine = (cosine.to_bits() ^ swap) ^ (((quadrant.wrapping_add(1) >> 1) & 1) << 63);
    let sine = (sine.to_bits() ^ swap) ^ ((quadrant >> 1) << 63);
    [radius * f64::from_bits(cosine), radius * f64::from_bits(sine)]
}

/// `ln u` of a positive normal double: `u = 2^k z`, `z` in [√½, √2), `ln z = 2 artanh((z-1)/(z+1))`. Error below 1e-14.
#[inline(always)]
fn logarithm(u: f64) -> f64 {
    const ONE: u64 = 0x3FF0_0000_0000_0000;
    const ROOT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
    let bits = u.to_bits();
    let exponent = bits.wrapping_add(ONE - ROOT_HALF) >> 52;
    let z = f64::from_bits(bits.wrapping_add(ONE).wrapping_sub(exponent << 52));
    let k = f64::from_bits(MAGIC_BITS | exponent) - (MAGIC + 1023.0);
    let s = (z - 1.0) / (z + 1.0);
    let q = s * s;
    let series = polynomial(
        q,
        [1.0, 1.0 / 3.0, 1.0 / 5.0, 1.0 / 7.0, 1.0 / 9.0, 1.0 / 11.0, 1.0 / 13.0, 1.0 / 15.0, 1.0 / 17.0],
    );
    k * std::f64::consts::LN_2 + 2.0 * s * series
}

/// Sine and cosine for `|x| ≤ π/4` by their series. Error below 1e-13.
#[inline(always)]
fn sine_cosine(x: f64) -> (f64, f64) {
    const SINE: [f64; 7] = [
        1.0,
        -1.0 / 6.0,
        1.0 / 120.0,
        -1.0 / 5040.0,
        1.0 / 362_880.0,
        -1.0 / 39_916_800.0,
        1.0 / 6_227_020_800.0,
    ];
    const COSINE: [f64; 8] = [
        1.0,
        -1.0 / 2.0,
        1.0 / 24.0,
        -1.0 / 720.0,
        1.0 / 40_320.0,
        -1.0 / 3_628_800.0,
        1.0 / 479_001_600.0,
        -1.0 / 87_178_291_200.0,
    ];
    let q = x * x;
    (x * polynomial(q, SINE), polynomial(q, COSINE))
}

/// Horner's scheme, constant coefficient first.
#[inline(always)]
fn polynomial<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut sum = coefficients[N - 1];
    for i in (0..N - 1).rev() {
        sum = sum * x + coefficients[i];
    }
    sum
}

/// Fills normals with the widest instructions that the processor has.
fn fill(key: [u32; 2], step_of: impl Fn(usize) -> u64, paths: &[u32], normals: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was just seen to have AVX2.
        return unsafe { fill_normals_avx2(key, step_of, paths, normals) };
    }
    fill_normals(key, step_of, paths, normals);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn fill_normals_avx2(key: [u32; 2], step_of: impl Fn(usize) -> u64, paths: &[u32], normals: &mut [f64]) {
    fill_normals(key, step_of, paths, normals);
}

#[inline(always)]
fn fill_normals(key: [u32; 2], step_of: impl Fn(usize) -> u64, paths: &[u32], normals: &mut [f64]) {
    let stride = paths.len();
    for (block, rows) in normals.chunks_mut(BLOCK * stride.max(1)).enumerate() {
        for (strip, lanes) in paths.chunks_exact(LANES).enumerate() {
            let mut values = [[0.0; LANES]; BLOCK];
            for lane in 0..LANES {
                let step = step_of(strip * LANES + lane);
                let counter = [block as u64 & LOW, u64::from(lanes[lane]), step & LOW, step >> 32];
                let words = philox(key, counter);
                [values[0][lane], values[1][lane]] = box_muller(words[0], words[1]);
                [values[2][lane], values[3][lane]] = box_muller(words[2], words[3]);
            }
            for (row, values) in rows.chunks_exact_mut(stride).zip(&values) {
                row[strip * LANES..(strip + 1) * LANES].copy_from_slice(values);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of the generator's authors (Random123, `kat_vectors`, philox4x32 with 10 rounds).
    #[test]
    fn philox_known_answers() {
        let cases: [([u64; 4], [u32; 2], [u64; 4]); 3] = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([LOW; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, expected) in cases {
            assert_eq!(philox(key, counter), expected);
        }
    }

    /// The vectorised functions against the standard library's.
    #[test]
    fn box_muller_against_library_functions() {
        for i in 0..200_000u64 {
            let word = (i * 0x9E37_79B9) & LOW;
            let u = (word as f64 + 0.5) / 4_294_967_296.0;
            assert!((logarithm(u) - u.ln()).abs() < 1e-14 * (1.0 + u.ln().abs()));
            let [a, b] = box_muller(0x1234_5678, word);
            let radius = (-2.0 * ((0x1234_5678 as f64 + 0.5) / 4_294_967_296.0f64).ln()).sqrt();
            let angle = std::f64::consts::TAU * u - std::f64::consts::FRAC_PI_4;
            assert!((a - radius * angle.cos()).abs() < 1e-12);
            assert!((b - radius * angle.sin()).abs() < 1e-12);
        }
    }

    /// Lanes, strips and the instruction set do not matter.
    #[test]
    fn value_depends_on_path_step_and_row_only() {
        let stream = RandomStream::new(7, "test");
        let paths: Vec<u32> = (0..24).map(|i| i * i).collect();
        let mut many = vec![0.0; 13 * 24];
        stream.fill_normals(99, &paths, &mut many);
        let mut portable = vec![0.0; 13 * 24];
        fill_normals(stream.key, |_| 99, &paths, &mut portable);
        assert_eq!(many, portable);
        for (lane, &path) in paths.iter().enumerate() {
            let mut one = vec![0.0; 13 * LANES];
            stream.fill_normals(99, &[path; LANES], &mut one);
            for row in 0..13 {
                assert_eq!(one[row * LANES], many[row * 24 + lane]);
            }
        }
        let steps: Vec<u64> = (0..24).map(|lane| if lane % 3 == 0 { 7 << 40 | lane } else { 99 }).collect();
        let mut mixed = vec![0.0; 13 * 24];
        stream.fill_normals_at(&steps, &paths, &mut mixed);
        for (lane, (&path, &step)) in paths.iter().zip(&steps).enumerate() {
            let mut one = vec![0.0; 13 * LANES];
            stream.fill_normals(step, &[path; LANES], &mut one);
            assert!((0..13).all(|row| one[row * LANES] == mixed[row * 24 + lane]));
        }
        assert_ne!(stream, RandomStream::new(8, "test"));
        assert_ne!(stream, RandomStream::new(7, "tess"));
        assert_ne!(stream, stream.substream("test"));
    }

    /// Moments to order four and correlations between neighbouring rows, paths and steps, and
    /// the shares beyond 0, 1, 2, 3 standard deviations, each within 5 standard errors.
    #[test]
    fn normals_have_the_normal_distribution() {
        let stream = RandomStream::new(1, "statistics");
        let (steps, rows) = (600, 48);
        let paths: Vec<u32> = (0..16).collect();
        let stride = paths.len();
        let count = (steps * rows * stride) as f64;
        let mut previous = vec![0.0; rows * stride];
        let mut values = previous.clone();
        let mut moments = [0.0; 4];
        let (mut by_row, mut by_path, mut by_step) = (0.0, 0.0, 0.0);
        let mut beyond = [0usize; 4];
        for step in 0..steps as u64 {
            stream.fill_normals(step, &paths, &mut values);
            for (i, &x) in values.iter().enumerate() {
                for (order, moment) in moments.iter_mut().enumerate() {
                    *moment += x.powi(order as i32 + 1);
                }
                by_row += x * values[(i + stride) % values.len()];
                by_path += x * values[i / stride * stride + (i + 1) % stride];
                by_step += x * previous[i];
                for (level, counted) in beyond.iter_mut().enumerate() {
                    *counted += usize::from(x > level as f64);
                }
            }
            std::mem::swap(&mut previous, &mut values);
        }
        // Variances of x, x², x³, x⁴ are 1, 2, 15, 96.
        for ((sum, expected), variance) in
            moments.iter().zip([0.0, 1.0, 0.0, 3.0]).zip([1.0f64, 2.0, 15.0, 96.0])
        {
            assert!((sum / count - expected).abs() < 5.0 * (variance / count).sqrt());
        }
        for sum in [by_row, by_path, by_step] {
            assert!((sum / count).abs() < 5.0 / count.sqrt());
        }
        // Upper tail of the standard normal at 0, 1, 2, 3.
        for (&counted, tail) in beyond.iter().zip([0.5f64, 0.158_655_253_9, 0.022_750_131_9, 0.001_349_898_0])
        {
            let error = (tail * (1.0 - tail) / count).sqrt();
            assert!((counted as f64 / count - tail).abs() < 5.0 * error);
        }
    }

    #[test]
    fn uniforms_have_the_uniform_distribution() {
        let stream = RandomStream::new(3, "uniform");
        let count = 100_000;
        let values: Vec<f64> = (0..count).map(|i| stream.uniform(i % 10, u64::from(i / 10), 0)).collect();
        let mean = values.iter().sum::<f64>() / f64::from(count);
        let square = values.iter().map(|u| u * u).sum::<f64>() / f64::from(count);
        // Variances of u and u² are 1/12 and 4/45.
        assert!((mean - 0.5).abs() < 5.0 * (1.0 / 12.0 / f64::from(count)).sqrt());
        assert!((square - 1.0 / 3.0).abs() < 5.0 * (4.0 / 45.0 / f64::from(count)).sqrt());
        assert!(values.iter().all(|&u| 0.0 < u && u < 1.0));
    }
}
