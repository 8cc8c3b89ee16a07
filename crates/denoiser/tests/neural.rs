//! Neural denoisers: derivatives against finite differences, exact shifts and symmetries, training against an exact denoiser,
//! files and interruptions.

use std::f64::consts::TAU;

use geodyssey_denoiser::{
    Activation, ComputeDevice, Covariance, Denoiser, DenoiserError, MixtureComponent, MixtureDenoiser,
    NeuralDenoiser, NeuralIdentity, NeuralSettings, PairSource, PosteriorMoments, SampleSet, SpacetimePoint,
    Targets, Training, WeightsExpectation, WeightsFile,
};
use nalgebra::DVector;

const LOG_SNR: (f64, f64) = (-2.0, 4.0);

/// Two states on a torus beside a variable that is not periodic, as a mixture that knows all its posteriors.
struct Toy {
    reference: MixtureDenoiser,
    samples: SampleSet,
}

impl Toy {
    fn new(periods: Vec<Option<f64>>) -> Self {
        let dimension = periods.len();
        let centres = [-0.9, 1.2];
        let component = |centre: f64| MixtureComponent {
            weight: 0.5,
            mean: (0..dimension).map(|axis| centre * (1.0 - 0.3 * axis as f64) + 0.2).collect(),
            covariance: Covariance::Isotropic(0.15),
        };
        let reference = MixtureDenoiser::new(centres.map(component).to_vec(), periods.clone()).unwrap();
        // A lattice of points that covers both states and the way between.
        let points: Vec<Vec<f64>> = (0..600)
            .map(|index| {
                let phase = f64::from(index);
                (0..dimension).map(|axis| 0.2 + 2.0 * (phase * (0.7 + 0.61 * axis as f64)).sin()).collect()
            })
            .collect();
        Self { reference, samples: SampleSet::new(&points, None, periods).unwrap() }
    }

    fn source(&self) -> PairSource<'_> {
        PairSource {
            reference: &self.reference,
            samples: &self.samples,
            log_snr: LOG_SNR,
            targets: Targets::PosteriorMean,
            seed: 11,
        }
    }

    fn identity(&self) -> NeuralIdentity {
        NeuralIdentity {
            variables: (0..self.samples.dimension()).map(|axis| format!("x{axis}")).collect(),
            data_hash: "toy".into(),
        }
    }

    fn start(&self, settings: &NeuralSettings) -> Training {
        Training::start(settings, &self.source(), self.identity(), &ComputeDevice::cpu()).unwrap()
    }
}

fn small() -> NeuralSettings {
    NeuralSettings {
        clusters: 8,
        width: 24,
        hidden_layers: 2,
        steps: 60,
        batch: 200,
        pairs_per_round: 2000,
        passes_per_round: 2,
        held_out_pairs: 512,
        evaluate_every: 15,
        warm_up_steps: 10,
        average_decay: 0.9,
        ..NeuralSettings::default()
    }
}

fn points(dimension: usize, count: usize) -> Vec<SpacetimePoint> {
    (0..count)
        .map(|index| {
            let phase = index as f64;
            SpacetimePoint {
                log_snr: 1.0 + 2.5 * (1.3 * phase).sin(),
                y: (0..dimension).map(|axis| 2.5 * (0.9 * phase + 1.7 * axis as f64).cos()).collect(),
            }
        })
        .collect()
}

/// A briefly trained network: its weights are no special ones.
fn trained(toy: &Toy, settings: &NeuralSettings) -> NeuralDenoiser {
    let mut training = toy.start(settings);
    training.advance(&toy.source(), settings.steps).unwrap();
    training.denoiser()
}

fn variants(settings: &NeuralSettings) -> Vec<NeuralSettings> {
    let mut variants = Vec::new();
    for conservative in [false, true] {
        for (activation, residual) in [
            (Activation::AlgebraicSilu, true),
            (Activation::Squareplus, false),
            (Activation::CentredSquareplus, true),
            (Activation::AlgebraicSigmoid, false),
        ] {
            variants.push(NeuralSettings { conservative, activation, residual, ..settings.clone() });
        }
    }
    variants
}

