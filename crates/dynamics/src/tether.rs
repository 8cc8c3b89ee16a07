//! The tether by which a point of spacetime restrains the variables.

use geodyssey_statistics::WrongInput;
use serde::{Deserialize, Serialize};

use crate::error::DynamicsError;

/// Exponents beyond which a term cannot change the bits of a sum that is at least 1 (`e^-40 < 2^-53`).
const NEGLIGIBLE: f64 = 40.0;

/// A point `(λ, y)` of spacetime: the stiffness of the tether and its centre.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TetherPoint {
    /// `λ`, the logarithm of the signal-to-noise ratio: the tether has variance `e^{-λ}` per variable.
    pub log_snr: f64,
    /// `y`, in the variables' units; any point of the universal cover for periodic variables.
    pub center: Vec<f64>,
}

/// The energy `V(x) = -kT log Σ_n exp(-½ e^λ |x + P n - y|²)` of a tether, the sum over all images of the periodic
/// variables; `½ kT e^λ (x - y)²` for a variable without a period.
///
/// The sum factorises over the variables. It is taken over images if the tether is narrower than the period and, by Poisson's formula, over
/// wave numbers if it is wider, so that it is smooth and exact up to rounding for every `λ`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tether {
    precision: f64,
    center: Vec<f64>,
    periods: Vec<Option<f64>>,
    thermal_energy_kj_mol: f64,
}

impl Tether {
    /// The tether of a point, for variables with these periods and a thermal energy kT.
    ///
    /// # Errors
    /// If the numbers of variables differ, a coordinate is not finite, or `e^λ` is not a normal number.
    pub fn new(
        point: &TetherPoint,
        periods: &[Option<f64>],
        thermal_energy_kj_mol: f64,
    ) -> Result<Self, DynamicsError> {
        WrongInput::check_count("variables of a tether", periods.len(), point.center.len())?;
        WrongInput::check_positive("the thermal energy in kJ/mol", thermal_energy_kj_mol)?;
        for period in periods.iter().flatten() {
            WrongInput::check_positive("the period of a variable", *period)?;
        }
        if !point.log_snr.exp().is_normal() || point.center.iter().any(|y| !y.is_finite()) {
            return Err(WrongInput::NotFinite { what: "a tether point" }.into());
        }
        Ok(Self {
            precision: point.log_snr.exp(),
            center: point.center.clone(),
            periods: periods.to_vec(),
            thermal_energy_kj_mol,
        })
    }

    /// `e^λ`: the inverse variance of every variable.
    pub fn precision(&self) -> f64 {
        self.precision
    }

    /// Its centre `y`, in the variables' units.
    pub fn center(&self) -> &[f64] {
        &self.center
    }

    /// Period of every variable.
    pub fn periods(&self) -> &[Option<f64>] {
        &self.periods
    }

    /// kT, kJ/mol.
    pub fn thermal_energy_kj_mol(&self) -> f64 {
        self.thermal_energy_kj_mol
    }

    /// Moves the tether a `fraction` of the way from one point to the next, linearly in `(λ, y)`.
    ///
    /// # Panics
    /// If a point has a different number of variables.
    pub fn move_between(&mut self, from: &TetherPoint, to: &TetherPoint, fraction: f64) {
        // The ends are reached exactly, so that a tether does not depend on its history.
        let between = |a: f64, b: f64| if fraction == 1.0 { b } else { a + fraction * (b - a) };
        self.precision = between(from.log_snr, to.log_snr).exp();
        assert_eq!(from.center.len(), self.center.len(), "number of variables");
        assert_eq!(to.center.len(), self.center.len(), "number of variables");
        for ((center, &a), &b) in self.center.iter_mut().zip(&from.center).zip(&to.center) {
            *center = between(a, b);
        }
    }

    /// `V` (kJ/mol) at one set of values; adds `∂V/∂x` to `gradient`.
    pub fn energy(&self, values: &[f64], gradient: &mut [f64]) -> f64 {
        let mut energy = 0.0;
        for (variable, (&x, slope)) in values.iter().zip(gradient).enumerate() {
            let (value, derivative) = self.of_variable(variable, x);
            energy += value;
            *slope += derivative;
        }
        energy
    }

    /// One variable's contribution to `V`, and its derivative.
    fn of_variable(&self, variable: usize, x: f64) -> (f64, f64) {
        let offset = x - self.center[variable];
        let (value, derivative) = match self.periods[variable] {
            None => (0.5 * self.precision * offset * offset, self.precision * offset),
            Some(period) => {
                let fraction = offset / period;
                let fraction = fraction - fraction.round();
                let stiffness = self.precision * period * period;
                let (value, derivative) = if stiffness >= std::f64::consts::TAU {
                    sum_over_images(stiffness, fraction)
                } else {
                    sum_over_waves(stiffness, fraction)
                };
                (value, derivative / period)
            }
        };
        (self.thermal_energy_kj_mol * value, self.thermal_energy_kj_mol * derivative)
    }

    /// As [`Bias::evaluate`](crate::Bias::evaluate).
    pub fn evaluate(&self, values: &[f64], stride: usize, energies: &mut [f64], derivatives: &mut [f64]) {
        energies.fill(0.0);
        let rows = values.chunks_exact(stride).zip(derivatives.chunks_exact_mut(stride));
        for (variable, (values, derivatives)) in rows.enumerate() {
            for ((&x, energy), slope) in values.iter().zip(energies.iter_mut()).zip(derivatives) {
                let (value, derivative) = self.of_variable(variable, x);
                *energy += value;
                *slope = derivative;
            }
        }
    }
}

