//! Annealed dynamics of atoms on dragged harmonic oscillators, where work and free energy are known.

use std::sync::atomic::{AtomicUsize, Ordering};

use geodyssey_dynamics::engine::{Capabilities, EngineIdentity};
use geodyssey_dynamics::{
    Batch, Bias, DynamicsError, Engine, Langevin, MinimisationParameters, MinimisationTask,
    MinimisedMolecule, NativeEngine, Replica, TetherPoint,
};
use geodyssey_molecule::CollectiveVariable;
use geodyssey_paths::annealing::{AtomAnnealingState, AtomFrame};
use geodyssey_paths::{AnnealingProtocol, AtomAnnealing, Path, PathId};
use geodyssey_statistics::RandomStream;
use geodyssey_statistics::work::{bar, jarzynski, mean_work};
use rayon::prelude::*;

use crate::toy_systems::{Wells, coordinates};

const KT: f64 = 2.5;

fn line(from: (f64, f64), to: (f64, f64), points: usize) -> Vec<TetherPoint> {
    (0..points)
        .map(|n| {
            let s = n as f64 / (points - 1) as f64;
            TetherPoint { log_snr: from.0 + s * (to.0 - from.0), center: vec![from.1 + s * (to.1 - from.1)] }
        })
        .collect()
}

fn protocol(switches_per_point: u64) -> AnnealingProtocol {
    AnnealingProtocol { equilibration_steps: 200, steps_per_point: 10, switches_per_point, frame_stride: 8 }
}

/// Paths with their frames.
fn led(
    potential: &Wells,
    curve: &[TetherPoint],
    protocol: AnnealingProtocol,
    law: Langevin,
    stage: &str,
    start: &[Vec<[f64; 3]>],
) -> (Vec<Path>, Vec<AtomFrame>) {
    let variables = coordinates(&[0]);
    let engine = NativeEngine::new(potential, &variables).unwrap();
    let random = RandomStream::new(5, stage);
    let annealing = AtomAnnealing::new(&engine, law, curve, protocol, random).unwrap();
    let mut states = annealing.start(PathId::forward(0), start).unwrap();
    states.par_iter_mut().for_each(|state| annealing.advance(state, usize::MAX).unwrap());
    let frames = states.iter_mut().flat_map(|state| state.take_frames()).collect();
    assert!(states.iter_mut().all(|state| state.take_frames().is_empty()));
    (states.into_iter().flat_map(AtomAnnealingState::into_paths).collect(), frames)
}

fn paths(
    potential: &Wells,
    curve: &[TetherPoint],
    protocol: AnnealingProtocol,
    law: Langevin,
    stage: &str,
    start: &[Vec<[f64; 3]>],
) -> Vec<Path> {
    led(potential, curve, protocol, law, stage, start).0
}

fn total_work(paths: &[Path]) -> Vec<f64> {
    paths.iter().map(|path| path.points.last().unwrap().work_kj_mol).collect()
}

/// `V = ½ kT e^λ (x-y)²` on top of `½ k x²`: `F(λ, y) = ½ k κ/(k+κ) y² + ½ kT log(k+κ)`, `κ = kT e^λ`.
fn free_energy(stiffness: f64, point: &TetherPoint) -> f64 {
    let tether = KT * point.log_snr.exp();
    0.5 * stiffness * tether / (stiffness + tether) * point.center[0].powi(2)
        + 0.5 * KT * (stiffness + tether).ln()
}

/// Dragging at constant stiffness: work is Gaussian with variance 2 kT times the dissipation (exactly, for a linear
/// system), ΔF is known, and more and smaller switches dissipate less.
#[test]
fn dragged_oscillator() {
    let potential = Wells { masses: vec![1.0], stiffness: 5.0, quartic: 0.0 };
    let curve = line((3.0, 0.0), (3.0, 1.2), 24);
    let backwards: Vec<_> = curve.iter().rev().cloned().collect();
    let law = Langevin::new(0.05, 5.0, KT).unwrap();
    let exact = free_energy(5.0, &curve[23]) - free_energy(5.0, &curve[0]);
    let start = vec![vec![[0.0; 3]]; 1600];
    let start_backwards = vec![vec![[1.2, 0.0, 0.0]]; 1600];
    let mut dissipated = Vec::new();
    for switches in [1, 10] {
        let forward = total_work(&paths(&potential, &curve, protocol(switches), law, "forward", &start));
        let reverse =
            total_work(&paths(&potential, &backwards, protocol(switches), law, "reverse", &start_backwards));
        let estimate = bar(&forward, &reverse, KT).unwrap();
        assert!(estimate.standard_error_kj_mol < 0.1);
        assert!(
            (estimate.value_kj_mol - exact).abs() < 3.5 * estimate.standard_error_kj_mol,
            "{estimate:?} {exact}"
        );
        let estimate = jarzynski(&forward, KT).unwrap();
        assert!(
            (estimate.value_kj_mol - exact).abs() < 3.5 * estimate.standard_error_kj_mol,
            "{estimate:?} {exact}"
        );
        for (work, delta_f) in [(forward, exact), (reverse, -exact)] {
            let mean = mean_work(&work).unwrap();
            let variance = mean.standard_error_kj_mol.powi(2) * work.len() as f64;
            let dissipation = mean.value_kj_mol - delta_f;
            // A variance of 1600 values is known to 3.5 %.
            let ratio = variance / (2.0 * KT * dissipation);
            assert!((ratio - 1.0).abs() < 0.2, "variance {variance}, dissipation {dissipation}");
            dissipated.push(dissipation);
        }
    }
    assert!(dissipated[2] < 0.95 * dissipated[0] && dissipated[3] < 0.95 * dissipated[1], "{dissipated:?}");
}

