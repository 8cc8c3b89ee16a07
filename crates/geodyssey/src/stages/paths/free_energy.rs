//! The free energy from the paths of both directions: along the curve, and between the states without their tethers.

use std::collections::HashSet;

use geodyssey_dynamics::TetherPoint;
use geodyssey_landscape::DividingSurface;
use geodyssey_paths::{
    Direction, Path,
    path_free_energy::{BothWays, DrivenPath, DrivenPaths, RegionTest, path_free_energies},
};
use geodyssey_report::{FreeEnergyDifference, FreeEnergySummary};
use geodyssey_statistics::{RandomStream, work::Estimate};

use super::sampled::Sampled;
use crate::artifacts::free_energy::{ToldEnergy, WindowRow, free_energy_csv};
use crate::config::Space;
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::scales::Scales;

/// Most pairs of a point of a path and a window: of more, points of the curve are left out evenly.
const MOST_PAIRS: usize = 4_000_000;
/// Fewest windows that are left.
const FEWEST_WINDOWS: usize = 16;
/// A standard error beyond this many kT means that nothing is known.
pub(super) const LARGEST_ERROR_KT: f64 = 10.0;

/// The free energies from the paths.
pub(super) struct PathsFreeEnergy {
    /// Differences between the states.
    pub(super) summary: FreeEnergySummary,
    /// The free energy along the curve, one row per window.
    pub(super) table: String,
}