/// `f(u) = -log Σ_n exp(-½ a (u + n)²)` and `f'(u)` for `|u| ≤ ½` and `a` of order 1 or more, with the nearest image factored out of the
/// logarithm.
fn sum_over_images(a: f64, u: f64) -> (f64, f64) {
    let (mut sum, mut moment) = (1.0, 0.0);
    let mut n = 1.0;
    while 0.5 * a * n * (n - 2.0 * u.abs()) < NEGLIGIBLE {
        let above = (-0.5 * a * n * (n + 2.0 * u)).exp();
        let below = (-0.5 * a * n * (n - 2.0 * u)).exp();
        sum += above + below;
        moment += n * (above - below);
        n += 1.0;
    }
    (0.5 * a * u * u - sum.ln(), a * (u + moment / sum))
}

/// The same for small `a`: `Σ_n exp(-½ a (u + n)²) = sqrt(2π/a) (1 + 2 Σ_k exp(-2π²k²/a) cos 2πku)`.
fn sum_over_waves(a: f64, u: f64) -> (f64, f64) {
    let (mut sum, mut slope) = (1.0, 0.0);
    let decay = 2.0 * std::f64::consts::PI.powi(2) / a;
    let mut k = 1.0;
    while decay * k * k < NEGLIGIBLE {
        let weight = 2.0 * (-decay * k * k).exp();
        let wave = std::f64::consts::TAU * k;
        sum += weight * (wave * u).cos();
        slope -= weight * wave * (wave * u).sin();
        k += 1.0;
    }
    (-0.5 * (std::f64::consts::TAU / a).ln() - sum.ln(), -slope / sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    /// The definition, summed over 600 images.
    fn by_definition(a: f64, u: f64) -> f64 {
        let sum: f64 = (-300..=300).map(|n| (-0.5 * a * ((u + f64::from(n)).powi(2) - u * u)).exp()).sum();
        0.5 * a * u * u - sum.ln()
    }

    fn tether(log_snr: f64) -> Tether {
        let point = TetherPoint { log_snr, center: vec![8.1, 0.3] };
        Tether::new(&point, &[Some(TAU), None], 2.5).unwrap()
    }

    proptest! {
        #[test]
        fn both_sums_equal_the_definition(log_a in -7.0..9.0f64, u in -0.5..0.5f64) {
            let a = log_a.exp();
            let expected = by_definition(a, u);
            let (value, _) = if a >= TAU { sum_over_images(a, u) } else { sum_over_waves(a, u) };
            prop_assert!((value - expected).abs() < 1e-12 * (1.0 + expected.abs()));
        }

        #[test]
        fn periodic_to_rounding(log_snr in -20.0..9.0f64, x in -3.2..3.2f64, winding in -3..4i32) {
            let tether = tether(log_snr);
            let (mut here, mut there) = ([0.0; 2], [0.0; 2]);
            let a = tether.energy(&[x, 0.1], &mut here);
            let b = tether.energy(&[x + TAU * f64::from(winding), 0.1], &mut there);
            let scale = 1.0 + log_snr.exp();
            prop_assert!((a - b).abs() < 1e-12 * scale);
            prop_assert!((here[0] - there[0]).abs() < 1e-12 * scale * (1.0 + log_snr.exp()));
        }

        #[test]
        fn gradient_against_finite_differences(log_snr in -8.0..8.0f64, x in -9.0..9.0f64, z in -1.0..1.0f64) {
            let tether = tether(log_snr);
            let mut gradient = [0.0; 2];
            tether.energy(&[x, z], &mut gradient);
            for (variable, slope) in gradient.into_iter().enumerate() {
                let at = |shift: f64| {
                    let mut values = [x, z];
                    values[variable] += shift;
                    tether.energy(&values, &mut [0.0; 2])
                };
                let h = 1e-5;
                let difference = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
                prop_assert!((slope - difference).abs() < 1e-5 * (1.0 + log_snr.exp()));
            }
        }
    }

    /// The two sums overlap: both are exact on either side of the switch.
    #[test]
    fn sums_agree_where_they_meet() {
        for u in [-0.5, -0.2, 0.0, 0.37, 0.5] {
            for a in [2.0, TAU, 20.0] {
                let (images, waves) = (sum_over_images(a, u), sum_over_waves(a, u));
                assert!((images.0 - waves.0).abs() < 1e-13 && (images.1 - waves.1).abs() < 1e-13);
            }
        }
    }

    #[test]
    fn batch_equals_single_values() {
        let tether = tether(2.0);
        let values: Vec<f64> = (0..16).map(|i| f64::from(i) * 0.37 - 3.0).collect();
        let (mut energies, mut derivatives) = (vec![f64::NAN; 8], vec![f64::NAN; 16]);
        tether.evaluate(&values, 8, &mut energies, &mut derivatives);
        for lane in 0..8 {
            let mut gradient = [0.0; 2];
            assert_eq!(tether.energy(&[values[lane], values[8 + lane]], &mut gradient), energies[lane]);
            assert_eq!(gradient, [derivatives[lane], derivatives[8 + lane]]);
        }
    }

    #[test]
    fn wrong_points_are_refused() {
        let point = |log_snr, y| TetherPoint { log_snr, center: vec![y] };
        assert!(Tether::new(&point(800.0, 0.0), &[None], 1.0).is_err());
        assert!(Tether::new(&point(f64::NAN, 0.0), &[None], 1.0).is_err());
        assert!(Tether::new(&point(1.0, f64::INFINITY), &[None], 1.0).is_err());
        assert!(Tether::new(&point(1.0, 0.0), &[None, None], 1.0).is_err());
        assert!(Tether::new(&point(1.0, 0.0), &[None], 0.0).is_err());
    }
}
