//! Operations on a vector of doubles of any width.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// `WIDTH` doubles processed at once.
///
/// The types for wider instructions must only be used inside [`super::dispatch`], which checks that the machine supports them.
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
    /// `self * factor + summand`, rounded once if the machine supports it.
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
