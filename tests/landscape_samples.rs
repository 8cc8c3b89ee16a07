//! Samples in place of an energy: tables, trajectories with weights, and what is made of them.

use std::fs;
use std::path::{Path, PathBuf};

use geodyssey_tests::{repository, run, short};

/// The columns of a table by their names.
fn column(path: &Path, name: &str) -> Vec<f64> {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    let index = reader.headers().expect("a header").iter().position(|header| header == name);
    let index = index.unwrap_or_else(|| panic!("{name} is not in {}", path.display()));
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| row[index].parse().expect("a number")).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

/// Two weighted samples with a Gaussian of standard deviation 0.3 about each: the posterior mean is known in closed form.
#[test]
fn a_table_of_weighted_samples_has_the_posterior_of_its_mixture() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, content: &str| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("written");
        path
    };
    let config = file(
        "run.toml",
        "[[variable]]\nname = \"x\"\n[landscape]\nmethod = \"samples\"\nsamples = \"s.csv\"\nthermal_energy = 1.0\n\
         [denoiser]\nbandwidth = 0.3\n",
    );
    file("s.csv", "note,x,weight\n1,-1.0,3\n2,0.5,1\n");
    let points = file("points.csv", "log_snr,x\n0.7,0.2\n-1.0,-3.0\n");
    let answer = run(["posterior", text(&config), text(&points), "--json"]).exits_with(0).json();
    for (index, (log_snr, y)) in [(0.7_f64, 0.2), (-1.0, -3.0)].into_iter().enumerate() {
        let (precision, square) = (log_snr.exp(), 0.09);
        let (mut sum, mut weights) = (0.0, 0.0);
        for (x, weight) in [(-1.0, 0.75), (0.5, 0.25)] {
            let variance: f64 = square + 1.0 / precision;
            let evidence = weight * (-0.5 * (y - x) * (y - x) / variance).exp();
            sum += evidence * (x / square + precision * y) / (1.0 / square + precision);
            weights += evidence;
        }
        let mean = answer["points"][index]["mean"][0].as_f64().expect("a mean");
        assert!((mean - sum / weights).abs() < 1e-12, "{mean}, expected {}", sum / weights);
    }
    // Samples are no surface that the variables could move on: said before anything is written.
    let states = "[states.start]\ncenter = [-1.0]\n[states.end]\ncenter = [0.5]\n";
    let with_states = fs::read_to_string(&config).expect("read") + states;
    fs::write(&config, with_states).expect("written");
    let out = folder.path().join("out");
    run(["run", text(&config), "--out", text(&out)]).exits_with(2).complains_of(&["no energy surface"]);
    let summary = run(["geodesic", text(&config), "--out", text(&out), "--json"]).exits_with(0).json();
    assert_eq!(summary["landscape"]["samples"]["frames"], 2);
    assert!(
        (summary["landscape"]["samples"]["effective_size"].as_f64().expect("a number") - 1.6).abs() < 1e-12
    );
    assert!(out.join("samples.csv").exists() && !out.join("landscape.csv").exists());
}

