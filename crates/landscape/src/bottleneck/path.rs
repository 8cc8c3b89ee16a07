//! A path through a bottleneck.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use geodyssey_dynamics::MAX_DIMENSION;

use super::nodes::BottleneckSearch;
use super::union_find::Image;

/// Every how many nodes along each variable a path has a point.
pub(super) const PATH_STRIDE: [usize; MAX_DIMENSION] = [20, 4, 2];

/// A cost in a heap: never NaN.
#[derive(Clone, Copy, PartialEq)]
struct Cost(f64);

impl Eq for Cost {}

impl PartialOrd for Cost {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cost {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Most points of the universal cover that are searched: nine bytes each, and some more for those at the front.
const MOST_POINTS: usize = 50_000_000;

/// Not reached, or the first node.
const NO_STEP: u8 = u8::MAX;

/// A grid of every few nodes in a box of images: a part of the universal cover.
struct Cover<'s> {
    search: &'s BottleneckSearch<'s>,
    stride: usize,
    /// Points along each axis in one image.
    counts: [usize; 3],
    least: Image,
    images: [i32; 3],
}

impl Cover<'_> {
    /// Number of a point (indices in nodes, multiples of the stride) in an image; `None` outside the box.
    fn place(&self, indices: [usize; 3], image: Image) -> Option<usize> {
        let mut number = 0usize;
        for ((image, least), count) in image.iter().zip(self.least).zip(self.images) {
            let index = image - least;
            if !(0..count).contains(&index) {
                return None;
            }
            number = number * count as usize + index as usize;
        }
        Some((0..3).fold(number, |number, axis| number * self.counts[axis] + indices[axis] / self.stride))
    }

    fn unplace(&self, place: usize) -> ([usize; 3], Image) {
        let (mut number, mut indices, mut image) = (place, [0; 3], [0; 3]);
        for axis in (0..3).rev() {
            indices[axis] = number % self.counts[axis] * self.stride;
            number /= self.counts[axis];
        }
        for axis in (0..3).rev() {
            image[axis] = self.least[axis] + (number % self.images[axis] as usize) as i32;
            number /= self.images[axis] as usize;
        }
        (indices, image)
    }

    /// The point a step (of one stride or none along each axis) leads to, with the sum of `resistance` over the nodes on the
    /// way; `None` beyond the box or the ends.
    fn moved(
        &self,
        indices: [usize; 3],
        image: Image,
        step: [i32; 3],
        resistance: &impl Fn(u32) -> f64,
    ) -> Option<(usize, f64)> {
        let (mut sum, mut last) = (0.0, None);
        for part in 1..=self.stride as i32 {
            let (node, shift) = self.search.moved(indices, step.map(|entry| entry * part))?;
            sum += resistance(node);
            last = Some((node, shift));
        }
        let (node, shift) = last?;
        let place = self.place(self.search.indices(node), [0, 1, 2].map(|axis| image[axis] + shift[axis]))?;
        Some((place, sum))
    }
}

