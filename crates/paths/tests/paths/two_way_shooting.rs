//! Two-way shooting against long unbiased runs of the same dynamics.

use geodyssey_dynamics::{Overdamped, Walker};
use geodyssey_paths::shooting::ShootingChain;
use geodyssey_paths::{
    HighestLandscapeEnergy, Path, PathLength, PathSampling, Provenance, ShootingProtocol, Transitions,
    TwoWayShooting,
};
use geodyssey_statistics::RandomStream;
use rayon::prelude::*;

const STEP: f64 = 0.01;

/// A double well with a barrier of 4 kT, steeper on the right.
fn energy(x: &[f64], gradient: &mut [f64]) -> f64 {
    let x = x[0];
    gradient[0] = 16.0 * x * (x * x - 1.0) - 0.5;
    4.0 * (x * x - 1.0).powi(2) - 0.5 * x
}

/// The two states are not alike, so that paths have a direction.
fn in_start(x: &[f64]) -> bool {
    x[0] < -0.9
}

fn in_end(x: &[f64]) -> bool {
    x[0] > 0.6
}

/// Sums over some paths: their number, and of each path observables.
#[derive(Clone, Copy, Default)]
struct Sums {
    paths: f64,
    observables: [f64; 3],
}

impl Sums {
    fn add(&mut self, observables: [f64; 3]) {
        self.paths += 1.0;
        self.observables.iter_mut().zip(observables).for_each(|(sum, value)| *sum += value);
    }
}

/// Means and standard errors (jackknife) from independent runs.
fn estimates(runs: &[Sums]) -> [(f64, f64); 3] {
    std::array::from_fn(|which| {
        let total: f64 = runs.iter().map(|run| run.observables[which]).sum();
        let paths: f64 = runs.iter().map(|run| run.paths).sum();
        let without: Vec<f64> =
            runs.iter().map(|run| (total - run.observables[which]) / (paths - run.paths)).collect();
        let (mean, count) = (total / paths, runs.len() as f64);
        let variance: f64 =
            without.iter().map(|value| (value - mean).powi(2)).sum::<f64>() * (count - 1.0) / count;
        (mean, variance.sqrt())
    })
}

/// Length, its square, and the place half-way.
fn observables(steps: usize, half_way: f64) -> [f64; 3] {
    let steps = steps as f64;
    [steps, steps * steps, half_way]
}

/// Of a fixed length: the place half-way, its square, and the place after a quarter.
fn fixed_observables(quarter: f64, half_way: f64) -> [f64; 3] {
    [half_way, half_way * half_way, quarter]
}

/// One long run: every path of `length` (or every transition) that occurs in it.
fn direct(metropolis: bool, length: Option<usize>, run: u32) -> Sums {
    let dynamics = Overdamped::new(STEP, metropolis, 1.0).expect("dynamics");
    let random = RandomStream::new(5, "direct");
    let acceptance = random.substream("acceptance");
    let mut walker =
        Walker::new(vec![if run.is_multiple_of(2) { -1.0 } else { 1.0 }], &mut |x, g| energy(x, g));
    let mut normals = vec![0.0; 8 * 1024];
    let lanes: [u32; 8] = std::array::from_fn(|lane| run * 8 + lane as u32);
    let mut places = Vec::new();
    for chunk in 0..40 {
        random.fill_normals(chunk, &lanes, &mut normals);
        for (index, normal) in normals.iter().enumerate() {
            let step = chunk << 16 | index as u64;
            let uniform = if metropolis { acceptance.uniform(run, step, 0) } else { 0.5 };
            dynamics.step(&mut |x, g| energy(x, g), &mut walker, &[*normal], uniform);
            places.push(walker.values[0]);
        }
    }
    let mut sums = Sums::default();
    match length {
        Some(steps) => {
            for window in places.windows(steps + 1) {
                if in_start(&window[..1]) && in_end(&window[steps..]) {
                    sums.add(fixed_observables(window[steps / 4], window[steps / 2]));
                }
            }
        }
        None => {
            let mut exit = None;
            for (index, place) in places.iter().enumerate() {
                if in_start(&[*place]) {
                    exit = Some(index);
                } else if in_end(&[*place])
                    && let Some(exit) = exit.take()
                {
                    sums.add(observables(index - exit, places[exit + (index - exit) / 2]));
                }
            }
        }
    }
    sums
}

const PROTOCOL: ShootingProtocol =
    ShootingProtocol { equilibration_trials: 50, trials_per_path: 3, points: 5, frame_stride: 2 };

fn transitions(metropolis: bool, length: PathLength) -> Transitions<'static> {
    let dynamics = Overdamped::new(STEP, metropolis, 1.0).expect("dynamics");
    Transitions { landscape: &energy, dynamics, states: [&in_start, &in_end], length }
}

fn to_the_end(sampling: &PathSampling<'_>, chain: &mut ShootingChain) {
    while !chain.is_finished() {
        sampling.advance(chain);
    }
}

fn steps(path: &Path) -> usize {
    let Provenance::Free { steps, .. } = path.provenance else { panic!("a path that was led") };
    steps as usize
}

