//! `view.vmd`, Tcl for VMD.

use std::fmt::Write as _;

use super::ViewerScene;
use crate::ReportError;

/// The text of `view.vmd`: `vmd -e view.vmd` from anywhere.
///
/// # Errors
/// An empty scene, a frame that is not there, a file name that Tcl would not take as it is.
pub fn vmd_script(scene: &ViewerScene) -> Result<String, ReportError> {
    scene.check()?;
    let shown = scene.shown.clamp(1, scene.paths.len());
    let mut list = String::new();
    for path in &scene.paths {
        // Writing to a string cannot fail.
        let _ = writeln!(list, "    {{\"{}\" {}}}", path.trajectory, path.highest_frame);
    }
    let numbers: Vec<String> = (0..shown).map(|i| i.to_string()).collect();
    Ok(VMD
        .replace("@TOPOLOGY@", &scene.topology)
        .replace("@PATHS@", list.trim_end())
        .replace("@SHOWN@", &numbers.join(" ")))
}

const VMD: &str = r#"# Opens the paths of this run in VMD:  vmd -e view.vmd
# Moving structure: coloured by element. Fixed copies: start blue, highest energy orange, end purple.

# Which paths to load, by number. For others: set shown {0 5 7}; source view.vmd
if {![info exists shown]} {
    set shown {@SHOWN@}
}

# Trajectory, and its frame of highest energy counted from 0.
set paths {
@PATHS@
}

set here [file dirname [file normalize [info script]]]

display projection Orthographic
display depthcue off
axes location off
color Display Background white

proc add_sticks {molecule radius color material} {
    mol representation Licorice $radius 12 12
    mol color {*}$color
    mol selection all
    mol material $material
    mol addrep $molecule
}

foreach number $shown {
    lassign [lindex $paths $number] trajectory highest
    set molecule [mol new [file join $here "@TOPOLOGY@"] waitfor all]
    # The structure file brings a frame of its own, which is no part of the path.
    animate delete beg 0 end -1 $molecule
    mol addfile [file join $here $trajectory] waitfor all molid $molecule
    mol rename $molecule [file rootname [file tail $trajectory]]
    set last [expr {[molinfo $molecule get numframes] - 1}]

    # Superpose every frame on the first by the heavy atoms.
    set reference [atomselect $molecule noh frame 0]
    set heavy [atomselect $molecule noh]
    set whole [atomselect $molecule all]
    for {set frame 0} {$frame <= $last} {incr frame} {
        $heavy frame $frame
        $whole frame $frame
        $whole move [measure fit $heavy $reference]
    }
    $reference delete
    $heavy delete
    $whole delete

    mol delrep 0 $molecule
    add_sticks $molecule 0.15 {Name} Opaque
    # Representations 1 to 3 stay at their frame while representation 0 plays.
    set representation 1
    foreach {frame color} [list 0 0 $highest 3 $last 11] {
        add_sticks $molecule 0.08 [list ColorID $color] Opaque
        mol drawframes $molecule $representation $frame
        incr representation
    }
    animate goto 0
}

display resetview
animate style Rock
"#;
