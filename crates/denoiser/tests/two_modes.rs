//! The toy of the example `two_modes`, with fewer features: where the error of stopped training lies, along the ridge or across it.

#[path = "../examples/two_modes/toy.rs"]
mod toy;

use geodyssey_denoiser::{Covariance, Denoiser as _, MixtureComponent, MixtureDenoiser, SpacetimePoint};
use toy::{Errors, Size, Toy, curved_modes, posterior, straight_modes};

const TIMES: [f64; 6] = [0.0, 100.0, 300.0, 1000.0, 5000.0, f64::INFINITY];

fn train(points: &[[f64; 2]], weight: fn(f64) -> f64) -> (Vec<Errors>, f64) {
    let size = Size { features: 200, intervals: 300, rows_per_level: 6 };
    let toy = Toy::new(points, &size, weight, 5).unwrap();
    let flow = toy.flow().unwrap();
    // No mode grows, and the loss splits exactly.
    let mut last = flow.optimisation_errors(0.0);
    for time in TIMES {
        let modes = flow.optimisation_errors(time);
        assert!(modes.iter().zip(&last).all(|(now, before)| *now >= 0.0 && now <= before));
        let loss = toy.equations.loss(&flow.coefficients(time)).sum();
        let split = flow.least_loss().sum() + modes.sum();
        // Modes that count as zero lie outside of both by their share of the trace.
        let dropped = toy::LEAST_EIGENVALUE * flow.eigenvalues().sum() * toy.start.norm_squared();
        assert!((loss - split).abs() < 1e-9 * loss + dropped, "{time}: {loss} {split}");
        last = modes;
    }
    (toy.errors(&flow, &TIMES), 0.5 * flow.least_loss().sum())
}

/// Errors along and across the ridge are all the error there is, and it falls to the architecture's.
#[track_caller]
fn assert_split(errors: &[Errors], architectural: f64) {
    let mut last = f64::INFINITY;
    for at in errors {
        let total = at.normal + at.tangential;
        assert!((total - at.by_coordinate.iter().sum::<f64>()).abs() < 1e-9 * total);
        assert!(
            (total - architectural - at.optimisation).abs() < 1e-6 * (1.0 + total),
            "{} {total}",
            at.time
        );
        assert!(total < last, "{}: {total} after {last}", at.time);
        last = total;
    }
}

#[test]
fn between_straight_modes_the_normal_error_is_far_below_the_tangential() {
    for weight in [|_| 1.0, |noise: f64| noise.powi(-2)] {
        let (errors, architectural) = train(&straight_modes(), weight);
        assert_split(&errors, architectural);
        for at in &errors {
            // The ridge is the x axis.
            assert!((at.tangential - at.by_coordinate[0]).abs() < 1e-9 * at.tangential, "{}", at.time);
            if at.time >= 300.0 {
                assert!(at.normal < 0.1 * at.tangential, "{}: {} {}", at.time, at.normal, at.tangential);
            }
        }
        // What is left across the ridge is trained away; along it the architecture's part stays.
        let [first, end] = [&errors[2], &errors[5]];
        assert!(end.normal < 1e-4 * first.normal && end.tangential > 0.3 * first.tangential);
    }
}

#[test]
fn between_curved_modes_the_architecture_errs_across_the_ridge_too() {
    let (straight, _) = train(&straight_modes(), |_| 1.0);
    let (curved, architectural) = train(&curved_modes(), |_| 1.0);
    assert_split(&curved, architectural);
    for (straight, curved) in straight.iter().zip(&curved).skip(3) {
        let ratio = |at: &Errors| at.normal / at.tangential;
        assert!(
            ratio(curved) > 10.0 * ratio(straight),
            "{}: {} {}",
            curved.time,
            ratio(curved),
            ratio(straight)
        );
    }
}

#[test]
fn posterior_is_that_of_the_exact_denoiser() {
    let points = curved_modes();
    let component = |x: &[f64; 2]| MixtureComponent {
        weight: 1.0,
        mean: x.to_vec(),
        covariance: Covariance::Isotropic(0.0),
    };
    let denoiser = MixtureDenoiser::new(points.iter().map(component).collect(), vec![None; 2]).unwrap();
    let (signal, noise) = (0.8, 0.3);
    for at in [[0.5, 1.0], [-1.5, 1.8], [2.0, 2.0], [0.0, 3.0]] {
        let (mean, tangent) = posterior(&points, signal, noise, at);
        let y = at.map(|x| x / signal).to_vec();
        let log_snr = f64::ln(signal * signal / noise);
        let exact = denoiser.moments(&[SpacetimePoint { log_snr, y }]).unwrap().remove(0);
        assert!((mean[0] - exact.mean()[0]).abs() < 1e-12 && (mean[1] - exact.mean()[1]).abs() < 1e-12);
        // The tangent is an eigenvector of the covariance, that of the larger eigenvalue.
        let covariance = |row: usize, column: usize| exact.metric[(row, column)];
        let image = [0, 1].map(|row| covariance(row, 0) * tangent[0] + covariance(row, 1) * tangent[1]);
        let along = image[0] * tangent[0] + image[1] * tangent[1];
        let across = image[1] * tangent[0] - image[0] * tangent[1];
        assert!(across.abs() < 1e-10 * along && 2.0 * along > covariance(0, 0) + covariance(1, 1));
    }
    // So close to one point that the others have no probability in double precision, the direction is still known.
    let (mean, tangent) = posterior(&straight_modes(), 1.0, 1e-4, [3.0, 0.01]);
    assert_eq!((mean, tangent), ([3.0, 0.0], [1.0, 0.0]));
}
