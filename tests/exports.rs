//! What a run writes for other programs: the page, and exported paths. ASE, chemfiles, mdtraj and NumPy look at them where the
//! environment variable `GEODYSSEY_PYTHON` names a Python that has them (the test command sets it).

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use geodyssey_tests::{Outcome, python, repository, run, short, visible};
use serde_json::Value;

const LARGEST_PAGE: usize = 5 * 1024 * 1024;

/// A short run of alanine dipeptide: three paths each way.
fn alanine(folder: &Path) -> PathBuf {
    let out = folder.join("run");
    let config = "configs/alanine-dipeptide.toml";
    run(["run", config, "--out", text(&out)].into_iter().chain(short(config))).exits_with(0);
    out
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn export(run_directory: &Path, out: &Path, options: &[&str]) -> Outcome {
    let fixed = ["export", text(run_directory), "--out", text(out)];
    run(fixed.iter().chain(options))
}

fn check(run_directory: &Path, exported: &Path, options: &[&str]) {
    let Some(python) = python() else { return };
    let script = repository().join("scripts/check-export.py");
    let output = Command::new(python).arg(script).args([run_directory, exported]).args(options).output();
    let outcome = Outcome::from(output.expect("Python starts"));
    assert_eq!(outcome.code, Some(0), "{}{}", outcome.stdout, outcome.stderr);
}

/// Frames of an extended XYZ file: the comment, and the positions in nm.
fn extended_xyz(file: &Path) -> Vec<(String, Vec<[f64; 3]>)> {
    let content = std::fs::read_to_string(file).expect("a file");
    let lines: Vec<&str> = content.lines().collect();
    let mut frames = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let atoms: usize = lines[at].parse().expect("a number of atoms");
        let position = |line: &&str| {
            let words: Vec<f64> =
                line.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
            [words[0] / 10.0, words[1] / 10.0, words[2] / 10.0]
        };
        frames.push((lines[at + 1].to_owned(), lines[at + 2..at + 2 + atoms].iter().map(position).collect()));
        at += 2 + atoms;
    }
    frames
}

/// Positions in nm of every frame of a path in the page.
fn embedded(path: &Value) -> Vec<Vec<[f64; 3]>> {
    let bytes = STANDARD.decode(path["positions"].as_str().expect("positions")).expect("base64");
    let resolution = path["resolution_nm"].as_f64().expect("a resolution");
    let numbers: Vec<f64> = bytes
        .chunks_exact(2)
        .map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])) * resolution)
        .collect();
    let frames = path["frames"].as_u64().expect("frames") as usize;
    let atoms: Vec<[f64; 3]> = numbers.chunks_exact(3).map(|x| [x[0], x[1], x[2]]).collect();
    atoms.chunks_exact(atoms.len() / frames).map(<[_]>::to_vec).collect()
}

fn check_page(run_directory: &Path, trajectory: &[(String, Vec<[f64; 3]>)]) {
    let html = std::fs::read_to_string(run_directory.join("report.html")).expect("the page");
    assert!(html.len() < LARGEST_PAGE, "{} bytes", html.len());
    assert!(html.starts_with("<!DOCTYPE html>") && html.trim_end().ends_with("</html>"));
    // Outside of NGL, which is the longest script, nothing names an address but the namespace of SVG.
    let parts: Vec<&str> = html.split("<script>").collect();
    let own = parts
        .iter()
        .filter(|part| part.len() < 1_000_000)
        .map(|part| part.replace("http://www.w3.org/2000/svg", ""));
    for part in own {
        for word in ["http:", "https:", "src=", "<link", "@import", "<iframe"] {
            assert!(!part.contains(word), "{word}");
        }
    }
    let opening = "<script type=\"application/json\" id=\"report-data\">";
    let start = html.find(opening).expect("the data") + opening.len();
    let length = html[start..].find("</script>").expect("the end of the data");
    let data: Value = serde_json::from_str(&html[start..start + length]).expect("JSON");
    assert_eq!(data["paths"].as_array().map(Vec::len), Some(6));
    assert_eq!(data["structure"].as_str().map(|text| text.matches("\nCONECT").count() > 20), Some(true));
    let frames = embedded(&data["paths"][0]);
    let own: Vec<&(String, Vec<[f64; 3]>)> =
        trajectory.iter().filter(|(comment, _)| comment.contains("path=\"path-0000\"")).collect();
    assert_eq!(frames.len(), own.len());
    for (frame, (_, expected)) in frames.iter().zip(own) {
        // Both have the 0.001 nm of XTC.
        let close = |(a, b): (&[f64; 3], &[f64; 3])| (0..3).all(|axis| (a[axis] - b[axis]).abs() < 1e-6);
        assert!(frame.len() == 22 && frame.iter().zip(expected).all(close));
    }
}

