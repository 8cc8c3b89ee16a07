//! The same weights on a GPU and on the CPU. Built with the feature `wgpu` only; `scripts/test-gpu` runs it.
#![cfg(feature = "wgpu")]

use std::f64::consts::TAU;

use geodyssey_denoiser::{
    ComputeDevice, Covariance, Denoiser, DeviceChoice, MixtureComponent, MixtureDenoiser, NeuralIdentity,
    NeuralSettings, PairSource, SampleSet, SpacetimePoint, Targets, Training,
};

#[test]
fn a_gpu_gives_the_moments_of_the_cpu_and_trains_as_well() {
    let gpu = ComputeDevice::select(DeviceChoice::Gpu).unwrap();
    println!("{}", gpu.description());
    let component = |centre: f64| MixtureComponent {
        weight: 0.5,
        mean: vec![centre, -centre],
        covariance: Covariance::Isotropic(0.15),
    };
    let periods = vec![Some(TAU), None];
    let reference = MixtureDenoiser::new(vec![component(-0.9), component(1.2)], periods.clone()).unwrap();
    let points: Vec<Vec<f64>> =
        (0..400).map(|k| vec![2.0 * (0.7 * f64::from(k)).sin(), 2.0 * (1.31 * f64::from(k)).sin()]).collect();
    let samples = SampleSet::new(&points, None, periods).unwrap();
    let source = PairSource {
        reference: &reference,
        samples: &samples,
        log_snr: (-2.0, 4.0),
        targets: Targets::PosteriorMean,
        seed: 5,
    };
    let asked: Vec<SpacetimePoint> = (0..300)
        .map(|k| {
            let phase = f64::from(k);
            let y = vec![2.0 * (0.9 * phase).cos(), 2.0 * (1.7 * phase).sin()];
            SpacetimePoint { log_snr: 1.0 + 2.5 * (1.3 * phase).sin(), y }
        })
        .collect();
    for conservative in [false, true] {
        let settings = NeuralSettings {
            conservative,
            residual: true,
            width: 32,
            steps: 100,
            batch: 200,
            pairs_per_round: 20_000,
            held_out_pairs: 512,
            evaluate_every: 50,
            warm_up_steps: 10,
            average_decay: 0.9,
            ..NeuralSettings::default()
        };
        let train = |device: &ComputeDevice| {
            let identity =
                NeuralIdentity { variables: vec!["a".into(), "b".into()], data_hash: String::new() };
            let mut training = Training::start(&settings, &source, identity, device).unwrap();
            let progress = training.advance(&source, usize::MAX).unwrap();
            (training.denoiser(), progress.held_out_loss)
        };
        let (denoiser, loss) = train(&ComputeDevice::cpu());
        let exact = denoiser.moments(&asked).unwrap();
        let found = denoiser.on_device(&gpu).moments(&asked).unwrap();
        let (mut of_mu, mut of_metric) = (0.0f64, 0.0f64);
        for (exact, found) in exact.iter().zip(&found) {
            let mu = (&found.expectation_parameter - &exact.expectation_parameter).norm();
            of_mu = of_mu.max(mu / exact.expectation_parameter.norm());
            of_metric = of_metric.max((&found.metric - &exact.metric).norm() / exact.metric.norm());
        }
        let (_, loss_there) = train(&gpu);
        println!(
            "conservative {conservative}: largest relative difference of μ {of_mu:.1e}, of G {of_metric:.1e}; \
             held-out loss after 100 steps {loss:.5} on the CPU, {loss_there:.5} on the GPU"
        );
        assert!(of_mu < 1e-4 && of_metric < 1e-4);
        // Rounding differs, and training amplifies it a little.
        assert!((loss_there / loss - 1.0).abs() < 0.05);
    }
}
