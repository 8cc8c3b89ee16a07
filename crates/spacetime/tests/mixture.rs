//! The 1-D mixture of arXiv 2505.17517: weights .275, .45, .275, means -2.5, .5, 2.5, standard deviation .75,
//! variance preserving with logSNR = 10 - 20 t. Reference lengths: converged free-node solutions of an independent
//! double-precision program, 512 nodes unless said otherwise.

use geodyssey_denoiser::{
    Covariance, Denoiser, DenoiserError, MixtureComponent, MixtureDenoiser, SpacetimePoint,
};
use geodyssey_spacetime::{
    CurveFamily, Geodesic, GeodesicProblem, LinearLogSnrSchedule, SolverSettings, arc_length, default_starts,
    forward_kl_along, kullback_leibler, measure_curve, metric_in_log_snr_and_y, reverse_kl_along, solve,
    solve_from_starts, straight_line, tent,
};
use nalgebra::{DMatrix, DVector};

const SCHEDULE: LinearLogSnrSchedule = LinearLogSnrSchedule::PAPER;

fn mixture(periods: Option<f64>) -> MixtureDenoiser {
    let component = |weight: f64, mean: f64| MixtureComponent {
        weight,
        mean: vec![mean],
        covariance: Covariance::Isotropic(0.75 * 0.75),
    };
    let components = vec![component(0.275, -2.5), component(0.45, 0.5), component(0.275, 2.5)];
    MixtureDenoiser::new(components, vec![periods]).unwrap()
}

/// A denoiser that gives only `μ` and its vector–Jacobian products, as a learned one does.
struct OnlyProducts(MixtureDenoiser);

impl Denoiser for OnlyProducts {
    fn periods(&self) -> &[Option<f64>] {
        self.0.periods()
    }

    fn expectation_parameters(&self, points: &[SpacetimePoint]) -> Result<Vec<DVector<f64>>, DenoiserError> {
        self.0.expectation_parameters(points)
    }

    fn vector_jacobian_products(
        &self,
        points: &[SpacetimePoint],
        cotangents: &[DVector<f64>],
    ) -> Result<Vec<DVector<f64>>, DenoiserError> {
        self.0.vector_jacobian_products(points, cotangents)
    }
}

fn problem<'a>(
    denoiser: &'a dyn Denoiser,
    start: SpacetimePoint,
    end: SpacetimePoint,
    settings: SolverSettings,
) -> GeodesicProblem<'a> {
    GeodesicProblem { denoiser, metric: None, start, end, constraints: &[], settings, progress: None }
}

fn paper_ends() -> (SpacetimePoint, SpacetimePoint) {
    (SCHEDULE.point(0.35, &[-2.3]), SCHEDULE.point(0.40, &[2.0]))
}

fn solved(denoiser: &dyn Denoiser, settings: SolverSettings) -> Geodesic {
    let (start, end) = paper_ends();
    let problem = problem(denoiser, start, end, settings);
    let geodesic = solve_from_starts(&problem, &default_starts(&problem)).unwrap();
    assert!(geodesic.converged, "{} {}", geodesic.stop_reason, geodesic.relative_excess);
    geodesic
}

fn with_points(points: usize) -> SolverSettings {
    SolverSettings { points, tolerance: 1e-10, ..SolverSettings::default() }
}

#[test]
fn metric_in_the_coordinates_of_the_schedule() {
    let point = SCHEDULE.point(0.35, &[-2.3]);
    let moments = mixture(None).moments(std::slice::from_ref(&point)).unwrap();
    let metric = SCHEDULE.metric(&point, &moments[0]);
    // Central differences of the closed form by an independent program, good to 2e-8.
    let expected = DMatrix::from_row_slice(2, 2, &[202.94648906, -25.28786357, -25.28786357, 19.42431837]);
    assert!((&metric - &expected).amax() < 2e-8 * expected.amax(), "{metric}");
    assert!((SCHEDULE.time(point.log_snr) - 0.35).abs() < 1e-15);
}

