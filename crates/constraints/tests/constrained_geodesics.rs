//! Geodesics under constraints: kept within tolerance, and optimal (Karush–Kuhn–Tucker).

use geodyssey_constraints::{ConstraintContext, ConstraintSettings, UserUnit};
use geodyssey_denoiser::{Covariance, Denoiser, MixtureComponent, MixtureDenoiser, SpacetimePoint};
use geodyssey_spacetime::{
    CurveFamily, CurveNode, Geodesic, GeodesicProblem, PathConstraint, SolverSettings, StopReason,
    default_starts, solve_from_starts,
};
use nalgebra::DVector;

/// Wide Gaussian data: nearly flat ground.
fn flat() -> MixtureDenoiser {
    let component =
        MixtureComponent { weight: 1.0, mean: vec![0.0; 2], covariance: Covariance::Isotropic(4.0) };
    MixtureDenoiser::new(vec![component], vec![None; 2]).unwrap()
}

/// Points on a lattice with a round hill in the middle, kT = 1 kJ/mol.
fn hill() -> MixtureDenoiser {
    let (mut points, mut energies) = (Vec::new(), Vec::new());
    for row in 0..25 {
        for column in 0..25 {
            let (x, y) = (-1.8 + 0.15 * f64::from(row), -1.8 + 0.15 * f64::from(column));
            points.push(vec![x, y]);
            energies.push(8.0 * (-(x * x + (y - 0.1) * (y - 0.1)) / 0.4).exp());
        }
    }
    let weights: Vec<f64> = energies.iter().map(|energy: &f64| (-energy).exp()).collect();
    MixtureDenoiser::from_points(points, &weights, vec![None; 2]).unwrap().with_energies(energies).unwrap()
}

fn ends() -> [SpacetimePoint; 2] {
    [
        SpacetimePoint { log_snr: 4.0, y: vec![-1.4, -0.05] },
        SpacetimePoint { log_snr: 4.0, y: vec![1.4, 0.0] },
    ]
}

fn solve(
    denoiser: &dyn Denoiser,
    constraints: &[&str],
    settings: SolverSettings,
) -> (Geodesic, Vec<Box<dyn PathConstraint>>) {
    let [start, end] = ends();
    let units = vec![UserUnit::internal(""); 2];
    let constraints: Vec<Box<dyn PathConstraint>> = constraints
        .iter()
        .map(|text| {
            let context = ConstraintContext {
                denoiser,
                ends: [&start, &end],
                units: &units,
                bottleneck_kj_mol: Some(0.1),
            };
            toml::from_str::<ConstraintSettings>(text).unwrap().build(&context).unwrap()
        })
        .collect();
    let problem = GeodesicProblem {
        denoiser,
        metric: None,
        start: start.clone(),
        end: end.clone(),
        constraints: &constraints,
        settings,
        progress: None,
    };
    let geodesic = solve_from_starts(&problem, &default_starts(&problem)).unwrap();
    (geodesic, constraints)
}

fn settings() -> SolverSettings {
    SolverSettings { points: 64, tent_drops: vec![2.0], ..SolverSettings::default() }
}

/// `∂E/∂η` of an inner node, from neighbours.
fn energy_gradient(nodes: &[CurveNode], node: usize) -> DVector<f64> {
    let eta = |at: usize| nodes[at].point.natural_parameter();
    let mu = |at: usize| nodes[at].moments.expectation_parameter.clone();
    let bend = |f: &dyn Fn(usize) -> DVector<f64>| f(node) * 2.0 - f(node - 1) - f(node + 1);
    (bend(&mu) + nodes[node].moments.metric.tr_mul(&bend(&eta))) * (0.5 * (nodes.len() - 1) as f64)
}