#[test]
fn a_network_that_learned_nothing_has_a_loss_of_one() {
    let toy = Toy::new(vec![Some(TAU), None]);
    let untaught =
        NeuralSettings { steps: 1, learning_rate: 1e-12, evaluate_every: 1, clusters: 1, ..small() };
    for settings in [
        untaught.clone(),
        NeuralSettings { divergence_weight: 3.0, ..untaught.clone() },
        NeuralSettings { conservative: true, ..untaught.clone() },
        NeuralSettings { conservative: true, displacement_weight: 10.0, ..untaught },
    ] {
        let mut training = toy.start(&settings);
        training.advance(&toy.source(), 1).unwrap();
        let loss = training.history().last().unwrap().held_out_loss;
        // The weights at the start give small numbers, not zero.
        assert!((loss - 1.0).abs() < 0.4, "{loss} of {settings:?}");
    }
}

#[test]
fn moments_are_derivatives_of_each_other() {
    let toy = Toy::new(vec![Some(TAU), None]);
    for settings in variants(&NeuralSettings { steps: 30, ..small() }) {
        let denoiser = trained(&toy, &settings);
        for point in points(2, 5) {
            let at = |point: &SpacetimePoint| {
                denoiser.expectation_parameters(std::slice::from_ref(point)).unwrap().remove(0)
            };
            let moments = denoiser.moments(std::slice::from_ref(&point)).unwrap().remove(0);
            let label = format!("{:?} conservative {}", settings.activation, settings.conservative);
            assert!((&moments.expectation_parameter - at(&point)).norm() < 1e-12);

            // μ_last = |D|² + s² div D, with the divergence by central differences (exact for the plain variant).
            let (variance, h) = ((-point.log_snr).exp(), 1e-4);
            if !settings.conservative {
                let mut divergence = 0.0;
                for axis in 0..2 {
                    let shifted = |step: f64| {
                        let mut point = point.clone();
                        point.y[axis] += step;
                        at(&point)[axis]
                    };
                    divergence += (8.0 * (shifted(h) - shifted(-h)) - shifted(2.0 * h) + shifted(-2.0 * h))
                        / (12.0 * h);
                }
                let trace = variance * divergence;
                assert!((moments.variance_trace() - trace).abs() < 1e-8 * (1.0 + trace.abs()), "{label}");
            }

            // G = ∂μ/∂η by central differences of fourth order in η.
            let eta = point.natural_parameter();
            let scale = moments.metric.norm();
            for axis in 0..3 {
                let step = 1e-4 * (1.0 + eta[axis].abs());
                let shifted = |steps: f64| {
                    let mut eta = eta.clone();
                    eta[axis] += steps * step;
                    let point = SpacetimePoint::from_natural_parameter(&eta).unwrap();
                    (at(&point), denoiser.moments(&[point]).unwrap()[0].log_normaliser)
                };
                let all = [1.0, -1.0, 2.0, -2.0].map(shifted);
                let mu = |k: usize| &all[k].0;
                let difference = (8.0 * (mu(0) - mu(1)) - mu(2) + mu(3)) / (12.0 * step);
                let error = (moments.metric.column(axis) - difference).norm();
                assert!(error < 1e-6 * scale, "{label}: column {axis} is off by {error} of {scale}");
                // ∇ψ = μ for the log-partition function ψ(η) = φ + ½ e^λ |y|².
                if settings.conservative {
                    let psi = |k: usize| {
                        let sign = [1.0, -1.0, 2.0, -2.0][k];
                        let mut eta = eta.clone();
                        eta[axis] += sign * step;
                        let point = SpacetimePoint::from_natural_parameter(&eta).unwrap();
                        let square: f64 = point.y.iter().map(|y| y * y).sum();
                        all[k].1.unwrap() + 0.5 * point.log_snr.exp() * square
                    };
                    let slope = (8.0 * (psi(0) - psi(1)) - psi(2) + psi(3)) / (12.0 * step);
                    let expected = moments.expectation_parameter[axis];
                    assert!((slope - expected).abs() < 1e-7 * (1.0 + expected.abs()), "{label}: {axis}");
                }
            }

            // Products agree with the matrix.
            let w = DVector::from_vec(vec![0.3, -1.1, 0.4]);
            let product = denoiser
                .vector_jacobian_products(std::slice::from_ref(&point), std::slice::from_ref(&w))
                .unwrap();
            let expected = moments.metric.transpose() * w;
            assert!((&product[0] - &expected).norm() < 1e-10 * (1.0 + expected.norm()), "{label}");
            if settings.conservative {
                assert_eq!(moments.metric, moments.metric.transpose(), "{label}");
            } else {
                assert!(moments.log_normaliser.is_none());
            }
        }
    }
}

