//! The basin of a point: what can be reached from it below an energy.

use crate::Grid;

/// For each grid point, whether a path from `x` along the axes reaches it through points below `limit_kj_mol`.
///
/// With a limit somewhat below the bottleneck between two points, by more than the energy falls within half a spacing beside it,
/// their basins have no point in common. Nothing is inside if the grid point nearest to `x` is not below the limit.
pub fn basin(grid: &Grid, x: &[f64], limit_kj_mol: f64) -> Vec<bool> {
    let mut inside = vec![false; grid.len()];
    let start = nearest_point(grid, x);
    if grid.values[start] >= limit_kj_mol {
        return inside;
    }
    inside[start] = true;
    let mut waiting = vec![start];
    while let Some(point) = waiting.pop() {
        for neighbour in grid.neighbours(point) {
            if !inside[neighbour] && grid.values[neighbour] < limit_kj_mol {
                inside[neighbour] = true;
                waiting.push(neighbour);
            }
        }
    }
    inside
}

/// Index of the grid point nearest to `x`; periodic variables count by their images, others end at the grid's edge.
pub fn nearest_point(grid: &Grid, x: &[f64]) -> usize {
    grid.axes.iter().zip(x).fold(0, |index, (axis, x)| {
        let place = ((x - axis.start) / axis.spacing).round();
        let place = match axis.period {
            Some(_) => place.rem_euclid(axis.count as f64),
            None => place.clamp(0.0, (axis.count - 1) as f64),
        };
        index * axis.count + (place as usize).min(axis.count - 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GridAxis;

    /// `F = (1 - cos 2x) + (1 - cos y)` on the torus has wells at x = 0 and π and a barrier of 2 between them.
    #[test]
    fn the_basins_of_two_wells_share_the_torus_below_the_barrier() {
        let axis = |name| GridAxis::periodic(name, -1.0, std::f64::consts::TAU, 40);
        let energy = |x: &[f64]| 2.0 - (2.0 * x[0]).cos() - x[1].cos();
        let grid = Grid::from_function(vec![axis("x"), axis("y")], energy).unwrap();
        let [first, second] =
            [0.0, std::f64::consts::PI].map(|x| basin(&grid, &[x, std::f64::consts::TAU], 1.9));
        assert!(first.iter().zip(&second).all(|(a, b)| !(a & b)));
        for (index, value) in grid.values.iter().enumerate() {
            assert_eq!(first[index] || second[index], *value < 1.9);
        }
        let shares = [&first, &second].map(|basin| basin.iter().filter(|inside| **inside).count());
        assert!((shares[0] as f64 / shares[1] as f64 - 1.0).abs() < 0.05, "{shares:?}");
        assert!(basin(&grid, &[0.0, 0.0], 4.1).iter().all(|inside| *inside));
        assert!(basin(&grid, &[1.5, 0.0], 1.0).iter().all(|inside| !inside));
    }
}
