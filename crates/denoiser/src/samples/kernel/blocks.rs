//! Samples in blocks of neighbours, so that whole blocks can be left out by their bounding boxes.

use crate::SampleSet;
use crate::samples::lanes::{BLOCK, Block};

/// Samples sorted by halving the widest variable again and again, in blocks; the last block is filled up with samples of no
/// weight.
#[derive(Clone, Debug)]
pub(super) struct SampleBlocks {
    pub(super) dimension: usize,
    /// `x`, `[block][variable][sample]`.
    pub(super) coordinates: Vec<Block>,
    /// `(cos, sin)` of `2π x/P`, as `coordinates`; zero where the variable is not periodic.
    pub(super) circle: Vec<[Block; 2]>,
    /// `log w`, `[block][sample]`.
    pub(super) log_weights: Vec<Block>,
    /// Largest `log w` of each block.
    pub(super) largest_log_weight: Vec<f64>,
    /// Centre and half width of each block's bounding box, `[variable][block]`.
    pub(super) boxes: Vec<Vec<(f64, f64)>>,
}

impl SampleBlocks {
    pub(super) fn new(samples: &SampleSet) -> Self {
        let dimension = samples.dimension();
        let mut order: Vec<usize> =
            (0..samples.len()).filter(|&index| samples.weights()[index] > 0.0).collect();
        sort_into_blocks(samples, &mut order);
        let count = order.len().div_ceil(BLOCK);
        let mut blocks = Self {
            dimension,
            coordinates: Vec::with_capacity(count * dimension),
            circle: Vec::with_capacity(count * dimension),
            log_weights: Vec::with_capacity(count),
            largest_log_weight: Vec::with_capacity(count),
            boxes: vec![Vec::with_capacity(count); dimension],
        };
        for members in order.chunks(BLOCK) {
            let member = |lane: usize| members[lane.min(members.len() - 1)];
            for axis in 0..dimension {
                let x: Block = std::array::from_fn(|lane| samples.point(member(lane))[axis]);
                let angles =
                    samples.periods()[axis].map(|period| x.map(|x| std::f64::consts::TAU * x / period));
                let low = x.iter().copied().fold(f64::INFINITY, f64::min);
                let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                blocks.boxes[axis].push((0.5 * (low + high), 0.5 * (high - low)));
                blocks.coordinates.push(x);
                blocks.circle.push(
                    angles.map_or([[0.0; BLOCK]; 2], |angles| [angles.map(f64::cos), angles.map(f64::sin)]),
                );
            }
            let log_weights: Block = std::array::from_fn(|lane| {
                members.get(lane).map_or(f64::NEG_INFINITY, |&index| samples.weights()[index].ln())
            });
            blocks.largest_log_weight.push(log_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            blocks.log_weights.push(log_weights);
        }
        blocks
    }
}

/// Halves the set along its widest variable until every part is one block.
fn sort_into_blocks(samples: &SampleSet, order: &mut [usize]) {
    let blocks = order.len().div_ceil(BLOCK);
    if blocks < 2 {
        return;
    }
    let mut widest = (f64::NEG_INFINITY, 0);
    for axis in 0..samples.dimension() {
        let (low, high) = order.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &index| {
            let x = samples.point(index)[axis];
            (low.min(x), high.max(x))
        });
        if high - low > widest.0 {
            widest = (high - low, axis);
        }
    }
    let axis = widest.1;
    let half = blocks / 2 * BLOCK;
    order.select_nth_unstable_by(half, |&a, &b| {
        samples.point(a)[axis].total_cmp(&samples.point(b)[axis]).then(a.cmp(&b))
    });
    let (first, second) = order.split_at_mut(half);
    sort_into_blocks(samples, first);
    sort_into_blocks(samples, second);
}
