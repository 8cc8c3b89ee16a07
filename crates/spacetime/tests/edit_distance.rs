//! Properties of the Diffusion Edit Distance.

use std::f64::consts::TAU;

use geodyssey_denoiser::{
    Covariance, Denoiser, MixtureComponent, MixtureDenoiser, PosteriorMoments, SpacetimePoint,
};
use geodyssey_spacetime::{
    EditGeodesic, LinearLogSnrSchedule, SolverSettings, diffusion_edit_distance, edit_geodesic,
    metric_in_log_snr_and_y, ways_round,
};
use nalgebra::{DMatrix, DVector};

const LOG_SNR: f64 = 4.0;

/// Three wells on a torus of `(φ, ψ)`.
fn torus() -> MixtureDenoiser {
    let well = |weight: f64, mean: [f64; 2], variance: f64| MixtureComponent {
        weight,
        mean: mean.to_vec(),
        covariance: Covariance::Isotropic(variance),
    };
    let wells = vec![well(0.5, [-1.4, 1.1], 0.15), well(0.3, [-2.6, 2.8], 0.1), well(0.2, [1.1, -0.9], 0.08)];
    MixtureDenoiser::new(wells, vec![Some(TAU); 2]).unwrap()
}

/// The paper's mixture of three Gaussians in one variable.
fn line() -> MixtureDenoiser {
    let component = |weight: f64, mean: f64| MixtureComponent {
        weight,
        mean: vec![mean],
        covariance: Covariance::Isotropic(0.75 * 0.75),
    };
    let components = vec![component(0.275, -2.5), component(0.45, 0.5), component(0.275, 2.5)];
    MixtureDenoiser::new(components, vec![None]).unwrap()
}

fn settings(points: usize) -> SolverSettings {
    SolverSettings { points, ..SolverSettings::default() }
}

fn distance(denoiser: &dyn Denoiser, a: &[f64], b: &[f64]) -> f64 {
    diffusion_edit_distance(denoiser, a, b, LOG_SNR, &settings(33)).unwrap()
}

/// Near wells, on barriers, and across the periods' ends.
const POINTS: [[f64; 2]; 5] = [[-1.4, 1.1], [-2.6, 2.8], [1.1, -0.9], [0.0, 0.4], [3.0, -2.9]];

#[test]
fn it_is_a_metric() {
    let denoiser = torus();
    let table = POINTS.map(|a| POINTS.map(|b| distance(&denoiser, &a, &b)));
    for (i, row) in table.iter().enumerate() {
        assert!(row[i] < 1e-9, "{}", row[i]);
        for (j, &there) in row.iter().enumerate() {
            assert!((there - table[j][i]).abs() < 1e-5 * there.max(1.0), "{there} {}", table[j][i]);
            assert!(i == j || there > 0.5, "{there}");
            // A discrete curve is longer than the true one by some 1e-3 of its length.
            for (middle, (to, from)) in row.iter().zip(&table).enumerate() {
                let around = to + from[j];
                assert!(there <= around * (1.0 + 2e-3) + 1e-6, "{i} {j} over {middle}: {there} > {around}");
            }
        }
    }
}

#[test]
fn the_image_of_a_periodic_variable_does_not_matter() {
    let denoiser = torus();
    let (a, b) = (POINTS[1], POINTS[2]);
    let expected = distance(&denoiser, &a, &b);
    for turns in [[1.0, 0.0], [-3.0, 2.0]] {
        let moved = [b[0] + turns[0] * TAU, b[1] + turns[1] * TAU];
        let found = distance(&denoiser, &a, &moved);
        assert!((found - expected).abs() < 1e-6 * expected, "{found} {expected}");
        let found = distance(&denoiser, &moved, &a);
        assert!((found - expected).abs() < 1e-5 * expected, "{found} {expected}");
    }
    assert!(distance(&denoiser, &a, &[a[0] + TAU, a[1] - TAU]) < 1e-6);
}

