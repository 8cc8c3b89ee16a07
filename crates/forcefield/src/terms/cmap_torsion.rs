//! Torsion-torsion maps: bicubic interpolation of an energy over two dihedral angles.
//!
//! Derivatives at the grid's nodes come from periodic cubic splines along the rows and columns
//! (A. D. MacKerell, M. Feig, C. L. Brooks, J. Comput. Chem. 25, 1400 (2004)); between nodes the surface is cubic
//! Hermite in each angle.

use std::f64::consts::TAU;

use geodyssey_molecule::LANES;

use crate::block::Block;
use crate::energy_term::EnergyTerm;
use crate::simd::{Kernel, Simd, atan2, dispatch};
use crate::terms::dihedral::{Dihedral, is_undefined};

/// OpenMM's name.
pub(crate) const NAME: &str = "CMAPTorsionForce";

/// An energy over two angles: at each node the energy, its derivatives along the first and the second angle and the
/// mixed one, angles counted in spacings. Node (s, t) is at `s + size·t`.
struct Map {
    size: usize,
    nodes: Vec<[f64; 4]>,
}

/// One pair of dihedral angles with its map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CmapTorsion {
    /// Which of the maps.
    pub map: usize,
    /// Atoms of the first angle.
    pub first: [usize; 4],
    /// Atoms of the second angle.
    pub second: [usize; 4],
}

/// Energies at the nodes of a grid over two angles, both from 0 to 2π.
#[derive(Clone, Debug, PartialEq)]
pub struct CmapEnergies {
    /// Nodes along each angle, at least 2.
    pub size: usize,
    /// `size²` energies, kJ/mol; that of node `(s, t)` at `s + size·t`.
    pub energies_kj_mol: Vec<f64>,
}

/// All torsion-torsion maps of a molecule.
pub struct CmapTorsions {
    maps: Vec<Map>,
    torsions: Vec<CmapTorsion>,
}

impl CmapTorsions {
    /// The term of these maps and torsions; none if the number of energies of a map is not `size²`, or a torsion refers to a missing map.
    pub fn new(maps: &[CmapEnergies], torsions: &[CmapTorsion]) -> Option<Self> {
        let is_whole = |map: &CmapEnergies| map.size >= 2 && map.energies_kj_mol.len() == map.size * map.size;
        if !maps.iter().all(is_whole) || torsions.iter().any(|torsion| torsion.map >= maps.len()) {
            return None;
        }
        let maps: Vec<Map> = maps.iter().map(|map| Map::new(map.size, &map.energies_kj_mol)).collect();
        // A map of zeros contributes nothing at any angles.
        let acts =
            |torsion: &&CmapTorsion| maps[torsion.map].nodes.iter().flatten().any(|&value| value != 0.0);
        let torsions = torsions.iter().filter(acts).copied().collect();
        Some(Self { maps, torsions })
    }
}

impl EnergyTerm for CmapTorsions {
    fn name(&self) -> &'static str {
        NAME
    }

    fn add_block(&self, block: &mut Block<'_>) {
        dispatch(self, block);
    }

    fn undefined_torsion(&self, positions: &[[f64; 3]]) -> Option<[usize; 4]> {
        let all = self.torsions.iter().flat_map(|torsion| [torsion.first, torsion.second]);
        all.into_iter().find(|&atoms| is_undefined(positions, atoms))
    }
}

impl Kernel for CmapTorsions {
    #[inline(always)]
    fn run<V: Simd>(&self, block: &mut Block<'_>) {
        for part in 0..LANES / V::WIDTH {
            for torsion in &self.torsions {
                let first = Dihedral::<V>::new(block, torsion.first, part);
                let second = Dihedral::<V>::new(block, torsion.second, part);
                let (mut x, mut y, mut energy) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
                atan2(first.sine, first.cosine).store(&mut x);
                atan2(second.sine, second.cosine).store(&mut y);
                // Replicas are in different cells and are treated one by one.
                for lane in 0..V::WIDTH {
                    (energy[lane], x[lane], y[lane]) = self.maps[torsion.map].evaluate(x[lane], y[lane]);
                }
                block.add_energy(part, V::load(&energy));
                first.add_forces(block, torsion.first, part, V::load(&x));
                second.add_forces(block, torsion.second, part, V::load(&y));
            }
        }
    }
}

