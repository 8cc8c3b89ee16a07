//! Every constraint's gradient against central differences in the natural parameter.

use std::f64::consts::PI;

use geodyssey_constraints::{ConstraintContext, ConstraintSettings, UserUnit};
use geodyssey_denoiser::{Covariance, Denoiser, MixtureComponent, MixtureDenoiser, SpacetimePoint};
use geodyssey_spacetime::{CurveNode, PathConstraint};
use proptest::prelude::*;

fn weighted_points() -> MixtureDenoiser {
    let points: Vec<Vec<f64>> =
        (0..60).map(|k| vec![(k as f64 * 0.9).sin() * 2.0, (k as f64 * 1.7).cos() * 1.5]).collect();
    let energies: Vec<f64> = (0..60).map(|k| 3.0 + 2.5 * (k as f64 * 0.31).sin()).collect();
    let weights: Vec<f64> = energies.iter().map(|energy| (-energy / 2.5).exp()).collect();
    MixtureDenoiser::from_points(points, &weights, vec![None; 2]).unwrap().with_energies(energies).unwrap()
}

fn torus() -> MixtureDenoiser {
    let well = |weight: f64, mean: [f64; 2]| MixtureComponent {
        weight,
        mean: mean.to_vec(),
        covariance: Covariance::Diagonal(vec![0.2, 0.35]),
    };
    MixtureDenoiser::new(vec![well(0.6, [-2.2, 0.4]), well(0.4, [2.0, -0.3])], vec![Some(2.0 * PI); 2])
        .unwrap()
}

fn build(toml: &str, denoiser: &dyn Denoiser) -> Box<dyn PathConstraint> {
    let settings: ConstraintSettings = toml::from_str(toml).unwrap();
    let ends = [
        SpacetimePoint { log_snr: 4.0, y: vec![-1.0, 0.0] },
        SpacetimePoint { log_snr: 3.5, y: vec![1.0, 0.0] },
    ];
    let context = ConstraintContext {
        denoiser,
        ends: [&ends[0], &ends[1]],
        units: &vec![UserUnit::degree(); 2],
        bottleneck_kj_mol: Some(4.0),
    };
    settings.build(&context).unwrap()
}

fn node(denoiser: &dyn Denoiser, point: SpacetimePoint) -> CurveNode {
    let points = [point];
    let moments = denoiser.moments(&points).unwrap().remove(0);
    let energy = denoiser.energy_moments(&points).unwrap().map(|mut all| all.remove(0));
    let [point] = points;
    CurveNode { point, moments, energy }
}

/// Largest error of the gradient, relative to its largest entry, by central differences along every `η`.
fn gradient_error(constraint: &dyn PathConstraint, denoiser: &dyn Denoiser, point: &SpacetimePoint) -> f64 {
    let here = constraint.evaluate(&node(denoiser, point.clone())).unwrap();
    let natural = point.natural_parameter();
    let step = 1e-5 * natural[natural.len() - 1].abs();
    let mut error: f64 = 0.0;
    for axis in 0..natural.len() {
        let moved = |sign: f64| {
            let mut eta = natural.clone();
            eta[axis] += sign * step;
            constraint
                .evaluate(&node(denoiser, SpacetimePoint::from_natural_parameter(&eta).unwrap()))
                .unwrap()
        };
        for ((plus, minus), own) in moved(1.0).iter().zip(&moved(-1.0)).zip(&here) {
            let slope = (plus.value - minus.value) / (2.0 * step);
            error = error.max((slope - own.gradient[axis]).abs() / own.gradient.amax());
        }
    }
    error
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn gradients_match_finite_differences(log_snr in 0.0..4.0_f64, x in -1.5..1.5_f64, y in -1.5..1.5_f64) {
        let point = SpacetimePoint { log_snr, y: vec![x, y] };
        let (points, torus) = (weighted_points(), torus());
        for kind in [
            "kind = 'low-variance'\nlog_snr_floor = 3.0",
            "kind = 'low-variance'\nvariance_ceiling = 400.0",
            "kind = 'energy-ceiling'\nceiling_kj_mol = 3.0",
            "kind = 'energy-ceiling'\nabove_bottleneck_kj_mol = 3.0",
            "kind = 'region-avoidance'\ncenter = [10.0, -20.0]\nradius = 25.0",
        ] {
            let constraint = build(kind, &points);
            let error = gradient_error(constraint.as_ref(), &points, &point);
            prop_assert!(error < 1e-5, "{kind}: {error}");
        }
        for kind in [
            "kind = 'low-variance'\nvariance_ceiling = 400.0",
            "kind = 'region-avoidance'\ncenter = [-126.0, 20.0]\nlog_snr = 2.0\nleast_kl_nats = 3.0",
        ] {
            let constraint = build(kind, &torus);
            let error = gradient_error(constraint.as_ref(), &torus, &point);
            prop_assert!(error < 1e-5, "{kind}: {error}");
        }
    }
}

