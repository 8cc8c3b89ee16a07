//! The bandwidth of a kernel density by the likelihood of samples that were held out.

use rand::RngExt as _;

use crate::random::stream;
use crate::{DenoiserError, KernelDenoiser, SampleSet};

/// The search starts at this factor and halves it.
const LARGEST_FACTOR: f64 = 2.0;
/// Below this factor the samples are taken to repeat themselves.
const LEAST_FACTOR: f64 = 1e-4;
/// The search stops when this many halvings in a row were worse than the best.
const WORSE_STEPS: usize = 2;
/// The best factor is known to this ratio at the end.
const PRECISION: f64 = 1.03;

/// Which samples are held out together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldOut {
    /// Any, at random: for independent samples.
    #[default]
    Random,
    /// Whole stretches out of this many equal ones, at random: for samples of a trajectory in the order of time. Neighbours in time
    /// lie so close together that single held-out ones would call for a bandwidth as small as their distance; a stretch must be longer
    /// than the time in which the trajectory forgets.
    Blocks(usize),
}

/// How [`held_out_bandwidth`] goes about it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BandwidthSettings {
    /// Which samples are held out together.
    pub hold_out: HoldOut,
    /// Parts of the set; each is held out once and judged by the kernels of the others.
    pub folds: usize,
    /// Most samples whose likelihood is taken, all parts together; of more, this many are drawn in proportion to their weights.
    pub most_held_out: usize,
    /// Most samples that carry kernels; of more, this many are drawn uniformly and keep their weights.
    pub most_kernels: usize,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Default for BandwidthSettings {
    fn default() -> Self {
        Self { hold_out: HoldOut::Random, folds: 5, most_held_out: 5000, most_kernels: 50_000, seed: 1 }
    }
}

/// What [`held_out_bandwidth`] finds.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Bandwidths {
    /// `h` of each variable, in its unit.
    pub per_variable: Vec<f64>,
    /// `h` over the variables' spreads.
    pub factor: f64,
    /// Weighted mean of the log density of the held-out samples, at this bandwidth.
    pub held_out_log_likelihood: f64,
    /// Every factor that was tried and its held-out log likelihood, in order of the factor.
    pub tried: Vec<(f64, f64)>,
    /// Samples that carried kernels for each held-out part, at least.
    pub kernels: usize,
    /// Samples whose likelihood was taken.
    pub held_out: usize,
}

/// Bandwidths `h_a = f σ_a` of a kernel density with the factor `f` that makes held-out samples most likely (maximum-likelihood
/// cross-validation; R. P. W. Duin, *IEEE Trans. Comput.* C-25, 1175, 1976).
///
/// `σ_a` is the standard deviation; of a periodic variable the circular one, `P/2π sqrt(-2 ln |E e^{2πi x/P}|)` (K. V. Mardia, P. E.
/// Jupp, *Directional Statistics*, 2000, Eq. 2.3.14), and at most that of the uniform density, `P/sqrt(12)`. The factor is halved from 2
/// until the likelihood has fallen twice, then found by golden section.
///
/// The bandwidth belongs to the number of samples that carried kernels, `n = `[`Bandwidths::kernels`]. The best one goes with
/// `n^{-1/(d + 4)}`, so for all `N` samples together it is a little too large, by `(N/n)^{1/(d + 4)}`; nothing is corrected for that.
///
/// # Errors
/// [`DenoiserError::Data`] if the set cannot be split as requested, a part has no weight, a variable does not vary, or the likelihood
/// rises down to the smallest factor (samples repeat themselves: see [`HoldOut::Blocks`]).
pub fn held_out_bandwidth(
    samples: &SampleSet,
    settings: &BandwidthSettings,
) -> Result<Bandwidths, DenoiserError> {
    let spreads: Vec<f64> = (0..samples.dimension()).map(|axis| spread(samples, axis)).collect();
    let varies =
        |axis: usize| (1..samples.len()).any(|index| samples.point(index)[axis] != samples.point(0)[axis]);
    if let Some(axis) = (0..samples.dimension()).find(|&axis| !varies(axis)) {
        return Err(DenoiserError::Data(format!("variable {axis} does not vary: it has no bandwidth")));
    }
    let part_of = parts(samples.len(), settings)?;
    let folds: Vec<Fold> = (0..settings.folds)
        .map(|fold| Fold::new(samples, &part_of, fold, settings))
        .collect::<Result<_, _>>()?;

    let weight: f64 = folds.iter().map(|fold| fold.weight).sum();
    let likelihood = |log_factor: f64| -> Result<f64, DenoiserError> {
        let bandwidths: Vec<f64> = spreads.iter().map(|spread| log_factor.exp() * spread).collect();
        let mut sum = 0.0;
        for fold in &folds {
            sum += fold.weight / weight * fold.log_likelihood(&bandwidths)?;
        }
        Ok(sum)
    };
    let tried = search(likelihood)?;
    let (factor, held_out_log_likelihood) = tried
        .iter()
        .copied()
        .fold((0.0, f64::NEG_INFINITY), |best, tried| if tried.1 > best.1 { tried } else { best });
    Ok(Bandwidths {
        per_variable: spreads.iter().map(|spread| factor * spread).collect(),
        factor,
        held_out_log_likelihood,
        tried,
        kernels: folds.iter().map(|fold| fold.kernels).min().unwrap_or(0),
        held_out: folds.iter().map(|fold| fold.positions.len()).sum(),
    })
}

