//! BAOAB on systems with closed forms.

use geodyssey_molecule::Replicas;
use geodyssey_sampling::{Baoab, BiasPotential, LangevinState, MolecularSystem, NoBias, RandomStream};

use crate::toy_systems::{Wells, coordinates};

const THERMAL_ENERGY: f64 = 2.5;

/// Mean over time and replicas with a standard error from the replicas' means, which are independent.
fn mean_and_error(sums: impl Iterator<Item = f64>, count: f64) -> (f64, f64) {
    let means: Vec<f64> = sums.map(|sum| sum / count).collect();
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    let variance = means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / (means.len() - 1) as f64;
    (mean, (variance / means.len() as f64).sqrt())
}

/// With ω dt = 1 the configurational variance is still exactly kT/k, and the kinetic temperature is lower by the factor
/// `1 - (ω dt)²/4` (Leimkuhler & Matthews, J. Chem. Phys. 138, 174102 (2013), section III).
#[test]
fn harmonic_well_at_a_large_time_step() {
    let engine = Wells { masses: vec![1.0, 4.0], stiffness: 100.0, quartic: 0.0 };
    let system = MolecularSystem::new(&engine, &[]).unwrap();
    let integrator = Baoab::new(0.1, 3.0, THERMAL_ENERGY).unwrap();
    let random = RandomStream::new(11, "harmonic");
    let paths: Vec<u32> = (0..48).collect();
    let mut state = LangevinState::new(&system, &NoBias, Replicas::zeros(2, 48), &paths).unwrap();
    integrator.draw_velocities(&system, &random, &mut state);
    integrator.steps(&system, &NoBias, &random, &mut state, 300);
    let mut squares = [[0.0; 4]; 48];
    let steps = 6000;
    for _ in 0..steps {
        integrator.step(&system, &NoBias, &random, &mut state);
        for (replica, squares) in squares.iter_mut().enumerate() {
            for atom in 0..2 {
                let x = state.positions.get(atom, replica);
                let v = state.velocities.get(atom, replica);
                squares[atom] += x.iter().map(|x| x * x).sum::<f64>() / 3.0;
                squares[2 + atom] += v.iter().map(|v| v * v).sum::<f64>() / 3.0;
            }
        }
    }
    for (atom, mass) in [1.0f64, 4.0].into_iter().enumerate() {
        let square_of_frequency_step = 100.0 / mass * 0.01;
        let (variance, error) = mean_and_error(squares.iter().map(|s| s[atom]), f64::from(steps));
        assert!(error < 0.005 * 0.025, "not sampled well enough to say: {error}");
        assert!((variance - THERMAL_ENERGY / 100.0).abs() < 4.0 * error, "⟨x²⟩ {variance} ± {error}");
        let (variance, error) = mean_and_error(squares.iter().map(|s| s[2 + atom]), f64::from(steps));
        let expected = THERMAL_ENERGY / mass * (1.0 - square_of_frequency_step / 4.0);
        assert!((variance - expected).abs() < 4.0 * error, "⟨v²⟩ {variance} ± {error}, expected {expected}");
    }
}

/// A quartic well at a small time step against quadrature.
#[test]
fn quartic_well_against_quadrature() {
    let engine = Wells { masses: vec![1.0], stiffness: -20.0, quartic: 200.0 };
    let system = MolecularSystem::new(&engine, &[]).unwrap();
    let integrator = Baoab::new(0.02, 2.0, THERMAL_ENERGY).unwrap();
    let random = RandomStream::new(12, "quartic");
    let paths: Vec<u32> = (0..64).collect();
    let mut state = LangevinState::new(&system, &NoBias, Replicas::zeros(1, 64), &paths).unwrap();
    integrator.draw_velocities(&system, &random, &mut state);
    integrator.steps(&system, &NoBias, &random, &mut state, 500);
    let steps = 10_000;
    let mut sums = vec![0.0; 64];
    for _ in 0..steps {
        integrator.step(&system, &NoBias, &random, &mut state);
        for (sum, energy) in sums.iter_mut().zip(&state.potential_energies) {
            *sum += energy / 3.0;
        }
    }
    let energy = |x: f64| -10.0 * x * x + 50.0 * x.powi(4);
    let (mut weight, mut mean) = (0.0, 0.0);
    for i in -20_000..=20_000 {
        let u = energy(f64::from(i) * 1e-4);
        weight += (-u / THERMAL_ENERGY).exp();
        mean += u * (-u / THERMAL_ENERGY).exp();
    }
    let (measured, error) = mean_and_error(sums.into_iter(), f64::from(steps));
    assert!(error < 0.02);
    assert!(
        (measured - mean / weight).abs() < 4.0 * error,
        "{measured} ± {error}, expected {}",
        mean / weight
    );
}

