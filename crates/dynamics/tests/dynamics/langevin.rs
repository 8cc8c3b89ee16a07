//! BAOAB on systems with closed forms.

use geodyssey_dynamics::{
    Batch, Bias, Engine, Langevin, NativeEngine, Replica, Tether, TetherPoint, engine::Capabilities,
};
use geodyssey_statistics::RandomStream;

use crate::toy_systems::{Wells, coordinates};

const THERMAL_ENERGY: f64 = 2.5;

/// Mean over time and replicas with a standard error from the replicas' means, which are independent.
fn mean_and_error(sums: impl Iterator<Item = f64>, count: f64) -> (f64, f64) {
    let means: Vec<f64> = sums.map(|sum| sum / count).collect();
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    let variance = means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / (means.len() - 1) as f64;
    (mean, (variance / means.len() as f64).sqrt())
}

/// Replicas number `paths`, all at these positions.
fn replicas(paths: &[u32], positions: &[[f64; 3]]) -> Vec<Replica> {
    paths.iter().map(|&path| Replica::new(path, positions.to_vec(), THERMAL_ENERGY)).collect()
}

/// A batch of them without a bias.
fn open<'e>(
    engine: &'e NativeEngine<'_>,
    replicas: &[Replica],
    [time_step_ps, friction_per_ps]: [f64; 2],
    stage: &str,
) -> Box<dyn Batch + 'e> {
    let law = Langevin::new(time_step_ps, friction_per_ps, THERMAL_ENERGY).unwrap();
    engine.open(replicas, law, RandomStream::new(11, stage), &Bias::None).unwrap()
}

