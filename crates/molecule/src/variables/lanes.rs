//! Strips of replicas: a variable's arithmetic is one loop over the lanes of a strip, which the compiler vectorises.

use crate::replicas::{LANES, Replicas};

/// One number for each replica of a strip.
pub(super) type Lanes = [f64; LANES];

/// Cartesian vectors of one atom, for each replica of a strip.
pub(super) type AtomLanes = [Lanes; 3];

/// Positions of some atoms in the strip that begins at replica `start`.
pub(super) fn load<const N: usize>(positions: &Replicas, atoms: &[usize; N], start: usize) -> [AtomLanes; N] {
    let mut strip = [[[0.0; LANES]; 3]; N];
    for (lanes, &atom) in strip.iter_mut().zip(atoms) {
        for (axis, row) in lanes.iter_mut().enumerate() {
            row.copy_from_slice(&positions.row(atom, axis)[start..start + LANES]);
        }
    }
    strip
}

/// Writes derivatives with respect to all atoms of a variable.
pub(super) fn store<const N: usize>(
    strip: &[AtomLanes; N],
    gradient: &mut [f64],
    stride: usize,
    start: usize,
) {
    for (row, lanes) in strip.iter().flatten().enumerate() {
        let first = row * stride + start;
        gradient[first..first + LANES].copy_from_slice(lanes);
    }
}

/// The vector in one lane.
#[inline(always)]
pub(super) fn get(atom: &AtomLanes, lane: usize) -> [f64; 3] {
    [atom[0][lane], atom[1][lane], atom[2][lane]]
}

/// Overwrites the vector in one lane.
#[inline(always)]
pub(super) fn set(atom: &mut AtomLanes, lane: usize, vector: [f64; 3]) {
    atom[0][lane] = vector[0];
    atom[1][lane] = vector[1];
    atom[2][lane] = vector[2];
}

/// `a - b`.
#[inline(always)]
pub(super) fn difference(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// `a · b`.
#[inline(always)]
pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// `a × b`.
#[inline(always)]
pub(super) fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// `p a + q b`.
#[inline(always)]
pub(super) fn combine(p: f64, a: [f64; 3], q: f64, b: [f64; 3]) -> [f64; 3] {
    [p * a[0] + q * b[0], p * a[1] + q * b[1], p * a[2] + q * b[2]]
}

/// `p a`.
#[inline(always)]
pub(super) fn scale(p: f64, a: [f64; 3]) -> [f64; 3] {
    [p * a[0], p * a[1], p * a[2]]
}
