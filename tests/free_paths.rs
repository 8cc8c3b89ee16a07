//! Free paths, rates and committors by the program: what goes wrong is said, and what comes out is right.

use std::path::Path;

use geodyssey_tests::{Outcome, run};
use serde_json::Value;

const WELL: &str = "configs/kramers-double-well.toml";
const FREE: &str = "configs/alanine-dipeptide-free.toml";

/// The command on a configuration with changes.
fn with(command: &str, config: &str, out: &Path, changes: &[&str]) -> Outcome {
    let fixed = [command, config, "--out", out.to_str().expect("a path")];
    run(fixed.into_iter().chain(changes.iter().flat_map(|change| ["--set", *change])))
}

/// Changes that make a small sampling of transition paths of the double well.
fn tps<'c>(more: &[&'c str]) -> Vec<&'c str> {
    let mut changes = vec![
        "paths.method=\"tps\"",
        "paths.moves=[\"two-way-shooting\"]",
        "landscape.thermal_energy=0.25",
        "geodesic.points=24",
        "sampling.paths=8",
        "paths.chains=16",
        "paths.trials=200",
        "paths.kept_paths=4",
    ];
    changes.extend(more);
    changes
}

/// `along` and `interfaces` go with rates: a configuration without them.
fn without_interfaces(folder: &Path) -> String {
    let text = std::fs::read_to_string(geodyssey_tests::repository().join(WELL)).expect("a configuration");
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !["along", "interfaces"].iter().any(|key| line.trim_start().starts_with(key)))
        .collect();
    let file = folder.join("well.toml");
    std::fs::write(&file, kept.join("\n")).expect("written");
    file.to_str().expect("a path").to_owned()
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_computed() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases: [(&str, &[&str], &[&str]); 18] = [
        (WELL, &["states.end.ranges={x=[-1.0,2.0]}"], &["not distinct"]),
        (WELL, &["states.end.ranges={x=[-0.995,2.0]}"], &["overlap"]),
        (WELL, &["states.start.ranges={y=[0.0,1.0]}"], &["there is no variable `y`", "expected one of x"]),
        (WELL, &["states.start.ranges={x=[-0.9,-2.0]}"], &["must increase"]),
        (WELL, &["states.start.ranges=[]"], &["expected at least one range"]),
        (WELL, &["states.start.ranges={x=[-2.0,-1.5]}"], &["lies outside the ranges of this state"]),
        (WELL, &["paths.interfaces=[-0.9,0.0,1.5]"], &["interface at 1.5", "does not lie between"]),
        (WELL, &["paths.interfaces=[-0.9,0.0,-0.5]"], &["rise, or that fall"]),
        (WELL, &["paths.along=\"z\""], &["there is no variable `z`"]),
        (WELL, &["paths.moves=[\"path-reversal\"]"], &["do not reach every path"]),
        (WELL, &["paths.moves=[\"two-way\"]"], &["two-way"]),
        (WELL, &["paths.moves=[]"], &["at least one move"]),
        (WELL, &["paths.longest_ps=0.03"], &["at least three frames"]),
        (WELL, &["paths.longest_ps=90000000"], &["at most 16000000 steps"]),
        (WELL, &["paths.method=\"tps\""], &["is for the ensembles of `method = \"retis\"`"]),
        (FREE, &["paths.mass=1.0"], &["masses of the force field"]),
        (FREE, &["paths.moves=[\"wire-fencing\",\"two-way-shooting\"]"], &["is for the ensembles of"]),
        (FREE, &["paths.seed=\"missing.xtc\""], &["missing.xtc"]),
    ];
    for (config, changes, texts) in cases {
        let outcome = with("check", config, &folder.path().join("run"), changes);
        assert_eq!(outcome.code, Some(2), "{changes:?}: {}{}", outcome.stdout, outcome.stderr);
        outcome.complains_of(texts);
        assert!(!folder.path().join("run").exists(), "{changes:?}");
    }
}

#[test]
fn what_goes_wrong_on_the_way_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = without_interfaces(folder.path());
    let out = |name: &str| folder.path().join(name);

    // No shot connects the states in so short a time.
    let outcome = with("run", &config, &out("short"), &tps(&["paths.longest_ps=0.5"]));
    outcome.exits_with(1).complains_of(&[
        "none of",
        "connects the states",
        "reached no state within `longest_ps`",
    ]);

    // A step that is far too long.
    let outcome = with("run", &config, &out("long-step"), &tps(&["paths.time_step_ps=3.0"]));
    assert!(outcome.code == Some(1) || outcome.stdout.contains("blew up"), "{}", outcome.stdout);
    assert!(!outcome.stderr.contains("panicked"));

    // Two trials of one chain, which are rejected.
    let all_rejected = (1..40).any(|seed| {
        let seed = seed.to_string();
        let changes = tps(&["paths.chains=1", "paths.trials=2"]);
        let fixed =
            ["run", &config, "--out", out("one").to_str().expect("a path"), "--seed", &seed, "--force"]
                .map(str::to_owned);
        let changes = changes.iter().flat_map(|change| ["--set".to_owned(), (*change).to_owned()]);
        let outcome = run(fixed.into_iter().chain(changes));
        outcome.code == Some(1) && outcome.stderr.contains("trials were rejected")
    });
    assert!(all_rejected);

    // Longest paths that cut the ensemble off, and too few trials.
    let outcome =
        with("run", &config, &out("cut"), &tps(&["paths.longest_ps=6", "paths.trials=30"])).exits_with(0);
    assert!(outcome.stdout.contains("the ensemble may lack its longest paths"), "{}", outcome.stdout);
    let outcome =
        with("run", &config, &out("few"), &tps(&["paths.trials=6", "paths.chains=2"])).exits_with(0);
    assert!(outcome.stdout.contains("more trials"), "{}", outcome.stdout);
}

