//! Run directories: what is in them is what the run wrote, and what is not the run's stays as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use geodyssey_tests::{Outcome, command, contents, repository, run, short, visible};

const CONFIG: &str = "configs/mueller-brown.toml";

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

/// A short run on a formula, of about a second.
fn arguments<'a>(out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    ["run", CONFIG, "--out", text(out)].into_iter().chain(short(CONFIG)).chain(more.iter().copied()).collect()
}

fn finished(folder: &Path) -> PathBuf {
    let out = folder.join("run");
    run(arguments(&out, &[])).exits_with(0);
    out
}

/// Everything below a folder, the program's own hidden files included.
fn everything(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                files.push((entry.path(), fs::read(entry.path()).expect("a file")));
            }
        }
    }
    files.sort();
    files
}

/// The command is refused by exit code 2 and changes nothing in the folder.
#[track_caller]
fn refused(folder: &Path, arguments: &[&str], complaints: &[&str]) {
    let before = everything(folder);
    run(arguments).exits_with(2).complains_of(complaints);
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    let after = everything(folder);
    assert_eq!(names(&before), names(&after));
    assert!(before == after, "a file was changed");
}

#[test]
fn readers_of_a_finished_run_use_no_file_that_it_did_not_write() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = finished(folder.path());
    let compared = folder.path().join("compared");
    let compare = ["compare", text(&out), "--baselines", "none", "--out", text(&compared)];
    let exported = folder.path().join("exported");
    let export = ["export", text(&out), "--format", "npz", "--out", text(&exported)];
    run(compare).exits_with(0);
    run(export).exits_with(0);
    for (name, readers) in [
        ("paths.csv", vec![&compare[..]]),
        ("paths/path-0001.csv", vec![&compare[..], &export[..]]),
        ("geodesic.csv", vec![&compare[..]]),
        ("summary.json", vec![&compare[..]]),
        ("config.toml", vec![&compare[..]]),
    ] {
        let whole = fs::read(out.join(name)).expect("a file");
        let mut edited = whole.clone();
        edited.extend_from_slice(b"\n");
        for damage in [edited, Vec::new()] {
            fs::write(out.join(name), damage).expect("written");
            for reader in &readers {
                run(reader.iter()).exits_with(2).complains_of(&[name, "differs from what the run wrote"]);
            }
        }
        fs::write(out.join(name), whole).expect("written");
    }
    run(compare).exits_with(0);
    fs::remove_file(out.join("manifest.json")).expect("removed");
    run(compare).exits_with(2).complains_of(&["not a run directory"]);
    run(export).exits_with(2).complains_of(&["not a run directory"]);
}

