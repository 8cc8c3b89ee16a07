//! Plain arrays, for all machines.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::operations::Simd;

const WIDTH: usize = 4;

/// Four doubles in an array.
#[derive(Clone, Copy)]
pub(crate) struct Portable([f64; WIDTH]);

impl Portable {
    #[inline(always)]
    fn each(mut self, function: impl Fn(f64) -> f64) -> Self {
        for value in &mut self.0 {
            *value = function(*value);
        }
        self
    }

    #[inline(always)]
    fn pairs(mut self, other: Self, function: impl Fn(f64, f64) -> f64) -> Self {
        for (value, other) in self.0.iter_mut().zip(other.0) {
            *value = function(*value, other);
        }
        self
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $operator:tt) => {
        impl $trait for Portable {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.pairs(other, |a, b| a $operator b)
            }
        }
    };
}
operator!(Add, add, +);
operator!(Sub, sub, -);
operator!(Mul, mul, *);
operator!(Div, div, /);

impl Neg for Portable {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.each(|x| -x)
    }
}

/// Mask of a double's mantissa, and the bits of an exponent of zero.
const MANTISSA: u64 = (1 << 52) - 1;
const EXPONENT_ZERO: u64 = 1023 << 52;

impl Simd for Portable {
    const WIDTH: usize = WIDTH;

    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self([value; WIDTH])
    }
    #[inline(always)]
    fn load(values: &[f64]) -> Self {
        let mut result = [0.0; WIDTH];
        result.copy_from_slice(&values[..WIDTH]);
        Self(result)
    }
    #[inline(always)]
    fn store(self, values: &mut [f64]) {
        values[..WIDTH].copy_from_slice(&self.0);
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        // Without the instruction, `f64::mul_add` is a slow call.
        if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
            let mut result = self;
            for ((value, factor), summand) in result.0.iter_mut().zip(factor.0).zip(summand.0) {
                *value = value.mul_add(factor, summand);
            }
            result
        } else {
            self * factor + summand
        }
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.each(f64::sqrt)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.each(f64::abs)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.pairs(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.pairs(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn copy_sign(self, sign: Self) -> Self {
        self.pairs(sign, f64::copysign)
    }
    #[inline(always)]
    fn select_below(self, bound: Self, then: Self, otherwise: Self) -> Self {
        let mut result = otherwise;
        for (((result, value), bound), then) in result.0.iter_mut().zip(self.0).zip(bound.0).zip(then.0) {
            if value < bound {
                *result = then;
            }
        }
        result
    }
    #[inline(always)]
    fn power_of_two(self) -> Self {
        self.each(|n| f64::from_bits(((n + 1023.0) as u64) << 52))
    }
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let mantissa = self.each(|x| f64::from_bits((x.to_bits() & MANTISSA) | EXPONENT_ZERO));
        let exponent = self.each(|x| (x.to_bits() >> 52) as f64 - 1023.0);
        (mantissa, exponent)
    }
}