impl BottleneckSearch<'_> {
    /// The path of least resistance from a node in its image to another in the image `winding` relative to it, at most one
    /// period beyond the images of the ends (if there is none: up to three). Where a blocked region leaves too narrow a way,
    /// every node is a point.
    pub(super) fn path(
        &self,
        level: f64,
        (first, first_image): (u32, Image),
        (last, winding): (u32, Image),
    ) -> Option<Vec<Vec<f64>>> {
        let coarse = PATH_STRIDE[self.axes.len() - 1];
        let tries = [(coarse, 1), (1, 1), (1, 3)];
        let path = tries
            .into_iter()
            .find_map(|(stride, margin)| self.path_within(level, first, last, winding, stride, margin))?;
        let point = |(indices, image): ([usize; 3], Image)| {
            let turns = |axis: usize| f64::from(image[axis] + first_image[axis]);
            let axes = self.axes.iter().enumerate();
            axes.map(|(number, axis)| {
                axis.coordinate(indices[number]) + axis.period.unwrap_or(0.0) * turns(number)
            })
            .collect()
        };
        Some(path.into_iter().map(point).collect())
    }

    /// Points of the cover between the images of the ends, with `margin` periods beyond them; `None` where they are too many.
    pub(super) fn cover_size(&self, winding: Image, stride: usize, margin: usize) -> Option<usize> {
        let axes = self.axes.iter().zip(winding);
        let counts = axes.map(|(axis, turns)| {
            let images =
                if axis.period.is_some() { turns.unsigned_abs() as usize + 2 * margin + 1 } else { 1 };
            axis.count.div_ceil(stride).checked_mul(images)
        });
        let total = counts.into_iter().try_fold(1_usize, |product, count| product.checked_mul(count?));
        total.filter(|total| *total <= MOST_POINTS)
    }

    /// Dijkstra's algorithm on the universal cover, all neighbours of the cube counted.
    fn path_within(
        &self,
        level: f64,
        first: u32,
        last: u32,
        winding: Image,
        stride: usize,
        margin: i32,
    ) -> Option<Vec<([usize; 3], Image)>> {
        let dimension = self.axes.len();
        let lowest = self.energies[self.order.first().copied()? as usize];
        let width = (0.1 * (level - lowest)).max(f64::MIN_POSITIVE);
        let resistance = |node: u32| ((self.energies[node as usize] - level) / width).exp();
        let mut cover = Cover { search: self, stride, counts: [1; 3], least: [0; 3], images: [1; 3] };
        for (axis, grid_axis) in self.axes.iter().enumerate() {
            cover.counts[axis] = grid_axis.count.div_ceil(stride);
            if grid_axis.period.is_some() {
                cover.least[axis] = winding[axis].min(0) - margin;
                cover.images[axis] = winding[axis].abs() + 2 * margin + 1;
            }
        }
        let steps: Vec<([i32; 3], f64)> = (0..3usize.pow(dimension as u32))
            .map(|mut number| {
                let (mut step, mut square) = ([0; 3], 0.0);
                for (axis, entry) in step.iter_mut().enumerate().take(dimension) {
                    *entry = (number % 3) as i32 - 1;
                    number /= 3;
                    square += (f64::from(*entry) * self.axes[axis].spacing).powi(2);
                }
                (step, square.sqrt())
            })
            .filter(|(_, length)| *length > 0.0)
            .collect();

        let total = self.cover_size(winding, stride, margin as usize)?;
        let mut costs = vec![f64::INFINITY; total];
        let mut came_by = vec![NO_STEP; total];
        let on_grid = |node: u32| self.indices(node).map(|index| index / stride * stride);
        let (source, target) = (cover.place(on_grid(first), [0; 3])?, cover.place(on_grid(last), winding)?);
        costs[source] = 0.0;
        let mut heap = BinaryHeap::from([Reverse((Cost(0.0), source))]);
        while let Some(Reverse((Cost(cost), here))) = heap.pop() {
            if here == target {
                break;
            }
            if cost > costs[here] {
                continue;
            }
            let (indices, image) = cover.unplace(here);
            for (number, (step, length)) in steps.iter().enumerate() {
                let Some((there, sum)) = cover.moved(indices, image, *step, &resistance) else { continue };
                let next = cost + length * sum;
                if next < costs[there] {
                    costs[there] = next;
                    came_by[there] = number as u8;
                    heap.push(Reverse((Cost(next), there)));
                }
            }
        }
        if !costs[target].is_finite() {
            return None;
        }
        let (mut path, mut here) = (Vec::new(), target);
        loop {
            let (indices, image) = cover.unplace(here);
            path.push((indices, image));
            if here == source {
                break;
            }
            let back = steps[came_by[here] as usize].0.map(|step| -step);
            here = cover.moved(indices, image, back, &|_| 0.0)?.0;
        }
        path.reverse();
        Some(path)
    }
}
