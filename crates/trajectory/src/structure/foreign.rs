//! Structures in formats that chemfiles reads (SDF, mmCIF, CML, …).

use std::path::Path;

use chemfiles::Property;
use geodyssey_molecule::UNNAMED_RESIDUE;
use geodyssey_molecule::element_clues::Clue;

use super::records::{AtomRecord, Records, symbol};
use crate::TrajectoryError;
use crate::source;

/// Atoms of two residues farther apart than this are not bonded, nm.
const LONGEST_LINK_NM: f64 = 0.3;

/// Reads the first frame.
pub(super) fn read(path: &Path) -> Result<Records, TrajectoryError> {
    let frames = source::read(path, true)?;
    let frame = &frames[0];
    let positions = source::positions_nm(path, 0, frame)?;
    let topology = frame.topology();
    let mut atoms: Vec<AtomRecord> = positions
        .into_iter()
        .enumerate()
        .map(|(index, position)| {
            let atom = frame.atom(index);
            AtomRecord {
                name: atom.name(),
                residue_name: UNNAMED_RESIDUE.into(),
                residue_id: 1,
                insertion_code: None,
                chain: String::new(),
                alternate: atom.get("altloc").is_some(),
                chain_ends: 0,
                element: None,
                position,
            }
        })
        .collect();
    for residue in (0..topology.residues_count()).filter_map(|index| topology.residue(index as usize)) {
        let text = |key: &str| match residue.get(key) {
            Some(Property::String(value)) => value.trim().to_owned(),
            _ => String::new(),
        };
        for index in residue.atoms() {
            let Some(atom) = atoms.get_mut(index) else { continue };
            atom.residue_name = residue.name();
            atom.residue_id = residue.id().unwrap_or(1);
            atom.chain = text("chainid");
            atom.insertion_code = text("insertion_code").chars().next();
        }
    }
    for (index, atom) in atoms.iter_mut().enumerate() {
        let kind = frame.atom(index).atomic_type();
        // Where a file states no element, chemfiles repeats the name: `CA` would be calcium.
        if kind != atom.name || atom.residue_name == UNNAMED_RESIDUE {
            atom.element = symbol(&kind).and_then(|element| Clue::new("the file", vec![element]));
        }
    }
    // chemfiles links residues by their numbers alone, across gaps and chains.
    let place = |atom: &AtomRecord| (atom.residue_id, atom.insertion_code, atom.chain.clone());
    let bridged = |&[i, j]: &[usize; 2]| {
        let (first, second) = (&atoms[i], &atoms[j]);
        let square: f64 = (0..3).map(|axis| (first.position[axis] - second.position[axis]).powi(2)).sum();
        place(first) != place(second) && square.sqrt() > LONGEST_LINK_NM
    };
    let bonds = topology.bonds().into_iter().filter(|bond| !bridged(bond)).collect();
    Ok(Records { atoms, bonds, residues_may_stand_apart: true, ..Records::default() })
}
