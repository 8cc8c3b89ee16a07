//! Structures in formats that only chemfiles reads (SDF, mmCIF, CML, …).

use std::path::Path;

use geodyssey_molecule::element_clues::Clue;
use geodyssey_molecule::{Cell, UNNAMED_RESIDUE};

use super::records::{AtomRecord, Records, symbol};
use crate::TrajectoryError;
use crate::foreign::Frames;

/// Atoms of two residues farther apart than this are not bonded, nm.
const LONGEST_LINK_NM: f64 = 0.3;

/// Reads the first frame.
pub(super) fn read(path: &Path) -> Result<Records, TrajectoryError> {
    std::fs::File::open(path).map_err(|source| TrajectoryError::file(path, source))?;
    let frame = Frames::open_first(path)
        .and_then(|mut frames| frames.next())
        .map_err(|reason| TrajectoryError::content(path, reason))?
        .ok_or_else(|| TrajectoryError::Empty { path: path.into(), what: "atoms" })?;
    let mut atoms: Vec<AtomRecord> = (frame.positions_nm.iter().zip(&frame.atoms))
        .map(|(&position, atom)| AtomRecord {
            name: atom.name.clone(),
            residue_name: UNNAMED_RESIDUE.into(),
            residue_id: 1,
            insertion_code: None,
            chain: String::new(),
            alternate: atom.alternate_location.is_some(),
            chain_ends: 0,
            element: None,
            position,
        })
        .collect();
    for residue in &frame.residues {
        for &index in &residue.atoms {
            let Some(atom) = atoms.get_mut(index) else { continue };
            atom.residue_name.clone_from(&residue.name);
            atom.residue_id = residue.id.unwrap_or(1);
            atom.chain.clone_from(&residue.chain);
            atom.insertion_code = residue.insertion_code.as_ref().and_then(|code| code.chars().next());
        }
    }
    for (atom, stated) in atoms.iter_mut().zip(&frame.atoms) {
        // Where a file states no element, chemfiles repeats the name: `CA` would be calcium.
        if stated.kind != atom.name || atom.residue_name == UNNAMED_RESIDUE {
            atom.element = symbol(&stated.kind).and_then(|element| Clue::new("the file", vec![element]));
        }
    }
    // chemfiles links residues by their numbers alone, across gaps and chains.
    let place = |atom: &AtomRecord| (atom.residue_id, atom.insertion_code, atom.chain.clone());
    let bridged = |&[i, j]: &[usize; 2]| {
        let (Some(first), Some(second)) = (atoms.get(i), atoms.get(j)) else { return false };
        let square: f64 = (0..3).map(|axis| (first.position[axis] - second.position[axis]).powi(2)).sum();
        place(first) != place(second) && square.sqrt() > LONGEST_LINK_NM
    };
    let bonds = frame.bonds.iter().copied().filter(|bond| !bridged(bond)).collect();
    let cell = frame.cell_nm.and_then(Cell::new);
    Ok(Records { atoms, bonds, cell, residues_may_stand_apart: true, ..Records::default() })
}
