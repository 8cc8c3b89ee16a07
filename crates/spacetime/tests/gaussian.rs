//! Geodesics of Gaussian data against the closed-form Fisher–Rao distance.

use geodyssey_denoiser::{Covariance, MixtureComponent, MixtureDenoiser, SpacetimePoint};
use geodyssey_spacetime::{
    CurveNode, GeodesicProblem, LengthModel, PathMetric, SolverSettings, SpacetimeError, default_starts,
    diffusion_edit_distance, isotropic_gaussian_distance, solve, solve_from_starts, straight_line,
};
use nalgebra::{DMatrix, DVector};

/// Data wide enough that every posterior on the way is one of its own; the result does not depend on the width.
const DATA_VARIANCE: f64 = 400.0;

fn gaussian_data(dimension: usize) -> MixtureDenoiser {
    let component = MixtureComponent {
        weight: 1.0,
        mean: vec![0.0; dimension],
        covariance: Covariance::Isotropic(DATA_VARIANCE),
    };
    MixtureDenoiser::new(vec![component], vec![None; dimension]).unwrap()
}

/// The spacetime point whose posterior is `N(mean, standard_deviation² I)`.
fn posterior(mean: &[f64], standard_deviation: f64) -> SpacetimePoint {
    let variance = standard_deviation * standard_deviation;
    let precision = 1.0 / variance - 1.0 / DATA_VARIANCE;
    SpacetimePoint {
        log_snr: precision.ln(),
        y: mean.iter().map(|mean| mean / (variance * precision)).collect(),
    }
}

/// Mean and standard deviation of two ends, and the distance as design.md section 7 states it.
const CASES: [([f64; 2], [f64; 2], f64); 3] = [
    ([-0.5, 0.2], [0.5, 0.2], 3.7750),
    ([-1.0, 0.1], [1.0, 0.1], 7.5070),
    ([-0.3, 0.05], [0.4, 0.3], 4.4004),
];

fn solved_length(case: &([f64; 2], [f64; 2], f64), points: usize) -> f64 {
    let denoiser = gaussian_data(1);
    let problem = GeodesicProblem {
        denoiser: &denoiser,
        metric: None,
        start: posterior(&case.0[..1], case.0[1]),
        end: posterior(&case.1[..1], case.1[1]),
        constraints: &[],
        settings: SolverSettings { points, ..SolverSettings::default() },
        progress: None,
    };
    let geodesic = solve_from_starts(&problem, &default_starts(&problem)).unwrap();
    assert!(geodesic.converged, "{}", geodesic.stop_reason);
    assert!((geodesic.measures.constant_speed - 1.0).abs() < 1e-3);
    assert_eq!(geodesic.measures.negative_share, 0.0);
    geodesic.measures.length
}

/// Plain distances in the natural parameters: `l² = |Δη|²`.
struct Flat;

impl PathMetric for Flat {
    fn unit(&self) -> &'static str {
        "1"
    }

    fn squared_lengths(&self, nodes: &[CurveNode]) -> Vec<f64> {
        let step = |pair: &[CurveNode]| pair[1].point.natural_parameter() - pair[0].point.natural_parameter();
        nodes.windows(2).map(|pair| step(pair).norm_squared()).collect()
    }

    fn model(&self, nodes: &[CurveNode]) -> Result<LengthModel, SpacetimeError> {
        let eta: Vec<DVector<f64>> = nodes.iter().map(|node| node.point.natural_parameter()).collect();
        let inner = nodes.len() - 2;
        let unit = DMatrix::identity(eta[0].len(), eta[0].len());
        Ok(LengthModel {
            gradient: eta.windows(3).map(|eta| (&eta[1] * 2.0 - &eta[0] - &eta[2]) * 2.0).collect(),
            diagonal: vec![&unit * 4.0; inner],
            springs: vec![&unit * 4.0; inner],
            upper: vec![&unit * -2.0; inner - 1],
            metric: vec![unit; inner],
            evaluations: 0,
        })
    }
}