/// Frames of trajectories that the program wrote itself: the samples are the variables that it wrote beside them.
#[test]
fn samples_of_a_trajectory_are_the_variables_of_its_frames() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths = folder.path().join("paths-run");
    let arguments = ["sample", "configs/alanine-dipeptide.toml", "--out", text(&paths)].into_iter();
    run(arguments.chain(short("configs/alanine-dipeptide.toml"))).exits_with(0);
    let trajectories = ["path-0000", "path-0001"].map(|name| paths.join("paths").join(name));
    let listed = trajectories.each_ref().map(|path| format!("{:?}", text(&path.with_extension("xtc"))));
    let original = fs::read_to_string(repository().join("configs/alanine-dipeptide.toml")).expect("read");
    let systems = format!("{}/", repository().join("systems").display());
    let config = folder.path().join("run.toml");
    let write = |further: &str| {
        let method = format!("method = \"samples\"\ntrajectory = [{}]\n{further}", listed.join(", "));
        let changed = original.replace("../systems/", &systems).replace("method = \"metadynamics\"", &method);
        fs::write(&config, changed).expect("written");
    };
    let frames = column(&trajectories[0].with_extension("csv"), "phi_rad").len();
    let weights: String = (0..2 * frames).map(|frame| format!("{}\n", 1 + frame % 4)).collect();
    fs::write(folder.path().join("w.csv"), format!("weight\n{weights}")).expect("written");

    write("weights = \"w.csv\"\nstride = 3\n");
    let out = folder.path().join("out");
    let summary = run(["landscape", text(&config), "--out", text(&out), "--json"]).exits_with(0).json();
    let taken: Vec<usize> = (0..2 * frames).step_by(3).collect();
    assert_eq!(summary["landscape"]["samples"]["frames"], taken.len());
    let total: f64 = taken.iter().map(|frame| (1 + frame % 4) as f64).sum();
    for (frame, weight) in taken.iter().zip(column(&out.join("samples.csv"), "weight")) {
        assert!((weight - (1 + frame % 4) as f64 / total).abs() < 1e-14);
    }
    for name in ["phi_rad", "psi_rad"] {
        let written: Vec<f64> = trajectories
            .iter()
            .flat_map(|path| column(&path.with_extension("csv"), name))
            .step_by(3)
            .collect();
        let read = column(&out.join("samples.csv"), name);
        assert_eq!(written.len(), read.len());
        for (a, b) in written.iter().zip(&read) {
            let difference =
                (a - b + std::f64::consts::PI).rem_euclid(std::f64::consts::TAU) - std::f64::consts::PI;
            // XTC keeps 0.001 nm.
            assert!(difference.abs() < 0.03, "{name}: {a} and {b}");
        }
    }
    run(["landscape", text(&config), "--out", text(&out)]).exits_with(0).complains_of(&["up to date"]);

    fs::write(folder.path().join("w.csv"), "weight\n1\n2\n").expect("written");
    run(["check", text(&config)]).exits_with(2).complains_of(&["2 rows", "w.csv"]);
    write("samples = \"s.csv\"\n");
    run(["check", text(&config)]).exits_with(2).complains_of(&["not both"]);
    write("[landscape.replica_exchange]\n");
    run(["check", text(&config)]).exits_with(2).complains_of(&["not both"]);
}

/// Ladders that cannot be are refused with their key.
#[test]
fn ladders_that_cannot_be_are_refused() {
    let check = |changes: &[&str], texts: &[&str]| {
        let mut arguments = vec!["check", "configs/ace-ala3-nme.toml"];
        changes.iter().for_each(|change| arguments.extend(["--set", change]));
        run(arguments).exits_with(2).complains_of(texts);
    };
    let key = "landscape.replica_exchange";
    check(&[&format!("{key}.highest_temperature_k=250.0")], &["250 K", "not above"]);
    check(&[&format!("{key}.temperatures=1")], &["temperatures", "at least 2"]);
    check(&[&format!("{key}.ladders=0")], &["ladders", "at least 1"]);
    check(&[&format!("{key}.exchange_intervall_ps=1")], &["exchange_intervall_ps", "exchange_interval_ps"]);
    check(&[&format!("{key}.temperatures_k=[300.0, 400.0]")], &["not both"]);
}

/// Two wells of `10 (x² - 1)² + 4 y²` as a table with standard errors, in which some points were not sampled and stand on a
/// plateau of 4 kJ/mol, and the geodesic on it.
fn on_partly_sampled_table(sampled: impl Fn(f64, f64) -> bool) -> serde_json::Value {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut table = "x,y,energy_kj_mol,standard_error_kj_mol,sampled\n".to_owned();
    for i in 0..41 {
        for j in 0..41 {
            let (x, y) = (-2.0 + 0.1 * f64::from(i), -2.0 + 0.1 * f64::from(j));
            let energy = 10.0 * (x * x - 1.0).powi(2) + 4.0 * y * y;
            table += &if sampled(x, y) {
                // Errors grow with x² so that each place has its own.
                format!("{x},{y},{energy},{},1\n", 0.5 + 0.1 * x * x)
            } else {
                format!("{x},{y},4,,0\n")
            };
        }
    }
    fs::write(folder.path().join("table.csv"), table).expect("written");
    let config = folder.path().join("run.toml");
    let text_of_config = "[[variable]]\nname = \"x\"\n[[variable]]\nname = \"y\"\n[landscape]\nmethod = \"table\"\n\
                          file = \"table.csv\"\nthermal_energy = 1.0\n[states.start]\ncenter = [-1.0, 0.0]\n\
                          [states.end]\ncenter = [1.0, 0.0]\n[geodesic]\npoints = 12\nlog_snr = 3.0\n";
    fs::write(&config, text_of_config).expect("written");
    let out = folder.path().join("out");
    let summary = run(["geodesic", text(&config), "--out", text(&out), "--json"]).exits_with(0).json();
    // What was sampled is kept with the run's own table, and what was not is not put into it as if it were known.
    let kept = column(&out.join("landscape.csv"), "sampled");
    assert!(kept.contains(&0.0) && kept.contains(&1.0));
    summary
}

