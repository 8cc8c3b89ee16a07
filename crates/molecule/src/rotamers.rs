//! Rotamers: how two structures of one molecule differ by turns about their bonds.

use std::f64::consts::PI;

use crate::symmetry::equivalence_classes;
use crate::variables::{CollectiveVariable, Torsion};
use crate::{MoleculeError, Topology};

/// Bonds with more substituents of one kind at an end are left out: their orders are too many to be tried (6! are 720).
const MOST_ALIKE: usize = 6;

/// A bond with the substituents by which its rotamer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TurnedBond {
    bond: [usize; 2],
    /// Substituents of each end, of one equivalence class: alike, so that any of them may stand in the other's place.
    substituents: [Vec<usize>; 2],
}

/// The bonds of a molecule about which rotamers are told apart: those between heavy atoms that have a heavy substituent at either end.
///
/// Rings count too: their torsions tell a chair from a boat. Where several substituents of an end are alike (the oxygens of a
/// carboxylate, the two halves of a phenyl ring, the methyls of a tert-butyl group), a turn that exchanges them is none. Bonds with
/// more than six substituents of one kind at an end are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotamers {
    bonds: Vec<TurnedBond>,
    atoms: usize,
}

impl Rotamers {
    /// Of the given atoms of a molecule, in ascending order.
    pub fn of(topology: &Topology, among: &[usize]) -> Self {
        let classes = equivalence_classes(topology);
        let is_counted =
            |atom: usize| topology.atoms()[atom].element.is_heavy() && among.binary_search(&atom).is_ok();
        let substituents = |end: usize, other: usize| -> Vec<usize> {
            let around = topology.neighbours(end).iter().copied();
            let heavy: Vec<usize> = around.filter(|&atom| atom != other && is_counted(atom)).collect();
            // A substituent that has none of its kind fixes the rotamer best.
            let kin = |atom: usize| heavy.iter().filter(|&&x| classes[x] == classes[atom]).count();
            let Some(&first) = heavy.iter().min_by_key(|&&atom| (kin(atom), atom)) else { return Vec::new() };
            heavy.into_iter().filter(|&atom| classes[atom] == classes[first]).collect()
        };
        let bonds = topology.bonds().iter().filter(|bond| bond.iter().all(|&atom| is_counted(atom)));
        let turned = bonds.filter_map(|&[j, k]| {
            let sides = [substituents(j, k), substituents(k, j)];
            sides
                .iter()
                .all(|alike| (1..=MOST_ALIKE).contains(&alike.len()))
                .then_some(TurnedBond { bond: [j, k], substituents: sides })
        });
        Self { bonds: turned.collect(), atoms: topology.atom_count() }
    }

    /// The bonds whose torsion differs by more than `tolerance_rad` between two structures (nm), and by how much, in radian.
    ///
    /// Angles of atoms on a line, which have no torsion, are left out.
    ///
    /// # Errors
    /// An atom of a bond is not in the structures.
    pub fn differing(
        &self,
        first: &[[f64; 3]],
        second: &[[f64; 3]],
        tolerance_rad: f64,
    ) -> Result<Vec<([usize; 2], f64)>, MoleculeError> {
        let mut found = Vec::new();
        for TurnedBond { bond, substituents } in &self.bonds {
            let [first_side, second_side] = substituents;
            // A ring of three has no torsion.
            if first_side.iter().any(|atom| second_side.contains(atom)) {
                continue;
            }
            let torsions = |positions: &[[f64; 3]]| -> Result<Vec<Vec<f64>>, MoleculeError> {
                let torsion = |i: usize, l: usize| {
                    Ok(Torsion::new([i, bond[0], bond[1], l], self.atoms)?.value(positions))
                };
                let row = |&i: &usize| second_side.iter().map(|&l| torsion(i, l)).collect();
                first_side.iter().map(row).collect()
            };
            let least = least_turn(&torsions(first)?, &torsions(second)?);
            if least.is_finite() && least > tolerance_rad {
                found.push((*bond, least));
            }
        }
        Ok(found)
    }
}

/// Least, over all exchanges of like substituents at either end, of the largest difference of a torsion; infinite where none is
/// defined.
fn least_turn(first: &[Vec<f64>], second: &[Vec<f64>]) -> f64 {
    let (rows, columns) = (permutations(first.len()), permutations(first[0].len()));
    let largest = |rows: &[usize], columns: &[usize]| {
        let pairs = rows.iter().enumerate().flat_map(|(i, &row)| {
            columns.iter().enumerate().map(move |(l, &column)| second[row][column] - first[i][l])
        });
        let turns = pairs.map(|turn| ((turn + PI).rem_euclid(2.0 * PI) - PI).abs());
        turns.filter(|turn| turn.is_finite()).reduce(f64::max).unwrap_or(f64::INFINITY)
    };
    let all = rows.iter().flat_map(|rows| columns.iter().map(|columns| largest(rows, columns)));
    all.fold(f64::INFINITY, f64::min)
}

