//! A coarse exact denoiser that a learned one starts from.

use nalgebra::{DMatrix, DVector};
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use serde::{Deserialize, Serialize};

use crate::random::stream;
use crate::{
    Covariance, Denoiser as _, DenoiserError, MixtureComponent, MixtureDenoiser, PosteriorMoments, SampleSet,
    SpacetimePoint,
};

/// Most samples that the clusters are placed with.
const MOST_SAMPLES: usize = 20_000;
/// Rounds of Lloyd's algorithm.
const ROUNDS: usize = 20;
/// Least standard deviation of a cluster, as a share of the variable's own.
const LEAST_SPREAD: f64 = 0.01;

/// A mixture of a few Gaussians, one for each cluster of the samples.
///
/// The clusters are Lloyd's (*IEEE Trans. Inf. Theory* 28, 129, 1982) and count every sample alike, so that they lie
/// where the samples lie; weight, mean and variance of each are taken with the samples' weights, so that the mixture
/// has the total mass, mean and variances of the density. Where the noise is wider than the clusters its posterior is
/// nearly the right one, however far the posterior is narrower than the noise.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Record", into = "Record")]
pub struct ClusterMixture {
    record: Record,
    mixture: MixtureDenoiser,
}

/// One Gaussian.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Cluster {
    weight: f64,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    periods: Vec<Option<f64>>,
    clusters: Vec<Cluster>,
}

impl TryFrom<Record> for ClusterMixture {
    type Error = DenoiserError;

    fn try_from(record: Record) -> Result<Self, DenoiserError> {
        let components = record.clusters.iter().map(|cluster| MixtureComponent {
            weight: cluster.weight,
            mean: cluster.mean.clone(),
            covariance: Covariance::Diagonal(cluster.variance.clone()),
        });
        let mixture = MixtureDenoiser::new(components.collect(), record.periods.clone())?;
        Ok(Self { record, mixture })
    }
}

impl From<ClusterMixture> for Record {
    fn from(mixture: ClusterMixture) -> Self {
        mixture.record
    }
}

impl PartialEq for ClusterMixture {
    fn eq(&self, other: &Self) -> bool {
        self.record == other.record
    }
}

impl ClusterMixture {
    /// Up to `clusters` Gaussians of some samples; fewer where there are fewer than four samples for each.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if no cluster is asked for.
    pub fn fit(samples: &SampleSet, clusters: usize, seed: u64) -> Result<Self, DenoiserError> {
        if clusters == 0 {
            return Err(DenoiserError::Data("a baseline needs at least one cluster".into()));
        }
        let mut random = stream(seed, "baseline", 0);
        let mut chosen: Vec<usize> = (0..samples.len()).collect();
        chosen.shuffle(&mut random);
        chosen.truncate(MOST_SAMPLES);
        let count = clusters.min(chosen.len() / 4).max(1);
        let mut centres: Vec<Vec<f64>> = (0..count)
            .map(|_| samples.point(chosen[random.random_range(0..chosen.len())]).to_vec())
            .collect();
        let scale = spreads(samples);
        for _ in 0..ROUNDS {
            let mut sums = vec![(0usize, vec![0.0; samples.dimension()]); count];
            for &index in &chosen {
                let point = samples.point(index);
                let nearest = nearest(&centres, point, samples.periods(), &scale);
                sums[nearest].0 += 1;
                let offsets = offsets(point, &centres[nearest], samples.periods());
                sums[nearest].1.iter_mut().zip(offsets).for_each(|(sum, offset)| *sum += offset);
            }
            for (centre, (members, sum)) in centres.iter_mut().zip(sums) {
                centre.iter_mut().zip(sum).for_each(|(x, sum)| *x += sum / members.max(1) as f64);
            }
        }
        let mut moments = vec![(0.0, vec![0.0; samples.dimension()], vec![0.0; samples.dimension()]); count];
        for index in 0..samples.len() {
            let (point, weight) = (samples.point(index), samples.weights()[index]);
            let nearest = nearest(&centres, point, samples.periods(), &scale);
            let (mass, first, second) = &mut moments[nearest];
            *mass += weight;
            for (axis, offset) in offsets(point, &centres[nearest], samples.periods()).enumerate() {
                first[axis] += weight * offset;
                second[axis] += weight * offset * offset;
            }
        }
        let clusters = centres
            .into_iter()
            .zip(moments)
            .filter(|(_, (mass, _, _))| *mass > 0.0)
            .map(|(centre, (mass, first, second))| {
                let shift: Vec<f64> = first.iter().map(|sum| sum / mass).collect();
                let spread = second.iter().zip(&shift).zip(&scale);
                Cluster {
                    weight: mass,
                    variance: spread
                        .map(|((sum, shift), scale)| {
                            (sum / mass - shift * shift).max((LEAST_SPREAD * scale).powi(2))
                        })
                        .collect(),
                    mean: centre.iter().zip(&shift).map(|(x, shift)| x + shift).collect(),
                }
            })
            .collect();
        Self::try_from(Record { periods: samples.periods().to_vec(), clusters })
    }

