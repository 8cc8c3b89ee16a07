//! Overdamped dynamics and annealing of variables on formulas.

use geodyssey_dynamics::{Overdamped, TetherPoint, Walker, Walls};
use geodyssey_paths::annealing::VariableAnnealingState;
use geodyssey_paths::{AnnealingProtocol, Path, PathId, VariableAnnealing};
use geodyssey_statistics::RandomStream;
use geodyssey_statistics::work::{bar, jarzynski};
use rayon::prelude::*;

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
    let switches_per_point = steps_per_point;
    AnnealingProtocol { equilibration_steps: 100, steps_per_point, switches_per_point, frame_stride: 1 }
}

fn anneal(curve: &[TetherPoint], integrator: Overdamped, steps: u64, stage: &str, paths: usize) -> Vec<Path> {
    let random = RandomStream::new(23, stage);
    let annealing =
        VariableAnnealing::new(&double_well, &[None], integrator, curve, protocol(steps), 0.05, random)
            .unwrap();
    let mut states = annealing.start(PathId::forward(0), &vec![curve[0].center.clone(); paths]).unwrap();
    states.par_iter_mut().for_each(|state| annealing.advance(state, usize::MAX));
    states.into_iter().flat_map(VariableAnnealingState::into_paths).collect()
}

/// Led over the barrier and back: ΔF against quadrature, and every path's highest energy is at least the barrier's.
#[test]
fn double_well_crossed_by_a_tether() {
    let kt = 2.5;
    let curve = line(2.5, -1.0, 0.5, 30);
    let backwards: Vec<_> = curve.iter().rev().cloned().collect();
    let integrator = Overdamped::new(0.01, true, kt).unwrap();
    let forward = anneal(&curve, integrator.clone(), 40, "forward", 640);
    let reverse = anneal(&backwards, integrator, 40, "reverse", 640);
    let weight = |point: &TetherPoint| {
        let energy = |x: f64| {
            double_well(&[x], &mut [0.0]) / kt + 0.5 * point.log_snr.exp() * (x - point.center[0]).powi(2)
        };
        (-40_000..40_000).map(|i| (-energy(f64::from(i) * 1e-4)).exp()).sum::<f64>()
    };
    let exact = -kt * (weight(&curve[29]) / weight(&curve[0])).ln();
    let work = |paths: &[Path]| -> Vec<f64> { paths.iter().map(|p| p.points[29].work_kj_mol).collect() };
    for estimate in [bar(&work(&forward), &work(&reverse), kt), jarzynski(&work(&forward), kt)] {
        let estimate = estimate.unwrap();
        assert!(estimate.standard_error_kj_mol < 0.3);
        assert!(
            (estimate.value_kj_mol - exact).abs() < 3.5 * estimate.standard_error_kj_mol,
            "{estimate:?} {exact}"
        );
    }
    for path in &forward {
        assert!(path.is_whole());
        let crossed = path.points.iter().any(|record| record.variables[0] > 0.05);
        let highest = path
            .points
            .iter()
            .map(|record| record.highest_landscape_energy.unwrap().with_segments_kj_mol)
            .fold(0.0, f64::max);
        assert!(!crossed || highest > 5.0 - 0.02, "{highest}");
        for record in &path.points {
            assert!(
                (double_well(&record.variables, &mut [0.0]) - record.landscape_energy_kj_mol.unwrap()).abs()
                    < 1e-12
            );
            assert!(
                record.highest_landscape_energy.unwrap().with_segments_kj_mol
                    >= record.landscape_energy_kj_mol.unwrap()
            );
        }
    }
}

/// Mean work of dragging a harmonic well's walker, by the recursion that the mean of an unadjusted step obeys: work is linear in the
/// walker's place when the tether moves at constant stiffness.
fn exact_mean_work(curve: &[TetherPoint], stiffness: f64, step: f64, steps: u64, switches: u64) -> f64 {
    let precision = curve[0].log_snr.exp();
    let mut x = precision * curve[0].center[0] / (stiffness + precision);
    let mut work = 0.0;
    for pair in curve.windows(2) {
        let [from, to] = [pair[0].center[0], pair[1].center[0]];
        let mut y = from;
        for number in 0..steps {
            if number * switches % steps < switches {
                let fraction = (number * switches / steps + 1) as f64 / switches as f64;
                let next = from + fraction * (to - from);
                work += 0.5 * precision * ((x - next).powi(2) - (x - y).powi(2));
                y = next;
            }
            x -= 0.5 * step * (stiffness * x + precision * (x - y));
        }
    }
    work
}

