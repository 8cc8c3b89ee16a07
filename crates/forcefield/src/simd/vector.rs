//! Vectors in space, one for each replica.

use std::ops::{Add, Mul, Neg, Sub};

use super::operations::Simd;

/// Cartesian components, each for all replicas of a strip.
#[derive(Clone, Copy)]
pub(crate) struct Vector3<V> {
    pub(crate) x: V,
    pub(crate) y: V,
    pub(crate) z: V,
}

impl<V: Simd> Vector3<V> {
    #[inline(always)]
    pub(crate) fn zero() -> Self {
        Self { x: V::zero(), y: V::zero(), z: V::zero() }
    }

    #[inline(always)]
    pub(crate) fn dot(self, other: Self) -> V {
        self.x.mul_add(other.x, self.y.mul_add(other.y, self.z * other.z))
    }

    #[inline(always)]
    pub(crate) fn cross(self, other: Self) -> Self {
        Self {
            x: self.y.mul_add(other.z, -(self.z * other.y)),
            y: self.z.mul_add(other.x, -(self.x * other.z)),
            z: self.x.mul_add(other.y, -(self.y * other.x)),
        }
    }
}

impl<V: Simd> Add for Vector3<V> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self { x: self.x + other.x, y: self.y + other.y, z: self.z + other.z }
    }
}

impl<V: Simd> Sub for Vector3<V> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self { x: self.x - other.x, y: self.y - other.y, z: self.z - other.z }
    }
}

impl<V: Simd> Neg for Vector3<V> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self { x: -self.x, y: -self.y, z: -self.z }
    }
}

impl<V: Simd> Mul<V> for Vector3<V> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, factor: V) -> Self {
        Self { x: self.x * factor, y: self.y * factor, z: self.z * factor }
    }
}
