//! Replica exchange on systems whose averages, populations and exchange rates are known.

use geodyssey_dynamics::{DynamicsError, NativeEngine};
use geodyssey_forcefield::{Potential, PotentialError};
use geodyssey_landscape::{
    ReplicaExchange, ReplicaExchangeParameters,
    replica_exchange::{ReplicaExchangeState, geometric_ladder},
};
use geodyssey_molecule::{Replicas, units::thermal_energy_kj_mol};
use geodyssey_statistics::reweight_temperatures;

use toy_systems::{Wells, coordinates};

#[path = "../../dynamics/tests/dynamics/toy_systems.rs"]
mod toy_systems;

/// Two wells of different depth along x, harmonic along y and z.
struct TiltedWells;

impl TiltedWells {
    const BARRIER: f64 = 25.0; // ten times kT at 300 K
    const TILT: f64 = 1.5;
    const STIFFNESS: f64 = 50.0;

    fn energy(x: f64) -> f64 {
        Self::BARRIER * (x * x - 1.0).powi(2) + Self::TILT * x
    }
}

impl Potential for TiltedWells {
    fn masses(&self) -> &[f64] {
        &[10.0]
    }

    fn evaluate(
        &self,
        positions: &Replicas,
        forces: &mut Replicas,
        energies: &mut [f64],
    ) -> Result<(), PotentialError> {
        for (energy, &x) in energies.iter_mut().zip(positions.row(0, 0)) {
            *energy = Self::energy(x);
        }
        for (force, &x) in forces.row_mut(0, 0).iter_mut().zip(positions.row(0, 0)) {
            *force = -(4.0 * Self::BARRIER * x * (x * x - 1.0) + Self::TILT);
        }
        for axis in 1..3 {
            for ((force, &x), energy) in
                forces.row_mut(0, axis).iter_mut().zip(positions.row(0, axis)).zip(energies.iter_mut())
            {
                *force = -Self::STIFFNESS * x;
                *energy += 0.5 * Self::STIFFNESS * x * x;
            }
        }
        Ok(())
    }
}

