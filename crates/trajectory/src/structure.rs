//! One structure from a file.

use std::path::Path;

use chemfiles::Property;
use geodyssey_molecule::bonds::{complete_bonds, too_long_for_a_bond};
use geodyssey_molecule::{Atom, Element, MoleculeError, Residue, Structure, Topology};

use crate::TrajectoryError;
use crate::source::{self, Content};

/// Name of the residue that holds the atoms of a file without residues.
const WHOLE_MOLECULE: &str = "MOL";

/// Reads a structure (PDB, GRO, mol2, SDF, XYZ, mmCIF, …, by its extension); the first frame where there are several.
///
/// Elements come from the file, else from the atoms' names. Bonds are those that the file states and, in a PDB file,
/// those of standard residues; atoms that these leave apart are bonded by their distance
/// ([`complete_bonds`]). The box is ignored.
///
/// # Errors
/// The file cannot be read, is empty, holds a position that is not finite, an atom of no known element,
/// or alternate locations.
pub fn read_structure(path: impl AsRef<Path>) -> Result<Structure, TrajectoryError> {
    let path = path.as_ref();
    let Content { frames, stated_bonds } = source::read(path, true)?;
    let frame = &frames[0];
    let positions = source::positions_nm(path, 0, frame)?;
    if positions.is_empty() {
        return Err(TrajectoryError::Empty { path: path.into(), what: "atoms" });
    }
    let residues = residues(frame);
    let mut owner = vec![0; positions.len()];
    for (index, residue) in residues.iter().enumerate() {
        residue.atoms.iter().for_each(|&atom| owner[atom] = index);
    }
    let atoms = (owner.iter().enumerate())
        .map(|(index, &residue)| atom(path, frame, index, residue, &residues[residue]))
        .collect::<Result<Vec<_>, _>>()?;
    refuse_alternate_locations(path, frame, &atoms, &residues)?;
    let elements: Vec<Element> = atoms.iter().map(|atom| atom.element).collect();
    let mut bonds: Vec<[usize; 2]> = frame
        .topology()
        .bonds()
        .into_iter()
        .filter(|&[i, j]| {
            // chemfiles links residues by their numbers alone, across gaps and chains.
            let guessed = atoms[i].residue != atoms[j].residue;
            !(guessed && too_long_for_a_bond([elements[i], elements[j]], [positions[i], positions[j]]))
        })
        .collect();
    bonds.extend(stated_bonds);
    let bonds = complete_bonds(&elements, &positions, &bonds);
    Topology::new(atoms, residues, bonds)
        .and_then(|topology| Structure::new(topology, positions))
        .map_err(|source: MoleculeError| TrajectoryError::Molecule { path: path.into(), source })
}

/// Residues in the order of their first atoms; atoms without one are gathered in a residue of their own.
fn residues(frame: &chemfiles::Frame) -> Vec<Residue> {
    let topology = frame.topology();
    let mut covered = vec![false; frame.size()];
    let mut residues: Vec<Residue> = (0..topology.residues_count())
        .filter_map(|index| topology.residue(index as usize))
        .map(|residue| {
            let mut atoms = residue.atoms();
            atoms.sort_unstable();
            atoms.iter().for_each(|&atom| covered[atom] = true);
            let chain = match residue.get("chainid") {
                Some(Property::String(chain)) => chain.trim().to_owned(),
                _ => String::new(),
            };
            Residue { name: residue.name(), id: residue.id().unwrap_or(1), chain, atoms }
        })
        .filter(|residue| !residue.atoms.is_empty())
        .collect();
    let alone: Vec<usize> = (0..frame.size()).filter(|&atom| !covered[atom]).collect();
    if !alone.is_empty() {
        let id = residues.iter().map(|residue| residue.id + 1).max().unwrap_or(1);
        residues.push(Residue { name: WHOLE_MOLECULE.into(), id, chain: String::new(), atoms: alone });
    }
    residues.sort_by_key(|residue| residue.atoms[0]);
    residues
}

fn atom(
    path: &Path,
    frame: &chemfiles::Frame,
    index: usize,
    residue_index: usize,
    residue: &Residue,
) -> Result<Atom, TrajectoryError> {
    let atom = frame.atom(index);
    let (name, kind) = (atom.name(), atom.atomic_type());
    // Where a file states no element, chemfiles repeats the name: `CA` would be calcium.
    let stated = kind != name || residue.name == WHOLE_MOLECULE;
    let symbol = Element::from_symbol(&kind).filter(|_| stated);
    let element =
        symbol.or_else(|| Element::from_atom_name(&name, residue.atoms.len() == 1)).ok_or_else(|| {
            let place = format!("{} {} {name}", residue.name, residue.id);
            TrajectoryError::content(
                path,
                format!("atom {index} ({place}) is of no known element (`{kind}`)"),
            )
        })?;
    Ok(Atom { name, element, residue: residue_index })
}

fn refuse_alternate_locations(
    path: &Path,
    frame: &chemfiles::Frame,
    atoms: &[Atom],
    residues: &[Residue],
) -> Result<(), TrajectoryError> {
    for (index, atom) in atoms.iter().enumerate() {
        let residue = &residues[atom.residue];
        let twice = residue.atoms.iter().any(|&other| other != index && atoms[other].name == atom.name);
        if twice && frame.atom(index).get("altloc").is_some() {
            let place = format!("{} {} {}", residue.name, residue.id, atom.name);
            let reason = format!("{place} has alternate locations; keep one of them in the file");
            return Err(TrajectoryError::content(path, reason));
        }
    }
    Ok(())
}
