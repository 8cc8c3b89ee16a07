//! `view.pml`, commands for PyMOL.

use std::fmt::Write as _;

use super::{ViewedPath, ViewerScene};
use crate::ReportError;

/// The text of `view.pml`: `pymol view.pml` in the run directory.
///
/// # Errors
/// An empty scene, a frame that is not there, a file name that PyMOL would not take as it is.
pub fn pymol_script(scene: &ViewerScene) -> Result<String, ReportError> {
    scene.check()?;
    let shown = scene.shown.clamp(1, scene.paths.len());
    let mut text = String::from(HEAD);
    for (number, path) in scene.paths.iter().enumerate() {
        let block = path_commands(&scene.topology, number, path);
        if number == shown {
            text.push_str("\n# More paths: remove the leading # to load them.\n");
        }
        if number < shown {
            text.push('\n');
            text.push_str(&block);
        } else {
            // One line a path keeps a run of many paths readable.
            let line = block.trim_end().replace('\n', "; ");
            let _ = writeln!(text, "# {line}");
        }
    }
    text.push_str(TAIL);
    Ok(text)
}

fn path_commands(topology: &str, number: usize, path: &ViewedPath) -> String {
    let name = format!("path_{number:04}");
    let load = if path.trajectory.ends_with(".pdb") {
        format!("load {}, {name}, multiplex=0", path.trajectory)
    } else {
        // The trajectory's first frame takes the place of the structure file's own.
        format!("load {topology}, {name}\nload_traj {}, {name}, state=1", path.trajectory)
    };
    let mut text = format!("{load}\nintra_fit {name} and not hydrogens, 1\n");
    let copies = [
        ("start", 1, "marine"),
        ("highest", path.highest_frame + 1, "orange"),
        ("end", path.frames, "purple"),
    ];
    for (label, state, color) in copies {
        let _ = writeln!(text, "create {name}_{label}, {name}, {state}, 1");
        let _ = writeln!(text, "color {color}, {name}_{label}");
    }
    text
}

const HEAD: &str = "\
# Opens the paths of this run in PyMOL, from this directory:  pymol view.pml
# Moving structure: coloured by element. Fixed copies: start blue, highest energy orange, end purple.

bg_color white
set all_states, off
set movie_auto_interpolate, off
set defer_builds_mode, 3
";

const TAIL: &str = "
hide everything
show sticks
set stick_radius, 0.15
set stick_radius, 0.08, *_start or *_highest or *_end
set orthoscopic, on
set depth_cue, off
util.cnc path_????
orient
zoom all, 2
mplay
";