/// Tightening while dragging: `ΔF` has the logarithm of the stiffnesses' ratio too.
#[test]
fn tightened_oscillator() {
    let potential = Wells { masses: vec![1.0], stiffness: 5.0, quartic: 0.0 };
    let curve = line((0.0, -0.5), (3.5, 0.8), 40);
    let backwards: Vec<_> = curve.iter().rev().cloned().collect();
    let law = Langevin::new(0.02, 5.0, KT).unwrap();
    let (forward, frames) = led(&potential, &curve, protocol(5), law, "forward", &vec![vec![[0.0; 3]]; 512]);
    let reverse =
        paths(&potential, &backwards, protocol(5), law, "reverse", &vec![vec![[0.8, 0.0, 0.0]]; 512]);
    let exact = free_energy(5.0, &curve[39]) - free_energy(5.0, &curve[0]);
    let estimate = bar(&total_work(&forward), &total_work(&reverse), KT).unwrap();
    assert!(estimate.standard_error_kj_mol < 0.25);
    assert!(
        (estimate.value_kj_mol - exact).abs() < 3.5 * estimate.standard_error_kj_mol,
        "{estimate:?} {exact}"
    );

    for path in &forward {
        assert_eq!(path.points.len(), 40);
        let of_path: Vec<&AtomFrame> = frames.iter().filter(|frame| frame.path == path.id.number).collect();
        let kept: Vec<usize> = of_path.iter().map(|frame| frame.point).collect();
        assert_eq!(kept, [0, 8, 16, 24, 32, 39]);
        for record in &path.points {
            assert!((record.time_ps.unwrap() - 0.2 * (record.curve_point + 1) as f64).abs() < 1e-12);
            let offset = record.variables[0] - curve[record.curve_point].center[0];
            let tether = 0.5 * KT * curve[record.curve_point].log_snr.exp() * offset * offset;
            assert!((record.tether_energy_kj_mol - tether).abs() < 1e-9 * (1.0 + tether));
            assert!(
                record.highest_potential_energy_kj_mol.unwrap() >= record.potential_energy_kj_mol.unwrap()
            );
        }
        for frame in of_path {
            assert_eq!(frame.positions[0][0], path.points[frame.point].variables[0]);
        }
    }
}

