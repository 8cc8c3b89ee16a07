//! Speed of the neural denoiser: training steps per second, and milliseconds for the moments of 128 points.
//!
//! `train_speed [key=value…]` with the keys `variables`, `width`, `layers`, `batch`, `steps`, `conservative`, `divergence_weight`,
//! `threads`. Drawing the training pairs is not part of the time.

use std::error::Error;
use std::f64::consts::TAU;
use std::time::Instant;

use geodyssey_denoiser::{
    ComputeDevice, Covariance, Denoiser, MixtureComponent, MixtureDenoiser, NeuralIdentity, NeuralSettings,
    PairSource, SampleSet, SpacetimePoint, Targets, Training,
};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut variables, mut steps, mut threads) = (2usize, 300usize, 1usize);
    let mut settings = NeuralSettings::default();
    for argument in std::env::args().skip(1) {
        let (key, value) = argument.split_once('=').ok_or("write key=value")?;
        match key {
            "variables" => variables = value.parse()?,
            "width" => settings.width = value.parse()?,
            "layers" => settings.hidden_layers = value.parse()?,
            "batch" => settings.batch = value.parse()?,
            "steps" => steps = value.parse()?,
            "conservative" => settings.conservative = value.parse()?,
            "divergence_weight" => settings.divergence_weight = value.parse()?,
            "threads" => threads = value.parse()?,
            _ => return Err(format!("no key `{key}`").into()),
        }
    }
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;

    let component = |centre: f64| MixtureComponent {
        weight: 0.5,
        mean: vec![centre; variables],
        covariance: Covariance::Isotropic(0.1),
    };
    let periods = vec![Some(TAU); variables];
    let reference = MixtureDenoiser::new(vec![component(-1.0), component(1.5)], periods.clone())?;
    let points: Vec<Vec<f64>> = (0..500)
        .map(|index| (0..variables).map(|axis| 3.0 * f64::from(index * (axis as i32 + 2)).sin()).collect())
        .collect();
    let samples = SampleSet::new(&points, None, periods)?;
    let source = PairSource {
        reference: &reference,
        samples: &samples,
        log_snr: (-3.0, 5.0),
        targets: Targets::PosteriorMean,
        seed: 1,
    };
    let warm_up = 20;
    settings.pairs_per_round = settings.batch * (steps + warm_up);
    settings.steps = steps + warm_up;
    settings.evaluate_every = usize::MAX;
    settings.held_out_pairs = 128;
    let names = (0..variables).map(|axis| format!("x{axis}")).collect();
    let identity = NeuralIdentity { variables: names, data_hash: String::new() };
    let mut training = Training::start(&settings, &source, identity, &ComputeDevice::cpu())?;
    training.advance(&source, warm_up)?;
    let start = Instant::now();
    // The last step measures the held-out loss too; it is left out.
    training.advance(&source, steps - 1)?;
    let seconds = start.elapsed().as_secs_f64();

    let denoiser = training.denoiser();
    let asked: Vec<SpacetimePoint> = (0..128)
        .map(|index| SpacetimePoint {
            log_snr: -2.0 + 0.05 * f64::from(index),
            y: (0..variables).map(|axis| (0.1 * f64::from(index) + axis as f64).sin()).collect(),
        })
        .collect();
    let (mut moments, mut means) = (f64::MAX, f64::MAX);
    for _ in 0..10 {
        let start = Instant::now();
        denoiser.moments(&asked)?;
        moments = moments.min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        denoiser.expectation_parameters(&asked)?;
        means = means.min(start.elapsed().as_secs_f64());
    }
    println!(
        "{variables} variables, {} × {}, {} weights, batch {}, conservative {}, {threads} threads: {:.0} steps/s, \
         moments of 128 points {:.1} ms, μ alone {:.1} ms",
        settings.hidden_layers,
        settings.width,
        denoiser.parameter_count(),
        settings.batch,
        settings.conservative,
        (steps - 1) as f64 / seconds,
        1e3 * moments,
        1e3 * means,
    );
    Ok(())
}
