//! Free energies along a curve, and between regions without any tether, from paths driven along it in both directions.
//!
//! The paths of the two directions are samples of two path densities, whose ratio for a path is `exp((W - ΔF)/kT)` with the work `W` of
//! driving it forwards (G. E. Crooks, Phys. Rev. E 61, 2361 (2000)). Together they give averages over forward paths, each path with the
//! weight `a = 1/(n_F + n_R exp(-(W - ΔF)/kT))` and ΔF by Bennett's method (D. D. L. Minh and A. B. Adib, Phys. Rev. Lett. 100, 180602
//! (2008); the multistate ratio of M. R. Shirts and J. D. Chodera, J. Chem. Phys. 129, 124105 (2008), for two path densities). A point of a
//! path where the tether is that of window `k` then represents the equilibrium of that window with the weight `a exp(-W_k/kT)`, where `W_k`
//! is the work up to there (G. Hummer and A. Szabo, PNAS 98, 3658 (2001)), however fast the path was driven:
//!
//! - the window's free energy is `f_k = -kT log Σ a exp(-W_k/kT)`; that of the last one is Bennett's;
//! - released from its tether, a point at `x` weighs `w M_k / Σ_j M_j exp((f_j - V_j(x))/kT)` with its weight `w` among the window's,
//!   which add up to 1, and the window's effective number of points `M_k = 1/Σ w²`: the multistate ratio over the windows, whose free
//!   energies are already known from the works.
//!
//! One direction alone (`a = 1/n_F`, Jarzynski's equality) gives all this too. If the two directions differ by more than their errors, the
//! paths were too few and driven too fast, and neither result can be trusted.

use geodyssey_dynamics::{DynamicsError, Tether, TetherPoint};
use geodyssey_statistics::{
    RandomStream, WrongInput,
    work::{Estimate, bar},
};
use rayon::prelude::*;

/// Number of resamplings of the paths; standard errors are then accurate to 5 %.
const BOOTSTRAPS: u32 = 200;
/// Differences beyond this number of standard errors do not count as chance. It is not smaller because Jarzynski's estimate is biased, and
/// its error too small, if paths dissipate a few kT, whereas the combined estimate is then still reliable.
const AGREEING_ERRORS: f64 = 4.0;

/// A window's fraction of Bennett's uncertainty below which it counts as zero.
const NO_SHARE: f64 = 1e-12;

/// A path of either direction, with its points in the order of the windows.
#[derive(Clone, Debug, PartialEq)]
pub struct DrivenPath {
    /// Work of driving it forwards from the first window to each window, kJ/mol.
    pub work_kj_mol: Vec<f64>,
    /// The variables at each window, under its tether.
    pub variables: Vec<Vec<f64>>,
}

impl DrivenPath {
    /// A path driven backwards, from its points in the order in which it passed them and the work done on it so far; in reverse the work
    /// changes its sign.
    #[must_use]
    pub fn turned_round(self) -> Self {
        let total = self.work_kj_mol.last().copied().unwrap_or(0.0);
        Self {
            work_kj_mol: self.work_kj_mol.into_iter().rev().map(|work| work - total).collect(),
            variables: self.variables.into_iter().rev().collect(),
        }
    }
}

/// Paths along the same windows in both directions.
#[derive(Clone, Copy, Debug)]
pub struct DrivenPaths<'a> {
    /// The tethers, in order.
    pub windows: &'a [TetherPoint],
    /// Period of each variable whose tether is summed over images.
    pub periods: &'a [Option<f64>],
    /// kT, kJ/mol.
    pub thermal_energy_kj_mol: f64,
    /// From the first window to the last.
    pub forward: &'a [DrivenPath],
    /// From the last window to the first, reversed.
    pub backward: &'a [DrivenPath],
}

/// A free energy from the paths of both directions together, and from each direction alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BothWays {
    /// From all paths.
    pub together: Estimate,
    /// From the forward paths alone.
    pub forward: Estimate,
    /// From the backward paths alone.
    pub backward: Estimate,
}

