//! The exact denoiser of samples.

use geodyssey_denoiser::{BandwidthSettings, HoldOut, KernelDenoiser, SampleSet, held_out_bandwidth};

use crate::config::{Bandwidth, LandscapeConfig, SamplesSource};
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::variables::scaled;
use crate::terminal::say;

/// Stretches of time of which some are held out. Frames of a simulation that follow each other are too much alike.
const TIME_STRETCHES: usize = 20;

fn hold_out(problem: &Problem) -> HoldOut {
    match &problem.config.landscape {
        LandscapeConfig::Samples(settings) if matches!(settings.source(), SamplesSource::Table(_)) => {
            HoldOut::Random
        }
        _ => HoldOut::Blocks(TIME_STRETCHES),
    }
}

/// The posteriors of the density that has a Gaussian in place of every sample. Samples and widths are in the spacetime's units.
pub(crate) fn kernel_denoiser(
    problem: &Problem,
    samples: &SampleSet,
    bandwidth: &Bandwidth,
) -> Result<KernelDenoiser, Error> {
    let failed = |error| Error::failed("the denoiser of the samples", error);
    let bandwidths = match bandwidth {
        Bandwidth::Given(given) => {
            let own = scaled(given, &problem.variables).ok_or_else(|| {
                let message = format!("expected one number or {}, one per variable", problem.variables.len());
                problem.config.error("denoiser.bandwidth", message)
            })?;
            problem.scales.scaled(&own)
        }
        Bandwidth::HeldOut => {
            let settings = BandwidthSettings {
                hold_out: hold_out(problem),
                seed: problem.config.seed,
                ..BandwidthSettings::default()
            };
            let found = held_out_bandwidth(samples, &settings).map_err(failed)?.per_variable;
            let shown = problem.variables.iter().zip(problem.scales.own(&found));
            let shown: Vec<String> = shown
                .map(|(variable, width)| format!("{} {}", variable.name, variable.display(width)))
                .collect();
            say!("denoiser: bandwidth by held-out likelihood: {}", shown.join(", "));
            found
        }
    };
    KernelDenoiser::new(samples.clone(), bandwidths).map_err(failed)
}
