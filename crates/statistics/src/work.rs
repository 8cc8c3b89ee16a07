//! Free-energy differences and dissipation from the work of driven paths.
//!
//! The work (kJ/mol) is that of switching the tether from its first to its last point; the free-energy difference is that between the two
//! tethered ensembles, `ΔF = -kT log ∫exp(-β(U+V_last)) / ∫exp(-β(U+V_first))`.

use serde::{Deserialize, Serialize};

use crate::error::StatisticsError;
use crate::random::RandomStream;
use crate::wrong_input::WrongInput;

/// Number of bootstrap resamplings; the standard error is then accurate to about 3 %.
const BOOTSTRAPS: u32 = 500;

/// A number with its standard error, kJ/mol.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate.
    pub value_kj_mol: f64,
    /// Its standard error.
    pub standard_error_kj_mol: f64,
}

impl Estimate {
    /// Value and standard error in units of kT.
    pub fn in_thermal_energies(&self, thermal_energy_kj_mol: f64) -> (f64, f64) {
        (self.value_kj_mol / thermal_energy_kj_mol, self.standard_error_kj_mol / thermal_energy_kj_mol)
    }
}

/// Mean work with its standard error.
///
/// # Errors
/// If there are fewer than two values or one is not finite.
pub fn mean_work(work_kj_mol: &[f64]) -> Result<Estimate, StatisticsError> {
    check(work_kj_mol)?;
    let count = work_kj_mol.len() as f64;
    let mean = work_kj_mol.iter().sum::<f64>() / count;
    let variance = work_kj_mol.iter().map(|w| (w - mean) * (w - mean)).sum::<f64>() / (count - 1.0);
    Ok(Estimate { value_kj_mol: mean, standard_error_kj_mol: (variance / count).sqrt() })
}

/// Dissipated work `⟨W⟩ - ΔF` with ΔF from another source; for backward paths give `-ΔF`. The two errors are assumed to be independent; if
/// ΔF is estimated from the same works they are not: see [`dissipated_works`].
///
/// # Errors
/// As [`mean_work`].
pub fn dissipated_work(work_kj_mol: &[f64], delta_f: Estimate) -> Result<Estimate, StatisticsError> {
    let mean = mean_work(work_kj_mol)?;
    Ok(Estimate {
        value_kj_mol: mean.value_kj_mol - delta_f.value_kj_mol,
        standard_error_kj_mol: mean.standard_error_kj_mol.hypot(delta_f.standard_error_kj_mol),
    })
}

/// Dissipated work `⟨W_F⟩ - ΔF` forwards and `⟨W_R⟩ + ΔF` backwards with ΔF by [`bar`] from the same works.
///
/// The standard errors are those of the two estimates together, by linearisation. A single work shifts ΔF by `-kT (f - ⟨f⟩)/S` if forward
/// and by `kT (f - ⟨f⟩)/S` if backward, where `f` are the Fermi functions of its direction at the root and `S = Σ f (1 - f)` over both, and
/// it shifts the mean of its own direction by `(W - ⟨W⟩)/n`; the squares of the total shifts are summed over the works of both directions.
/// A forward work above the mean raises both `⟨W_F⟩` and ΔF: near equilibrium, with `n` paths each way, the error is
/// `σ/√(2n)`, whereas two independent errors would give `σ √(3/(2n))`. If the works hardly overlap, the scatter of `f` underestimates the
/// uncertainty of ΔF: the excess of [`bar`]'s variance over the linearised one is added.
///
/// # Errors
/// As [`bar`].
pub fn dissipated_works(
    forward_kj_mol: &[f64],
    reverse_kj_mol: &[f64],
    thermal_energy_kj_mol: f64,
) -> Result<[Estimate; 2], StatisticsError> {
    let delta_f = bar(forward_kj_mol, reverse_kj_mol, thermal_energy_kj_mol)?;
    let delta = delta_f.value_kj_mol / thermal_energy_kj_mol;
    let fermi = FermiFunctions::new(forward_kj_mol, reverse_kj_mol, thermal_energy_kj_mol);
    // The contribution of each work to the scatter of ΔF.
    let log_slope = fermi.log_slope(delta);
    let forward = moved(&fermi.forward(delta), log_slope, -thermal_energy_kj_mol);
    let reverse = moved(&fermi.reverse(delta), log_slope, thermal_energy_kj_mol);
    let linearised = variance_of_sum(&forward) + variance_of_sum(&reverse);
    let unseen = (delta_f.standard_error_kj_mol.powi(2) - linearised).max(0.0);
    let dissipated = |own: &[f64], sign: f64, [by_own, by_other]: [&[f64]; 2]| {
        let mean = mean_work(own)?;
        let count = own.len() as f64;
        let together: Vec<f64> = own
            .iter()
            .zip(by_own)
            .map(|(work, moved)| (work - mean.value_kj_mol) / count - sign * moved)
            .collect();
        let variance = variance_of_sum(&together) + variance_of_sum(by_other) + unseen;
        Ok::<_, StatisticsError>(Estimate {
            value_kj_mol: mean.value_kj_mol - sign * delta_f.value_kj_mol,
            standard_error_kj_mol: variance.sqrt(),
        })
    };
    Ok([
        dissipated(forward_kj_mol, 1.0, [&forward[..], &reverse[..]])?,
        dissipated(reverse_kj_mol, -1.0, [&reverse[..], &forward[..]])?,
    ])
}