    /// The exact denoiser of the mixture.
    #[must_use]
    pub fn mixture(&self) -> &MixtureDenoiser {
        &self.mixture
    }

    /// `D` of the mixture, and its `E|x - y|²`, at each point.
    ///
    /// # Errors
    /// As [`crate::Denoiser::expectation_parameters`].
    pub fn answers(&self, points: &[SpacetimePoint]) -> Result<Vec<(Vec<f64>, f64)>, DenoiserError> {
        let answers = self.mixture.expectation_parameters(points)?;
        Ok(answers.iter().zip(points).map(|(mu, point)| mean_and_square(mu, point)).collect())
    }

    /// Moments of the mixture, the metric left at zero if it is not requested.
    pub(crate) fn moments(
        &self,
        points: &[SpacetimePoint],
        with_metric: bool,
    ) -> Result<Vec<PosteriorMoments>, DenoiserError> {
        if with_metric {
            return self.mixture.moments(points);
        }
        let size = self.record.periods.len() + 1;
        let answers = self.mixture.expectation_parameters(points)?.into_iter();
        let moments = answers.map(|expectation_parameter| PosteriorMoments {
            expectation_parameter,
            metric: DMatrix::zeros(size, size),
            log_normaliser: None,
        });
        Ok(moments.collect())
    }
}

/// `D` and `E|x - y|² = E|x|² - 2 y·D + |y|²`.
fn mean_and_square(mu: &DVector<f64>, point: &SpacetimePoint) -> (Vec<f64>, f64) {
    let dimension = point.y.len();
    let mean = mu.as_slice()[..dimension].to_vec();
    // The variance first, so that nothing large cancels twice.
    let variance = mu[dimension] - mean.iter().map(|x| x * x).sum::<f64>();
    let square = variance + mean.iter().zip(&point.y).map(|(mean, y)| (mean - y).powi(2)).sum::<f64>();
    (mean, square)
}

/// Standard deviation of each variable among the samples, every one counted alike; an even spread over the circle at most.
fn spreads(samples: &SampleSet) -> Vec<f64> {
    let count = samples.len() as f64;
    (0..samples.dimension())
        .map(|axis| {
            let values = || (0..samples.len()).map(move |index| samples.point(index)[axis]);
            let mean = values().sum::<f64>() / count;
            let spread = (values().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt();
            let widest = samples.periods()[axis].map_or(f64::INFINITY, |period| period / 12f64.sqrt());
            if spread > 0.0 { spread.min(widest) } else { 1.0 }
        })
        .collect()
}

/// `point - centre`, the shortest way round.
fn offsets<'p>(
    point: &'p [f64],
    centre: &'p [f64],
    periods: &'p [Option<f64>],
) -> impl Iterator<Item = f64> + 'p {
    point.iter().zip(centre).zip(periods).map(|((x, centre), period)| {
        let offset = x - centre;
        period.map_or(offset, |period| offset - period * (offset / period).round())
    })
}

fn nearest(centres: &[Vec<f64>], point: &[f64], periods: &[Option<f64>], scale: &[f64]) -> usize {
    let distance = |centre: &Vec<f64>| -> f64 {
        offsets(point, centre, periods).zip(scale).map(|(offset, scale)| (offset / scale).powi(2)).sum()
    };
    let distances = centres.iter().map(distance).enumerate();
    distances.fold((0, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best }).0
}
