//! The posterior over samples at one point: probabilities and mean in one pass over the blocks that matter, cumulants in a
//! second.

use nalgebra::DVector;

use super::blocks::SampleBlocks;
use super::folding::{AxisFold, AxisPosterior};
use crate::cumulants::Cumulants;
use crate::samples::lanes::{BLOCK, Block, VectorTask, dot, exponential, largest, nearest_image, sum};

/// Exponents are moved to a new reference when they exceed the old one by this much, far from overflow.
const RESCALE: f64 = 300.0;

/// Room for one point's work, kept between points.
#[derive(Default)]
pub(super) struct Scratch {
    /// Upper bound of each block's log evidence per sample.
    bounds: Vec<f64>,
    /// Blocks that were looked at, with the largest log evidence (by nearest images) in each.
    visited: Vec<(usize, f64)>,
    /// Evidence of each sample of a visited block, relative to the reference.
    evidences: Vec<Block>,
    axes: Vec<AxisPosterior>,
    /// Second pass: offset from the mean, covariance with `r` and contracted vector, per variable and for `r`.
    offsets: Vec<Block>,
    mixed: Vec<Block>,
    contracted: Vec<Block>,
}

/// What the first pass finds.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    /// `log Σ_i w_i …`, without the folds' volumes.
    pub(super) log_sum: f64,
    /// Reference of the evidences in the scratch, and their sum.
    reference: f64,
    total: f64,
    /// `Σ γ²` over the samples' posterior probabilities `γ`.
    pub(super) concentration: f64,
    /// Posterior mean relative to `y`.
    pub(super) centre: Vec<f64>,
    /// `E|x - D|²`.
    pub(super) spread: f64,
}

/// One point's view of the samples.
pub(super) struct Sweep<'a> {
    pub(super) samples: &'a SampleBlocks,
    pub(super) folds: &'a [AxisFold],
    /// Samples with less than `exp(-neglected)` of the evidence are left out.
    pub(super) neglected: f64,
}

impl Sweep<'_> {
    fn log_largest_factor(&self) -> f64 {
        self.folds.iter().map(AxisFold::log_largest_factor).sum()
    }

    /// Upper bound of the log evidence in each block by its box and its nearest image.
    #[inline(always)]
    fn bound_blocks(&self, bounds: &mut Vec<f64>) {
        bounds.clone_from(&self.samples.largest_log_weight);
        for (fold, boxes) in self.folds.iter().zip(&self.samples.boxes) {
            let AxisFold::Images(images) = fold else { continue };
            for (bound, &(centre, half_width)) in bounds.iter_mut().zip(boxes) {
                let gap =
                    nearest_image(centre - images.y, images.period, images.inverse_period).abs() - half_width;
                let gap = if gap > 0.0 { gap } else { 0.0 };
                *bound -= images.half_precision * gap * gap;
            }
        }
    }

    /// Log evidences by nearest images of one block into `energy`, displacements into `axes`. Gives the largest energy.
    #[inline(always)]
    fn displace_block(&self, block: usize, energy: &mut Block, axes: &mut [AxisPosterior]) -> f64 {
        let coordinates = &self.samples.coordinates[block * self.samples.dimension..];
        *energy = self.samples.log_weights[block];
        for ((fold, x), posterior) in self.folds.iter().zip(coordinates).zip(axes) {
            fold.displace(x, energy, posterior);
        }
        largest(energy)
    }

    /// After [`Sweep::displace_block`]: posteriors of the variables into `axes`, and into `factor` what the images beyond the nearest
    /// multiply the evidence with. They are left out where they stay `margin` below the block's largest evidence.
    #[inline(always)]
    fn fold_block<const ORDERS: usize>(
        &self,
        block: usize,
        margin: f64,
        factor: &mut Block,
        axes: &mut [AxisPosterior],
    ) {
        let circle = &self.samples.circle[block * self.samples.dimension..];
        *factor = [1.0; BLOCK];
        for ((fold, circle), posterior) in self.folds.iter().zip(circle).zip(axes) {
            fold.fold::<ORDERS>(circle, margin, factor, posterior);
        }
    }
}

/// First pass.
pub(super) struct Weigh<'a> {
    pub(super) sweep: &'a Sweep<'a>,
    pub(super) scratch: &'a mut Scratch,
}

