//! Random features: the denoiser's derivatives, its fits against exact denoisers, its files, and training by gradient flow.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use geodyssey_denoiser::{
    Covariance, Denoiser, FitReport, GradientFlow, MixtureComponent, MixtureDenoiser, NormalEquations,
    PairSource, RandomFeatureDenoiser, RandomFeatureSettings, SampleSet, SpacetimePoint, Targets,
    WeightsExpectation, WeightsFile,
};
use nalgebra::{DMatrix, DVector};

/// Two wells of a periodic variable and one that is not.
fn wells() -> MixtureDenoiser {
    let well = |weight: f64, mean: [f64; 2], variances: [f64; 2]| MixtureComponent {
        weight,
        mean: mean.to_vec(),
        covariance: Covariance::Diagonal(variances.to_vec()),
    };
    let components = vec![well(0.7, [-1.0, 3.0], [0.6, 0.3]), well(0.3, [1.6, 4.0], [0.5, 0.4])];
    MixtureDenoiser::new(components, vec![Some(TAU), None]).unwrap()
}

/// Points that cover both wells and the way between them, with the weights that lead back to the density.
fn samples() -> SampleSet {
    let point = |index: usize| {
        let weyl = |root: f64| ((index + 1) as f64 * root.sqrt()).fract();
        vec![TAU * weyl(2.0), 3.5 + 2.6 * (weyl(3.0) - 0.5)]
    };
    let points: Vec<Vec<f64>> = (0..2000).map(point).collect();
    // log q but for a constant is log ∫ q(x) exp(-½ e^λ |x - y|²) dx under hardly any noise.
    let at = |x: &Vec<f64>| SpacetimePoint { log_snr: 14.0, y: x.clone() };
    let moments = wells().moments(&points.iter().map(at).collect::<Vec<_>>()).unwrap();
    let weights: Vec<f64> = moments.iter().map(|moments| moments.log_normaliser.unwrap().exp()).collect();
    SampleSet::new(&points, Some(&weights), vec![Some(TAU), None]).unwrap()
}

fn settings() -> RandomFeatureSettings {
    RandomFeatureSettings {
        features: 300,
        clusters: 4,
        pairs: 6000,
        held_out_pairs: 1000,
        frequency_scale: (0.8, 5.0),
        ..RandomFeatureSettings::default()
    }
}

fn fit(settings: &RandomFeatureSettings, seed: u64) -> (RandomFeatureDenoiser, FitReport) {
    let (reference, samples) = (wells(), samples());
    let source = PairSource {
        reference: &reference,
        samples: &samples,
        log_snr: (-2.0, 5.0),
        targets: Targets::PosteriorMean,
        seed: 11,
    };
    RandomFeatureDenoiser::fit(settings, &source, seed).unwrap()
}

static FITTED: LazyLock<(RandomFeatureDenoiser, FitReport)> = LazyLock::new(|| fit(&settings(), 1));

fn point(log_snr: f64, y: [f64; 2]) -> SpacetimePoint {
    SpacetimePoint { log_snr, y: y.to_vec() }
}

fn some_points() -> Vec<SpacetimePoint> {
    vec![
        point(-1.7, [7.0, -2.0]),
        point(0.3, [-1.2, 3.1]),
        point(1.9, [0.2, 3.6]),
        point(3.0, [3.0, 4.4]),
        point(4.8, [1.5, 3.9]),
    ]
}

