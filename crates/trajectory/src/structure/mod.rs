//! One structure from a file: each format has a reader of its own, and what they find is put together here.

mod foreign;
mod gro;
pub(crate) mod hybrid_36;
mod mol2;
pub(crate) mod pdb;
mod pdb_names;
mod records;
mod xyz;

use std::collections::HashMap;
use std::path::Path;

use geodyssey_molecule::bonds::complete_bonds;
use geodyssey_molecule::element_clues::{Clues, MassClues};
use geodyssey_molecule::{Atom, Cell, Element, Residue, Structure, Topology};

use crate::TrajectoryError;
use crate::extension::extension;
use records::Records;

/// How many atoms an error names.
const ATOMS_NAMED: usize = 3;

/// What a structure file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct StructureFile {
    /// The molecule with its positions.
    pub structure: Structure,
    /// Bonds that the file states; the structure has these and those told by distance.
    pub stated_bonds: Vec<[usize; 2]>,
    /// The periodic cell, where the file has one.
    pub cell: Option<Cell>,
}

/// Reads a structure (PDB, GRO, mol2, XYZ, SDF, mmCIF, …, by its extension); the first frame where there are several.
///
/// As [`read_structure_file`], without masses and without what else the file holds.
///
/// # Errors
/// As [`read_structure_file`].
pub fn read_structure(path: impl AsRef<Path>) -> Result<Structure, TrajectoryError> {
    Ok(read_structure_file(path, None)?.structure)
}

/// Reads a structure with all that its file states.
///
/// Elements are what the file states, checked against `masses` (amu, of the force field, one per atom) where these are
/// given; where the file does not state them, the columns of PDB names or the atom types of mol2, the masses and the
/// names decide, in this order ([`geodyssey_molecule::element_clues`]). Masses of another number of atoms are not used.
/// Bonds are those that the file states; atoms that these leave apart are bonded by their distance
/// ([`complete_bonds`]) unless the file states all.
///
/// # Errors
/// The file cannot be read, is empty, holds a position that is not finite, an atom of no known element or one whose
/// sources disagree about its element, or alternate locations.
pub fn read_structure_file(
    path: impl AsRef<Path>,
    masses: Option<&[f64]>,
) -> Result<StructureFile, TrajectoryError> {
    let path = path.as_ref();
    finish(path, &read(path)?, masses)
}

/// As [`read_structure_file`], of a file whose content is at hand already. Only a format that has no reader here is read from the file.
///
/// # Errors
/// As [`read_structure_file`].
pub fn read_structure_content(
    path: impl AsRef<Path>,
    content: &[u8],
    masses: Option<&[f64]>,
) -> Result<StructureFile, TrajectoryError> {
    let path = path.as_ref();
    let records = if has_reader(path) { parse(path, content)? } else { foreign::read(path)? };
    finish(path, &records, masses)
}

impl StructureFile {
    /// Reads a structure that lies in memory, as [`read_structure_file`]; `name` stands for its path in messages, and its extension
    /// says the format (PDB, GRO, mol2 or XYZ).
    ///
    /// # Errors
    /// As [`read_structure_file`], and for any other format.
    pub fn from_bytes(name: &str, bytes: &[u8], masses: Option<&[f64]>) -> Result<Self, TrajectoryError> {
        finish(Path::new(name), &parse(Path::new(name), bytes)?, masses)
    }
}

fn finish(path: &Path, records: &Records, masses: Option<&[f64]>) -> Result<StructureFile, TrajectoryError> {
    if records.atoms.is_empty() {
        return Err(TrajectoryError::Empty { path: path.into(), what: "atoms" });
    }
    assembled(records, masses).map_err(|why| match why {
        Refused::NotFinite { atom } => TrajectoryError::NotFinite { path: path.into(), frame: 0, atom },
        Refused::Content(reason) => TrajectoryError::content(path, reason),
        Refused::Molecule(source) => TrajectoryError::Molecule { path: path.into(), source },
    })
}

/// Formats that have a reader here.
const FORMATS: [&str; 6] = ["pdb", "ent", "gro", "mol2", "xyz", "extxyz"];

fn has_reader(path: &Path) -> bool {
    FORMATS.contains(&extension(path).as_str())
}

/// Reads the records of a file by the reader of its format.
fn read(path: &Path) -> Result<Records, TrajectoryError> {
    if !has_reader(path) {
        return foreign::read(path);
    }
    let bytes = std::fs::read(path).map_err(|source| TrajectoryError::file(path, source))?;
    parse(path, &bytes)
}

