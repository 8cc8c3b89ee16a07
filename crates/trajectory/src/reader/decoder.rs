//! How the bytes of a format become frames, and why they do not.

use std::io;

/// One frame as it stands in a file.
pub(super) struct Decoded {
    /// Positions, nm; none where the frame holds other things only.
    pub(super) positions: Option<Vec<[f64; 3]>>,
    /// Edges of the cell, nm, as the file has them.
    pub(super) cell: Option<[[f64; 3]; 3]>,
    /// Names of the atoms; none where the format has none.
    pub(super) names: Vec<String>,
}

/// What is known of a frame before it is read.
pub(super) struct Limits {
    /// How many atoms it must have.
    pub(super) atoms: Option<u64>,
}

impl Limits {
    /// Fails where a frame states another number of atoms.
    pub(super) fn check_atoms(&self, found: u64) -> Result<(), DecodeError> {
        match self.atoms {
            Some(expected) if expected != found => Err(DecodeError::Atoms { found, expected }),
            _ => Ok(()),
        }
    }
}

/// How the bytes of a format become frames; one implementation a format.
pub(super) trait FrameDecoder: Send {
    /// The next frame; none after the last. After an error nothing is asked for any more.
    fn next(&mut self, limits: &Limits) -> Result<Option<Decoded>, DecodeError>;
}

/// Why bytes do not become a frame.
#[derive(Debug)]
pub(super) enum DecodeError {
    /// The operating system cannot read.
    File(io::Error),
    /// The file ends too early.
    Cut,
    /// Another number of atoms.
    Atoms { found: u64, expected: u64 },
    /// Anything else.
    Content(String),
}

impl DecodeError {
    pub(super) fn content(reason: impl Into<String>) -> Self {
        Self::Content(reason.into())
    }
}

impl From<io::Error> for DecodeError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// Vectors from numbers, three each.
pub(super) fn vectors(numbers: &[f64]) -> Vec<[f64; 3]> {
    numbers.as_chunks().0.to_vec()
}