#[test]
fn metric_is_the_derivative_of_the_expectation_parameter() {
    let denoiser = &FITTED.0;
    for at in some_points() {
        let moments = denoiser.moments(std::slice::from_ref(&at)).unwrap().remove(0);
        let eta = at.natural_parameter();
        for column in 0..3 {
            let value = |step: f64| {
                let mut moved = eta.clone();
                moved[column] += step * eta[2];
                let moved = SpacetimePoint::from_natural_parameter(&moved).unwrap();
                denoiser.expectation_parameters(&[moved]).unwrap().remove(0)
            };
            let step = 1e-3;
            let slope = (8.0 * (value(step) - value(-step)) - (value(2.0 * step) - value(-2.0 * step)))
                / (12.0 * step * eta[2]);
            let found = moments.metric.column(column);
            let error = (&slope - found).amax();
            assert!(error < 1e-7 * (1.0 + moments.metric.amax()), "{at:?}: {slope} but {found}");
        }
        let cotangent = DVector::from_vec(vec![0.3, -1.1, 0.7]);
        let batch = std::slice::from_ref(&at);
        let product =
            denoiser.vector_jacobian_products(batch, std::slice::from_ref(&cotangent)).unwrap().remove(0);
        assert!((&product - moments.metric.tr_mul(&cotangent)).amax() < 1e-12 * product.amax());
        assert_eq!(denoiser.expectation_parameters(batch).unwrap()[0], moments.expectation_parameter);
    }
}

#[test]
fn second_moment_holds_the_divergence_of_the_mean() {
    let denoiser = &FITTED.0;
    for at in some_points() {
        let mean = |axis: usize, step: f64| {
            let mut moved = at.clone();
            moved.y[axis] += step;
            denoiser.expectation_parameters(&[moved]).unwrap()[0][axis]
        };
        let step = 1e-3;
        let slope = |axis: usize| {
            (8.0 * (mean(axis, step) - mean(axis, -step))
                - (mean(axis, 2.0 * step) - mean(axis, -2.0 * step)))
                / (12.0 * step)
        };
        let found = denoiser.moments(std::slice::from_ref(&at)).unwrap().remove(0);
        let expected = (-at.log_snr).exp() * (slope(0) + slope(1));
        assert!(
            (found.variance_trace() - expected).abs() < 1e-7,
            "{at:?}: {} {expected}",
            found.variance_trace()
        );
    }
}

#[test]
fn answers_move_with_the_images_of_a_periodic_variable() {
    let denoiser = &FITTED.0;
    for at in some_points() {
        let here = denoiser.moments(std::slice::from_ref(&at)).unwrap().remove(0);
        let image = point(at.log_snr, [at.y[0] - 3.0 * TAU, at.y[1]]);
        let there = denoiser.moments(&[image]).unwrap().remove(0);
        assert!((there.mean()[0] + 3.0 * TAU - here.mean()[0]).abs() < 1e-11);
        assert!((there.mean()[1] - here.mean()[1]).abs() < 1e-11);
        assert!((there.variance_trace() - here.variance_trace()).abs() < 1e-9);
    }
}

#[test]
fn fit_comes_close_to_the_exact_denoiser_and_more_features_closer() {
    let (denoiser, report) = &*FITTED;
    assert!(report.held_out_error < 0.2, "{report:?}");
    assert!(report.training_error < report.held_out_error && report.condition > 1.0, "{report:?}");
    let few = RandomFeatureSettings { features: 60, ..settings() };
    let (_, poor) = fit(&few, 1);
    assert!(poor.held_out_error > 2.0 * report.held_out_error, "{poor:?} {report:?}");

    // Along the way between the wells, where a geodesic would go.
    let points: Vec<SpacetimePoint> = (0..=30)
        .map(|step| {
            let share = f64::from(step) / 30.0;
            let log_snr = 4.0 - 3.5 * (std::f64::consts::PI * share).sin();
            point(log_snr, [-1.0 + 2.6 * share, 3.0 + share])
        })
        .collect();
    let exact = wells().expectation_parameters(&points).unwrap();
    let found = denoiser.expectation_parameters(&points).unwrap();
    let mut errors: Vec<f64> =
        exact.iter().zip(&found).map(|(exact, found)| (exact - found).norm() / exact.norm()).collect();
    errors.sort_by(f64::total_cmp);
    assert!(errors[15] < 5e-3 && errors[30] < 2e-2, "{errors:?}");
}