/// With ω dt = 1 the configurational variance is still exactly kT/k, and the kinetic temperature is lower by the factor
/// `1 - (ω dt)²/4` (Leimkuhler & Matthews, J. Chem. Phys. 138, 174102 (2013), section III).
#[test]
fn harmonic_well_at_a_large_time_step() {
    let potential = Wells { masses: vec![1.0, 4.0], stiffness: 100.0, quartic: 0.0 };
    let engine = NativeEngine::new(&potential, &[]).unwrap();
    let paths: Vec<u32> = (0..48).collect();
    let mut batch = open(&engine, &replicas(&paths, &[[0.0; 3]; 2]), [0.1, 3.0], "harmonic");
    batch.advance(300).unwrap();
    let mut squares = [[0.0; 4]; 48];
    let steps = 6000;
    let square = |vector: [f64; 3]| vector.iter().map(|x| x * x).sum::<f64>() / 3.0;
    for _ in 0..steps {
        batch.advance(1).unwrap();
        for (replica, squares) in batch.replicas().unwrap().iter().zip(&mut squares) {
            let velocities = replica.snapshot.velocities.as_ref().unwrap();
            for atom in 0..2 {
                squares[atom] += square(replica.snapshot.positions[atom]);
                squares[2 + atom] += square(velocities[atom]);
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
    let potential = Wells { masses: vec![1.0], stiffness: -20.0, quartic: 200.0 };
    let engine = NativeEngine::new(&potential, &[]).unwrap();
    let paths: Vec<u32> = (0..64).collect();
    let mut batch = open(&engine, &replicas(&paths, &[[0.0; 3]]), [0.02, 2.0], "quartic");
    batch.advance(500).unwrap();
    let steps = 10_000;
    let mut sums = vec![0.0; 64];
    for _ in 0..steps {
        batch.advance(1).unwrap();
        for (sum, energy) in sums.iter_mut().zip(batch.observed().potential_energies_kj_mol) {
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

/// A tether of the stiffness `c` to `y`, on one variable.
fn tether(stiffness: f64, y: f64) -> Bias {
    let point = TetherPoint { log_snr: (stiffness / THERMAL_ENERGY).ln(), center: vec![y] };
    Bias::Tether(Tether::new(&point, &[None], THERMAL_ENERGY).unwrap())
}

/// A bias `½ c ξ²` on one coordinate adds to its stiffness, and its energy is reported.
#[test]
fn bias_acts_through_the_variable() {
    let potential = Wells { masses: vec![1.0, 1.0], stiffness: 40.0, quartic: 0.0 };
    let variables = coordinates(&[1]);
    let engine = NativeEngine::new(&potential, &variables).unwrap();
    let law = Langevin::new(0.05, 3.0, THERMAL_ENERGY).unwrap();
    let paths: Vec<u32> = (0..32).collect();
    let start = replicas(&paths, &[[0.0; 3]; 2]);
    let mut batch = engine.open(&start, law, RandomStream::new(13, "bias"), &tether(60.0, 0.0)).unwrap();
    let mut sums = [[0.0; 3]; 32];
    let steps = 8000;
    batch.advance(300).unwrap();
    for _ in 0..steps {
        batch.advance(1).unwrap();
        let observed = batch.observed();
        for (replica, sums) in sums.iter_mut().enumerate() {
            let x = observed.variable(0, replica);
            let positions = batch.positions(replica).unwrap();
            assert_eq!(x, positions[1][0]);
            sums[0] += x * x;
            sums[1] += positions[1][1].powi(2);
            sums[2] += observed.bias_energies_kj_mol[replica];
        }
    }
    for (kind, expected) in [2.5 / 100.0, 2.5 / 40.0, 30.0 * 2.5 / 100.0].into_iter().enumerate() {
        let (mean, error) = mean_and_error(sums.iter().map(|s| s[kind]), f64::from(steps));
        assert!(error < 0.02 * expected);
        assert!((mean - expected).abs() < 4.0 * error, "{mean} ± {error}, expected {expected}");
    }
}

/// A bias that is switched does the difference of its energies as work, costs no step and acts from then on.
#[test]
fn switching_a_bias_returns_its_work() {
    let potential = Wells { masses: vec![1.0], stiffness: 40.0, quartic: 0.0 };
    let variables = coordinates(&[0]);
    let engine = NativeEngine::new(&potential, &variables).unwrap();
    let mut batch = open(&engine, &replicas(&[1, 2, 3], &[[0.1, 0.0, 0.0]]), [0.02, 2.0], "switch");
    batch.advance(50).unwrap();
    let steps = batch.observed().steps.to_vec();
    let values: Vec<f64> = (0..3).map(|replica| batch.observed().variable(0, replica)).collect();
    let first = batch.set_bias(&tether(60.0, 0.5)).unwrap();
    let second = batch.set_bias(&tether(30.0, -0.5)).unwrap();
    let back = batch.set_bias(&Bias::None).unwrap();
    for (replica, x) in values.into_iter().enumerate() {
        let [strong, weak] = [30.0 * (x - 0.5).powi(2), 15.0 * (x + 0.5).powi(2)];
        assert!((first[replica] - strong).abs() < 1e-12 * strong.max(1.0));
        assert!((second[replica] - (weak - strong)).abs() < 1e-12 * strong.max(weak).max(1.0));
        let circle = first[replica] + second[replica] + back[replica];
        assert!(circle.abs() < 1e-12 * strong.max(weak).max(1.0), "{circle}");
    }
    assert_eq!(batch.observed().steps, steps);
    let planar = TetherPoint { log_snr: 1.0, center: vec![0.0; 2] };
    let planar = Bias::Tether(Tether::new(&planar, &[None; 2], THERMAL_ENERGY).unwrap());
    assert!(batch.set_bias(&planar).is_err());
}

/// Replicas go on with the same bits from what was stored of them, and do not depend on their batch.
#[test]
fn restored_and_regrouped_replicas_keep_their_bits() {
    let potential = Wells { masses: vec![1.0, 2.0, 3.0], stiffness: 30.0, quartic: 10.0 };
    let engine = NativeEngine::new(&potential, &[]).unwrap();
    let open = |replicas: &[Replica]| open(&engine, replicas, [0.05, 1.0], "bits");
    let start = |paths: &[u32]| replicas(paths, &[[0.1, 0.2, 0.3]; 3]);
    let mut whole = open(&start(&[5, 6, 7, 8, 9, 10, 11, 12, 13, 14]));
    whole.advance(60).unwrap();
    let mut interrupted = open(&start(&[5, 6, 7, 8, 9, 10, 11, 12, 13, 14]));
    interrupted.advance(23).unwrap();
    let text = serde_json::to_string(&interrupted.replicas().unwrap()).unwrap();
    let mut resumed = open(&serde_json::from_str::<Vec<Replica>>(&text).unwrap());
    resumed.advance(37).unwrap();
    assert_eq!(whole.replicas().unwrap(), resumed.replicas().unwrap());
    let mut alone = open(&start(&[9]));
    alone.advance(60).unwrap();
    assert_eq!(whole.replicas().unwrap()[4], alone.replicas().unwrap()[0]);
}

/// A lane that takes up another replica moves it as it moves alone, and the others as if nothing had happened; replicas of one batch may be at
/// different steps.
#[test]
fn a_lane_is_refilled_without_a_trace() {
    let potential = Wells { masses: vec![1.0, 2.0, 3.0], stiffness: 30.0, quartic: 10.0 };
    let variables = coordinates(&[1]);
    let engine = NativeEngine::new(&potential, &variables).unwrap();
    let law = Langevin::new(0.05, 1.0, THERMAL_ENERGY).unwrap();
    let bias = tether(20.0, 0.3);
    let random = RandomStream::new(11, "refill");
    let open = |replicas: &[Replica]| engine.open(replicas, law, random, &bias).unwrap();
    let alone = |replica: &Replica, steps: u64| {
        let mut batch = open(std::slice::from_ref(replica));
        batch.advance(steps).unwrap();
        batch.replicas().unwrap().remove(0)
    };
    let start = replicas(&[5, 6, 7, 8, 9, 10, 11, 12, 13, 14], &[[0.1, 0.2, 0.3]; 3]);
    let mut batch = open(&start);
    batch.advance(17).unwrap();
    let fresh = Replica { thermal_energy_kj_mol: 4.0, ..Replica::new(40, vec![[0.0, 0.1, 0.0]; 3], 2.5) };
    // One that has been under way elsewhere, and the last lane, with which the padding goes.
    let older = alone(&Replica::new(41, vec![[0.2, 0.0, 0.0]; 3], THERMAL_ENERGY), 9);
    batch.replace(&[(3, fresh.clone()), (9, older.clone())]).unwrap();
    assert_eq!(batch.observed().steps, [17, 17, 17, 0, 17, 17, 17, 17, 17, 9]);
    batch.advance(25).unwrap();
    let after = batch.replicas().unwrap();
    for (place, replica) in after.iter().enumerate() {
        let expected = match place {
            3 => alone(&fresh, 25),
            9 => alone(&older, 25),
            _ => alone(&start[place], 42),
        };
        assert_eq!(*replica, expected, "place {place}");
    }
    assert_eq!(batch.observed().bias_energies_kj_mol[3], {
        let mut lone = open(std::slice::from_ref(&fresh));
        lone.advance(25).unwrap();
        lone.observed().bias_energies_kj_mol[0]
    });
    // What is refused changes nothing.
    assert!(batch.replace(&[(0, fresh.clone()), (10, fresh.clone())]).is_err());
    assert!(batch.replace(&[(0, Replica::new(1, vec![[0.0; 3]], 2.5))]).is_err());
    assert_eq!(batch.replicas().unwrap(), after);
}

/// Each replica at its own temperature, and at another one later: `⟨x²⟩ = kT/k`.
#[test]
fn replicas_have_temperatures_of_their_own() {
    let potential = Wells { masses: vec![1.0], stiffness: 100.0, quartic: 0.0 };
    let engine = NativeEngine::new(&potential, &[]).unwrap();
    let energies: Vec<f64> = (0..32).map(|replica| if replica % 2 == 0 { 2.5 } else { 7.5 }).collect();
    let paths: Vec<u32> = (0..32).collect();
    let mut start = replicas(&paths, &[[0.0; 3]]);
    start.iter_mut().zip(&energies).for_each(|(replica, energy)| replica.thermal_energy_kj_mol = *energy);
    let mut batch = open(&engine, &start, [0.1, 3.0], "temperatures");
    let exchanged: Vec<f64> = energies.iter().map(|energy| 10.0 - energy).collect();
    for energies in [&energies, &exchanged] {
        batch.set_thermal_energies(energies).unwrap();
        batch.advance(200).unwrap();
        let (mut squares, steps) = (vec![0.0; 32], 4000);
        for _ in 0..steps {
            batch.advance(1).unwrap();
            for (square, energy) in squares.iter_mut().zip(batch.observed().potential_energies_kj_mol) {
                *square += energy / 1.5;
            }
        }
        for expected in [2.5, 7.5] {
            let own = squares.iter().zip(energies).filter(|(_, energy)| **energy == expected);
            let (mean, error) = mean_and_error(own.map(|(square, _)| *square), f64::from(steps));
            assert!(error < 0.02 * expected, "not sampled well enough to say: {error}");
            assert!((mean - expected).abs() < 4.0 * error, "{mean} ± {error}, expected {expected}");
        }
    }
    // Velocities are those of the new temperature at once.
    let velocities = |batch: &dyn Batch| batch.replicas().unwrap()[0].snapshot.velocities.clone().unwrap();
    let before = velocities(batch.as_ref());
    batch.set_thermal_energies(&energies).unwrap();
    for (after, before) in velocities(batch.as_ref()).as_flattened().iter().zip(before.as_flattened()) {
        assert!((after - before / 3f64.sqrt()).abs() < 1e-14 * before.abs().max(1.0));
    }
    assert!(batch.set_thermal_energies(&energies[..3]).is_err());
    assert!(batch.set_thermal_energies(&[0.0; 32]).is_err());
}

/// A replica thrown up a quartic wall cannot be integrated; it is named and the others do not notice.
#[test]
fn blown_replica_is_named_and_disturbs_nobody() {
    let potential = Wells { masses: vec![1.0], stiffness: 1.0, quartic: 1000.0 };
    let engine = NativeEngine::new(&potential, &[]).unwrap();
    let run = |paths: &[u32], bad: Option<usize>| {
        let mut start = replicas(paths, &[[0.0; 3]]);
        if let Some(bad) = bad {
            start[bad].snapshot.positions = vec![[30.0, 0.0, 0.0]];
        }
        let mut batch = open(&engine, &start, [0.02, 1.0], "blow-up");
        batch.advance(200).unwrap();
        batch.replicas().unwrap()
    };
    for bad in [1, 2] {
        let with = run(&[1, 2, 3], Some(bad));
        let good = 3 - bad;
        let without = run(&[1, 1 + good as u32], None);
        let failure = with[bad].failure.clone().expect("must fail");
        assert_eq!(failure.path, 1 + bad as u32);
        assert!(failure.step < 10);
        assert!(failure.to_string().contains(&format!("path {}", failure.path)));
        assert_eq!(with.iter().filter(|replica| replica.failure.is_some()).count(), 1);
        assert!(without.iter().all(|replica| replica.failure.is_none()));
        assert_eq!((&with[0], &with[good]), (&without[0], &without[1]));
        assert_eq!(with[bad].snapshot.positions, [[30.0, 0.0, 0.0]]);
        // Stored and opened again it stays where it is.
        let mut again = open(&engine, &with, [0.02, 1.0], "blow-up");
        again.advance(5).unwrap();
        assert_eq!(again.replicas().unwrap()[bad].snapshot.positions, [[30.0, 0.0, 0.0]]);
        assert!(again.replicas().unwrap()[bad].failure.is_some());
    }
}

#[test]
fn replicas_that_do_not_fit_are_refused() {
    let potential = Wells { masses: vec![1.0], stiffness: 1.0, quartic: 0.0 };
    let engine = NativeEngine::new(&potential, &[]).unwrap();
    assert_eq!(engine.degrees_of_freedom(), 3);
    let Capabilities { replicas_per_batch, steps_per_observation, .. } = engine.capabilities();
    assert_eq!((replicas_per_batch, steps_per_observation), (16, 1));
    let law = Langevin::new(0.02, 1.0, THERMAL_ENERGY).unwrap();
    let refuses = |replicas: &[Replica], why: &str| {
        let opened = engine.open(replicas, law, RandomStream::new(1, "refused"), &Bias::None);
        let message = opened.err().expect("refused").to_string();
        assert!(message.contains(why), "{message}");
    };
    let good = || replicas(&[1, 2], &[[0.0; 3]]);
    refuses(&[], "at least 1");
    refuses(&replicas(&[1], &[[0.0; 3]; 2]), "atoms");
    refuses(&replicas(&[1], &[[f64::NAN, 0.0, 0.0]]), "not a finite number");
    let changed = |change: &dyn Fn(&mut Replica)| {
        let mut replicas = good();
        change(&mut replicas[1]);
        replicas
    };
    refuses(&changed(&|replica| replica.thermal_energy_kj_mol = 0.0), "positive");
    refuses(&changed(&|replica| replica.snapshot.velocities = Some(vec![])), "atoms");
    let cell = Some([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0]]);
    refuses(&changed(&|replica| replica.snapshot.cell = cell), "periodic cell");
    for [time_step, friction, energy] in [[0.0, 1.0, 1.0], [1.0, f64::NAN, 1.0], [1.0, 1.0, -1.0]] {
        assert!(Langevin::new(time_step, friction, energy).is_err());
    }
}
