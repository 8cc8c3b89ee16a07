//! Overdamped dynamics and annealing of variables on formulas.

use std::ops::ControlFlow;

use geodyssey_sampling::annealing::{VariableAnnealingState, VariablePath};
use geodyssey_sampling::work::{bar, jarzynski};
use geodyssey_sampling::{
    AnnealingProtocol, Overdamped, RandomStream, TetherPoint, VariableAnnealing, Walker,
};

/// `(x² - 1)²` times 5 kJ/mol.
fn double_well(x: &[f64], gradient: &mut [f64]) -> f64 {
    gradient[0] = 20.0 * x[0] * (x[0] * x[0] - 1.0);
    5.0 * (x[0] * x[0] - 1.0).powi(2)
}

/// With the Metropolis correction the histogram is exact at any step, here one that is refused a third of the time.
#[test]
fn metropolis_histogram_of_a_double_well() {
    let kt = 2.5;
    let integrator = Overdamped::new(0.25, true, kt).unwrap();
    let random = RandomStream::new(21, "double well");
    let acceptance = random.substream("acceptance");
    let (walkers, steps, bins) = (64, 20_000, 20);
    let mut shares = vec![vec![0.0; bins]; walkers];
    let mut accepted = 0;
    let lanes: Vec<u32> = (0..walkers as u32).collect();
    let mut normals = vec![0.0; walkers];
    let mut all: Vec<Walker> = (0..walkers)
        .map(|i| Walker::new(vec![if i % 2 == 0 { -1.0 } else { 1.0 }], &mut |x, g| double_well(x, g)))
        .collect();
    for step in 0..steps as u64 {
        random.fill_normals(step, &lanes, &mut normals);
        for (lane, walker) in all.iter_mut().enumerate() {
            let uniform = acceptance.uniform(lane as u32, step, 0);
            let moved =
                integrator.step(&mut |x, g| double_well(x, g), walker, &normals[lane..=lane], uniform);
            accepted += usize::from(moved);
            let bin = ((walker.values[0] + 2.0) / 4.0 * bins as f64) as usize;
            if step >= 100 && walker.values[0] > -2.0 && bin < bins {
                shares[lane][bin] += 1.0 / (steps as f64 - 100.0);
            }
        }
    }
    let acceptance = accepted as f64 / (walkers * steps) as f64;
    assert!((0.5..0.85).contains(&acceptance), "{acceptance}");
    let weight = |from: f64, to: f64| {
        let points = 4000;
        let h = (to - from) / f64::from(points);
        (0..points)
            .map(|i| (-double_well(&[from + (f64::from(i) + 0.5) * h], &mut [0.0]) / kt).exp() * h)
            .sum::<f64>()
    };
    let total = weight(-4.0, 4.0);
    for bin in 0..bins {
        let from = -2.0 + 4.0 * bin as f64 / bins as f64;
        let exact = weight(from, from + 4.0 / bins as f64) / total;
        let mean = shares.iter().map(|s| s[bin]).sum::<f64>() / walkers as f64;
        let variance = shares.iter().map(|s| (s[bin] - mean).powi(2)).sum::<f64>() / (walkers as f64 - 1.0);
        let error = (variance / walkers as f64).sqrt();
        assert!(error < 0.003);
        assert!((mean - exact).abs() < 4.0 * error + 1e-6, "bin {bin}: {mean} ± {error}, exact {exact}");
    }
}

/// Without the correction a harmonic well of stiffness `kT e^λ` has the variance `e^{-λ} / (1 - ds e^λ / 4)`: the
/// stationary state of `x' = (1 - ½ ds e^λ) x + sqrt(ds) noise`.
#[test]
fn unadjusted_variance_in_a_harmonic_well() {
    let (precision, step, kt) = (40.0, 0.02, 1.7);
    let integrator = Overdamped::new(step, false, kt).unwrap();
    let random = RandomStream::new(22, "unadjusted");
    let mut well = |x: &[f64], g: &mut [f64]| {
        g[0] = kt * precision * x[0];
        0.5 * kt * precision * x[0] * x[0]
    };
    let (steps, mut squares) = (20_000u64, vec![]);
    let mut normals = [0.0; 16];
    let lanes: Vec<u32> = (0..16).collect();
    let mut walkers = vec![Walker::new(vec![0.0], &mut well); 16];
    let mut sums = [0.0; 16];
    for step in 0..steps {
        random.fill_normals(step, &lanes, &mut normals);
        for lane in 0..16 {
            integrator.step(&mut well, &mut walkers[lane], &normals[lane..=lane], 0.5);
            sums[lane] += walkers[lane].values[0].powi(2);
        }
    }
    squares.extend(sums.map(|sum| sum / steps as f64));
    let mean = squares.iter().sum::<f64>() / 16.0;
    let error = (squares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 15.0 / 16.0).sqrt();
    let exact = 1.0 / precision / (1.0 - step * precision / 4.0);
    assert!(error < 0.01 * exact);
    assert!((mean - exact).abs() < 4.0 * error, "{mean} ± {error}, exact {exact}");
}

fn line(log_snr: f64, from: f64, to: f64, points: usize) -> Vec<TetherPoint> {
    let center = |n: usize| vec![from + (to - from) * n as f64 / (points - 1) as f64];
    (0..points).map(|n| TetherPoint { log_snr, center: center(n) }).collect()
}

fn protocol(steps_per_point: u64) -> AnnealingProtocol {
    AnnealingProtocol { equilibration_steps: 100, steps_per_point, switches_per_point: 4, frame_stride: 1 }
}

