//! How far paths lag behind the posterior whose tether drives them.

use geodyssey_dynamics::TetherPoint;
use geodyssey_landscape::{DividingSurface, LandscapeError};
use geodyssey_paths::Direction;
use rayon::prelude::*;

use super::sampled::Sampled;
use crate::artifacts::landscape::LandscapeResult;
use crate::error::Error;
use crate::problem::Problem;

/// Largest number of variables of a dividing surface.
const MOST_VARIABLES: usize = 3;

/// Paths behind the exact posterior.
pub(super) struct Lag {
    /// The largest difference along the curve between the fraction of forward paths past the dividing surface of the two states
    /// and that of the exact posterior.
    pub(super) largest: f64,
    /// What it is by chance alone on average, for as many paths in equilibrium that cross the dividing surface once: the fraction of
    /// paths past the surface is then the empirical distribution of the points where they cross, and its largest distance from the exact
    /// one Kolmogorov's statistic, of mean `√(π/2) log 2 / √n` (W. Feller, Ann. Math. Stat. 19, 177 (1948)).
    pub(super) by_chance: f64,
}

/// The dividing surface of the two states, in the spacetime's units; none without an energy of at most three variables.
pub(super) fn divide(
    problem: &Problem,
    landscape: &LandscapeResult,
) -> Result<Option<DividingSurface>, Error> {
    let Some(surface) = landscape.landscape.as_ref().filter(|_| problem.variables.len() <= MOST_VARIABLES)
    else {
        return Ok(None);
    };
    let failed = |error: LandscapeError| Error::failed("the dividing surface between the states", error);
    let [start, end] = problem.states()?;
    let scales = &problem.scales;
    let (from, to) = (problem.scaled_center(start), problem.scaled_center(end));
    let ranges = scales.scaled_ranges(&landscape.ranges);
    DividingSurface::new(&scales.landscape(surface.as_ref()), &ranges, &from, &to).map(Some).map_err(failed)
}

/// How far the forward paths lag behind; none for paths that no tether drives.
pub(super) fn lag(
    problem: &Problem,
    divide: &DividingSurface,
    curve: &[TetherPoint],
    sampled: &Sampled<'_>,
) -> Result<Option<Lag>, Error> {
    let whole = sampled.whole(Direction::Forward);
    if sampled.shooting.is_some() || whole == 0 {
        return Ok(None);
    }
    let scales = &problem.scales;
    let exact: Vec<f64> = curve
        .par_iter()
        .map(|point| divide.posterior(point.log_snr, &point.center, problem.thermal_energy).share_beyond)
        .collect();
    let mut beyond = vec![0_usize; curve.len()];
    for path in sampled.each_whole(Direction::Forward) {
        for point in &path?.points {
            beyond[point.curve_point] += usize::from(divide.is_beyond(&scales.scaled(&point.variables)));
        }
    }
    let shares = beyond.iter().map(|count| *count as f64 / whole as f64);
    let largest = shares.zip(exact).map(|(share, exact)| (share - exact).abs()).reduce(f64::max);
    Ok(largest.map(|largest| Lag { largest, by_chance: by_chance(whole) }))
}

fn by_chance(paths: usize) -> f64 {
    std::f64::consts::FRAC_PI_2.sqrt() * std::f64::consts::LN_2 / (paths as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use geodyssey_statistics::RandomStream;

    use super::*;

    /// Paths in equilibrium cross the divide where the exact share says: at a point drawn from it. Over 2000 such sets the largest
    /// difference along 200 points has the stated mean (its standard error is 0.7 %; few paths and points make it smaller).
    #[test]
    fn chance_alone_makes_the_lag_that_is_stated() {
        let points = 200;
        for paths in [32, 128, 512] {
            let sets = 2000;
            let mut sum = 0.0;
            for set in 0..sets {
                let random = RandomStream::new(set, "lag by chance");
                let mut crossing = vec![0_usize; points];
                for path in 0..paths {
                    crossing[(random.uniform(path, 0, 0) * points as f64) as usize] += 1;
                }
                let (mut beyond, mut largest) = (0, 0.0_f64);
                for (point, count) in crossing.into_iter().enumerate() {
                    beyond += count;
                    let exact = (point + 1) as f64 / points as f64;
                    largest = largest.max((beyond as f64 / f64::from(paths) - exact).abs());
                }
                sum += largest;
            }
            let ratio = sum / sets as f64 / by_chance(paths as usize);
            assert!((0.9..1.03).contains(&ratio), "{paths} paths: {ratio}");
        }
    }
}
