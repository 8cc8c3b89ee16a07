//! Multi-model PDB (wwPDB format 3.3): fixed columns, Å.

use std::io::{BufWriter, Write};
use std::path::Path;

use geodyssey_molecule::Topology;

use super::partial::PartialFile;
use super::{EncodeError, Frame, FrameEncoder, SeekableWrite};
use crate::TrajectoryError;

const ANGSTROM_PER_NM: f64 = 10.0;

/// The largest number that fits the five columns of a serial number; TER records are counted too.
const LARGEST_SERIAL: usize = 99_999;

/// Residues of polymers and their caps, as force fields name them, which are ATOM records; all others are HETATM.
const POLYMER_RESIDUES: [&str; 55] = [
    "ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE", "LEU", "LYS", "MET", "PHE", "PRO",
    "SER", "THR", "TRP", "TYR", "VAL", "ASH", "ASX", "CYM", "CYX", "GLH", "GLX", "HID", "HIE", "HIP", "HSD",
    "HSE", "HSP", "LYN", "ACE", "FOR", "NH2", "NHE", "NMA", "NME", "A", "C", "G", "U", "DA", "DC", "DG",
    "DT", "A3", "A5", "C3", "C5", "G3", "G5", "U3", "U5",
];

/// One line before or after the coordinates of an atom, and where chains end.
struct AtomLine {
    prefix: String,
    suffix: String,
    /// The TER record after it, where it is the last of its chain.
    chain_end: Option<String>,
}

/// MODEL from 1, TER at the end of every chain, CONECT once after the last model, no CRYST1. Nothing closes the file: of an END after
/// the last ENDMDL some readers (ASE, chemfiles) make one more frame, without atoms.
pub(super) struct PdbEncoder {
    lines: Vec<AtomLine>,
    conect: Vec<String>,
    models: usize,
}

impl PdbEncoder {
    pub(super) fn new(topology: &Topology) -> Result<Self, String> {
        let atoms = topology.atom_count();
        let chains = 1 + (1..atoms).filter(|&atom| starts_chain(topology, atom)).count();
        if atoms + chains > LARGEST_SERIAL {
            return Err(format!("the number of atoms, {atoms},"));
        }
        let mut lines = Vec::with_capacity(atoms);
        let mut serials = Vec::with_capacity(atoms);
        let mut serial = 0;
        for index in 0..atoms {
            let (atom, residue) = (&topology.atoms()[index], topology.residue_of(index));
            serial += 1;
            serials.push(serial);
            let place = residue_columns(topology, index)?;
            let record = if POLYMER_RESIDUES.contains(&residue.name.as_str()) { "ATOM" } else { "HETATM" };
            let prefix = format!("{record:<6}{serial:>5} {} {place}    ", name_columns(topology, index)?);
            let suffix = format!("  1.00  0.00          {:>2}", atom.element.symbol().to_uppercase());
            if prefix.len() != 30 {
                return Err(format!("the number or name of {} (atom {serial})", topology.label(index)));
            }
            let chain_end = (index + 1 == atoms || starts_chain(topology, index + 1)).then(|| {
                serial += 1;
                format!("TER   {serial:>5}      {place}")
            });
            lines.push(AtomLine { prefix, suffix, chain_end });
        }
        Ok(Self { lines, conect: conect_records(topology, &serials), models: 0 })
    }

    fn write_atoms(&self, positions: &[[f64; 3]], out: &mut dyn Write) -> Result<(), EncodeError> {
        for (line, position) in self.lines.iter().zip(positions) {
            let [x, y, z] = position.map(|x| x * ANGSTROM_PER_NM);
            let coordinates = format!("{x:8.3}{y:8.3}{z:8.3}");
            if coordinates.len() != 24 {
                return Err(EncodeError::DoesNotFit(format!("the position ({x:.3}, {y:.3}, {z:.3}) Å")));
            }
            writeln!(out, "{}{coordinates}{}", line.prefix, line.suffix)?;
            if let Some(end) = &line.chain_end {
                writeln!(out, "{end}")?;
            }
        }
        Ok(())
    }

