//! The nodes of a grid over a landscape, their energies and their neighbours.

use geodyssey_dynamics::MAX_DIMENSION;
use rayon::prelude::*;

use super::union_find::Image;
use crate::{GridAxis, Landscape, LandscapeError, TableLandscape};

/// Nodes along each variable, by the number of variables.
const NODES: [usize; MAX_DIMENSION] = [20_000, 400, 64];

/// A step to a neighbour: the axis and the direction.
pub(super) type Step = (usize, i32);

/// Says of a point whether no path may go there.
type Predicate<'a> = dyn Fn(&[f64]) -> bool + Send + Sync + 'a;

/// Prepared energies for searches between any points of one landscape.
pub struct BottleneckSearch<'a> {
    landscape: &'a dyn Landscape,
    blocked: Box<Predicate<'a>>,
    pub(super) axes: Vec<GridAxis>,
    /// Energies of the nodes, last axis fastest; infinite where blocked.
    pub(super) energies: Vec<f64>,
    /// Nodes that are not blocked, by energy.
    pub(super) order: Vec<u32>,
}

impl<'a> BottleneckSearch<'a> {
    /// Takes the energies of `landscape` on nodes between the `ranges` (lower and upper end of each variable; of a periodic
    /// one only the lower counts), except where `blocked` says that no path may go.
    ///
    /// Blocked regions thinner than a node's distance (the range divided by 20000, 400 or 64 in one, two or three
    /// variables) may be jumped.
    ///
    /// # Errors
    /// More than three variables, an empty range, or an energy that is not a number.
    pub fn new(
        landscape: &'a dyn Landscape,
        ranges: &[(f64, f64)],
        blocked: impl Fn(&[f64]) -> bool + Send + Sync + 'a,
    ) -> Result<Self, LandscapeError> {
        let dimension = landscape.dimension();
        if dimension == 0 || dimension > MAX_DIMENSION || ranges.len() != dimension {
            return Err(LandscapeError::Bottleneck(format!(
                "{dimension} variables and {} ranges are given; 1 to {MAX_DIMENSION} of both are possible",
                ranges.len()
            )));
        }
        let count = NODES[dimension - 1];
        let mut axes = Vec::new();
        for (&(lower, upper), &period) in ranges.iter().zip(landscape.periods()) {
            if !(lower.is_finite() && upper.is_finite() && lower < upper) {
                return Err(LandscapeError::Bottleneck(format!(
                    "the range from {lower} to {upper} is empty"
                )));
            }
            axes.push(match period {
                Some(period) => GridAxis::periodic("", lower, period, count),
                None => GridAxis::bounded("", lower, upper, count),
            });
        }
        let nodes = count.pow(dimension as u32);
        let mut search =
            Self { landscape, blocked: Box::new(blocked), axes, energies: Vec::new(), order: Vec::new() };
        let energies: Vec<f64> =
            (0..nodes).into_par_iter().map(|node| search.energy(&search.point(node as u32))).collect();
        search.energies = energies;
        if let Some(node) = search.energies.iter().position(|energy| energy.is_nan()) {
            let point = search.point(node as u32);
            return Err(LandscapeError::Bottleneck(format!("the energy at {point:?} is not a number")));
        }
        search.order = search.sorted(&search.energies);
        Ok(search)
    }

    /// A search over the whole range of a table; see [`BottleneckSearch::new`].
    ///
    /// # Errors
    /// As [`BottleneckSearch::new`].
    pub fn over_table(
        table: &'a TableLandscape,
        blocked: impl Fn(&[f64]) -> bool + Send + Sync + 'a,
    ) -> Result<Self, LandscapeError> {
        let ranges: Vec<(f64, f64)> = table.grid().axes.iter().map(|axis| (axis.start, axis.end())).collect();
        Self::new(table, &ranges, blocked)
    }

    /// Energy, infinite where blocked.
    pub(super) fn energy(&self, x: &[f64]) -> f64 {
        if (self.blocked)(x) { f64::INFINITY } else { self.landscape.energy(x) }
    }

    /// The nodes that are not blocked, by energy.
    pub(super) fn sorted(&self, energies: &[f64]) -> Vec<u32> {
        let mut order: Vec<u32> =
            (0..energies.len() as u32).filter(|&node| energies[node as usize] < f64::INFINITY).collect();
        order.par_sort_unstable_by(|&a, &b| {
            energies[a as usize].total_cmp(&energies[b as usize]).then(a.cmp(&b))
        });
        order
    }

