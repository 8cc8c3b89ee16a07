//! Geodesics on a torus: every image of the target is another one.

use std::f64::consts::PI;

use geodyssey_denoiser::{
    Covariance, Denoiser as _, GridDenoiser, MixtureComponent, MixtureDenoiser, QuadratureAxis,
    SpacetimePoint,
};
use geodyssey_spacetime::{
    GeodesicProblem, SolverSettings, WindingStart, metric_in_log_snr_and_y, shortest, solve_windings,
    straight_line, windings, wound,
};

const PERIOD: f64 = 2.0 * PI;

/// Two wells on a torus in `(φ, ψ)`; the second is nearer through `φ = ±π`.
fn torus() -> MixtureDenoiser {
    let well = |weight: f64, mean: [f64; 2]| MixtureComponent {
        weight,
        mean: mean.to_vec(),
        covariance: Covariance::Isotropic(0.16),
    };
    MixtureDenoiser::new(vec![well(0.6, [-2.2, 0.4]), well(0.4, [2.0, -0.3])], vec![Some(PERIOD); 2]).unwrap()
}

fn problem(denoiser: &MixtureDenoiser, points: usize) -> GeodesicProblem<'_> {
    GeodesicProblem {
        denoiser,
        metric: None,
        start: SpacetimePoint { log_snr: 4.0, y: vec![-2.2, 0.4] },
        end: SpacetimePoint { log_snr: 4.0, y: vec![2.0, -0.3] },
        constraints: &[],
        settings: SolverSettings { points, tent_drops: vec![2.0, 4.0], ..SolverSettings::default() },
        progress: None,
    }
}

#[test]
fn all_windings_are_solved_and_the_near_image_is_shortest() {
    let denoiser = torus();
    let problem = problem(&denoiser, 48);
    let solutions = solve_windings(&problem, &[]).unwrap();
    assert_eq!(solutions.len(), 9);
    assert_eq!(solutions[0].winding, [0, 0]);
    let length = |index: usize| solutions[index].geodesic.as_ref().unwrap().measures.length;
    for (index, solution) in solutions.iter().enumerate() {
        let geodesic = solution.geodesic.as_ref().unwrap();
        assert!(geodesic.converged, "{:?}: {}", solution.winding, geodesic.stop_reason);
        let last = &geodesic.nodes[geodesic.nodes.len() - 1].point;
        assert_eq!(*last, wound(&problem.end, &[Some(PERIOD); 2], &solution.winding));
        // A geodesic is no longer than any curve between the same ends.
        let line = straight_line(&problem.start, last, 48);
        let moments = geodyssey_denoiser::Denoiser::moments(&denoiser, &line).unwrap();
        assert!(length(index) < geodyssey_spacetime::measure_curve(&line, &moments).length);
    }
    let best = shortest(&solutions).unwrap();
    assert_eq!(solutions[best].winding, [-1, 0]);
    assert!(length(best) < length(0));
}

#[test]
fn the_same_problem_a_period_away_has_the_same_length() {
    let denoiser = torus();
    let near = problem(&denoiser, 33);
    let shifted = [1, -1];
    let periods = [Some(PERIOD); 2];
    let far = GeodesicProblem {
        start: wound(&near.start, &periods, &shifted),
        end: wound(&near.end, &periods, &shifted),
        ..problem(&denoiser, 33)
    };
    let lengths: Vec<f64> = [near, far]
        .iter()
        .map(|problem| {
            let line = straight_line(&problem.start, &problem.end, 9);
            geodyssey_spacetime::solve(problem, &line).unwrap().measures.length
        })
        .collect();
    assert!((lengths[0] - lengths[1]).abs() < 1e-6, "{lengths:?}");
}

