//! Multi-model PDB (wwPDB format 3.3): fixed columns, Å. Names that do not fit are shortened (see [`super::pdb_names`]).

use std::io::{BufWriter, Write};
use std::path::Path;

use geodyssey_molecule::residue_names::is_polymer_residue;
use geodyssey_molecule::{Element, Topology};
use geodyssey_partial_file::PartialFile;

use super::encoder::{EncodeError, FrameEncoder, SeekableWrite};
use super::frame::Frame;
use super::pdb_names::PdbNames;
use crate::TrajectoryError;
use crate::angstrom::ANGSTROM_PER_NM;
use crate::structure::hybrid_36;
use crate::structure::pdb::ALL_BONDS_REMARK;

/// The largest number that fits the five columns of a serial number; TER records are counted too.
const LARGEST_SERIAL: usize = 99_999;

/// One line before or after the coordinates of an atom, and where chains end.
struct AtomLine {
    prefix: String,
    suffix: String,
    /// The TER record after it, where it is the last of its chain.
    chain_end: Option<String>,
}

/// MODEL from 1, TER at the end of every chain, CONECT once after the last model, no CRYST1. Nothing closes the file: of an END after
/// the last ENDMDL some readers (ASE, chemfiles) make one more frame, without atoms.
///
/// Beyond 99 999 atoms serial numbers go on in hybrid-36, and there is no CONECT: readers of the field fail on such
/// numbers there.
pub(super) struct PdbEncoder {
    lines: Vec<AtomLine>,
    conect: Vec<String>,
    models: usize,
}

impl PdbEncoder {
    pub(super) fn new(topology: &Topology) -> Result<Self, String> {
        let names = PdbNames::new(topology);
        let atoms = topology.atom_count();
        let mut lines = Vec::with_capacity(atoms);
        let mut serials = Vec::with_capacity(atoms);
        let mut serial = 0;
        let mut next_serial = || {
            serial += 1;
            hybrid_36::encode(serial, 5).ok_or_else(|| format!("the number of atoms, {atoms},"))
        };
        for index in 0..atoms {
            let (atom, residue) = (&topology.atoms()[index], topology.residue_of(index));
            let number = next_serial()?;
            let place = residue_columns(topology, &names, index);
            let record = if is_polymer_residue(&residue.name) { "ATOM" } else { "HETATM" };
            let name = name_columns(names.atom_name(topology, index), atom.element);
            let prefix = format!("{record:<6}{number} {name} {place}   ");
            let segment = names.segment(topology, index);
            let suffix = format!("  1.00  0.00      {segment:<4}{:>2}", atom.element.symbol().to_uppercase());
            if prefix.len() != 30 {
                return Err(format!("the number or name of {} (atom {index})", topology.label(index)));
            }
            serials.push(number);
            let chain_end = (index + 1 == atoms || starts_chain(topology, index + 1))
                .then(|| Ok::<_, String>(format!("TER   {}      {}", next_serial()?, place.trim_end())))
                .transpose()?;
            lines.push(AtomLine { prefix, suffix, chain_end });
        }
        let conect = if lines.len() < LARGEST_SERIAL
            && serials.iter().all(|serial| serial.trim().parse::<u64>().is_ok())
        {
            conect_records(topology, &serials)
        } else {
            Vec::new()
        };
        Ok(Self { lines, conect, models: 0 })
    }

    /// Says that every bond is listed, so that a reader need guess none.
    fn write_remark(&self, out: &mut dyn Write) -> Result<(), EncodeError> {
        if !self.conect.is_empty() {
            writeln!(out, "REMARK   1 CREATED BY GEODYSSEY, {ALL_BONDS_REMARK}")?;
        }
        Ok(())
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
        let mut out = out;
        if self.models == 0 {
            self.write_remark(&mut out)?;
        }
        self.models += 1;
        writeln!(out, "MODEL     {:>4}", self.models)?;
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
        .write_remark(&mut out)
        .and_then(|()| encoder.write_atoms(positions, &mut out))
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
fn name_columns(name: &str, element: Element) -> String {
    let two_letters =
        element.symbol().len() == 2 && name.to_uppercase().starts_with(&element.symbol().to_uppercase());
    if name.len() >= 4 || two_letters { format!("{name:<4}") } else { format!(" {name:<3}") }
}

/// Columns 18–27: residue name (a fourth letter goes to column 21, which the standard leaves blank), chain, number,
/// insertion code.
fn residue_columns(topology: &Topology, names: &PdbNames, index: usize) -> String {
    let name = names.residue_name(topology, index);
    let name = if name.len() <= 3 { format!("{name:>3} ") } else { name.to_owned() };
    let code = topology.residue_of(index).insertion_code.filter(char::is_ascii_graphic).unwrap_or(' ');
    format!("{name}{:>1}{:>4}{code}", names.chain(topology, index), names.number(topology, index))
}

/// Every bond from both of its ends, four partners a record.
fn conect_records(topology: &Topology, serials: &[String]) -> Vec<String> {
    let mut records = Vec::new();
    for atom in 0..topology.atom_count() {
        for partners in topology.neighbours(atom).chunks(4) {
            let columns: String = partners.iter().map(|&partner| serials[partner].as_str()).collect();
            records.push(format!("CONECT{}{columns}", serials[atom]));
        }
    }
    records
}
