//! Free paths of a particle in a double well that it crosses often enough to wait for: the same paths are cut from one long trajectory.

use std::sync::Arc;

use geodyssey_dynamics::{Bias, Engine, Langevin, NativeEngine, ParticlesOnLandscape, Replica, Walls};
use geodyssey_paths::ensembles::moves::{PathReversal, TwoWayShooting};
use geodyssey_paths::ensembles::{
    AtomsPoint, ChainProtocol, EngineVelocities, FrameSelection, FreePath, InterfaceProtocol,
    InterfaceSimulation, Lanes, LanesState, LegSource, PathEnsemble, PathMove, Place, Places, Seeding,
    SeedingProtocol, State, TransitionChain, interface_ensembles,
};
use geodyssey_statistics::{
    RandomStream, crossing_probability, effective_sample_size, jackknife, ks_two_sample,
};

/// kT of the wells `(x² - 1)²`.
const KT: f64 = 0.25;
/// Largest paths, in frames.
const MOST_FRAMES: usize = 20_000;

fn energy(x: &[f64], gradient: &mut [f64]) -> f64 {
    let well = x[0] * x[0] - 1.0;
    gradient[0] = 4.0 * x[0] * well;
    well * well
}

fn law() -> Langevin {
    Langevin::new(0.05, 0.3, KT).expect("positive numbers")
}

/// A below -0.8, B above 0.8.
struct Sides;

impl Places for Sides {
    fn place(&self, values: &[f64]) -> Place {
        let state = match values[0] {
            x if x < -0.8 => Some(State::A),
            x if x > 0.8 => Some(State::B),
            _ => None,
        };
        Place { state, order: values[0] }
    }
}

/// Lengths, in frames, of all crossings from A to B in long trajectories.
fn waited_for(engine: &dyn Engine) -> Vec<f64> {
    let replicas: Vec<Replica> = (0..16).map(|path| Replica::new(path, vec![[-1.0, 0.0, 0.0]], KT)).collect();
    let random = RandomStream::new(1, "waiting");
    let mut batch = engine.open(&replicas, law(), random, &Bias::None).expect("replicas that fit");
    let (mut since_a, mut found) = (vec![None::<usize>; 16], Vec::new());
    for step in 0..60_000 {
        batch.advance(1).expect("steps");
        let observed = batch.observed();
        for (replica, left) in since_a.iter_mut().enumerate() {
            match Sides.place(&[observed.variable(0, replica)]).state {
                Some(State::A) => *left = Some(step),
                Some(State::B) => found.extend(left.take().map(|left| (step - left) as f64)),
                None => {}
            }
        }
    }
    found
}

fn carry_out<S: LegSource>(
    lanes: &Lanes<'_>,
    sources: Vec<S>,
    count: usize,
    protocol: &S::Protocol<'_>,
) -> Vec<S> {
    let mut running = lanes.start(LanesState::new(sources, count)).expect("lanes");
    while running.round(protocol).expect("dynamics") {}
    assert!(running.state.is_finished());
    running.state.sources
}

fn first_paths(engine: &dyn Engine, lanes: &Lanes<'_>, chains: u32) -> Vec<FreePath<AtomsPoint>> {
    first_paths_with_inside(engine, lanes, chains).into_iter().map(|(path, _)| path).collect()
}

/// Transition paths, each with a path inside A that ends where it begins.
fn first_paths_with_inside(
    engine: &dyn Engine,
    lanes: &Lanes<'_>,
    chains: u32,
) -> Vec<(FreePath<AtomsPoint>, FreePath<AtomsPoint>)> {
    let points = vec![(-15..=15).map(|place| vec![[f64::from(place) * 0.05, 0.0, 0.0]]).collect()];
    let velocities = EngineVelocities { engine, thermal_energy_kj_mol: KT };
    let random = RandomStream::new(2, "seeding");
    let protocol = SeedingProtocol {
        points: &points,
        most_frames: MOST_FRAMES,
        most_shots: 100,
        velocities: &velocities,
        random,
    };
    let seedings = (0..chains).map(|chain| Seeding::new(chain, true)).collect();
    let found = carry_out(lanes, seedings, 8, &protocol);
    let both = |seeding: Seeding| (seeding.found.expect("a path"), seeding.inside.expect("a path inside A"));
    found.into_iter().map(both).collect()
}