#[test]
fn a_period_shifts_the_denoiser_and_nothing_else() {
    let toy = Toy::new(vec![Some(TAU), Some(3.0)]);
    for settings in variants(&NeuralSettings { steps: 15, ..small() }) {
        let denoiser = trained(&toy, &settings);
        for point in points(2, 4) {
            let shifts = [2.0 * TAU, -3.0];
            let mut moved = point.clone();
            moved.y.iter_mut().zip(shifts).for_each(|(y, shift)| *y += shift);
            let moments = denoiser.moments(&[point.clone(), moved]).unwrap();
            for (axis, shift) in shifts.iter().enumerate() {
                let difference = moments[1].mean()[axis] - moments[0].mean()[axis] - shift;
                assert!(difference.abs() < 1e-12 * (1.0 + point.y[axis].abs() + shift.abs()));
            }
            assert!((moments[1].variance_trace() - moments[0].variance_trace()).abs() < 1e-10);
        }
    }
}

fn same_bits(a: &PosteriorMoments, b: &PosteriorMoments) -> bool {
    let bits = |moments: &PosteriorMoments| -> Vec<u64> {
        moments.expectation_parameter.iter().chain(moments.metric.iter()).map(|x| x.to_bits()).collect()
    };
    bits(a) == bits(b)
}

#[test]
fn a_points_answer_does_not_depend_on_its_company_or_on_threads() {
    let toy = Toy::new(vec![Some(TAU), None]);
    for conservative in [false, true] {
        let denoiser = trained(&toy, &NeuralSettings { conservative, steps: 15, width: 40, ..small() });
        let points = points(2, 37);
        let together = denoiser.moments(&points).unwrap();
        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let alone: Vec<_> = one_thread.install(|| {
            points
                .iter()
                .map(|point| denoiser.moments(std::slice::from_ref(point)).unwrap().remove(0))
                .collect()
        });
        assert!(together.iter().zip(&alone).all(|(a, b)| same_bits(a, b)), "conservative {conservative}");
    }
}

#[test]
fn an_interrupted_training_and_one_on_other_threads_end_with_the_same_weights() {
    let toy = Toy::new(vec![Some(TAU), None]);
    for conservative in [false, true] {
        // Rounds of two passes of ten steps: interruptions fall into passes, between them and between rounds. The
        // width makes products large enough for threads.
        let settings = NeuralSettings { conservative, width: 256, steps: 50, ..small() };
        let weights = |training: &Training| training.denoiser().to_weights().unwrap().to_bytes().unwrap();
        let mut straight = toy.start(&settings);
        straight.advance(&toy.source(), usize::MAX).unwrap();

        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let mut bytes = toy.start(&settings).checkpoint().unwrap();
        let (mut interrupted, device) = (None, ComputeDevice::cpu());
        for steps in [7, 13, 1, 9, 20] {
            let mut training =
                Training::resume(&bytes, &settings, &toy.source(), toy.identity(), &device).unwrap();
            one_thread.install(|| training.advance(&toy.source(), steps).unwrap());
            bytes = training.checkpoint().unwrap();
            interrupted = Some(training);
        }
        let interrupted = interrupted.unwrap();
        assert!(interrupted.is_finished() && straight.is_finished());
        assert_eq!(interrupted.history(), straight.history());
        assert_eq!(bytes, straight.checkpoint().unwrap());
        assert_eq!(weights(&interrupted), weights(&straight));
    }
}

