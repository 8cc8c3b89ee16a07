//! The multistate Bennett acceptance ratio over temperatures.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::error::StatisticsError;
use crate::wrong_input::WrongInput;

/// Relative error of the states' sample counts below which the equations count as solved.
const TOLERANCE: f64 = 1e-9;
/// Number of initial self-consistent iterations; each improves every state, however poor the initial guess.
const SELF_CONSISTENT: usize = 50;
const ITERATIONS: usize = 500;

/// Samples of several temperatures, reweighted to one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemperatureReweighting {
    /// `f_k = -log ∫ exp(-β_k U)` of every temperature relative to the first; dimensionless.
    pub free_energies: Vec<f64>,
    /// Weight of every sample at the target temperature; their sum is 1.
    pub weights: Vec<f64>,
}

impl TemperatureReweighting {
    /// Kish's effective number of samples, `(Σw)² / Σw²` (L. Kish, *Survey Sampling*, 1965).
    #[must_use]
    pub fn effective_size(&self) -> f64 {
        1.0 / self.weights.iter().map(|weight| weight * weight).sum::<f64>()
    }
}

/// Weights that reweight samples of all temperatures to the thermal energy `target_kj_mol`:
/// `w_n ∝ exp(-β₀ U_n) / Σ_k N_k exp(f_k - β_k U_n)`, with the `f_k` that solve
/// `f_k = -log Σ_n exp(-β_k U_n) / Σ_j N_j exp(f_j - β_j U_n)`.
///
/// M. R. Shirts and J. D. Chodera, J. Chem. Phys. 129, 124105 (2008), Eqs. 11 and 15. Solved by self-consistent iteration, then
/// by Newton's method on the convex function whose gradient vanishes at the solution (Z. Tan et al., J. Chem. Phys. 136,
/// 144102 (2012)), until the expected number of samples of every state agrees with the actual one to 1e-9. Only the number of samples from
/// each temperature matters, not which sample came from which: `counts[k]` samples at `thermal_energies_kj_mol[k]`.
///
/// # Errors
/// Counts that do not match, numbers that are not finite, thermal energies that are not positive, or no convergence.
pub fn reweight_temperatures(
    potential_energies_kj_mol: &[f64],
    thermal_energies_kj_mol: &[f64],
    counts: &[usize],
    target_kj_mol: f64,
) -> Result<TemperatureReweighting, StatisticsError> {
    WrongInput::check_count("counts, one per temperature", thermal_energies_kj_mol.len(), counts.len())?;
    let total: usize = counts.iter().sum();
    WrongInput::check_count("potential energies", total, potential_energies_kj_mol.len())?;
    if total == 0 || counts.contains(&0) {
        return Err(WrongInput::TooFew { what: "samples of a temperature", least: 1, found: 0 }.into());
    }
    if potential_energies_kj_mol.iter().any(|energy| !energy.is_finite()) {
        return Err(WrongInput::NotFinite { what: "a potential energy" }.into());
    }
    let mut betas = Vec::with_capacity(counts.len());
    for &energy in thermal_energies_kj_mol.iter().chain([&target_kj_mol]) {
        betas.push(1.0 / WrongInput::check_positive("a thermal energy in kJ/mol", energy)?);
    }
    let target = betas.pop().unwrap_or(1.0);
    // A common shift of all energies changes no weight and keeps exponents small.
    let shift = potential_energies_kj_mol.iter().sum::<f64>() / total as f64;
    let energies: Vec<f64> = potential_energies_kj_mol.iter().map(|energy| energy - shift).collect();
    let states = States { betas, counts: counts.iter().map(|&count| count as f64).collect() };
    let free_energies = states.solve(&energies)?;

    let mut terms = vec![0.0; counts.len()];
    let logarithms: Vec<f64> = energies
        .iter()
        .map(|&energy| -target * energy - states.log_denominator(&free_energies, energy, &mut terms))
        .collect();
    let most = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logarithms.iter().map(|logarithm| (logarithm - most).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let first = free_energies[0] + states.betas[0] * shift;
    Ok(TemperatureReweighting {
        free_energies: free_energies
            .iter()
            .zip(&states.betas)
            .map(|(free_energy, beta)| free_energy + beta * shift - first)
            .collect(),
        weights: weights.into_iter().map(|weight| weight / sum).collect(),
    })
}

/// The sampled temperatures.
struct States {
    betas: Vec<f64>,
    counts: Vec<f64>,
}

/// The convex function and its derivatives at one set of free energies.
struct Objective {
    value: f64,
    /// Expected number of samples of each state.
    explained: Vec<f64>,
    hessian: DMatrix<f64>,
    /// `-log Σ_n exp(-β_k U_n) / Σ_j …`: the next free energies of the self-consistent iteration.
    next: Vec<f64>,
}

impl States {
    /// `log Σ_k N_k exp(f_k - β_k U)`; its terms over the largest of them are left in `terms`.
    fn log_denominator(&self, free_energies: &[f64], energy: f64, terms: &mut [f64]) -> f64 {
        let mut most = f64::NEG_INFINITY;
        for ((term, f), (beta, count)) in
            terms.iter_mut().zip(free_energies).zip(self.betas.iter().zip(&self.counts))
        {
            *term = f - beta * energy + count.ln();
            most = most.max(*term);
        }
        terms.iter_mut().for_each(|term| *term = (*term - most).exp());
        most + terms.iter().sum::<f64>().ln()
    }

    /// `Σ_n log Σ_k N_k exp(f_k - β_k U_n) - Σ_k N_k f_k` with its first two derivatives.
    fn objective(&self, free_energies: &[f64], energies: &[f64]) -> Objective {
        let count = self.betas.len();
        let mut hessian = DMatrix::zeros(count, count);
        let mut explained = vec![0.0; count];
        let mut value = -self.counts.iter().zip(free_energies).map(|(n, f)| n * f).sum::<f64>();
        let mut terms = vec![0.0; count];
        for &energy in energies {
            value += self.log_denominator(free_energies, energy, &mut terms);
            let sum: f64 = terms.iter().sum();
            for row in 0..count {
                terms[row] /= sum;
                explained[row] += terms[row];
                for column in 0..=row {
                    hessian[(row, column)] -= terms[row] * terms[column];
                }
            }
        }
        for row in 0..count {
            hessian[(row, row)] += explained[row];
            for column in 0..row {
                hessian[(column, row)] = hessian[(row, column)];
            }
        }
        let next = free_energies.iter().zip(&explained).zip(&self.counts);
        let next = next.map(|((f, explained), own)| f - (explained / own).ln()).collect();
        Objective { value, explained, hessian, next }
    }

    fn solve(&self, energies: &[f64]) -> Result<Vec<f64>, StatisticsError> {
        let mut free_energies = vec![0.0; self.betas.len()];
        let mut residual = f64::INFINITY;
        for iteration in 0..ITERATIONS {
            let objective = self.objective(&free_energies, energies);
            let errors = objective.explained.iter().zip(&self.counts);
            residual = errors.map(|(explained, own)| (explained / own - 1.0).abs()).fold(0.0, f64::max);
            if residual < TOLERANCE {
                return Ok(free_energies);
            }
            let newton =
                (iteration >= SELF_CONSISTENT).then(|| self.newton(&free_energies, &objective, energies));
            let next = newton.flatten().unwrap_or(objective.next);
            let first = next[0];
            free_energies = next.into_iter().map(|f| f - first).collect();
        }
        Err(StatisticsError::NotConverged {
            what: "the free energies of the temperatures",
            residual,
            iterations: ITERATIONS,
        })
    }

    /// A Newton step with the first free energy fixed; `None` if it does not lead downhill.
    fn newton(&self, free_energies: &[f64], objective: &Objective, energies: &[f64]) -> Option<Vec<f64>> {
        let free = self.betas.len() - 1;
        let hessian = objective.hessian.view((1, 1), (free, free)).into_owned();
        let gradient = DVector::from_iterator(
            free,
            objective.explained.iter().zip(&self.counts).skip(1).map(|(explained, own)| explained - own),
        );
        let step = hessian.cholesky()?.solve(&gradient);
        let next: Vec<f64> =
            free_energies.iter().zip([0.0].iter().chain(step.iter())).map(|(f, step)| f - step).collect();
        // Rounding of the sum over samples must not reject the last, tiny steps.
        let rounding = 1e-12 * objective.value.abs();
        (self.objective(&next, energies).value <= objective.value + rounding).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    const COORDINATES: usize = 12;

    /// Potential energies of a harmonic system of 12 coordinates: half a sum of squares in units of kT.
    fn harmonic(thermal_energy: f64, count: usize, seed: u64) -> Vec<f64> {
        let mut normals = vec![0.0; 8 * COORDINATES * count];
        RandomStream::new(seed, "harmonic").fill_normals(0, &[0; 8], &mut normals);
        let draws: Vec<f64> = normals.into_iter().step_by(8).collect();
        draws
            .chunks_exact(COORDINATES)
            .map(|x| 0.5 * thermal_energy * x.iter().map(|x| x * x).sum::<f64>())
            .collect()
    }

    /// `∫ exp(-βU) ∝ β^(-n/2)`: `f_k - f_0 = ½ n log(β_k/β_0)`, and at any temperature `⟨U⟩ = ½ n kT`.
    #[test]
    fn harmonic_system_at_sampled_and_other_temperatures() {
        let thermal_energies = [2.5, 3.2, 4.1, 5.3, 6.8];
        let counts = [3000, 2000, 2500, 2000, 1500];
        let samples = thermal_energies.iter().zip(counts).enumerate();
        let energies: Vec<f64> = samples
            .flat_map(|(seed, (&kt, count))| harmonic(kt, count, seed as u64))
            .map(|energy| energy - 7000.0) // the zero of the energy is arbitrary
            .collect();
        for target in [2.5, 4.6] {
            let found = reweight_temperatures(&energies, &thermal_energies, &counts, target).unwrap();
            for (f, kt) in found.free_energies.iter().zip(thermal_energies) {
                let expected =
                    -0.5 * COORDINATES as f64 * (kt / 2.5f64).ln() - 7000.0 * (1.0 / kt - 1.0 / 2.5);
                // Samples of neighbours overlap by half; 10⁴ of them give f to about 0.03.
                assert!((f - expected).abs() < 0.1, "{f}, expected {expected}");
            }
            let mean: f64 = found.weights.iter().zip(&energies).map(|(w, u)| w * (u + 7000.0)).sum();
            let expected = 0.5 * COORDINATES as f64 * target;
            let error = (0.5 * COORDINATES as f64).sqrt() * target / found.effective_size().sqrt();
            assert!((mean - expected).abs() < 4.0 * error, "{mean} ± {error}, expected {expected}");
            assert!(found.effective_size() > 2500.0, "{}", found.effective_size());
            assert!((found.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    /// One temperature reweighted to itself: equal weights.
    #[test]
    fn one_temperature_is_left_as_it_is() {
        let energies = harmonic(2.0, 100, 1);
        let found = reweight_temperatures(&energies, &[2.0], &[100], 2.0).unwrap();
        assert!(found.weights.iter().all(|weight| (weight - 0.01).abs() < 1e-14));
        assert_eq!(found.free_energies, [0.0]);
    }

    #[test]
    fn unusable_samples_are_refused() {
        assert!(reweight_temperatures(&[1.0, f64::NAN], &[2.0], &[2], 2.0).is_err());
        assert!(reweight_temperatures(&[1.0], &[2.0], &[2], 2.0).is_err());
        assert!(reweight_temperatures(&[1.0], &[2.0, 3.0], &[1, 0], 2.0).is_err());
        assert!(reweight_temperatures(&[1.0], &[2.0], &[1], -2.0).is_err());
    }
}