fn shooting(metropolis: bool, length: PathLength, paths: usize) -> Vec<ShootingChain> {
    let random = RandomStream::new(9, "shooting");
    let shooting =
        PathSampling::new(transitions(metropolis, length), &TwoWayShooting, PROTOCOL, 0.05, random)
            .expect("shooting");
    let mut chains = shooting.start(&[vec![-1.0], vec![1.0]], 16, paths).expect("a first path");
    chains.par_iter_mut().for_each(|chain| to_the_end(&shooting, chain));
    chains
}

fn compare(metropolis: bool, length: PathLength, paths: usize) {
    let fixed = if let PathLength::Fixed(steps) = length { Some(steps) } else { None };
    let exact: Vec<Sums> = (0..24).map(|run| direct(metropolis, fixed, run)).collect();
    let chains = shooting(metropolis, length, paths);
    let sampled: Vec<Sums> = chains
        .iter()
        .map(|chain| {
            let mut sums = Sums::default();
            for path in chain.paths() {
                let [quarter, half_way] = [1, 2].map(|point: usize| path.points[point].variables[0]);
                sums.add(match fixed {
                    Some(_) => fixed_observables(quarter, half_way),
                    None => observables(steps(path), half_way),
                });
            }
            sums
        })
        .collect();
    assert_eq!(sampled.iter().map(|sums| sums.paths as usize).sum::<usize>(), paths);
    for ((exact, exact_error), (found, error)) in estimates(&exact).into_iter().zip(estimates(&sampled)) {
        let both = exact_error.hypot(error);
        assert!(
            (found - exact).abs() < 4.0 * both,
            "{length:?}, metropolis {metropolis}: {found} ± {error}, directly {exact} ± {exact_error}"
        );
        // Else the comparison would say nothing.
        assert!(both < 0.06 * exact.abs().max(0.6), "{exact} ± {both}");
    }
}

#[test]
fn flexible_paths_are_the_transitions_of_a_long_run() {
    compare(true, PathLength::Flexible(100_000), 12_000);
    compare(false, PathLength::Flexible(100_000), 12_000);
}

#[test]
fn fixed_paths_are_the_stretches_of_a_long_run_from_state_to_state() {
    compare(true, PathLength::Fixed(120), 12_000);
    compare(false, PathLength::Fixed(120), 12_000);
}

/// Every path goes from state to state; highest energies with segments are no lower than without, nor than the barrier.
#[test]
fn paths_join_the_states_whatever_is_interrupted() {
    for length in [PathLength::Fixed(150), PathLength::Flexible(5000)] {
        let whole = shooting(true, length, 40);
        for path in whole.iter().flat_map(ShootingChain::paths) {
            assert!(in_start(&path.points[0].variables) && in_end(&path.points[4].variables));
            let HighestLandscapeEnergy { at_steps_kj_mol, with_segments_kj_mol } =
                path.highest_landscape_energy().expect("a landscape");
            assert!(with_segments_kj_mol >= at_steps_kj_mol);
            assert!(with_segments_kj_mol > 3.9, "{with_segments_kj_mol}");
            assert_eq!(path.frames.iter().map(|frame| frame.point).collect::<Vec<_>>(), [0, 2, 4]);
        }
        let random = RandomStream::new(9, "shooting");
        let again = PathSampling::new(transitions(true, length), &TwoWayShooting, PROTOCOL, 0.05, random)
            .expect("shooting");
        let mut chains = again.start(&[vec![-1.0], vec![1.0]], 16, 40).expect("a first path");
        chains.iter_mut().for_each(|chain| again.advance(chain));
        let stored = serde_json::to_string(&chains).expect("stored");
        let mut chains: Vec<ShootingChain> = serde_json::from_str(&stored).expect("read back");
        chains.par_iter_mut().for_each(|chain| to_the_end(&again, chain));
        assert_eq!(chains, whole);
    }
}

#[test]
fn first_paths_must_join_the_states() {
    let protocol =
        ShootingProtocol { equilibration_trials: 0, trials_per_path: 1, points: 3, frame_stride: 1 };
    let random = RandomStream::new(9, "shooting");
    let of = |length, protocol| {
        PathSampling::new(transitions(true, length), &TwoWayShooting, protocol, 0.05, random)
    };
    let make = |protocol| of(PathLength::Fixed(10), protocol);
    let shooting = make(protocol).expect("shooting");
    assert!(shooting.start(&[vec![-1.0], vec![0.0]], 2, 4).is_err());
    assert!(shooting.start(&[vec![-1.0]], 2, 4).is_err());
    assert!(shooting.start(&[vec![-1.0], vec![f64::NAN], vec![1.0]], 2, 4).is_err());
    assert!(of(PathLength::Fixed(1), protocol).is_err());
    assert!(make(ShootingProtocol { frame_stride: 0, ..protocol }).is_err());
    assert!(make(ShootingProtocol { points: 1, ..protocol }).is_err());
    assert!(make(ShootingProtocol { trials_per_path: 0, ..protocol }).is_err());
}
