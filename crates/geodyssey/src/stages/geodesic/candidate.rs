//! One winding's curve.

use geodyssey_report::{ConstraintSummary, Warning};
use geodyssey_spacetime::{CurveMeasures, CurveNode};

use crate::config::CurveKind;

/// One winding's curve.
pub(super) struct Candidate {
    /// What kind of curve it is.
    pub(super) kind: CurveKind,
    /// Turns of the end's image.
    pub(super) winding: Vec<i32>,
    /// Its points with their moments.
    pub(super) nodes: Vec<CurveNode>,
    /// Arc length from the start to each point.
    pub(super) arc_length: Vec<f64>,
    /// Length and energy.
    pub(super) measures: CurveMeasures,
    /// Iterations of the solver.
    pub(super) iterations: u64,
    /// Points at which the denoiser was evaluated.
    pub(super) evaluations: u64,
    /// Why the solver stopped.
    pub(super) stop_reason: String,
    /// What must be known before trusting it.
    pub(super) warnings: Vec<Warning>,
    /// How well each constraint is satisfied.
    pub(super) constraints: Vec<ConstraintSummary>,
    /// Above the landscape's own zero, kJ/mol: the bottleneck of its channel, infinite where blocked regions leave no way; where
    /// bottlenecks are not known, the highest posterior mean energy.
    pub(super) barrier: Option<f64>,
    /// The highest energy on it, kJ/mol.
    pub(super) curve_maximum: Option<f64>,
}

impl Candidate {
    pub(super) fn satisfied(&self) -> bool {
        self.constraints.iter().all(|constraint| constraint.satisfied)
    }
}

/// The highest posterior mean energy on a curve, kJ/mol; none where the denoiser knows no energy.
pub(super) fn highest_mean_energy(curve: &[CurveNode]) -> Option<f64> {
    let energies = curve.iter().map(|node| node.energy.as_ref().map(|energy| energy.mean));
    energies
        .into_iter()
        .try_fold(f64::NEG_INFINITY, |highest, energy| energy.map(|energy| highest.max(energy)))
}
