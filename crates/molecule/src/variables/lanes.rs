//! Strips of replicas, so that the arithmetic of a variable vectorises.

use crate::replicas::{LANES, Replicas};

/// One number for each replica of a strip.
pub(super) type Lanes = [f64; LANES];

/// One Cartesian vector for each replica of a strip.
pub(super) type LaneVectors = [Lanes; 3];

/// Positions of one atom in the strip that begins at replica `start`.
pub(super) fn load(positions: &Replicas, atom: usize, start: usize) -> LaneVectors {
    [0, 1, 2].map(|axis| {
        let mut lanes = [0.0; LANES];
        lanes.copy_from_slice(&positions.row(atom, axis)[start..start + LANES]);
        lanes
    })
}

/// Writes the derivative with respect to the `slot`-th atom of a variable.
pub(super) fn store(gradient: &mut [f64], slot: usize, stride: usize, start: usize, vectors: &LaneVectors) {
    for (axis, lanes) in vectors.iter().enumerate() {
        let first = (slot * 3 + axis) * stride + start;
        gradient[first..first + LANES].copy_from_slice(lanes);
    }
}

/// The same expression in every lane.
pub(super) fn each(compute: impl Fn(usize) -> f64) -> Lanes {
    std::array::from_fn(compute)
}

/// `a - b`.
pub(super) fn difference(a: &LaneVectors, b: &LaneVectors) -> LaneVectors {
    [0, 1, 2].map(|axis| each(|lane| a[axis][lane] - b[axis][lane]))
}

/// `a · b`.
pub(super) fn dot(a: &LaneVectors, b: &LaneVectors) -> Lanes {
    each(|lane| a[0][lane] * b[0][lane] + a[1][lane] * b[1][lane] + a[2][lane] * b[2][lane])
}

/// `a × b`.
pub(super) fn cross(a: &LaneVectors, b: &LaneVectors) -> LaneVectors {
    [(1, 2), (2, 0), (0, 1)].map(|(p, q)| each(|lane| a[p][lane] * b[q][lane] - a[q][lane] * b[p][lane]))
}

/// `p a + q b`.
pub(super) fn combine(p: &Lanes, a: &LaneVectors, q: &Lanes, b: &LaneVectors) -> LaneVectors {
    [0, 1, 2].map(|axis| each(|lane| p[lane] * a[axis][lane] + q[lane] * b[axis][lane]))
}

/// `p a`.
pub(super) fn scale(p: &Lanes, a: &LaneVectors) -> LaneVectors {
    [0, 1, 2].map(|axis| each(|lane| p[lane] * a[axis][lane]))
}