#[test]
fn fit_does_not_depend_on_the_number_of_threads() {
    let settings = RandomFeatureSettings { features: 250, pairs: 2500, ..settings() };
    let on = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| fit(&settings, 4))
    };
    assert_eq!(on(1), on(3));
    assert_ne!(on(1).0, fit(&settings, 5).0);
}

#[test]
fn file_gives_the_same_denoiser_and_misfits_are_refused() {
    let stopped = RandomFeatureSettings { features: 50, pairs: 500, training_time: Some(3.0), ..settings() };
    let names = ["phi".to_owned(), "distance".to_owned()];
    let periods = [Some(TAU), None];
    let fits = WeightsExpectation {
        kind: RandomFeatureDenoiser::KIND,
        variables: &names,
        periods: &periods,
        data_hash: Some("a1"),
    };
    for denoiser in [&FITTED.0, &fit(&stopped, 2).0] {
        let bytes = denoiser.to_weights(&names, "a1").to_bytes().unwrap();
        let file = WeightsFile::from_bytes(&bytes).unwrap();
        assert_eq!(&RandomFeatureDenoiser::from_weights(&file, &fits).unwrap(), denoiser);
        let refused = |expected: &WeightsExpectation<'_>, word: &str| {
            let message = RandomFeatureDenoiser::from_weights(&file, expected).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        };
        refused(&WeightsExpectation { periods: &[None, None], ..fits.clone() }, "periods");
        refused(&WeightsExpectation { data_hash: Some("b2"), ..fits.clone() }, "a1");
        refused(&WeightsExpectation { kind: "neural", ..fits.clone() }, "neural");
        let mut broken = file.clone();
        broken.tensors.remove("phases");
        let message = RandomFeatureDenoiser::from_weights(&broken, &fits).unwrap_err().to_string();
        assert!(message.contains("`phases`"), "{message}");
    }
}