    fn write_bonds(&self, out: &mut dyn Write) -> Result<(), EncodeError> {
        for record in &self.conect {
            writeln!(out, "{record}")?;
        }
        Ok(())
    }
}

impl FrameEncoder for PdbEncoder {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut dyn SeekableWrite) -> Result<(), EncodeError> {
        self.models += 1;
        writeln!(out, "MODEL     {:>4}", self.models)?;
        let mut out = out;
        self.write_atoms(frame.positions, &mut out)?;
        writeln!(out, "ENDMDL")?;
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn SeekableWrite) -> Result<(), EncodeError> {
        let mut out = out;
        self.write_bonds(&mut out)
    }
}

/// Writes one structure, such as `topology.pdb`: atoms, TER, CONECT, END, without MODEL records.
///
/// # Errors
/// As a trajectory writer's.
pub fn write_pdb_structure(
    path: impl AsRef<Path>,
    topology: &Topology,
    positions: &[[f64; 3]],
) -> Result<(), TrajectoryError> {
    let path = path.as_ref();
    let failed = |error| match error {
        EncodeError::Write(source) => TrajectoryError::file(path, source),
        EncodeError::DoesNotFit(what) | EncodeError::Order(what) => {
            TrajectoryError::DoesNotFit { path: path.into(), what }
        }
    };
    if positions.len() != topology.atom_count() {
        let (found, expected) = (positions.len(), topology.atom_count());
        return Err(TrajectoryError::AtomCount { path: path.into(), frame: 0, found, expected });
    }
    if let Some(atom) = positions.iter().position(|position| position.iter().any(|x| !x.is_finite())) {
        return Err(TrajectoryError::NotFinite { path: path.into(), frame: 0, atom });
    }
    let encoder = PdbEncoder::new(topology).map_err(|what| failed(EncodeError::DoesNotFit(what)))?;
    let (partial, file) = PartialFile::create(path).map_err(|source| TrajectoryError::file(path, source))?;
    let mut out = BufWriter::new(file);
    encoder
        .write_atoms(positions, &mut out)
        .and_then(|()| encoder.write_bonds(&mut out))
        .and_then(|()| Ok(writeln!(out, "END")?))
        .map_err(failed)?;
    partial.complete(out).map_err(|source| TrajectoryError::file(path, source))
}

/// Whether an atom's chain is another than the chain of the atom before it.
fn starts_chain(topology: &Topology, atom: usize) -> bool {
    topology.residue_of(atom).chain != topology.residue_of(atom - 1).chain
}

/// Columns 13–16: one-letter elements begin in column 14 unless the name has four letters.
fn name_columns(topology: &Topology, index: usize) -> Result<String, String> {
    let atom = &topology.atoms()[index];
    let starts_at_13 = atom.name.len() >= 4 || atom.element.symbol().len() == 2;
    let text = if starts_at_13 { format!("{:<4}", atom.name) } else { format!(" {:<3}", atom.name) };
    if text.len() == 4 && text.is_ascii() {
        Ok(text)
    } else {
        Err(format!("the name of {}", topology.label(index)))
    }
}

/// Columns 18–26: residue name (a fourth letter goes to column 21, which the standard leaves blank), chain, number.
fn residue_columns(topology: &Topology, index: usize) -> Result<String, String> {
    let residue = topology.residue_of(index);
    let name = if residue.name.len() <= 3 { format!("{:>3} ", residue.name) } else { residue.name.clone() };
    let chain = if residue.chain.is_empty() { " " } else { &residue.chain };
    let text = format!("{name}{chain}{:>4}", residue.id);
    if text.len() == 9 && text.is_ascii() {
        Ok(text)
    } else {
        Err(format!("the residue or chain of {}", topology.label(index)))
    }
}

/// Every bond from both of its ends, four partners a record.
fn conect_records(topology: &Topology, serials: &[usize]) -> Vec<String> {
    let mut records = Vec::new();
    for atom in 0..topology.atom_count() {
        for partners in topology.neighbours(atom).chunks(4) {
            let columns: String =
                partners.iter().map(|&partner| format!("{:>5}", serials[partner])).collect();
            records.push(format!("CONECT{:>5}{columns}", serials[atom]));
        }
    }
    records
}
