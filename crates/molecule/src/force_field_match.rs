//! Whether a topology and a force field describe the same atoms in the same order, and the bonds that follow.

use crate::bonds::too_long_for_a_bond;
use crate::element_clues::{MassClues, mass_tolerance_amu};
use crate::{Cell, Element, MoleculeError, Topology};

/// How far the mass of a group may lie from the sum of its elements', amu (rounding of four hydrogens).
const GROUP_TOLERANCE_AMU: f64 = 0.15;
/// A pair of a harmonic force at a longer rest length than this share of the sum of covalent radii is not a bond: it holds
/// the ends of an angle (Urey–Bradley) or restrains.
const LONGEST_REST_LENGTH: f64 = 1.4;

/// What a force field says about a molecule, apart from energies.
#[derive(Clone, Copy, Debug)]
pub struct ForceFieldFacts<'a> {
    /// Masses, amu, one per atom.
    pub masses: &'a [f64],
    /// Pairs of atoms that its bond terms hold, with the rest length in nm.
    pub held_pairs: &'a [([usize; 2], f64)],
}

/// The topology with the bonds of the force field, where it has any.
///
/// A force field is told apart from one of another molecule, or of the same molecule with its atoms in another order, by
/// - the masses: each is that of its atom's element, or what hydrogens that were made heavier leave of it;
/// - the bonds that the file states (`stated_bonds`): each is one of the force field's, but for those of atoms without
///   bonds there (ions of a nonbonded model);
/// - the positions: no bond of the force field spans a distance that no bond can have. a `cell` lets it cross its
///   boundary.
///
/// # Errors
/// The first atoms that disagree.
pub fn match_force_field(
    topology: Topology,
    positions: &[[f64; 3]],
    cell: Option<&Cell>,
    stated_bonds: &[[usize; 2]],
    facts: ForceFieldFacts<'_>,
) -> Result<Topology, MoleculeError> {
    if facts.masses.len() != topology.atom_count() {
        let difference = format!(
            "the force field has {} atoms, the topology has {}",
            facts.masses.len(),
            topology.atom_count()
        );
        return Err(MoleculeError::DifferentForceField { difference });
    }
    let bonds: Vec<[usize; 2]> =
        facts.held_pairs.iter().filter(|pair| is_bond(&topology, pair)).map(|(atoms, _)| *atoms).collect();
    if bonds.is_empty() {
        return Ok(topology);
    }
    let (atoms, residues) = (topology.atoms().to_vec(), topology.residues().to_vec());
    let bonded = Topology::new(atoms, residues, bonds)?.with_certain_bonds();
    masses_fit(&bonded, facts.masses)?;
    let missing = stated_bonds.iter().find(|[i, j]| {
        let ion = |atom: usize| bonded.neighbours(atom).is_empty();
        !bonded.neighbours(*i).contains(j) && !ion(*i) && !ion(*j)
    });
    if let Some(&[i, j]) = missing {
        let difference = format!(
            "the topology bonds {} and {} (atoms {i} and {j}), the force field does not",
            bonded.label(i),
            bonded.label(j)
        );
        return Err(MoleculeError::DifferentForceField { difference });
    }
    for &[i, j] in bonded.bonds() {
        let arm = [0, 1, 2].map(|axis| positions[j][axis] - positions[i][axis]);
        let arm = cell.map_or(arm, |cell| cell.nearest_image(arm));
        let distance = arm.iter().map(|x| x * x).sum::<f64>().sqrt();
        let elements = [i, j].map(|atom| bonded.atoms()[atom].element);
        if too_long_for_a_bond(elements, [[0.0; 3], arm]) {
            let difference = format!(
                "the force field bonds {} and {} (atoms {i} and {j}), which lie {distance:.3} nm apart in the topology's file",
                bonded.label(i),
                bonded.label(j)
            );
            return Err(MoleculeError::DifferentForceField { difference });
        }
    }
    Ok(bonded)
}

fn is_bond(topology: &Topology, &([i, j], length_nm): &([usize; 2], f64)) -> bool {
    let radius =
        |atom: usize| topology.atoms().get(atom).map_or(0.0, |atom| atom.element.covalent_radius_nm());
    length_nm <= LONGEST_REST_LENGTH * (radius(i) + radius(j))
}

/// Checks that what a heavy atom has lost, its hydrogens have gained.
fn masses_fit(topology: &Topology, masses: &[f64]) -> Result<(), MoleculeError> {
    let clues = MassClues::new(masses);
    for (atom, &mass) in masses.iter().enumerate() {
        let element = topology.atoms()[atom].element;
        let Some(clue) = clues.of(atom) else { continue };
        let standard = element.mass_amu();
        let gained: f64 = topology
            .neighbours(atom)
            .iter()
            .filter(|&&other| !topology.atoms()[other].element.is_heavy())
            .map(|&hydrogen| masses[hydrogen] - Element::HYDROGEN.mass_amu())
            .sum();
        let tolerance = GROUP_TOLERANCE_AMU.max(mass_tolerance_amu(mass));
        let united = element == Element::CARBON && mass > standard;
        let fits = clue.elements.contains(&element)
            && (!element.is_heavy()
                || united
                || (mass - standard).abs() <= tolerance
                || (mass + gained - standard).abs() <= GROUP_TOLERANCE_AMU);
        if !fits {
            let difference = format!(
                "atom {atom} ({}) is {element} in the topology, but its mass in the force field is {mass:.3} amu",
                topology.label(atom)
            );
            return Err(MoleculeError::DifferentForceField { difference });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Atom, Residue};

    /// Iron of 55.00 amu, as AMBER's tables have it, and the sulfur that the force field bonds to it.
    #[test]
    fn bonds_of_a_force_field_are_certain_those_of_metals_too() {
        let atoms = ["Fe", "S"].map(|symbol| Atom {
            name: symbol.to_uppercase(),
            element: Element::from_symbol(symbol).unwrap(),
            residue: 0,
        });
        let residue = Residue { name: "FES".into(), id: 1, atoms: vec![0, 1], ..Residue::default() };
        let topology = Topology::new(atoms.to_vec(), vec![residue], []).unwrap();
        let positions = [[0.0; 3], [0.23, 0.0, 0.0]];
        let matched = |masses: &[f64], held_pairs: &[([usize; 2], f64)]| {
            let facts = ForceFieldFacts { masses, held_pairs };
            match_force_field(topology.clone(), &positions, None, &[], facts)
        };
        let bonded = matched(&[55.0, 32.06], &[([0, 1], 0.23)]).unwrap();
        assert!(bonded.has_certain_bonds() && bonded.bonds() == [[0, 1]]);
        assert!(!matched(&[55.0, 32.06], &[]).unwrap().has_certain_bonds());
        assert!(matched(&[58.69, 32.06], &[([0, 1], 0.23)]).is_err());
    }
}