/// The shift of the root of Bennett's equation by each work: its deviation from the mean in the equation, divided by the slope.
fn moved(logarithms: &[f64], log_slope: f64, scale: f64) -> Vec<f64> {
    let mean = (log_sum(logarithms) - log_slope).exp() / logarithms.len() as f64;
    logarithms.iter().map(|x| scale * ((x - log_slope).exp() - mean)).collect()
}

/// Variance of a sum of independent, identically distributed numbers whose mean has been subtracted.
fn variance_of_sum(parts: &[f64]) -> f64 {
    let count = parts.len() as f64;
    parts.iter().map(|part| part * part).sum::<f64>() * count / (count - 1.0)
}

/// Free-energy difference by Jarzynski's equality, `ΔF = -kT log ⟨exp(-W/kT)⟩` (Phys. Rev. Lett. 78, 2690 (1997)), with
/// a bootstrap error. Biased upwards, with too small an error, if only few paths dissipate little; prefer [`bar`].
///
/// # Errors
/// If there are fewer than two values, one is not finite, or kT is not positive.
pub fn jarzynski(work_kj_mol: &[f64], thermal_energy_kj_mol: f64) -> Result<Estimate, StatisticsError> {
    check(work_kj_mol)?;
    WrongInput::check_positive("the thermal energy in kJ/mol", thermal_energy_kj_mol)?;
    let least = work_kj_mol.iter().copied().fold(f64::INFINITY, f64::min);
    let weights: Vec<f64> = work_kj_mol.iter().map(|w| ((least - w) / thermal_energy_kj_mol).exp()).collect();
    let count = weights.len() as f64;
    let of_mean = |mean: f64| least - thermal_energy_kj_mol * mean.ln();
    let random = RandomStream::new(0, "jarzynski bootstrap");
    let (mut sum, mut squares) = (0.0, 0.0);
    let value = of_mean(weights.iter().sum::<f64>() / count);
    for resampling in 0..BOOTSTRAPS {
        let draw = |i: usize| weights[(random.uniform(resampling, i as u64, 0) * count) as usize];
        let difference = of_mean((0..weights.len()).map(draw).sum::<f64>() / count) - value;
        sum += difference;
        squares += difference * difference;
    }
    let resamplings = f64::from(BOOTSTRAPS);
    let variance = (squares - sum * sum / resamplings) / (resamplings - 1.0);
    Ok(Estimate { value_kj_mol: value, standard_error_kj_mol: variance.max(0.0).sqrt() })
}