/// One thread, two threads, and stopping after any point with the state written out and read back: the same bits.
/// A landscape that is watched changes nothing, and its highest energies are those of the path's own steps.
#[test]
fn the_landscape_is_watched_at_every_step() {
    let potential = Wells { masses: vec![1.0], stiffness: 5.0, quartic: 0.0 };
    let curve = line((3.0, 0.0), (3.0, 1.2), 40);
    let every_step = AnnealingProtocol { steps_per_point: 1, ..protocol(1) };
    let sparse = AnnealingProtocol { steps_per_point: 10, ..protocol(1) };
    let energy = |x: f64| (9.0 * x).cos() + x;
    let landscape = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = 1.0 - 9.0 * (9.0 * x[0]).sin();
        energy(x[0])
    };
    let variables = coordinates(&[0]);
    let engine = NativeEngine::new(&potential, &variables).unwrap();
    let law = Langevin::new(0.05, 5.0, KT).unwrap();
    let start = vec![vec![[0.0; 3]]; 5];
    let watched = |curve: &[TetherPoint], protocol| {
        let random = RandomStream::new(5, "watched");
        let annealing = AtomAnnealing::new(&engine, law, curve, protocol, random).unwrap();
        let annealing = annealing.watching(&landscape, 1e-3).unwrap();
        let mut states = annealing.start(PathId::forward(0), &start).unwrap();
        states.par_iter_mut().for_each(|state| annealing.advance(state, usize::MAX).unwrap());
        states.into_iter().flat_map(AtomAnnealingState::into_paths).collect::<Vec<Path>>()
    };
    let plain = paths(&potential, &curve, every_step, law, "watched", &start);
    for (path, plain) in watched(&curve, every_step).iter().zip(&plain) {
        for (pair, plain) in path.points.windows(2).zip(&plain.points[1..]) {
            let (from, to) = (pair[0].variables[0], pair[1].variables[0]);
            assert_eq!(pair[1].variables, plain.variables);
            let highest = pair[1].highest_landscape_energy.unwrap();
            assert_eq!(highest.at_steps_kj_mol, energy(to));
            let dense = (0..=2000).map(|part| energy(from + (to - from) * f64::from(part) / 2000.0));
            // Between points 1e-3 apart a curvature of 81 is missed by at most 81/2 (1e-3/2)².
            let highest = highest.with_segments_kj_mol.max(energy(from));
            assert!((highest - dense.fold(f64::MIN, f64::max)).abs() < 1.1e-5);
        }
        assert_eq!(plain.points[0].highest_landscape_energy, None);
    }
    // The same curve, each point stayed at for ten steps, once as one point and once as ten.
    let long: Vec<TetherPoint> = curve.iter().flat_map(|point| vec![point.clone(); 10]).collect();
    for (few, many) in watched(&curve, sparse).iter().zip(watched(&long, every_step)) {
        for (record, steps) in few.points.iter().zip(many.points.chunks(10)) {
            let of_steps = steps.iter().map(|step| step.highest_landscape_energy.unwrap());
            let highest = record.highest_landscape_energy.unwrap();
            assert_eq!(
                highest.with_segments_kj_mol,
                of_steps.map(|step| step.with_segments_kj_mol).fold(f64::MIN, f64::max)
            );
        }
    }
}

#[test]
fn threads_and_interruptions_do_not_matter() {
    let potential = Wells { masses: vec![1.0, 3.0], stiffness: 5.0, quartic: 20.0 };
    let curve = line((3.0, 0.0), (2.0, 1.0), 12);
    let variables = coordinates(&[0]);
    let engine = NativeEngine::new(&potential, &variables).unwrap();
    let random = RandomStream::new(6, "bits");
    let landscape = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = 2.0 * x[0];
        x[0] * x[0]
    };
    let annealing =
        AtomAnnealing::new(&engine, Langevin::new(0.02, 2.0, KT).unwrap(), &curve, protocol(3), random)
            .and_then(|annealing| annealing.watching(&landscape, 0.01))
            .unwrap();
    let start = vec![vec![[0.1; 3]; 2]; 37];
    let run = |threads: usize, stops: bool| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut states = annealing.start(PathId::forward(3), &start).unwrap();
        let (points, mut frames) = (AtomicUsize::new(0), vec![Vec::new(); states.len()]);
        pool.install(|| {
            while states.iter().any(|state| state.next_point() < 12) {
                states.par_iter_mut().for_each(|state| {
                    while state.next_point() < 12 {
                        annealing.advance(state, state.next_point() + 1).unwrap();
                        if points.fetch_add(1, Ordering::Relaxed) % 5 == 4 && stops {
                            break;
                        }
                    }
                });
                for (frames, state) in frames.iter_mut().zip(&mut states) {
                    frames.extend(state.take_frames());
                }
                if stops {
                    let text = serde_json::to_string(&states).unwrap();
                    states = serde_json::from_str(&text).unwrap();
                }
            }
        });
        assert!(!stops || points.load(Ordering::Relaxed) == 36);
        assert_eq!(
            states.iter().map(AtomAnnealingState::energy_evaluations).sum::<u64>(),
            37 * (1 + 200 + 120)
        );
        (serde_json::to_string(&states).unwrap(), frames)
    };
    let whole = run(1, false);
    assert!(whole == run(2, false));
    assert!(whole == run(2, true));
}

/// An engine that cannot be observed, nor its bias changed, at every step.
struct Coarse<'a>(NativeEngine<'a>);

impl Engine for Coarse<'_> {
    fn identity(&self) -> EngineIdentity {
        EngineIdentity { name: "coarse".to_owned(), ..self.0.identity() }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { replicas_per_batch: 5, steps_per_observation: 4, ..self.0.capabilities() }
    }

    fn masses(&self) -> &[f64] {
        self.0.masses()
    }

    fn degrees_of_freedom(&self) -> usize {
        self.0.degrees_of_freedom()
    }

    fn variables(&self) -> &[Box<dyn CollectiveVariable>] {
        self.0.variables()
    }

    fn minimise(
        &self,
        tasks: &[MinimisationTask],
        parameters: &MinimisationParameters,
    ) -> Result<Vec<MinimisedMolecule>, DynamicsError> {
        self.0.minimise(tasks, parameters)
    }

    fn open<'e>(
        &'e self,
        replicas: &[Replica],
        law: Langevin,
        random: RandomStream,
        bias: &Bias,
    ) -> Result<Box<dyn Batch + 'e>, DynamicsError> {
        assert!(replicas.len() <= 5);
        self.0.open(replicas, law, random, bias)
    }
}