#[test]
fn points_outside_the_trained_range_and_settings_without_sense_are_refused() {
    let message = FITTED.0.moments(&[point(5.5, [0.0, 3.0])]).unwrap_err().to_string();
    assert!(message.contains("5.5") && message.contains("-2 to 5"), "{message}");
    assert_eq!(FITTED.0.log_snr_range(), (-2.0, 5.0));
    let message = RandomFeatureSettings { ridge: -1.0, ..settings() }.check().unwrap_err().to_string();
    assert!(message.contains("`ridge` is -1"), "{message}");
    let unknown = serde_json::from_str::<RandomFeatureSettings>(r#"{"feature": 3}"#).unwrap_err().to_string();
    assert!(unknown.contains("feature") && unknown.contains("held_out_pairs"), "{unknown}");
}

#[test]
fn stopped_training_goes_from_nothing_to_the_closed_form() {
    let at = |time: Option<f64>| {
        fit(&RandomFeatureSettings { features: 120, pairs: 3000, training_time: time, ..settings() }, 3)
    };
    let (trained, best) = at(None);
    let (start, nothing) = at(Some(0.0));
    assert!((nothing.training_error - 1.0).abs() < 1e-12 && start.at_equilibrium().is_some());
    let mut last = nothing.training_error;
    for time in [1.0, 10.0, 100.0] {
        let error = at(Some(time)).1.training_error;
        assert!(error < last && error > best.training_error, "{time}: {error} after {last}");
        last = error;
    }
    let points = some_points();
    let (ended, stopped) = (at(Some(1e15)).0, start.at_equilibrium().unwrap());
    let expected = trained.expectation_parameters(&points).unwrap();
    for other in [&ended, &stopped] {
        let found = other.expectation_parameters(&points).unwrap();
        for (expected, found) in expected.iter().zip(&found) {
            assert!((expected - found).amax() < 1e-5 * expected.amax(), "{expected} {found}");
        }
    }
    assert!(stopped.at_equilibrium().is_none());
}

/// A small problem with a matrix `U` of full rank, and two outputs.
fn problem(features: usize) -> NormalEquations {
    NormalEquations::accumulate(features, 2, 2500, |row, into| {
        let x = 3.0 * ((row + 1) as f64 * 2.0_f64.sqrt()).fract();
        for (index, feature) in into.features.iter_mut().enumerate() {
            *feature = ((index as f64 + 0.5) * 0.7 * x + index as f64).cos();
        }
        into.targets.copy_from_slice(&[(1.5 * x).tanh(), x * x]);
        *into.weight = (1.0 + x) / 2500.0;
    })
    .unwrap()
}

#[test]
fn sums_of_the_normal_equations_are_plain_sums() {
    // More features than one tile and more rows than one block.
    let equations = problem(230);
    let (mut gram, mut cross) = (0.0, 0.0);
    let (first, second) = (5, 210);
    for row in 0..2500 {
        let x = 3.0 * (f64::from(row + 1) * 2.0_f64.sqrt()).fract();
        let feature = |index: usize| ((index as f64 + 0.5) * 0.7 * x + index as f64).cos();
        gram += (1.0 + x) / 2500.0 * feature(first) * feature(second);
        cross += (1.0 + x) / 2500.0 * x * x * feature(second);
    }
    assert!((equations.gram[(first, second)] - gram).abs() < 1e-13);
    assert_eq!(equations.gram[(first, second)], equations.gram[(second, first)]);
    assert!((equations.cross[(1, second)] - cross).abs() < 1e-12);
}

#[test]
fn gradient_flow_is_what_small_steps_of_gradient_descent_come_to() {
    let equations = problem(8);
    let start = DMatrix::from_fn(2, 8, |output, feature| ((output + 2 * feature) as f64).sin());
    let flow = GradientFlow::new(&equations, &start, 1e-14).unwrap();
    let time = 4.0 / flow.eigenvalues().max();
    let descend = |steps: usize| {
        let mut coefficients = start.clone();
        for _ in 0..steps {
            let gradient = 2.0 * (&coefficients * &equations.gram - &equations.cross);
            coefficients -= time / steps as f64 * gradient;
        }
        coefficients
    };
    let exact = flow.coefficients(time);
    let (coarse, fine) = (descend(4000), descend(8000));
    assert!((&fine - &exact).amax() < 2e-3);
    // The error of Euler's method is linear in the step.
    let ratio = (&coarse - &exact).amax() / (&fine - &exact).amax();
    assert!((ratio - 2.0).abs() < 0.02, "{ratio}");
    assert!((2.0 * &fine - &coarse - &exact).amax() < 1e-6);
    assert!((flow.coefficients(0.0) - &start).amax() < 1e-12);
}

#[test]
fn loss_splits_into_architecture_and_optimisation_and_no_mode_grows() {
    let equations = problem(8);
    let start = DMatrix::from_fn(2, 8, |output, feature| ((3 * output + feature) as f64).cos());
    let flow = GradientFlow::new(&equations, &start, 1e-14).unwrap();
    let mut last = flow.optimisation_errors(0.0);
    for time in [0.0, 0.1, 1.0, 10.0, 1e3, 1e6] {
        let modes = flow.optimisation_errors(time);
        let loss = equations.loss(&flow.coefficients(time));
        let split = flow.least_loss() + modes.column_sum();
        assert!((&loss - &split).amax() < 1e-10 * loss.amax().max(1.0), "{time}: {loss} {split}");
        assert!(modes.iter().zip(&last).all(|(now, before)| now <= before && *now >= 0.0));
        last = modes;
    }
    let (solved, _) = equations.solve().unwrap();
    assert!((equations.loss(&solved) - flow.least_loss()).amax() < 1e-9);
    assert!(flow.least_loss().min() > 0.0);
}
