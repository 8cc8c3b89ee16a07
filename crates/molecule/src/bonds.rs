//! Bonds guessed from distances, for structure files that do not list them.

use std::collections::BTreeMap;

use crate::Element;
use crate::topology::connected_pieces;

/// Two atoms are bonded when they are closer than the sum of their covalent radii and this, nm
/// (the tolerance of the Cambridge Structural Database).
const TOLERANCE_NM: f64 = 0.04;

/// Closer than this, atoms overlap, and no bond is guessed, nm.
const OVERLAP_NM: f64 = 0.04;

/// Completes a list of bonds: atoms that no chain of known bonds joins are bonded where they are as near as covalent
/// radii allow; a hydrogen takes its nearest partner only, and metals that are bare ions (sodium, calcium, …) take none.
///
/// With no known bonds that is a guess of all bonds; with all bonds known it adds none within a molecule.
/// Known bonds of atoms that are not there are returned as they are, for [`crate::Topology::new`] to refuse.
/// The result is ascending and depends on nothing but its arguments (positions in nm).
pub fn complete_bonds(elements: &[Element], positions: &[[f64; 3]], known: &[[usize; 2]]) -> Vec<[usize; 2]> {
    let mut neighbours = vec![Vec::new(); elements.len()];
    let count = elements.len().min(positions.len());
    for &[i, j] in known.iter().filter(|bond| bond.iter().all(|&atom| atom < count)) {
        neighbours[i].push(j);
        neighbours[j].push(i);
    }
    let piece = connected_pieces(&neighbours);
    let mut bonds: Vec<[usize; 2]> = known.iter().map(|&[i, j]| [i.min(j), i.max(j)]).collect();
    let mut nearest: Vec<Option<(f64, usize)>> = vec![None; elements.len()];
    let may_bond = |i: usize, j: usize| {
        let reach = elements[i].covalent_radius_nm() + elements[j].covalent_radius_nm() + TOLERANCE_NM;
        let ionic = elements[i].is_bare_ion() || elements[j].is_bare_ion();
        !ionic && piece[i] != piece[j] && (OVERLAP_NM..=reach).contains(&distance(positions[i], positions[j]))
    };
    for (i, j) in near_pairs(&positions[..count], longest_bond(elements), may_bond) {
        let distance = distance(positions[i], positions[j]);
        let light: Vec<(usize, usize)> =
            [(i, j), (j, i)].into_iter().filter(|&(atom, _)| !elements[atom].is_heavy()).collect();
        if light.is_empty() {
            bonds.push([i, j]);
        }
        for (hydrogen, partner) in light {
            let better = nearest[hydrogen].is_none_or(|(best, _)| distance < best);
            if neighbours[hydrogen].is_empty() && better {
                nearest[hydrogen] = Some((distance, partner));
            }
        }
    }
    for (hydrogen, partner) in nearest.iter().enumerate().filter_map(|(i, best)| Some((i, (*best)?.1))) {
        let mutual =
            elements[partner].is_heavy() || nearest[partner].is_some_and(|(_, other)| other == hydrogen);
        if mutual {
            bonds.push([hydrogen.min(partner), hydrogen.max(partner)]);
        }
    }
    bonds.sort_unstable();
    bonds.dedup();
    bonds
}

/// Whether two atoms are too far apart for any covalent bond between them: beyond one and a half times the sum of
/// their covalent radii.
pub fn too_long_for_a_bond(elements: [Element; 2], positions: [[f64; 3]; 2]) -> bool {
    distance(positions[0], positions[1])
        > 1.5 * (elements[0].covalent_radius_nm() + elements[1].covalent_radius_nm())
}

fn longest_bond(elements: &[Element]) -> f64 {
    2.0 * elements.iter().map(|element| element.covalent_radius_nm()).fold(0.0, f64::max) + TOLERANCE_NM
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f64>().sqrt()
}

/// More atoms than this in a cube that is as wide as the longest bond overlap: no guess is made for them. (Matter has some 100 atoms in a
/// cubic nanometre, so that the widest cube, 0.18 nm³ of francium, holds 18.) It bounds time and memory for structures whose atoms are on
/// one place.
const CROWD: usize = 64;

