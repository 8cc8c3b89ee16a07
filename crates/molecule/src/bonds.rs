//! Bonds guessed from distances, for structure files that do not list them.

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
/// The result is ascending and depends on nothing but its arguments (positions in nm).
pub fn complete_bonds(elements: &[Element], positions: &[[f64; 3]], known: &[[usize; 2]]) -> Vec<[usize; 2]> {
    let mut neighbours = vec![Vec::new(); elements.len()];
    for &[i, j] in known {
        neighbours[i].push(j);
        neighbours[j].push(i);
    }
    let piece = connected_pieces(&neighbours);
    let mut bonds: Vec<[usize; 2]> = known.iter().map(|&[i, j]| [i.min(j), i.max(j)]).collect();
    let mut nearest: Vec<Option<(f64, usize)>> = vec![None; elements.len()];
    for (i, j) in close_pairs(positions, longest_bond(elements)) {
        let distance = distance(positions[i], positions[j]);
        let reach = elements[i].covalent_radius_nm() + elements[j].covalent_radius_nm() + TOLERANCE_NM;
        let ionic = elements[i].is_bare_ion() || elements[j].is_bare_ion();
        if ionic || piece[i] == piece[j] || distance > reach || distance < OVERLAP_NM {
            continue;
        }
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
/// their covalent radii. Such a bond in a file's guess spans a break in the chain.
pub fn too_long_for_a_bond(elements: [Element; 2], positions: [[f64; 3]; 2]) -> bool {
    let radii = elements[0].covalent_radius_nm() + elements[1].covalent_radius_nm();
    distance(positions[0], positions[1]) > 1.5 * radii
}

fn longest_bond(elements: &[Element]) -> f64 {
    2.0 * elements.iter().map(|element| element.covalent_radius_nm()).fold(0.0, f64::max) + TOLERANCE_NM
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f64>().sqrt()
}

/// Pairs `i < j` within a distance along x, in a fixed order (a sweep along x keeps it near linear).
fn close_pairs(positions: &[[f64; 3]], reach: f64) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..positions.len()).collect();
    order.sort_by(|&i, &j| positions[i][0].total_cmp(&positions[j][0]).then(i.cmp(&j)));
    let mut pairs = Vec::new();
    for (rank, &i) in order.iter().enumerate() {
        for &j in &order[rank + 1..] {
            if positions[j][0] - positions[i][0] > reach {
                break;
            }
            if (1..3).all(|axis| (positions[j][axis] - positions[i][axis]).abs() <= reach) {
                pairs.push((i.min(j), i.max(j)));
            }
        }
    }
    pairs.sort_unstable();
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

    #[test]
    fn breaks_are_too_long() {
        let carbon_nitrogen = [Element::CARBON, Element::NITROGEN];
        assert!(!too_long_for_a_bond(carbon_nitrogen, [[0.0; 3], [0.147, 0.0, 0.0]]));
        assert!(too_long_for_a_bond(carbon_nitrogen, [[0.0; 3], [0.38, 0.0, 0.0]]));
    }
}
