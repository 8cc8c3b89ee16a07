//! `view.pml`, commands for PyMOL.

use std::fmt::Write as _;

use super::scene::{ViewerScene, ranges};
use crate::ReportError;

/// The text of `view.pml`: `pymol view.pml` from anywhere.
///
/// # Errors
/// An empty scene, a frame that is not there, a file name that PyMOL would not take as it is.
pub fn pymol_script(scene: &ViewerScene) -> Result<String, ReportError> {
    scene.check()?;
    let shown = scene.shown.clamp(1, scene.paths.len());
    let mut list = String::new();
    for path in &scene.paths {
        // Writing to a string cannot fail. PyMOL counts states from 1.
        let _ = writeln!(list, "    (\"{}\", {}, {}),", path.trajectory, path.highest_frame + 1, path.frames);
    }
    let numbers: Vec<String> = (0..shown).map(|i| i.to_string()).collect();
    let aligned: Vec<String> = ranges(&scene.aligned)
        .into_iter()
        .map(|[first, last]| if first == last { first.to_string() } else { format!("{first}-{last}") })
        .collect();
    Ok(PYMOL
        .replace("@ALIGNED@", &aligned.join("+"))
        .replace("@TOPOLOGY@", &scene.topology)
        .replace("@PATHS@", list.trim_end())
        .replace("@SHOWN@", &numbers.join(", ")))
}

const PYMOL: &str = r#"# Opens the paths of this run in PyMOL, from anywhere:  pymol view.pml
# Moving structure: coloured by element. Fixed copies: start blue, highest energy orange, end purple.

bg_color white
set all_states, off
set orthoscopic, on
set depth_cue, off
set stick_radius, 0.15
set sphere_scale, 0.3
# Bonds are those of the structure file, none are guessed.
set connect_mode, 1

python
import os

# Files are next to this script.
folder = os.path.dirname(os.path.abspath(__script__))

# Which paths to load, by number.
shown = [@SHOWN@]

# Trajectory, state of highest energy, last state (states count from 1).
paths = [
@PATHS@
]

# The atoms by which frames are superposed, by their place in the file: the heavy ones of the solute.
aligned = "rank @ALIGNED@"

for number in shown:
    trajectory, highest, last = paths[number]
    name = trajectory.split("/")[-1].split(".")[0].replace("-", "_")
    trajectory = os.path.join(folder, trajectory)
    if trajectory.endswith(".pdb"):
        cmd.load(trajectory, name, multiplex=0)
    else:
        # The trajectory's first frame takes the place of the structure file's own.
        cmd.load(os.path.join(folder, "@TOPOLOGY@"), name)
        cmd.load_traj(trajectory, name, state=1)
    # Superpose every frame on the first.
    cmd.intra_fit(name + " and " + aligned, 1)
    cmd.color("gray60", name + " and elem C")
    for label, state, color in (("start", 1, "marine"), ("highest", highest, "orange"), ("end", last, "purple")):
        copy = name + "_" + label
        cmd.create(copy, name, state, 1)
        cmd.color(color, copy)
        cmd.set("stick_radius", 0.08, copy)
        cmd.set("sphere_scale", 0.12, copy)
python end

hide everything
show sticks
# Atoms without a bond, such as ions.
show spheres, not bonded
orient
zoom all, 2
mplay
"#;