/// Free energies from the paths that did not fail; none for unbiased paths, or with fewer than two paths in either direction.
pub(super) fn free_energy(
    problem: &Problem,
    divide: Option<&DividingSurface>,
    curve: &[TetherPoint],
    sampled: &Sampled<'_>,
) -> Result<Option<PathsFreeEnergy>, Error> {
    let [forward, backward] =
        [Direction::Forward, Direction::Backward].map(|direction| sampled.whole(direction));
    if sampled.shooting.is_some() || forward < 2 || backward < 2 {
        return Ok(None);
    }
    let kept = kept_points(curve.len(), forward + backward);
    let windows: Vec<TetherPoint> = kept.iter().map(|&point| curve[point].clone()).collect();
    let scales = &problem.scales;
    let of = |direction| sampled.each_whole(direction).map(|path| Ok(driven(&*path?, &kept, scales)));
    let forward = of(Direction::Forward).collect::<Result<Vec<DrivenPath>, Error>>()?;
    let backward = of(Direction::Backward).map(|path| path.map(DrivenPath::turned_round));
    let backward = backward.collect::<Result<Vec<DrivenPath>, Error>>()?;
    // As the dynamics have it: the tether of a molecule's torsion is summed over its images, walkers live on the universal cover.
    let periods = match problem.config.space() {
        Space::Atoms => problem.periods(),
        Space::Variables => vec![None; problem.variables.len()],
    };
    let paths = DrivenPaths {
        windows: &windows,
        periods: &periods,
        thermal_energy_kj_mol: problem.thermal_energy,
        forward: &forward,
        backward: &backward,
    };
    let [start, end] = problem.states()?;
    let in_start = |x: &[f64]| start.contains(&problem.variables, &scales.own(x));
    let in_end = |x: &[f64]| end.contains(&problem.variables, &scales.own(x));
    let before = |x: &[f64]| divide.is_some_and(|divide| !divide.is_beyond(x));
    let beyond = |x: &[f64]| divide.is_some_and(|divide| divide.is_beyond(x));
    let regions: [[&RegionTest<'_>; 2]; 2] = [[&in_start, &in_end], [&before, &beyond]];
    let random = RandomStream::new(problem.config.seed, "free energy of the paths");
    let found = path_free_energies(&paths, &regions, random)
        .map_err(|error| Error::failed("the free energy of the paths", error))?;

    let visited = Visited::new(problem, &windows, forward.iter().chain(&backward));
    // The sides of a divide are known of any energy, but not every energy is a free one.
    let landscape = divide.filter(|_| has_free_energy(problem));
    let difference = |pair: usize, found: &BothWays| {
        let on_landscape =
            landscape.map(|divide| OnLandscape::new(divide, problem, &visited, regions[pair], pair == 1));
        summarised(found, on_landscape, problem.thermal_energy)
    };
    let of_pair = |pair: usize| found.regions[pair].as_ref().map(|found| difference(pair, found));
    let summary = FreeEnergySummary { windows: windows.len(), states: of_pair(0), basins: of_pair(1) };
    let table = table(problem, landscape, &kept, &windows, &found.windows);
    Ok(Some(PathsFreeEnergy { summary, table }))
}

/// Whether differences on the landscape are differences of the paths' free energy. Energies of a relaxed scan are least potential
/// energies, which say what paths on the surface itself gain, but not what those of the atoms do.
pub(super) fn has_free_energy(problem: &Problem) -> bool {
    !(problem.config.landscape.is_relaxed() && problem.config.space() == Space::Atoms)
}

/// The points of the curve that are windows: all, or evenly chosen ones, both ends among them.
fn kept_points(points: usize, paths: usize) -> Vec<usize> {
    let most = ((MOST_PAIRS / paths.max(1)) as f64).sqrt() as usize;
    let count = points.min(most.max(FEWEST_WINDOWS));
    (0..count).map(|window| (window * (points - 1) + (count - 1) / 2) / (count - 1).max(1)).collect()
}

/// A path at the kept points, in its own order and the spacetime's units.
fn driven(path: &Path, kept: &[usize], scales: &Scales) -> DrivenPath {
    let of_kept = path.points.iter().filter(|point| kept.binary_search(&point.curve_point).is_ok());
    let (work_kj_mol, variables) =
        of_kept.map(|point| (point.work_kj_mol, scales.scaled(&point.variables))).unzip();
    DrivenPath { work_kj_mol, variables }
}

fn summarised(found: &BothWays, landscape: Option<OnLandscape>, thermal_energy: f64) -> FreeEnergyDifference {
    let error = found.together.standard_error_kj_mol;
    let told = |error: f64| Some(error).filter(|error| error.is_finite());
    let forward_error = told(found.forward.standard_error_kj_mol);
    let backward_error = told(found.backward.standard_error_kj_mol);
    let directions_agree = forward_error.and(backward_error).map(|_| found.agree());
    let is_known = directions_agree == Some(true) && error <= LARGEST_ERROR_KT * thermal_energy;
    FreeEnergyDifference {
        delta_f_kj_mol: is_known.then_some(found.together.value_kj_mol),
        delta_f_error_kj_mol: is_known.then_some(error),
        forward_kj_mol: found.forward.value_kj_mol,
        forward_error_kj_mol: forward_error,
        backward_kj_mol: found.backward.value_kj_mol,
        backward_error_kj_mol: backward_error,
        directions_agree,
        landscape_kj_mol: landscape.as_ref().map(|landscape| landscape.difference),
        covered_start: landscape.as_ref().map(|landscape| landscape.covered[0]),
        covered_end: landscape.as_ref().map(|landscape| landscape.covered[1]),
    }
}

/// Boxes as wide as the narrowest tether that hold a point of a path.
struct Visited {
    edge: f64,
    periods: Vec<Option<f64>>,
    boxes: HashSet<Vec<i64>>,
}

impl Visited {
    fn new<'p>(
        problem: &Problem,
        windows: &[TetherPoint],
        paths: impl Iterator<Item = &'p DrivenPath>,
    ) -> Self {
        let narrowest =
            windows.iter().map(|window| (-0.5 * window.log_snr).exp()).fold(f64::INFINITY, f64::min);
        let mut visited = Self { edge: narrowest, periods: problem.periods(), boxes: HashSet::new() };
        visited.boxes = paths.flat_map(|path| &path.variables).map(|x| visited.place(x)).collect();
        visited
    }

    fn place(&self, x: &[f64]) -> Vec<i64> {
        let place = |(x, period): (&f64, &Option<f64>)| {
            (period.map_or(*x, |period| x.rem_euclid(period)) / self.edge).floor() as i64
        };
        x.iter().zip(&self.periods).map(place).collect()
    }

    fn contain(&self, x: &[f64]) -> bool {
        self.boxes.contains(&self.place(x))
    }
}

/// The landscape's values for two regions.
struct OnLandscape {
    difference: f64,
    /// Share of either region's weight where paths have been.
    covered: [f64; 2],
}

impl OnLandscape {
    fn new(
        divide: &DividingSurface,
        problem: &Problem,
        visited: &Visited,
        regions: [&RegionTest<'_>; 2],
        by_side: bool,
    ) -> Self {
        let thermal_energy = problem.thermal_energy;
        // The side of a grid point is known without looking for the nearest one.
        let inside = |region: usize, x: &[f64], beyond: bool| {
            if by_side { beyond == (region == 1) } else { regions[region](x) }
        };
        let all =
            [0, 1].map(|region| divide.free_energy(thermal_energy, |x, beyond| inside(region, x, beyond)));
        let covered = [0, 1].map(|region| {
            let part = divide
                .free_energy(thermal_energy, |x, beyond| inside(region, x, beyond) && visited.contain(x));
            ((all[region] - part) / thermal_energy).exp().min(1.0)
        });
        Self { difference: all[1] - all[0], covered }
    }
}

/// The free energy along the curve: `-kT log ⟨exp(-F/kT)⟩` over the normalised tether, relative to the first point.
fn table(
    problem: &Problem,
    divide: Option<&DividingSurface>,
    kept: &[usize],
    windows: &[TetherPoint],
    found: &[BothWays],
) -> String {
    // A tether's own normalisation, `-log ∫ exp(-½ e^λ x²)` up to a constant.
    let own = |window: &TetherPoint| 0.5 * window.center.len() as f64 * window.log_snr;
    let landscape = |divide: &DividingSurface, window: &TetherPoint| {
        divide.posterior(window.log_snr, &window.center, problem.thermal_energy).log_normaliser
    };
    let first = divide.zip(windows.first()).map(|(divide, window)| landscape(divide, window));
    let rows = kept.iter().zip(windows).zip(found).map(|((&point, window), found)| {
        let shift = windows.first().map_or(0.0, |first| own(window) - own(first));
        let told = |one: &Estimate, known: bool| {
            let of = |value: f64| Some(value).filter(|value| known && value.is_finite());
            ToldEnergy {
                value: of(one.value_kj_mol - problem.thermal_energy * shift),
                standard_error: of(one.standard_error_kj_mol),
            }
        };
        // Both ways together know nothing where their works do not overlap; what one way says alone stands without its error where
        // resampling cannot tell it.
        let known = found.together.standard_error_kj_mol <= LARGEST_ERROR_KT * problem.thermal_energy;
        WindowRow {
            point,
            log_snr: window.log_snr,
            y: problem.scales.own(&window.center),
            ways: [told(&found.together, known), told(&found.forward, true), told(&found.backward, true)],
            landscape: divide
                .zip(first)
                .map(|(divide, first)| -problem.thermal_energy * (landscape(divide, window) - first + shift)),
        }
    });
    free_energy_csv(&problem.variables, divide.is_some(), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_even_and_hold_both_ends() {
        assert_eq!(kept_points(24, 6), (0..24).collect::<Vec<_>>());
        for (points, paths) in [(512, 2000), (1024, 64), (4096, 100_000), (2, 4)] {
            let kept = kept_points(points, paths);
            assert!(kept.len() >= FEWEST_WINDOWS.min(points) && kept.len() <= points);
            assert_eq!((kept[0], kept[kept.len() - 1]), (0, points - 1));
            let steps: Vec<usize> = kept.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(steps.iter().max().unwrap() - steps.iter().min().unwrap() <= 1, "{steps:?}");
        }
    }
}
