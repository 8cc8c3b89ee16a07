//! A path through a bottleneck.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{BottleneckSearch, Image};

/// A cost in a heap: never NaN.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Cost(f64);

impl Eq for Cost {}

impl Ord for Cost {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Not reached, or the first node.
const NO_STEP: u8 = u8::MAX;

impl BottleneckSearch<'_> {
    /// The path of least resistance from a node in its image to another in the image `winding` relative to it, over nodes
    /// no higher than `level`, at most one period beyond the images of the ends (if there is none: up to three).
    pub(super) fn path(
        &self,
        energies: &[f64],
        level: f64,
        (first, first_image): (u32, Image),
        (last, winding): (u32, Image),
    ) -> Option<Vec<Vec<f64>>> {
        (1..=3).find_map(|margin| self.path_within(energies, level, first, last, winding, margin)).map(
            |path| {
                path.into_iter()
                    .map(|(node, image)| {
                        let mut x = self.point(node);
                        for (axis, x) in x.iter_mut().enumerate() {
                            let turns = f64::from(image[axis] + first_image[axis]);
                            *x += self.axes[axis].period.map_or(0.0, |period| period * turns);
                        }
                        x
                    })
                    .collect()
            },
        )
    }

    /// Dijkstra's algorithm on the universal cover, all neighbours of the cube counted.
    fn path_within(
        &self,
        energies: &[f64],
        level: f64,
        first: u32,
        last: u32,
        winding: Image,
        margin: i32,
    ) -> Option<Vec<(u32, Image)>> {
        let dimension = self.axes.len();
        let lowest = energies.iter().copied().fold(f64::INFINITY, f64::min);
        let width = (0.1 * (level - lowest)).max(f64::MIN_POSITIVE);
        let (mut least, mut images) = ([0; 3], [1; 3]);
        for (axis, grid_axis) in self.axes.iter().enumerate() {
            if grid_axis.period.is_some() {
                least[axis] = winding[axis].min(0) - margin;
                images[axis] = winding[axis].abs() + 2 * margin + 1;
            }
        }
        let place = |node: u32, image: Image| -> Option<usize> {
            let mut number = 0usize;
            for axis in 0..3 {
                let index = image[axis] - least[axis];
                if !(0..images[axis]).contains(&index) {
                    return None;
                }
                number = number * images[axis] as usize + index as usize;
            }
            Some(number * energies.len() + node as usize)
        };
        let unplace = |place: usize| -> (u32, Image) {
            let (mut number, mut image) = (place / energies.len(), [0; 3]);
            for axis in (0..3).rev() {
                image[axis] = least[axis] + (number % images[axis] as usize) as i32;
                number /= images[axis] as usize;
            }
            ((place % energies.len()) as u32, image)
        };
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

        let total = images.iter().map(|&count| count as usize).product::<usize>() * energies.len();
        let mut costs = vec![f64::INFINITY; total];
        let mut came_by = vec![NO_STEP; total];
        let resistance = |node: u32| ((energies[node as usize] - level) / width).exp();
        let (source, target) = (place(first, [0; 3])?, place(last, winding)?);
        costs[source] = 0.0;
        let mut heap = BinaryHeap::from([Reverse((Cost(0.0), source))]);
        while let Some(Reverse((Cost(cost), here))) = heap.pop() {
            if here == target {
                break;
            }
            if cost > costs[here] {
                continue;
            }
            let (node, image) = unplace(here);
            let indices = self.indices(node);
            for (number, (step, length)) in steps.iter().enumerate() {
                let Some((neighbour, shift)) = self.moved(indices, *step) else { continue };
                if energies[neighbour as usize] > level {
                    continue;
                }
                let Some(there) = place(neighbour, [0, 1, 2].map(|axis| image[axis] + shift[axis])) else {
                    continue;
                };
                let next = cost + 0.5 * length * (resistance(node) + resistance(neighbour));
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
            let (node, image) = unplace(here);
            path.push((node, image));
            if here == source {
                break;
            }
            let back = steps[came_by[here] as usize].0.map(|step| -step);
            let (previous, shift) = self.moved(self.indices(node), back)?;
            here = place(previous, [0, 1, 2].map(|axis| image[axis] + shift[axis]))?;
        }
        path.reverse();
        Some(path)
    }
}
