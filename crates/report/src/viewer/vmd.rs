//! `view.vmd`, Tcl for VMD.

use std::fmt::Write as _;

use super::scene::{ViewerScene, ranges};
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
    let bonds: Vec<String> = scene
        .neighbours
        .iter()
        .map(|atoms| format!("{{{}}}", atoms.iter().map(usize::to_string).collect::<Vec<_>>().join(" ")))
        .collect();
    let bonds: Vec<String> =
        bonds.chunks(ATOMS_A_LINE).map(|line| format!("    {}", line.join(" "))).collect();
    let aligned: Vec<String> = ranges(&scene.aligned)
        .into_iter()
        .map(|[first, last]| if first == last { first.to_string() } else { format!("{first} to {last}") })
        .collect();
    Ok(VMD
        .replace("@BONDS@", &bonds.join("\n"))
        .replace("@ALIGNED@", &aligned.join(" "))
        .replace("@TOPOLOGY@", &scene.topology)
        .replace("@PATHS@", list.trim_end())
        .replace("@SHOWN@", &numbers.join(" ")))
}

/// Atoms whose bonds stand in one line of the script.
const ATOMS_A_LINE: usize = 12;

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

# The atoms that each atom is bonded to. VMD would guess bonds by distance, also between ions.
set bonds {
@BONDS@
}

# The atoms by which frames are superposed: the heavy ones of the solute.
set aligned "index @ALIGNED@"

set here [file dirname [file normalize [info script]]]

display projection Orthographic
display depthcue off
axes location off
color Display Background white

proc add_representation {molecule style selection color} {
    mol representation {*}$style
    mol color {*}$color
    mol selection $selection
    mol material Opaque
    mol addrep $molecule
}
# Sticks, and spheres for atoms without a bond, such as ions.
proc add_sticks {molecule radius color} {
    add_representation $molecule [list Licorice $radius 12 12] all $color
    add_representation $molecule [list VDW [expr {2 * $radius}] 16] "numbonds 0" $color
}

foreach number $shown {
    lassign [lindex $paths $number] trajectory highest
    set molecule [mol new [file join $here "@TOPOLOGY@"] waitfor all]
    # The structure file adds a frame of its own, which is not part of the path.
    animate delete beg 0 end -1 $molecule
    mol addfile [file join $here $trajectory] waitfor all molid $molecule
    mol rename $molecule [file rootname [file tail $trajectory]]
    set last [expr {[molinfo $molecule get numframes] - 1}]

    # Superpose every frame on the first.
    set reference [atomselect $molecule $aligned frame 0]
    set moving [atomselect $molecule $aligned]
    set whole [atomselect $molecule all]
    $whole setbonds $bonds
    for {set frame 0} {$frame <= $last} {incr frame} {
        $moving frame $frame
        $whole frame $frame
        $whole move [measure fit $moving $reference]
    }
    $reference delete
    $moving delete
    $whole delete

    mol delrep 0 $molecule
    add_sticks $molecule 0.15 {Name}
    # Representations 2 to 7 stay at their frame while 0 and 1 play.
    set representation 2
    foreach {frame color} [list 0 0 $highest 3 $last 11] {
        add_sticks $molecule 0.08 [list ColorID $color]
        foreach kind {sticks spheres} {
            mol drawframes $molecule $representation $frame
            incr representation
        }
    }
    animate goto 0
}

display resetview
animate style Rock
"#;