fn warned_of(summary: &serde_json::Value, words: &str) -> bool {
    let warnings = summary["warnings"].as_array().into_iter().flatten();
    warnings.filter_map(|warning| warning["message"].as_str()).any(|message| message.contains(words))
}

/// The ridge was sampled at y ≥ 1 only: the barrier is 14 there, with its own error, and that a way across the plateau may be
/// lower is said.
#[test]
fn the_barrier_keeps_to_sampled_ground_and_has_the_error_of_its_place() {
    let summary = on_partly_sampled_table(|x, y| x.abs() > 0.35 || y > 0.95);
    let landscape = &summary["landscape"];
    assert_eq!(landscape["lower_bound_sampled"], true);
    let bound = landscape["lower_bound_kj_mol"].as_f64().expect("a bound");
    // The step of 8 kJ/mol down to the plateau makes the spline swing by some hundredths of it.
    assert!((bound - 14.0).abs() < 0.5, "{bound}");
    assert_eq!(landscape["lower_bound_error_kj_mol"].as_f64().map(|error| (10.0 * error).round()), Some(5.0));
    assert!(warned_of(&summary, "may be lower"), "{}", summary["warnings"]);
}

/// Nothing of the ridge was sampled: there is no barrier to speak of, only what it lies above, and no error.
#[test]
fn a_barrier_over_unsampled_ground_is_said_to_be_unknown() {
    let summary = on_partly_sampled_table(|x, _| x.abs() > 0.35);
    let landscape = &summary["landscape"];
    assert_eq!(landscape["lower_bound_sampled"], false);
    assert!(landscape["lower_bound_error_kj_mol"].is_null());
    // The rim of the unsampled ground, at x = ±0.4, lies at 7.06.
    let bound = landscape["lower_bound_kj_mol"].as_f64().expect("a bound");
    assert!((6.0..7.6).contains(&bound), "{bound}");
    assert!(warned_of(&summary, "the lowest barrier is not known"), "{}", summary["warnings"]);
    assert!(warned_of(&summary, "of the curve's 12 points"), "{}", summary["warnings"]);
}

/// Walkers that have no time say so, name the keys, and claim no more than they know.
#[test]
fn metadynamics_that_is_too_short_names_what_to_raise() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let config = "configs/alanine-dipeptide.toml";
    let mut arguments = vec!["landscape", config, "--json", "--out", text(&out)];
    let changes = short(config);
    arguments.extend(&changes);
    let summary = run(&arguments).exits_with(0).json();
    let walkers = &summary["landscape"]["metadynamics"];
    assert_eq!(
        (walkers["filling_time_ps"].as_f64(), walkers["sampling_time_ps"].as_f64()),
        (Some(4.0), Some(4.0))
    );
    assert_eq!(
        (walkers["arrivals_at_start"].as_u64(), walkers["arrivals_at_end"].as_u64()),
        (Some(0), Some(0))
    );
    // The truth is 6.7.
    let [value, error] =
        ["delta_f_kj_mol", "delta_f_error_kj_mol"].map(|key| walkers[key].as_f64().expect(key));
    assert!((value - 6.7).abs() < 3.0 * error && error > 2.0, "{value} ± {error}");
    assert!(warned_of(&summary, "`landscape.filling_limit_ps`"));
    assert!(warned_of(&summary, "`landscape.sampling_limit_ps`"));
    // Where no walker was no error is claimed.
    let table = fs::read_to_string(out.join("landscape.csv")).expect("read");
    let known: Vec<bool> = table.lines().skip(1).map(|row| !row.ends_with(",,0")).collect();
    assert!(known.contains(&true) && known.contains(&false));
    let sampled = column(&out.join("landscape.csv"), "sampled");
    assert!(known.iter().zip(&sampled).all(|(known, sampled)| *known == (*sampled == 1.0)));
    let record: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("landscape.json")).expect("read")).expect("JSON");
    assert_eq!(record["metadynamics"]["walkers"].as_array().map(Vec::len), Some(16));
}
