//! Trajectory files, one file a format.

mod dcd;
mod encoder;
mod extended_xyz;
mod file;
mod frame;
mod gro;
mod pdb;
mod pdb_names;
mod trr;
mod xtc;

use std::path::Path;

use geodyssey_molecule::Topology;

use crate::TrajectoryError;
use encoder::FrameEncoder;
use file::FileWriter;
pub use file::TrajectoryWriter;
pub use frame::{Frame, FrameProperty};
pub use pdb::write_pdb_structure;
pub use pdb_names::{RenamedAtom, renamed_in_pdb};

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