fn with_lanes<T>(work: impl FnOnce(&dyn Engine, &Lanes<'_>) -> T) -> T {
    let walls = Walls::new(vec![None]).expect("no walls");
    let particles = ParticlesOnLandscape::new(&energy, &[1.0], &walls).expect("a mass");
    let engine = NativeEngine::new(&particles, particles.variables()).expect("a particle");
    let random = RandomStream::new(3, "dynamics");
    let lanes = Lanes { engine: &engine, law: law(), random, check_every: 1, places: &Sides };
    work(&engine, &lanes)
}

fn protocol(
    velocities: &EngineVelocities<'_>,
) -> (Arc<dyn PathMove<AtomsPoint>>, RandomStream, PathEnsemble) {
    let _ = velocities;
    let ensemble = PathEnsemble::Transition { most_frames: MOST_FRAMES };
    (Arc::new(TwoWayShooting { kept_velocities: 0.0 }), RandomStream::new(4, "moves"), ensemble)
}

/// Lengths of the paths after every trial of the chains.
fn sampled(
    engine: &dyn Engine,
    lanes: &Lanes<'_>,
    chains: u32,
    trials: u64,
    count: usize,
) -> Vec<TransitionChain> {
    let velocities = EngineVelocities { engine, thermal_energy_kj_mol: KT };
    let (shooting, random, ensemble) = protocol(&velocities);
    let protocol = ChainProtocol {
        ensemble,
        selection: FrameSelection::uniform(),
        moves: vec![(shooting, 1.0)],
        velocities: &velocities,
        random,
    };
    let first = first_paths(engine, lanes, chains);
    let chains = (0..chains).zip(first);
    let chains =
        chains.map(|(chain, first)| TransitionChain::new(chain, first, 1, trials, Vec::new())).collect();
    carry_out(lanes, chains, count, &protocol)
}

#[test]
fn shot_paths_are_as_long_as_those_that_are_waited_for() {
    with_lanes(|engine, lanes| {
        let waited = waited_for(engine);
        assert!(waited.len() > 100, "{} crossings", waited.len());
        let chains = sampled(engine, lanes, 16, 400, 16);
        let lengths: Vec<Vec<f64>> = chains
            .iter()
            .map(|chain| {
                let present = chain.present_after_trials();
                present[40..].iter().map(|&path| (chain.paths[path].values.len() - 1) as f64).collect()
            })
            .collect();
        let effective = effective_sample_size(&lengths).expect("lengths vary");
        let all: Vec<f64> = lengths.concat();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let found = ks_two_sample(&all, &waited, [effective, waited.len() as f64]).expect("samples");
        assert!(found.p_value > 0.05, "{found:?}: means {} and {}", mean(&all), mean(&waited));
        // Without the length factor the mean would be that of p(L) L.
        let squares: Vec<f64> = all.iter().map(|length| length * length).collect();
        let wrong = mean(&squares) / mean(&all);
        let error = (mean(&squares) - mean(&all).powi(2)).sqrt() / (waited.len() as f64).sqrt();
        assert!((wrong - mean(&waited)).abs() > 4.0 * error, "{wrong} {} {error}", mean(&waited));
    });
}

/// Trials depend on the chain alone: neither on the number of lanes, nor on the other chains, nor on whether the state was stored and read back.
#[test]
fn trials_do_not_depend_on_lanes_and_interruptions() {
    with_lanes(|engine, lanes| {
        let record = |chains: &[TransitionChain]| -> Vec<(u32, Vec<Option<_>>, Vec<usize>)> {
            let one = |chain: &TransitionChain| {
                let outcomes = chain.trials.iter().map(|trial| trial.rejection).collect();
                let lengths = chain.paths.iter().map(|path| path.values.len()).collect();
                (chain.chain().number(), outcomes, lengths)
            };
            chains.iter().map(one).collect()
        };
        let many = record(&sampled(engine, lanes, 12, 20, 16));
        assert_eq!(record(&sampled(engine, lanes, 12, 20, 8)), many);
        assert_eq!(record(&sampled(engine, lanes, 5, 20, 8))[..], many[..5]);

        let velocities = EngineVelocities { engine, thermal_energy_kj_mol: KT };
        let (shooting, random, ensemble) = protocol(&velocities);
        let protocol = ChainProtocol {
            ensemble,
            selection: FrameSelection::uniform(),
            moves: vec![(shooting, 1.0)],
            velocities: &velocities,
            random,
        };
        let fresh = (0..12).zip(first_paths(engine, lanes, 12));
        let fresh = fresh.map(|(chain, first)| TransitionChain::new(chain, first, 1, 20, Vec::new()));
        let mut state = LanesState::new(fresh.collect(), 8);
        while !state.is_finished() {
            let mut running = lanes.start(state).expect("lanes");
            for _ in 0..37 {
                running.round(&protocol).expect("dynamics");
            }
            running.note_replicas().expect("replicas");
            let stored = serde_json::to_string(&running.state).expect("stored");
            state = serde_json::from_str(&stored).expect("read back");
        }
        assert!(state.lane_use.occupancy().is_some_and(|occupancy| occupancy > 0.5));
        assert_eq!(record(&state.sources), many);
    });
}

/// Transitions from A to B and the time in frames during which A was the state visited last, in long trajectories.
fn counted(engine: &dyn Engine) -> (f64, f64) {
    let replicas: Vec<Replica> = (0..16).map(|path| Replica::new(path, vec![[-1.0, 0.0, 0.0]], KT)).collect();
    let random = RandomStream::new(11, "counting");
    let mut batch = engine.open(&replicas, law(), random, &Bias::None).expect("replicas that fit");
    let (mut last, mut transitions, mut time) = ([State::A; 16], 0.0, 0.0);
    for _ in 0..120_000 {
        batch.advance(1).expect("steps");
        let observed = batch.observed();
        for (replica, last) in last.iter_mut().enumerate() {
            let state = Sides.place(&[observed.variable(0, replica)]).state;
            if *last == State::A {
                time += 1.0;
                transitions += f64::from(state == Some(State::B));
            }
            *last = state.unwrap_or(*last);
        }
    }
    (transitions, time)
}

/// The rate by interfaces is the one that is counted in long trajectories.
#[test]
fn rates_by_interfaces_are_those_that_are_counted() {
    with_lanes(|engine, lanes| {
        let (transitions, time) = counted(engine);
        let (expected, expected_error) = (transitions / time, transitions.sqrt() / time);
        let interfaces = [-0.8, -0.55, -0.3, 0.0];
        let velocities = EngineVelocities { engine, thermal_energy_kj_mol: KT };
        let random = RandomStream::new(12, "interfaces");
        let moves: Vec<(Arc<dyn PathMove<AtomsPoint>>, f64)> =
            vec![(Arc::new(TwoWayShooting { kept_velocities: 0.0 }), 1.0), (Arc::new(PathReversal), 0.3)];
        let ensembles =
            interface_ensembles(&interfaces, MOST_FRAMES).into_iter().map(|ensemble| ChainProtocol {
                ensemble,
                selection: FrameSelection::uniform(),
                moves: moves.clone(),
                velocities: &velocities,
                random,
            });
        let protocol = InterfaceProtocol {
            ensembles: ensembles.collect(),
            interfaces: interfaces.to_vec(),
            exchange_share: 0.5,
            inside_share: 1.0,
            random,
        };
        let (cycles, first) = (2400, 300);
        let fresh = (0..16).zip(first_paths_with_inside(engine, lanes, 16));
        let fresh = fresh.map(|(number, (path, inside))| {
            let mut all = vec![inside];
            all.extend((0..interfaces.len()).map(|_| path.clone()));
            InterfaceSimulation::new(number, all, cycles, &protocol)
        });
        let simulations = carry_out(lanes, fresh.collect(), 16, &protocol);
        let rate = |keep: &dyn Fn(usize) -> bool| {
            let mut weights = vec![vec![0.0; interfaces.len() + 1]; interfaces.len()];
            let (mut inner, mut count) = (0.0, 0.0);
            let kept = simulations.iter().enumerate().filter(|(number, _)| keep(*number));
            for cycle in kept.flat_map(|(_, simulation)| &simulation.records[first..]) {
                inner += f64::from(cycle[0].inner_frames + cycle[1].inner_frames);
                count += 1.0;
                for (ensemble, record) in cycle[1..].iter().enumerate() {
                    weights[ensemble][record.level as usize] += 1.0;
                }
            }
            Some(crossing_probability(&weights).ok()?.total? * count / inner)
        };
        let found = jackknife(simulations.len(), rate).expect("a rate");
        let error = found.standard_error.hypot(expected_error);
        assert!(
            (found.value - expected).abs() < 3.0 * error,
            "{found:?}, counted {expected} ± {expected_error}"
        );
        assert!(error < 0.12 * expected, "{found:?}, counted {expected} ± {expected_error}");
    });
}