/// A run that is begun again with other settings and killed at any moment is either wholly the old one or not finished.
#[test]
fn old_and_new_paths_are_never_taken_together() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = finished(folder.path());
    let compared = folder.path().join("compared");
    let old = fs::read(out.join("paths.csv")).expect("a table");
    let started = Instant::now();
    run(arguments(&folder.path().join("other").join("run"), &["--seed", "2"])).exits_with(0);
    let duration = started.elapsed();
    let new = fs::read(folder.path().join("other/run/paths.csv")).expect("a table");
    assert_ne!(old, new);
    fs::remove_dir_all(folder.path().join("other")).expect("removed");
    let mut unfinished = 0;
    for part in 1..7 {
        let mut child = command(arguments(&out, &["--seed", "2"]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        std::thread::sleep(duration.mul_f64(0.15 * f64::from(part)));
        child.kill().expect("killed");
        child.wait().expect("ended");
        let outcome = run(["compare", text(&out), "--baselines", "none", "--out", text(&compared)]);
        if outcome.code == Some(0) {
            let paths = fs::read(out.join("paths.csv")).expect("a table");
            assert!(paths == old || paths == new, "neither run's paths were compared");
        } else {
            outcome.exits_with(2);
            unfinished += 1;
        }
    }
    assert!(unfinished > 0, "no run was killed while it wrote");
    run(arguments(&out, &["--seed", "2"])).exits_with(0);
    assert_eq!(fs::read(out.join("paths.csv")).expect("a table"), new);
}

#[test]
fn files_that_the_program_did_not_make_stay() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let system = repository().join("systems/alanine-dipeptide");
    for name in ["topology.pdb", "amber99sb-ildn.vacuum.xml", "c5.pdb", "c7ax.pdb"] {
        fs::copy(system.join(name), folder.path().join(name)).expect("copied");
    }
    let written =
        fs::read_to_string(repository().join("configs/alanine-dipeptide.toml")).expect("a configuration");
    let written = written.replace("../systems/alanine-dipeptide/", "");
    fs::write(folder.path().join("input.toml"), &written).expect("written");
    let input = folder.path().join("input.toml");
    // The folder of the inputs.
    for command in ["check", "run", "landscape"] {
        let arguments = [command, text(&input), "--out", text(folder.path())];
        refused(folder.path(), &arguments, &["topology.pdb", "was not made by this run", "--out"]);
    }
    // The folder of a configuration that has the name of a result.
    let formula = folder.path().join("formula");
    fs::create_dir(&formula).expect("made");
    fs::copy(repository().join(CONFIG), formula.join("config.toml")).expect("copied");
    let config = formula.join("config.toml");
    let by_force = ["run", text(&config), "--out", text(&formula), "--force"];
    refused(&formula, &by_force, &["config.toml", "was not made by this run"]);
    // A path's table, known before the paths are computed; and a manifest of something else.
    for (name, content) in [("paths/path-0001.csv", "mine"), ("manifest.json", "{\"name\": \"a web page\"}")]
    {
        let out = folder.path().join("other");
        let file = out.join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(&file, content).expect("written");
        refused(&out, &arguments_of(&out), &[name, "--out"]);
        fs::remove_dir_all(&out).expect("removed");
    }
    // Notes in a run directory, whatever they are called.
    let out = folder.path().join("run");
    run(arguments_of(&out)).exits_with(0);
    let notes = ["thesis.part", "paths/notes.txt", "plots/mine.png", "paths/path-0000.csv.part"];
    for name in notes {
        fs::write(out.join(name), "mine").expect("written");
    }
    run(arguments(&out, &["--seed", "2", "--set", "sampling.paths=2"])).exits_with(0);
    for name in notes {
        assert_eq!(fs::read_to_string(out.join(name)).ok().as_deref(), Some("mine"), "{name}");
    }
    assert!(!out.join("paths/path-0002.csv").exists(), "a path of the earlier run stayed");
}

fn arguments_of(out: &Path) -> Vec<&str> {
    arguments(out, &[])
}

#[test]
fn a_manifest_leads_nowhere_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = finished(folder.path());
    let outside = folder.path().join("thesis.tex");
    fs::write(&outside, "mine").expect("written");
    let manifest = fs::read_to_string(out.join("manifest.json")).expect("a manifest");
    let changed = manifest.replacen("\"geodesic.csv\"", "\"../thesis.tex\"", 1);
    assert_ne!(manifest, changed);
    fs::write(out.join("manifest.json"), changed).expect("written");
    refused(folder.path(), &arguments(&out, &["--seed", "2"]), &["manifest.json", "../thesis.tex"]);
    run(["compare", text(&out)]).exits_with(2).complains_of(&["../thesis.tex"]);
}