/// What an engine cannot do decides how it is used: other batches give the same paths, and where steps are observed seldom the highest
/// energies are those of fewer steps.
#[test]
fn another_engine_is_used_as_it_wants_to_be() {
    let potential = Wells { masses: vec![1.0], stiffness: 5.0, quartic: 20.0 };
    let curve = line((3.0, 0.0), (2.0, 1.0), 12);
    let variables = coordinates(&[0]);
    let native = NativeEngine::new(&potential, &variables).unwrap();
    let law = Langevin::new(0.02, 2.0, KT).unwrap();
    let start = vec![vec![[0.1; 3]]; 12];
    let run = |engine: &dyn Engine| {
        let random = RandomStream::new(6, "engines");
        let annealing = AtomAnnealing::new(engine, law, &curve, protocol(2), random).unwrap();
        let mut states = annealing.start(PathId::forward(0), &start).unwrap();
        states.par_iter_mut().for_each(|state| annealing.advance(state, usize::MAX).unwrap());
        let batches = states.len();
        let paths = states.into_iter().flat_map(AtomAnnealingState::into_paths);
        (batches, paths.collect::<Vec<Path>>())
    };
    let (one, fine) = run(&native);
    let (three, coarse) = run(&Coarse(native));
    assert_eq!((one, three), (1, 3));
    let mut lower = 0;
    for (fine, coarse) in fine.iter().zip(&coarse) {
        for (fine, coarse) in fine.points.iter().zip(&coarse.points) {
            assert_eq!(fine.work_kj_mol, coarse.work_kj_mol);
            assert_eq!(fine.variables, coarse.variables);
            assert!(coarse.highest_potential_energy_kj_mol <= fine.highest_potential_energy_kj_mol);
            lower +=
                usize::from(coarse.highest_potential_energy_kj_mol < fine.highest_potential_energy_kj_mol);
        }
    }
    assert!(lower > 0, "every step was observed");
}

/// A path that starts where the time step is absurd is named, its record ends, and the other paths keep their bits.
#[test]
fn blown_path_is_reported_and_the_others_finish() {
    let potential = Wells { masses: vec![1.0], stiffness: 5.0, quartic: 1000.0 };
    let curve = line((3.0, 0.0), (3.0, 0.5), 6);
    let law = Langevin::new(0.02, 2.0, KT).unwrap();
    let mut start = vec![vec![[0.0; 3]]; 20];
    let good = paths(&potential, &curve, protocol(2), law, "blow-up", &start);
    assert!(good.iter().all(|path| path.is_whole()));
    start[7] = vec![[40.0, 0.0, 0.0]];
    let mut mixed = paths(&potential, &curve, protocol(2), law, "blow-up", &start);
    let failure = mixed[7].failure().cloned().expect("path 7 must fail");
    assert_eq!(failure.path, 7);
    assert!(failure.step < 20 && mixed[7].points.is_empty());
    mixed[7] = good[7].clone();
    assert_eq!(mixed, good);
}

#[test]
fn wrong_input_is_refused() {
    let potential = Wells { masses: vec![1.0], stiffness: 5.0, quartic: 0.0 };
    let variables = coordinates(&[0]);
    let engine = NativeEngine::new(&potential, &variables).unwrap();
    let law = Langevin::new(0.02, 2.0, KT).unwrap();
    let random = RandomStream::new(6, "wrong");
    let good = line((3.0, 0.0), (2.0, 1.0), 3);
    let mut planar = good.clone();
    planar[1].center.push(0.0);
    assert!(AtomAnnealing::new(&engine, law, &good[..1], protocol(1), random).is_err());
    assert!(AtomAnnealing::new(&engine, law, &planar, protocol(1), random).is_err());
    let annealing = AtomAnnealing::new(&engine, law, &good, protocol(1), random).unwrap();
    assert!(annealing.start(PathId::forward(0), &[vec![[0.0; 3]; 2]]).is_err());
    assert!(annealing.start(PathId::forward(0), &[vec![[0.0, f64::NAN, 0.0]]]).is_err());
    let massless = Wells { masses: vec![1.0, 0.0], stiffness: 5.0, quartic: 0.0 };
    assert!(NativeEngine::new(&massless, &variables).is_err());
}