#[test]
fn the_page_and_every_format_hold_the_paths_of_the_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let run_directory = alanine(folder.path());
    let whole = folder.path().join("whole");
    for format in ["xtc", "pdb", "dcd", "trr", "gro"] {
        export(&run_directory, &whole, &["--format", format]).exits_with(0);
    }
    export(&run_directory, &whole, &["--format", "npz"]).exits_with(0);
    export(&run_directory, &whole, &["--format", "extxyz", "--every-path-in-one-file"]).exits_with(0);
    assert_eq!(visible(&whole).count(), 5 * 6 + 1 + 2);
    let frames = extended_xyz(&whole.join("paths.xyz"));
    assert_eq!(frames.len(), 6 * 24);
    check_page(&run_directory, &frames);
    check(&run_directory, &whole, &[]);

    let aligned = folder.path().join("aligned");
    for format in ["extxyz", "dcd", "npz"] {
        let options = ["--format", format, "--every-path-in-one-file", "--align", "--stride", "5"];
        let said = export(&run_directory, &aligned, &options).exits_with(0).stderr;
        assert!(said.contains("on the first frame of path-0000 by 10 heavy atoms"), "{said}");
    }
    check(&run_directory, &aligned, &["--aligned", "--stride", "5"]);

    let some = folder.path().join("some");
    export(&run_directory, &some, &["--format", "pdb", "--path", "2,backward-0", "--path", "path-0001"])
        .exits_with(0);
    let mut names: Vec<String> = visible(&some).collect();
    names.sort();
    assert_eq!(names, ["backward-0000.pdb", "path-0001.pdb", "path-0002.pdb"]);

    let refused = |options: &[&str], complaint: &str| {
        export(&run_directory, &some, options).exits_with(2).complains_of(&[complaint]);
    };
    refused(&["--format", "npy"], "did you mean `npz`");
    refused(&["--format", "pdb", "--path", "3"], "there is no path `3`");
    refused(&["--format", "pdb", "--stride", "0"], "--stride");
    refused(&["--format", "pdb", "--align=backbone"], "heavy");

    // A trajectory that is not as the run wrote it is named before anything is written.
    let (file, nowhere) = (run_directory.join("paths/path-0001.xtc"), folder.path().join("nowhere"));
    let bytes = std::fs::read(&file).expect("read");
    std::fs::write(&file, &bytes[..bytes.len() - 5]).expect("written");
    export(&run_directory, &nowhere, &["--format", "dcd"])
        .exits_with(2)
        .complains_of(&["path-0001.xtc", "differs from what the run wrote"]);
    assert!(!nowhere.exists());
}

#[test]
fn paths_without_atoms_are_exported_as_arrays() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (out, exported) = (folder.path().join("run"), folder.path().join("exported"));
    let config = "tests/cases/across-the-shoulder/mueller-brown.toml";
    run(["run", config, "--out", text(&out)].into_iter().chain(short(config))).exits_with(0);
    let html = std::fs::read_to_string(out.join("report.html")).expect("the page");
    assert!(html.len() < 1_000_000 && html.contains("id=\"player\"") && !html.contains("id=\"stage\""));
    export(&out, &exported, &["--format", "xtc"]).exits_with(2).complains_of(&["only --format npz"]);
    export(&out, &exported, &["--format", "npz", "--align"])
        .exits_with(2)
        .complains_of(&["--align needs atoms"]);
    export(&out, &exported, &["--format", "npz"]).exits_with(0);
    check(&out, &exported, &[]);
}

#[test]
fn paths_of_which_some_have_atoms() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (out, exported) = (folder.path().join("run"), folder.path().join("exported"));
    let config = "configs/paper/unconstrained.toml";
    let lifted = |changes: &[&str]| {
        let fixed = ["run", config, "--out", text(&out)].into_iter().chain(short(config));
        run(fixed.chain(changes.iter().copied())).exits_with(0);
    };
    lifted(&[]);
    for format in ["xtc", "pdb"] {
        let said = export(&out, &exported, &["--format", format]).exits_with(0).stderr;
        assert!(said.contains("1 paths, 24 frames") && said.contains("2 paths have no atoms"), "{said}");
    }
    export(&out, &exported, &["--format", "extxyz", "--every-path-in-one-file"]).exits_with(0);
    let said = export(&out, &exported, &["--format", "npz"]).exits_with(0).stderr;
    assert!(said.contains("3 paths, 72 frames") && said.contains("NaN for positions"), "{said}");
    check(&out, &exported, &[]);
    let files = || visible(&exported).count();
    assert_eq!(files(), 2 + 2 + 1);
    export(&out, &exported, &["--format", "xtc", "--path", "0"]).exits_with(0);
    export(&out, &exported, &["--format", "xtc", "--path", "0,1"])
        .exits_with(2)
        .complains_of(&["no trajectory of path-0001", "sampling.lifted_paths"]);

    lifted(&["--set", "sampling.lifted_paths=0"]);
    let exported = folder.path().join("arrays");
    export(&out, &exported, &["--format", "xtc"])
        .exits_with(2)
        .complains_of(&["no trajectory", "sampling.lifted_paths"]);
    export(&out, &exported, &["--format", "npz", "--align"])
        .exits_with(2)
        .complains_of(&["--align needs atoms"]);
    assert!(!exported.exists());
    export(&out, &exported, &["--format", "npz"]).exits_with(0);
    check(&out, &exported, &[]);
}

#[test]
fn shells_learn_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(["completions", shell]).exits_with(0).stdout;
        for word in ["export", "every-path-in-one-file", "diagnose"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    run(["completions", "tcsh"]).exits_with(2).complains_of(&["bash"]);
}
