//! The lowest barrier between two points: the minimax of the energy over all paths that join them.
//!
//! The energy is taken on a fine grid of nodes. Nodes are added in the order of their energies and joined to their
//! neighbours until start and end are connected (union-find); the node that connects them is the bottleneck. On a torus
//! the union-find records in which period each node lies, so one structure serves every winding. The grid is then
//! refined around the bottleneck until its energy no longer changes.

mod nodes;
mod path;
mod refine;
mod union_find;

pub use nodes::BottleneckSearch;

use crate::LandscapeError;
use nodes::Step;
use path::PATH_STRIDE;
use refine::Pass;
use union_find::{Image, UnionFind};

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

/// The bottleneck on the nodes alone.
struct NodeBottleneck {
    node: u32,
    /// Neighbours (node and step) through which the start's and the end's side are reached; none if the node is an end.
    sides: Option<[Step; 2]>,
}

impl BottleneckSearch<'_> {
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
}
