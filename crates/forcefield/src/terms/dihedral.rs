//! Geometry of dihedral angles without inverse functions.
//!
//! For atoms i, j, k, l with `b = x_k - x_j`, the half-planes through the axis have the normals `m = b × (x_i - x_j)` and
//! `n = b × (x_l - x_k)`; `cos φ = m̂·n̂`, `sin φ = (b̂ × m̂)·n̂` (IUPAC's sign). Gradients: A. Blondel, M. Karplus,
//! J. Comput. Chem. 17, 1132 (1996). Quantities that depend on one end only are computed once for all dihedrals about an axis.

use crate::block::Block;
use crate::simd::{Simd, Vector3};

/// Sine of an angle below which three atoms are collinear within rounding.
const LEAST_SINE: f64 = 1e-12;

/// Whether the torsion of four atoms is undefined at these positions (nm): its first or last three are collinear.
pub(crate) fn is_undefined(positions: &[[f64; 3]], [i, j, k, l]: [usize; 4]) -> bool {
    let arm = |from: usize, to: usize| [0, 1, 2].map(|axis| positions[to][axis] - positions[from][axis]);
    let norm = |[x, y, z]: [f64; 3]| (x * x + y * y + z * z).sqrt();
    let straight = |a: [f64; 3], b: [f64; 3]| {
        let cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
        norm(cross) <= LEAST_SINE * norm(a) * norm(b)
    };
    straight(arm(j, i), arm(j, k)) || straight(arm(k, j), arm(k, l))
}

/// The axis from atom j to atom k.
#[derive(Clone, Copy)]
pub(crate) struct Axis<V> {
    pub(crate) from: Vector3<V>,
    pub(crate) to: Vector3<V>,
    vector: Vector3<V>,
    length: V,
    inverse_length: V,
}

/// The half-plane on one side of the axis through one end atom.
#[derive(Clone, Copy)]
pub(crate) struct HalfPlane<V> {
    /// Unit normal.
    pub(crate) normal: Vector3<V>,
    /// `1 / (distance of the end from the axis)`.
    inverse_distance: V,
    /// Projection of the end, seen from its own axis atom, on the axis, as a fraction of the axis' length.
    projection: V,
}

impl<V: Simd> Axis<V> {
    #[inline(always)]
    pub(crate) fn new(from: Vector3<V>, to: Vector3<V>) -> Self {
        let vector = to - from;
        let square = vector.dot(vector);
        let length = square.sqrt();
        Self { from, to, vector, length, inverse_length: length / square }
    }

    /// The half-plane of an end at `arm` from its axis atom.
    #[inline(always)]
    pub(crate) fn half_plane(&self, arm: Vector3<V>) -> HalfPlane<V> {
        let normal = self.vector.cross(arm);
        let inverse_norm = (V::splat(1.0) / normal.dot(normal)).sqrt();
        HalfPlane {
            normal: normal * inverse_norm,
            inverse_distance: self.length * inverse_norm,
            projection: self.vector.dot(arm) * self.inverse_length * self.inverse_length,
        }
    }

    /// The normal turned by 90° about the axis: its product with another normal is the sine of the angle between them.
    #[inline(always)]
    pub(crate) fn turned(&self, normal: Vector3<V>) -> Vector3<V> {
        self.vector.cross(normal) * self.inverse_length
    }
}

/// Forces on the end atom and on the axis' atoms j and k.
pub(crate) struct EndForces<V> {
    pub(crate) end: Vector3<V>,
    pub(crate) from: Vector3<V>,
    pub(crate) to: Vector3<V>,
}

impl<V: Simd> HalfPlane<V> {
    /// A placeholder.
    #[inline(always)]
    pub(crate) fn unset() -> Self {
        Self { normal: Vector3::zero(), inverse_distance: V::zero(), projection: V::zero() }
    }

    /// Forces from `slope` = `dE/dφ` through the first end (atom i, arm from j).
    #[inline(always)]
    pub(crate) fn first_forces(&self, slope: V) -> EndForces<V> {
        let end = self.normal * (slope * self.inverse_distance);
        let to = -(end * self.projection);
        EndForces { end, from: -(end + to), to }
    }

    /// Forces from `slope` = `dE/dφ` through the last end (atom l, arm from k).
    #[inline(always)]
    pub(crate) fn last_forces(&self, slope: V) -> EndForces<V> {
        let end = -(self.normal * (slope * self.inverse_distance));
        let from = end * self.projection;
        EndForces { end, from, to: -(end + from) }
    }
}

/// A single dihedral angle.
pub(crate) struct Dihedral<V> {
    pub(crate) cosine: V,
    pub(crate) sine: V,
    first: HalfPlane<V>,
    last: HalfPlane<V>,
}

impl<V: Simd> Dihedral<V> {
    #[inline(always)]
    pub(crate) fn new(block: &Block<'_>, [i, j, k, l]: [usize; 4], part: usize) -> Self {
        let axis = Axis::<V>::new(block.position(j, part), block.position(k, part));
        let first = axis.half_plane(block.position(i, part) - axis.from);
        let last = axis.half_plane(block.position(l, part) - axis.to);
        let cosine = first.normal.dot(last.normal);
        let sine = axis.turned(first.normal).dot(last.normal);
        Self { cosine, sine, first, last }
    }

    /// Adds the forces of an energy with `slope` = `dE/dφ`.
    #[inline(always)]
    pub(crate) fn add_forces(&self, block: &mut Block<'_>, [i, j, k, l]: [usize; 4], part: usize, slope: V) {
        let first = self.first.first_forces(slope);
        let last = self.last.last_forces(slope);
        block.add_force(i, part, first.end);
        block.add_force(j, part, first.from + last.from);
        block.add_force(k, part, first.to + last.to);
        block.add_force(l, part, last.end);
    }
}