fn summary(out: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(out.join("summary.json")).expect("a summary")).expect("JSON")
}

/// The table holds what the summary says of the paths.
#[test]
fn the_table_of_free_paths_is_the_summary_s() {
    let folder = tempfile::tempdir().expect("a folder");
    let (config, out) = (without_interfaces(folder.path()), folder.path().join("run"));
    with("run", &config, &out, &tps(&[])).exits_with(0);
    let free = &summary(&out)["free_paths"];
    let mut reader = csv::Reader::from_path(out.join("free-paths.csv")).expect("the table");
    let head = reader.headers().expect("a header").clone();
    let place = |name: &str| head.iter().position(|known| known == name).expect("a column");
    let (length, weight, accepted) = (place("length_ps"), place("weight"), place("accepted"));
    let (mut rows, mut taken, mut sum, mut weights) = (0.0, 0.0, 0.0, 0.0);
    for row in reader.records() {
        let row = row.expect("a row");
        let number = |place: usize| row[place].parse::<f64>().expect("a number");
        rows += 1.0;
        taken += number(accepted);
        sum += number(weight) * number(length);
        weights += number(weight);
    }
    let number = |name: &str| free[name].as_f64().expect("a number");
    assert_eq!(rows, number("trials"));
    assert!((taken / rows - number("acceptance")).abs() < 1e-12);
    assert!((sum / weights - number("mean_length_ps")).abs() < 1e-9);
    assert!(number("lane_occupancy") > 0.9 && number("decorrelated") > 100.0, "{free}");
    for path in 0..4 {
        let text =
            std::fs::read_to_string(out.join(format!("free-paths/free-000{path}.csv"))).expect("a path");
        assert!(text.starts_with("frame,time_ps,x,potential_energy_kj_mol,landscape_energy_kj_mol\n0,0,"));
    }
}

/// Half of the trajectories from the top of a symmetric barrier go to either side, and the landscape says the same.
#[test]
fn the_committor_of_a_symmetric_barrier_is_one_half() {
    let folder = tempfile::tempdir().expect("a folder");
    let (config, out) = (without_interfaces(folder.path()), folder.path().join("run"));
    let table = folder.path().join("points.csv");
    std::fs::write(&table, "x\n-0.9\n0.0\n0.9\n").expect("written");
    let changes = tps(&["committor.trajectories=400", "committor.trajectories_if_undecided=2000"]);
    let fixed = ["committor", &config, table.to_str().expect("a path"), "--json", "--out"];
    let fixed = fixed.into_iter().chain([out.to_str().expect("a path")]);
    let outcome = run(fixed.chain(changes.iter().flat_map(|change| ["--set", *change]))).exits_with(0);
    let record = outcome.json();
    let row = |index: usize, name: &str| record["structures"][index][name].as_f64().expect("a number");
    let middle = (row(1, "committor") - 0.5) / row(1, "committor_error");
    assert!(middle.abs() < 3.5, "{record:#}");
    assert_eq!(row(1, "in_start") + row(1, "in_end"), 2000.0);
    assert!((row(1, "landscape_committor") - 0.5).abs() < 1e-3, "{record:#}");
    let sum = row(0, "committor") + row(2, "committor") - 1.0;
    assert!(sum.abs() < 4.0 * row(0, "committor_error").hypot(row(2, "committor_error")), "{record:#}");
    assert!(out.join("structures-committor.csv").exists());
}

/// Both rates of a symmetric well at a barrier of four kT are the same within their errors, and the states have one free energy.
#[test]
fn rates_of_a_symmetric_well_obey_detailed_balance() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let changes = [
        "landscape.thermal_energy=0.25",
        "paths.interfaces=[-0.99,-0.6,-0.35,0.0]",
        "paths.chains=8",
        "paths.trials=400",
        "geodesic.points=24",
        "sampling.paths=8",
    ];
    with("run", WELL, &out, &changes).exits_with(0);
    let rate = &summary(&out)["rate"];
    let number = |name: &str| rate[name].as_f64().expect("a number");
    let (forward, backward) = (number("k_ab_per_ps"), number("k_ba_per_ps"));
    let error = number("k_ab_error_per_ps").hypot(number("k_ba_error_per_ps"));
    assert!((forward - backward).abs() < 3.5 * error && error < 0.4 * forward, "{rate:#}");
    assert!(number("delta_f_check_kj_mol").abs() < 0.1, "{rate:#}");
    assert_eq!(rate["time_unit"], "landscape");
}
