//! The sum of a force field's terms, on the native kernels.

use std::sync::Arc;

use geodyssey_molecule::Replicas;

use crate::block::{Start, sweep};
use crate::energy_term::EnergyTerm;
use crate::error::PotentialError;
use crate::potential::Potential;
use crate::rigid_bond::RigidBond;

/// A sum of energy terms.
#[derive(Clone)]
pub struct ForceField {
    masses: Vec<f64>,
    terms: Vec<Arc<dyn EnergyTerm>>,
    rigid_bonds: Vec<RigidBond>,
    cell: Option<[[f64; 3]; 3]>,
}

impl ForceField {
    /// The sum of `terms` for atoms of these masses (amu).
    pub fn new(masses: Vec<f64>, terms: Vec<Arc<dyn EnergyTerm>>) -> Self {
        Self { masses, terms, rigid_bonds: Vec::new(), cell: None }
    }

    /// The same with bonds of fixed length.
    #[must_use]
    pub fn with_rigid_bonds(self, rigid_bonds: Vec<RigidBond>) -> Self {
        Self { rigid_bonds, ..self }
    }

    /// The same in a periodic cell (edges, one a row, nm).
    #[must_use]
    pub fn with_cell(self, cell: Option<[[f64; 3]; 3]>) -> Self {
        Self { cell, ..self }
    }

    /// The terms, in the order in which they are summed.
    pub fn terms(&self) -> &[Arc<dyn EnergyTerm>] {
        &self.terms
    }

    /// A torsion whose angle is undefined at these positions (nm), because three of its atoms are collinear, although the energy depends on
    /// it; with OpenMM's name of its force.
    pub fn undefined_torsion(&self, positions: &[[f64; 3]]) -> Option<(&'static str, [usize; 4])> {
        self.terms.iter().find_map(|term| Some((term.name(), term.undefined_torsion(positions)?)))
    }

    /// Energies (kJ/mol) of each term, one per replica, with OpenMM's name of the force.
    ///
    /// # Panics
    /// If the number of atoms differs.
    pub fn energies_by_term(&self, positions: &Replicas) -> Vec<(&'static str, Vec<f64>)> {
        assert_eq!(positions.atoms(), self.masses.len(), "number of atoms");
        let mut forces = Replicas::zeros(positions.atoms(), positions.replicas());
        let energies = |term: &Arc<dyn EnergyTerm>| {
            let mut energies = vec![0.0; positions.stride()];
            term.add(positions, &mut forces, &mut energies);
            energies.truncate(positions.replicas());
            (term.name(), energies)
        };
        self.terms.iter().map(energies).collect()
    }
}

impl Potential for ForceField {
    fn masses(&self) -> &[f64] {
        &self.masses
    }

    fn rigid_bonds(&self) -> &[RigidBond] {
        &self.rigid_bonds
    }

    fn cell(&self) -> Option<[[f64; 3]; 3]> {
        self.cell
    }

    fn evaluate(
        &self,
        positions: &Replicas,
        forces: &mut Replicas,
        energies: &mut [f64],
    ) -> Result<(), PotentialError> {
        assert_eq!(positions.atoms(), self.masses.len(), "number of atoms");
        sweep(positions, forces, energies, Start::Zero, |block| {
            for term in &self.terms {
                term.add_block(block);
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::read_force_model;
    use crate::simd::tests::PORTABLE_ONLY;

    /// Plain arrays and the machine's widest instructions differ by rounding only.
    #[test]
    fn vector_instructions_change_nothing_but_rounding() {
        for (xml, frames) in [
            (
                include_str!("../../../systems/alanine-dipeptide/amber99sb-ildn.obc.xml"),
                include_str!("../tests/reference/alanine-dipeptide.obc.json"),
            ),
            (
                include_str!("../tests/reference/ace-pro-ser-nme.ff19sb.xml"),
                include_str!("../tests/reference/ace-pro-ser-nme.ff19sb.json"),
            ),
        ] {
            let force_field = read_force_model(xml).unwrap().force_field();
            let frames: serde_json::Value = serde_json::from_str(frames).unwrap();
            let frames: Vec<Vec<[f64; 3]>> = frames["frames"]
                .as_array()
                .unwrap()
                .iter()
                .map(|frame| serde_json::from_value(frame["positions_nm"].clone()).unwrap())
                .collect();
            let positions = Replicas::from_frames(&frames);
            for term in force_field.terms() {
                let evaluate = |portable: bool| {
                    let mut forces = Replicas::zeros(positions.atoms(), positions.replicas());
                    let mut energies = vec![0.0; positions.stride()];
                    PORTABLE_ONLY.set(portable);
                    term.add(&positions, &mut forces, &mut energies);
                    PORTABLE_ONLY.set(false);
                    (energies, forces)
                };
                let ((plain_energies, plain_forces), (energies, forces)) = (evaluate(true), evaluate(false));
                let largest = plain_forces.as_slice().iter().fold(1.0, |a: f64, x| a.max(x.abs()));
                for (a, b) in plain_forces.as_slice().iter().zip(forces.as_slice()) {
                    assert!((a - b).abs() < 1e-11 * largest, "{}: force {a} against {b}", term.name());
                }
                for (a, b) in plain_energies.iter().zip(&energies) {
                    assert!(
                        (a - b).abs() < 1e-11 * a.abs().max(1.0),
                        "{}: energy {a} against {b}",
                        term.name()
                    );
                }
            }
        }
    }
}
