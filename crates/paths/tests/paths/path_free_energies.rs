//! Free energies from paths of both ways, on a landscape where every one of them is known.

use geodyssey_dynamics::{Overdamped, TetherPoint};
use geodyssey_paths::path_free_energy::{
    BothWays, DrivenPath, DrivenPaths, PathFreeEnergies, path_free_energies,
};
use geodyssey_paths::{AnnealingProtocol, PathId, VariableAnnealing};
use geodyssey_statistics::RandomStream;
use geodyssey_statistics::work::bar;
use rayon::prelude::*;

/// Weight, mean and deviation of two Gaussians, whose mixture is the density at kT = 1: a wide well and a narrow one.
const WELLS: [(f64, f64, f64); 2] = [(0.8, -1.0, 0.4), (0.2, 1.0, 0.2)];
const LOG_SNR: f64 = 3.0;
const POINTS: usize = 33;

fn normal(x: f64, mean: f64, variance: f64) -> f64 {
    (-0.5 * (x - mean).powi(2) / variance).exp() / (std::f64::consts::TAU * variance).sqrt()
}

fn energy(x: &[f64], gradient: &mut [f64]) -> f64 {
    let parts = WELLS.map(|(weight, mean, deviation)| weight * normal(x[0], mean, deviation.powi(2)));
    let slopes = WELLS.map(|(_, mean, deviation)| (x[0] - mean) / deviation.powi(2));
    let sum = parts[0] + parts[1];
    gradient[0] = (parts[0] * slopes[0] + parts[1] * slopes[1]) / sum;
    -sum.ln()
}

/// From the middle of the wide well to beside that of the narrow one.
fn curve() -> Vec<TetherPoint> {
    let center = |n: usize| vec![-1.0 + 1.9 * n as f64 / (POINTS - 1) as f64];
    (0..POINTS).map(|n| TetherPoint { log_snr: LOG_SNR, center: center(n) }).collect()
}

/// `-log ∫ exp(-F - ½ e^λ (x-y)²)`, up to a constant.
fn tethered(point: &TetherPoint) -> f64 {
    let weight = |(weight, mean, deviation): (f64, f64, f64)| {
        weight * normal(point.center[0], mean, deviation.powi(2) + (-point.log_snr).exp())
    };
    -WELLS.map(weight).iter().sum::<f64>().ln()
}

fn paths(steps: u64, paths: usize, repeat: u64) -> PathFreeEnergies {
    let curve = curve();
    let reversed: Vec<TetherPoint> = curve.iter().rev().cloned().collect();
    let protocol = AnnealingProtocol {
        equilibration_steps: 200,
        steps_per_point: steps,
        switches_per_point: steps,
        frame_stride: 1,
    };
    let run = |curve: &[TetherPoint], name: &str| -> Vec<DrivenPath> {
        let random = RandomStream::new(repeat, name);
        let dynamics = Overdamped::new(0.02, true, 1.0).unwrap();
        let annealing =
            VariableAnnealing::new(&energy, &[None], dynamics, curve, protocol, 1.0, random).unwrap();
        let mut batches = annealing.start(PathId::forward(0), &vec![curve[0].center.clone(); paths]).unwrap();
        batches.par_iter_mut().for_each(|batch| annealing.advance(batch, usize::MAX));
        let all = batches.iter().flat_map(|batch| batch.paths());
        all.map(|path| DrivenPath {
            work_kj_mol: path.points.iter().map(|record| record.work_kj_mol).collect(),
            variables: path.points.iter().map(|record| record.variables.clone()).collect(),
        })
        .collect()
    };
    let forward = run(&curve, "forward");
    let backward: Vec<DrivenPath> =
        run(&reversed, "backward").into_iter().map(DrivenPath::turned_round).collect();
    let driven = DrivenPaths {
        windows: &curve,
        periods: &[None],
        thermal_energy_kj_mol: 1.0,
        forward: &forward,
        backward: &backward,
    };
    let (left, right) = (|x: &[f64]| x[0] < 0.2, |x: &[f64]| x[0] >= 0.2);
    let (near_left, near_right) =
        (|x: &[f64]| (x[0] + 1.0).abs() < 0.3, |x: &[f64]| (x[0] - 1.0).abs() < 0.3);
    let nowhere = |_: &[f64]| false;
    let found = path_free_energies(
        &driven,
        &[[&left, &right], [&near_left, &near_right], [&left, &nowhere]],
        RandomStream::new(repeat, "bootstrap"),
    )
    .unwrap();
    // The last window's is Bennett's.
    let total = |paths: &[DrivenPath]| -> Vec<f64> {
        paths.iter().map(|path| path.work_kj_mol[POINTS - 1]).collect()
    };
    let backward_work: Vec<f64> = total(&backward).iter().map(|work| -work).collect();
    let bennett = bar(&total(&forward), &backward_work, 1.0).unwrap();
    assert!((found.windows[POINTS - 1].together.value_kj_mol - bennett.value_kj_mol).abs() < 1e-9);
    assert_eq!(found.regions[2], None, "nothing is known of where no path was");
    found
}

