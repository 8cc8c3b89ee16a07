//! Molecules that a periodic cell has cut or parted, made whole along their bonds and brought together.

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

/// Undoes what a periodic cell has done: makes every molecule whole and brings the molecules together, by moves along whole
/// edges of the cell. Without a cell nothing moves.
///
/// - Within a molecule every atom goes to the image nearest to the atom that it is bonded to; the first atom stays. Bonds of
///   metals count only where they are [certain](Topology::with_certain_bonds), since others are guesses from a distance.
/// - `chains` are the atoms of variables, each in the variable's order: molecules that a variable joins are placed so that its
///   neighbouring atoms are nearest images of each other, and then move as one. Where variables join molecules in a ring, the
///   last of them finds its molecules placed already.
/// - What is left follows one by one, the nearest first: its centre goes to the image nearest to any atom that is placed.
///
/// The molecule of the first atom stays, and an atom that is in its place already keeps every bit. Positions in nm, one an atom.
///
/// # Errors
/// A covalent bond that is too long all the same ([`too_long_for_a_bond`]).
///
/// # Panics
/// If there are not as many positions as atoms, or no atom of a number that `chains` names.
pub fn gather(
    topology: &Topology,
    positions: &mut [[f64; 3]],
    cell: Option<&Cell>,
    chains: &[Vec<usize>],
) -> Result<(), BrokenMolecule> {
    assert_eq!(positions.len(), topology.atom_count(), "one position per atom");
    let pieces = covalent_pieces(topology);
    make_whole(topology, &pieces, positions, cell)?;
    if let Some(cell) = cell {
        bring_together(&pieces, positions, cell, chains);
    }
    Ok(())
}

fn make_whole(
    topology: &Topology,
    pieces: &[Piece],
    positions: &mut [[f64; 3]],
    cell: Option<&Cell>,
) -> Result<(), BrokenMolecule> {
    if broken_bond(topology, positions).is_none() {
        return Ok(());
    }
    if let Some(cell) = cell {
        for &[atom, next] in pieces.iter().flat_map(|piece| &piece.links) {
            place(positions, cell, atom, next);
        }
    }
    match broken_bond(topology, positions) {
        None => Ok(()),
        Some([i, j]) => Err(BrokenMolecule {
            first: topology.label(i),
            second: topology.label(j),
            length_nm: squared_distance(positions[i], positions[j]).sqrt(),
            has_cell: cell.is_some(),
        }),
    }
}

fn bring_together(pieces: &[Piece], positions: &mut [[f64; 3]], cell: &Cell, chains: &[Vec<usize>]) {
    let groups = join(pieces, positions, cell, chains);
    let centre = |piece: &Piece, positions: &[[f64; 3]]| {
        let sum = piece.atoms.iter().fold([0.0; 3], |sum, &atom| add(sum, positions[atom]));
        sum.map(|x| x / piece.atoms.len() as f64)
    };
    // How far each group that is left lies from what is placed, squared, and the move that brings it there.
    let mut left: Vec<Option<(f64, [f64; 3])>> = vec![Some((f64::INFINITY, [0.0; 3])); groups.len()];
    let mut placed = 0;
    while let Some(group) = groups.get(placed) {
        left[placed] = None;
        let atoms: Vec<usize> = group.iter().flat_map(|&piece| &pieces[piece].atoms).copied().collect();
        for (other, best) in left.iter_mut().enumerate() {
            let Some((least, shift)) = best else { continue };
            for centre in groups[other].iter().map(|&piece| centre(&pieces[piece], positions)) {
                for &atom in &atoms {
                    let here = difference(centre, positions[atom]);
                    let nearest = cell.nearest_image(here);
                    let squared = squared_distance(nearest, [0.0; 3]);
                    if squared < *least {
                        (*least, *shift) = (squared, difference(nearest, here));
                    }
                }
            }
        }
        let nearest = left.iter().enumerate().filter_map(|(group, best)| Some((group, (*best)?)));
        let Some((next, (_, shift))) = nearest.min_by(|a, b| a.1.0.total_cmp(&b.1.0)) else { break };
        groups[next].iter().for_each(|&piece| pieces[piece].shift(positions, shift));
        placed = next;
    }
}