/// Factors and their likelihoods, in order of the factor.
fn search(likelihood: impl Fn(f64) -> Result<f64, DenoiserError>) -> Result<Vec<(f64, f64)>, DenoiserError> {
    let step = std::f64::consts::LN_2;
    let mut tried: Vec<(f64, f64)> = Vec::new();
    let mut best = (LARGEST_FACTOR.ln(), f64::NEG_INFINITY);
    let mut worse = 0;
    let mut log_factor = LARGEST_FACTOR.ln();
    while worse < WORSE_STEPS {
        if log_factor < LEAST_FACTOR.ln() {
            return Err(DenoiserError::Data(format!(
                "the likelihood of held-out samples keeps rising down to a bandwidth of {LEAST_FACTOR} spreads: the samples contain \
                 repeats; hold out stretches of the trajectory, or give a bandwidth"
            )));
        }
        let found = likelihood(log_factor)?;
        tried.push((log_factor, found));
        if found > best.1 {
            (best, worse) = ((log_factor, found), 0);
        } else {
            worse += 1;
        }
        log_factor -= step;
    }
    // Golden section within one halving on either side of the best.
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut low, mut high) = (best.0 - step, best.0 + step);
    let probe = |at: f64, tried: &mut Vec<(f64, f64)>| -> Result<f64, DenoiserError> {
        let found = likelihood(at)?;
        tried.push((at, found));
        Ok(found)
    };
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (probe(left, &mut tried)?, probe(right, &mut tried)?);
    while high - low > 2.0 * PRECISION.ln() {
        if at_left > at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = probe(left, &mut tried)?;
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = probe(right, &mut tried)?;
        }
    }
    tried.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(tried.into_iter().map(|(log_factor, found)| (log_factor.exp(), found)).collect())
}

/// `σ` of one variable by the weights.
fn spread(samples: &SampleSet, axis: usize) -> f64 {
    let mean = |value: &dyn Fn(f64) -> f64| -> f64 {
        samples.weights().iter().enumerate().map(|(index, w)| w * value(samples.point(index)[axis])).sum()
    };
    match samples.periods()[axis] {
        Some(period) => {
            let frequency = std::f64::consts::TAU / period;
            let length = mean(&|x| (frequency * x).cos()).hypot(mean(&|x| (frequency * x).sin())).min(1.0);
            ((-2.0 * length.ln()).sqrt() / frequency).min(period / 12.0_f64.sqrt())
        }
        None => {
            let centre = mean(&|x| x);
            mean(&|x| (x - centre).powi(2)).sqrt()
        }
    }
}

