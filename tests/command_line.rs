//! Commands, their output for machines, and exit codes.

use std::path::Path;

use geodyssey_tests::{command, repository, run, short, visible};
use serde_json::Value;

const ALANINE: &str = "systems/alanine-dipeptide";

fn energy(arguments: &[&str]) -> geodyssey_tests::Outcome {
    let system = format!("{ALANINE}/amber99sb-ildn.vacuum.xml");
    let topology = format!("{ALANINE}/topology.pdb");
    run(["energy", "--system", &system, "--topology", &topology].iter().chain(arguments))
}

#[test]
fn help_lists_every_command() {
    let help = run(["--help"]).exits_with(0);
    for name in ["run", "check", "energy", "posterior", "landscape", "geodesic", "sample", "export"] {
        assert!(help.stdout.contains(&format!("  {name} ")), "{name}: {}", help.stdout);
        run([name, "--help"]).exits_with(0);
    }
    assert!(help.stdout.contains("Exit codes: 0 done, 1 failed, 2 wrong usage or input."));
    run(["--version"]).exits_with(0);
}

#[test]
fn wrong_usage_exits_with_2() {
    let nothing: [&str; 0] = [];
    run(nothing).exits_with(2);
    run(["runn"]).exits_with(2).complains_of(&["run"]);
    run(["run"]).exits_with(2).complains_of(&["CONFIG"]);
    run(["check", "configs/mixture-1d.toml", "--threads", "0"]).exits_with(2);
    run(["check", "configs/mixture-1d.toml", "--seed", "-1"]).exits_with(2);
    run(["check", "configs/mixture-1d.toml", "--set", "sampling.paths"])
        .exits_with(2)
        .complains_of(&["KEY=VALUE"]);
    energy(&["--forces"]).exits_with(2);
}

#[test]
fn check_computes_nothing_and_says_how_large_the_run_is() {
    let outcome = run(["check", "configs/alanine-dipeptide.toml", "--json"]).exits_with(0);
    let facts = outcome.json();
    assert_eq!(facts["atoms"], 22);
    assert_eq!(facts["paths"], 64);
    assert_eq!(facts["forces_ignored"], serde_json::json!(["CMMotionRemover"]));
    assert!(
        !repository().join("runs/alanine-dipeptide/landscape.csv").exists()
            || facts["run_directory"].is_string()
    );
    let text = run(["check", "configs/alanine-dipeptide.toml"]).exits_with(0).stdout;
    assert!(text.contains("CMMotionRemover"), "{text}");
}