/// Largest and mean relative error of `μ` against the exact one.
fn errors(toy: &Toy, denoiser: &NeuralDenoiser) -> (f64, f64) {
    let points: Vec<SpacetimePoint> = points(toy.samples.dimension(), 200)
        .into_iter()
        .map(|mut point| {
            point.y.iter_mut().for_each(|y| *y *= 0.8);
            point
        })
        .collect();
    let exact = toy.reference.moments(&points).unwrap();
    let learned = denoiser.moments(&points).unwrap();
    let errors: Vec<f64> = exact
        .iter()
        .zip(&learned)
        .map(|(exact, learned)| {
            let difference = &learned.expectation_parameter - &exact.expectation_parameter;
            difference.norm() / exact.expectation_parameter.norm().max(0.2)
        })
        .collect();
    (errors.iter().fold(0.0, |a: f64, b| a.max(*b)), errors.iter().sum::<f64>() / errors.len() as f64)
}

#[test]
fn training_reaches_the_exact_denoiser() {
    let toy = Toy::new(vec![Some(TAU), None]);
    for (conservative, divergence_weight) in [(false, 0.0), (false, 0.1), (true, 0.0)] {
        let settings = NeuralSettings {
            conservative,
            divergence_weight,
            width: 48,
            steps: 1500,
            pairs_per_round: 40_000,
            passes_per_round: 1,
            average_decay: 0.99,
            evaluate_every: 250,
            warm_up_steps: 50,
            learning_rate: 4e-3,
            ..small()
        };
        let mut training = toy.start(&settings);
        let (_, untrained) = errors(&toy, &training.denoiser());
        let progress = training.advance(&toy.source(), usize::MAX).unwrap();
        assert!(progress.finished && progress.step == 1500 && training.history().len() == 6);
        let (largest, mean) = errors(&toy, &training.denoiser());
        println!(
            "conservative {conservative}, divergence weight {divergence_weight}: held-out loss {:.2e}, \
             error of μ {mean:.4} mean, {largest:.4} largest; untrained {untrained:.4} mean",
            progress.held_out_loss
        );
        // 1 is the loss of the baseline alone, which is a poor one here: the samples are not weighted.
        assert!(progress.held_out_loss < 3e-2, "{progress:?}");
        assert!(mean < 0.06 && largest < 0.5, "mean error {mean}, largest {largest}");
        assert!(mean < 0.2 * untrained, "mean error {mean}, untrained {untrained}");
    }
}

#[test]
fn more_than_twenty_variables_are_probed() {
    // With as many probes as variables the estimate is not exact, but the same at every call and near the truth on average.
    let toy = Toy::new(vec![None, Some(TAU), None]);
    let exact = trained(&toy, &small());
    let probed =
        trained(&toy, &NeuralSettings { exact_divergence_up_to: 2, divergence_probes: 400, ..small() });
    let points = points(3, 6);
    let (a, b) = (exact.moments(&points).unwrap(), probed.moments(&points).unwrap());
    for (a, b) in a.iter().zip(&b) {
        // The same training, so the same network; off-diagonal slopes over sqrt(400) remain.
        for axis in 0..3 {
            assert!((a.mean()[axis] - b.mean()[axis]).abs() < 1e-12);
        }
        assert!((a.variance_trace() - b.variance_trace()).abs() < 0.15 * a.variance_trace().abs());
    }
    let again = probed.moments(&points[3..4]).unwrap();
    assert!(same_bits(&again[0], &b[3]));
    // Products are the derivatives of the estimate, not of the exact divergence.
    let w = DVector::from_vec(vec![0.2, 0.5, -0.3, 0.8]);
    let eta = points[0].natural_parameter();
    let product = probed.vector_jacobian_products(&points[..1], std::slice::from_ref(&w)).unwrap().remove(0);
    for axis in 0..4 {
        let step = 1e-4 * (1.0 + eta[axis].abs());
        let shifted = |steps: f64| {
            let mut eta = eta.clone();
            eta[axis] += steps * step;
            let point = SpacetimePoint::from_natural_parameter(&eta).unwrap();
            probed.expectation_parameters(&[point]).unwrap()[0].dot(&w)
        };
        let difference =
            (8.0 * (shifted(1.0) - shifted(-1.0)) - shifted(2.0) + shifted(-2.0)) / (12.0 * step);
        assert!((product[axis] - difference).abs() < 1e-6 * (1.0 + product.norm()));
    }
}

