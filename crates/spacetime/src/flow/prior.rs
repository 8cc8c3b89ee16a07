//! Where reverse flows start: the noisy density where noise is all that is left of it.

use rand::RngExt as _;

use super::random::{normals, stream};
use crate::SpacetimeError;

/// Keeps the prior's numbers apart from those of the steps.
const PURPOSE: u64 = 0;

/// Centre and spread of the data, of which the noisy density remembers no more at small `λ`.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// `m` of each variable; not used where it is periodic.
    pub centre: Vec<f64>,
    /// `σ` of each variable; not used where it is periodic.
    pub deviation: Vec<f64>,
}

impl Prior {
    /// `count` particles at `λ`: uniform over a period where a variable is periodic, else from `N(m, σ² + s²)`.
    ///
    /// On a torus the noisy density must be nearly uniform: `s ≥ P/2`, where the first harmonic of any density is at most
    /// `2 exp(-½ (2πs/P)²) = 1.4 %`. From a larger `λ`, give the flow particles of your own.
    ///
    /// # Errors
    /// [`SpacetimeError::Problem`] if the lengths differ, a number is not finite, `σ` is negative or `λ` too large for a period.
    pub fn draw(
        &self,
        periods: &[Option<f64>],
        log_snr: f64,
        count: usize,
        seed: u64,
    ) -> Result<Vec<Vec<f64>>, SpacetimeError> {
        let fail = |message: String| Err(SpacetimeError::Problem(message));
        if self.centre.len() != periods.len() || self.deviation.len() != periods.len() {
            let lengths = (self.centre.len(), self.deviation.len(), periods.len());
            return fail(format!("centre, deviation and periods have the lengths {lengths:?}"));
        }
        if self.deviation.iter().any(|deviation| !(*deviation >= 0.0 && deviation.is_finite()))
            || self.centre.iter().any(|centre| !centre.is_finite())
            || !log_snr.is_finite()
        {
            return fail(format!("the prior {self:?} at logSNR {log_snr} is not a density"));
        }
        let noise = (-log_snr).exp();
        if let Some(period) = periods.iter().flatten().find(|period| noise.sqrt() < 0.499 * **period) {
            let largest = -2.0 * (0.5 * period).ln();
            return fail(format!(
                "at logSNR {log_snr} the noise is too small to forget where a variable of period {period} was: start at \
                 {largest:.2} or lower, or from given particles"
            ));
        }
        let particle = |index: usize| -> Vec<f64> {
            let mut random = stream(seed, PURPOSE, 0, index);
            let normals = normals(&mut random, periods.len());
            let coordinate = |(axis, normal): (usize, f64)| match periods[axis] {
                Some(period) => period * (random.random::<f64>() - 0.5),
                None => self.centre[axis] + (self.deviation[axis].powi(2) + noise).sqrt() * normal,
            };
            normals.into_iter().enumerate().map(coordinate).collect()
        };
        Ok((0..count).map(particle).collect())
    }
}
