//! Samples of the reverse diffusion and of the probability-flow ODE against the data.
//!
//! Both flows start from data with the noise of the lowest logSNR, where next to nothing of them is left, and end at the highest;
//! there their samples are compared with independent data to which as much noise was added.

use geodyssey_denoiser::{PairSource, SampleSet, Targets};
use geodyssey_report::{HistogramDistance, Population, SamplingDiagnosis};
use geodyssey_spacetime::{
    ProbabilityFlowSettings, ReverseDiffusionSettings, SpacetimeError, Trajectory, probability_flow,
    reverse_diffusion,
};

use geodyssey_statistics::RandomStream;

use super::states::Regions;
use super::subject::Subject;
use crate::artifacts::landscape::PosteriorData;
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::variables::Variable;
use crate::stages::training::boltzmann_set;

/// Samples of each kind; a multiple of the lanes in which normal variates are drawn.
const SAMPLES: usize = 2000;
/// Noise levels at which the reverse diffusion is recorded.
pub(super) const LEVELS: usize = 12;
/// Steps of the reverse diffusion.
const STEPS: usize = 88;
/// Tolerances of the probability-flow ODE: far below the width of a bin.
const FLOW_TOLERANCE: f64 = 1e-3;
/// Bins along a variable: of all by itself, of each of two.
const BINS_OF_ONE: usize = 36;
const BINS_OF_TWO: usize = 18;
/// Populations may differ by this share of themselves, or of what is left to 1 …
const POPULATION_TOLERANCE: f64 = 0.25;
/// … or by so many standard errors.
const STANDARD_ERRORS: f64 = 3.0;

/// Samples of the denoiser and of the data, in the spacetime's units unless stated otherwise.
pub(super) struct ReverseSamples {
    /// Of the reverse diffusion, at all levels.
    pub(super) diffusion: Trajectory,
    /// Of the probability-flow ODE, at the last.
    pub(super) flow: Vec<Vec<f64>>,
    /// Data with the last level's noise: two independent sets.
    pub(super) exact: [Vec<Vec<f64>>; 2],
}

impl ReverseSamples {
    /// Draws all of them.
    pub(super) fn draw(subject: &Subject<'_>) -> Result<Self, Error> {
        let (low, high) = subject.log_snr_range();
        let seed = subject.run.problem.config.seed;
        let failed = |error: SpacetimeError| Error::computing("samples of the denoiser", error);
        let data = exact_data(subject)?;
        let start = noisy(subject, &data, "diagnose: start", low)?;
        let levels: Vec<f64> =
            (0..LEVELS).map(|k| low + (high - low) * k as f64 / (LEVELS - 1) as f64).collect();
        let settings = ReverseDiffusionSettings { steps: STEPS, seed };
        let diffusion = subject.checkpoints.once("diffusion", || {
            reverse_diffusion(subject.denoiser, &start, &levels, &settings).map_err(failed)
        })?;
        let settings = ProbabilityFlowSettings {
            absolute_tolerance: FLOW_TOLERANCE,
            relative_tolerance: FLOW_TOLERANCE,
            ..ProbabilityFlowSettings::default()
        };
        let flow = subject.checkpoints.once("flow", || {
            probability_flow(subject.denoiser, &start, &[low, high], &settings).map_err(failed)
        })?;
        let exact = [
            noisy(subject, &data, "diagnose: data", high)?,
            noisy(subject, &data, "diagnose: more data", high)?,
        ];
        Ok(Self { diffusion, flow: flow.last().to_vec(), exact })
    }

    /// The same in the variables' own units.
    pub(super) fn in_own_units(&self, problem: &Problem) -> Self {
        let own = |points: &[Vec<f64>]| points.iter().map(|point| problem.scales.own(point)).collect();
        Self {
            diffusion: Trajectory {
                log_snr: self.diffusion.log_snr.clone(),
                points: self.diffusion.points.iter().map(|points| own(points)).collect(),
            },
            flow: own(&self.flow),
            exact: self.exact.each_ref().map(|points| own(points)),
        }
    }

    /// Of the reverse diffusion, at the last level.
    pub(super) fn diffused(&self) -> &[Vec<f64>] {
        self.diffusion.last()
    }
}

/// Samples of the landscape's own density.
fn exact_data(subject: &Subject<'_>) -> Result<SampleSet, Error> {
    match &subject.landscape.data {
        PosteriorData::Samples(samples) => Ok(samples.clone()),
        // Many more than are drawn from them, so that two draws have hardly one in common.
        _ => boltzmann_set(subject.run.problem, subject.landscape, 1.0, 50 * SAMPLES, "diagnosis"),
    }
}

/// Data drawn by their weights, with the noise of one level; where the density is that of samples with kernels, with these too.
fn noisy(
    subject: &Subject<'_>,
    data: &SampleSet,
    purpose: &str,
    log_snr: f64,
) -> Result<Vec<Vec<f64>>, Error> {
    let source = PairSource {
        reference: subject.reference,
        samples: data,
        log_snr: (log_snr, log_snr),
        targets: Targets::Sample,
        seed: subject.run.problem.config.seed,
    };
    let pairs = source
        .draw(purpose, 0, SAMPLES, &[])
        .map_err(|error| Error::computing("samples of the data", error))?;
    let mut points: Vec<Vec<f64>> = pairs.points.into_iter().map(|point| point.y).collect();
    if let Some(bandwidths) = &subject.data.bandwidths {
        let random = RandomStream::new(subject.run.problem.config.seed, purpose).substream("kernels");
        let lanes: Vec<u32> = (0..SAMPLES as u32).collect();
        let mut normals = vec![0.0; bandwidths.len() * SAMPLES];
        random.fill_normals(0, &lanes, &mut normals);
        for (index, point) in points.iter_mut().enumerate() {
            for (axis, (x, bandwidth)) in point.iter_mut().zip(bandwidths).enumerate() {
                *x += bandwidth * normals[axis * SAMPLES + index];
            }
        }
    }
    Ok(points)
}

