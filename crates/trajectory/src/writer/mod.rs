//! Trajectory files, one file a format.

mod dcd;
mod extended_xyz;
mod file;
mod gro;
mod partial;
mod pdb;
mod pdb_names;
mod trr;
mod xtc;

use std::io;
use std::path::Path;

use geodyssey_molecule::Topology;

use crate::TrajectoryError;
use file::FileWriter;
pub use partial::{PartialFile, is_partial};
pub use pdb::write_pdb_structure;
pub use pdb_names::{RenamedAtom, renamed_in_pdb};

/// One frame to be written.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Positions, nm, one per atom.
    pub positions: &'a [[f64; 3]],
    /// Its number; strictly increasing within a file.
    pub step: u64,
    /// Its time, ps; strictly increasing within a file.
    pub time_ps: f64,
    /// Values that go with it, by name; only extended XYZ has room for them. Names are letters, digits and underscores.
    pub properties: &'a [(String, FrameProperty)],
}

/// A value of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameProperty {
    /// A number; one that is not finite is left out.
    Number(f64),
    /// A whole number.
    Integer(u64),
    /// A word or a line, without quotes and backslashes.
    Text(String),
}

/// A trajectory file being written. Nothing stands under its name before [`TrajectoryWriter::finish`];
/// a writer that is dropped leaves nothing.
pub trait TrajectoryWriter: Send {
    /// Appends a frame.
    ///
    /// # Errors
    /// A wrong number of atoms, a position that is not finite or has no room in the format, a step or time that does
    /// not increase, or an operating system that cannot write.
    fn write(&mut self, frame: &Frame<'_>) -> Result<(), TrajectoryError>;

    /// Writes all that is buffered through to the disk and gives the file its name.
    ///
    /// # Errors
    /// No frame was written, or the operating system cannot write, a full disk included.
    fn finish(self: Box<Self>) -> Result<(), TrajectoryError>;
}

/// How frames become bytes; one implementation a format. The caller has checked atom count, finiteness and order.
trait FrameEncoder: Send {
    /// Writes one frame.
    fn encode(&mut self, frame: &Frame<'_>, out: &mut dyn SeekableWrite) -> Result<(), EncodeError>;

    /// Writes what follows the last frame, or completes the header.
    fn finish(&mut self, out: &mut dyn SeekableWrite) -> Result<(), EncodeError> {
        let _ = out;
        Ok(())
    }
}

/// What an encoder writes to.
trait SeekableWrite: io::Write + io::Seek {}
impl<T: io::Write + io::Seek> SeekableWrite for T {}

/// Why a frame does not become bytes.
#[derive(Debug)]
enum EncodeError {
    Write(io::Error),
    DoesNotFit(String),
    Order(String),
}

impl From<io::Error> for EncodeError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// A trajectory format that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrajectoryFormat {
    /// GROMACS, compressed to 0.001 nm, no box.
    Xtc,
    /// Protein Data Bank, one MODEL a frame, 0.0001 nm.
    Pdb,
    /// CHARMM and NAMD, single precision; needs evenly spaced steps.
    Dcd,
    /// GROMACS, single precision, no box.
    Trr,
    /// GROMACS text, 0.001 nm, one block a frame.
    Gro,
    /// Extended XYZ, Å, with the values of each frame; elements, no names of atoms or residues.
    ExtendedXyz,
}

impl TrajectoryFormat {
    /// Every format.
    pub const ALL: [Self; 6] = [Self::Xtc, Self::Pdb, Self::Dcd, Self::Trr, Self::Gro, Self::ExtendedXyz];

    /// The format of this name, in capitals or not.
    ///
    /// # Errors
    /// There is none; the error has the nearest name and all names.
    pub fn from_name(name: &str) -> Result<Self, TrajectoryError> {
        let wanted = name.trim().to_lowercase();
        let found = Self::ALL
            .into_iter()
            .find(|format| [format.name(), format.extension()].contains(&wanted.as_str()));
        found.ok_or_else(|| TrajectoryError::UnknownFormat {
            name: name.into(),
            nearest: Self::ALL
                .map(Self::name)
                .into_iter()
                .min_by_key(|known| strsim::damerau_levenshtein(known, &wanted))
                .unwrap_or("xtc"),
            valid: Self::ALL.map(Self::name).join(", "),
        })
    }

    /// Its name in configurations and on the command line: the extension of its files, but `extxyz` for extended XYZ.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExtendedXyz => "extxyz",
            other => other.extension(),
        }
    }

    /// The extension of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Xtc => "xtc",
            Self::Pdb => "pdb",
            Self::Dcd => "dcd",
            Self::Trr => "trr",
            Self::Gro => "gro",
            Self::ExtendedXyz => "xyz",
        }
    }

    fn encoder(self, path: &Path, topology: &Topology) -> Result<Box<dyn FrameEncoder>, TrajectoryError> {
        let does_not_fit = |what| TrajectoryError::DoesNotFit { path: path.into(), what };
        Ok(match self {
            Self::Xtc => Box::new(xtc::XtcEncoder),
            Self::Pdb => Box::new(pdb::PdbEncoder::new(topology).map_err(does_not_fit)?),
            Self::Dcd => Box::new(dcd::DcdEncoder::new(topology.atom_count())),
            Self::Trr => Box::new(trr::TrrEncoder),
            Self::Gro => Box::new(gro::GroEncoder::new(topology).map_err(does_not_fit)?),
            Self::ExtendedXyz => Box::new(extended_xyz::ExtendedXyzEncoder::new(topology)),
        })
    }
}

/// Begins a trajectory file.
///
/// # Errors
/// The file cannot be made, or the molecule does not fit the format (PDB: at most 87 million atoms).
pub fn open_writer(
    format: TrajectoryFormat,
    path: impl AsRef<Path>,
    topology: &Topology,
) -> Result<Box<dyn TrajectoryWriter>, TrajectoryError> {
    let path = path.as_ref();
    let encoder = format.encoder(path, topology)?;
    Ok(Box::new(FileWriter::create(path, encoder, topology.atom_count())?))
}
