//! Kirchhoff's equations of a network on a grid, solved by nested dissection without a subtraction.
//!
//! Each grid point `i` has the potential `q_i = Σ_j w_ij q_j / Σ_j w_ij` of its neighbours, with conductances `w > 0`. To eliminate
//! a point is to join its neighbours to each other by `w_ij + w_ik w_kj / Σ_l w_kl` (the star-mesh transform). As nothing is ever
//! subtracted, each potential keeps its relative accuracy, however many orders of magnitude the conductances span
//! (W. K. Grassmann, M. I. Taksar and D. P. Heyman, Oper. Res. 33, 1107 (1985), for Markov chains); in an iteration, a well behind a
//! barrier of some 30 kT would be lost to rounding. A box of the grid is eliminated by halves, then the plane between
//! them (A. George, SIAM J. Numer. Anal. 10, 345 (1973)).

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

/// A box of so many points is not divided any more.
const SMALL: usize = 16;
/// The halves of a box of so many points go to different threads.
const LARGE: usize = 2000;
/// So many points are eliminated before the rows of the others are brought up to date.
const BLOCK: usize = 16;

/// Conductances between neighbouring points of a grid, some of which are held at a potential of 0 or 1.
pub(super) struct Network {
    /// Points along each axis; the last varies fastest.
    pub(super) counts: Vec<usize>,
    /// Whether the ends of each axis are joined.
    pub(super) periodic: Vec<bool>,
    /// `conductances[axis][point]`: to the next point along the axis.
    pub(super) conductances: Vec<Vec<f64>>,
    /// Of each point, whether it is held, and then whether at 1.
    pub(super) held: Vec<Option<bool>>,
}

/// Points that are all joined to each other, with the conductances from each to those after it.
struct Mesh {
    points: Vec<usize>,
    rows: Vec<Vec<f64>>,
}

/// A box of the grid: the range of each axis.
type Region = Vec<Range<usize>>;

impl Network {
    /// The potential of every point.
    pub(super) fn potentials(&self) -> Vec<f64> {
        let whole: Region = self.counts.iter().map(|&count| 0..count).collect();
        let (_, eliminated) = self.eliminate(&whole);
        let count = self.held.len();
        let mut potentials: Vec<f64> =
            self.held.iter().map(|held| f64::from(u8::from(*held == Some(true)))).chain([0.0, 1.0]).collect();
        for Mesh { points, rows } in eliminated.iter().rev() {
            for (row, shares) in rows.iter().enumerate().rev() {
                let others = points[row + 1..].iter().zip(shares);
                potentials[points[row]] = others.map(|(&other, share)| share * potentials[other]).sum();
            }
        }
        potentials.truncate(count);
        potentials
    }

    /// The mesh of the points around a region that is left when its own are eliminated; and the meshes in which they were, in that
    /// order, each with the rows of the eliminated points, divided by their sums.
    fn eliminate(&self, region: &Region) -> (Mesh, Vec<Mesh>) {
        let (separator, parts) = self.divide(region);
        let halves: Vec<(Mesh, Vec<Mesh>)> = match parts.as_slice() {
            [first, second] if size(region) > LARGE => {
                let (first, second) = rayon::join(|| self.eliminate(first), || self.eliminate(second));
                vec![first, second]
            }
            parts => parts.iter().map(|part| self.eliminate(part)).collect(),
        };
        let mut points: Vec<usize> =
            self.points(&separator).into_iter().filter(|&point| self.held[point].is_none()).collect();
        let pivots = points.len();
        let mut places: HashMap<usize, usize> =
            points.iter().enumerate().map(|(place, &point)| (point, place)).collect();
        let mut links = Vec::new();
        for (place, &point) in points[..pivots].to_vec().iter().enumerate() {
            for (other, conductance) in self.neighbours(point) {
                let known = places.get(&other).copied();
                if known.is_some_and(|known| known < place)
                    || (known.is_none() && self.lies_in(other, region))
                {
                    continue;
                }
                links.push((place, place_of(other, &mut points, &mut places), conductance));
            }
        }
        let mut eliminated = Vec::new();
        let mut left = Vec::new();
        for (mesh, before) in halves {
            eliminated.extend(before);
            let own: Vec<usize> =
                mesh.points.iter().map(|&point| place_of(point, &mut points, &mut places)).collect();
            left.push((own, mesh.rows));
        }
        let mut rows: Vec<Vec<f64>> =
            (0..points.len()).map(|row| vec![0.0; points.len() - row - 1]).collect();
        let mut add = |a: usize, b: usize, conductance: f64| {
            let (first, second) = (a.min(b), a.max(b));
            rows[first][second - first - 1] += conductance;
        };
        links.into_iter().for_each(|(a, b, conductance)| add(a, b, conductance));
        for (own, rows) in left {
            for (row, conductances) in rows.iter().enumerate() {
                for (offset, &conductance) in conductances.iter().enumerate() {
                    add(own[row], own[row + 1 + offset], conductance);
                }
            }
        }
        star_mesh(&mut rows, pivots);
        let rest = Mesh { points: points[pivots..].to_vec(), rows: rows.split_off(pivots) };
        eliminated.push(Mesh { points, rows });
        (rest, eliminated)
    }