/// A tether that moves before every step loses work in proportion to its speed, one that jumps a fixed number of times a point keeps
/// a floor of lost work; and a switch costs no evaluation of the landscape.
#[test]
fn lost_work_falls_with_the_duration() {
    let (stiffness, step) = (6.0, 0.01);
    let well = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = stiffness * x[0];
        0.5 * stiffness * x[0] * x[0]
    };
    let curve = line(3.0, 0.0, 2.0, 11);
    let precision = 3.0_f64.exp();
    let delta_f = 0.5 * stiffness * precision / (stiffness + precision) * 4.0;
    let lost = |steps: u64, switches: u64| {
        let protocol = AnnealingProtocol {
            equilibration_steps: 100,
            steps_per_point: steps,
            switches_per_point: switches,
            frame_stride: 1,
        };
        let dynamics = Overdamped::new(step, false, 1.0).unwrap();
        let random = RandomStream::new(29, "duration").substream_of([steps as f64, switches as f64]);
        let annealing =
            VariableAnnealing::new(&well, &[None], dynamics, &curve, protocol, 1.0, random).unwrap();
        let mut states = annealing.start(PathId::forward(0), &vec![vec![0.0]; 256]).unwrap();
        states.par_iter_mut().for_each(|state| annealing.advance(state, usize::MAX));
        let evaluations: u64 = states.iter().map(VariableAnnealingState::energy_evaluations).sum();
        assert!(evaluations < 256 * (100 + 11 * (steps + 1) + 2), "{evaluations}");
        let works: Vec<f64> = states
            .into_iter()
            .flat_map(VariableAnnealingState::into_paths)
            .map(|path| path.points[10].work_kj_mol)
            .collect();
        let mean = geodyssey_statistics::work::mean_work(&works).unwrap();
        let exact = exact_mean_work(&curve, stiffness, step, steps, switches);
        assert!(
            (mean.value_kj_mol - exact).abs() < 4.0 * mean.standard_error_kj_mol,
            "{steps} steps, {switches} switches: {mean:?}, exactly {exact}"
        );
        exact - delta_f
    };
    let [fast, slow] = [lost(16, 16), lost(128, 128)];
    assert!(slow < 0.15 * fast, "{fast} {slow}");
    let jumping = lost(128, 2);
    assert!(jumping > 4.0 * slow, "two jumps a point lose {jumping}, a moving tether {slow}");
}

/// A slope that ends at two walls. The tether pushes against one of them; ΔF and the density are those of a quadrature over the box,
/// exactly with the Metropolis correction and nearly without. A table's own soft wall would have let walkers beyond.
#[test]
fn a_box_ends_at_its_walls() {
    let slope = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = -3.0;
        -3.0 * x[0]
    };
    let curve = line(2.0, 0.2, 1.0, 9);
    let backwards: Vec<_> = curve.iter().rev().cloned().collect();
    let moments = |point: &TetherPoint| {
        let nodes = 20_000;
        let (mut sum, mut first) = (0.0, 0.0);
        for node in 0..nodes {
            let x = (f64::from(node) + 0.5) / f64::from(nodes);
            let weight = (3.0 * x - 0.5 * point.log_snr.exp() * (x - point.center[0]).powi(2)).exp();
            sum += weight;
            first += weight * x;
        }
        (sum, first / sum)
    };
    let exact = -(moments(&curve[8]).0 / moments(&curve[0]).0).ln();
    for (metropolis, step) in [(true, 0.02), (false, 2e-3)] {
        let walls = Walls::new(vec![Some((0.0, 1.0))]).unwrap();
        let dynamics = Overdamped::new(step, metropolis, 1.0).unwrap().within(walls);
        let run = |curve: &[TetherPoint], name: &str| {
            let random = RandomStream::new(27, name);
            let protocol = AnnealingProtocol { equilibration_steps: 1000, ..protocol(60) };
            let annealing =
                VariableAnnealing::new(&slope, &[None], dynamics.clone(), curve, protocol, 1.0, random)
                    .unwrap();
            assert!(
                annealing.start(PathId::forward(0), &[vec![1.1]]).is_err(),
                "a path cannot begin outside"
            );
            let mut states =
                annealing.start(PathId::forward(0), &vec![curve[0].center.clone(); 480]).unwrap();
            states.par_iter_mut().for_each(|state| annealing.advance(state, usize::MAX));
            states.into_iter().flat_map(VariableAnnealingState::into_paths).collect::<Vec<Path>>()
        };
        let (forward, reverse) = (run(&curve, "forward"), run(&backwards, "reverse"));
        let all = || forward.iter().chain(&reverse).flat_map(|path| &path.points);
        assert!(all().all(|record| (0.0..=1.0).contains(&record.variables[0])));
        let works =
            |paths: &[Path]| -> Vec<f64> { paths.iter().map(|path| path.points[8].work_kj_mol).collect() };
        let estimate = bar(&works(&forward), &works(&reverse), 1.0).unwrap();
        let off = estimate.value_kj_mol - exact;
        assert!(estimate.standard_error_kj_mol < 0.05);
        assert!(off.abs() < 4.0 * estimate.standard_error_kj_mol, "{estimate:?}, exactly {exact}");
        let ends: Vec<f64> = forward.iter().map(|path| path.points[8].variables[0]).collect();
        let mean = geodyssey_statistics::work::mean_work(&ends).unwrap();
        let expected = moments(&curve[8]).1;
        assert!(
            (mean.value_kj_mol - expected).abs() < 5.0 * mean.standard_error_kj_mol,
            "{mean:?}, exactly {expected}"
        );
    }
}

