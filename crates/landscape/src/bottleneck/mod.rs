//! The lowest barrier between two points: the minimax of the energy over all paths that join them.
//!
//! The energy is taken on a fine grid of nodes. Nodes are added in the order of their energies and joined to their
//! neighbours until start and end are connected (union-find); the node that connects them is the bottleneck. On a torus
//! the union-find records in which period each node lies, so one structure serves every winding. The grid is then
//! refined around the bottleneck until its energy no longer changes.

mod path;
mod refine;
mod union_find;

use rayon::prelude::*;

use crate::grid::MAX_DIMENSION;
use crate::{GridAxis, Landscape, LandscapeError, TableLandscape};
use refine::Pass;
use union_find::{Image, UnionFind};

/// Nodes along each variable, by the number of variables.
const NODES: [usize; MAX_DIMENSION] = [20_000, 400, 64];
/// Every how many nodes along each variable a path has a point.
const PATH_STRIDE: [usize; MAX_DIMENSION] = [20, 4, 2];
/// How often a search is repeated with the barriers found so far refined.
const MAX_REPEATS: usize = 24;

/// The highest point that no path between two points can avoid.
#[derive(Clone, Debug, PartialEq)]
pub struct Bottleneck {
    /// Its energy: the minimax, kJ/mol.
    pub energy_kj_mol: f64,
    /// Where it is (on a torus: one of its images). A saddle, unless it is one of the ends or lies at the edge of a
    /// blocked region.
    pub position: Vec<f64>,
    /// From the start to the end's image, on the universal cover: the path of least resistance `∫ exp((F - B)/w) dl`, with
    /// the bottleneck `B` and a tenth of the barrier's height for `w` (S. Huo and J. E. Straub, J. Chem. Phys. 107, 5000
    /// (1997)). Its points lie on a grid of 1000, 100 or 32 points a variable, so its highest point is above the bottleneck by
    /// `½F''(h/2)²` with their distance `h`.
    pub path: Vec<Vec<f64>>,
}

/// Says of a point whether no path may go there.
type Predicate<'a> = dyn Fn(&[f64]) -> bool + Send + Sync + 'a;

/// Prepared energies for searches between any points of one landscape.
pub struct BottleneckSearch<'a> {
    landscape: &'a dyn Landscape,
    blocked: Box<Predicate<'a>>,
    axes: Vec<GridAxis>,
    /// Energies of the nodes, last axis fastest; infinite where blocked.
    energies: Vec<f64>,
    /// Nodes that are not blocked, by energy.
    order: Vec<u32>,
}

/// The bottleneck on the nodes alone.
struct NodeBottleneck {
    node: u32,
    /// Neighbours (node and step) through which the start's and the end's side are reached; none if the node is an end.
    sides: Option<[Step; 2]>,
}

