//! Metrics of paths, those of transition path sampling among them, found again from the files that a run leaves.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use geodyssey_tests::{python, repository, run, short};
use serde_json::Value;

/// Distance and torsions of every frame of a path from the end state's structure, by mdtraj.
const SCRIPT: &str = "
import sys, mdtraj, numpy
trajectory = mdtraj.load(sys.argv[1], top=sys.argv[2])
target = mdtraj.load(sys.argv[3])
heavy = trajectory.topology.select('element != H')
distances = mdtraj.rmsd(trajectory, target, atom_indices=heavy)
torsions = [(4, 6, 8, 14), (6, 8, 14, 16)]
difference = mdtraj.compute_dihedrals(trajectory, torsions) - mdtraj.compute_dihedrals(target, torsions)
difference = (difference + numpy.pi) % (2 * numpy.pi) - numpy.pi
for row in zip(distances, numpy.sqrt((difference ** 2).sum(axis=1))):
    print(*row)
";

type Rows = Vec<BTreeMap<String, String>>;

fn table(text: &str) -> Rows {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().expect("a table")
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} in {row:?}"))
}

#[test]
fn paths_are_cut_at_the_frame_nearest_to_the_target() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run");
    let config = "configs/alanine-dipeptide-tps.toml";
    let mut arguments = vec!["run", config, "--json", "--out", out.to_str().expect("a path")];
    arguments.extend(short(config));
    // One step a frame, so that the highest energy over the steps is that over the frames; too few for every path to arrive.
    let changes = ["sampling.paths=4", "sampling.duration_ps=0.05", "geodesic.points=50"];
    arguments.extend(changes.into_iter().flat_map(|change| ["--set", change]));
    let summary = run(arguments).exits_with(0).json();
    let read = |name: &str| std::fs::read_to_string(out.join(name)).expect("a file");
    let paths = table(&read("paths.csv"));
    assert_eq!(paths.len(), 4);
    let mut highest_of_hits = Vec::new();
    for path in &paths {
        let frames = table(&read(&format!("paths/{}.csv", path["path"])));
        let last = number(path, "nearest_frame") as usize;
        let energies = frames[..=last].iter().map(|frame| number(frame, "potential_energy_kj_mol"));
        let highest = energies.fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(number(path, "max_potential_energy_to_nearest_kj_mol"), highest);
        let hit = number(path, "nearest_torsion_distance_rad") < 0.75;
        assert_eq!(path["hit"], if hit { "1" } else { "0" });
        highest_of_hits.extend(hit.then_some(highest));
        compare_with_mdtraj(&out, path, last);
    }
    let transition = &summary["transition"];
    assert_eq!(transition["target_hit_share"], highest_of_hits.len() as f64 / 4.0);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    match transition["energy"]["mean_kj_mol"].as_f64() {
        Some(energy) => assert!((energy - mean(&highest_of_hits)).abs() < 1e-9),
        None => assert!(highest_of_hits.is_empty()),
    }
    let distances: Vec<f64> = paths.iter().map(|path| number(path, "nearest_rmsd_nm")).collect();
    let found = transition["rmsd"]["mean_nm"].as_f64().expect("a distance");
    assert!((found - mean(&distances)).abs() < 1e-12);
}

/// The summary of a run with changes, in a folder.
fn summary(config: &str, out: &Path, changes: &[&str]) -> Value {
    let fixed = ["run", config, "--json", "--out", out.to_str().expect("a path")];
    run(fixed.into_iter().chain(changes.iter().flat_map(|change| ["--set", change]))).exits_with(0).json()
}

const MUELLER_BROWN: &str = "tests/cases/across-the-shoulder/mueller-brown.toml";
const SMALL: [&str; 3] = ["geodesic.points=24", "landscape.grid_points=32", "sampling.steps_per_point=8"];

