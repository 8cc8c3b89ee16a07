//! The potential of the conservative variant, without its network.

use serde::{Deserialize, Serialize};

use super::level_polynomial::LevelPolynomial;
use crate::{DenoiserError, Preconditioning, SpacetimePoint, TrainingPairs};

/// Smallest scale by which a target is divided, relative to `1/s` (for `y`) and to 1 (for `λ`).
const LEAST_SCALE: f64 = 1e-4;

/// `φ = log Z_0(λ, y) + φ₀(λ) + a(λ) N(λ, y)`, with `Z_0` of the baseline. The sum of the last two is the correction `ψ`, and
/// `μ`, linear in the potential, is the baseline's plus `(s² ∇_y ψ, 2 s² (y·∇_y ψ - ∂_λ ψ))`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Potential {
    /// `φ₀`.
    pub(super) level: LevelPolynomial,
    /// `log a`: the root mean square of `e^λ (D - D_0)`.
    log_scale: LevelPolynomial,
    /// `log` of the root mean square of `∂_λ(ψ - φ₀)`.
    log_level_scale: LevelPolynomial,
}

impl Potential {
    pub(super) fn fit(
        preconditioning: &Preconditioning,
        pairs: &TrainingPairs,
    ) -> Result<Self, DenoiserError> {
        let range = preconditioning.log_snr;
        let answers = preconditioning.baseline.answers(&pairs.points)?;
        let targets: Vec<(f64, f64, f64)> = answers
            .iter()
            .enumerate()
            .map(|(index, (base, base_square))| {
                let log_snr = pairs.points[index].log_snr;
                let precision = log_snr.exp();
                let forces = pairs.means[index].iter().zip(base);
                let force: f64 = forces.map(|(mean, base)| (precision * (mean - base)).powi(2)).sum();
                let level = -0.5 * precision * (pairs.squared_displacements[index] - base_square);
                (log_snr, force / base.len() as f64, level)
            })
            .collect();
        let slope = LevelPolynomial::fit(range, targets.iter().map(|t| (t.0, t.2)), |_, mean| mean)?;
        let log_scale = LevelPolynomial::fit(range, targets.iter().map(|t| (t.0, t.1)), |level, square| {
            0.5 * square.ln().max(2.0 * LEAST_SCALE.ln() + level)
        })?;
        let rest = targets.iter().map(|t| (t.0, (t.2 - slope.at(t.0)[0]).powi(2)));
        let log_level_scale =
            LevelPolynomial::fit(range, rest, |_, square| 0.5 * square.ln().max(2.0 * LEAST_SCALE.ln()))?;
        Ok(Self { level: slope.integral(), log_scale, log_level_scale })
    }

    /// `a` and its first and second derivatives by `λ`.
    pub(super) fn scale(&self, log_snr: f64) -> [f64; 3] {
        let [log, first, second] = self.log_scale.at(log_snr);
        let scale = log.exp();
        [scale, scale * first, scale * (first * first + second)]
    }

    /// Targets of one pair: `∂N/∂y` per variable; then of `p N + q ∂N/∂λ` its value, `p` and `q`.
    pub(super) fn targets(
        &self,
        point: &SpacetimePoint,
        mean: &[f64],
        square: f64,
        base: &(Vec<f64>, f64),
    ) -> Vec<f64> {
        let precision = point.log_snr.exp();
        let [scale, growth, _] = self.scale(point.log_snr);
        let level_scale = self.log_level_scale.at(point.log_snr)[0].exp();
        let forces = mean.iter().zip(&base.0);
        let mut targets: Vec<f64> = forces.map(|(mean, base)| precision * (mean - base) / scale).collect();
        let slope = -0.5 * precision * (square - base.1);
        targets.push((slope - self.level.at(point.log_snr)[1]) / level_scale);
        targets.extend([growth / level_scale, scale / level_scale]);
        targets
    }
}