#[test]
fn length_of_the_papers_geodesic() {
    let denoiser = mixture(None);
    let coarse = solved(&denoiser, with_points(128));
    assert!((coarse.measures.length - 6.409492).abs() < 2e-6, "{}", coarse.measures.length);
    let fine = solved(&denoiser, with_points(512));
    assert!((fine.measures.length - 6.408167).abs() < 2e-6, "{}", fine.measures.length);
    assert!((2.0 * fine.measures.energy - 41.0646).abs() < 1e-4);
    assert!((fine.measures.constant_speed - 1.0).abs() < 1e-6);
    let noisiest = fine.nodes.iter().map(|node| SCHEDULE.time(node.point.log_snr)).fold(0.0, f64::max);
    assert!((noisiest - 0.617).abs() < 1e-3, "{noisiest}");
}

#[test]
fn length_of_the_straight_line_in_the_coordinates_of_the_schedule() {
    let points: Vec<SpacetimePoint> = (0..4096)
        .map(|index| f64::from(index) / 4095.0)
        .map(|s| SCHEDULE.point(0.35 + 0.05 * s, &[-2.3 + 4.3 * s]))
        .collect();
    let moments = mixture(None).moments(&points).unwrap();
    let length = measure_curve(&points, &moments).length;
    assert!((length - 15.786).abs() < 1e-3, "{length}");
}

#[test]
fn a_geodesic_from_almost_pure_noise() {
    let denoiser = mixture(None);
    let start = SCHEDULE.point(1.0, &[1.0]);
    let end = SCHEDULE.point(0.1, &[2.369084955877504]);
    let problem = problem(&denoiser, start, end, SolverSettings { log_snr_min: -12.0, ..with_points(512) });
    let geodesic = solve_from_starts(&problem, &default_starts(&problem)).unwrap();
    assert!(geodesic.converged, "{}", geodesic.stop_reason);
    assert!((geodesic.measures.length - 7.01046).abs() < 1e-5, "{}", geodesic.measures.length);
    assert!((2.0 * geodesic.measures.energy - 49.1466).abs() < 2e-4, "{}", geodesic.measures.energy);
}

#[test]
fn length_does_not_depend_on_coordinates() {
    // The same curve measured by Jeffreys divergences and by the metrics of two coordinate systems, midpoint rule.
    let denoiser = mixture(None);
    let (start, end) = paper_ends();
    let points = tent(&start, &end, -1.0, 2001);
    let moments = denoiser.moments(&points).unwrap();
    let length = measure_curve(&points, &moments).length;
    let middle: Vec<SpacetimePoint> = points
        .windows(2)
        .map(|pair| SpacetimePoint {
            log_snr: 0.5 * (pair[0].log_snr + pair[1].log_snr),
            y: vec![0.5 * (pair[0].y[0] + pair[1].y[0])],
        })
        .collect();
    let middle_moments = denoiser.moments(&middle).unwrap();
    let noisy = |point: &SpacetimePoint| point.y[0] * (1.0 + (-point.log_snr).exp()).sqrt().recip();
    let (mut in_y, mut in_x) = (0.0, 0.0);
    for (index, pair) in points.windows(2).enumerate() {
        let step = DVector::from_vec(vec![pair[1].log_snr - pair[0].log_snr, pair[1].y[0] - pair[0].y[0]]);
        let metric = metric_in_log_snr_and_y(&middle[index], &middle_moments[index]);
        in_y += step.dot(&(metric * &step)).sqrt();
        let step = DVector::from_vec(vec![
            SCHEDULE.time(pair[1].log_snr) - SCHEDULE.time(pair[0].log_snr),
            noisy(&pair[1]) - noisy(&pair[0]),
        ]);
        let metric = SCHEDULE.metric(&middle[index], &middle_moments[index]);
        in_x += step.dot(&(metric * &step)).sqrt();
    }
    assert!((in_y / length - 1.0).abs() < 1e-5, "{in_y} {length}");
    assert!((in_x / length - 1.0).abs() < 1e-5, "{in_x} {length}");
}

#[test]
fn reversed_geodesic_is_the_same() {
    let denoiser = mixture(None);
    let (start, end) = paper_ends();
    let forward = solved(&denoiser, with_points(65));
    let backward_problem = problem(&denoiser, end, start, with_points(65));
    let backward = solve_from_starts(&backward_problem, &default_starts(&backward_problem)).unwrap();
    assert!((forward.measures.length - backward.measures.length).abs() < 1e-9);
    for (a, b) in forward.nodes.iter().zip(backward.nodes.iter().rev()) {
        assert!((a.point.log_snr - b.point.log_snr).abs() < 1e-3);
        assert!((a.point.y[0] - b.point.y[0]).abs() < 1e-3);
    }
}

