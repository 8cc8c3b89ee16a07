//! Opens files with chemfiles.

use std::path::Path;
use std::sync::Once;

use chemfiles::Trajectory;

use crate::TrajectoryError;
use crate::frame_lengths;

/// Å to nm.
const NM_PER_ANGSTROM: f64 = 0.1;

/// Reads the first frame, or all.
pub(crate) fn read(path: &Path, first_only: bool) -> Result<Vec<chemfiles::Frame>, TrajectoryError> {
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
    if !first_only {
        frame_lengths::check_last_frame(path, size)?;
    }
    let mut reader = Trajectory::open(path, 'r').map_err(|error| TrajectoryError::content(path, error))?;
    read_all(path, &mut reader, first_only)
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

/// Whether a file is a PDB file by its name.
pub(crate) fn is_pdb(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    ["pdb", "ent"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// chemfiles prints warnings to the standard error by itself; all that matters of them is checked by the callers.
fn silence_warnings() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| chemfiles::set_warning_callback(|_| {}));
}