/// Distances of histograms and populations of the states; the samples are in the variables' own units.
pub(super) fn measure(subject: &Subject<'_>, drawn: &ReverseSamples) -> Result<SamplingDiagnosis, Error> {
    let problem = subject.run.problem;
    let dimension = problem.variables.len();
    let groups: Vec<Vec<usize>> = if dimension <= 2 {
        vec![(0..dimension).collect()]
    } else {
        (0..dimension).map(|axis| vec![axis]).collect()
    };
    let distances = groups.iter().map(|axes| {
        let bins = if axes.len() == 2 { BINS_OF_TWO } else { BINS_OF_ONE };
        let histogram = Histogram {
            axes: axes
                .iter()
                .map(|&axis| (axis, &problem.variables[axis], subject.landscape.ranges[axis]))
                .collect(),
            bins,
        };
        let exact = histogram.of(&drawn.exact[0]);
        let distance = |points: &[Vec<f64>]| total_variation(&exact, &histogram.of(points));
        HistogramDistance {
            variables: axes.iter().map(|&axis| problem.variables[axis].name.clone()).collect(),
            bins,
            reverse_diffusion: distance(drawn.diffused()),
            probability_flow: distance(&drawn.flow),
            yardstick: distance(&drawn.exact[1]),
        }
    });
    let regions = Regions::of(subject)?;
    let equal = vec![1.0 / SAMPLES as f64; SAMPLES];
    let [start, end] = [drawn.diffused(), &drawn.flow].map(|points| regions.shares(points, &equal));
    let (diffused, flowed) = (start?, end?);
    let both: Vec<Vec<f64>> = drawn.exact.iter().flatten().cloned().collect();
    let exact = regions.shares(&both, &vec![0.5 / SAMPLES as f64; 2 * SAMPLES])?;
    let population = |index: usize, state: &str| {
        let share: f64 = exact[index];
        let rest = share.min(1.0 - share).max(0.0);
        // Of the samples, and of the data that they are compared with.
        let error = (share * (1.0 - share) * 1.5 / SAMPLES as f64).sqrt().max(1.0 / SAMPLES as f64);
        Population {
            state: state.to_owned(),
            exact: share,
            reverse_diffusion: diffused[index],
            probability_flow: flowed[index],
            tolerance: (POPULATION_TOLERANCE * rest).max(STANDARD_ERRORS * error),
        }
    };
    Ok(SamplingDiagnosis {
        log_snr: subject.log_snr_range().1,
        samples: SAMPLES,
        distances: distances.collect(),
        states_by: regions.name().to_owned(),
        populations: [population(0, "start"), population(1, "end")],
    })
}

/// Equal bins over the ranges of some variables; what lies outside is counted in the outermost bins.
pub(super) struct Histogram<'v> {
    /// Index, variable and range.
    pub(super) axes: Vec<(usize, &'v Variable, (f64, f64))>,
    /// Bins along each.
    pub(super) bins: usize,
}

impl Histogram<'_> {
    /// Share of the points in each bin.
    pub(super) fn of(&self, points: &[Vec<f64>]) -> Vec<f64> {
        let mut shares = vec![0.0; self.bins.pow(self.axes.len() as u32)];
        for point in points {
            let bin = self.axes.iter().fold(0, |index, (axis, variable, range)| {
                index * self.bins + self.bin(point[*axis], variable, *range)
            });
            shares[bin] += 1.0 / points.len() as f64;
        }
        shares
    }

    fn bin(&self, x: f64, variable: &Variable, (low, high): (f64, f64)) -> usize {
        let share = match variable.period {
            Some(period) => ((x - low) / period).rem_euclid(1.0),
            None => ((x - low) / (high - low)).clamp(0.0, 1.0),
        };
        ((share * self.bins as f64) as usize).min(self.bins - 1)
    }
}

/// `½ Σ |p - q|`.
fn total_variation(first: &[f64], second: &[f64]) -> f64 {
    0.5 * first.iter().zip(second).map(|(p, q)| (p - q).abs()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use geodyssey_molecule::variables::COORDINATE;

    use super::*;

    #[test]
    fn histograms_close_periods_and_gather_what_lies_outside() {
        let variable = |period| Variable { name: "x".to_owned(), quantity: &COORDINATE, period, range: None };
        let (ring, segment) = (variable(Some(4.0)), variable(None));
        let histogram = |variable| Histogram { axes: vec![(0, variable, (-2.0, 2.0))], bins: 4 };
        let points: Vec<Vec<f64>> = [-1.5, 2.5, 0.5, 9.0].iter().map(|x| vec![*x]).collect();
        assert_eq!(histogram(&ring).of(&points), [0.5, 0.0, 0.25, 0.25].map(|share: f64| share));
        assert_eq!(histogram(&segment).of(&points), [0.25, 0.0, 0.25, 0.5]);
        assert_eq!(total_variation(&[1.0, 0.0], &[0.25, 0.75]), 0.75);
    }
}
