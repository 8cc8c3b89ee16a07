//! Scripts that open a run in a molecular viewer.
//!
//! Both load the topology with the trajectories, superpose every frame on the first by the atoms of
//! the scene's `aligned`, show sticks (spheres for atoms without a bond, such as ions), and keep the first, the highest
//! and the last frame visible in blue, orange and purple. Bonds are the topology's, none are guessed. They find their files from the run directory and so go on working when it is moved.

mod pymol;
mod scene;
mod vmd;

pub use pymol::pymol_script;
pub use scene::{ViewedPath, ViewerScene};
pub use vmd::vmd_script;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReportError;

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
