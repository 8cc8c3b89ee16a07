//! All frames of a trajectory file.

use std::path::Path;

use geodyssey_molecule::Topology;

use crate::TrajectoryError;
use crate::source;
use crate::structure::pdb;

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
    let frames = if source::is_pdb(path) { models(path)? } else { chemfiles_frames(path)? };
    let expected = topology.map_or(frames[0].positions.len(), Topology::atom_count);
    let mut result = Vec::with_capacity(frames.len());
    for (index, NamedFrame { names, positions }) in frames.into_iter().enumerate() {
        if positions.len() != expected {
            let found = positions.len();
            return Err(TrajectoryError::AtomCount { path: path.into(), frame: index, found, expected });
        }
        if let Some(topology) = topology {
            check_names(path, index, &names, topology)?;
        }
        result.push(positions);
    }
    if expected == 0 {
        return Err(TrajectoryError::Empty { path: path.into(), what: "atoms" });
    }
    Ok(result)
}

/// A frame with the names that its file gives to atoms, empty where it gives none.
struct NamedFrame {
    names: Vec<String>,
    positions: Vec<[f64; 3]>,
}

/// The models of a PDB file.
fn models(path: &Path) -> Result<Vec<NamedFrame>, TrajectoryError> {
    let bytes = std::fs::read(path).map_err(|source| TrajectoryError::file(path, source))?;
    let models = pdb::read(&bytes, false).map_err(|reason| TrajectoryError::content(path, reason))?;
    if models.is_empty() {
        return Err(TrajectoryError::Empty { path: path.into(), what: "atoms" });
    }
    let named = models.into_iter().enumerate().map(|(frame, model)| {
        let broken = |position: &[f64; 3]| position.iter().any(|x| !x.is_finite());
        if let Some(atom) = model.atoms.iter().position(|atom| broken(&atom.position)) {
            return Err(TrajectoryError::NotFinite { path: path.into(), frame, atom });
        }
        let (names, positions) = model.atoms.into_iter().map(|atom| (atom.name, atom.position)).unzip();
        Ok(NamedFrame { names, positions })
    });
    named.collect()
}

fn chemfiles_frames(path: &Path) -> Result<Vec<NamedFrame>, TrajectoryError> {
    let frames = source::read(path, false)?;
    let named = frames.iter().enumerate().map(|(index, frame)| {
        let positions = source::positions_nm(path, index, frame)?;
        Ok(NamedFrame { names: frame.iter_atoms().map(|atom| atom.name()).collect(), positions })
    });
    named.collect()
}

/// Every name is the topology's, as far as the file has names.
fn check_names(
    path: &Path,
    index: usize,
    names: &[String],
    topology: &Topology,
) -> Result<(), TrajectoryError> {
    for (atom, (found, expected)) in names.iter().zip(topology.atoms()).enumerate() {
        // Formats without names leave them empty or repeat the element.
        if !found.is_empty() && *found != expected.name && found != expected.element.symbol() {
            let label = topology.label(atom);
            let reason =
                format!("frame {index}, atom {atom} is called {found}, but the topology has {label} there");
            return Err(TrajectoryError::content(path, reason));
        }
    }
    Ok(())
}