    /// Indices of a node along the axes.
    pub(super) fn indices(&self, node: u32) -> [usize; 3] {
        let mut remainder = node as usize;
        let mut indices = [0; 3];
        for (axis, index) in self.axes.iter().zip(&mut indices).rev() {
            *index = remainder % axis.count;
            remainder /= axis.count;
        }
        indices
    }

    fn node(&self, indices: [usize; 3]) -> u32 {
        self.axes.iter().zip(indices).fold(0, |node, (axis, index)| node * axis.count + index) as u32
    }

    /// Where a node is.
    pub(super) fn point(&self, node: u32) -> Vec<f64> {
        self.axes.iter().zip(self.indices(node)).map(|(axis, index)| axis.coordinate(index)).collect()
    }

    /// The node and the image that a displacement (in steps) from `indices` leads to; `None` beyond an end.
    pub(super) fn moved(&self, indices: [usize; 3], steps: [i32; 3]) -> Option<(u32, Image)> {
        let (mut target, mut image) = (indices, [0; 3]);
        for (axis, grid_axis) in self.axes.iter().enumerate() {
            let count = grid_axis.count as i32;
            let index = indices[axis] as i32 + steps[axis];
            if grid_axis.period.is_some() {
                target[axis] = index.rem_euclid(count) as usize;
                image[axis] = index.div_euclid(count);
            } else if (0..count).contains(&index) {
                target[axis] = index as usize;
            } else {
                return None;
            }
        }
        Some((self.node(target), image))
    }

    /// The lowest corner of the cell that `x` lies in, and the image of that cell.
    pub(super) fn node_near(&self, x: &[f64]) -> Result<(u32, Image), LandscapeError> {
        if x.len() != self.axes.len() || x.iter().any(|x| !x.is_finite()) {
            return Err(LandscapeError::Bottleneck(format!("{x:?} is not a point of these variables")));
        }
        if (self.blocked)(x) {
            return Err(LandscapeError::Bottleneck(format!("{x:?} lies in a blocked region")));
        }
        let (mut corner, mut image) = ([0; 3], [0; 3]);
        for (axis, grid_axis) in self.axes.iter().enumerate() {
            let place = (x[axis] - grid_axis.start) / grid_axis.spacing;
            let cells = if grid_axis.period.is_some() { grid_axis.count } else { grid_axis.count - 1 } as f64;
            if grid_axis.period.is_some() {
                image[axis] = (place / cells).floor() as i32;
                corner[axis] = ((place - f64::from(image[axis]) * cells) as usize).min(grid_axis.count - 1);
            } else if place < -1e-9 || place > cells + 1e-9 {
                let (lower, upper) = (grid_axis.start, grid_axis.end());
                return Err(LandscapeError::Bottleneck(format!(
                    "{x:?} lies outside the range {lower} to {upper}"
                )));
            } else {
                corner[axis] = (place.max(0.0) as usize).min(grid_axis.count - 2);
            }
        }
        let mut best: Option<(u32, Image)> = None;
        for bits in 0..1 << self.axes.len() {
            let Some((node, shift)) = self.moved(corner, [0, 1, 2].map(|axis| (bits >> axis) & 1)) else {
                continue;
            };
            if best.is_none_or(|(lowest, _)| self.energies[node as usize] < self.energies[lowest as usize]) {
                best = Some((node, [0, 1, 2].map(|axis| image[axis] + shift[axis])));
            }
        }
        best.filter(|(node, _)| self.energies[*node as usize] < f64::INFINITY)
            .ok_or_else(|| LandscapeError::Bottleneck(format!("{x:?} is surrounded by a blocked region")))
    }

    /// All nodes within `reach` steps along every axis.
    pub(super) fn nodes_around(&self, node: u32, reach: usize) -> Vec<u32> {
        let (indices, width) = (self.indices(node), 2 * reach + 1);
        (0..width.pow(self.axes.len() as u32))
            .filter_map(|mut number| {
                let mut steps = [0; 3];
                for step in steps.iter_mut().take(self.axes.len()) {
                    *step = (number % width) as i32 - reach as i32;
                    number /= width;
                }
                self.moved(indices, steps).map(|(node, _)| node)
            })
            .collect()
    }
}
