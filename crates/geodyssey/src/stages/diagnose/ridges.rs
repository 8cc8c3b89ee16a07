//! Normal and tangential parts of the denoiser's error against the ridges of the data's smoothed density, along reverse-time
//! sampling (arXiv 2602.06021).

use geodyssey_denoiser::{
    DenoiserError, KernelDenoiser, RidgeAnalysis, RidgeOffsets, RidgeSettings, SpacetimePoint,
};
use geodyssey_report::{RidgeDiagnosis, RidgeLevel};
use geodyssey_run::interrupt;

use super::quantiles::quantile;
use super::samples::ReverseSamples;
use super::subject::Subject;
use crate::artifacts::landscape::PosteriorData;
use crate::error::Error;
use crate::stages::kernel_denoiser::kernel_denoiser;
use crate::stages::training::boltzmann_set;

/// Dimension of the ridges: curves, as transition channels are.
const DIMENSION: usize = 1;
/// Data points that the density is smoothed from, where the landscape is known as an energy.
const DATA_POINTS: usize = 10_000;
/// Samples of the reverse diffusion that are used.
const SAMPLES: usize = 200;
/// Samples from which the ridge is sought, for the picture.
const STARTS: usize = 200;
/// Precision of the ridge in the picture, in units of the noise, and most mean shifts.
const TOLERANCE: f64 = 1e-3;
const MOST_SHIFTS: usize = 100;
/// Points between two looks at Ctrl-C: each costs a sum over all samples, or a hundred.
const POINTS_PER_QUESTION: usize = 20;
/// Where the eigengap is less, no direction is the ridge's own.
const LEAST_EIGENGAP: f64 = 1e-2;

/// The density of the data, smoothed from a finite set.
pub(super) fn empirical(subject: &Subject<'_>) -> Result<KernelDenoiser, Error> {
    let problem = subject.run.problem;
    if let PosteriorData::Samples(samples) = &subject.landscape.data {
        return kernel_denoiser(problem, samples, &problem.config.denoiser.bandwidth());
    }
    let samples = boltzmann_set(problem, subject.landscape, 1.0, DATA_POINTS, "ridges")?;
    KernelDenoiser::new(samples, vec![0.0; problem.variables.len()]).map_err(failed)
}

/// Medians at every level; none for a single variable, which has no normal space.
pub(super) fn measure(
    subject: &Subject<'_>,
    reverse: &ReverseSamples,
) -> Result<Option<RidgeDiagnosis>, Error> {
    if subject.run.problem.variables.len() <= DIMENSION {
        return Ok(None);
    }
    let empirical = empirical(subject)?;
    let analysis = analysis(&empirical)?;
    let mut levels = Vec::new();
    for (&log_snr, particles) in reverse.diffusion.log_snr.iter().zip(&reverse.diffusion.points) {
        let points: Vec<SpacetimePoint> =
            particles.iter().take(SAMPLES).map(|y| SpacetimePoint { log_snr, y: y.clone() }).collect();
        let mut offsets = Vec::with_capacity(points.len());
        for points in points.chunks(POINTS_PER_QUESTION) {
            interrupt::check()?;
            offsets.extend(analysis.offsets(subject.denoiser, points).map_err(failed)?);
        }
        levels.extend(level(log_snr, &offsets));
    }
    let samples = match &subject.landscape.data {
        PosteriorData::Samples(samples) => samples.len(),
        _ => DATA_POINTS,
    };
    Ok(Some(RidgeDiagnosis { dimension: DIMENSION, samples, levels }))
}

fn analysis(empirical: &KernelDenoiser) -> Result<RidgeAnalysis<'_>, Error> {
    let settings = RidgeSettings {
        dimension: DIMENSION,
        tolerance: TOLERANCE,
        most_shifts: MOST_SHIFTS,
        ..RidgeSettings::default()
    };
    RidgeAnalysis::new(empirical, settings).map_err(failed)
}

fn level(log_snr: f64, offsets: &[RidgeOffsets]) -> Option<RidgeLevel> {
    let median =
        |value: fn(&RidgeOffsets) -> f64| quantile(&offsets.iter().map(value).collect::<Vec<f64>>(), 0.5);
    let curved = offsets.iter().filter(|offset| offset.is_curved).count();
    let effective_samples = median(|offset| offset.effective_samples)?;
    let eigengap = median(|offset| offset.eigengap)?;
    Some(RidgeLevel {
        log_snr,
        normal_offset: median(|offset| offset.normal_offset)?,
        normal_error: median(|offset| offset.normal_error)?,
        tangential_error: median(|offset| offset.tangential_error)?,
        eigengap,
        curved_share: curved as f64 / offsets.len() as f64,
        effective_samples,
        trusted: effective_samples > DIMENSION as f64 && eigengap > LEAST_EIGENGAP,
    })
}

/// Points of the ridge at one level of the reverse diffusion, for the picture; particles and points are in the variables' own
/// units.
pub(super) fn trace(
    subject: &Subject<'_>,
    empirical: &KernelDenoiser,
    log_snr: f64,
    particles: &[Vec<f64>],
) -> Result<Vec<Vec<f64>>, Error> {
    let scales = &subject.run.problem.scales;
    let starts: Vec<Vec<f64>> = particles.iter().take(STARTS).map(|x| scales.scaled(x)).collect();
    let analysis = analysis(empirical)?;
    let mut points = Vec::new();
    for starts in starts.chunks(POINTS_PER_QUESTION) {
        interrupt::check()?;
        points.extend(analysis.trace(log_snr, starts).map_err(failed)?);
    }
    Ok(points.iter().map(|x| scales.own(x)).collect())
}

fn failed(error: DenoiserError) -> Error {
    Error::computing("the ridges of the data", error)
}
