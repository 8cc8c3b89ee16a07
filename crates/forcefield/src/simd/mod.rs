//! Vectors of doubles, one element a replica, behind one trait; and the choice of instructions at run time.
//!
//! A kernel is written once, generic over [`Simd`]. [`dispatch`] runs it with the widest instructions that the
//! machine has. Every operation acts on each element alone, so that a replica's result does not depend on its neighbours.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod functions;
mod portable;
mod vector;

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::block::Block;
pub(crate) use functions::{atan2, exp, ln, tanh};
pub(crate) use vector::Vector3;

/// `WIDTH` doubles treated at once.
///
/// The types for wider instructions must only be used inside [`dispatch`], which checks that the machine has them.
pub(crate) trait Simd:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// Number of elements; divides `LANES`.
    const WIDTH: usize;

    /// The same value in every element.
    fn splat(value: f64) -> Self;
    /// The first `WIDTH` values.
    fn load(values: &[f64]) -> Self;
    /// Overwrites the first `WIDTH` values.
    fn store(self, values: &mut [f64]);
    /// `self * factor + summand`, rounded once where the machine can.
    fn mul_add(self, factor: Self, summand: Self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// The greater of two; `other` if either is NaN.
    fn max(self, other: Self) -> Self;
    /// The smaller of two; `other` if either is NaN.
    fn min(self, other: Self) -> Self;
    /// The magnitude of `self` with the sign of `sign`.
    fn copy_sign(self, sign: Self) -> Self;
    /// Where `self < bound`, `then`; elsewhere (also for NaN) `otherwise`.
    fn select_below(self, bound: Self, then: Self, otherwise: Self) -> Self;
    /// `2^self` for integers from -1022 to 1023.
    fn power_of_two(self) -> Self;
    /// Mantissa in [1, 2) and exponent of positive normal numbers: `self = mantissa · 2^exponent`.
    fn split(self) -> (Self, Self);

    /// Zero.
    #[inline(always)]
    fn zero() -> Self {
        Self::splat(0.0)
    }
}

/// Something to be computed for one block of replicas with any width of instructions.
pub(crate) trait Kernel {
    /// Adds to the block's forces and energies. Must be `#[inline(always)]`, as all that it calls.
    fn run<V: Simd>(&self, block: &mut Block<'_>);
}

/// Runs a kernel with the widest instructions of this machine.
pub(crate) fn dispatch<K: Kernel>(kernel: &K, block: &mut Block<'_>) {
    #[cfg(test)]
    if tests::PORTABLE_ONLY.get() {
        return kernel.run::<portable::Portable>(block);
    }
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn with_avx2<K: Kernel>(kernel: &K, block: &mut Block<'_>) {
            kernel.run::<avx2::Avx2>(block);
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the machine has the instructions, as just found.
            return unsafe { with_avx2(kernel, block) };
        }
    }
    kernel.run::<portable::Portable>(block);
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use geodyssey_molecule::LANES;

    use super::*;

    thread_local! {
        /// Whether `dispatch` passes over the machine's vector instructions in this thread.
        pub(crate) static PORTABLE_ONLY: Cell<bool> = const { Cell::new(false) };
    }

    /// Applies a function of one vector to one value, by every set of instructions that this machine has.
    macro_rules! on_all {
        ($values:expr, $function:expr) => {{
            struct Apply<'a>(&'a [f64; LANES]);
            impl Kernel for Apply<'_> {
                #[inline(always)]
                fn run<V: Simd>(&self, block: &mut Block<'_>) {
                    for part in 0..LANES / V::WIDTH {
                        let result = $function(V::load(&self.0[part * V::WIDTH..]));
                        result.store(&mut block.energies[part * V::WIDTH..]);
                    }
                }
            }
            let run = |portable: bool| {
                let mut energies = [0.0; LANES];
                PORTABLE_ONLY.set(portable);
                dispatch(
                    &Apply($values),
                    &mut Block {
                        positions: &[],
                        forces: &mut [],
                        energies: &mut energies,
                        scratch: &mut Vec::new(),
                    },
                );
                PORTABLE_ONLY.set(false);
                energies
            };
            [run(true), run(false)]
        }};
    }

    /// Asserts `|found - exact| ≤ tolerance · max(|exact|, 1e-3)`.
    fn agree(found: [[f64; LANES]; 2], values: &[f64; LANES], exact: fn(f64) -> f64, tolerance: f64) {
        for results in found {
            for (&x, &result) in values.iter().zip(&results) {
                let expected = exact(x);
                let error = (result - expected).abs();
                assert!(error <= tolerance * expected.abs().max(1e-3), "{x}: {result} is not {expected}");
            }
        }
    }

    /// Eight values spread over [-1, 1] by an irrational rotation.
    fn spread(step: usize) -> [f64; LANES] {
        std::array::from_fn(|lane| 2.0 * ((step * LANES + lane) as f64 * 0.618_033_988_749_895).fract() - 1.0)
    }

    #[test]
    fn exponential_and_logarithm() {
        for step in 0..2000 {
            let values = spread(step).map(|x| x * 700.0);
            agree(on_all!(&values, exp), &values, f64::exp, 1e-13);
            let values = spread(step).map(|x| x * 3.0);
            agree(on_all!(&values, exp), &values, f64::exp, 1e-15);
            let values = spread(step).map(|x| (x * 50.0).exp());
            agree(on_all!(&values, ln), &values, f64::ln, 1e-15);
            let values = spread(step).map(|x| 1.0 + 0.01 * x);
            agree(on_all!(&values, ln), &values, f64::ln, 1e-13);
        }
        agree(on_all!(&[-1e300; LANES], exp), &[-1e300; LANES], |_| 0.0, 1e-300);
        assert!(on_all!(&[f64::NAN; LANES], exp).iter().flatten().all(|x| x.is_nan()));
        assert!(on_all!(&[f64::NAN; LANES], ln).iter().flatten().all(|x| x.is_nan()));
    }

    #[test]
    fn hyperbolic_tangent() {
        for step in 0..2000 {
            let values = spread(step).map(|x| x * 30.0);
            agree(on_all!(&values, tanh), &values, f64::tanh, 1e-12);
            // Near 1, where the Born radii need it.
            let values = spread(step).map(|x| x + 1.5);
            agree(on_all!(&values, tanh), &values, f64::tanh, 1e-15);
        }
    }

    #[test]
    fn arc_tangent_in_every_quadrant() {
        fn whole_turn<V: Simd>(angle: V) -> V {
            let mut angles = [0.0; LANES];
            angle.store(&mut angles);
            atan2(V::load(&angles.map(f64::sin)), V::load(&angles.map(f64::cos)))
        }
        for step in 0..2000 {
            let values = spread(step).map(|x| x * 3.1);
            agree(on_all!(&values, whole_turn), &values, |x| x.sin().atan2(x.cos()), 2e-14);
        }
        let axes = [0.0, 0.5, 1.0, -0.5, 0.25, -0.25, 0.75, -0.75].map(|x| x * std::f64::consts::PI);
        agree(on_all!(&axes, whole_turn), &axes, |x| x.sin().atan2(x.cos()), 1e-15);
    }
}