/// The solver knows no metric of its own: of another one it finds that one's geodesic, here a straight line with even steps.
#[test]
fn another_metric_has_its_own_geodesic() {
    let denoiser = gaussian_data(1);
    let problem = GeodesicProblem {
        denoiser: &denoiser,
        metric: Some(&Flat),
        start: posterior(&[-0.5], 0.2),
        end: posterior(&[0.5], 0.4),
        constraints: &[],
        settings: SolverSettings { points: 33, ..SolverSettings::default() },
        progress: None,
    };
    let geodesic = solve_from_starts(&problem, &default_starts(&problem)).unwrap();
    assert!(geodesic.converged, "{}", geodesic.stop_reason);
    let [first, last] = [&problem.start, &problem.end].map(SpacetimePoint::natural_parameter);
    let length = (&last - &first).norm();
    assert!((geodesic.measures.length / length - 1.0).abs() < 1e-6, "{} {length}", geodesic.measures.length);
    for (index, point) in geodesic.points().iter().enumerate() {
        let exact = &first + (&last - &first) * (index as f64 / 32.0);
        assert!((point.natural_parameter() - exact).norm() < 1e-3 * length, "point {index}");
    }
    // The Fisher–Rao geodesic between the same ends is another curve.
    let other = GeodesicProblem { metric: None, ..problem };
    let other = solve_from_starts(&other, &default_starts(&other)).unwrap();
    let middle = |points: &[SpacetimePoint]| points[16].natural_parameter();
    assert!((middle(&other.points()) - middle(&geodesic.points())).norm() > 0.05 * length);
}

#[test]
fn closed_form_distances() {
    for (start, end, stated) in &CASES {
        let exact = isotropic_gaussian_distance(1, (end[0] - start[0]).abs(), start[1], end[1]);
        assert!((exact - stated).abs() < 5e-5, "{exact} {stated}");
    }
}

#[test]
fn solved_lengths_agree_and_their_error_falls_as_the_square_of_the_spacing() {
    for case in &CASES {
        let exact = isotropic_gaussian_distance(1, (case.1[0] - case.0[0]).abs(), case.0[1], case.1[1]);
        let errors: Vec<f64> =
            [32, 64, 128, 256].iter().map(|points| (solved_length(case, *points) - exact).abs()).collect();
        assert!(errors[3] < 1e-3, "{errors:?}");
        for (index, pair) in errors.windows(2).enumerate() {
            let spacing = [(31.0, 63.0), (63.0, 127.0), (127.0, 255.0)][index];
            let order = (pair[0] / pair[1]).ln() / (f64::ln(spacing.1 / spacing.0));
            assert!((order - 2.0).abs() < 0.1, "order {order} from {errors:?}");
        }
    }
}

#[test]
fn three_dimensions_and_edit_distance() {
    let denoiser = gaussian_data(3);
    let (a, b) = ([0.1, -0.2, 0.3], [0.6, 0.5, -0.4]);
    let log_snr = 4.0_f64;
    let precision = log_snr.exp() + 1.0 / DATA_VARIANCE;
    let sd = precision.sqrt().recip();
    let separation = a.iter().zip(&b).map(|(a, b): (&f64, &f64)| (a - b).powi(2)).sum::<f64>().sqrt()
        * log_snr.exp()
        / precision;
    let exact = isotropic_gaussian_distance(3, separation, sd, sd);
    let settings = SolverSettings { points: 256, ..SolverSettings::default() };
    let there = diffusion_edit_distance(&denoiser, &a, &b, log_snr, &settings).unwrap();
    let back = diffusion_edit_distance(&denoiser, &b, &a, log_snr, &settings).unwrap();
    assert!((there - exact).abs() < 1e-3, "{there} {exact}");
    assert!((there - back).abs() < 1e-6);
    assert!(diffusion_edit_distance(&denoiser, &a, &a, log_snr, &settings).unwrap() < 1e-9);
}

