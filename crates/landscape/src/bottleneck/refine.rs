//! The bottleneck on finer and finer grids around a node.

use super::nodes::{BottleneckSearch, Step};

/// Half the width of the neighbourhood, in nodes of the grid that is refined.
pub(super) const REACH: usize = 6;
/// Refinement ends when the energy changes by less, kJ/mol.
const TOLERANCE_KJ_MOL: f64 = 2e-5;
const MAX_REFINEMENTS: usize = 16;

/// A refined barrier.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    /// kJ/mol.
    pub(super) energy: f64,
    pub(super) position: Vec<f64>,
}

/// A small grid around a point, without periods.
struct Patch {
    dimension: usize,
    width: usize,
    points: Vec<Vec<f64>>,
    energies: Vec<f64>,
}

impl Patch {
    fn strides(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let width = self.width;
        (0..self.dimension).map(move |axis| width.pow(axis as u32))
    }

    /// Neighbours along the axes, with the steps that lead there.
    fn neighbours(&self, node: usize) -> impl Iterator<Item = (usize, Step)> + '_ {
        self.strides().enumerate().flat_map(move |(axis, stride)| {
            let index = node / stride % self.width;
            let below = (index > 0).then(|| (node - stride, (axis, -1)));
            let above = (index + 1 < self.width).then(|| (node + stride, (axis, 1)));
            below.into_iter().chain(above)
        })
    }

    /// Goes downhill from neighbour to neighbour as long as it can.
    fn descend(&self, mut node: usize) -> usize {
        loop {
            let mut lowest = node;
            for (neighbour, _) in self.neighbours(node) {
                if self.energies[neighbour] < self.energies[lowest] {
                    lowest = neighbour;
                }
            }
            if lowest == node {
                return node;
            }
            node = lowest;
        }
    }

    /// The bottleneck between two nodes, with the steps from it to the side of each.
    fn bottleneck(&self, first: usize, last: usize) -> Option<(usize, [Step; 2])> {
        let mut order: Vec<usize> =
            (0..self.energies.len()).filter(|&node| self.energies[node].is_finite()).collect();
        order.sort_by(|&a, &b| self.energies[a].total_cmp(&self.energies[b]).then(a.cmp(&b)));
        let mut parent: Vec<usize> = (0..self.energies.len()).collect();
        let mut added = vec![false; self.energies.len()];
        fn find(parent: &mut [usize], mut node: usize) -> usize {
            while parent[node] != node {
                parent[node] = parent[parent[node]];
                node = parent[node];
            }
            node
        }
        for node in order {
            let (start_side, end_side) = (find(&mut parent, first), find(&mut parent, last));
            let touched: Vec<(usize, Step)> =
                self.neighbours(node).filter(|(neighbour, _)| added[*neighbour]).collect();
            let roots: Vec<usize> =
                touched.iter().map(|(neighbour, _)| find(&mut parent, *neighbour)).collect();
            added[node] = true;
            for root in &roots {
                let (root, own) = (find(&mut parent, *root), find(&mut parent, node));
                parent[root] = own;
            }
            if find(&mut parent, first) == find(&mut parent, last) {
                let from = roots.iter().position(|root| *root == start_side)?;
                let to = roots.iter().position(|root| *root == end_side)?;
                return Some((node, [touched[from].1, touched[to].1]));
            }
        }
        None
    }
}

impl BottleneckSearch<'_> {
    /// Halves the distance of the nodes around a bottleneck, again and again, until its energy stands.
    ///
    /// On each grid the bottleneck is sought between the two points that lie downhill on either side of the last one.
    pub(super) fn refine(&self, node: u32, sides: [Step; 2]) -> Pass {
        let mut pass = Pass { energy: self.energies[node as usize], position: self.point(node) };
        let mut spacings: Vec<f64> = self.axes.iter().map(|axis| axis.spacing).collect();
        let mut sides = sides;
        for _ in 0..MAX_REFINEMENTS {
            spacings.iter_mut().for_each(|spacing| *spacing *= 0.5);
            let patch = self.patch(&pass.position, &spacings);
            let centre: usize = patch.strides().map(|stride| 2 * REACH * stride).sum();
            let [first, last] = sides.map(|(axis, direction)| {
                let stride = patch.width.pow(axis as u32);
                let side = if direction > 0 { centre + 2 * stride } else { centre - 2 * stride };
                patch.descend(side)
            });
            if first == last {
                break;
            }
            let Some((found, found_sides)) = patch.bottleneck(first, last) else { break };
            let change = pass.energy - patch.energies[found];
            pass = Pass { energy: patch.energies[found], position: patch.points[found].clone() };
            sides = found_sides;
            if change.abs() < TOLERANCE_KJ_MOL {
                break;
            }
        }
        pass
    }

    fn patch(&self, centre: &[f64], spacings: &[f64]) -> Patch {
        let (dimension, width) = (self.axes.len(), 4 * REACH + 1);
        let mut points = Vec::with_capacity(width.pow(dimension as u32));
        for number in 0..width.pow(dimension as u32) {
            let mut remainder = number;
            let mut point = centre.to_vec();
            for (x, spacing) in point.iter_mut().zip(spacings) {
                *x += ((remainder % width) as f64 - 2.0 * REACH as f64) * spacing;
                remainder /= width;
            }
            points.push(point);
        }
        let inside = |point: &[f64]| {
            self.axes
                .iter()
                .zip(point)
                .all(|(axis, x)| axis.period.is_some() || (axis.start..=axis.end()).contains(x))
        };
        let energies = points
            .iter()
            .map(|point| if inside(point) { self.energy(point) } else { f64::INFINITY })
            .collect();
        Patch { dimension, width, points, energies }
    }
}