#[test]
fn any_key_can_be_set_from_the_command_line() {
    let set = |change: &str| {
        run(["check", "configs/alanine-dipeptide.toml", "--json", "--set", change]).exits_with(0).json()
    };
    assert_eq!(set("sampling.paths=5")["paths"], 10);
    assert_eq!(set("constraint.0.log_snr_floor=2.5")["constraints"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        set("variable.1.name=omega")["variables"][1].as_str().map(|text| text.starts_with("omega")),
        Some(true)
    );
    let seed = run(["check", "configs/alanine-dipeptide.toml", "--json", "--seed", "7"]).exits_with(0).json();
    assert_eq!(seed["seed"], 7);
    let second = [
        "check",
        "configs/alanine-dipeptide.toml",
        "--json",
        "--set",
        "constraint.1.kind=energy-ceiling",
        "--set",
        "constraint.1.ceiling_kj_mol=50",
    ];
    assert_eq!(run(second).exits_with(0).json()["constraints"].as_array().map(Vec::len), Some(2));
}

#[test]
fn energies_are_the_sum_of_their_terms_and_forces_balance() {
    let outcome = energy(&["--json", "--forces"]).exits_with(0);
    let answer = outcome.json();
    let frame = &answer["frames"][0];
    let total = frame["potential_energy_kj_mol"].as_f64().expect("a number");
    let terms: f64 = frame["terms"].as_object().expect("terms").values().filter_map(Value::as_f64).sum();
    assert!((total - terms).abs() < 1e-9 * total.abs().max(1.0), "{total} {terms}");
    let forces = frame["forces_kj_mol_nm"].as_array().expect("forces");
    assert_eq!(forces.len(), 22);
    for axis in 0..3 {
        let sum: f64 = forces.iter().filter_map(|force| force[axis].as_f64()).sum();
        assert!(sum.abs() < 1e-8, "net force {sum}");
    }
    let table = energy(&[]).exits_with(0).stdout;
    assert!(table.contains("NonbondedForce") && table.contains("kJ/mol"), "{table}");
}

/// Posterior mean and variance of a mixture of Gaussians under a tether, in closed form.
fn mixture(log_snr: f64, y: f64) -> (f64, f64) {
    let noise = (-log_snr).exp();
    let spread: f64 = 0.75 * 0.75;
    let parts = [(0.275, -2.5), (0.45, 0.5), (0.275, 2.5)];
    let weights =
        parts.map(|(weight, mean): (f64, f64)| weight * (-0.5 * (y - mean).powi(2) / (spread + noise)).exp());
    let total: f64 = weights.iter().sum();
    let variance = spread * noise / (spread + noise);
    let means = parts.map(|(_, mean)| (mean * noise + y * spread) / (spread + noise));
    let first: f64 = weights.iter().zip(means).map(|(weight, mean)| weight * mean).sum::<f64>() / total;
    let second: f64 =
        weights.iter().zip(means).map(|(weight, mean)| weight * (mean * mean + variance)).sum::<f64>()
            / total;
    (first, second - first * first)
}

#[test]
fn posteriors_of_the_mixture_are_those_of_the_closed_form() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let points = folder.path().join("points.csv");
    let cases = [(3.0, -2.3), (-2.0, 1.7), (8.0, 0.1), (0.0, 4.0)];
    let rows: String = cases.iter().map(|(log_snr, y)| format!("{log_snr},{y}\n")).collect();
    std::fs::write(&points, format!("log_snr,x\n{rows}")).expect("written");
    let arguments = ["posterior", "configs/mixture-1d.toml", points.to_str().expect("a path"), "--json"];
    let outcome = run(arguments).exits_with(0);
    let answers = outcome.json()["points"].as_array().expect("points").clone();
    assert_eq!(answers.len(), cases.len());
    for ((log_snr, y), answer) in cases.into_iter().zip(&answers) {
        let (mean, variance) = mixture(log_snr, y);
        assert!((answer["mean"][0].as_f64().expect("a mean") - mean).abs() < 1e-10, "{answer}");
        assert!((answer["variance"].as_f64().expect("a variance") - variance).abs() < 1e-10, "{answer}");
        assert!((answer["metric"][0][0].as_f64().expect("a metric") - variance).abs() < 1e-10, "{answer}");
        assert!(answer["log_normaliser"].is_number());
    }
}

#[test]
fn rows_of_a_table_can_be_taken_as_point_masses() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    // Two points that lie on no regular grid with anything: weights exp(-F/kT) of 1 and 1/e.
    write("surface.csv", "x,energy_kj_mol\n0.0,0.0\n1.0,2.0\n");
    write(
        "config.toml",
        "[landscape]\nmethod = \"table\"\nfile = \"surface.csv\"\ninterpolation = \"none\"\nthermal_energy = 2.0\n\n[[variable]]\nname = \"x\"\n",
    );
    write("points.csv", "log_snr,x\n0.0,0.5\n");
    let config = folder.path().join("config.toml");
    let points = folder.path().join("points.csv");
    let outcome = run([Path::new("posterior"), &config, &points, Path::new("--json")]).exits_with(0);
    let point = outcome.json()["points"][0].clone();
    let share = 1.0 / (1.0 + std::f64::consts::E);
    assert!((point["mean"][0].as_f64().expect("a mean") - share).abs() < 1e-12, "{point}");
    let normaliser = (1.0 + (-1.0_f64).exp()).ln() - 0.125;
    assert!((point["log_normaliser"].as_f64().expect("a number") - normaliser).abs() < 1e-12, "{point}");
}

