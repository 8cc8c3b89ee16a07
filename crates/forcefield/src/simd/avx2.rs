//! Four doubles in one register of AVX2 with FMA.

use std::arch::x86_64::*;
use std::mem::transmute;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::operations::Simd;

/// Four doubles. Only [`super::dispatch`] may choose this type.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(__m256d);

/// An operation of the instruction set.
macro_rules! operation {
    ($($call:tt)*) => {
        // SAFETY: values of this type exist only where `dispatch` found AVX2 and FMA.
        unsafe { $($call)* }
    };
}

macro_rules! operator {
    ($trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for Avx2 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(operation!($intrinsic(self.0, other.0)))
            }
        }
    };
}
operator!(Add, add, _mm256_add_pd);
operator!(Sub, sub, _mm256_sub_pd);
operator!(Mul, mul, _mm256_mul_pd);
operator!(Div, div, _mm256_div_pd);

impl Neg for Avx2 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(operation!(_mm256_xor_pd(self.0, _mm256_set1_pd(-0.0))))
    }
}

impl Simd for Avx2 {
    const WIDTH: usize = 4;

    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self(operation!(_mm256_set1_pd(value)))
    }
    #[inline(always)]
    fn load(values: &[f64]) -> Self {
        let mut result = [0.0; 4];
        result.copy_from_slice(&values[..4]);
        // SAFETY: both types are four doubles.
        Self(unsafe { transmute::<[f64; 4], __m256d>(result) })
    }
    #[inline(always)]
    fn store(self, values: &mut [f64]) {
        // SAFETY: both types are four doubles.
        let result = unsafe { transmute::<__m256d, [f64; 4]>(self.0) };
        values[..4].copy_from_slice(&result);
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        Self(operation!(_mm256_fmadd_pd(self.0, factor.0, summand.0)))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(operation!(_mm256_sqrt_pd(self.0)))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(operation!(_mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0)))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(operation!(_mm256_max_pd(self.0, other.0)))
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(operation!(_mm256_min_pd(self.0, other.0)))
    }
    #[inline(always)]
    fn copy_sign(self, sign: Self) -> Self {
        Self(operation!({
            let bit = _mm256_set1_pd(-0.0);
            _mm256_or_pd(_mm256_andnot_pd(bit, self.0), _mm256_and_pd(bit, sign.0))
        }))
    }
    #[inline(always)]
    fn select_below(self, bound: Self, then: Self, otherwise: Self) -> Self {
        Self(operation!(_mm256_blendv_pd(otherwise.0, then.0, _mm256_cmp_pd::<_CMP_LT_OQ>(self.0, bound.0))))
    }
    #[inline(always)]
    fn power_of_two(self) -> Self {
        // At 2^52 the last bit is the unit: the low bits of the sum are the biased exponent.
        Self(operation!({
            let biased = _mm256_add_pd(self.0, _mm256_set1_pd(4_503_599_627_370_496.0 + 1023.0));
            _mm256_castsi256_pd(_mm256_slli_epi64::<52>(_mm256_castpd_si256(biased)))
        }))
    }
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        operation!({
            let bits = _mm256_castpd_si256(self.0);
            let one = _mm256_castpd_si256(_mm256_set1_pd(1.0));
            let mantissa = _mm256_or_si256(_mm256_and_si256(bits, _mm256_set1_epi64x((1 << 52) - 1)), one);
            let large = _mm256_set1_pd(4_503_599_627_370_496.0);
            let biased = _mm256_or_si256(_mm256_srli_epi64::<52>(bits), _mm256_castpd_si256(large));
            let exponent =
                _mm256_sub_pd(_mm256_castsi256_pd(biased), _mm256_set1_pd(4_503_599_627_370_496.0 + 1023.0));
            (Self(_mm256_castsi256_pd(mantissa)), Self(exponent))
        })
    }
}