#[test]
fn both_ways_round_are_tried() {
    let periods = [Some(TAU), None, Some(TAU)];
    let ways = ways_round(&[-3.0, 0.0, 0.1], &[3.0 + 2.0 * TAU, 5.0, 0.2], &periods);
    assert_eq!(ways, [[-3, 0, 0], [-2, 0, 0], [-3, 0, -1], [-2, 0, -1]]);
    // From -2.6 through ±π the second well is nearer to 2.9 than the direct way is.
    let EditGeodesic { winding, geodesic } =
        edit_geodesic(&torus(), &[-2.6, 2.8], &[2.9, 2.8], LOG_SNR, &settings(33)).unwrap();
    assert_eq!(winding, [-1, 0]);
    assert!(geodesic.converged, "{}", geodesic.stop_reason);
    let many = ways_round(&[0.0; 6], &[1.0, 1.1, 1.2, 1.3, 1.4, 1.5], &[Some(TAU); 6]);
    assert_eq!((many.len(), &many[0], &many[1]), (16, &vec![0; 6], &vec![0, 0, 0, 0, 0, -1]));
}

/// Length of a curve by the metric of other coordinates, midpoint rule between its nodes.
fn length_in(
    denoiser: &dyn Denoiser,
    points: &[SpacetimePoint],
    coordinates: impl Fn(&SpacetimePoint) -> DVector<f64>,
    metric: impl Fn(&SpacetimePoint, &PosteriorMoments) -> DMatrix<f64>,
) -> f64 {
    let between = |pair: &[SpacetimePoint]| SpacetimePoint {
        log_snr: 0.5 * (pair[0].log_snr + pair[1].log_snr),
        y: pair[0].y.iter().zip(&pair[1].y).map(|(a, b)| 0.5 * (a + b)).collect(),
    };
    let middle: Vec<SpacetimePoint> = points.windows(2).map(between).collect();
    let moments = denoiser.moments(&middle).unwrap();
    let steps = points.windows(2).map(|pair| coordinates(&pair[1]) - coordinates(&pair[0]));
    steps
        .zip(middle.iter().zip(&moments))
        .map(|(step, (point, moments))| step.dot(&(metric(point, moments) * &step)).sqrt())
        .sum()
}

/// The distance is that of noisy samples at noise levels, whatever schedule says when these are reached: the edits measured in
/// diffusion time and `x_t = α_t y` of a variance-preserving schedule, and in `σ` and `x + σ n` of a variance-exploding one.
#[test]
fn every_schedule_has_the_same_distance() {
    let denoiser = line();
    let EditGeodesic { geodesic, .. } =
        edit_geodesic(&denoiser, &[-2.3], &[2.0], LOG_SNR, &settings(513)).unwrap();
    let (points, distance) = (geodesic.points(), geodesic.measures.length);
    let schedule = LinearLogSnrSchedule::PAPER;
    let signal = |log_snr: f64| (1.0 + (-log_snr).exp()).sqrt().recip();
    let preserving = length_in(
        &denoiser,
        &points,
        |point| DVector::from_vec(vec![schedule.time(point.log_snr), signal(point.log_snr) * point.y[0]]),
        |point, moments| schedule.metric(point, moments),
    );
    let noise = |point: &SpacetimePoint| (-0.5 * point.log_snr).exp();
    let exploding = length_in(
        &denoiser,
        &points,
        |point| DVector::from_vec(vec![noise(point), point.y[0]]),
        |point, moments| {
            // dλ = -2 dσ/σ, and x_t = y.
            let jacobian = DMatrix::from_diagonal(&DVector::from_vec(vec![-2.0 / noise(point), 1.0]));
            jacobian.transpose() * metric_in_log_snr_and_y(point, moments) * jacobian
        },
    );
    assert!((preserving / distance - 1.0).abs() < 2e-4, "{preserving} {distance}");
    assert!((exploding / distance - 1.0).abs() < 2e-4, "{exploding} {distance}");
}

/// The noise at the ends is what is not looked at: the less of it, the farther apart two configurations are.
#[test]
fn the_distance_grows_with_the_log_snr_of_the_ends() {
    let denoiser = line();
    let at =
        |log_snr: f64| diffusion_edit_distance(&denoiser, &[-2.3], &[2.0], log_snr, &settings(65)).unwrap();
    let distances = [0.0, 2.0, 4.0, 6.0, 8.0].map(at);
    assert!(distances.windows(2).all(|pair| pair[0] < pair[1]), "{distances:?}");
    // Far down the posteriors are Gaussians of the noise's width, whose distance grows by 2 · √½ for every unit of logSNR.
    let slope = (distances[4] - distances[3]) / 2.0;
    assert!((slope / 2.0_f64.sqrt() - 1.0).abs() < 0.02, "{distances:?}");
}