#[test]
fn exports_replace_exports_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = finished(folder.path());
    let export = |target: &Path| -> Vec<String> {
        ["export", text(&out), "--format", "npz", "--out", text(target)].map(str::to_owned).to_vec()
    };
    let to_the_run = export(&out);
    refused(&out, &to_the_run.iter().map(String::as_str).collect::<Vec<_>>(), &["is a run directory"]);
    let target = folder.path().join("arrays");
    fs::create_dir(&target).expect("made");
    fs::write(target.join("paths.npz"), "mine").expect("written");
    let in_the_way = export(&target);
    run(&in_the_way).exits_with(2).complains_of(&["paths.npz", "was not written by an export"]);
    assert_eq!(fs::read_to_string(target.join("paths.npz")).expect("a file"), "mine");
    fs::remove_file(target.join("paths.npz")).expect("removed");
    run(&in_the_way).exits_with(0);
    let whole = fs::read(target.join("paths.npz")).expect("a file");
    run(&in_the_way).exits_with(0);
    // Two at once: whoever comes second waits for nobody and says so, and the file is whole.
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = command(&in_the_way);
            command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("started")
        })
        .collect();
    let mut done = 0;
    for child in children {
        let outcome: Outcome = child.wait_with_output().expect("ended").into();
        match outcome.code {
            Some(0) => done += 1,
            _ => {
                outcome.exits_with(1).complains_of(&["another export"]);
            }
        }
    }
    assert!(done > 0);
    assert_eq!(fs::read(target.join("paths.npz")).expect("a file"), whole);
    assert_eq!(visible(&target).collect::<Vec<_>>(), ["paths.npz"]);
}

/// A run of a molecule that takes some seconds, once its directory is there.
fn begun(out: &Path) -> std::process::Child {
    let config = "configs/alanine-dipeptide.toml";
    let longer = ["--set", "landscape.sampling_time_ps=60", "--threads", "1"];
    let arguments = ["run", config, "--out", text(out)].into_iter().chain(short(config)).chain(longer);
    let child = command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started");
    let begun = Instant::now();
    while !out.join(".owner.json").exists() && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn a_directory_or_lock_that_vanishes_is_noticed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run");
    let child = begun(&out);
    // Away in one step: a folder is not emptied while the program writes new files into it.
    fs::rename(&out, folder.path().join("elsewhere")).expect("moved away");
    let outcome: Outcome = child.wait_with_output().expect("ended").into();
    outcome.exits_with(1).complains_of(&["the directory was removed", text(&out)]);
    assert!(!out.exists(), "the directory was made anew");

    let child = begun(&out);
    fs::remove_file(out.join(".lock")).expect("removed");
    let outcome: Outcome = child.wait_with_output().expect("ended").into();
    outcome.exits_with(1).complains_of(&[".lock was removed"]);
    assert!(!out.join("summary.json").exists());
}

#[test]
fn a_run_directory_remembers_whose_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [first, second] = ["first", "second"].map(|name| {
        let project = folder.path().join(name);
        fs::create_dir(&project).expect("made");
        fs::copy(repository().join(CONFIG), project.join("input.toml")).expect("copied");
        project.join("input.toml")
    });
    let out = folder.path().join("first/runs/input");
    let arguments = |config: &Path, out: &Path, more: &[&str]| -> Vec<String> {
        let fixed = ["run", text(config), "--out", text(out)].into_iter().chain(short(CONFIG));
        fixed.chain(more.iter().copied()).map(str::to_owned).collect()
    };
    run(arguments(&first, &out, &[])).exits_with(0);
    let before = contents(&out);
    let other = run(arguments(&second, &out, &["--seed", "2"])).exits_with(2);
    other.complains_of(&["another configuration", text(&first), "--out", "--force"]);
    let check = ["check", text(&second), "--out", text(&out)];
    run(check).exits_with(2).complains_of(&["--force"]);
    assert_eq!(before, contents(&out));
    // The copy that the run has left is its own.
    run(arguments(&out.join("config.toml"), &out, &[])).exits_with(0);
    // Moved together they still belong together.
    fs::rename(folder.path().join("first"), folder.path().join("moved")).expect("moved");
    let (moved, out) = (folder.path().join("moved/input.toml"), folder.path().join("moved/runs/input"));
    let again = run(arguments(&moved, &out, &[])).exits_with(0);
    assert!(again.stderr.contains("paths: up to date"), "{}", again.stderr);
    run(arguments(&second, &out, &["--force"])).exits_with(0);
    run(arguments(&moved, &out, &[])).exits_with(2).complains_of(&[text(&second)]);
}