/// Reads records by the reader of a format that has one here.
fn parse(path: &Path, bytes: &[u8]) -> Result<Records, TrajectoryError> {
    if bytes.is_empty() {
        return Err(TrajectoryError::Empty { path: path.into(), what: "atoms" });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("it is not UTF-8 text (after {} bytes)", error.valid_up_to()));
    let records = match extension(path).as_str() {
        "gro" => text.and_then(|_| gro::read(bytes)),
        "mol2" => text.and_then(mol2::read),
        "xyz" | "extxyz" => text.and_then(xyz::read),
        // Remarks of old files are in other encodings; the columns of atoms are read byte by byte.
        "pdb" | "ent" => pdb::read(bytes, true).map(|models| models.into_iter().next().unwrap_or_default()),
        other => Err(format!("there is no reader for `.{other}` here")),
    };
    records.map_err(|reason| TrajectoryError::content(path, reason))
}

/// Why records are not a molecule.
enum Refused {
    NotFinite { atom: usize },
    Content(String),
    Molecule(geodyssey_molecule::MoleculeError),
}

fn assembled(records: &Records, masses: Option<&[f64]>) -> Result<StructureFile, Refused> {
    let positions: Vec<[f64; 3]> = records.atoms.iter().map(|atom| atom.position).collect();
    if let Some(atom) = positions.iter().position(|position| position.iter().any(|x| !x.is_finite())) {
        return Err(Refused::NotFinite { atom });
    }
    let residues = records.residues();
    let mut owner = vec![0; records.atoms.len()];
    for (index, residue) in residues.iter().enumerate() {
        residue.atoms.iter().for_each(|&atom| owner[atom] = index);
    }
    refuse_alternate_locations(records)?;
    let elements = elements(records, &residues, &owner, masses)?;
    let atoms = (records.atoms.iter().zip(&owner).zip(&elements))
        .map(|((atom, &residue), &element)| Atom { name: atom.name.clone(), element, residue })
        .collect();
    let bonds = if records.all_bonds {
        records.bonds.clone()
    } else {
        complete_bonds(&elements, &positions, &records.bonds)
    };
    let topology = Topology::new(atoms, residues, bonds).map_err(Refused::Molecule)?;
    Ok(StructureFile {
        structure: Structure::new(topology, positions).map_err(Refused::Molecule)?,
        stated_bonds: records.bonds.clone(),
        cell: records.cell,
    })
}

/// The element of every atom.
fn elements(
    records: &Records,
    residues: &[Residue],
    owner: &[usize],
    masses: Option<&[f64]>,
) -> Result<Vec<Element>, Refused> {
    let masses = masses.filter(|masses| masses.len() == records.atoms.len()).map(MassClues::new);
    let mut elements = Vec::with_capacity(records.atoms.len());
    let mut conflicts = Vec::new();
    for (index, (atom, &residue)) in records.atoms.iter().zip(owner).enumerate() {
        let residue = &residues[residue];
        let place = format!("atom {index} ({} {} {})", residue.name, residue.number(), atom.name);
        let clues = Clues {
            stated: atom.element.as_ref(),
            mass: masses.as_ref().and_then(|masses| masses.of(index)),
            name: &atom.name,
            residue_name: &residue.name,
            alone_in_residue: residue.atoms.len() == 1,
        };
        match clues.decide() {
            Ok(Some(element)) => elements.push(element),
            Ok(None) => return Err(Refused::Content(format!("{place} has no known element"))),
            Err(conflict) => conflicts.push(format!("{place} is {conflict}")),
        }
    }
    if conflicts.is_empty() {
        return Ok(elements);
    }
    let more = match conflicts.len().saturating_sub(ATOMS_NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    conflicts.truncate(ATOMS_NAMED);
    Err(Refused::Content(format!(
        "{}{more}. The atoms must be in the order of the force field; a PDB file has their elements in columns 77–78",
        conflicts.join("; ")
    )))
}

/// Two atoms of one name at one place in the sequence, one of which the file marks as an alternate location (of one
/// residue, or of two that share a place).
fn refuse_alternate_locations(records: &Records) -> Result<(), Refused> {
    let mut seen: HashMap<_, bool> = HashMap::new();
    for atom in &records.atoms {
        let place = (&atom.chain, atom.chain_ends, atom.residue_id, atom.insertion_code, &atom.name);
        if let Some(alternate) = seen.insert(place, atom.alternate)
            && (alternate || atom.alternate)
        {
            let code = atom.insertion_code.map_or_else(String::new, String::from);
            return Err(Refused::Content(format!(
                "{} {}{code} {} has alternate locations; keep one of them in the file",
                atom.residue_name, atom.residue_id, atom.name
            )));
        }
    }
    Ok(())
}
