//! Molecules that a periodic cell has cut, made whole along their bonds.

use crate::bonds::too_long_for_a_bond;
use crate::{Cell, Topology};

/// A move of less, nm, is none: it comes from rounding.
const UNMOVED_NM: f64 = 1e-6;

/// A bond that is longer than any bond can be, also between nearest images.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "the bond {first}–{second} is {length_nm:.3} nm long: {}",
    if *has_cell {
        "the molecule is broken, and the cell that the file states does not make it whole"
    } else {
        "the molecule is broken across a periodic box, but the file states no box; make it whole first (`gmx trjconv -pbc mol`, \
         `cpptraj autoimage`, or `unwrap` in MDAnalysis)"
    }
)]
pub struct BrokenMolecule {
    /// One of the atoms, as a selection names it.
    pub first: String,
    /// The other.
    pub second: String,
    /// Their distance, nm.
    pub length_nm: f64,
    /// Whether there is a cell.
    pub has_cell: bool,
}

/// Moves atoms by whole edges of the cell so that all covalent bonds are short. The first atom of every molecule stays, and so
/// does everything where no bond is broken; without a cell nothing moves.
///
/// Positions in nm, one an atom. Returns whether anything was moved.
///
/// # Errors
/// A covalent bond that is too long all the same ([`too_long_for_a_bond`]). Bonds of metals do not count: they are often guesses
/// from a distance.
///
/// # Panics
/// If there are not as many positions as atoms.
pub fn make_whole(
    topology: &Topology,
    positions: &mut [[f64; 3]],
    cell: Option<&Cell>,
) -> Result<bool, BrokenMolecule> {
    assert_eq!(positions.len(), topology.atom_count(), "one position an atom");
    if broken_bond(topology, positions).is_none() {
        return Ok(false);
    }
    if let Some(cell) = cell {
        for piece in covalent_pieces(topology) {
            for [atom, next] in piece.links {
                place(positions, cell, atom, next);
            }
        }
    }
    match broken_bond(topology, positions) {
        None => Ok(true),
        Some([i, j]) => Err(BrokenMolecule {
            first: topology.label(i),
            second: topology.label(j),
            length_nm: squared_distance(positions[i], positions[j]).sqrt(),
            has_cell: cell.is_some(),
        }),
    }
}

/// Moves every molecule but the first, as a whole, to the image whose centre is nearest to the centre of the first one. (Metals
/// are molecules of their own.) A molecule that is there already keeps every bit of its positions, nm.
pub fn bring_together(topology: &Topology, positions: &mut [[f64; 3]], cell: &Cell) {
    let mut first = None;
    for piece in covalent_pieces(topology) {
        let sum = piece.atoms.iter().fold([0.0; 3], |sum, &atom| add(sum, positions[atom]));
        let centre = sum.map(|x| x / piece.atoms.len() as f64);
        let anchor = *first.get_or_insert(centre);
        let here = difference(centre, anchor);
        let shift = difference(cell.nearest_image(here), here);
        if shift.iter().any(|x| x.abs() > UNMOVED_NM) {
            piece.atoms.iter().for_each(|&atom| positions[atom] = add(positions[atom], shift));
        }
    }
}

/// Atoms that covalent bonds join, and the bonds by which each is reached from one before it.
struct Piece {
    atoms: Vec<usize>,
    links: Vec<[usize; 2]>,
}

fn covalent_pieces(topology: &Topology) -> Vec<Piece> {
    let mut reached = vec![false; topology.atom_count()];
    let mut pieces = Vec::new();
    for start in 0..topology.atom_count() {
        if reached[start] {
            continue;
        }
        reached[start] = true;
        let mut piece = Piece { atoms: vec![start], links: Vec::new() };
        let mut done = 0;
        while let Some(&atom) = piece.atoms.get(done) {
            done += 1;
            for &next in topology.neighbours(atom) {
                if !reached[next] && is_covalent(topology, [atom, next]) {
                    reached[next] = true;
                    piece.atoms.push(next);
                    piece.links.push([atom, next]);
                }
            }
        }
        pieces.push(piece);
    }
    pieces
}

fn is_covalent(topology: &Topology, bond: [usize; 2]) -> bool {
    !bond.iter().any(|&atom| topology.atoms()[atom].element.is_metal())
}

fn broken_bond(topology: &Topology, positions: &[[f64; 3]]) -> Option<[usize; 2]> {
    topology.bonds().iter().copied().find(|&bond| {
        let elements = bond.map(|atom| topology.atoms()[atom].element);
        is_covalent(topology, bond) && too_long_for_a_bond(elements, bond.map(|atom| positions[atom]))
    })
}