#[test]
fn what_computed_a_stage_counts_as_well() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = finished(folder.path());
    let path = out.join("manifest.json");
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(&path).expect("a manifest")).expect("JSON");
    let geodesic = &mut manifest["stages"]["geodesic"];
    assert!(geodesic["revision"].as_u64() > Some(1), "{geodesic}");
    // As an earlier program left it.
    geodesic.as_object_mut().expect("a stage").remove("revision");
    geodesic["made_from"] = serde_json::Value::String("0".repeat(64));
    fs::write(&path, manifest.to_string()).expect("written");
    let again = run(arguments(&out, &[])).exits_with(0);
    assert!(again.stderr.contains("geodesic: made again"), "{}", again.stderr);
    assert!(again.stderr.contains("landscape: up to date"), "{}", again.stderr);
    assert!(
        again.stderr.contains("paths: up to date"),
        "the same curve has the same paths: {}",
        again.stderr
    );
}

#[test]
fn other_weights_leave_the_landscape_and_old_files_go() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (out, config) = (folder.path().join("run"), "configs/mixture-1d.toml");
    let learned = [
        "denoiser.kind=random-features",
        "denoiser.features=40",
        "denoiser.pairs=400",
        "denoiser.held_out_pairs=50",
        "denoiser.samples=2000",
        "geodesic.iterations=5",
    ];
    let arguments = |changes: &[&str], more: &[&str]| -> Vec<String> {
        let mut arguments = vec!["run", config, "--out", text(&out)];
        arguments.extend(short(config));
        changes.iter().for_each(|change| arguments.extend(["--set", change]));
        arguments.extend(more);
        arguments.into_iter().map(str::to_owned).collect()
    };
    let mut weights = Vec::new();
    for seed in ["1", "2"] {
        run(arguments(&learned, &["--seed", seed])).exits_with(0);
        let kept = folder.path().join(format!("{seed}.safetensors"));
        fs::copy(out.join("denoiser/weights.safetensors"), &kept).expect("copied");
        weights.push(format!("denoiser.weights={}", kept.display()));
    }
    // A checkpoint that a kill has left.
    fs::create_dir_all(out.join(".checkpoints")).expect("made");
    fs::write(out.join(".checkpoints/paths-path-0000.bin"), "left").expect("written");
    let landscape = fs::metadata(out.join("landscape.csv")).and_then(|file| file.modified()).expect("a time");
    for given in &weights {
        let changes: Vec<&str> = learned.iter().copied().chain([given.as_str()]).collect();
        let said = run(arguments(&changes, &[])).exits_with(0).stderr;
        assert!(said.contains("landscape: up to date"), "{said}");
    }
    assert_eq!(
        fs::metadata(out.join("landscape.csv")).and_then(|file| file.modified()).expect("a time"),
        landscape
    );
    assert!(!out.join(".checkpoints").exists(), "checkpoints stayed");
    let distance = |more: &[&str]| {
        let table = folder.path().join("points.csv");
        fs::write(&table, "x\n-2.0\n0.5\n2.0\n").expect("written");
        let fixed = ["distance", config, text(&table), "--points", "8", "--out", text(&out)];
        run(fixed.into_iter().chain(short(config)).chain(more.iter().copied())).exits_with(0)
    };
    distance(&[]);
    assert!(out.join("distance/distances.csv").exists());
    // The exact denoiser has no files, and other ones no distances.
    let said = run(arguments(&[], &[])).exits_with(0).stderr;
    assert!(!out.join("denoiser").exists() && !out.join("plots/training.png").exists(), "{said}");
    run(arguments(&["landscape.grid_points=40"], &[])).exits_with(0);
    assert!(!out.join("distance").exists(), "distances of another landscape stayed");
}