/// The part of each sample.
fn parts(count: usize, settings: &BandwidthSettings) -> Result<Vec<usize>, DenoiserError> {
    let stretches = match settings.hold_out {
        HoldOut::Random => count,
        HoldOut::Blocks(stretches) => stretches,
    };
    if settings.folds < 2 || stretches < settings.folds || count < stretches {
        let folds = settings.folds;
        let message = format!("{count} samples in {stretches} stretches cannot be split into {folds} parts");
        return Err(DenoiserError::Data(message));
    }
    let mut order: Vec<usize> = (0..stretches).collect();
    draw_first(&mut order, stretches, settings.seed, 0);
    let mut part_of_stretch = vec![0; stretches];
    order.iter().enumerate().for_each(|(place, &stretch)| part_of_stretch[stretch] = place % settings.folds);
    Ok((0..count).map(|index| part_of_stretch[index * stretches / count]).collect())
}

/// Brings `count` entries, drawn at random, to the front.
fn draw_first(entries: &mut [usize], count: usize, seed: u64, index: u64) {
    let mut random = stream(seed, "bandwidth", index);
    for place in 0..count.min(entries.len()) {
        let other = random.random_range(place..entries.len());
        entries.swap(place, other);
    }
}

/// One part of the samples, held out, and the kernels of the others.
struct Fold {
    others: KernelDenoiser,
    /// Number of kernels.
    kernels: usize,
    /// Weight of the part in the whole set.
    weight: f64,
    positions: Vec<Vec<f64>>,
    /// Weights of the positions; their sum is 1.
    weights: Vec<f64>,
}

impl Fold {
    fn new(
        samples: &SampleSet,
        part_of: &[usize],
        fold: usize,
        settings: &BandwidthSettings,
    ) -> Result<Self, DenoiserError> {
        let (held_out, mut kept): (Vec<usize>, Vec<usize>) =
            (0..samples.len()).partition(|&index| part_of[index] == fold);
        if kept.len() > settings.most_kernels {
            draw_first(&mut kept, settings.most_kernels, settings.seed, 1 + fold as u64);
            kept.truncate(settings.most_kernels);
        }
        let weight = held_out.iter().map(|&index| samples.weights()[index]).sum();
        let part = samples.subset(&held_out)?;
        let offset: f64 = stream(settings.seed, "held out", fold as u64).random();
        let (positions, weights) =
            held_out_points(&part, settings.most_held_out.div_ceil(settings.folds), offset);
        let others = KernelDenoiser::new(samples.subset(&kept)?, vec![0.0; samples.dimension()])?;
        Ok(Self { others, kernels: kept.len(), weight, positions, weights })
    }

    fn log_likelihood(&self, bandwidths: &[f64]) -> Result<f64, DenoiserError> {
        let log_densities =
            self.others.with_bandwidths(bandwidths.to_vec())?.log_densities(&self.positions)?;
        Ok(log_densities.iter().zip(&self.weights).map(|(log_density, weight)| log_density * weight).sum())
    }
}

/// All samples with their weights or, if they are more than `most`, that many drawn in proportion to them (systematic resampling
/// with one random offset in [0, 1)).
fn held_out_points(samples: &SampleSet, most: usize, offset: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
    let weights = samples.weights();
    if samples.len() <= most {
        let positions = (0..samples.len()).map(|index| samples.point(index).to_vec()).collect();
        return (positions, weights.to_vec());
    }
    let mut positions = Vec::with_capacity(most);
    let mut sum = 0.0;
    for (index, weight) in weights.iter().enumerate() {
        sum += weight;
        while positions.len() < most && positions.len() as f64 + offset < sum * most as f64 {
            positions.push(samples.point(index).to_vec());
        }
    }
    let weights = vec![1.0 / positions.len() as f64; positions.len()];
    (positions, weights)
}