fn place(positions: &mut [[f64; 3]], cell: &Cell, atom: usize, next: usize) {
    let bond = difference(positions[next], positions[atom]);
    let nearest = cell.nearest_image(bond);
    // An atom that need not move keeps every bit of its position.
    if squared_distance(bond, nearest).sqrt() > UNMOVED_NM {
        positions[next] = add(positions[atom], nearest);
    }
}

fn add(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

fn difference(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn squared_distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    difference(a, b).iter().map(|x| x * x).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Atom, Element, Residue};

    fn topology(symbols: &[&str], bonds: &[[usize; 2]]) -> Topology {
        let atoms = symbols.iter().enumerate().map(|(index, symbol)| Atom {
            name: format!("{symbol}{index}"),
            element: Element::from_symbol(symbol).unwrap(),
            residue: 0,
        });
        let residue =
            Residue { name: "MOL".into(), id: 1, atoms: (0..symbols.len()).collect(), ..Residue::default() };
        Topology::new(atoms.collect(), vec![residue], bonds.iter().copied()).unwrap()
    }

    /// A chain of carbons 0.15 nm apart along a direction that crosses a skewed cell several times.
    #[test]
    fn a_chain_is_whole_again_in_any_cell() {
        let count = 40;
        let cell = Cell::from_lengths_and_angles([1.1, 1.3, 1.2], [100.0, 70.0, 62.0]).unwrap();
        let bonds: Vec<[usize; 2]> = (1..count).map(|i| [i - 1, i]).collect();
        let topology = topology(&vec!["C"; count], &bonds);
        let whole: Vec<[f64; 3]> =
            (0..count).map(|i| [0.08, -0.09, 0.07].map(|x: f64| x * i as f64 + 0.3)).collect();
        let mut wrapped = whole.clone();
        for (index, position) in wrapped.iter_mut().enumerate().skip(1) {
            let shift = [1, 2, 3].map(|k| ((index * k) % 5) as f64 - 2.0);
            *position = cell.moved(*position, shift);
        }
        assert_eq!(make_whole(&topology, &mut wrapped, Some(&cell)), Ok(true));
        for (a, b) in wrapped.iter().flatten().zip(whole.iter().flatten()) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
        // What is whole keeps every bit.
        let before = whole.clone();
        let mut again = whole;
        assert_eq!(make_whole(&topology, &mut again, Some(&cell)), Ok(false));
        assert_eq!(again, before);
    }

    #[test]
    fn a_broken_bond_is_named_where_there_is_no_cell_or_the_wrong_one() {
        let topology = topology(&["C", "O"], &[[0, 1]]);
        let mut apart = [[0.05, 0.0, 0.0], [1.93, 0.0, 0.0]];
        let error = make_whole(&topology, &mut apart, None).unwrap_err();
        assert_eq!((error.first.as_str(), error.second.as_str()), ("MOL 1 C0", "MOL 1 O1"));
        assert!(
            (error.length_nm - 1.88).abs() < 1e-9 && error.to_string().contains("states no box"),
            "{error}"
        );
        let wrong = Cell::from_lengths_and_angles([1.5; 3], [90.0; 3]).unwrap();
        let error = make_whole(&topology, &mut apart.clone(), Some(&wrong)).unwrap_err();
        assert!(error.to_string().contains("does not make it whole"), "{error}");
        let right = Cell::from_lengths_and_angles([2.0; 3], [90.0; 3]).unwrap();
        assert_eq!(make_whole(&topology, &mut apart, Some(&right)), Ok(true));
        assert!((apart[1][0] + 0.07).abs() < 1e-9);
    }

    #[test]
    fn ions_that_drift_apart_are_no_broken_molecule_but_come_along() {
        // Sodium and chloride that a topology bonds since they were near each other.
        let salt = topology(&["Na", "Cl"], &[[0, 1]]);
        let mut positions = [[0.05, 0.0, 0.0], [1.7, 0.0, 0.0]];
        assert_eq!(make_whole(&salt, &mut positions, None), Ok(false));
        let cell = Cell::from_lengths_and_angles([2.0; 3], [90.0; 3]).unwrap();
        bring_together(&salt, &mut positions, &cell);
        assert_eq!(positions[0], [0.05, 0.0, 0.0]);
        assert!((positions[1][0] + 0.3).abs() < 1e-9, "{positions:?}");
        let before = positions;
        bring_together(&salt, &mut positions, &cell);
        assert_eq!(positions, before);
    }
}