impl BothWays {
    /// Whether the two directions differ by no more than four standard errors of their difference.
    #[must_use]
    pub fn agree(&self) -> bool {
        let error = self.forward.standard_error_kj_mol.hypot(self.backward.standard_error_kj_mol);
        (self.forward.value_kj_mol - self.backward.value_kj_mol).abs() <= AGREEING_ERRORS * error
    }
}

/// The free energies from the paths.
#[derive(Clone, Debug, PartialEq)]
pub struct PathFreeEnergies {
    /// `f_k - f_0` of every window's tethered ensemble.
    pub windows: Vec<BothWays>,
    /// `-kT log (∫_B exp(-F/kT) / ∫_A exp(-F/kT))` for every pair of regions; none if too few points lie in one of them.
    pub regions: Vec<Option<BothWays>>,
}

/// Decides whether values of the variables lie in a region.
pub type RegionTest<'a> = dyn Fn(&[f64]) -> bool + Sync + 'a;

/// Paths whose points are in memory at a time.
const PATHS_AT_ONCE: usize = 64;
/// Most pairs of regions: a point's are the bits of one number.
const MOST_REGIONS: usize = 32;

/// Free energies of the windows, and between regions `[A, B]` without a tether, as far as the paths cover them.
///
/// Standard errors are root mean square deviations from the estimate of 200 resamplings of the paths of each direction, including bias. If
/// Bennett's own error is larger than that of the last window's free energy by resampling, as happens if the works of the two directions
/// hardly overlap, the difference of the variances is added to the variance of all differences between regions, and to that of every window
/// the fraction with which its free energy depends on Bennett's: with `s_k = ∂f_k/∂ΔF` that is `((s_k - s_0)/(s_last - s_0))²`, 0 before
/// the place where the works separate and 1 beyond it.
///
/// # Errors
/// Fewer than two windows or fewer than two paths in either direction, paths without exactly one point per window, numbers that are not
/// finite, or windows that are not tethers.
pub fn path_free_energies(
    paths: &DrivenPaths<'_>,
    regions: &[[&RegionTest<'_>; 2]],
    random: RandomStream,
) -> Result<PathFreeEnergies, DynamicsError> {
    let table = Table::new(paths, regions)?;
    let once = vec![1; table.paths()];
    let mut draws = vec![once.clone()];
    draws.extend((0..BOOTSTRAPS).map(|resampling| table.resample(&random, resampling)));
    // One with the paths as they are, then the resamplings, each with both directions and with either alone.
    let mut estimates: Vec<[Estimation<'_>; 3]> = draws
        .par_iter()
        .map(|counts| {
            let [together, forward, backward] = Ways::ALL.map(|ways| table.begin(ways, counts));
            Ok([together?, forward?, backward?])
        })
        .collect::<Result<_, DynamicsError>>()?;
    table.add_points(paths, regions, &mut estimates);
    let mut values = estimates.into_iter().map(|estimates| estimates.map(Estimation::values));
    let Some([own, forward, backward]) = values.next() else {
        return Err(WrongInput::TooFew { what: "estimates", least: 1, found: 0 }.into());
    };
    let resampled: Vec<[Values; 3]> = values.collect();
    let estimate = |value: f64, of: &dyn Fn(&[Values; 3]) -> f64, unseen: f64| {
        let count = resampled.len() as f64;
        let variance = resampled.iter().map(|values| (of(values) - value).powi(2)).sum::<f64>() / count;
        let unit = table.thermal_energy;
        Estimate {
            value_kj_mol: unit * value,
            standard_error_kj_mol: (unit * unit * variance + unseen).sqrt(),
        }
    };
    let both = |of: &dyn Fn(&Values) -> f64, unseen: f64| BothWays {
        together: estimate(of(&own), &|values| of(&values[0]), unseen),
        forward: estimate(of(&forward), &|values| of(&values[1]), 0.0),
        backward: estimate(of(&backward), &|values| of(&values[2]), 0.0),
    };
    let of_window = |window: usize, unseen: f64| both(&|values: &Values| values.windows[window], unseen);
    let ends = table.bennett(&once)?.standard_error_kj_mol;
    let seen = of_window(paths.windows.len() - 1, 0.0).together.standard_error_kj_mol;
    let unseen = (ends * ends - seen * seen).max(0.0);
    let windows: Vec<BothWays> = table
        .shares_of_bennett(&once)?
        .into_iter()
        .enumerate()
        // Zero for a window that does not depend on ΔF, however large the uncertainty of ΔF.
        .map(|(window, share)| of_window(window, if share > NO_SHARE { unseen * share * share } else { 0.0 }))
        .collect();
    let regions = (0..regions.len()).map(|pair| {
        let found = both(&|values| values.regions[pair], unseen);
        let all = [found.together, found.forward, found.backward];
        all.iter()
            .all(|one| one.value_kj_mol.is_finite() && !one.standard_error_kj_mol.is_nan())
            .then_some(found)
    });
    Ok(PathFreeEnergies { regions: regions.collect(), windows })
}

/// Which paths are used.
#[derive(Clone, Copy)]
enum Ways {
    Both,
    Forward,
    Backward,
}

impl Ways {
    const ALL: [Self; 3] = [Self::Both, Self::Forward, Self::Backward];
}

/// Free energies in units of kT.
struct Values {
    windows: Vec<f64>,
    regions: Vec<f64>,
}

/// Works of all paths, in units of kT; forward paths come first.
struct Table {
    thermal_energy: f64,
    forward: usize,
    works: Vec<Vec<f64>>,
    tethers: Vec<Tether>,
    regions: usize,
}

/// One estimate, to which the points of the paths are added one by one: no more of them than a few paths' is in memory.
struct Estimation<'e> {
    ways: Ways,
    /// How often each path counts.
    counts: &'e [u16],
    /// Bennett's ratio, where both directions are used.
    delta: f64,
    free_energies: Vec<f64>,
    effective: Vec<f64>,
    mixture: Vec<f64>,
    /// `∫ exp(-F/kT)` over the regions of every pair, but for a factor.
    sums: Vec<[f64; 2]>,
}

impl Estimation<'_> {
    fn values(self) -> Values {
        let first = self.free_energies[0];
        Values {
            regions: self.sums.iter().map(|[from, to]| (from / to).ln()).collect(),
            windows: self.free_energies.into_iter().map(|f| f - first).collect(),
        }
    }
}

/// A point of a path that lies in a region.
struct Point {
    path: usize,
    window: usize,
    /// The regions that contain it, a bit each: the first and the second of the first pair, of the second pair, ….
    inside: u64,
    /// `exp(-V_j(x)/kT)` of every window.
    tethers: Vec<f64>,
}

impl Table {
    fn new(paths: &DrivenPaths<'_>, regions: &[[&RegionTest<'_>; 2]]) -> Result<Self, DynamicsError> {
        let DrivenPaths { windows, periods, thermal_energy_kj_mol: thermal_energy, forward, backward } =
            *paths;
        if windows.len() < 2 {
            return Err(WrongInput::TooFew { what: "windows", least: 2, found: windows.len() }.into());
        }
        if regions.len() > MOST_REGIONS {
            return Err(DynamicsError::Parameters(format!(
                "at most {MOST_REGIONS} pairs of regions are possible"
            )));
        }
        for path in forward.iter().chain(backward) {
            WrongInput::check_count("works of a path", windows.len(), path.work_kj_mol.len())?;
            WrongInput::check_count("points of a path", windows.len(), path.variables.len())?;
            if path.work_kj_mol.iter().chain(path.variables.iter().flatten()).any(|x| !x.is_finite()) {
                return Err(WrongInput::NotFinite { what: "a point of a path" }.into());
            }
        }
        let tethers = windows
            .iter()
            .map(|window| Tether::new(window, periods, thermal_energy))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            thermal_energy,
            forward: forward.len(),
            works: forward
                .iter()
                .chain(backward)
                .map(|path| path.work_kj_mol.iter().map(|work| work / thermal_energy).collect())
                .collect(),
            tethers,
            regions: regions.len(),
        })
    }

    /// The points of one path that lie in a region.
    fn points(&self, path: usize, driven: &DrivenPath, regions: &[[&RegionTest<'_>; 2]]) -> Vec<Point> {
        let reduced = |x: &[f64], tether: &Tether| {
            (-tether.energy(x, &mut vec![0.0; x.len()]) / self.thermal_energy).exp()
        };
        let point = |(window, x): (usize, &Vec<f64>)| {
            let sides = regions.iter().flatten().map(|region| region(x));
            let inside = sides.enumerate().fold(0, |bits, (side, inside)| bits | u64::from(inside) << side);
            (inside != 0).then(|| Point {
                path,
                window,
                inside,
                tethers: self.tethers.iter().map(|tether| reduced(x, tether)).collect(),
            })
        };
        driven.variables.iter().enumerate().filter_map(point).collect()
    }

    /// Adds all points to all estimates, in the order of the paths.
    fn add_points(
        &self,
        paths: &DrivenPaths<'_>,
        regions: &[[&RegionTest<'_>; 2]],
        estimates: &mut [[Estimation<'_>; 3]],
    ) {
        let all: Vec<&DrivenPath> = paths.forward.iter().chain(paths.backward).collect();
        for (chunk, driven) in all.chunks(PATHS_AT_ONCE).enumerate() {
            let of_path = |(place, driven): (usize, &&DrivenPath)| {
                self.points(chunk * PATHS_AT_ONCE + place, driven, regions)
            };
            let points: Vec<Point> = driven.par_iter().enumerate().flat_map_iter(of_path).collect();
            estimates.par_iter_mut().flatten().for_each(|estimate| self.add(&points, estimate));
        }
    }

    fn add(&self, points: &[Point], estimate: &mut Estimation<'_>) {
        let mut weight = (usize::MAX, f64::NAN);
        for point in points {
            if weight.0 != point.path {
                let count = f64::from(estimate.counts[point.path]);
                weight =
                    (point.path, self.log_weight(estimate.ways, estimate.delta, point.path) + count.ln());
            }
            let logarithm = weight.1 - self.works[point.path][point.window];
            if logarithm == f64::NEG_INFINITY {
                continue;
            }
            let own =
                (logarithm + estimate.free_energies[point.window]).exp() * estimate.effective[point.window];
            let density: f64 =
                point.tethers.iter().zip(&estimate.mixture).map(|(tether, part)| tether * part).sum();
            for (side, sum) in estimate.sums.iter_mut().flatten().enumerate() {
                *sum += if point.inside >> side & 1 == 1 { own / density } else { 0.0 };
            }
        }
    }

    fn paths(&self) -> usize {
        self.works.len()
    }

    fn total(&self, path: usize) -> f64 {
        self.works[path].last().copied().unwrap_or(0.0)
    }

    /// How often each path is drawn in a resampling with as many paths of each direction as there are.
    fn resample(&self, random: &RandomStream, resampling: u32) -> Vec<u16> {
        let mut counts = vec![0_u16; self.paths()];
        for path in 0..self.paths() {
            let (first, end) =
                if path < self.forward { (0, self.forward) } else { (self.forward, self.paths()) };
            let drawn = random.uniform(resampling, path as u64, 0) * (end - first) as f64;
            counts[first + drawn as usize] += 1;
        }
        counts
    }

    /// Bennett's estimate from the works, each repeated as often as it was drawn, in kJ/mol.
    fn bennett(&self, counts: &[u16]) -> Result<Estimate, DynamicsError> {
        let of = |paths: std::ops::Range<usize>, sign: f64| -> Vec<f64> {
            paths
                .flat_map(|path| {
                    let work = sign * self.thermal_energy * self.total(path);
                    std::iter::repeat_n(work, usize::from(counts[path]))
                })
                .collect()
        };
        Ok(bar(&of(0..self.forward, 1.0), &of(self.forward..self.paths(), -1.0), self.thermal_energy)?)
    }

    /// `(s_k - s_0)/(s_last - s_0)` of every window, with `s_k = ∂f_k/∂ΔF = Σ a p exp(-W_k/kT) / Σ a exp(-W_k/kT)` and the fraction
    /// `p = n_R a exp(-(W - ΔF)/kT)` of the backward paths in a path's density.
    fn shares_of_bennett(&self, counts: &[u16]) -> Result<Vec<f64>, DynamicsError> {
        let (forward, backward) = (self.forward as f64, (self.paths() - self.forward) as f64);
        let delta = self.delta(Ways::Both, counts)?;
        let weights = self.log_weights(Ways::Both, delta, counts);
        let of_backward: Vec<f64> = (0..self.paths())
            .map(|path| 1.0 / (1.0 + (self.total(path) - delta - (backward / forward).ln()).exp()))
            .collect();
        let shares: Vec<f64> = (0..self.works.first().map_or(0, Vec::len))
            .map(|window| {
                let logarithm = |path: usize| weights[path] - self.works[path][window];
                let largest = (0..self.paths()).map(logarithm).fold(f64::NEG_INFINITY, f64::max);
                let (mut all, mut part) = (0.0, 0.0);
                for (path, share) in of_backward.iter().enumerate() {
                    let weight = (logarithm(path) - largest).exp();
                    all += weight;
                    part += weight * share;
                }
                part / all
            })
            .collect();
        let (first, last) = (shares[0], shares[shares.len() - 1]);
        // Identical works carry no information on the separation, and leave no uncertainty.
        let range = last - first;
        Ok(shares.iter().map(|share| if range > 0.0 { (share - first).abs() / range } else { 1.0 }).collect())
    }

    /// Bennett's ratio, where both directions are used.
    fn delta(&self, ways: Ways, counts: &[u16]) -> Result<f64, DynamicsError> {
        match ways {
            Ways::Both => Ok(self.bennett(counts)?.value_kj_mol / self.thermal_energy),
            Ways::Forward | Ways::Backward => Ok(0.0),
        }
    }

    /// Logarithm of a path's weight `a`.
    fn log_weight(&self, ways: Ways, delta: f64, path: usize) -> f64 {
        let (forward, backward) = (self.forward as f64, (self.paths() - self.forward) as f64);
        match (ways, path < self.forward) {
            (Ways::Both, _) => {
                let beyond = (backward / forward).ln() - self.total(path) + delta;
                -forward.ln() - beyond.max(0.0) - (-beyond.abs()).exp().ln_1p()
            }
            (Ways::Forward, true) => -forward.ln(),
            (Ways::Backward, false) => self.total(path) - backward.ln(),
            (Ways::Forward, false) | (Ways::Backward, true) => f64::NEG_INFINITY,
        }
    }

    /// Logarithm of each path's weight `a`, multiplied by how often it was drawn.
    fn log_weights(&self, ways: Ways, delta: f64, counts: &[u16]) -> Vec<f64> {
        (0..self.paths())
            .map(|path| self.log_weight(ways, delta, path) + f64::from(counts[path]).ln())
            .collect()
    }

    /// An estimate before its points: the free energies of the windows, which the works alone give.
    fn begin<'e>(&self, ways: Ways, counts: &'e [u16]) -> Result<Estimation<'e>, DynamicsError> {
        let delta = self.delta(ways, counts)?;
        let weights = self.log_weights(ways, delta, counts);
        let windows = self.works.first().map_or(0, Vec::len);
        let mut free_energies = Vec::with_capacity(windows);
        let mut effective = Vec::with_capacity(windows);
        for window in 0..windows {
            let logarithm = |path: usize| weights[path] - self.works[path][window];
            let largest = (0..self.paths()).map(logarithm).fold(f64::NEG_INFINITY, f64::max);
            let (mut sum, mut squares) = (0.0, 0.0);
            for (path, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                let weight = (logarithm(path) - largest).exp();
                sum += weight;
                squares += weight * weight / f64::from(count);
            }
            free_energies.push(-largest - sum.ln());
            effective.push(sum * sum / squares);
        }
        let highest = free_energies.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mixture: Vec<f64> =
            free_energies.iter().zip(&effective).map(|(f, m)| m * (f - highest).exp()).collect();
        let sums = vec![[0.0; 2]; self.regions];
        Ok(Estimation { ways, counts, delta, free_energies, effective, mixture, sums })
    }
}