#[test]
fn files_give_back_the_same_denoiser_and_refuse_to_be_used_elsewhere() {
    let toy = Toy::new(vec![Some(TAU), None]);
    let device = ComputeDevice::cpu();
    for conservative in [false, true] {
        let settings = NeuralSettings { conservative, steps: 15, ..small() };
        let denoiser = trained(&toy, &settings);
        let bytes = denoiser.to_weights().unwrap().to_bytes().unwrap();
        let file = WeightsFile::from_bytes(&bytes).unwrap();
        let identity = toy.identity();
        let expected = WeightsExpectation {
            kind: NeuralDenoiser::KIND,
            variables: &identity.variables,
            periods: toy.samples.periods(),
            data_hash: Some("toy"),
        };
        let read = NeuralDenoiser::from_weights(&file, &expected, &device).unwrap();
        assert_eq!(read.settings(), &settings);
        assert_eq!(read.to_weights().unwrap().to_bytes().unwrap(), bytes);
        let points = points(2, 3);
        let (a, b) = (denoiser.moments(&points).unwrap(), read.moments(&points).unwrap());
        assert!(a.iter().zip(&b).all(|(a, b)| same_bits(a, b)));
        assert_eq!(file.tensors["layer.0.weight"].shape[0], 24);
        assert_eq!(file.tensors["layer.2.bias"].shape, [if conservative { 1 } else { 2 }]);

        let others = ["phi".to_owned(), "psi".to_owned()];
        let refused = |expected: &WeightsExpectation<'_>| {
            NeuralDenoiser::from_weights(&file, expected, &device).unwrap_err().to_string()
        };
        assert!(refused(&WeightsExpectation { variables: &others, ..expected.clone() }).contains("x0, x1"));
        assert!(
            refused(&WeightsExpectation { periods: &[None, None], ..expected.clone() }).contains("period")
        );
        assert!(
            refused(&WeightsExpectation { data_hash: Some("other"), ..expected.clone() }).contains("toy")
        );
        let mut broken = file.clone();
        broken.tensors.remove("layer.1.bias");
        let message = NeuralDenoiser::from_weights(&broken, &expected, &device).unwrap_err().to_string();
        assert!(message.contains("layer.1.bias"), "{message}");

        // A finished denoiser is no checkpoint, and a checkpoint belongs to its settings.
        let resume = |bytes: &[u8], settings: &NeuralSettings| {
            Training::resume(bytes, settings, &toy.source(), toy.identity(), &device)
                .err()
                .unwrap()
                .to_string()
        };
        assert!(resume(&bytes, &settings).contains("kind"));
        let checkpoint = toy.start(&settings).checkpoint().unwrap();
        let others = NeuralSettings { learning_rate: 1.0, ..settings.clone() };
        assert!(resume(&checkpoint, &others).contains("other settings"));
    }
}

#[test]
fn mistakes_are_named() {
    let toy = Toy::new(vec![Some(TAU), None]);
    let denoiser = trained(&toy, &NeuralSettings { steps: 15, ..small() });
    let outside = [SpacetimePoint { log_snr: 4.5, y: vec![0.0, 0.0] }];
    let message = denoiser.moments(&outside).unwrap_err().to_string();
    assert!(message.contains("4.5") && message.contains("-2 to 4"), "{message}");
    let edge = [SpacetimePoint { log_snr: LOG_SNR.1, y: vec![0.0, 0.0] }];
    denoiser.moments(&edge).unwrap();
    let lost = [SpacetimePoint { log_snr: 1.0, y: vec![f64::NAN, 0.0] }];
    assert!(denoiser.expectation_parameters(&lost).unwrap_err().to_string().contains("not finite"));

    let wild = NeuralSettings { learning_rate: 1e30, warm_up_steps: 1, steps: 60, ..small() };
    let failure = toy.start(&wild).advance(&toy.source(), 60).unwrap_err();
    assert!(matches!(failure, DenoiserError::Training { .. }), "{failure}");
    assert!(failure.to_string().contains("learning rate"), "{failure}");

    let settings = NeuralSettings { width: 0, ..small() };
    let start = Training::start(&settings, &toy.source(), toy.identity(), &ComputeDevice::cpu());
    assert!(start.err().unwrap().to_string().contains("`width`"));
}
