//! What a script is to show, checked.

use crate::ReportError;

/// What a viewer is to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewerScene {
    /// Structure file, relative to the run directory, with forward slashes.
    pub topology: String,
    /// The atoms that each atom is bonded to, from 0; the structure file states the same bonds.
    pub neighbours: Vec<Vec<usize>>,
    /// The atoms by which every frame is laid over the first, from 0, ascending: the solute's heavy ones.
    pub aligned: Vec<usize>,
    /// The paths; the script loads the first `shown`, and says how to load the others.
    pub paths: Vec<ViewedPath>,
    /// How many paths are loaded at once.
    pub shown: usize,
}

/// One path of a scene.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewedPath {
    /// Trajectory (XTC, DCD or multi-model PDB), relative to the run directory, with forward
    /// slashes.
    pub trajectory: String,
    /// Number of its frames.
    pub frames: usize,
    /// Frame of the highest energy, counted from 0.
    pub highest_frame: usize,
}

impl ViewerScene {
    /// Refuses a scene that a script cannot show.
    pub(super) fn check(&self) -> Result<(), ReportError> {
        if self.paths.is_empty() {
            return Err(ReportError::Empty { place: "the list of paths to view".to_owned() });
        }
        if self.aligned.is_empty() {
            return Err(ReportError::Empty { place: "the list of atoms to superpose by".to_owned() });
        }
        check_file_name(&self.topology)?;
        for path in &self.paths {
            check_file_name(&path.trajectory)?;
            if path.highest_frame >= path.frames {
                return Err(ReportError::Length {
                    place: format!("highest frame of {}", path.trajectory),
                    expected: path.frames,
                    found: path.highest_frame,
                });
            }
        }
        Ok(())
    }
}

/// Ascending numbers as ranges, ends included: 0, 1, 2, 5 is 0–2 and 5–5.
pub(super) fn ranges(numbers: &[usize]) -> Vec<[usize; 2]> {
    let mut ranges: Vec<[usize; 2]> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some([_, last]) if *last + 1 == number => *last = number,
            _ => ranges.push([number, number]),
        }
    }
    ranges
}

/// Both script languages give these characters a meaning of their own.
fn check_file_name(name: &str) -> Result<(), ReportError> {
    let special = |c: char| c.is_control() || "\"'{}[]$\\,;#".contains(c);
    if name.is_empty() || name.contains(special) {
        return Err(ReportError::FileName(name.to_owned()));
    }
    Ok(())
}
