//! Free energies along a curve, and between regions without any tether, from paths driven along it both ways.
//!
//! The paths of the two ways are samples of two densities of paths, whose ratio at a path is `exp((W - ΔF)/kT)` with the work `W` of
//! driving it forwards (G. E. Crooks, Phys. Rev. E 61, 2361 (2000)). Together they give averages over forward paths with the weight
//! `a = 1/(n_F + n_R exp(-(W - ΔF)/kT))` of each path, ΔF being Bennett's (D. D. L. Minh and A. B. Adib, Phys. Rev. Lett. 100, 180602
//! (2008); the multistate ratio of M. R. Shirts and J. D. Chodera, J. Chem. Phys. 129, 124105 (2008), for two densities of paths). A
//! point of a path where the tether is that of window `k` then stands for the equilibrium of that window with the weight
//! `a exp(-W_k/kT)`, `W_k` being the work up to there (G. Hummer and A. Szabo, PNAS 98, 3658 (2001)), however fast the path was:
//!
//! - the window's free energy is `f_k = -kT log Σ a exp(-W_k/kT)`; that of the last one is Bennett's;
//! - released from its tether, a point at `x` weighs `w M_k / Σ_j M_j exp((f_j - V_j(x))/kT)` with its weight `w` among the window's,
//!   which add up to 1, and the window's effective number of points `M_k = 1/Σ w²`: the multistate ratio over the windows, whose free
//!   energies the works know already.
//!
//! One way alone (`a = 1/n_F`, Jarzynski's equality) gives all this too. Where the two ways differ by more than their errors, too few
//! paths were driven too fast, and neither is to be believed.

use geodyssey_dynamics::{DynamicsError, Tether, TetherPoint};
use geodyssey_statistics::{
    RandomStream,
    work::{Estimate, bar},
};
use rayon::prelude::*;

/// Resamplings of the paths: standard errors are then good to 5 %.
const BOOTSTRAPS: u32 = 200;
/// Differences beyond so many standard errors are taken as none by chance. Jarzynski's estimate is biased, and its error too small, where
/// paths lose a few kT, while both ways together still know the answer: so it is not fewer.
const AGREEING_ERRORS: f64 = 4.0;

/// A window's share in Bennett's uncertainty below which it has none.
const NO_SHARE: f64 = 1e-12;

/// A path of either way, its points in the order of the windows.
#[derive(Clone, Debug, PartialEq)]
pub struct DrivenPath {
    /// Work of driving it forwards from the first window to each, kJ/mol.
    pub work_kj_mol: Vec<f64>,
    /// The variables at each window, under its tether.
    pub variables: Vec<Vec<f64>>,
}

impl DrivenPath {
    /// A path driven backwards, from its points as it passed them and the work done on it so far: the other way round all work is
    /// gained that was spent.
    #[must_use]
    pub fn turned_round(self) -> Self {
        let total = self.work_kj_mol.last().copied().unwrap_or(0.0);
        Self {
            work_kj_mol: self.work_kj_mol.into_iter().rev().map(|work| work - total).collect(),
            variables: self.variables.into_iter().rev().collect(),
        }
    }
}

/// Paths along the same windows, both ways.
#[derive(Clone, Copy, Debug)]
pub struct DrivenPaths<'a> {
    /// The tethers, in order.
    pub windows: &'a [TetherPoint],
    /// Period of each variable over whose images tethers are summed.
    pub periods: &'a [Option<f64>],
    /// kT, kJ/mol.
    pub thermal_energy_kj_mol: f64,
    /// From the first window to the last.
    pub forward: &'a [DrivenPath],
    /// From the last window to the first, turned round.
    pub backward: &'a [DrivenPath],
}

/// A free energy as the paths of both ways together know it, and as each way alone does.
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
    /// Whether the two ways differ by no more than four standard errors of their difference.
    #[must_use]
    pub fn agree(&self) -> bool {
        let error = self.forward.standard_error_kj_mol.hypot(self.backward.standard_error_kj_mol);
        (self.forward.value_kj_mol - self.backward.value_kj_mol).abs() <= AGREEING_ERRORS * error
    }
}

/// What the paths know.
#[derive(Clone, Debug, PartialEq)]
pub struct PathFreeEnergies {
    /// `f_k - f_0` of every window's tethered ensemble.
    pub windows: Vec<BothWays>,
    /// `-kT log (∫_B exp(-F/kT) / ∫_A exp(-F/kT))` for every pair of regions; none where too few points lie in one.
    pub regions: Vec<Option<BothWays>>,
}

/// Whether values of the variables lie in a region.
pub type RegionTest<'a> = dyn Fn(&[f64]) -> bool + Sync + 'a;