#[test]
fn frames_inside_avoided_regions_are_those_of_the_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run");
    let changes = [
        "sampling.paths=8",
        "sampling.frame_stride=5",
        "constraint.1.kind=region-avoidance",
        "constraint.1.center=[-0.5, 1.0]",
        "constraint.1.radius=0.3",
        "constraint.1.report_only=true",
    ];
    let found = summary(MUELLER_BROWN, &out, &[&SMALL[..], &changes[..]].concat());
    let (mut frames, mut inside) = (0, 0);
    for path in 0..8 {
        let text = std::fs::read_to_string(out.join(format!("paths/path-{path:04}.csv"))).expect("a table");
        for row in table(&text) {
            frames += 1;
            let distance = f64::hypot(number(&row, "x") + 0.5, number(&row, "y") - 1.0);
            inside += u32::from(distance <= 0.3);
        }
    }
    assert!(frames == 8 * 6 && inside > 0, "{inside} of {frames}");
    assert_eq!(found["sampling"]["share_inside_avoided"], f64::from(inside) / f64::from(frames));
}

#[test]
fn dissipated_work_is_counted_from_the_free_energy_that_the_summary_names() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("surface");
    let of = |backward: &str| {
        let changes = ["sampling.paths=8", backward];
        summary(MUELLER_BROWN, &out, &[&SMALL[..], &changes[..]].concat())["work"].clone()
    };
    let get = |value: &Value| value.as_f64().expect("a number");
    let kt = 10.0;
    let work = of("sampling.backward=false");
    let forward = &work["forward"];
    assert_eq!(work["dissipated_delta_f_source"], "landscape");
    let beyond = get(&forward["mean_kj_mol"]) - get(&work["landscape_delta_f_kj_mol"]);
    assert!((get(&forward["dissipated_kt"]) - beyond / kt).abs() < 1e-9);
    let error = get(&forward["standard_error_kj_mol"]) / kt;
    assert!((get(&forward["dissipated_error_kt"]) - error).abs() < 1e-9);
    let work = of("sampling.backward=true");
    assert_eq!(work["dissipated_delta_f_source"], "bar");
    let beyond = get(&work["backward"]["mean_kj_mol"]) + get(&work["delta_f_kj_mol"]);
    assert!((get(&work["backward"]["dissipated_kt"]) - beyond / kt).abs() < 1e-9);

    // Least potential energies are no free energies of atoms.
    let out = folder.path().join("atoms");
    let of = |backward: bool| {
        let sampling = format!(
            "sampling={{ paths = 3, duration_ps = 0.2, equilibration_ps = 0.05, backward = {backward} }}"
        );
        let landscape = "landscape={ method = \"relaxed-scan\", grid_points = 18 }";
        let changes = [landscape, "geodesic.points=24", &sampling];
        summary("configs/alanine-dipeptide.toml", &out, &changes)["work"].clone()
    };
    let work = of(false);
    assert!(
        work["forward"]["mean_kj_mol"].is_number() && work["forward"]["dissipated_kt"].is_null(),
        "{work}"
    );
    assert!(
        work["landscape_delta_f_kj_mol"].is_null() && work["dissipated_delta_f_source"].is_null(),
        "{work}"
    );
    let work = of(true);
    assert!(
        work["landscape_delta_f_kj_mol"].is_null() && work["forward"]["dissipated_kt"].is_number(),
        "{work}"
    );
    assert_eq!(work["dissipated_delta_f_source"], "bar");
}

fn compare_with_mdtraj(out: &Path, path: &BTreeMap<String, String>, last: usize) {
    let Some(python) = python() else { return };
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .args([out.join(format!("paths/{}.xtc", path["path"])), out.join("topology.pdb")])
        .arg(repository().join("systems/alanine-dipeptide/c7ax.pdb"))
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("numbers");
    let rows: Vec<Vec<f64>> = text
        .lines()
        .map(|line| line.split_whitespace().map(|word| word.parse().expect("a number")).collect())
        .collect();
    // Positions in the trajectory are rounded to 0.001 nm.
    assert!((rows[last][0] - number(path, "nearest_rmsd_nm")).abs() < 5e-4, "{rows:?}");
    assert!((rows[last][1] - number(path, "nearest_torsion_distance_rad")).abs() < 0.02, "{rows:?}");
    let nearest = rows.iter().map(|row| row[0]).fold(f64::INFINITY, f64::min);
    assert!(rows[last][0] < nearest + 5e-4, "frame {last} is not the nearest one");
}