fn anneal(
    curve: &[TetherPoint],
    integrator: Overdamped,
    steps: u64,
    stage: &str,
    paths: usize,
) -> Vec<VariablePath> {
    let random = RandomStream::new(23, stage);
    let annealing =
        VariableAnnealing::new(&double_well, &[None], integrator, curve, protocol(steps), 0.05, random)
            .unwrap();
    let mut states = annealing.start(0, &vec![curve[0].center.clone(); paths]).unwrap();
    annealing.run(&mut states, &|_| ControlFlow::Continue(()));
    states.into_iter().flat_map(VariableAnnealingState::into_paths).collect()
}

/// Led over the barrier and back: ΔF against quadrature, and every path's highest energy is at least the barrier's.
#[test]
fn double_well_crossed_by_a_tether() {
    let kt = 2.5;
    let curve = line(2.5, -1.0, 0.5, 30);
    let backwards: Vec<_> = curve.iter().rev().cloned().collect();
    let integrator = Overdamped::new(0.01, true, kt).unwrap();
    let forward = anneal(&curve, integrator, 40, "forward", 640);
    let reverse = anneal(&backwards, integrator, 40, "reverse", 640);
    let weight = |point: &TetherPoint| {
        let energy = |x: f64| {
            double_well(&[x], &mut [0.0]) / kt + 0.5 * point.log_snr.exp() * (x - point.center[0]).powi(2)
        };
        (-40_000..40_000).map(|i| (-energy(f64::from(i) * 1e-4)).exp()).sum::<f64>()
    };
    let exact = -kt * (weight(&curve[29]) / weight(&curve[0])).ln();
    let work =
        |paths: &[VariablePath]| -> Vec<f64> { paths.iter().map(|p| p.records[29].work_kj_mol).collect() };
    for estimate in [bar(&work(&forward), &work(&reverse), kt), jarzynski(&work(&forward), kt)] {
        let estimate = estimate.unwrap();
        assert!(estimate.standard_error_kj_mol < 0.3);
        assert!(
            (estimate.value_kj_mol - exact).abs() < 3.5 * estimate.standard_error_kj_mol,
            "{estimate:?} {exact}"
        );
    }
    for path in &forward {
        assert!(path.failure.is_none());
        let crossed = path.records.iter().any(|record| record.variables[0] > 0.05);
        let highest = path.records.iter().map(|record| record.maximum_energy_kj_mol).fold(0.0, f64::max);
        assert!(!crossed || highest > 5.0 - 0.02, "{highest}");
        for record in &path.records {
            assert!((double_well(&record.variables, &mut [0.0]) - record.energy_kj_mol).abs() < 1e-12);
            assert!(record.maximum_energy_kj_mol >= record.energy_kj_mol);
        }
    }
}

/// Steps that leap over a barrier are seen through the segments between them.
#[test]
fn leaps_over_a_barrier_are_seen() {
    let ridge = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = 0.0;
        10.0 * (-(x[0] / 0.05).powi(2)).exp()
    };
    let curve = line(4.0, -1.0, 1.0, 2);
    let integrator = Overdamped::new(0.03, false, 1.0).unwrap();
    let protocol = AnnealingProtocol {
        equilibration_steps: 20,
        steps_per_point: 20,
        switches_per_point: 1,
        frame_stride: 1,
    };
    let highest = |segment: f64| {
        let random = RandomStream::new(24, "leap");
        let annealing =
            VariableAnnealing::new(&ridge, &[None], integrator, &curve, protocol, segment, random).unwrap();
        let mut states = annealing.start(0, &vec![vec![-1.0]; 64]).unwrap();
        annealing.run(&mut states, &|_| ControlFlow::Continue(()));
        let paths: Vec<VariablePath> =
            states.into_iter().flat_map(VariableAnnealingState::into_paths).collect();
        paths.iter().map(|path| path.records[1].maximum_energy_kj_mol).fold(f64::INFINITY, f64::min)
    };
    assert!(highest(100.0) < 1.0, "some path must leap unseen without segments");
    assert!(highest(0.01) > 9.8);
}

/// Threads, interruptions and the other paths do not change a path; a path that blows up is named.
#[test]
fn bits_and_failures() {
    let curve = line(3.0, -1.0, 1.0, 9);
    for metropolis in [false, true] {
        let integrator = Overdamped::new(0.02, metropolis, 2.5).unwrap();
        let random = RandomStream::new(25, "bits");
        let annealing =
            VariableAnnealing::new(&double_well, &[None], integrator, &curve, protocol(13), 0.1, random)
                .unwrap();
        let mut start = vec![vec![-1.0]; 37];
        let mut whole = annealing.start(0, &start).unwrap();
        annealing.run(&mut whole, &|_| ControlFlow::Continue(()));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let mut resumed = annealing.start(0, &start).unwrap();
        while resumed.iter().any(|state| state.next_point() < 9) {
            pool.install(|| annealing.run(&mut resumed, &|_| ControlFlow::Break(())));
            resumed = serde_json::from_str(&serde_json::to_string(&resumed).unwrap()).unwrap();
        }
        assert_eq!(whole, resumed);
        if !metropolis {
            start[20] = vec![1e6];
            let mut mixed = annealing.start(0, &start).unwrap();
            annealing.run(&mut mixed, &|_| ControlFlow::Continue(()));
            for (state, with) in whole.into_iter().zip(mixed) {
                for (path, with) in state.into_paths().into_iter().zip(with.into_paths()) {
                    if path.path == 20 {
                        assert_eq!(with.failure.expect("must fail").path, 20);
                        assert!(with.records.is_empty());
                    } else {
                        assert_eq!(path, with);
                    }
                }
            }
        }
    }
}