/// An input that an earlier run wrote would be replaced or removed by the run that reads it.
#[test]
fn an_input_in_the_place_of_an_artifact_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = finished(folder.path());
    let config = folder.path().join("again.toml");
    let original = fs::read_to_string(repository().join(CONFIG)).expect("read");
    let formula = "method         = \"formula\"\nname           = \"mueller-brown\"";
    assert!(original.contains(formula));
    let table = format!("method = \"table\"\nfile = {:?}", text(&out.join("landscape.csv")));
    fs::write(&config, original.replace(formula, &table)).expect("written");
    for command in ["check", "run"] {
        let into = [command, text(&config), "--out", text(&out), "--force"];
        refused(folder.path(), &into, &["landscape.csv", "input of this run", "--out"]);
    }
    // Elsewhere it is an input as any other.
    let other = folder.path().join("other");
    run(["landscape", text(&config), "--out", text(&other)]).exits_with(0);
}

/// Whatever a run will write for certain is looked for before anything is computed.
#[test]
fn files_in_the_way_are_found_by_check() {
    for (name, config, changes) in [
        ("states/start.pdb", "configs/alanine-dipeptide.toml", &[][..]),
        ("free-energy.csv", CONFIG, &[]),
        (
            "paths/path-0001.dcd",
            "configs/alanine-dipeptide.toml",
            &["--set", "output.formats=[\"xtc\",\"dcd\"]"],
        ),
        ("denoiser/weights.safetensors", "configs/alanine-dipeptide-neural.toml", &[]),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(&file, "mine").expect("written");
        let check: Vec<&str> = ["check", config, "--out", text(folder.path())]
            .into_iter()
            .chain(changes.iter().copied())
            .collect();
        refused(folder.path(), &check, &[name, "already"]);
    }
}

/// Walkers are counted between the states as regions: with other radii the landscape is another one.
#[test]
fn the_landscape_of_a_molecule_depends_on_the_states_radii() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = "configs/alanine-dipeptide.toml";
    let landscape = |radius: &str, name: &str| {
        let out = folder.path().join(name);
        let start = format!("states.start.radius={radius}");
        let arguments = ["landscape", config, "--json", "--out", text(&out), "--set", &start].into_iter();
        let outcome = run(arguments.chain(short(config)));
        let summary = outcome.exits_with(0);
        (summary.stderr.contains("up to date"), summary.json()["landscape"]["metadynamics"].clone())
    };
    let (_, wide) = landscape("30", "one");
    let (again, same) = landscape("30", "one");
    assert!(again && same == wide);
    let (stale, narrow) = landscape("12", "one");
    assert!(!stale);
    assert_eq!(narrow, landscape("12", "fresh/other").1);
    assert_ne!(narrow, wide);
}

/// What was said by a learned denoiser goes with it.
#[test]
fn distances_of_a_denoiser_that_is_gone_are_removed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run");
    let points = folder.path().join("points.csv");
    fs::write(&points, "x,y\n-0.5,1.4\n0.6,0.0\n").expect("written");
    let distance = [
        "distance",
        CONFIG,
        text(&points),
        "--out",
        text(&out),
        "--points",
        "9",
        "--set",
        "landscape.grid_points=32",
    ];
    let learned = [
        "--set",
        "denoiser.kind=random-features",
        "--set",
        "denoiser.features=64",
        "--set",
        "denoiser.samples=2000",
    ];
    run(distance.iter().chain(&learned)).exits_with(0);
    assert!(out.join("distance/distances.json").is_file());
    let exact = [
        "geodesic",
        CONFIG,
        "--out",
        text(&out),
        "--set",
        "landscape.grid_points=32",
        "--set",
        "geodesic.points=16",
    ];
    run(exact).exits_with(0);
    assert!(!out.join("denoiser").exists() && !out.join("distance").exists());
}
