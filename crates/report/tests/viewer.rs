//! The viewer scripts do what they should, as far as that shows without the viewers.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use geodyssey_report::{ReportError, ViewedPath, ViewerScene, pymol_script, vmd_script};

/// As many frames as `check-view-vmd.tcl` puts into every trajectory.
const FRAMES: usize = 10;

fn scene() -> ViewerScene {
    let path = |i: usize| ViewedPath {
        trajectory: format!("paths/path-{i:04}.xtc"),
        frames: FRAMES,
        highest_frame: 4 + i,
    };
    ViewerScene { topology: "topology.pdb".to_owned(), paths: (0..3).map(path).collect(), shown: 2 }
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
    for file in ["topology.pdb", "paths/path-0000.xtc", "paths/path-0001.xtc", "paths/path-0002.xtc"] {
        std::fs::write(run.join(file), "").expect("an empty file");
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
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 paths, fixed frames 0 4 9 0 5 9\n");
    Ok(())
}

#[test]
fn the_check_of_vmd_scripts_finds_what_is_broken() -> Result<(), ReportError> {
    let script = vmd_script(&scene())?;
    for (good, broken, message) in [
        ("mol addrep", "mol addreps", "unknown command"),
        ("topology.pdb", "topologie.pdb", "no file"),
        ("\"paths/path-0000.xtc\" 4", "\"paths/path-0000.xtc\" 10", "no frame 10"),
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
        "    (\"paths/path-0000.xtc\", 5, 10),",
        "    (\"paths/path-0002.xtc\", 7, 10),",
        "        cmd.load(os.path.join(folder, \"topology.pdb\"), name)",
    ] {
        assert!(script.lines().any(|l| l == line), "{line}\n{script}");
    }
    // PyMOL ends a comment at a semicolon and runs what follows.
    assert!(script.lines().filter(|l| l.starts_with('#')).all(|l| !l.contains("; ")));
    assert!(!script.contains('@'));
    Ok(())
}
