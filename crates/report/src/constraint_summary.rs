//! What a run's summary says of its constraints.

use serde::{Deserialize, Serialize};

/// One constraint: how far the curve keeps it, and how far the paths do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConstraintSummary {
    /// Kind as in the configuration, e.g. `low-variance`.
    pub kind: String,
    /// One line for people.
    pub description: String,
    /// Whether it is only reported and does not bend the curve.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub report_only: bool,
    /// Unit of the numbers below, e.g. `nat`, `kJ/mol`, or empty.
    pub unit: String,
    /// What the curve has to keep: the least divergence in nats, the least logSNR, the largest energy in kJ/mol above the
    /// landscape's minimum, or the largest variance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// How much may be missing.
    pub tolerance: f64,
    /// Largest violation over the curve's inner points (0: none).
    pub largest_violation: f64,
    /// Whether the largest violation is within the tolerance: of the *curve*, whose points are averages.
    pub satisfied: bool,
    /// The same question asked of the paths; absent where there are none, or where it has no meaning for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<SampledConstraint>,
}

/// How far the forward paths keep a constraint that the curve was made to keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampledConstraint {
    /// What was measured, and what counts as kept.
    pub definition: String,
    /// Unit of the two numbers below; empty for shares.
    pub unit: String,
    /// What the paths do: a share of them, an energy in kJ/mol above the landscape's minimum, or a variance.
    pub value: f64,
    /// The largest value that counts as kept.
    pub limit: f64,
    /// Share of the paths' points inside an avoided region; absent for other constraints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_of_points_inside: Option<f64>,
    /// Whether the value is within the limit.
    pub kept: bool,
}