/// Mean over ladders, which are independent, with its standard error.
fn over_ladders(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

fn run(exchange: &ReplicaExchange<'_>, start: &[Vec<[f64; 3]>]) -> ReplicaExchangeState {
    let state = exchange.start(start).unwrap();
    exchange.advance(state, u64::MAX).unwrap()
}

/// All replicas start in the upper well, behind a barrier of 10 kT: only exchange brings the cold ones across. At every
/// temperature ⟨U⟩ and the population of the upper well are those of quadrature, and so they are, at the lowest, of all samples
/// with their weights.
#[test]
fn populations_behind_a_barrier_at_every_temperature() {
    let variables = coordinates(&[0]);
    let engine = NativeEngine::new(&TiltedWells, &variables).unwrap();
    let parameters = ReplicaExchangeParameters {
        ladders: 16,
        time_step_ps: 0.02,
        friction_per_ps: 2.0,
        equilibration_time_ps: 400.0,
        sampling_time_ps: 1600.0,
        exchange_interval_ps: 0.2,
        frame_interval_ps: 1.0,
    };
    let temperatures = geometric_ladder(300.0, 2400.0, 8).unwrap();
    let exchange = ReplicaExchange::new(&engine, temperatures.clone(), parameters, 3).unwrap();
    let state = run(&exchange, &[vec![[1.0, 0.0, 0.0]]]);
    let energies = &state.frames.potential_energies_kj_mol;
    assert_eq!(energies.len() as u64, exchange.frame_count());
    for (index, &temperature) in temperatures.iter().enumerate() {
        let kt = thermal_energy_kj_mol(temperature);
        let (mut weight, mut energy, mut upper) = (0.0, 0.0, 0.0);
        for i in -30_000..=30_000 {
            let x = f64::from(i) * 1e-4;
            let boltzmann = (-TiltedWells::energy(x) / kt).exp();
            weight += boltzmann;
            energy += TiltedWells::energy(x) * boltzmann;
            upper += if x > 0.0 { boltzmann } else { 0.0 };
        }
        let frames = |ladder: usize| {
            let all = state.frames.variables.iter().zip(energies);
            all.skip(ladder * 8 + index).step_by(8 * 16)
        };
        let means: Vec<[f64; 2]> = (0..16)
            .map(|ladder| {
                let count = frames(ladder).count() as f64;
                let energy = frames(ladder).map(|(_, u)| u).sum::<f64>() / count;
                [energy, frames(ladder).filter(|(x, _)| **x > 0.0).count() as f64 / count]
            })
            .collect();
        let (mean, error) = over_ladders(&means.iter().map(|m| m[0]).collect::<Vec<_>>());
        let expected = energy / weight + kt;
        assert!(error < 0.02 * expected.abs().max(kt), "not sampled well enough to say: {error}");
        assert!((mean - expected).abs() < 4.0 * error, "{temperature}: {mean} ± {error}, not {expected}");
        let (share, error) = over_ladders(&means.iter().map(|m| m[1]).collect::<Vec<_>>());
        let expected = upper / weight;
        assert!(error < 0.04, "not sampled well enough to say: {error}");
        assert!((share - expected).abs() < 4.0 * error, "{temperature}: {share} ± {error}, not {expected}");

        if index == 0 {
            let counts = vec![energies.len() / 8; 8];
            let kts = exchange.thermal_energies_kj_mol();
            let weighted = reweight_temperatures(energies, kts, &counts, kt).unwrap();
            let all = weighted.weights.iter().zip(&state.frames.variables);
            let share: f64 = all.filter(|(_, x)| **x > 0.0).map(|(weight, _)| weight).sum();
            assert!((share - expected).abs() < 4.0 * error, "{share}, not {expected}");
            assert!(weighted.effective_size() > energies.len() as f64 / 8.0);
        }
    }
    assert!(state.exchanges.round_trips() > 100, "{}", state.exchanges.round_trips());
    let frames = energies.len() as f64 / 8.0;
    let size = exchange.effective_sample_size(&state.frames).unwrap();
    assert!(size > 200.0 && size < frames, "{size} of {frames}");
}

/// Share of accepted exchanges between two temperatures of a harmonic system of `n` coordinates, `2 I_{1/(1+T₂/T₁)}(n/2, n/2)`
/// with the regularised incomplete beta function (C. Predescu, M. Predescu and C. V. Ciobanu, J. Chem. Phys. 120, 4119 (2004)).
fn harmonic_rate(coordinates: usize, ratio: f64) -> f64 {
    let power = 0.5 * coordinates as f64 - 1.0;
    let integral = |upper: f64| {
        let points = 20_000;
        let width = upper / f64::from(points);
        (0..points)
            .map(|i| {
                let t = (f64::from(i) + 0.5) * width;
                (t * (1.0 - t)).powf(power) * width
            })
            .sum::<f64>()
    };
    2.0 * integral(1.0 / (1.0 + ratio)) / integral(1.0)
}

#[test]
fn exchange_rates_of_a_harmonic_system() {
    let potential = Wells { masses: vec![1.0; 4], stiffness: 100.0, quartic: 0.0 };
    let variables = coordinates(&[0]);
    let engine = NativeEngine::new(&potential, &variables).unwrap();
    let parameters = ReplicaExchangeParameters {
        ladders: 8,
        time_step_ps: 0.1,
        friction_per_ps: 5.0,
        equilibration_time_ps: 100.0,
        sampling_time_ps: 4000.0,
        exchange_interval_ps: 1.0,
        frame_interval_ps: 100.0,
    };
    let temperatures = [300.0, 390.0, 600.0, 660.0];
    let exchange = ReplicaExchange::new(&engine, temperatures.to_vec(), parameters, 4).unwrap();
    let state = run(&exchange, &[vec![[0.0; 3]; 4]]);
    for (rate, pair) in state.exchanges.rates().into_iter().zip(temperatures.windows(2)) {
        let (rate, expected) = (rate.unwrap(), harmonic_rate(12, pair[1] / pair[0]));
        // 16,000 attempts, nearly independent: standard error below 0.004.
        assert!((rate - expected).abs() < 0.016, "{pair:?}: {rate}, not {expected}");
    }
}

/// In pieces, through JSON and on another number of threads: the same bits.
#[test]
fn a_run_in_pieces_is_the_same_run() {
    let variables = coordinates(&[0]);
    let engine = NativeEngine::new(&TiltedWells, &variables).unwrap();
    let parameters = ReplicaExchangeParameters {
        ladders: 5, // 25 replicas: a ladder lies across two blocks, and the last block is padded
        time_step_ps: 0.02,
        equilibration_time_ps: 2.0,
        sampling_time_ps: 10.0,
        exchange_interval_ps: 0.1,
        frame_interval_ps: 0.5,
        friction_per_ps: 2.0,
    };
    let temperatures = geometric_ladder(300.0, 800.0, 5).unwrap();
    let exchange = ReplicaExchange::new(&engine, temperatures, parameters, 9).unwrap();
    let start = [vec![[1.0, 0.0, 0.0]], vec![[-1.0, 0.0, 0.0]]];
    let whole = run(&exchange, &start);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut pieces = exchange.start(&start).unwrap();
    while !exchange.is_finished(&pieces) {
        let text = serde_json::to_string(&pieces).unwrap();
        pieces = pool.install(|| exchange.advance(serde_json::from_str(&text).unwrap(), 7)).unwrap();
    }
    assert_eq!(whole, pieces);
    assert_eq!(whole.energy_evaluations, exchange.energy_evaluations());
    assert_eq!(whole.frames.variables.len(), 25 * 20);
}

#[test]
fn what_blows_up_is_named() {
    let potential = Wells { masses: vec![1.0], stiffness: 1e6, quartic: 0.0 };
    let variables = coordinates(&[0]);
    let engine = NativeEngine::new(&potential, &variables).unwrap();
    let make = |temperatures: &[f64], parameters: ReplicaExchangeParameters| {
        ReplicaExchange::new(&engine, temperatures.to_vec(), parameters, 1)
    };
    let parameters = ReplicaExchangeParameters { time_step_ps: 0.1, ..ReplicaExchangeParameters::default() };
    let exchange = make(&[300.0, 400.0], parameters.clone()).unwrap();
    let state = exchange.start(&[vec![[0.0; 3]]]).unwrap();
    let error = exchange.advance(state, u64::MAX).unwrap_err();
    assert!(matches!(error, DynamicsError::Diverged { .. }), "{error}");
    assert!(exchange.start(&[vec![[f64::NAN; 3]]]).is_err());
    assert!(exchange.start(&[]).is_err());
    for temperatures in [vec![300.0], vec![400.0, 300.0], vec![300.0, f64::NAN]] {
        assert!(make(&temperatures, parameters.clone()).is_err(), "{temperatures:?}");
    }
    assert!(geometric_ladder(900.0, 800.0, 4).is_err() && geometric_ladder(300.0, 800.0, 1).is_err());
}
