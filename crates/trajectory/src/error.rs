//! What can go wrong with structure and trajectory files.

use std::path::{Path, PathBuf};

use geodyssey_molecule::MoleculeError;

/// An error of this crate. Each names the file.
#[derive(Debug, thiserror::Error)]
pub enum TrajectoryError {
    /// The operating system refuses to read or write.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file's content is not what its format says.
    #[error("{} cannot be read: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file holds no atoms or no frames.
    #[error("{} is empty: it contains no {what}", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// `atoms` or `frames`.
        what: &'static str,
    },
    /// The atoms of a structure do not make a molecule.
    #[error("{}: {source}", path.display())]
    Molecule {
        /// The file.
        path: PathBuf,
        /// Why.
        source: MoleculeError,
    },
    /// A frame has another number of atoms than the topology.
    #[error("{}: frame {frame} has {found} atoms, but the topology has {expected}", path.display())]
    AtomCount {
        /// The file.
        path: PathBuf,
        /// The frame, from 0.
        frame: usize,
        /// Its atoms.
        found: usize,
        /// The topology's atoms.
        expected: usize,
    },
    /// A coordinate is NaN or infinite.
    #[error("{}: frame {frame}, atom {atom}: the position is not finite", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The frame, from 0.
        frame: usize,
        /// The atom, from 0.
        atom: usize,
    },
    /// Steps or times do not increase as the format needs.
    #[error("{}: frame {frame} (step {step}, {time_ps} ps) is out of order: {reason}", path.display())]
    Order {
        /// The file.
        path: PathBuf,
        /// The frame, from 0.
        frame: usize,
        /// Its step.
        step: u64,
        /// Its time, ps.
        time_ps: f64,
        /// What was expected.
        reason: String,
    },
    /// A name or number has no room in the format.
    #[error("{}: {what} does not fit the format", path.display())]
    DoesNotFit {
        /// The file.
        path: PathBuf,
        /// Which, with its value.
        what: String,
    },
    /// No format is called so.
    #[error("`{name}` is not a trajectory format; did you mean `{nearest}`? The formats are {valid}")]
    UnknownFormat {
        /// As written.
        name: String,
        /// The most similar name.
        nearest: &'static str,
        /// All names.
        valid: String,
    },
}

impl TrajectoryError {
    pub(crate) fn file(path: &Path, source: std::io::Error) -> Self {
        Self::File { path: path.into(), source }
    }

    pub(crate) fn content(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Content { path: path.into(), reason: reason.to_string() }
    }
}