#[test]
fn a_given_start_is_used_for_its_winding_only_and_results_repeat_exactly() {
    let denoiser = torus();
    let problem = GeodesicProblem {
        settings: SolverSettings { max_winding: 0, tent_drops: vec![], ..problem(&denoiser, 33).settings },
        ..problem(&denoiser, 33)
    };
    let detour =
        vec![problem.start.clone(), SpacetimePoint { log_snr: 2.0, y: vec![0.0, 2.0] }, problem.end.clone()];
    let elsewhere = WindingStart { winding: vec![1, 0], curve: detour.clone() };
    let here = WindingStart { winding: vec![0, 0], curve: detour };
    let nodes =
        |starts: &[WindingStart]| solve_windings(&problem, starts).unwrap().remove(0).geodesic.unwrap();
    let (plain, ignored, helped) = (nodes(&[]), nodes(&[elsewhere]), nodes(&[here]));
    assert_eq!(plain.points(), ignored.points());
    assert_eq!(plain.evaluations, ignored.evaluations);
    assert!(helped.evaluations > plain.evaluations);
    assert!(helped.measures.energy < plain.measures.energy * (1.0 + 1e-6));
}

#[test]
fn windings_of_mixed_variables() {
    let all = windings(&[Some(1.0), None], 1);
    assert_eq!(all, [[0, 0], [-1, 0], [1, 0]]);
    assert_eq!(windings(&[Some(1.0), Some(1.0)], 1).len(), 9);
    assert_eq!(windings(&[None], 3), [[0]]);
}

/// The Fisher information of a normal distribution of variance `s²` wrapped around a circle, in its mean and in `λ = -log s²`.
fn wrapped_information(variance: f64) -> [f64; 2] {
    const NODES: usize = 4000;
    let mut information = [0.0; 2];
    for node in 0..NODES {
        let angle = PERIOD * (node as f64 / NODES as f64 - 0.5);
        let (mut density, mut slopes) = (0.0, [0.0; 2]);
        for turn in -40..=40 {
            let x = angle + PERIOD * f64::from(turn);
            let own = (-x * x / (2.0 * variance)).exp() / (PERIOD * variance).sqrt();
            density += own;
            slopes[0] += own * x / variance;
            slopes[1] += own * 0.5 * (1.0 - x * x / variance);
        }
        for (sum, slope) in information.iter_mut().zip(slopes) {
            *sum += slope * slope / density * PERIOD / NODES as f64;
        }
    }
    information
}

/// The metric of this crate is that of the posterior on the cover. On the circle a step is shorter where the tether is wide: the table of
/// docs/explanation/method.md.
#[test]
fn the_metric_is_that_of_the_unwrapped_posterior() {
    let count = 90;
    let axis = QuadratureAxis {
        start: -PI,
        spacing: PERIOD / f64::from(count),
        count: count as usize,
        period: Some(PERIOD),
    };
    let flat = GridDenoiser::continuous(&[axis], 1.0, |_| 0.0).unwrap();
    for (log_snr, step_in_y, step_in_log_snr) in [
        (2.0, 1.0, 1.0),
        (0.0, 0.974, 0.991),
        (-0.5, 0.858, 0.933),
        (-1.0, 0.617, 0.766),
        (-2.0, 0.096, 0.184),
    ] {
        let point = SpacetimePoint { log_snr, y: vec![0.3] };
        let moments = &flat.moments(std::slice::from_ref(&point)).unwrap()[0];
        let metric = metric_in_log_snr_and_y(&point, moments);
        let [mean, level] = wrapped_information((-log_snr).exp());
        let (own_level, own_mean) = (metric[(0, 0)], metric[(1, 1)]);
        assert!(
            (own_mean / log_snr.exp() - 1.0).abs() < 1e-3 && (own_level / 0.5 - 1.0).abs() < 1e-3,
            "{metric}"
        );
        assert!(
            ((mean / own_mean).sqrt() - step_in_y).abs() < 1e-3,
            "{log_snr}: {}",
            (mean / own_mean).sqrt()
        );
        let found = (level / own_level).sqrt();
        assert!((found - step_in_log_snr).abs() < 1e-3, "{log_snr}: {found}");
    }
}