#[test]
fn a_bound_on_log_snr_is_kept_and_costs_length() {
    let denoiser = gaussian_data(1);
    let (start, end) = (posterior(&[-1.0], 0.1), posterior(&[1.0], 0.1));
    let lengths: Vec<f64> = [-6.0, 3.0]
        .into_iter()
        .map(|log_snr_min| {
            let problem = GeodesicProblem {
                denoiser: &denoiser,
                metric: None,
                start: start.clone(),
                end: end.clone(),
                constraints: &[],
                settings: SolverSettings { points: 128, log_snr_min, ..SolverSettings::default() },
                progress: None,
            };
            let geodesic = solve(&problem, &straight_line(&start, &end, 9)).unwrap();
            assert!(geodesic.converged, "{} {}", geodesic.stop_reason, geodesic.relative_excess);
            assert!(geodesic.nodes.iter().all(|node| node.point.log_snr >= log_snr_min));
            geodesic.measures.length
        })
        .collect();
    // With a floor: down a geodesic arc that touches the floor smoothly, along the floor, and up again. In the half-plane of
    // (m, √2 σ) the arcs are circles around points of σ = 0; the floor is the straight line σ = σ_f.
    let floor_sd: f64 = (3.0_f64.exp() + 1.0 / DATA_VARIANCE).sqrt().recip();
    let scale = 2.0_f64.sqrt();
    let (radius, low) = (scale * floor_sd, scale * 0.1);
    let reach = (radius * radius - low * low).sqrt();
    let arc = (radius / low).acosh();
    let along = (2.0 - 2.0 * reach) / radius;
    let exact = scale * (2.0 * arc + along);
    assert!((lengths[1] - exact).abs() < 5e-3, "{lengths:?} {exact}");
    assert!(lengths[1] > lengths[0] + 0.1);
}

/// The error of a length by `N` points: `√J` of a piece of length `s` is longer than it by `s²/(12 d)` of it where only the variance changes,
/// and by less where the mean does, so that a curve of length `L` is too long by up to `L²/(12 d (N-1)²)`.
#[test]
fn the_error_of_a_length_falls_with_the_square_of_the_points() {
    for (dimension, points) in [(1, 17), (1, 33), (2, 17), (3, 24)] {
        let denoiser = gaussian_data(dimension);
        let at = |mean: f64, deviation: f64| posterior(&vec![mean; dimension], deviation);
        // Forgetting and learning, with and without a way in between.
        for (start, end, least, most) in [
            (at(0.0, 0.01), at(0.0, 8.0), 0.97, 1.03),
            (at(-0.5, 0.05), at(0.5, 0.05), 0.6, 1.0),
            (at(0.0, 0.3), at(0.5, 0.3), 0.2, 0.6),
        ] {
            let shift = (start.y[0] - end.y[0]).abs() * (dimension as f64).sqrt();
            let deviation =
                |point: &SpacetimePoint| (1.0 / (point.log_snr.exp() + 1.0 / DATA_VARIANCE)).sqrt();
            // `y` is not the mean where data are not flat; with equal deviations it differs by one factor.
            let factor = start.log_snr.exp() * deviation(&start).powi(2);
            let exact =
                isotropic_gaussian_distance(dimension, shift * factor, deviation(&start), deviation(&end));
            let problem = GeodesicProblem {
                denoiser: &denoiser,
                metric: None,
                start,
                end,
                constraints: &[],
                settings: SolverSettings { points, ..SolverSettings::default() },
                progress: None,
            };
            let length = solve_from_starts(&problem, &default_starts(&problem)).unwrap().measures.length;
            let bound = exact * exact / (12.0 * dimension as f64 * ((points - 1) * (points - 1)) as f64);
            let share = (length / exact - 1.0) / bound;
            assert!((least..most).contains(&share), "{dimension} variables, {points} points: {share}");
        }
    }
}

/// Steps do not multiply where points do: sixteen times as many points cost about sixteen times as many evaluations.
#[test]
fn the_work_is_proportional_to_the_points() {
    let denoiser = gaussian_data(1);
    let solved = |points: usize| {
        let problem = GeodesicProblem {
            denoiser: &denoiser,
            metric: None,
            start: posterior(&[-0.3], 0.05),
            end: posterior(&[0.4], 0.3),
            constraints: &[],
            settings: SolverSettings { points, ..SolverSettings::default() },
            progress: None,
        };
        let geodesic = solve_from_starts(&problem, &default_starts(&problem)).unwrap();
        assert!(geodesic.converged, "{points}: {}", geodesic.stop_reason);
        geodesic
    };
    let (few, many) = (solved(256), solved(4096));
    let ratio = many.evaluations as f64 / few.evaluations as f64;
    assert!(ratio < 24.0, "{ratio}: {} and {} steps", few.iterations, many.iterations);
}
