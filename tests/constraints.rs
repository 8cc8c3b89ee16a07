//! Constraints and states are judged by what the paths and the landscape make of them, not by what the configuration asked for.

use std::fmt::Write as _;
use std::path::Path;

use geodyssey_tests::run;
use serde_json::Value;

/// Two wells of `5 (x² - 1)² + 2 y²` as a table, and a run from one to the other past a disc, kT = 2.5 kJ/mol.
const WELLS: &str = r#"
[landscape]
method = "table"
file   = "wells.csv"
thermal_energy = 2.5

[[variable]]
name = "x"
[[variable]]
name = "y"

[states.start]
center = [-1.0, 0.0]
radius = 0.4
[states.end]
center = [1.0, 0.0]
radius = 0.4

[geodesic]
points = 48

[[constraint]]
kind = "low-variance"
log_snr_floor = 3.0
[[constraint]]
kind   = "region-avoidance"
center = [0.0, 0.3]
radius = 0.4

[sampling]
paths = 16
"#;

fn wells(folder: &Path) {
    let mut table = String::from("x,y,energy_kj_mol\n");
    let at = |index: i32| -2.0 + 0.1 * f64::from(index);
    for (x, y) in (0..41).flat_map(|i| (0..41).map(move |j| (at(i), at(j)))) {
        writeln!(table, "{x},{y},{}", 5.0 * (x * x - 1.0).powi(2) + 2.0 * y * y).expect("a string");
    }
    std::fs::write(folder.join("wells.csv"), table).expect("written");
}

/// A wide ridge of `20 exp(-½ (x/0.2)²)` between two flat basins, over which a posterior leaps, and atoms cannot.
const RIDGE: &str = r#"
[landscape]
method = "table"
file   = "ridge.csv"
thermal_energy = 2.5

[[variable]]
name = "x"

[states.start]
center = [-0.9]
radius = 0.4
[states.end]
center = [0.9]
radius = 0.4

[geodesic]
log_snr = 4.6
points  = 64

[[constraint]]
kind = "low-variance"
log_snr_floor = 4.6
[[constraint]]
kind = "energy-ceiling"
ceiling_kj_mol = 11.6

[sampling]
paths           = 16
steps_per_point = 16
"#;

fn ridge(folder: &Path) {
    let mut table = String::from("x,energy_kj_mol\n");
    for x in (0..161).map(|index| -1.6 + 0.02 * f64::from(index)) {
        let energy = 20.0 * (-0.5 * (x / 0.2_f64).powi(2)).exp() + 10.0 * (x.abs() - 1.0).max(0.0).powi(2);
        writeln!(table, "{x},{energy}").expect("a string");
    }
    std::fs::write(folder.join("ridge.csv"), table).expect("written");
}

fn summary(folder: &Path, config: &str, name: &str, changes: &[&str]) -> Value {
    let file = folder.join("run.toml");
    std::fs::write(&file, config).expect("written");
    let (file, out) = (file.display().to_string(), folder.join(name).display().to_string());
    let changes = changes.iter().flat_map(|change| ["--set", change]);
    run(["run", &file, "--json", "--out", &out].into_iter().chain(changes)).exits_with(0).json()
}

fn column(file: &Path, name: &str) -> Vec<f64> {
    let mut reader = csv::Reader::from_path(file).expect("a table");
    let place = reader.headers().expect("a header").iter().position(|header| header == name).expect(name);
    reader.records().map(|row| row.expect("a row")[place].parse().expect("a number")).collect()
}

fn warns(summary: &Value, text: &str) -> bool {
    let warnings = summary["warnings"].as_array().expect("a list of warnings");
    warnings.iter().any(|warning| warning.to_string().contains(text))
}