/// Places molecules that variables join by the variables' neighbouring atoms. Returns which pieces move together from now on,
/// in the order of their first ones.
fn join(pieces: &[Piece], positions: &mut [[f64; 3]], cell: &Cell, chains: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut owner = vec![0; positions.len()];
    for (index, piece) in pieces.iter().enumerate() {
        piece.atoms.iter().for_each(|&atom| owner[atom] = index);
    }
    let steps = chains
        .iter()
        .flat_map(|chain| chain.windows(2))
        .flat_map(|step| [[step[0], step[1]], [step[1], step[0]]]);
    let steps: Vec<[usize; 2]> = steps.filter(|[near, far]| owner[*near] != owner[*far]).collect();
    let mut joined = vec![false; pieces.len()];
    let mut groups = Vec::new();
    for first in 0..pieces.len() {
        if joined[first] {
            continue;
        }
        joined[first] = true;
        let mut group = vec![first];
        // Groups before this one are complete, so that a step from a piece which is joined begins in this one.
        while let Some(&[near, far]) =
            steps.iter().find(|[near, far]| joined[owner[*near]] && !joined[owner[*far]])
        {
            let here = difference(positions[far], positions[near]);
            let shift = difference(cell.nearest_image(here), here);
            pieces[owner[far]].shift(positions, shift);
            joined[owner[far]] = true;
            group.push(owner[far]);
        }
        groups.push(group);
    }
    groups
}

/// Atoms that covalent bonds join, and the bonds by which each is reached from one before it.
struct Piece {
    atoms: Vec<usize>,
    links: Vec<[usize; 2]>,
}

impl Piece {
    /// Moves it as a whole; a move that comes from rounding is none.
    fn shift(&self, positions: &mut [[f64; 3]], shift: [f64; 3]) {
        if shift.iter().any(|x| x.abs() > UNMOVED_NM) {
            self.atoms.iter().for_each(|&atom| positions[atom] = add(positions[atom], shift));
        }
    }
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
    topology.has_certain_bonds() || !bond.iter().any(|&atom| topology.atoms()[atom].element.is_metal())
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

    fn cube(edge_nm: f64) -> Cell {
        Cell::from_lengths_and_angles([edge_nm; 3], [90.0; 3]).unwrap()
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
        assert_eq!(gather(&topology, &mut wrapped, Some(&cell), &[]), Ok(()));
        for (a, b) in wrapped.iter().flatten().zip(whole.iter().flatten()) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
        // What is whole keeps every bit.
        let before = whole.clone();
        let mut again = whole;
        assert_eq!(gather(&topology, &mut again, Some(&cell), &[]), Ok(()));
        assert_eq!(again, before);
    }

    #[test]
    fn a_broken_bond_is_named_where_there_is_no_cell_or_the_wrong_one() {
        let topology = topology(&["C", "O"], &[[0, 1]]);
        let mut apart = [[0.05, 0.0, 0.0], [1.93, 0.0, 0.0]];
        let error = gather(&topology, &mut apart, None, &[]).unwrap_err();
        assert_eq!((error.first.as_str(), error.second.as_str()), ("MOL 1 C0", "MOL 1 O1"));
        assert!(
            (error.length_nm - 1.88).abs() < 1e-9 && error.to_string().contains("states no box"),
            "{error}"
        );
        let wrong = Cell::from_lengths_and_angles([1.5; 3], [90.0; 3]).unwrap();
        let error = gather(&topology, &mut apart.clone(), Some(&wrong), &[]).unwrap_err();
        assert!(error.to_string().contains("does not make it whole"), "{error}");
        let right = Cell::from_lengths_and_angles([2.0; 3], [90.0; 3]).unwrap();
        assert_eq!(gather(&topology, &mut apart, Some(&right), &[]), Ok(()));
        assert!((apart[1][0] + 0.07).abs() < 1e-9);
    }