/// Largest part of `∂E/∂η` that no multiplier of the right sign explains, in the metric, relative to the largest gradient; and how
/// many nodes touch the constraint.
fn karush_kuhn_tucker(geodesic: &Geodesic, constraint: &dyn PathConstraint) -> (f64, usize) {
    let (mut unexplained, mut largest, mut touching): (f64, f64, usize) = (0.0, 0.0, 0);
    for index in 1..geodesic.nodes.len() - 1 {
        let node = &geodesic.nodes[index];
        let inverse = node.moments.metric.clone().try_inverse().unwrap();
        let norm = |v: &DVector<f64>| v.dot(&(&inverse * v)).max(0.0).sqrt();
        let gradient = energy_gradient(&geodesic.nodes, index);
        largest = largest.max(norm(&gradient));
        let mut rest = gradient.clone();
        for inequality in constraint.evaluate(node).unwrap() {
            if inequality.value > -2.0 * constraint.tolerance() {
                touching += 1;
                let slope = &inequality.gradient;
                let along = &inverse * slope;
                let multiplier = (-gradient.dot(&along) / slope.dot(&along)).max(0.0);
                rest = &gradient + slope * multiplier;
            }
        }
        unexplained = unexplained.max(norm(&rest));
    }
    (unexplained / largest, touching)
}

fn check_kept_and_optimal(geodesic: &Geodesic, constraint: &dyn PathConstraint) {
    let report = &geodesic.constraints[0];
    assert!(geodesic.converged, "{}: {report:?} excess {}", geodesic.stop_reason, geodesic.relative_excess);
    assert!(report.satisfied && report.largest_violation <= report.tolerance, "{report:?}");
    assert!(report.least_margin.abs() < 2.0 * report.tolerance, "active: {report:?}");
    let (unexplained, touching) = karush_kuhn_tucker(geodesic, constraint);
    assert!(touching >= 3, "{touching}");
    assert!(unexplained < 0.02, "{unexplained}");
}

#[test]
fn variance_ceiling_is_kept() {
    let denoiser = flat();
    let (geodesic, constraints) =
        solve(&denoiser, &["kind = 'low-variance'\nvariance_ceiling = 0.3"], settings());
    check_kept_and_optimal(&geodesic, constraints[0].as_ref());
    // For isotropic Gaussian data the ceiling is a floor of logSNR: d / (e^λ + 1/4) ≤ 0.3.
    let floor = (2.0_f64 / 0.3 - 0.25).ln();
    let text = format!("kind = 'low-variance'\nlog_snr_floor = {floor}");
    let (bounded, _) = solve(&denoiser, &[text.as_str()], settings());
    assert!(bounded.converged && bounded.constraints[0].largest_violation == 0.0);
    assert!((bounded.measures.length / geodesic.measures.length - 1.0).abs() < 1e-3);
    let spline = SolverSettings { curve: CurveFamily::Spline { knots: 17 }, ..settings() };
    let (spline, _) = solve(&denoiser, &[text.as_str()], spline);
    assert!(spline.converged, "{} {:?}", spline.stop_reason, spline.constraints);
    assert!((spline.measures.length / bounded.measures.length - 1.0).abs() < 5e-3);
}

#[test]
fn energy_ceiling_is_kept() {
    let denoiser = hill();
    let (free, _) = solve(&denoiser, &[], settings());
    let highest = free.highest_mean_energy().unwrap();
    assert!(highest > 0.4, "{highest}");
    let (geodesic, constraints) =
        solve(&denoiser, &["kind = 'energy-ceiling'\nabove_bottleneck_kj_mol = 0.1"], settings());
    check_kept_and_optimal(&geodesic, constraints[0].as_ref());
    assert!(geodesic.highest_mean_energy().unwrap() < 0.2 + 0.011);
    assert!(geodesic.measures.energy > free.measures.energy);
}

/// Share of the posterior's probability within `radius` of the origin, by quadrature over a lattice.
fn share_inside(point: &SpacetimePoint, radius: f64) -> f64 {
    let (mut inside, mut total) = (0.0, 0.0);
    for row in -200..=200 {
        for column in -200..=200 {
            let (x, y) = (f64::from(row) * 0.03, f64::from(column) * 0.03);
            let tether = (x - point.y[0]).powi(2) + (y - point.y[1]).powi(2);
            let density = (-(x * x + y * y) / 8.0 - 0.5 * point.log_snr.exp() * tether).exp();
            total += density;
            if x * x + y * y < radius * radius {
                inside += density;
            }
        }
    }
    inside / total
}