    /// A plane across the longest axis of a region and what it leaves of the region; all of it and nothing if it is small.
    fn divide(&self, region: &Region) -> (Region, Vec<Region>) {
        if size(region) <= SMALL {
            return (region.clone(), Vec::new());
        }
        let axis = (0..region.len()).max_by_key(|&axis| region[axis].len()).expect("an axis");
        let along = |range: Range<usize>| {
            let mut part = region.clone();
            part[axis] = range;
            part
        };
        let Range { start, end } = region[axis].clone();
        // The first cut of a ring only opens it.
        let ring = self.periodic[axis] && end - start == self.counts[axis];
        let cut = if ring { start } else { start + (end - start) / 2 };
        let parts =
            [start..cut, cut + 1..end].into_iter().filter(|part| !part.is_empty()).map(along).collect();
        (along(cut..cut + 1), parts)
    }

    /// The points of a region.
    fn points(&self, region: &Region) -> Vec<usize> {
        region.iter().zip(&self.counts).fold(vec![0], |points, (range, count)| {
            points.iter().flat_map(|point| range.clone().map(move |index| point * count + index)).collect()
        })
    }

    /// Whether a point lies in a region; what is held lies nowhere.
    fn lies_in(&self, point: usize, region: &Region) -> bool {
        let mut remainder = point;
        point < self.held.len()
            && region.iter().zip(&self.counts).rev().all(|(range, count)| {
                let index = remainder % count;
                remainder /= count;
                range.contains(&index)
            })
    }

    /// The neighbours of a point with their conductances. All points held at 0 are one, with the index after the last point, and
    /// all held at 1 another.
    fn neighbours(&self, point: usize) -> Vec<(usize, f64)> {
        let mut found = Vec::with_capacity(2 * self.counts.len());
        let mut stride = 1;
        for axis in (0..self.counts.len()).rev() {
            let count = self.counts[axis];
            let index = point / stride % count;
            let periodic = self.periodic[axis];
            if periodic || index + 1 < count {
                let next = point - index * stride + (index + 1) % count * stride;
                found.push((next, self.conductances[axis][point]));
            }
            if periodic || index > 0 {
                let previous = point - index * stride + (index + count - 1) % count * stride;
                found.push((previous, self.conductances[axis][previous]));
            }
            stride *= count;
        }
        for (other, _) in &mut found {
            if let Some(end) = self.held[*other] {
                *other = self.held.len() + usize::from(end);
            }
        }
        found
    }
}

/// Number of points of a region.
fn size(region: &Region) -> usize {
    region.iter().map(Range::len).product()
}

/// The place of a point in a mesh, to which it is added if it is new.
fn place_of(point: usize, points: &mut Vec<usize>, places: &mut HashMap<usize, usize>) -> usize {
    *places.entry(point).or_insert_with(|| {
        points.push(point);
        points.len() - 1
    })
}

/// Eliminates the first `pivots` points of a mesh; their rows are left divided by their sums.
fn star_mesh(rows: &mut [Vec<f64>], pivots: usize) {
    for first in (0..pivots).step_by(BLOCK) {
        let last = (first + BLOCK).min(pivots);
        let (above, below) = rows.split_at_mut(last);
        let block = &mut above[first..];
        let mut sums = Vec::with_capacity(BLOCK);
        for pivot in 0..block.len() {
            let (done, open) = block.split_at_mut(pivot);
            join(done, &sums, &mut open[0]);
            let sum: f64 = open[0].iter().sum();
            open[0].iter_mut().for_each(|conductance| *conductance /= sum);
            sums.push(sum);
        }
        let (block, sums) = (&*block, &sums);
        below.par_iter_mut().with_min_len(BLOCK).for_each(|row| join(block, sums, row));
    }
}

/// What eliminated points, with their shares and sums, add to the conductances of a later one.
fn join(eliminated: &[Vec<f64>], sums: &[f64], row: &mut [f64]) {
    for (shares, sum) in eliminated.iter().zip(sums) {
        // Every row ends at the mesh's last point.
        let own = shares.len() - row.len() - 1;
        let factor = shares[own] * sum;
        if factor > 0.0 {
            for (conductance, share) in row.iter_mut().zip(&shares[own + 1..]) {
                *conductance += factor * share;
            }
        }
    }
}