impl VectorTask for Weigh<'_> {
    /// `None` where no evidence can be represented.
    type Output = Option<Evidence>;

    #[inline(always)]
    fn run(self) -> Option<Evidence> {
        let Self { sweep, scratch } = self;
        let dimension = sweep.folds.len();
        scratch.axes.resize_with(dimension, AxisPosterior::zeros);
        scratch.visited.clear();
        scratch.evidences.clear();
        sweep.bound_blocks(&mut scratch.bounds);
        let slack = sweep.log_largest_factor();
        let best = (0..scratch.bounds.len())
            .max_by(|&a, &b| scratch.bounds[a].total_cmp(&scratch.bounds[b]).then(b.cmp(&a)))?;

        let (mut reference, mut total, mut squares, mut second) = (f64::NEG_INFINITY, 0.0, 0.0, 0.0);
        let mut threshold = f64::NEG_INFINITY;
        let (mut shift, mut first) = (vec![0.0; dimension], vec![0.0; dimension]);
        let (mut energy, mut factor) = ([0.0; BLOCK], [0.0; BLOCK]);
        let others = (0..scratch.bounds.len()).filter(|&block| block != best);
        for block in std::iter::once(best).chain(others) {
            if scratch.bounds[block] + slack < threshold {
                continue;
            }
            let axes = &mut scratch.axes[..];
            let highest = sweep.displace_block(block, &mut energy, axes);
            if !highest.is_finite() || highest + slack < threshold {
                continue;
            }
            sweep.fold_block::<2>(block, highest + slack - threshold, &mut factor, axes);
            if highest - reference > RESCALE {
                let scale = (reference - highest).exp();
                total *= scale;
                second *= scale;
                squares *= scale * scale;
                first.iter_mut().for_each(|first| *first *= scale);
                scratch.evidences.iter_mut().flatten().for_each(|evidence| *evidence *= scale);
                reference = highest;
            }
            for (energy, factor) in energy.iter_mut().zip(&factor) {
                *energy = exponential(*energy - reference) * factor;
            }
            let evidence = &energy;
            let block_total = sum(evidence);
            if total == 0.0 {
                // About the first block's mean nothing large cancels later.
                for (shift, axis) in shift.iter_mut().zip(axes.iter()) {
                    *shift = dot(evidence, &axis.mean) / block_total;
                }
            }
            for ((axis, first), shift) in axes.iter().zip(&mut first).zip(&shift) {
                *first += dot(evidence, &axis.mean) - shift * block_total;
                second += axis.second_moment(evidence, *shift);
            }
            total += block_total;
            squares += dot(evidence, evidence);
            scratch.visited.push((block, highest));
            scratch.evidences.push(*evidence);
            threshold = reference + total.ln() - sweep.neglected;
        }
        if !(total > 0.0 && total.is_finite() && second.is_finite()) {
            return None;
        }
        let first: Vec<f64> = first.iter().map(|first| first / total).collect();
        Some(Evidence {
            log_sum: reference + total.ln(),
            reference,
            total,
            concentration: squares / (total * total),
            spread: (second / total - first.iter().map(|first| first * first).sum::<f64>()).max(0.0),
            centre: shift.iter().zip(&first).map(|(shift, first)| shift + first).collect(),
        })
    }
}

/// Second pass: cumulants of `z = (u, r)`, `u = x - D`, `r = |u|²`, and with a direction the third cumulant contracted with it.
/// `ORDERS` is 4 without a direction and 6 with one.
pub(super) struct Cumulate<'a, const ORDERS: usize> {
    pub(super) sweep: &'a Sweep<'a>,
    pub(super) evidence: &'a Evidence,
    pub(super) direction: Option<&'a DVector<f64>>,
    pub(super) scratch: &'a mut Scratch,
}

impl<const ORDERS: usize> VectorTask for Cumulate<'_, ORDERS> {
    type Output = Cumulants;

    #[inline(always)]
    fn run(self) -> Cumulants {
        let Self { sweep, evidence, direction, scratch } = self;
        let last = sweep.folds.len();
        let zero = [0.0; BLOCK];
        scratch.offsets.resize(last + 1, zero);
        scratch.mixed.resize(last, zero);
        scratch.contracted.resize(last + 1, zero);
        let mut result = Cumulants::zeros(last + 1, direction.is_some());
        result.mean[last] = evidence.spread;
        let slack = sweep.log_largest_factor();
        let threshold = evidence.reference + evidence.total.ln() - sweep.neglected - slack;
        let (mut energy, mut factor) = (zero, zero);
        for (&(block, highest), probability) in scratch.visited.iter().zip(&scratch.evidences) {
            if highest < threshold {
                continue;
            }
            sweep.displace_block(block, &mut energy, &mut scratch.axes);
            sweep.fold_block::<ORDERS>(block, highest - threshold, &mut factor, &mut scratch.axes);
            let probability = probability.map(|evidence_of_sample| evidence_of_sample / evidence.total);
            let mut parts = BlockParts {
                probability: &probability,
                axes: &scratch.axes,
                offsets: &mut scratch.offsets,
                mixed: &mut scratch.mixed,
                corner: zero,
            };
            parts.set(&evidence.centre, evidence.spread);
            parts.add_covariance(&mut result);
            if let Some(direction) = direction {
                parts.add_third(direction, &mut scratch.contracted, &mut result);
            }
        }
        symmetrise(&mut result);
        result
    }
}

/// Every sample's posterior as a part of the whole: its offset `(m - D, r - E r)` and its own covariance, which is diagonal but
/// for the last row.
struct BlockParts<'a> {
    probability: &'a Block,
    axes: &'a [AxisPosterior],
    offsets: &'a mut [Block],
    /// `Cov(u_a, r)` within the part.
    mixed: &'a mut [Block],
    /// `Var(r)` within the part.
    corner: Block,
}