/// A bias `½ c ξ²` on one coordinate adds to its stiffness, and its energy is reported.
#[test]
fn bias_acts_through_the_variable() {
    struct Spring(f64);
    impl BiasPotential for Spring {
        fn evaluate(&self, values: &[f64], _: usize, energies: &mut [f64], derivatives: &mut [f64]) {
            for ((x, energy), slope) in values.iter().zip(energies).zip(derivatives) {
                *energy = 0.5 * self.0 * x * x;
                *slope = self.0 * x;
            }
        }
    }
    let engine = Wells { masses: vec![1.0, 1.0], stiffness: 40.0, quartic: 0.0 };
    let variables = coordinates(&[1]);
    let system = MolecularSystem::new(&engine, &variables).unwrap();
    let integrator = Baoab::new(0.05, 3.0, THERMAL_ENERGY).unwrap();
    let random = RandomStream::new(13, "bias");
    let paths: Vec<u32> = (0..32).collect();
    let bias = Spring(60.0);
    let mut state = LangevinState::new(&system, &bias, Replicas::zeros(2, 32), &paths).unwrap();
    let mut sums = [[0.0; 3]; 32];
    let steps = 8000;
    integrator.steps(&system, &bias, &random, &mut state, 300);
    for _ in 0..steps {
        integrator.step(&system, &bias, &random, &mut state);
        for (replica, sums) in sums.iter_mut().enumerate() {
            let x = state.variable(0, replica);
            assert_eq!(x, state.positions.get(1, replica)[0]);
            sums[0] += x * x;
            sums[1] += state.positions.get(1, replica)[1].powi(2);
            sums[2] += state.bias_energies[replica];
        }
    }
    for (kind, expected) in [2.5 / 100.0, 2.5 / 40.0, 30.0 * 2.5 / 100.0].into_iter().enumerate() {
        let (mean, error) = mean_and_error(sums.iter().map(|s| s[kind]), f64::from(steps));
        assert!(error < 0.02 * expected);
        assert!((mean - expected).abs() < 4.0 * error, "{mean} ± {error}, expected {expected}");
    }
}

/// A snapshot goes on with the same bits, and replicas do not depend on their batch.
#[test]
fn restored_and_regrouped_replicas_keep_their_bits() {
    let engine = Wells { masses: vec![1.0, 2.0, 3.0], stiffness: 30.0, quartic: 10.0 };
    let system = MolecularSystem::new(&engine, &[]).unwrap();
    let integrator = Baoab::new(0.05, 1.0, THERMAL_ENERGY).unwrap();
    let random = RandomStream::new(14, "bits");
    let start = |paths: &[u32]| {
        let positions = Replicas::repeat(&[[0.1, 0.2, 0.3]; 3], paths.len());
        let mut state = LangevinState::new(&system, &NoBias, positions, paths).unwrap();
        integrator.draw_velocities(&system, &random, &mut state);
        state
    };
    let mut whole = start(&[5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    integrator.steps(&system, &NoBias, &random, &mut whole, 60);
    let mut interrupted = start(&[5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    integrator.steps(&system, &NoBias, &random, &mut interrupted, 23);
    let text = serde_json::to_string(&interrupted.snapshot()).unwrap();
    let mut resumed =
        LangevinState::restore(&system, &NoBias, &serde_json::from_str(&text).unwrap()).unwrap();
    integrator.steps(&system, &NoBias, &random, &mut resumed, 37);
    assert_eq!(whole.snapshot().positions, resumed.snapshot().positions);
    assert_eq!(whole.snapshot().velocities, resumed.snapshot().velocities);
    let mut alone = start(&[9]);
    integrator.steps(&system, &NoBias, &random, &mut alone, 60);
    assert_eq!(whole.positions.replica(4), alone.positions.replica(0));
}

/// A replica thrown up a quartic wall cannot be integrated; it is named and the others do not notice.
#[test]
fn blown_replica_is_named_and_disturbs_nobody() {
    let engine = Wells { masses: vec![1.0], stiffness: 1.0, quartic: 1000.0 };
    let system = MolecularSystem::new(&engine, &[]).unwrap();
    let integrator = Baoab::new(0.02, 1.0, THERMAL_ENERGY).unwrap();
    let random = RandomStream::new(15, "blow-up");
    let run = |paths: &[u32], bad: Option<usize>| {
        let mut positions = Replicas::zeros(1, paths.len());
        if let Some(bad) = bad {
            positions.set_replica(bad, &[[30.0, 0.0, 0.0]]);
        }
        let mut state = LangevinState::new(&system, &NoBias, positions, paths).unwrap();
        integrator.draw_velocities(&system, &random, &mut state);
        integrator.steps(&system, &NoBias, &random, &mut state, 200);
        state
    };
    for bad in [1, 2] {
        let with = run(&[1, 2, 3], Some(bad));
        let good = 3 - bad;
        let without = run(&[1, 1 + good as u32], None);
        let failure = with.failures()[bad].clone().expect("must fail");
        assert_eq!(failure.path, 1 + bad as u32);
        assert!(failure.step < 10);
        assert!(failure.to_string().contains(&format!("path {}", failure.path)));
        assert_eq!(with.failures().iter().flatten().count(), 1);
        assert_eq!(without.failures().iter().flatten().count(), 0);
        assert_eq!(with.positions.replica(0), without.positions.replica(0));
        assert_eq!(with.positions.replica(good), without.positions.replica(1));
        assert_eq!(with.positions.replica(bad), [[30.0, 0.0, 0.0]]);
    }
}
