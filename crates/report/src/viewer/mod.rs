//! Scripts that open a run in a molecular viewer.
//!
//! Both load the topology with the trajectories, superpose every frame on the first by the atoms of
//! the scene's `aligned`, show sticks (spheres for atoms without a bond, such as ions), and keep the first, the highest
//! and the last frame visible in blue, orange and purple. Bonds are the topology's, none are guessed. They find their files from the run directory and so go on working when it is moved.

mod pymol;
mod vmd;

pub use pymol::pymol_script;
pub use vmd::vmd_script;

use crate::ReportError;

/// What a viewer is to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewerScene {
    /// Structure file, relative to the run directory, with forward slashes.
    pub topology: String,
    /// The atoms that each atom is bonded to, from 0; the structure file states the same bonds.
    pub neighbours: Vec<Vec<usize>>,
    /// The atoms by which every frame is superposed on the first, from 0, ascending: the solute's heavy ones.
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
    fn check(&self) -> Result<(), ReportError> {
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
fn ranges(numbers: &[usize]) -> Vec<[usize; 2]> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scene() -> ViewerScene {
        ViewerScene {
            topology: "topology.pdb".to_owned(),
            neighbours: vec![vec![1], vec![0], Vec::new()],
            aligned: vec![0, 1, 4],
            paths: vec![ViewedPath {
                trajectory: "paths/path-0000.xtc".to_owned(),
                frames: 4,
                highest_frame: 3,
            }],
            shown: 1,
        }
    }

    #[test]
    fn a_highest_frame_beyond_the_last_is_refused() {
        let mut scene = scene();
        scene.paths[0].highest_frame = 4;
        assert!(matches!(vmd_script(&scene), Err(ReportError::Length { .. })));
        assert!(matches!(pymol_script(&scene), Err(ReportError::Length { .. })));
    }

    #[test]
    fn a_file_name_that_breaks_a_script_is_refused() {
        let mut scene = scene();
        scene.topology = "a\"; exit; \".pdb".to_owned();
        assert!(matches!(vmd_script(&scene), Err(ReportError::FileName(_))));
        assert!(matches!(pymol_script(&scene), Err(ReportError::FileName(_))));
    }

    #[test]
    fn frames_are_superposed_by_the_atoms_of_the_scene() -> Result<(), ReportError> {
        assert!(vmd_script(&scene())?.contains(r#"set aligned "index 0 to 1 4""#));
        assert!(pymol_script(&scene())?.contains("aligned = \"rank 0-1+4\""));
        let mut scene = scene();
        scene.aligned.clear();
        assert!(matches!(vmd_script(&scene), Err(ReportError::Empty { .. })));
        Ok(())
    }

    #[test]
    fn a_scene_without_paths_is_refused() {
        let mut scene = scene();
        scene.paths.clear();
        assert!(matches!(vmd_script(&scene), Err(ReportError::Empty { .. })));
    }
}
