//! Random numbers of driven paths: a stream for every curve, direction and protocol.
//!
//! Two sets of paths that are compared must be independent, even where their runs share a seed and differ in the curve alone. With
//! common random numbers paths of one number would go alike, or opposite, along two curves, and a test that takes them as
//! independent would call differences real too often or too seldom.

use geodyssey_dynamics::TetherPoint;
use geodyssey_paths::{AnnealingProtocol, Direction};
use geodyssey_statistics::RandomStream;

/// The stream of the paths along a curve, given as they pass it. What does not change a path does not change its stream: how many
/// others there are, and which of its points are kept as frames.
pub(crate) fn stream(
    seed: u64,
    direction: Direction,
    curve: &[TetherPoint],
    protocol: &AnnealingProtocol,
    integrator: &[f64],
) -> RandomStream {
    let name = match direction {
        Direction::Forward => "forward paths",
        Direction::Backward => "backward paths",
    };
    let steps = [protocol.equilibration_steps, protocol.steps_per_point, protocol.switches_per_point];
    let points =
        curve.iter().flat_map(|point| std::iter::once(point.log_snr).chain(point.center.iter().copied()));
    let settings = steps.into_iter().map(|steps| steps as f64).chain(integrator.iter().copied());
    RandomStream::new(seed, name).substream_of(settings.chain(points))
}

#[cfg(test)]
mod tests {
    use geodyssey_dynamics::Overdamped;
    use geodyssey_paths::{PathId, VariableAnnealing};

    use super::*;
    use crate::stages::compare::significance::{Stratum, permutation_test};

    const PATHS: usize = 6;
    const REPLICAS: u64 = 600;
    const STEP: f64 = 0.02;

    /// Works along a curve that drags a walker out of a harmonic well, to the right (1) or to the left (-1).
    fn works(seed: u64, side: f64) -> Vec<f64> {
        let well = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 4.0 * x[0];
            2.0 * x[0] * x[0]
        };
        let curve: Vec<TetherPoint> =
            (0..8).map(|n| TetherPoint { log_snr: 2.0, center: vec![side * 0.15 * f64::from(n)] }).collect();
        let protocol = AnnealingProtocol {
            equilibration_steps: 20,
            steps_per_point: 4,
            switches_per_point: 4,
            frame_stride: 1,
        };
        let random = stream(seed, Direction::Forward, &curve, &protocol, &[STEP]);
        let dynamics = Overdamped::new(STEP, false, 1.0).unwrap();
        let annealing =
            VariableAnnealing::new(&well, &[None], dynamics, &curve, protocol, 0.5, random).unwrap();
        let mut batches = annealing.start(PathId::forward(0), &vec![vec![0.0]; PATHS]).unwrap();
        batches.iter_mut().for_each(|batch| annealing.advance(batch, usize::MAX));
        batches.iter().flat_map(|batch| batch.paths()).map(|path| path.points[7].work_kj_mol).collect()
    }

    /// The two curves are mirror images, so that their works are of one distribution, and every difference that the test calls real
    /// is a false positive: 5 % of them at a level of 5 %, with a standard deviation of 0.9 % over 600 pairs of runs. With one stream
    /// for both curves the works of one number are opposite (correlation -1) and 16 % were called real.
    #[test]
    fn differences_that_are_none_are_called_real_as_often_as_the_level_says() {
        let (mut real, mut products, mut squares) = (0, 0.0, [0.0; 2]);
        for seed in 0..REPLICAS {
            let both = [1.0, -1.0].map(|side| works(seed, side));
            let strata = [Stratum { first: &both[0], second: &both[1] }];
            real += u32::from(permutation_test(&strata, 1, 1).unwrap() <= 0.05);
            let means = [&both[0], &both[1]].map(|works| works.iter().sum::<f64>() / PATHS as f64);
            for (one, other) in both[0].iter().zip(&both[1]) {
                products += (one - means[0]) * (other - means[1]);
                squares[0] += (one - means[0]).powi(2);
                squares[1] += (other - means[1]).powi(2);
            }
        }
        let share = f64::from(real) / REPLICAS as f64;
        assert!((share - 0.05).abs() < 0.025, "{share}");
        let correlation = products / (squares[0] * squares[1]).sqrt();
        assert!(correlation.abs() < 0.06, "{correlation}");
    }

    #[test]
    fn another_curve_protocol_way_or_seed_has_another_stream() {
        let curve = |y: f64| -> Vec<TetherPoint> {
            (0..3).map(|n| TetherPoint { log_snr: 4.0, center: vec![y * f64::from(n), 0.0] }).collect()
        };
        let protocol = AnnealingProtocol {
            equilibration_steps: 1,
            steps_per_point: 2,
            switches_per_point: 2,
            frame_stride: 1,
        };
        let first = |random: RandomStream| random.uniform(0, 0, 0);
        let of = |seed, direction, y: f64, protocol: &AnnealingProtocol, step| {
            first(stream(seed, direction, &curve(y), protocol, &[step]))
        };
        let forward = Direction::Forward;
        let base = of(1, forward, 0.5, &protocol, 0.1);
        assert_eq!(base, of(1, forward, 0.5, &AnnealingProtocol { frame_stride: 2, ..protocol }, 0.1));
        for other in [
            of(2, forward, 0.5, &protocol, 0.1),
            of(1, Direction::Backward, 0.5, &protocol, 0.1),
            of(1, forward, 0.5000001, &protocol, 0.1),
            of(1, forward, 0.5, &AnnealingProtocol { switches_per_point: 1, ..protocol }, 0.1),
            of(1, forward, 0.5, &protocol, 0.2),
        ] {
            assert_ne!(base, other);
        }
    }
}
