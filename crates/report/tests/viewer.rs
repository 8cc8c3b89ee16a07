//! The viewer scripts do what they should, as far as that shows without the viewers.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use geodyssey_report::{ReportError, ViewedPath, ViewerScene, pymol_script, vmd_script};

const FRAMES: usize = 24;

fn scene() -> ViewerScene {
    let path = |i: usize| ViewedPath {
        trajectory: format!("paths/path-{i:04}.xtc"),
        frames: FRAMES,
        highest_frame: 14 + i,
    };
    ViewerScene {
        aligned: vec![0, 1],
        topology: "topology.pdb".to_owned(),
        // A hydroxide and a sodium ion.
        neighbours: vec![vec![1], vec![0], Vec::new()],
        paths: (0..3).map(path).collect(),
        shown: 2,
    }
}

/// An XTC file of three atoms: up to nine are stored as plain numbers.
fn xtc(frames: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in 0..frames as u32 {
        for word in [1995, 3, frame, 0].into_iter().chain([0; 9]).chain([3]).chain([0; 9]) {
            bytes.extend(word.to_be_bytes());
        }
    }
    bytes
}

fn check_script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/check-view-vmd.tcl")
}

/// Runs the script in a run directory whose path has a space, from elsewhere; none where there is no Tcl interpreter.
fn run_vmd_script(script: &str) -> Option<Output> {
    if Command::new("tclsh").arg("/dev/null").status().is_err() {
        eprintln!("skipped: no tclsh on this machine (Debian: tcl)");
        return None;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let run = folder.path().join("a run");
    std::fs::create_dir_all(run.join("paths")).expect("folders");
    std::fs::write(run.join("topology.pdb"), "").expect("an empty file");
    for path in 0..3 {
        std::fs::write(run.join(format!("paths/path-{path:04}.xtc")), xtc(FRAMES)).expect("a trajectory");
    }
    std::fs::write(run.join("view.vmd"), script).expect("the script");
    Some(
        Command::new("tclsh")
            .arg(check_script())
            .arg(run.join("view.vmd"))
            .output()
            .expect("tclsh runs the script"),
    )
}

#[test]
fn the_vmd_script_loads_aligns_and_marks_each_shown_path() -> Result<(), ReportError> {
    let Some(output) = run_vmd_script(&vmd_script(&scene())?) else { return Ok(()) };
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{message}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 paths, frames 48, fixed 0 14 15 23\n");
    Ok(())
}

#[test]
fn the_check_of_vmd_scripts_finds_what_is_broken() -> Result<(), ReportError> {
    let script = vmd_script(&scene())?;
    for (good, broken, message) in [
        ("mol addrep", "mol addreps", "unknown command"),
        ("topology.pdb", "topologie.pdb", "no file"),
        ("\"paths/path-0000.xtc\" 14", "\"paths/path-0000.xtc\" 24", "no frame 24"),
        ("    {1} {0} {}", "    {1} {3} {}", "a bond to atom 3"),
        ("    $whole delete\n", "", "not deleted"),
        ("display resetview", "display resetview]\nif {", "missing close-brace"),
    ] {
        assert!(script.contains(good), "{good}");
        let Some(output) = run_vmd_script(&script.replacen(good, broken, 1)) else { return Ok(()) };
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && stderr.contains(message), "{broken}: {stderr}");
    }
    Ok(())
}

#[test]
fn the_pymol_script_loads_the_shown_paths_and_lists_the_others() -> Result<(), ReportError> {
    let script = pymol_script(&scene())?;
    // PyMOL counts states from 1.
    for line in [
        "shown = [0, 1]",
        "    (\"paths/path-0000.xtc\", 15, 24),",
        "    (\"paths/path-0002.xtc\", 17, 24),",
        "        cmd.load(os.path.join(folder, \"topology.pdb\"), name)",
    ] {
        assert!(script.lines().any(|l| l == line), "{line}\n{script}");
    }
    // PyMOL ends a comment at a semicolon and runs what follows.
    assert!(script.lines().filter(|l| l.starts_with('#')).all(|l| !l.contains("; ")));
    assert!(!script.contains('@'));
    Ok(())
}