    #[test]
    fn ions_that_drift_apart_are_no_broken_molecule_but_come_along() {
        // Sodium and chloride that a topology bonds since they were near each other.
        let salt = topology(&["Na", "Cl"], &[[0, 1]]);
        let mut positions = [[0.05, 0.0, 0.0], [1.7, 0.0, 0.0]];
        let before = positions;
        assert_eq!(gather(&salt, &mut positions, None, &[]), Ok(()));
        assert_eq!(positions, before);
        let cell = cube(2.0);
        gather(&salt, &mut positions, Some(&cell), &[]).unwrap();
        assert_eq!(positions[0], [0.05, 0.0, 0.0]);
        assert!((positions[1][0] + 0.3).abs() < 1e-9, "{positions:?}");
        let before = positions;
        gather(&salt, &mut positions, Some(&cell), &[]).unwrap();
        assert_eq!(positions, before);
    }

    /// A coordination bond of a force field holds a molecule together, one that was guessed does not.
    #[test]
    fn bonds_of_metals_count_where_they_are_certain() {
        let guessed = topology(&["Zn", "S", "C"], &[[0, 1], [1, 2]]);
        let certain = guessed.clone().with_certain_bonds();
        let apart = [[0.05, 0.0, 0.0], [1.83, 0.0, 0.0], [1.65, 0.0, 0.0]];
        assert_eq!(gather(&guessed, &mut apart.clone(), None, &[]), Ok(()));
        let error = gather(&certain, &mut apart.clone(), None, &[]).unwrap_err();
        assert_eq!((error.first.as_str(), error.second.as_str()), ("MOL 1 Zn0", "MOL 1 S1"));
        let mut positions = apart;
        gather(&certain, &mut positions, Some(&cube(2.0)), &[]).unwrap();
        for (found, expected) in positions.iter().zip([0.05, -0.17, -0.35]) {
            assert!((found[0] - expected).abs() < 1e-9, "{positions:?}");
        }
    }

    /// Two ions 0.2 nm apart about half an edge away from a first molecule: each would go to another side of it.
    #[test]
    fn molecules_that_a_variable_joins_stay_together() {
        let topology = topology(&["C", "C", "Na", "Cl"], &[[0, 1]]);
        let cell = cube(3.0);
        let start = [[0.0; 3], [0.15, 0.0, 0.0], [1.47, 0.0, 0.0], [-1.33, 0.0, 0.0]];
        let distance = |positions: &[[f64; 3]]| squared_distance(positions[2], positions[3]).sqrt();
        assert!((distance(&start) - 2.8).abs() < 1e-9);
        for chains in
            [&[vec![2, 3]][..], &[vec![3, 2]], &[vec![2, 3], vec![0, 2]], &[vec![0, 3], vec![3, 2]], &[]]
        {
            let mut positions = start;
            gather(&topology, &mut positions, Some(&cell), chains).unwrap();
            assert!((distance(&positions) - 0.2).abs() < 1e-9, "{chains:?}: {positions:?}");
            assert_eq!(positions[..2], start[..2]);
        }
    }

    /// A variable between a long molecule's end and a ligand beyond it, whose nearest image by centres is at the other end.
    #[test]
    fn a_ligand_goes_to_the_atom_that_a_variable_names() {
        let count = 20;
        let mut bonds: Vec<[usize; 2]> = (1..count).map(|atom| [atom - 1, atom]).collect();
        bonds.push([count, count + 1]);
        let topology = topology(&vec!["C"; count + 2], &bonds);
        let mut start: Vec<[f64; 3]> = (0..count).map(|atom| [0.14 * atom as f64, 0.0, 0.0]).collect();
        start.extend([[-0.9, 0.4, 0.0], [-0.9, 0.54, 0.0]]);
        let cell = Cell::from_lengths_and_angles([4.2, 9.0, 9.0], [90.0; 3]).unwrap();
        let x = |chains: &[Vec<usize>]| {
            let mut positions = start.clone();
            gather(&topology, &mut positions, Some(&cell), chains).unwrap();
            positions[count][0]
        };
        // The last atom is at 2.66 nm: 0.64 nm on from it, or 0.9 nm before the first.
        for chains in [&[vec![count - 1, count]][..], &[]] {
            assert!((x(chains) - 3.3).abs() < 1e-9, "{}", x(chains));
        }
        assert!((x(&[vec![0, count]]) + 0.9).abs() < 1e-9);
    }
}