#[test]
fn every_start_finds_the_same_geodesic_without_exact_third_cumulants_too() {
    let exact = mixture(None);
    let products = OnlyProducts(mixture(None));
    let (start, end) = paper_ends();
    let denoisers: [&dyn Denoiser; 2] = [&exact, &products];
    for denoiser in denoisers {
        let problem = problem(denoiser, start.clone(), end.clone(), with_points(128));
        for initial in default_starts(&problem) {
            let geodesic = solve(&problem, &initial).unwrap();
            assert!(geodesic.converged, "{}", geodesic.stop_reason);
            assert!((geodesic.measures.length - 6.409492).abs() < 2e-6, "{}", geodesic.measures.length);
        }
    }
}

#[test]
fn splines_approach_free_nodes_from_above() {
    let denoiser = mixture(None);
    let free = solved(&denoiser, with_points(128)).measures.energy;
    let mut previous = f64::INFINITY;
    for knots in [5, 9, 17] {
        let spline =
            solved(&denoiser, SolverSettings { curve: CurveFamily::Spline { knots }, ..with_points(128) });
        assert!(spline.measures.energy > free - 1e-9, "{knots} knots: {} {free}", spline.measures.energy);
        assert!(spline.measures.energy < previous);
        assert!((spline.measures.constant_speed - 1.0).abs() < 1e-3);
        previous = spline.measures.energy;
    }
    assert!(previous / free - 1.0 < 1e-3, "{previous} {free}");
}

#[test]
fn divergences_along_the_curve_match_absolute_ones() {
    let denoiser = mixture(None);
    let (start, end) = paper_ends();
    let points = straight_line(&start, &end, 4001);
    let moments = denoiser.moments(&points).unwrap();
    let reference = SpacetimePoint { log_snr: 1.0, y: vec![0.3] };
    let at_reference = &denoiser.moments(std::slice::from_ref(&reference)).unwrap()[0];
    let forward = forward_kl_along(&points, &moments, &at_reference.expectation_parameter);
    let reverse = reverse_kl_along(&points, &moments, &reference.natural_parameter());
    let absolute_forward =
        |node: usize| kullback_leibler((&reference, at_reference), (&points[node], &moments[node])).unwrap();
    let absolute_reverse =
        |node: usize| kullback_leibler((&points[node], &moments[node]), (&reference, at_reference)).unwrap();
    for node in [1000, 2500, 4000] {
        let expected = absolute_forward(node) - absolute_forward(0);
        assert!(
            (forward[node] - expected).abs() < 1e-4 * expected.abs().max(1.0),
            "{} {expected}",
            forward[node]
        );
        let expected = absolute_reverse(node) - absolute_reverse(0);
        assert!(
            (reverse[node] - expected).abs() < 1e-4 * expected.abs().max(1.0),
            "{} {expected}",
            reverse[node]
        );
        assert!(absolute_forward(node) > 0.0 && absolute_reverse(node) > 0.0);
    }
    // Jeffreys divergence of two points is the sum of both directions.
    let pair = [reference.clone(), points[700].clone()];
    let pair_moments = [at_reference.clone(), moments[700].clone()];
    let arc = arc_length(&pair, &pair_moments)[1];
    assert!((arc * arc - absolute_forward(700) - absolute_reverse(700)).abs() < 1e-9);
}

#[test]
fn broken_problems_are_errors() {
    let denoiser = mixture(None);
    let (start, end) = paper_ends();
    for settings in [
        SolverSettings { points: 2, ..SolverSettings::default() },
        SolverSettings { log_snr_min: 20.0, ..SolverSettings::default() },
        SolverSettings { tolerance: f64::NAN, ..SolverSettings::default() },
        SolverSettings { curve: CurveFamily::Spline { knots: 2 }, ..SolverSettings::default() },
    ] {
        let problem = problem(&denoiser, start.clone(), end.clone(), settings);
        assert!(solve(&problem, &straight_line(&start, &end, 3)).is_err());
    }
    let wrong = SpacetimePoint { log_snr: 1.0, y: vec![0.0, 1.0] };
    let problem = problem(&denoiser, start.clone(), wrong, SolverSettings::default());
    assert!(solve(&problem, &straight_line(&start, &end, 3)).is_err());
}