/// All orders of 0, 1, …, count - 1.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    (0..count).fold(vec![Vec::new()], |shorter, next| {
        let insert = |order: &Vec<usize>| {
            let order = order.clone();
            (0..=next).map(move |place| {
                let mut longer = order.clone();
                longer.insert(place, next);
                longer
            })
        };
        shorter.iter().flat_map(insert).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Atom, Element, Residue};

    fn carbons(count: usize, bonds: &[[usize; 2]]) -> Topology {
        let atoms =
            (0..count).map(|index| Atom { name: format!("C{index}"), element: Element::CARBON, residue: 0 });
        let residue = Residue {
            name: "ANY".into(),
            id: 1,
            insertion_code: None,
            chain: String::new(),
            atoms: (0..count).collect(),
        };
        Topology::new(atoms.collect(), vec![residue], bonds.iter().copied()).unwrap()
    }

    /// Butane's carbons with the torsion given, and perhaps a second, like carbon at the end turned by `twin`.
    fn chain(torsion: f64, twin: Option<f64>) -> Vec<[f64; 3]> {
        let end = |angle: f64| [0.15 + 0.05, 0.14 * angle.cos(), 0.14 * angle.sin()];
        let mut atoms = vec![[-0.05, 0.14, 0.0], [0.0; 3], [0.15, 0.0, 0.0], end(torsion)];
        atoms.extend(twin.map(|turn| end(torsion + turn)));
        atoms
    }

    #[test]
    fn gauche_and_trans_butane_differ_about_the_middle_bond() {
        let topology = carbons(4, &[[0, 1], [1, 2], [2, 3]]);
        let rotamers = Rotamers::of(&topology, &[0, 1, 2, 3]);
        let (trans, gauche) = (chain(PI, None), chain(PI / 3.0, None));
        let found = rotamers.differing(&trans, &gauche, 0.7).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, [1, 2]);
        assert!((found[0].1 - 2.0 * PI / 3.0).abs() < 1e-9);
        assert!(rotamers.differing(&trans, &chain(PI + 0.5, None), 0.7).unwrap().is_empty());
    }

    /// The orders of eleven like ligands would be 4 · 10⁷ lists.
    #[test]
    fn bonds_of_many_like_ligands_are_left_out() {
        let count = 14;
        let bonds: Vec<[usize; 2]> = (1..count - 1).map(|atom| [0, atom]).chain([[1, count - 1]]).collect();
        let topology = carbons(count, &bonds);
        let all: Vec<usize> = (0..count).collect();
        let position = |atom: usize, turn: f64| {
            [0.1 * (atom as f64).cos(), 0.1 * (turn * atom as f64).sin(), 0.03 * atom as f64]
        };
        let structure =
            |turn: f64| -> Vec<[f64; 3]> { all.iter().map(|&atom| position(atom, turn)).collect() };
        let rotamers = Rotamers::of(&topology, &all);
        assert!(rotamers.bonds.is_empty());
        assert_eq!(rotamers.differing(&structure(1.0), &structure(1.7), 0.1), Ok(Vec::new()));
        // With six of them the bond counts.
        let bonds: Vec<[usize; 2]> = (1..8).map(|atom| [0, atom]).chain([[1, 8]]).collect();
        let few = carbons(9, &bonds);
        assert_eq!(Rotamers::of(&few, &all[..9]).bonds.len(), 1);
    }

    #[test]
    fn a_turn_that_exchanges_like_substituents_is_none() {
        let topology = carbons(5, &[[0, 1], [1, 2], [2, 3], [2, 4]]);
        let rotamers = Rotamers::of(&topology, &[0, 1, 2, 3, 4]);
        // Two like carbons at ±60°, then turned by 120° so that one stands where the other stood.
        let first = chain(-PI / 3.0, Some(2.0 * PI / 3.0));
        let second = chain(PI / 3.0, Some(-2.0 * PI / 3.0));
        assert!(rotamers.differing(&first, &second, 0.7).unwrap().is_empty());
        assert_eq!(rotamers.differing(&first, &chain(PI, Some(2.0)), 0.7).unwrap().len(), 1);
    }
}