#[test]
fn region_is_avoided() {
    let denoiser = flat();
    let radius = 0.4;
    let text = "kind = 'region-avoidance'\ncenter = [0.0, 0.0]\nradius = 0.4";
    let (free, _) = solve(&denoiser, &[], settings());
    let (geodesic, constraints) = solve(&denoiser, &[text], settings());
    let report = &geodesic.constraints[0];
    assert!(geodesic.converged, "{} {report:?}", geodesic.stop_reason);
    assert!(report.satisfied && report.least_margin < 2.0 * report.tolerance, "{report:?}");
    assert!(geodesic.nodes.iter().all(|node| node.point.log_snr <= 4.0), "{}", constraints[0].description());
    let worst = |geodesic: &Geodesic| {
        geodesic.nodes.iter().map(|node| share_inside(&node.point, radius)).fold(0.0, f64::max)
    };
    let (with, without) = (worst(&geodesic), worst(&free));
    assert!(with < 0.03 && without > 0.05, "{with} {without}");
}

#[test]
fn inactive_constraints_change_nothing() {
    let denoiser = hill();
    let (free, _) = solve(&denoiser, &[], settings());
    let inactive = [
        "kind = 'energy-ceiling'\nceiling_kj_mol = 7.9",
        "kind = 'low-variance'\nlog_snr_floor = -5.9",
        "kind = 'low-variance'\nvariance_ceiling = 100.0",
    ];
    let (geodesic, _) = solve(&denoiser, &inactive, settings());
    assert!(
        geodesic.converged
            && geodesic.constraints.iter().all(|report| report.satisfied && report.least_margin > 0.0)
    );
    assert!((geodesic.measures.energy / free.measures.energy - 1.0).abs() < 1e-7);
}

/// A wall of 6 kJ/mol across `x = 0`.
fn wall() -> MixtureDenoiser {
    let (mut points, mut energies) = (Vec::new(), Vec::new());
    for row in 0..25 {
        for column in 0..15 {
            let (x, y) = (-1.8 + 0.15 * f64::from(row), -1.05 + 0.15 * f64::from(column));
            points.push(vec![x, y]);
            energies.push(6.0 * (-x * x / 0.5).exp());
        }
    }
    let weights: Vec<f64> = energies.iter().map(|energy: &f64| (-energy).exp()).collect();
    MixtureDenoiser::from_points(points, &weights, vec![None; 2]).unwrap().with_energies(energies).unwrap()
}

#[test]
fn impossible_constraints_are_reported() {
    let denoiser = wall();
    let few = SolverSettings { points: 33, tent_drops: vec![], ..settings() };
    let both =
        ["kind = 'energy-ceiling'\nceiling_kj_mol = 0.5", "kind = 'low-variance'\nlog_snr_floor = 3.5"];
    let (geodesic, _) = solve(&denoiser, &both, few);
    assert!(!geodesic.converged);
    assert_eq!(geodesic.stop_reason, StopReason::ConstraintsNotMet);
    let report = &geodesic.constraints[0];
    assert!(
        !report.satisfied && report.largest_violation > 0.1 && report.violation_at_ends == 0.0,
        "{report:?}"
    );
    assert!(geodesic.constraints[1].satisfied);
}

#[test]
fn an_end_that_violates_a_constraint_is_an_error_that_says_so() {
    let denoiser = wall();
    let [start, end] = ends();
    let units = vec![UserUnit::internal(""); 2];
    let context = ConstraintContext {
        denoiser: &denoiser,
        ends: [&start, &end],
        units: &units,
        bottleneck_kj_mol: None,
    };
    let constraint: ConstraintSettings =
        toml::from_str("kind = 'low-variance'\nlog_snr_floor = 5.0").unwrap();
    let constraints = [constraint.build(&context).unwrap()];
    let problem = GeodesicProblem {
        denoiser: &denoiser,
        metric: None,
        start: start.clone(),
        end: end.clone(),
        constraints: &constraints,
        settings: settings(),
        progress: None,
    };
    let message = solve_from_starts(&problem, &default_starts(&problem)).unwrap_err().to_string();
    assert!(message.contains("the start of the path violates `logSNR ≥ 5`"), "{message}");
}
