//! What a denoiser is trained on: samples from which noisy points are made, and an exact denoiser that gives the targets.

use geodyssey_denoiser::{Denoiser, PairSource, SampleSet};
use geodyssey_landscape::{BoltzmannSamples, LandscapeError, boltzmann_rows, boltzmann_samples};
use geodyssey_statistics::RandomStream;

use crate::artifacts::landscape::{LandscapeResult, PosteriorData};
use crate::config::TrainingDataConfig;
use crate::error::Error;
use crate::problem::Problem;
use crate::stages::barrier;
use crate::stages::denoiser::{Points, exact_denoiser};
use crate::stages::kernel_denoiser::kernel_denoiser;

/// By default one kT of the broadened density is this share of the barrier.
const BARRIER_SHARE: f64 = 0.5;
/// Broadening by default where no barrier is known.
const DEFAULT_BROADENING: f64 = 4.0;

/// What a denoiser is trained on.
pub(crate) struct TrainingData {
    /// Samples of a broad density with weights that lead back to the landscape's.
    pub(crate) samples: SampleSet,
    /// Knows the posterior means.
    pub(crate) reference: Box<dyn Denoiser>,
    /// How many times hotter than the landscape the samples were drawn; none for given samples.
    pub(crate) broadening: Option<f64>,
    /// Standard deviation, per variable in the spacetime's units, of the Gaussians that replace the samples; none where the
    /// density is known.
    pub(crate) bandwidths: Option<Vec<f64>>,
}

impl TrainingData {
    /// Gathers all of it.
    pub(crate) fn gather(
        problem: &Problem,
        landscape: &LandscapeResult,
        settings: &TrainingDataConfig,
    ) -> Result<Self, Error> {
        if let PosteriorData::Samples(samples) = &landscape.data {
            let reference = kernel_denoiser(problem, samples, &problem.config.denoiser.bandwidth())?;
            let bandwidths = Some(reference.bandwidths().to_vec());
            return Ok(Self {
                samples: samples.clone(),
                reference: Box::new(reference),
                broadening: None,
                bandwidths,
            });
        }
        let reference = exact_denoiser(problem, landscape, Points::OnGrid)?;
        let broadening = match settings.broadening {
            Some(broadening) => broadening.get(),
            None => default_broadening(problem, landscape)?,
        };
        let count = settings.samples.get();
        let samples = boltzmann_set(problem, landscape, broadening, count, "training samples")?;
        Ok(Self { samples, reference, broadening: Some(broadening), bandwidths: None })
    }

    /// Where training pairs come from.
    pub(crate) fn pairs<'d>(&'d self, problem: &Problem, settings: &TrainingDataConfig) -> PairSource<'d> {
        PairSource {
            reference: self.reference.as_ref(),
            samples: &self.samples,
            log_snr: settings.log_snr_range(&problem.config.geodesic),
            targets: settings.targets,
            seed: problem.config.seed,
        }
    }
}

/// Half the barrier, above the global minimum, in units of kT; at least 1.
fn default_broadening(problem: &Problem, landscape: &LandscapeResult) -> Result<f64, Error> {
    if problem.states.is_none() {
        return Ok(DEFAULT_BROADENING);
    }
    let barrier = barrier::lowest(problem, landscape)?;
    Ok(barrier.map_or(DEFAULT_BROADENING, |barrier| {
        (BARRIER_SHARE * (barrier - landscape.minimum) / problem.thermal_energy).max(1.0)
    }))
}

/// Samples of a landscape that is known as an energy, `broadening` times hotter than it is, with weights that lead back.
pub(crate) fn boltzmann_set(
    problem: &Problem,
    landscape: &LandscapeResult,
    broadening: f64,
    count: usize,
    purpose: &str,
) -> Result<SampleSet, Error> {
    let failed = |error: LandscapeError| Error::failed("samples of the landscape", error);
    let target = problem.thermal_energy;
    let sampled = broadening * target;
    let random = RandomStream::new(problem.config.seed, purpose);
    let BoltzmannSamples { points, weights } = match (&landscape.data, &landscape.landscape, &landscape.grid)
    {
        (PosteriorData::Points(rows), _, _) => {
            boltzmann_rows(&rows.points, &rows.energies, sampled, target, count, random).map_err(failed)?
        }
        (_, Some(surface), Some(grid)) => {
            boltzmann_samples(grid, |x| surface.energy(x), sampled, target, count, random).map_err(failed)?
        }
        _ => return Err(Error::Failed("this landscape has no energies to draw samples from".to_owned())),
    };
    let points: Vec<Vec<f64>> = points.iter().map(|point| problem.scales.scaled(point)).collect();
    SampleSet::new(&points, Some(&weights), problem.periods())
        .map_err(|error| Error::failed("samples of the landscape", error))
}
