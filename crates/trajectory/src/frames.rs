//! All frames of a trajectory file.

use std::path::Path;

use geodyssey_molecule::Topology;

use crate::TrajectoryError;
use crate::source;

/// Reads the positions (nm) of every frame of a trajectory or structure file (XTC, TRR, DCD, multi-model PDB, GRO, …).
///
/// With a topology, every frame must have its number of atoms and, where the file names atoms, its names in its order.
/// Without one, every frame must have as many atoms as the first.
///
/// # Errors
/// The file cannot be read, holds no frame, or a frame is not of this molecule or not finite.
pub fn read_frames(
    path: impl AsRef<Path>,
    topology: Option<&Topology>,
) -> Result<Vec<Vec<[f64; 3]>>, TrajectoryError> {
    let path = path.as_ref();
    let frames = source::read(path, false)?.frames;
    let expected = topology.map_or(frames[0].size(), Topology::atom_count);
    let mut result = Vec::with_capacity(frames.len());
    for (index, frame) in frames.iter().enumerate() {
        if frame.size() != expected {
            return Err(TrajectoryError::AtomCount {
                path: path.into(),
                frame: index,
                found: frame.size(),
                expected,
            });
        }
        if let Some(topology) = topology {
            check_names(path, index, frame, topology)?;
        }
        result.push(source::positions_nm(path, index, frame)?);
    }
    if expected == 0 {
        return Err(TrajectoryError::Empty { path: path.into(), what: "atoms" });
    }
    Ok(result)
}

/// Every name is the topology's, as far as the file has names.
fn check_names(
    path: &Path,
    index: usize,
    frame: &chemfiles::Frame,
    topology: &Topology,
) -> Result<(), TrajectoryError> {
    for (atom, (found, expected)) in
        frame.iter_atoms().map(|atom| atom.name()).zip(topology.atoms()).enumerate()
    {
        // Formats without names leave them empty or repeat the element.
        if !found.is_empty() && found != expected.name && found != expected.element.symbol() {
            let label = topology.label(atom);
            let reason =
                format!("frame {index}, atom {atom} is called {found}, but the topology has {label} there");
            return Err(TrajectoryError::content(path, reason));
        }
    }
    Ok(())
}