#[test]
fn a_finished_run_is_skipped_exported_and_shared() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("alanine-dipeptide");
    let config = "configs/alanine-dipeptide.toml";
    let arguments = |config: &str, out: &Path| -> Vec<String> {
        let fixed = ["run", config, "--out", out.to_str().expect("a path")].into_iter();
        fixed.chain(short(config)).map(str::to_owned).collect()
    };
    run(arguments(config, &out)).exits_with(0);
    let again = run(arguments(config, &out)).exits_with(0);
    for stage in ["landscape", "geodesic", "paths", "report"] {
        assert!(again.stderr.contains(&format!("{stage}: up to date")), "{}", again.stderr);
    }

    for format in ["pdb", "dcd"] {
        let target = folder.path().join(format);
        let export = [
            "export",
            out.to_str().expect("a path"),
            "--format",
            format,
            "--out",
            target.to_str().expect("a path"),
        ];
        run(export).exits_with(0);
        let files = visible(&target).count();
        assert_eq!(files, 6, "three paths each way");
    }
    let unknown = ["export", out.to_str().expect("a path"), "--format", "xtcc"];
    run(unknown).exits_with(2).complains_of(&["did you mean `xtc`"]);
    run(["export", folder.path().to_str().expect("a path"), "--format", "pdb"])
        .exits_with(2)
        .complains_of(&["not a run directory"]);

    // Another configuration with the same landscape beside it does not compute it again.
    let straight = "configs/alanine-dipeptide-straight.toml";
    let other = run(arguments(straight, &folder.path().join("straight"))).exits_with(0);
    assert!(other.stderr.contains("landscape: taken over from"), "{}", other.stderr);

    // A damaged artifact is made anew, with the same content.
    let table = out.join("paths.csv");
    let before = std::fs::read(&table).expect("a file");
    std::fs::write(&table, "damaged").expect("written");
    run(arguments(config, &out)).exits_with(0);
    assert_eq!(std::fs::read(&table).expect("a file"), before);
}

#[test]
fn two_processes_do_not_share_a_run_directory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run");
    std::fs::create_dir_all(&out).expect("made");
    let lock = std::fs::File::create(out.join(".lock")).expect("made");
    lock.lock().expect("locked");
    let arguments = ["landscape", "configs/mixture-1d.toml", "--out", out.to_str().expect("a path")];
    run(arguments).exits_with(1).complains_of(&["another process"]);
    drop(lock);
    run(arguments).exits_with(0);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = command(["check", "configs/mixture-1d.toml"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("ended").code(), Some(0));
}

/// Whoever read what a run says may go away: the run goes on.
#[test]
fn a_terminal_that_goes_away_is_no_reason_to_stop() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run");
    let config = "configs/mueller-brown.toml";
    let arguments = ["run", config, "--out", out.to_str().expect("a path")].into_iter().chain(short(config));
    let mut child = command(arguments)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    drop(child.stderr.take());
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("ended").code(), Some(0));
    assert!(out.join("summary.json").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_written_are_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
    let child = command(["check", "configs/mixture-1d.toml"])
        .stdout(full)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    let outcome: geodyssey_tests::Outcome = child.wait_with_output().expect("ended").into();
    outcome.exits_with(1).complains_of(&["standard output"]);
}

#[test]
fn check_says_what_a_run_would_need() {
    let facts = |changes: &[&str]| {
        let mut arguments = vec!["check", "configs/alanine-dipeptide.toml", "--json"];
        changes.iter().for_each(|change| arguments.extend(["--set", change]));
        run(arguments).exits_with(0).json()
    };
    let (small, large) = (facts(&["sampling.paths=10"]), facts(&["sampling.paths=1000"]));
    let number =
        |facts: &Value, name: &str| facts[name].as_f64().unwrap_or_else(|| panic!("{name}: {facts}"));
    // 2000 paths of 129 frames of 22 atoms with 3 numbers of 8 bytes are 136 MB, which go to the disk: in memory are the batches under way
    // and a summary of every path.
    let memory = number(&large, "memory_mb");
    assert!((1.0..100.0).contains(&memory) && number(&small, "memory_mb") < memory, "{memory}");
    let time = "estimated_time_of_energy_evaluations_s";
    assert!(number(&large, time) > number(&small, time) && number(&small, time) > 0.0);
}