impl BlockParts<'_> {
    #[inline(always)]
    fn set(&mut self, centre: &[f64], spread: f64) {
        let mut radial = [-spread; BLOCK];
        let mut corner = [0.0; BLOCK];
        for (axis, &centre) in centre.iter().enumerate() {
            let AxisPosterior { mean, central: [c2, c3, c4, ..] } = &self.axes[axis];
            let (offsets, mixed) = (&mut self.offsets[axis], &mut self.mixed[axis]);
            for lane in 0..BLOCK {
                let (offset, v) = (mean[lane] - centre, c2[lane]);
                offsets[lane] = offset;
                mixed[lane] = c3[lane] + 2.0 * offset * v;
                radial[lane] += v + offset * offset;
                corner[lane] += c4[lane] - v * v + 4.0 * offset * (c3[lane] + offset * v);
            }
        }
        self.offsets[centre.len()] = radial;
        self.corner = corner;
    }

    /// The upper triangle by the law of total covariance.
    #[inline(always)]
    fn add_covariance(&self, result: &mut Cumulants) {
        let last = self.axes.len();
        for row in 0..=last {
            let weighted = product(self.probability, &self.offsets[row]);
            for column in row..=last {
                result.covariance[(row, column)] += dot(&weighted, &self.offsets[column]);
            }
            if row < last {
                result.covariance[(row, row)] += dot(self.probability, &self.axes[row].central[0]);
                result.covariance[(row, last)] += dot(self.probability, &self.mixed[row]);
            }
        }
        result.covariance[(last, last)] += dot(self.probability, &self.corner);
    }

    /// The upper triangle of the contracted third cumulant by the law of total cumulance: with offset `o`, covariance `W` and
    /// direction `δ`, `E[κ₃ δ] + E[(δ·o) W] + E[g oᵀ + o gᵀ]`, `g = W δ + ½ (δ·o) o`.
    #[inline(always)]
    fn add_third(&self, direction: &DVector<f64>, contracted: &mut [Block], result: &mut Cumulants) {
        let Some(third) = &mut result.third else { return };
        let last = self.axes.len();
        let radial = direction[last];
        let mut along = [0.0; BLOCK];
        for (offset, &direction) in self.offsets.iter().zip(direction.iter()) {
            for lane in 0..BLOCK {
                along[lane] += direction * offset[lane];
            }
        }
        let mut contracted_radial = [0.0; BLOCK];
        for lane in 0..BLOCK {
            contracted_radial[lane] =
                radial * self.corner[lane] + 0.5 * along[lane] * self.offsets[last][lane];
        }
        let tilted = product(self.probability, &along);
        for axis in 0..last {
            let AxisPosterior { central: [c2, c3, c4, c5, c6], .. } = &self.axes[axis];
            let (offset, mixed, direction) = (&self.offsets[axis], &self.mixed[axis], direction[axis]);
            let contracted = &mut contracted[axis];
            for lane in 0..BLOCK {
                contracted[lane] =
                    c2[lane] * direction + mixed[lane] * radial + 0.5 * along[lane] * offset[lane];
            }
            for lane in 0..BLOCK {
                contracted_radial[lane] += mixed[lane] * direction;
            }
            // Third cumulants of (w, w²), w = x - m, contracted; then those of (u, u²), u = o + w.
            let (mut uu, mut ur, mut rr) = ([0.0; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
            for lane in 0..BLOCK {
                let (o, v) = (offset[lane], c2[lane]);
                let tilt = direction + 2.0 * o * radial;
                let k_wwq = c4[lane] - v * v;
                let k_wqq = c5[lane] - 2.0 * v * c3[lane];
                let k_qqq = c6[lane] - 3.0 * c4[lane] * v + 2.0 * v * v * v;
                let ww = c3[lane] * tilt + k_wwq * radial;
                let wq = k_wwq * tilt + k_wqq * radial;
                uu[lane] = ww;
                ur[lane] = wq + 2.0 * o * ww;
                rr[lane] = k_wqq * tilt + k_qqq * radial + 4.0 * o * (wq + o * ww);
            }
            third[(axis, axis)] += dot(self.probability, &uu) + dot(&tilted, c2);
            third[(axis, last)] += dot(self.probability, &ur) + dot(&tilted, mixed);
            third[(last, last)] += dot(self.probability, &rr);
        }
        contracted[last] = contracted_radial;
        third[(last, last)] += dot(&tilted, &self.corner);
        for row in 0..=last {
            let left = product(self.probability, &contracted[row]);
            let right = product(self.probability, &self.offsets[row]);
            for column in row..=last {
                third[(row, column)] += dot(&left, &self.offsets[column]) + dot(&right, &contracted[column]);
            }
        }
    }
}

#[inline(always)]
fn product(left: &Block, right: &Block) -> Block {
    let mut result = *left;
    for (result, right) in result.iter_mut().zip(right) {
        *result *= right;
    }
    result
}

/// The lower triangles from the upper ones.
fn symmetrise(cumulants: &mut Cumulants) {
    for matrix in std::iter::once(&mut cumulants.covariance).chain(&mut cumulants.third) {
        matrix.fill_lower_triangle_with_upper_triangle();
    }
}