/// Share of the weight below `x`.
fn below(x: f64) -> f64 {
    let nodes = 40_000;
    let width = (x + 4.0) / f64::from(nodes);
    (0..nodes)
        .map(|node| (-energy(&[-4.0 + (f64::from(node) + 0.5) * width], &mut [0.0])).exp() * width)
        .sum()
}

/// Truths of the first two regions.
fn released() -> [f64; 2] {
    let near = |center: f64| below(center + 0.3) - below(center - 0.3);
    [-((1.0 - below(0.2)) / below(0.2)).ln(), -(near(1.0) / near(-1.0)).ln()]
}

/// Values of many runs against the truth: no bias beyond the scatter, and a scatter that the stated errors know.
fn judge(name: &str, found: &[(f64, f64)], truth: f64) {
    let count = found.len() as f64;
    let mean = found.iter().map(|(value, _)| value).sum::<f64>() / count;
    let scatter = (found.iter().map(|(value, _)| (value - truth).powi(2)).sum::<f64>() / count).sqrt();
    let stated = (found.iter().map(|(_, error)| error * error).sum::<f64>() / count).sqrt();
    assert!((mean - truth).abs() < 4.0 * scatter / count.sqrt(), "{name}: {mean}, truly {truth} ({scatter})");
    // The scatter of 40 values is known to 11 %.
    assert!((0.65..1.5).contains(&(stated / scatter)), "{name}: stated {stated}, seen {scatter}");
    assert!(scatter < 0.5, "{name}: {scatter}");
}

#[test]
fn free_energies_of_windows_and_regions_are_the_landscapes() {
    let curve = curve();
    let all: Vec<PathFreeEnergies> = (0..40).map(|repeat| paths(24, 24, repeat)).collect();
    let of = |one: &BothWays| (one.together.value_kj_mol, one.together.standard_error_kj_mol);
    for window in [10, 20, POINTS - 1] {
        let found: Vec<(f64, f64)> = all.iter().map(|one| of(&one.windows[window])).collect();
        judge(&format!("window {window}"), &found, tethered(&curve[window]) - tethered(&curve[0]));
    }
    let ends = tethered(&curve[POINTS - 1]) - tethered(&curve[0]);
    for (region, truth) in released().into_iter().enumerate() {
        let found: Vec<(f64, f64)> =
            all.iter().map(|one| of(one.regions[region].as_ref().unwrap())).collect();
        judge(&format!("region {region}"), &found, truth);
        assert!((ends - truth).abs() > 0.08, "a tethered end is not a state: {ends}, {truth}");
    }
    let disagree = all.iter().filter(|one| !one.regions[0].as_ref().unwrap().agree()).count();
    assert!(disagree <= 3, "{disagree} of 40 runs, slow enough, are told that their ways disagree");
}

/// Torn through in one step a point, either way alone sees next to nothing of the other: that is found.
#[test]
fn ways_that_disagree_are_found() {
    let disagree =
        (0..10).filter(|repeat| !paths(1, 24, 100 + repeat).regions[0].as_ref().unwrap().agree()).count();
    assert!(disagree >= 8, "{disagree} of 10");
}

/// Paths that are torn at the seventh of ten windows, by 12 kT each way, with a little noise: before that place the free energy is
/// known, beyond it no better than Bennett's, which is not at all.
#[test]
fn windows_beyond_a_tear_are_as_unknown_as_the_whole() {
    let random = RandomStream::new(3, "works");
    let windows = vec![TetherPoint { log_snr: 2.0, center: vec![0.0] }; 10];
    let path = |number: u32, way: f64| {
        let noise = |window: u32| 0.6 * (random.uniform(number, u64::from(window), 0) - 0.5);
        let work = |window: u32| if window < 6 { 0.0 } else { way * 12.0 + noise(window) };
        DrivenPath { work_kj_mol: (0..10).map(work).collect(), variables: vec![vec![0.0]; 10] }
    };
    let forward: Vec<DrivenPath> = (0..32).map(|number| path(number, 1.0)).collect();
    let backward: Vec<DrivenPath> = (32..64).map(|number| path(number, -1.0)).collect();
    let paths = DrivenPaths {
        windows: &windows,
        periods: &[None],
        thermal_energy_kj_mol: 1.0,
        forward: &forward,
        backward: &backward,
    };
    let found = path_free_energies(&paths, &[], RandomStream::new(1, "resampling")).unwrap();
    let totals = |paths: &[DrivenPath], sign: f64| -> Vec<f64> {
        paths.iter().map(|path| sign * path.work_kj_mol[9]).collect()
    };
    let whole = bar(&totals(&forward, 1.0), &totals(&backward, -1.0), 1.0).unwrap();
    assert!(whole.standard_error_kj_mol > 20.0, "{whole:?}");
    for (window, found) in found.windows.iter().enumerate() {
        let error = found.together.standard_error_kj_mol;
        assert_eq!(window < 6, error < 0.1, "window {window}: {error}");
        assert!(window < 6 || (error / whole.standard_error_kj_mol - 1.0).abs() < 0.01, "{window}: {error}");
    }
}