/// A step to a neighbour: the axis and the direction.
type Step = (usize, i32);

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

    /// The bottleneck between `start` and `end + period · winding`; `None` if blocked regions leave no path.
    ///
    /// The energy is converged to 1e-4 kJ/mol for the channel that is lowest on the nodes; channels closer to each other than
    /// the nodes resolve (`½F''(h/2)²` with the nodes' distance `h`) count as equal. Where it lies at the edge of a blocked
    /// region it is an upper bound, too high by less than `h` times the slope there.
    ///
    /// # Errors
    /// A point outside the ranges, blocked or not finite, or a winding of a variable without period.
    pub fn bottleneck(
        &self,
        start: &[f64],
        end: &[f64],
        winding: &[i32],
    ) -> Result<Option<Bottleneck>, LandscapeError> {
        let ((first, first_image), (last, last_image)) = (self.node_near(start)?, self.node_near(end)?);
        let relative = self.relative_winding(winding, first_image, last_image)?;
        let mut energies = std::borrow::Cow::Borrowed(&self.energies);
        let mut order = std::borrow::Cow::Borrowed(&self.order);
        let mut passes: Vec<(Vec<u32>, Pass)> = Vec::new();
        let mut pass = None;
        for _ in 0..MAX_REPEATS {
            let Some(found) = self.connect(&energies, &order, first, last, relative) else { return Ok(None) };
            if let Some((_, known)) = passes.iter().find(|(nodes, _)| nodes.contains(&found.node)) {
                pass = Some(known.clone());
                break;
            }
            let Some(sides) = found.sides else {
                let x = self.point(found.node);
                pass = Some(Pass { energy: energies[found.node as usize], position: x });
                break;
            };
            // Lower the nodes around this barrier to its refined energy and see whether another one is higher now.
            let refined = self.refine(found.node, sides);
            let level = energies[found.node as usize];
            let around = self.nodes_around(found.node, refine::REACH);
            let lowered: Vec<u32> = around
                .into_iter()
                .filter(|&node| energies[node as usize] <= level && energies[node as usize] > refined.energy)
                .chain([found.node])
                .collect();
            let changed = energies.to_mut();
            for &node in &lowered {
                changed[node as usize] = refined.energy;
            }
            order = std::borrow::Cow::Owned(self.sorted(&energies));
            pass = Some(refined.clone());
            passes.push((lowered, refined));
        }
        let Some(pass) = pass else { return Ok(None) };
        let mut result = Bottleneck { energy_kj_mol: pass.energy, position: pass.position, path: Vec::new() };
        for x in [start, end] {
            let energy = self.energy(x);
            if energy >= result.energy_kj_mol {
                result.energy_kj_mol = energy;
                result.position = x.to_vec();
            }
        }
        let Some(mut path) = self.path(result.energy_kj_mol, (first, first_image), (last, relative)) else {
            return Ok(None);
        };
        let target = end.iter().enumerate().map(|(axis, x)| {
            x + self.axes[axis].period.map_or(0.0, |period| period * f64::from(winding[axis]))
        });
        path.insert(0, start.to_vec());
        path.push(target.collect());
        result.path = path;
        Ok(Some(result))
    }

    /// The image of the end's node relative to that of the start's.
    fn relative_winding(&self, winding: &[i32], first: Image, last: Image) -> Result<Image, LandscapeError> {
        if winding.len() != self.axes.len() {
            return Err(LandscapeError::Bottleneck("the winding needs one entry per variable".to_owned()));
        }
        let mut relative = [0; 3];
        let too_far = || {
            let message = format!(
                "the route from {first:?} over {winding:?} turns to {last:?} passes through more images of the period than can be \
                 searched"
            );
            LandscapeError::Bottleneck(message)
        };
        for (axis, turns) in winding.iter().enumerate() {
            if *turns != 0 && self.axes[axis].period.is_none() {
                return Err(LandscapeError::Bottleneck(format!(
                    "variable {axis} has no period to wind around"
                )));
            }
            let sum = turns.checked_add(last[axis]).and_then(|turns| turns.checked_sub(first[axis]));
            relative[axis] = sum.ok_or_else(too_far)?;
        }
        self.cover_size(relative, PATH_STRIDE[self.axes.len() - 1], 1).ok_or_else(too_far)?;
        Ok(relative)
    }

    /// Energy, infinite where blocked.
    fn energy(&self, x: &[f64]) -> f64 {
        if (self.blocked)(x) { f64::INFINITY } else { self.landscape.energy(x) }
    }

    fn sorted(&self, energies: &[f64]) -> Vec<u32> {
        let mut order: Vec<u32> =
            (0..energies.len() as u32).filter(|&node| energies[node as usize] < f64::INFINITY).collect();
        order.par_sort_unstable_by(|&a, &b| {
            energies[a as usize].total_cmp(&energies[b as usize]).then(a.cmp(&b))
        });
        order
    }

    /// Indices of a node along the axes.
    fn indices(&self, node: u32) -> [usize; 3] {
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

    fn point(&self, node: u32) -> Vec<f64> {
        self.axes.iter().zip(self.indices(node)).map(|(axis, index)| axis.coordinate(index)).collect()
    }

    /// The node and the image that a displacement (in steps) from `indices` leads to; `None` beyond an end.
    fn moved(&self, indices: [usize; 3], steps: [i32; 3]) -> Option<(u32, Image)> {
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
    fn node_near(&self, x: &[f64]) -> Result<(u32, Image), LandscapeError> {
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

    /// Adds nodes by energy until the two ends are connected with the winding asked for.
    fn connect(
        &self,
        energies: &[f64],
        order: &[u32],
        first: u32,
        last: u32,
        winding: Image,
    ) -> Option<NodeBottleneck> {
        let mut sets = UnionFind::new(energies.len());
        let mut added = vec![false; energies.len()];
        for &node in order {
            let indices = self.indices(node);
            let mut touched: Vec<(Step, u32, Image)> = Vec::with_capacity(2 * self.axes.len());
            for axis in 0..self.axes.len() {
                for direction in [-1, 1] {
                    let mut steps = [0; 3];
                    steps[axis] = direction;
                    if let Some((neighbour, image)) = self.moved(indices, steps)
                        && added[neighbour as usize]
                    {
                        touched.push(((axis, direction), neighbour, image));
                    }
                }
            }
            // Which components, in which images, this node touches must be known before it joins them.
            let roots: Vec<(u32, Image)> = touched
                .iter()
                .map(|&(_, neighbour, image)| {
                    let (root, own) = sets.find(neighbour);
                    (root, [0, 1, 2].map(|axis| own[axis] + image[axis]))
                })
                .collect();
            let (start_side, end_side) = (sets.find(first).0, sets.find(last).0);
            added[node as usize] = true;
            for &(_, neighbour, image) in &touched {
                sets.connect(node, neighbour, image);
            }
            if added[first as usize] && added[last as usize] && sets.connected(first, last, winding) {
                if node == first || node == last {
                    return Some(NodeBottleneck { node, sides: None });
                }
                // Either two components meet here, or one meets another image of itself.
                let from = roots.iter().position(|(root, _)| *root == start_side);
                let to = from.and_then(|from| {
                    roots.iter().position(|(root, image)| *root == end_side && (*root, *image) != roots[from])
                });
                let sides = from.zip(to).map(|(from, to)| [touched[from].0, touched[to].0]);
                return Some(NodeBottleneck { node, sides });
            }
        }
        None
    }

    /// All nodes within `reach` steps along every axis.
    fn nodes_around(&self, node: u32, reach: usize) -> Vec<u32> {
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