/// The odds of a step and of the step back, near a wall that mirrors some of them, against counts of either.
#[test]
fn mirrored_steps_have_the_odds_that_they_are_given() {
    let step: f64 = 0.04;
    let walls = Walls::new(vec![Some((0.0, 1.0))]).unwrap();
    let dynamics = Overdamped::new(step, false, 1.0).unwrap().within(walls);
    let mut energy = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = 4.0 - 2.0 * x[0];
        4.0 * x[0] - x[0] * x[0]
    };
    let (one, other, width) = (0.05_f64, 0.3_f64, 0.02);
    let mut normals = vec![0.0; 64 * 4096];
    RandomStream::new(31, "odds").fill_normals(0, &[0, 1, 2, 3, 4, 5, 6, 7], &mut normals);
    let mut counts = [0.0_f64; 2];
    for (count, (from, to)) in counts.iter_mut().zip([(one, other), (other, one)]) {
        for normal in &normals {
            let mut walker = Walker::new(vec![from], &mut energy);
            dynamics.step(&mut energy, &mut walker, &[*normal], 0.5);
            *count += f64::from(u8::from((walker.values[0] - to).abs() < width));
        }
    }
    let gradient = |x: f64| [4.0 - 2.0 * x];
    let ratio = dynamics.log_step_ratio([&[one], &[other]], [&gradient(one), &gradient(other)]);
    let error = (1.0 / counts[0] + 1.0 / counts[1]).sqrt();
    let seen = (counts[0] / counts[1]).ln();
    // Within a bin the density is convex enough for half a per cent.
    assert!((ratio - seen).abs() < 4.0 * error + 0.005, "{ratio}, seen {seen} ± {error}");
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
            VariableAnnealing::new(&ridge, &[None], integrator.clone(), &curve, protocol, segment, random)
                .unwrap();
        let mut states = annealing.start(PathId::forward(0), &vec![vec![-1.0]; 64]).unwrap();
        states.par_iter_mut().for_each(|state| annealing.advance(state, usize::MAX));
        let paths: Vec<Path> = states.into_iter().flat_map(VariableAnnealingState::into_paths).collect();
        paths
            .iter()
            .map(|path| path.points[1].highest_landscape_energy.unwrap().with_segments_kj_mol)
            .fold(f64::INFINITY, f64::min)
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
        let mut whole = annealing.start(PathId::forward(0), &start).unwrap();
        whole.par_iter_mut().for_each(|state| annealing.advance(state, usize::MAX));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let mut resumed = annealing.start(PathId::forward(0), &start).unwrap();
        while resumed.iter().any(|state| state.next_point() < 9) {
            pool.install(|| {
                resumed.par_iter_mut().for_each(|state| annealing.advance(state, state.next_point() + 1));
            });
            resumed = serde_json::from_str(&serde_json::to_string(&resumed).unwrap()).unwrap();
        }
        assert_eq!(whole, resumed);
        if !metropolis {
            start[20] = vec![1e6];
            let mut mixed = annealing.start(PathId::forward(0), &start).unwrap();
            mixed.par_iter_mut().for_each(|state| annealing.advance(state, usize::MAX));
            for (state, with) in whole.into_iter().zip(mixed) {
                for (path, with) in state.into_paths().into_iter().zip(with.into_paths()) {
                    if path.id.number == 20 {
                        assert_eq!(with.failure().expect("must fail").path, 20);
                        assert!(with.points.is_empty());
                    } else {
                        assert_eq!(path, with);
                    }
                }
            }
        }
    }
}