/// Free-energy difference from the work of forward and backward paths by Bennett's acceptance ratio
/// (J. Comput. Phys. 22, 245 (1976)) in its form for driven paths, the maximum-likelihood estimate of Shirts, Bair,
/// Hooker & Pande (Phys. Rev. Lett. 91, 140601 (2003)): the root of
/// `Σ_F 1/(1+exp(M + (W_F-ΔF)/kT)) = Σ_R 1/(1+exp(-M + (W_R+ΔF)/kT))`, `M = log(n_F/n_R)`.
///
/// The standard error is the asymptotic one, `kT √(1/Σ f (1-f) - 1/n_F - 1/n_R)` with the Fermi functions `f` of both sides, summed
/// over the works of both directions (Shirts et al., Eq. 8; also that of the multistate ratio, M. R. Shirts and J. D. Chodera,
/// J. Chem. Phys. 129, 124105 (2008), for two states). It grows without bound, to infinity, as the overlap of the works goes to zero.
/// Bennett's own form, `(⟨f²⟩/⟨f⟩² - 1)/n` of either direction, is the same where they overlap and stays near kT where they do not.
///
/// # Errors
/// If there are fewer than two values in either direction, one is not finite, or kT is not positive.
pub fn bar(
    forward_kj_mol: &[f64],
    reverse_kj_mol: &[f64],
    thermal_energy_kj_mol: f64,
) -> Result<Estimate, StatisticsError> {
    check(forward_kj_mol)?;
    check(reverse_kj_mol)?;
    let kt = WrongInput::check_positive("the thermal energy in kJ/mol", thermal_energy_kj_mol)?;
    let fermi = FermiFunctions::new(forward_kj_mol, reverse_kj_mol, kt);
    // Increases with delta, without bound in both directions.
    let balance = |delta: f64| log_sum(&fermi.forward(delta)) - log_sum(&fermi.reverse(delta));

    let candidates = forward_kj_mol.iter().copied().chain(reverse_kj_mol.iter().map(|w| -w));
    let (mut low, mut high) = candidates
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), w| (low.min(w / kt), high.max(w / kt)));
    let mut widening = 1.0 + fermi.shift.abs();
    while balance(low) > 0.0 {
        low -= widening;
        widening *= 2.0;
    }
    while balance(high) < 0.0 {
        high += widening;
        widening *= 2.0;
    }
    // Bisection down to neighbouring doubles.
    let delta = loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break middle;
        }
        if balance(middle) < 0.0 { low = middle } else { high = middle }
    };
    let counts = 1.0 / forward_kj_mol.len() as f64 + 1.0 / reverse_kj_mol.len() as f64;
    let variance = (-fermi.log_slope(delta)).exp() - counts;
    Ok(Estimate { value_kj_mol: kt * delta, standard_error_kj_mol: kt * variance.max(0.0).sqrt() })
}

/// Both sides of Bennett's equation as functions of `ΔF/kT`, with logarithms of the Fermi functions, so that no precision is lost if the
/// distributions are far apart.
struct FermiFunctions<'w> {
    forward: &'w [f64],
    reverse: &'w [f64],
    thermal_energy: f64,
    /// `M = log(n_F/n_R)`.
    shift: f64,
}

impl<'w> FermiFunctions<'w> {
    fn new(forward: &'w [f64], reverse: &'w [f64], thermal_energy: f64) -> Self {
        Self { forward, reverse, thermal_energy, shift: (forward.len() as f64 / reverse.len() as f64).ln() }
    }

    fn forward(&self, delta: f64) -> Vec<f64> {
        self.forward.iter().map(|w| log_fermi(self.shift + w / self.thermal_energy - delta)).collect()
    }

    fn reverse(&self, delta: f64) -> Vec<f64> {
        self.reverse.iter().map(|w| log_fermi(-self.shift + w / self.thermal_energy + delta)).collect()
    }

    /// `log Σ f (1 - f)` over both directions: the slope of the difference of the two sides.
    fn log_slope(&self, delta: f64) -> f64 {
        let forward = self.forward.iter().map(|w| self.shift + w / self.thermal_energy - delta);
        let reverse = self.reverse.iter().map(|w| -self.shift + w / self.thermal_energy + delta);
        let terms: Vec<f64> = forward.chain(reverse).map(|x| log_fermi(x) + log_fermi(-x)).collect();
        log_sum(&terms)
    }
}

