//! All frames of a trajectory file at once.

use std::path::Path;

use geodyssey_molecule::Topology;

use crate::{TrajectoryError, TrajectoryReader};

/// Reads the positions (nm) of every frame of a trajectory or structure file, as [`TrajectoryReader`] reads them one by one.
///
/// # Errors
/// As [`TrajectoryReader`].
pub fn read_frames(
    path: impl AsRef<Path>,
    topology: Option<&Topology>,
) -> Result<Vec<Vec<[f64; 3]>>, TrajectoryError> {
    TrajectoryReader::open(path, topology)?.map(|frame| frame.map(|frame| frame.positions)).collect()
}