/// Both ways the curve keeps the divergence that it was asked to keep; whether the paths stay out is counted in their own tables.
#[test]
fn a_region_is_kept_by_paths_that_stay_out_of_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    wells(folder.path());
    for (name, changes) in [("kept", &[][..]), ("broken", &["constraint.1.least_kl_nats=0.4"])] {
        let summary = summary(folder.path(), WELLS, name, changes);
        let constraint = &summary["constraints"][1];
        assert_eq!(constraint["satisfied"], true, "{constraint}");
        let paths = folder.path().join(name).join("paths");
        let mut inside = Vec::new();
        for number in 0..16 {
            let file = paths.join(format!("path-{number:04}.csv"));
            let points = column(&file, "x").into_iter().zip(column(&file, "y"));
            inside.push(points.filter(|(x, y)| x.hypot(y - 0.3) <= 0.4).count());
        }
        let sampled = &constraint["sampled"];
        let entered = inside.iter().filter(|count| **count > 0).count() as f64 / 16.0;
        let share = inside.iter().sum::<usize>() as f64 / (16.0 * 48.0);
        assert_eq!(sampled["value"].as_f64(), Some(entered));
        assert!((sampled["share_of_points_inside"].as_f64().expect("a share") - share).abs() < 1e-12);
        assert_eq!(sampled["kept"], entered <= 0.1);
        // Nearly all enter, or hardly any; what is said follows from it.
        assert_eq!(entered > 0.5, name == "broken", "{entered}");
        assert_eq!(warns(&summary, "is satisfied by the curve, but not by the paths"), name == "broken");
    }
}

/// The posteriors' mean energy stays below 11.5 kJ/mol; dragged over the ridge, all paths are higher at one point of the curve.
#[test]
fn a_ceiling_is_kept_by_paths_that_stay_below_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    ridge(folder.path());
    for (name, steps, kept) in
        [("fast", "sampling.steps_per_point=16", false), ("slow", "sampling.steps_per_point=1024", true)]
    {
        let summary = summary(folder.path(), RIDGE, name, &[steps]);
        let constraint = &summary["constraints"][1];
        assert_eq!(constraint["satisfied"], true, "{constraint}");
        let paths = folder.path().join(name).join("paths");
        let energies: Vec<Vec<f64>> = (0..16)
            .map(|number| column(&paths.join(format!("path-{number:04}.csv")), "landscape_energy_kj_mol"))
            .collect();
        let mean = |point: usize| energies.iter().map(|path| path[point]).sum::<f64>() / 16.0;
        let highest = (1..63).map(mean).fold(0.0, f64::max);
        let sampled = &constraint["sampled"];
        assert!(
            (sampled["value"].as_f64().expect("an energy") - highest).abs() < 1e-9,
            "{sampled} {highest}"
        );
        // One kT above the ceiling is allowed.
        assert_eq!(sampled["kept"], highest <= 11.6 + 2.5, "{highest}");
        assert_eq!(sampled["kept"], kept, "{highest}");
        assert_eq!(warns(&summary, "energy-ceiling"), !kept);
    }
}

/// A start that lies 2 · 1.9² = 7.22 kJ/mol up the side of its valley, 2.9 kT, is said to be no state; one in the valley is not.
#[test]
fn a_state_on_a_slope_is_said_to_be_none() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    wells(folder.path());
    let slope = summary(folder.path(), WELLS, "slope", &["states.start.center=[-1.0,1.9]"]);
    let above =
        |summary: &Value, state: usize| summary["states"][state]["above_basin_minimum_kj_mol"].as_f64();
    assert!((above(&slope, 0).expect("a height") - 7.22).abs() < 1e-9, "{}", slope["states"]);
    assert_eq!(slope["states"][0]["basin_minimum"], serde_json::json!([-1.0, 0.0]));
    assert!(warns(
        &slope,
        "The start state is not stable on this landscape: it lies 7.2 kJ/mol (2.9 kT) up a slope"
    ));
    assert!(!warns(&slope, "The end state is not stable"));
    // 2 · 1.5² = 4.5 kJ/mol are 1.8 kT: within the basin's own fluctuations.
    let within = summary(folder.path(), WELLS, "within", &["states.start.center=[-1.0,1.5]"]);
    assert!((above(&within, 0).expect("a height") - 4.5).abs() < 1e-9, "{}", within["states"]);
    assert!(!warns(&within, "is not stable on this landscape"));
}