#[test]
fn the_divergence_from_the_region_to_itself_is_zero_at_every_image() {
    let denoiser = torus();
    let constraint = build(
        "kind = 'region-avoidance'\ncenter = [30.0, 20.0]\nlog_snr = 2.0\nleast_kl_nats = 3.0",
        &denoiser,
    );
    for turns in [[0, 0], [1, -2], [-2, 2]] {
        let y = [30.0_f64, 20.0]
            .iter()
            .zip(turns)
            .map(|(degrees, turns)| degrees.to_radians() + 2.0 * PI * f64::from(turns))
            .collect();
        let values = constraint.evaluate(&node(&denoiser, SpacetimePoint { log_snr: 2.0, y })).unwrap();
        assert_eq!(values.len(), 25);
        let nearest = values.iter().map(|inequality| inequality.value).fold(f64::NEG_INFINITY, f64::max);
        assert!((nearest - 3.0).abs() < 1e-9, "{nearest}");
    }
}

#[test]
fn wrong_settings_are_named() {
    let denoiser = weighted_points();
    let without_energy = torus();
    let end = SpacetimePoint { log_snr: 4.0, y: vec![0.0; 2] };
    let units = [UserUnit::degree(), UserUnit::internal("nm")];
    let message = |text: &str, denoiser: &dyn Denoiser| {
        let settings: ConstraintSettings = match toml::from_str(text) {
            Ok(settings) => settings,
            Err(error) => return error.to_string(),
        };
        let context =
            ConstraintContext { denoiser, ends: [&end, &end], units: &units, bottleneck_kj_mol: None };
        settings.build(&context).err().map_or_else(String::new, |error| error.to_string())
    };
    for (text, expected) in [
        ("kind = 'low-variance'", "either `log_snr_floor` or"),
        ("kind = 'low-variance'\nlog_snr_floor = 1.0\nvariance_ceiling = 1.0", "either"),
        ("kind = 'low-variance'\nlog_snr_flour = 1.0", "log_snr_flour"),
        ("kind = 'low-variance'\nvariance_ceiling = 1.0", "`nm`"),
        ("kind = 'low-variants'\nlog_snr_floor = 1.0", "low-variants"),
        ("kind = 'energy-ceiling'\nabove_bottleneck_kj_mol = 1.0", "bottleneck"),
        ("kind = 'energy-ceiling'\nceiling_kj_mol = nan", "finite"),
        ("kind = 'region-avoidance'\ncenter = [1.0]\nradius = 2.0", "2 variables"),
        ("kind = 'region-avoidance'\ncenter = [1.0, 2.0]", "either `radius` or"),
        (
            "kind = 'region-avoidance'\ncenter = [1.0, 2.0]\nlog_snr = 3.0\nleast_kl_nats = -1.0",
            "least_kl_nats",
        ),
        ("kind = 'region-avoidance'\ncenter = [1.0, 9.0]\nradius = 3.0", "`nm`"),
    ] {
        assert!(message(text, &denoiser).contains(expected), "{text}: {}", message(text, &denoiser));
    }
    let text = "kind = 'energy-ceiling'\nceiling_kj_mol = 1.0";
    assert!(message(text, &without_energy).contains("does not provide"));
}