/// Free energies of the windows, and between regions `[A, B]` without a tether, as far as the paths cover them.
///
/// Standard errors are the root mean square distances of 200 resamplings of the paths of either way from the estimate, bias included. Where Bennett's own error is larger than the resamplings'
/// error of the last window's free energy, as it is where the works of the two ways hardly overlap, the difference of the variances
/// is added to all differences between regions, and to every window's the share of it that its free energy has in Bennett's: with
/// `s_k = ∂f_k/∂ΔF` that is `((s_k - s_0)/(s_last - s_0))²`, 0 on the near side of where the works come apart and 1 beyond.
///
/// # Errors
/// Fewer than two windows or paths either way, paths that do not have one point a window, numbers that are not finite, or windows
/// that are no tethers.
pub fn path_free_energies(
    paths: &DrivenPaths<'_>,
    regions: &[[&RegionTest<'_>; 2]],
    random: RandomStream,
) -> Result<PathFreeEnergies, DynamicsError> {
    let table = Table::new(paths, regions)?;
    let once = vec![1.0; table.paths()];
    let [own, forward, backward] = Ways::ALL.map(|ways| table.estimate(ways, &once));
    let (own, forward, backward) = (own?, forward?, backward?);
    let resampled: Vec<[Values; 3]> = (0..BOOTSTRAPS)
        .into_par_iter()
        .map(|resampling| {
            let counts = table.resample(&random, resampling);
            let [together, forward, backward] = Ways::ALL.map(|ways| table.estimate(ways, &counts));
            Ok([together?, forward?, backward?])
        })
        .collect::<Result<_, DynamicsError>>()?;
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
        // Nothing, however unknown the whole, where a window has no share in it.
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

/// Whose paths count.
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

/// Works and tethers of all points, in units of kT; forward paths come first.
struct Table {
    thermal_energy: f64,
    forward: usize,
    works: Vec<Vec<f64>>,
    points: Vec<Point>,
    regions: usize,
}

/// A point of a path that lies in a region.
struct Point {
    path: usize,
    window: usize,
    /// For every pair of regions: whether it lies in the first and in the second.
    inside: Vec<[bool; 2]>,
    /// `exp(-V_j(x)/kT)` of every window.
    tethers: Vec<f64>,
}

impl Table {
    fn new(paths: &DrivenPaths<'_>, regions: &[[&RegionTest<'_>; 2]]) -> Result<Self, DynamicsError> {
        let DrivenPaths { windows, periods, thermal_energy_kj_mol: thermal_energy, forward, backward } =
            *paths;
        if windows.len() < 2 {
            return Err(DynamicsError::TooFew { what: "windows", least: 2, found: windows.len() });
        }
        for path in forward.iter().chain(backward) {
            DynamicsError::check_count("works of a path", windows.len(), path.work_kj_mol.len())?;
            DynamicsError::check_count("points of a path", windows.len(), path.variables.len())?;
            if path.work_kj_mol.iter().chain(path.variables.iter().flatten()).any(|x| !x.is_finite()) {
                return Err(DynamicsError::NotFinite { what: "a point of a path" });
            }
        }
        let tethers = windows
            .iter()
            .map(|window| Tether::new(window, periods, thermal_energy))
            .collect::<Result<Vec<_>, _>>()?;
        let reduced =
            |x: &[f64], tether: &Tether| (-tether.energy(x, &mut vec![0.0; x.len()]) / thermal_energy).exp();
        let all = forward.iter().chain(backward);
        let places: Vec<(usize, usize, &[f64])> = all
            .clone()
            .enumerate()
            .flat_map(|(path, driven)| {
                driven.variables.iter().enumerate().map(move |(window, x)| (path, window, x.as_slice()))
            })
            .collect();
        let point = |(path, window, x): (usize, usize, &[f64])| {
            let inside: Vec<[bool; 2]> = regions.iter().map(|pair| pair.map(|region| region(x))).collect();
            inside.iter().flatten().any(|inside| *inside).then(|| Point {
                path,
                window,
                inside,
                tethers: tethers.iter().map(|tether| reduced(x, tether)).collect(),
            })
        };
        Ok(Self {
            thermal_energy,
            forward: forward.len(),
            works: all
                .map(|path| path.work_kj_mol.iter().map(|work| work / thermal_energy).collect())
                .collect(),
            points: places.into_par_iter().filter_map(point).collect(),
            regions: regions.len(),
        })
    }

    fn paths(&self) -> usize {
        self.works.len()
    }

    fn total(&self, path: usize) -> f64 {
        self.works[path].last().copied().unwrap_or(0.0)
    }

    /// How often each path is drawn when as many of either way are drawn as there are.
    fn resample(&self, random: &RandomStream, resampling: u32) -> Vec<f64> {
        let mut counts = vec![0.0; self.paths()];
        for path in 0..self.paths() {
            let (first, end) =
                if path < self.forward { (0, self.forward) } else { (self.forward, self.paths()) };
            let drawn = random.uniform(resampling, path as u64, 0) * (end - first) as f64;
            counts[first + drawn as usize] += 1.0;
        }
        counts
    }

    /// Bennett's ratio of the works, each as often as it counts, in kJ/mol.
    fn bennett(&self, counts: &[f64]) -> Result<Estimate, DynamicsError> {
        let of = |paths: std::ops::Range<usize>, sign: f64| -> Vec<f64> {
            paths
                .flat_map(|path| {
                    let work = sign * self.thermal_energy * self.total(path);
                    std::iter::repeat_n(work, counts[path] as usize)
                })
                .collect()
        };
        Ok(bar(&of(0..self.forward, 1.0), &of(self.forward..self.paths(), -1.0), self.thermal_energy)?)
    }

    /// `(s_k - s_0)/(s_last - s_0)` of every window, with `s_k = ∂f_k/∂ΔF = Σ a p exp(-W_k/kT) / Σ a exp(-W_k/kT)` and the share
    /// `p = n_R a exp(-(W - ΔF)/kT)` of the backward paths in a path's density.
    fn shares_of_bennett(&self, counts: &[f64]) -> Result<Vec<f64>, DynamicsError> {
        let weights = self.log_weights(Ways::Both, counts)?;
        let (forward, backward) = (self.forward as f64, (self.paths() - self.forward) as f64);
        let delta = self.bennett(counts)?.value_kj_mol / self.thermal_energy;
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
        // Works that are all alike tell nothing apart, and leave nothing unseen.
        let range = last - first;
        Ok(shares.iter().map(|share| if range > 0.0 { (share - first).abs() / range } else { 1.0 }).collect())
    }

    /// Logarithm of each path's weight `a`, times how often it counts.
    fn log_weights(&self, ways: Ways, counts: &[f64]) -> Result<Vec<f64>, DynamicsError> {
        let (forward, backward) = (self.forward as f64, (self.paths() - self.forward) as f64);
        let delta = match ways {
            Ways::Both => self.bennett(counts)?.value_kj_mol / self.thermal_energy,
            Ways::Forward | Ways::Backward => 0.0,
        };
        let weight = |path: usize| match (ways, path < self.forward) {
            (Ways::Both, _) => {
                let beyond = (backward / forward).ln() - self.total(path) + delta;
                -forward.ln() - beyond.max(0.0) - (-beyond.abs()).exp().ln_1p()
            }
            (Ways::Forward, true) => -forward.ln(),
            (Ways::Backward, false) => self.total(path) - backward.ln(),
            (Ways::Forward, false) | (Ways::Backward, true) => f64::NEG_INFINITY,
        };
        Ok((0..self.paths()).map(|path| weight(path) + counts[path].ln()).collect())
    }

    fn estimate(&self, ways: Ways, counts: &[f64]) -> Result<Values, DynamicsError> {
        let weights = self.log_weights(ways, counts)?;
        let windows = self.works.first().map_or(0, Vec::len);
        let mut free_energies = Vec::with_capacity(windows);
        let mut effective = Vec::with_capacity(windows);
        for window in 0..windows {
            let logarithm = |path: usize| weights[path] - self.works[path][window];
            let largest = (0..self.paths()).map(logarithm).fold(f64::NEG_INFINITY, f64::max);
            let (mut sum, mut squares) = (0.0, 0.0);
            for (path, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
                let weight = (logarithm(path) - largest).exp();
                sum += weight;
                squares += weight * weight / count;
            }
            free_energies.push(-largest - sum.ln());
            effective.push(sum * sum / squares);
        }
        let highest = free_energies.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mixture: Vec<f64> =
            free_energies.iter().zip(&effective).map(|(f, m)| m * (f - highest).exp()).collect();
        let mut sums = vec![[0.0; 2]; self.regions];
        for point in &self.points {
            let logarithm = weights[point.path] - self.works[point.path][point.window];
            if logarithm == f64::NEG_INFINITY {
                continue;
            }
            let own = (logarithm + free_energies[point.window]).exp() * effective[point.window];
            let density: f64 = point.tethers.iter().zip(&mixture).map(|(tether, part)| tether * part).sum();
            for (sums, inside) in sums.iter_mut().zip(&point.inside) {
                for (sum, inside) in sums.iter_mut().zip(inside) {
                    *sum += if *inside { own / density } else { 0.0 };
                }
            }
        }
        let first = free_energies[0];
        Ok(Values {
            regions: sums.iter().map(|[from, to]| (from / to).ln()).collect(),
            windows: free_energies.into_iter().map(|f| f - first).collect(),
        })
    }
}