impl Map {
    fn new(size: usize, energies: &[f64]) -> Self {
        let along_first = |values: &[f64]| -> Vec<f64> {
            values.chunks_exact(size).flat_map(periodic_spline_slopes).collect()
        };
        let along_second = |values: &[f64]| transposed(size, &along_first(&transposed(size, values)));
        let first = along_first(energies);
        let second = along_second(energies);
        let mixed = along_second(&first);
        let nodes =
            (0..size * size).map(|node| [energies[node], first[node], second[node], mixed[node]]).collect();
        Self { size, nodes }
    }

    /// Energy (kJ/mol) and its derivatives by the two angles (radian). NaN for an angle that is NaN.
    #[inline(always)]
    fn evaluate(&self, first: f64, second: f64) -> (f64, f64, f64) {
        let size = self.size;
        let per_radian = size as f64 / TAU;
        let cell = |angle: f64| {
            let position = angle * per_radian + if angle < 0.0 { size as f64 } else { 0.0 };
            let node = (position as usize).min(size - 1);
            (node, position - node as f64)
        };
        let ((s, u), (t, v)) = (cell(first), cell(second));
        let (value_u, slope_u) = hermite(u);
        let (value_v, slope_v) = hermite(v);
        let mut sums = [0.0; 3];
        for (side_v, t) in [t, (t + 1) % size].into_iter().enumerate() {
            for (side_u, s) in [s, (s + 1) % size].into_iter().enumerate() {
                let [f, f_u, f_v, f_uv] = self.nodes[s + size * t];
                // Along u at this v: the energy, and its derivative by v.
                let (a, b) = (value_u[side_u], value_u[side_u + 2]);
                let (c, d) = (value_v[side_v], value_v[side_v + 2]);
                let (da, db) = (slope_u[side_u], slope_u[side_u + 2]);
                let (dc, dd) = (slope_v[side_v], slope_v[side_v + 2]);
                sums[0] += c * (a * f + b * f_u) + d * (a * f_v + b * f_uv);
                sums[1] += c * (da * f + db * f_u) + d * (da * f_v + db * f_uv);
                sums[2] += dc * (a * f + b * f_u) + dd * (a * f_v + b * f_uv);
            }
        }
        (sums[0], sums[1] * per_radian, sums[2] * per_radian)
    }
}

/// Cubic Hermite functions on [0, 1] and their derivatives: of the values at 0 and 1, of the slopes at 0 and 1.
#[inline(always)]
fn hermite(x: f64) -> ([f64; 4], [f64; 4]) {
    let (square, cube) = (x * x, x * x * x);
    (
        [2.0 * cube - 3.0 * square + 1.0, 3.0 * square - 2.0 * cube, cube - 2.0 * square + x, cube - square],
        [6.0 * (square - x), 6.0 * (x - square), 3.0 * square - 4.0 * x + 1.0, 3.0 * square - 2.0 * x],
    )
}

fn transposed(size: usize, values: &[f64]) -> Vec<f64> {
    (0..size * size).map(|node| values[(node % size) * size + node / size]).collect()
}

/// Slopes at the nodes of the periodic cubic spline through `values` with unit spacing.
///
/// They solve the cyclic system `s_{k-1} + 4 s_k + s_{k+1} = 3 (f_{k+1} - f_{k-1})`. A Gauss–Seidel sweep at least halves the error, so
/// that it vanishes after 200 sweeps.
fn periodic_spline_slopes(values: &[f64]) -> Vec<f64> {
    let size = values.len();
    let (before, after) = (|k: usize| (k + size - 1) % size, |k: usize| (k + 1) % size);
    let mut slopes = vec![0.0; size];
    for _ in 0..200 {
        for k in 0..size {
            let right_hand_side = 3.0 * (values[after(k)] - values[before(k)]);
            slopes[k] = (right_hand_side - slopes[before(k)] - slopes[after(k)]) / 4.0;
        }
    }
    slopes
}