#[test]
fn settings_under_which_a_number_means_nothing_are_warned_of() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = "configs/mixture-1d.toml";
    let arguments = ["run", config, "--json", "--out", folder.path().to_str().expect("a path")];
    let few = ["--set", "sampling.paths=1", "--set", "geodesic.points=3", "--set", "states.end.radius=1e-9"];
    let outcome = run(arguments.into_iter().chain(short(config)).chain(few)).exits_with(0);
    let warnings = outcome.json()["warnings"].to_string();
    for text in ["one path", "3 points", "The end state extends only 1.0e-9 in `x`"] {
        assert!(warnings.contains(text), "{text}: {warnings}");
    }
}

#[test]
fn a_table_that_makes_no_surface() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    let config = |interpolation: &str| {
        format!(
            "[landscape]\nmethod = \"table\"\nfile = \"surface.csv\"\ninterpolation = \"{interpolation}\"\n\n[[variable]]\nname = \"x\"\n\n[states.start]\ncenter = [0.0]\n[states.end]\ncenter = [3.0]\n"
        )
    };
    write("surface.csv", "x,energy_kj_mol\n0,0\n1,1\n2.4,1\n3,1\n");
    for (interpolation, complaint) in [("bicubic", "equally spaced"), ("none", "smooth surface")] {
        write("table.toml", &config(interpolation));
        let file = folder.path().join("table.toml");
        for command in ["check", "run"] {
            let out = folder.path().join("out");
            run([Path::new(command), &file, Path::new("--out"), &out])
                .exits_with(2)
                .complains_of(&[complaint]);
            assert!(!out.exists());
        }
    }
}

#[test]
fn points_at_a_noise_level_that_no_denoiser_knows() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let points = folder.path().join("points.csv");
    std::fs::write(&points, "log_snr,x\n3,0.5\n60,0.5\n").expect("written");
    let arguments = ["posterior", "configs/mixture-1d.toml", points.to_str().expect("a path")];
    run(arguments).exits_with(2).complains_of(&["points.csv", "row 2", "60"]);
}

#[test]
fn an_avoided_region_where_nothing_is_known() {
    let region = "constraint.0={ kind = \"region-avoidance\", center = [9.0, 0.5], radius = 0.2 }";
    let arguments = ["check", "configs/mueller-brown.toml", "--set", region];
    run(arguments).exits_with(2).complains_of(&["outside the range of `x`"]);
}

/// What cannot be computed is refused before anything is, by every command.
#[test]
fn every_command_checks_before_it_computes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let points = folder.path().join("points.csv");
    std::fs::write(&points, "log_snr,x,y\n4.0,0.0,0.0\n").expect("written");
    let points = points.display().to_string();
    let out = folder.path().join("out").display().to_string();
    let mueller_brown = "configs/mueller-brown.toml";
    run(["posterior", mueller_brown, &points, "--set", "landscape.grid_points=100000"])
        .exits_with(2)
        .complains_of(&["grid_points"]);
    let places = folder.path().join("places.csv");
    std::fs::write(&places, "x,y\n-0.5,1.4\n0.6,0.0\n").expect("written");
    run(["distance", mueller_brown, &places.display().to_string(), "--log-snr", "60", "--out", &out])
        .exits_with(2)
        .complains_of(&["--log-snr 60", "50"]);
    assert!(!Path::new(&out).join("landscape.csv").exists());
    run(["check", mueller_brown, "--set", "landscape.grid_points=3"])
        .exits_with(2)
        .complains_of(&["landscape.grid_points", "at least 4"]);
    run(["check", "configs/alanine-dipeptide.toml", "--set", "landscape.grid_points=12"])
        .exits_with(2)
        .complains_of(&["landscape.grid_points", "at least 18", "°"]);
    run(["check", "configs/alanine-dipeptide.toml", "--set", "landscape.grid_points=18"]).exits_with(0);
}
