//! Ridge points by subspace-constrained mean shift.

use nalgebra::DVector;

use super::analysis::RidgeAnalysis;
use super::frame::RidgeFrame;
use crate::{DenoiserError, SpacetimePoint};

/// How a projection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RidgeProjection {
    /// The point lies on a ridge.
    Ridge,
    /// `P_N (m* - y)` vanishes, but the density does not fall in every normal direction: a valley or a plateau.
    NoRidge,
    /// The mean shifts ran out.
    NotConverged,
}

/// Where a projection led.
#[derive(Clone, Debug)]
pub struct RidgePoint {
    /// The last point.
    pub point: SpacetimePoint,
    /// The frame there.
    pub frame: RidgeFrame,
    /// `|P_N (m* - y)|/s` there.
    pub residual: f64,
    /// Mean shifts taken.
    pub shifts: usize,
    /// How it ended.
    pub outcome: RidgeProjection,
}

impl RidgeAnalysis<'_> {
    /// Moves points to the ridge, `y ← y + P_N (m* - y)` until `|P_N (m* - y)| < tolerance · s` (Ozertem and Erdogmus 2011). The shifts
    /// contract by the largest normal eigenvalue of `C/s²`, so where that is close to 1 they are slow, and the remaining distance to
    /// the ridge is `residual · s/(1 - eigenvalue)`.
    ///
    /// # Errors
    /// As [`crate::Denoiser::expectation_parameters`]; a projection that fails is an outcome, not an error.
    pub fn project_to_ridge(&self, starts: &[SpacetimePoint]) -> Result<Vec<RidgePoint>, DenoiserError> {
        let mut found: Vec<Option<RidgePoint>> = vec![None; starts.len()];
        let mut active: Vec<(usize, SpacetimePoint)> = starts.iter().cloned().enumerate().collect();
        for shifts in 0..=self.settings.most_shifts {
            let points: Vec<SpacetimePoint> = active.iter().map(|(_, point)| point.clone()).collect();
            let mut next = Vec::with_capacity(active.len());
            for ((index, mut point), frame) in active.into_iter().zip(self.frames(&points)?) {
                let offset = &frame.posterior_mean - DVector::from_column_slice(&point.y);
                let shift = frame.normal(&offset);
                let residual = shift.norm() * (0.5 * point.log_snr).exp();
                let outcome = if residual >= self.settings.tolerance {
                    RidgeProjection::NotConverged
                } else if frame.is_ridge_like() {
                    RidgeProjection::Ridge
                } else {
                    RidgeProjection::NoRidge
                };
                if outcome == RidgeProjection::NotConverged && shifts < self.settings.most_shifts {
                    point.y.iter_mut().zip(shift.iter()).for_each(|(y, shift)| *y += shift);
                    next.push((index, point));
                } else {
                    found[index] = Some(RidgePoint { point, frame, residual, shifts, outcome });
                }
            }
            active = next;
            if active.is_empty() {
                break;
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// The ridge at one noise level as a set of points: where the projections of many starts end on a ridge. Points may lie close
    /// together; on a torus they are brought into `[-P/2, P/2)`.
    ///
    /// # Errors
    /// As [`RidgeAnalysis::project_to_ridge`].
    pub fn trace(&self, log_snr: f64, starts: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, DenoiserError> {
        let starts: Vec<SpacetimePoint> =
            starts.iter().map(|y| SpacetimePoint { log_snr, y: y.clone() }).collect();
        let periods = crate::Denoiser::periods(self.empirical);
        let points = self.project_to_ridge(&starts)?.into_iter();
        let on_ridge = points.filter(|point| point.outcome == RidgeProjection::Ridge).map(|found| {
            let place = |(y, period): (f64, &Option<f64>)| match period {
                Some(period) => y - period * (y / period + 0.5).floor(),
                None => y,
            };
            found.point.y.into_iter().zip(periods).map(place).collect()
        });
        Ok(on_ridge.collect())
    }
}
