//! Arithmetic on blocks of numbers, written so that the compiler makes vector instructions of it.

/// Numbers in a block.
pub(super) const BLOCK: usize = 64;

/// A block of numbers, one per sample.
pub(super) type Block = [f64; BLOCK];

/// Partial sums kept side by side, so that the order of a sum does not depend on the width of the machine's vectors.
const LANES: usize = 8;

/// Work that gains from wide vectors. `run` and all that it calls on blocks is `#[inline(always)]`, so that it is compiled
/// for the instruction set of the function around it.
pub(super) trait VectorTask {
    type Output;

    fn run(self) -> Self::Output;
}

/// Runs the task with the widest vectors that this machine has; the result has the same bits on every machine.
pub(super) fn run_widest<T: VectorTask>(task: T) -> T::Output {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has the feature.
        return unsafe { run_with_avx2(task) };
    }
    task.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_with_avx2<T: VectorTask>(task: T) -> T::Output {
    task.run()
}

/// The argument below which [`exponential`] stays at its least value, 3.3e-308.
const LEAST_ARGUMENT: f64 = -708.0;

/// `e^x` for `x ≤ 700` to two units in the last place: `x = n ln 2 + r`, Taylor's series of `e^r`, `n` added to the exponent.
#[inline(always)]
pub(super) fn exponential(x: f64) -> f64 {
    /// Adding it rounds to an integer, which then stands in the lowest bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = if x > LEAST_ARGUMENT { x } else { LEAST_ARGUMENT };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    // Estrin's scheme: short chains of operations, so that several run at once.
    let (r2, c) = (r * r, &INVERSE_FACTORIALS);
    let r4 = r2 * r2;
    let low = (c[0] + c[1] * r) + (c[2] + c[3] * r) * r2 + ((c[4] + c[5] * r) + (c[6] + c[7] * r) * r2) * r4;
    let high = (c[8] + c[9] * r) + (c[10] + c[11] * r) * r2 + (c[12] + c[13] * r) * r4;
    let series = low + high * (r4 * r4);
    f64::from_bits(series.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// `1/k!`.
const INVERSE_FACTORIALS: [f64; 14] = {
    let mut values = [1.0; 14];
    let mut order = 1;
    while order < 14 {
        values[order] = values[order - 1] / order as f64;
        order += 1;
    }
    values
};

/// `x` reduced to the nearest image of 0 on a circle; unchanged where `inverse_period` is 0.
#[inline(always)]
pub(super) fn nearest_image(x: f64, period: f64, inverse_period: f64) -> f64 {
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let turns = (x * inverse_period + ROUND) - ROUND;
    x - period * turns
}

/// `Σ x_i`.
#[inline(always)]
pub(super) fn sum(x: &Block) -> f64 {
    let mut sums = [0.0; LANES];
    for part in x.as_chunks::<LANES>().0 {
        for (sum, x) in sums.iter_mut().zip(part) {
            *sum += x;
        }
    }
    sums.iter().sum()
}

/// `Σ x_i y_i`.
#[inline(always)]
pub(super) fn dot(x: &Block, y: &Block) -> f64 {
    let mut sums = [0.0; LANES];
    for (left, right) in x.as_chunks::<LANES>().0.iter().zip(y.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            sums[lane] += left[lane] * right[lane];
        }
    }
    sums.iter().sum()
}

/// The largest number of a block.
#[inline(always)]
pub(super) fn largest(x: &Block) -> f64 {
    let mut found = [f64::NEG_INFINITY; LANES];
    for part in x.as_chunks::<LANES>().0 {
        for (found, &x) in found.iter_mut().zip(part) {
            *found = if x > *found { x } else { *found };
        }
    }
    found.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_is_that_of_the_standard_library() {
        for step in 0..200_000 {
            let x = 700.0 - 0.007 * f64::from(step);
            let exact = x.max(LEAST_ARGUMENT).exp();
            assert!((exponential(x) - exact).abs() <= 5e-16 * exact, "{x}: {} {exact}", exponential(x));
        }
        assert!(exponential(f64::NEG_INFINITY) < 1e-307);
    }

    #[test]
    fn images_lie_within_half_a_period() {
        for step in -1000..1000 {
            let x = 0.037 * f64::from(step);
            let image = nearest_image(x, 6.0, 1.0 / 6.0);
            let turns = (x - image) / 6.0;
            assert!(image.abs() <= 3.0 + 1e-12 && (turns - turns.round()).abs() < 1e-12, "{x}: {image}");
            assert_eq!(nearest_image(x, 0.0, 0.0), x);
        }
    }
}
