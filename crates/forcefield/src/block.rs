//! Strips of replicas, packed so that the positions and forces of a whole molecule stay in the nearest cache.

use std::cell::RefCell;

use geodyssey_molecule::{LANES, Replicas};

use crate::simd::{Simd, Vector3};

/// Cartesian components of one atom in the replicas of one strip, `[xyz][replica]`.
pub type Lanes3 = [[f64; LANES]; 3];

/// One strip of `LANES` replicas, on which an energy term works.
pub struct Block<'a> {
    /// Positions of every atom, nm.
    pub positions: &'a [Lanes3],
    /// Forces on every atom, kJ/mol/nm, to be added to.
    pub forces: &'a mut [Lanes3],
    /// Energies, kJ/mol, to be added to.
    pub energies: &'a mut [f64; LANES],
    /// Buffer for intermediate results of one term, with arbitrary content on entry. It keeps its capacity.
    pub scratch: &'a mut Vec<f64>,
}

impl Block<'_> {
    /// Position of an atom in the replicas of one part of the strip (each part `V::WIDTH` wide).
    #[inline(always)]
    pub(crate) fn position<V: Simd>(&self, atom: usize, part: usize) -> Vector3<V> {
        let [x, y, z] = &self.positions[atom];
        let start = part * V::WIDTH;
        Vector3 { x: V::load(&x[start..]), y: V::load(&y[start..]), z: V::load(&z[start..]) }
    }

    /// Adds a force on an atom.
    #[inline(always)]
    pub(crate) fn add_force<V: Simd>(&mut self, atom: usize, part: usize, force: Vector3<V>) {
        let [x, y, z] = &mut self.forces[atom];
        let start = part * V::WIDTH;
        let (x, y, z) = (&mut x[start..], &mut y[start..], &mut z[start..]);
        (V::load(x) + force.x).store(x);
        (V::load(y) + force.y).store(y);
        (V::load(z) + force.z).store(z);
    }

    /// Adds an energy.
    #[inline(always)]
    pub(crate) fn add_energy<V: Simd>(&mut self, part: usize, energy: V) {
        let energies = &mut self.energies[part * V::WIDTH..];
        (V::load(energies) + energy).store(energies);
    }
}

/// Initial values of the forces and energies of a sweep.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Zero: they are overwritten.
    Zero,
    /// Their present values: they are added to.
    Present,
}

/// Buffers of one thread, kept from call to call.
#[derive(Default)]
struct Buffers {
    positions: Vec<Lanes3>,
    forces: Vec<Lanes3>,
    scratch: Vec<f64>,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// Calls `evaluate` for every strip of replicas.
///
/// # Panics
/// If the shapes of `positions`, `forces` and `energies` differ.
pub(crate) fn sweep(
    positions: &Replicas,
    forces: &mut Replicas,
    energies: &mut [f64],
    start: Start,
    mut evaluate: impl FnMut(&mut Block<'_>),
) {
    let (atoms, stride) = (positions.atoms(), positions.stride());
    assert!(forces.atoms() == atoms && forces.stride() == stride, "positions and forces differ in shape");
    assert_eq!(energies.len(), stride, "one energy for each replica and for the padding");
    BUFFERS.with_borrow_mut(|buffers| {
        buffers.positions.resize(atoms, [[0.0; LANES]; 3]);
        buffers.forces.resize(atoms, [[0.0; LANES]; 3]);
        for (strip, energies) in energies.chunks_exact_mut(LANES).enumerate() {
            let energies: &mut [f64; LANES] = energies.try_into().expect("chunks have LANES elements");
            let range = strip * LANES..(strip + 1) * LANES;
            let rows = positions.as_slice().chunks_exact(stride);
            for (packed, row) in buffers.positions.as_flattened_mut().iter_mut().zip(rows) {
                packed.copy_from_slice(&row[range.clone()]);
            }
            if start == Start::Zero {
                buffers.forces.fill([[0.0; LANES]; 3]);
                energies.fill(0.0);
            } else {
                let rows = forces.as_slice().chunks_exact(stride);
                for (packed, row) in buffers.forces.as_flattened_mut().iter_mut().zip(rows) {
                    packed.copy_from_slice(&row[range.clone()]);
                }
            }
            evaluate(&mut Block {
                positions: &buffers.positions,
                forces: &mut buffers.forces,
                energies,
                scratch: &mut buffers.scratch,
            });
            let rows = forces.as_mut_slice().chunks_exact_mut(stride);
            for (packed, row) in buffers.forces.as_flattened().iter().zip(rows) {
                row[range.clone()].copy_from_slice(packed);
            }
        }
    });
}