/// `log 1/(1+exp(x))`.
fn log_fermi(x: f64) -> f64 {
    -(x.max(0.0) + (-x.abs()).exp().ln_1p())
}

/// `log Σ exp(x)`.
fn log_sum(logarithms: &[f64]) -> f64 {
    let most = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + logarithms.iter().map(|x| (x - most).exp()).sum::<f64>().ln()
}

fn check(work_kj_mol: &[f64]) -> Result<(), StatisticsError> {
    if work_kj_mol.len() < 2 {
        return Err(WrongInput::TooFew {
            what: "paths with a work value",
            least: 2,
            found: work_kj_mol.len(),
        }
        .into());
    }
    if work_kj_mol.iter().any(|w| !w.is_finite()) {
        return Err(WrongInput::NotFinite { what: "a work value" }.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KT: f64 = 2.5;
    const DELTA_F: f64 = 7.0;

    /// Gaussian work obeys Crooks' theorem if `⟨W⟩ = ±ΔF + σ²/2kT`: the exact forward and reverse distributions.
    fn gaussian_work(deviation: f64, sign: f64, count: usize, sample: u64) -> Vec<f64> {
        let mut normals = vec![0.0; count * 8];
        let name = if sign > 0.0 { "forward" } else { "reverse" };
        RandomStream::new(sample, name).fill_normals(0, &[0; 8], &mut normals);
        let mean = sign * DELTA_F + deviation * deviation / (2.0 * KT);
        normals.iter().step_by(8).map(|normal| mean + deviation * normal).collect()
    }

    /// Over many repetitions the estimates scatter about the truth as their standard errors say.
    #[test]
    fn bar_is_unbiased_and_knows_its_error() {
        for (forward_count, reverse_count) in [(64, 64), (120, 40)] {
            let repetitions = 400;
            let (mut sum, mut squares, mut variances) = (0.0, 0.0, 0.0);
            for sample in 0..repetitions {
                let forward = gaussian_work(1.5 * KT, 1.0, forward_count, sample);
                let reverse = gaussian_work(1.5 * KT, -1.0, reverse_count, sample);
                let estimate = bar(&forward, &reverse, KT).unwrap();
                let error = estimate.value_kj_mol - DELTA_F;
                sum += error;
                squares += error * error;
                variances += estimate.standard_error_kj_mol.powi(2);
            }
            let spread = (squares / repetitions as f64).sqrt();
            assert!(spread < 0.5, "{spread}");
            assert!((sum / repetitions as f64).abs() < 4.0 * spread / (repetitions as f64).sqrt());
            // The spread of 400 values is known to 3.5 %.
            let claimed = (variances / repetitions as f64).sqrt();
            assert!((claimed / spread - 1.0).abs() < 0.15, "claimed {claimed}, seen {spread}");
        }
    }

    /// pymbar 4.0.3, `bar(forward, reverse, uncertainty_method="MBAR", relative_tolerance=1e-14)`, kT = 1. Its default, Bennett's form,
    /// says 0.41, 0.57 and 0.70.
    #[test]
    fn errors_are_those_of_pymbar_and_grow_where_nothing_overlaps() {
        let much: [&[f64]; 2] = [&[1.2, 3.1, 2.2, 0.7, 4.0, 2.6], &[0.9, -0.4, 1.8, 0.3, -1.1]];
        let little: [&[f64]; 2] = [&[6.0, 7.5, 5.2, 8.1, 6.6, 9.0], &[4.1, 5.0, 3.3, 6.2, 4.4]];
        let next_to_none: [&[f64]; 2] = [&[11.0, 12.4, 9.8, 13.1], &[9.9, 10.8, 12.0, 9.1, 11.5]];
        for ([forward, reverse], value, error) in [
            (much, 1.012_375_114_940_694_5, 0.449_075_343_343_342_5),
            (little, 1.170_375_834_591_430_8, 4.242_562_863_212_337),
            (next_to_none, 0.241_913_622_203_695_4, 63.324_837_809_009_69),
        ] {
            let estimate = bar(forward, reverse, 1.0).unwrap();
            assert!((estimate.value_kj_mol - value).abs() < 1e-10, "{estimate:?}");
            assert!((estimate.standard_error_kj_mol / error - 1.0).abs() < 1e-9, "{estimate:?}");
            // The difference of ΔF from the mean is known no better than ΔF where ΔF is unknown.
            if error > 1.0 {
                let dissipated = dissipated_works(forward, reverse, 1.0).unwrap();
                assert!(
                    dissipated.iter().all(|one| one.standard_error_kj_mol > 0.95 * error),
                    "{dissipated:?}"
                );
            }
        }
        let far = bar(&[900.0, 901.0], &[700.0, 703.0], 1.0).unwrap();
        assert_eq!(far.standard_error_kj_mol, f64::INFINITY);
    }

    /// The errors of the mean and of ΔF hang together; a bootstrap over the paths of either direction knows that too.
    #[test]
    fn dissipated_works_know_their_joint_error() {
        for (deviation, forward_count, reverse_count) in [(0.3, 300, 300), (1.5, 300, 300), (1.5, 400, 160)] {
            let forward = gaussian_work(deviation * KT, 1.0, forward_count, 5);
            let reverse = gaussian_work(deviation * KT, -1.0, reverse_count, 5);
            let estimates = dissipated_works(&forward, &reverse, KT).unwrap();
            let mut resampled = [Vec::new(), Vec::new()];
            for resampling in 0..500 {
                let drawn = |works: &[f64], name: &str| -> Vec<f64> {
                    let random = RandomStream::new(9, name);
                    let place =
                        |i: usize| (random.uniform(resampling, i as u64, 0) * works.len() as f64) as usize;
                    (0..works.len()).map(|i| works[place(i)]).collect()
                };
                let (forward, reverse) = (drawn(&forward, "forward"), drawn(&reverse, "reverse"));
                let again = dissipated_works(&forward, &reverse, KT).unwrap();
                resampled.iter_mut().zip(again).for_each(|(values, one)| values.push(one.value_kj_mol));
            }
            for (estimate, values) in estimates.iter().zip(&resampled) {
                let spread = mean_work(values).unwrap().standard_error_kj_mol * (values.len() as f64).sqrt();
                // 500 resamplings know a standard error to 3 %; the rest is for what linearisation leaves out.
                let ratio = estimate.standard_error_kj_mol / spread;
                assert!((ratio - 1.0).abs() < 0.12, "{deviation} kT, {forward_count} paths: {ratio}");
            }
        }
    }

    #[test]
    fn dissipated_works_scatter_as_their_errors_say() {
        let repetitions = 400;
        let mut seen = [(0.0, 0.0); 2];
        let deviation = 1.5 * KT;
        let truth = deviation * deviation / (2.0 * KT);
        for sample in 0..repetitions {
            let forward = gaussian_work(deviation, 1.0, 120, sample);
            let reverse = gaussian_work(deviation, -1.0, 60, sample);
            let estimates = dissipated_works(&forward, &reverse, KT).unwrap();
            for ((squares, variances), estimate) in seen.iter_mut().zip(estimates) {
                *squares += (estimate.value_kj_mol - truth).powi(2);
                *variances += estimate.standard_error_kj_mol.powi(2);
            }
        }
        for (squares, variances) in seen {
            let ratio: f64 = variances / squares;
            assert!((ratio.sqrt() - 1.0).abs() < 0.15, "claimed over seen: {}", ratio.sqrt());
        }
    }

    /// There BAR is `(⟨W_F⟩ - ⟨W_R⟩)/2`, and the dissipated work of either direction `(⟨W_F⟩ + ⟨W_R⟩)/2`.
    #[test]
    fn near_equilibrium_the_joint_error_has_a_closed_form() {
        let (deviation, count) = (0.02 * KT, 400);
        let forward = gaussian_work(deviation, 1.0, count, 3);
        let reverse = gaussian_work(deviation, -1.0, count, 3);
        let errors = [&forward, &reverse].map(|works| mean_work(works).unwrap().standard_error_kj_mol);
        let expected = 0.5 * errors[0].hypot(errors[1]);
        let independent = dissipated_work(&forward, bar(&forward, &reverse, KT).unwrap()).unwrap();
        for estimate in dissipated_works(&forward, &reverse, KT).unwrap() {
            assert!((estimate.standard_error_kj_mol / expected - 1.0).abs() < 1e-3);
            // 0.71 σ/√n; the sample's own σ is known to 4 %.
            let closed = deviation / (2.0 * count as f64).sqrt();
            assert!((estimate.standard_error_kj_mol / closed - 1.0).abs() < 0.12);
            let too_large = independent.standard_error_kj_mol / estimate.standard_error_kj_mol;
            assert!((too_large - 3.0_f64.sqrt()).abs() < 0.1, "{too_large}");
        }
    }

    #[test]
    fn jarzynski_knows_its_error_where_little_is_dissipated() {
        let repetitions = 400;
        let (mut sum, mut squares, mut variances) = (0.0, 0.0, 0.0);
        for sample in 0..repetitions {
            let estimate = jarzynski(&gaussian_work(0.7 * KT, 1.0, 200, sample), KT).unwrap();
            let error = estimate.value_kj_mol - DELTA_F;
            sum += error;
            squares += error * error;
            variances += estimate.standard_error_kj_mol.powi(2);
        }
        let spread = (squares / repetitions as f64).sqrt();
        // Bias kT (exp(σ²/kT²) - 1) / 2n of a mean of 200 (Gore, Ritort & Bustamante, PNAS 100, 12564 (2003)).
        let bias = KT * ((0.49f64).exp() - 1.0) / 400.0;
        assert!((sum / repetitions as f64 - bias).abs() < 4.0 * spread / (repetitions as f64).sqrt());
        let claimed = (variances / repetitions as f64).sqrt();
        assert!((claimed / spread - 1.0).abs() < 0.15, "claimed {claimed}, seen {spread}");
    }

    /// Without dissipation every estimator returns the difference itself.
    #[test]
    fn reversible_work_is_the_difference() {
        let forward = [DELTA_F; 5];
        let reverse = [-DELTA_F; 9];
        for estimate in [bar(&forward, &reverse, KT).unwrap(), jarzynski(&forward, KT).unwrap()] {
            assert!((estimate.value_kj_mol - DELTA_F).abs() < 1e-12);
            assert!(estimate.standard_error_kj_mol < 1e-6);
            let (value, _) = estimate.in_thermal_energies(KT);
            assert!((value - DELTA_F / KT).abs() < 1e-12);
            let dissipated = dissipated_work(&forward, estimate).unwrap();
            assert!(dissipated.value_kj_mol.abs() < 1e-12);
        }
        for dissipated in dissipated_works(&forward, &reverse, KT).unwrap() {
            assert!(dissipated.value_kj_mol.abs() < 1e-12 && dissipated.standard_error_kj_mol < 1e-6);
        }
    }

    /// Far apart and huge: still a number, between the two sides.
    #[test]
    fn bar_is_robust_without_overlap() {
        let estimate = bar(&[5000.0, 5010.0, 5005.0], &[4000.0, 4020.0], KT).unwrap();
        assert!(estimate.value_kj_mol > -4020.0 && estimate.value_kj_mol < 5010.0);
        assert!((estimate.value_kj_mol - 500.0).abs() < 20.0);
        let dissipated = dissipated_works(&[5000.0, 5010.0, 5005.0], &[4000.0, 4020.0], KT).unwrap();
        assert!(dissipated.iter().all(|one| one.standard_error_kj_mol == f64::INFINITY));
        assert_eq!(estimate.standard_error_kj_mol, f64::INFINITY);
    }

    #[test]
    fn unusable_work_is_refused() {
        assert!(mean_work(&[1.0]).is_err());
        assert!(jarzynski(&[1.0, f64::NAN], KT).is_err());
        assert!(bar(&[1.0, 2.0], &[1.0], KT).is_err());
        assert!(bar(&[1.0, 2.0], &[1.0, 2.0], 0.0).is_err());
        assert!(dissipated_works(&[1.0, 2.0], &[1.0], KT).is_err());
    }
}
