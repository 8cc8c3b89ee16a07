//! What is asked of the solver, and what it answers.

use geodyssey_denoiser::{Denoiser, SpacetimePoint};
use serde::{Deserialize, Serialize};

use crate::constraint::{ConstraintReport, CurveNode, PathConstraint};
use crate::curve::CurveMeasures;
use crate::error::SpacetimeError;
use crate::metric::PathMetric;
use crate::parametrisation::CurveFamily;

/// Numbers that steer the solver; every one has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SolverSettings {
    /// Nodes of the curve, ends included.
    pub points: usize,
    /// Nodes of the coarse curve that is solved first, from every start.
    pub coarse_points: usize,
    /// Free nodes or a spline.
    pub curve: CurveFamily,
    /// Lowest logSNR of an inner node. Without it a box's geodesic may run off to logSNR → -∞.
    pub log_snr_min: f64,
    /// Highest logSNR of an inner node.
    pub log_snr_max: f64,
    /// Converged when the energy is within this share of its minimum, estimated from the gradient.
    pub tolerance: f64,
    /// Largest `|2E/L² - 1|` of the finished curve.
    pub constant_speed_tolerance: f64,
    /// Most Newton steps on a coarse curve, and again on the fine one.
    pub max_iterations: usize,
    /// Most updates of the constraints' multipliers.
    pub max_multiplier_updates: usize,
    /// By how much logSNR falls in the middle of the tents from which the solver starts, beside the straight line.
    pub tent_drops: Vec<f64>,
    /// Most turns, either way, of each periodic variable among the images of the target.
    pub max_winding: u32,
}

impl Default for SolverSettings {
    fn default() -> Self {
        Self {
            points: 128,
            coarse_points: 33,
            curve: CurveFamily::FreeNodes,
            log_snr_min: -6.0,
            log_snr_max: 15.0,
            tolerance: 1e-8,
            constant_speed_tolerance: 1e-3,
            max_iterations: 300,
            max_multiplier_updates: 40,
            tent_drops: vec![3.0, 6.0],
            max_winding: 1,
        }
    }
}

/// How far a solve has come, for a progress line.
#[derive(Clone, Copy, Debug)]
pub struct SolverProgress {
    /// Nodes of the curve that is being moved.
    pub points: usize,
    /// Newton steps of this minimisation so far.
    pub iteration: usize,
    /// `E` of the curve.
    pub energy: f64,
}

/// A geodesic to be found.
pub struct GeodesicProblem<'a> {
    /// The denoiser whose spacetime it is.
    pub denoiser: &'a dyn Denoiser,
    /// What the curve's length is measured by; the Fisher–Rao metric of the denoiser where none is given.
    pub metric: Option<&'a dyn PathMetric>,
    /// First point, fixed.
    pub start: SpacetimePoint,
    /// Last point, fixed.
    pub end: SpacetimePoint,
    /// Inequalities that every inner node must keep.
    pub constraints: &'a [Box<dyn PathConstraint>],
    /// Numbers that steer the solver.
    pub settings: SolverSettings,
    /// Called once per Newton step, from any thread.
    pub progress: Option<&'a (dyn Fn(SolverProgress) + Sync)>,
}

/// Why the solver stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// The energy is within the tolerance of its minimum, the speed is constant and all constraints are kept.
    Converged,
    /// The largest number of steps was taken.
    IterationLimit,
    /// No step lowers the energy any more, though its gradient is not small: a denoiser with noise.
    Stalled,
    /// The constraints cannot be kept, or not within the largest number of updates.
    ConstraintsNotMet,
    /// The curve's speed is not constant: too few points, or too few knots.
    SpeedNotConstant,
}

impl std::fmt::Display for StopReason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Converged => "converged",
            Self::IterationLimit => "stopped at the largest number of iterations",
            Self::Stalled => "stalled: no step lowers the energy, though its gradient is not small",
            Self::ConstraintsNotMet => "the constraints could not be satisfied",
            Self::SpeedNotConstant => {
                "the speed along the curve is not constant: more points or knots are needed"
            }
        })
    }
}

/// A solved curve.
#[derive(Clone, Debug)]
pub struct Geodesic {
    /// All nodes, ends included, with moments, and the energy's where the denoiser knows it.
    pub nodes: Vec<CurveNode>,
    /// Fisher–Rao arc length from the start to each node.
    pub arc_length: Vec<f64>,
    /// Energy, length, speed, negative share.
    pub measures: CurveMeasures,
    /// Newton steps that led to this curve, coarse curve and constraint updates included.
    pub iterations: usize,
    /// Spacetime points at which the denoiser was evaluated, for all starts together.
    pub evaluations: usize,
    /// Estimated relative excess of the energy over its minimum.
    pub relative_excess: f64,
    /// Each constraint, in the problem's order.
    pub constraints: Vec<ConstraintReport>,
    /// Whether `stop_reason` is [`StopReason::Converged`].
    pub converged: bool,
    /// Why the solver stopped.
    pub stop_reason: StopReason,
}

impl Geodesic {
    /// The nodes' spacetime points.
    pub fn points(&self) -> Vec<SpacetimePoint> {
        self.nodes.iter().map(|node| node.point.clone()).collect()
    }

    /// Highest posterior mean of the energy along the curve, in kJ/mol; `None` where the denoiser does not know the energy.
    pub fn highest_mean_energy(&self) -> Option<f64> {
        self.nodes
            .iter()
            .map(|node| node.energy.as_ref().map(|energy| energy.mean))
            .try_fold(f64::NEG_INFINITY, |highest, energy| energy.map(|energy| highest.max(energy)))
    }
}

impl GeodesicProblem<'_> {
    /// Checks that the problem makes sense.
    ///
    /// # Errors
    /// [`SpacetimeError::Problem`] says what does not.
    pub fn check(&self) -> Result<(), SpacetimeError> {
        let settings = &self.settings;
        let problem = |text: String| Err(SpacetimeError::Problem(text));
        for (name, point) in [("start", &self.start), ("end", &self.end)] {
            if point.y.len() != self.denoiser.dimension() {
                return problem(format!(
                    "the {name} has {} variables, the denoiser {}",
                    point.y.len(),
                    self.denoiser.dimension()
                ));
            }
            if !point.log_snr.is_finite() || point.y.iter().any(|y| !y.is_finite()) {
                return problem(format!("the {name} is not finite"));
            }
        }
        if settings.points < 3 {
            return problem(format!("a geodesic needs at least 3 points, not {}", settings.points));
        }
        if settings.coarse_points < 3 {
            return problem(format!("coarse_points must be at least 3, not {}", settings.coarse_points));
        }
        if let CurveFamily::Spline { knots } = settings.curve
            && (knots < 3 || knots > settings.points)
        {
            return problem(format!(
                "a spline needs 3 to {} knots (its points), not {knots}",
                settings.points
            ));
        }
        if !(settings.log_snr_min.is_finite()
            && settings.log_snr_max.is_finite()
            && settings.log_snr_min < settings.log_snr_max)
        {
            return problem(format!(
                "log_snr_min = {} must be below log_snr_max = {}",
                settings.log_snr_min, settings.log_snr_max
            ));
        }
        for (name, value) in [
            ("tolerance", settings.tolerance),
            ("constant_speed_tolerance", settings.constant_speed_tolerance),
        ] {
            if !(value > 0.0 && value.is_finite()) {
                return problem(format!("{name} must be positive, not {value}"));
            }
        }
        if let Some(drop) = settings.tent_drops.iter().find(|drop| !drop.is_finite()) {
            return problem(format!("a tent's drop must be finite, not {drop}"));
        }
        Ok(())
    }
}