/// Pairs `i < j` that are wanted, ascending, among those within a distance along every axis; atoms in crowds have none.
/// Pairs that are not wanted take no memory.
fn near_pairs(
    positions: &[[f64; 3]],
    reach: f64,
    wanted: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    // A cast of a float saturates: whatever is that far out shares one cell.
    let cell = |position: &[f64; 3]| position.map(|x| (x / reach).floor() as i64);
    let mut cells: BTreeMap<[i64; 3], Vec<usize>> = BTreeMap::new();
    for (atom, position) in positions.iter().enumerate() {
        cells.entry(cell(position)).or_default().push(atom);
    }
    cells.retain(|_, atoms| atoms.len() <= CROWD);
    let mut pairs = Vec::new();
    for (at, atoms) in &cells {
        for shift in 0..27 {
            let neighbour = [0, 1, 2].map(|axis| at[axis].saturating_add(shift / [1, 3, 9][axis] % 3 - 1));
            let Some(others) = cells.get(&neighbour) else { continue };
            for &i in atoms {
                pairs.extend(others.iter().filter(|&&j| i < j && wanted(i, j)).map(|&j| (i, j)));
            }
        }
    }
    pairs.sort_unstable();
    // At the end of the numbers a cell is its own neighbour.
    pairs.dedup();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(symbols: &[&str]) -> Vec<Element> {
        symbols.iter().map(|symbol| Element::from_symbol(symbol).unwrap()).collect()
    }

    /// Two water molecules, 0.28 nm apart, the hydrogen bond along x (experimental geometry of the monomer).
    fn water_dimer() -> (Vec<Element>, Vec<[f64; 3]>) {
        let positions = vec![
            [0.0, 0.0, 0.0],
            [0.0957, 0.0, 0.0],
            [-0.0240, 0.0927, 0.0],
            [0.28, 0.0, 0.0],
            [0.304, 0.0927, 0.0],
            [0.304, -0.0927, 0.0],
        ];
        (elements(&["O", "H", "H", "O", "H", "H"]), positions)
    }

    #[test]
    fn all_bonds_of_two_waters_and_no_hydrogen_bond() {
        let (elements, positions) = water_dimer();
        assert_eq!(complete_bonds(&elements, &positions, &[]), [[0, 1], [0, 2], [3, 4], [3, 5]]);
    }

    #[test]
    fn known_bonds_are_kept_and_completed() {
        let (elements, positions) = water_dimer();
        assert_eq!(complete_bonds(&elements, &positions, &[[2, 0]]), [[0, 1], [0, 2], [3, 4], [3, 5]]);
    }

    #[test]
    fn a_hydrogen_molecule_and_a_shared_hydrogen() {
        let h2 = complete_bonds(&elements(&["H", "H"]), &[[0.0; 3], [0.074, 0.0, 0.0]], &[]);
        assert_eq!(h2, [[0, 1]]);
        let shared = [[0.0, 0.0, 0.0], [0.11, 0.0, 0.0], [0.23, 0.0, 0.0]];
        assert_eq!(complete_bonds(&elements(&["O", "H", "O"]), &shared, &[]), [[0, 1]]);
    }

    /// The gas-phase distance of NaCl, and that of a salt bridge: no bond, though the covalent radii sum to 0.268 nm.
    #[test]
    fn ions_are_not_bonded() {
        for distance in [0.236, 0.25] {
            let pair = complete_bonds(&elements(&["Na", "Cl"]), &[[0.0; 3], [distance, 0.0, 0.0]], &[]);
            assert!(pair.is_empty(), "{pair:?}");
        }
    }

    /// The pairs of so many would fill 80 GB.
    #[test]
    fn many_atoms_on_one_place_have_no_bonds() {
        let count = 100_000;
        let (elements, positions) = (vec![Element::CARBON; count], vec![[0.1, 0.2, 0.3]; count]);
        assert!(complete_bonds(&elements, &positions, &[]).is_empty());
    }

    /// Cells just below a crowd, 8 × 8 × 8 of them, denser than any matter: each atom is tried with those of 27 cells, 57 million pairs,
    /// of which only those at a bond's distance are kept.
    #[test]
    fn crowded_cells_are_tried_in_bounded_time() {
        let edge = longest_bond(&[Element::HYDROGEN]);
        let step = edge / 4.0;
        let at = |index: usize| (index as f64 + 0.5) * step;
        let positions: Vec<[f64; 3]> =
            (0..32 * 32 * 32).map(|index| [at(index / 1024), at(index / 32 % 32), at(index % 32)]).collect();
        assert_eq!(positions.len(), 512 * CROWD);
        let started = std::time::Instant::now();
        let elements = vec![Element::HYDROGEN; positions.len()];
        let bonds = complete_bonds(&elements, &positions, &[]);
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
        // A hydrogen has one partner at most.
        assert!(bonds.len() <= positions.len() / 2, "{}", bonds.len());
        // One more atom in a cell makes it a crowd.
        let crowd: Vec<[f64; 3]> =
            (0..=CROWD).map(|atom| [0.0, 0.0, 0.05 * atom as f64 / CROWD as f64]).collect();
        let pairs = |atoms: &[[f64; 3]]| near_pairs(atoms, edge, |_, _| true).len();
        assert_eq!((pairs(&crowd), pairs(&crowd[1..])), (0, CROWD * (CROWD - 1) / 2));
    }

    /// Neighbours are found across the edges of the cells, wherever the origin lies: chains of carbon atoms along every axis.
    #[test]
    fn bonds_do_not_depend_on_the_origin() {
        for axis in 0..3 {
            for origin in [0.0, -0.37, 1.1e3, -4.05] {
                let position = |number: usize| {
                    let mut position = [origin; 3];
                    position[axis] += 0.154 * number as f64;
                    position
                };
                let positions: Vec<[f64; 3]> = (0..30).map(position).collect();
                let bonds = complete_bonds(&[Element::CARBON; 30], &positions, &[]);
                let expected: Vec<[usize; 2]> = (0..29).map(|number| [number, number + 1]).collect();
                assert_eq!(bonds, expected, "axis {axis}, origin {origin}");
            }
        }
    }

    #[test]
    fn breaks_are_too_long() {
        let carbon_nitrogen = [Element::CARBON, Element::NITROGEN];
        assert!(!too_long_for_a_bond(carbon_nitrogen, [[0.0; 3], [0.147, 0.0, 0.0]]));
        assert!(too_long_for_a_bond(carbon_nitrogen, [[0.0; 3], [0.38, 0.0, 0.0]]));
    }

    #[test]
    fn bonds_of_atoms_that_are_not_there_are_left_for_the_topology_to_refuse() {
        let (elements, positions) = water_dimer();
        let bonds = complete_bonds(&elements, &positions, &[[0, 9]]);
        assert_eq!(bonds, [[0, 1], [0, 2], [0, 9], [3, 4], [3, 5]]);
    }
}
