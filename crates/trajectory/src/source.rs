//! Opens files with chemfiles.

use std::path::Path;
use std::sync::Once;

use chemfiles::{MemoryTrajectoryReader, Trajectory};

use crate::TrajectoryError;
use crate::pdb_text::{self, PdbText};

/// Å to nm.
const NM_PER_ANGSTROM: f64 = 0.1;

/// What a file is made of, before any of it is checked.
pub(crate) struct Content {
    /// The frames that were asked for.
    pub(crate) frames: Vec<chemfiles::Frame>,
    /// Bonds that the file states by itself, where chemfiles is not asked for them.
    pub(crate) stated_bonds: Vec<[usize; 2]>,
}

/// Reads the first frame, or all.
pub(crate) fn read(path: &Path, first_only: bool) -> Result<Content, TrajectoryError> {
    silence_warnings();
    let size = std::fs::metadata(path)
        .and_then(|data| {
            let directory = std::io::ErrorKind::IsADirectory;
            if data.is_dir() { Err(directory.into()) } else { std::fs::File::open(path).map(|_| data.len()) }
        })
        .map_err(|source| TrajectoryError::file(path, source))?;
    if size == 0 {
        return Err(TrajectoryError::Empty { path: path.into(), what: "atoms" });
    }
    if is_pdb(path) {
        let bytes = std::fs::read(path).map_err(|source| TrajectoryError::file(path, source))?;
        let PdbText { frames, bonds } = pdb_text::parse(&String::from_utf8_lossy(&bytes), first_only)
            .map_err(|reason| TrajectoryError::content(path, reason))?;
        if frames.is_empty() {
            return Err(TrajectoryError::Empty { path: path.into(), what: "atoms" });
        }
        let mut reader = MemoryTrajectoryReader::new(frames.as_bytes(), "PDB")
            .map_err(|error| TrajectoryError::content(path, error))?;
        Ok(Content { frames: read_all(path, &mut reader, first_only)?, stated_bonds: bonds })
    } else {
        let mut reader =
            Trajectory::open(path, 'r').map_err(|error| TrajectoryError::content(path, error))?;
        Ok(Content { frames: read_all(path, &mut reader, first_only)?, stated_bonds: Vec::new() })
    }
}

/// Positions of a frame in nm.
///
/// # Errors
/// One that is not finite.
pub(crate) fn positions_nm(
    path: &Path,
    index: usize,
    frame: &chemfiles::Frame,
) -> Result<Vec<[f64; 3]>, TrajectoryError> {
    let positions: Vec<[f64; 3]> =
        frame.positions().iter().map(|position| position.map(|x| x * NM_PER_ANGSTROM)).collect();
    match positions.iter().position(|position| position.iter().any(|x| !x.is_finite())) {
        Some(atom) => Err(TrajectoryError::NotFinite { path: path.into(), frame: index, atom }),
        None => Ok(positions),
    }
}

fn read_all(
    path: &Path,
    reader: &mut Trajectory,
    first_only: bool,
) -> Result<Vec<chemfiles::Frame>, TrajectoryError> {
    let count = if first_only { reader.nsteps().min(1) } else { reader.nsteps() };
    // A broken file may claim any number of frames, so nothing is reserved for them.
    let mut frames = Vec::new();
    for _ in 0..count {
        let mut frame = chemfiles::Frame::new();
        reader.read(&mut frame).map_err(|error| TrajectoryError::content(path, error))?;
        frames.push(frame);
    }
    if frames.is_empty() {
        return Err(TrajectoryError::Empty { path: path.into(), what: "frames" });
    }
    Ok(frames)
}

fn is_pdb(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    ["pdb", "ent"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// chemfiles prints warnings to the standard error by itself; all that matters of them is checked by the callers.
fn silence_warnings() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| chemfiles::set_warning_callback(|_| {}));
}
