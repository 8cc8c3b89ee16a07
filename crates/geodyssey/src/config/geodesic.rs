//! `[geodesic]`: the curve through spacetime.

use serde::{Deserialize, Serialize};

use super::values::{Count, Ends, PositiveReal, Real};

/// Which curve the paths follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CurveKind {
    /// The geodesic; if it runs far above the lowest barrier of its channel, the minimum-energy path, provided that it satisfies
    /// the constraints.
    Automatic,
    /// The shortest curve that satisfies the constraints.
    Geodesic,
    /// The straight line in the variables, logSNR linear between its ends or given by `log_snr_schedule`: a baseline.
    Straight,
    /// The straight line with logSNR falling linearly to `tent_log_snr` in the middle: a baseline.
    Tent,
    /// The path of the variables along which the gradient of their energy points along the path, logSNR linear between its
    /// ends: a baseline.
    MinimumEnergyPath,
    /// The geodesic of the metric that the probability-flow ODE pulls back from data to noise, logSNR linear between its ends: a
    /// baseline.
    Pullback,
}

impl CurveKind {
    /// Its name in the configuration.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Geodesic => "geodesic",
            Self::Straight => "straight",
            Self::Tent => "tent",
            Self::MinimumEnergyPath => "minimum-energy-path",
            Self::Pullback => "pullback",
        }
    }

    /// Whether a geodesic is solved for, which constraints bend.
    pub(crate) fn is_geodesic(self) -> bool {
        matches!(self, Self::Automatic | Self::Geodesic)
    }
}

/// What is varied to find a geodesic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Parametrisation {
    /// Every inner point.
    Free,
    /// The knots of a cubic spline.
    Spline,
}

/// Which of the windings is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Choice {
    /// The one with the lowest bottleneck.
    LowestBarrier,
    /// The shortest one.
    Shortest,
}

/// `[geodesic]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GeodesicConfig {
    /// Which curve to follow.
    pub(crate) kind: CurveKind,
    /// Points on the curve, both ends included; at least 3.
    pub(crate) points: Count,
    /// logSNR at the ends.
    pub(crate) log_snr: Ends,
    /// Lower bound of logSNR on the whole curve, against optima that run off to ever higher noise.
    pub(crate) log_snr_min: Real,
    /// Largest `|2E/L² − 1|` of a finished curve.
    pub(crate) tolerance: PositiveReal,
    /// Largest number of iterations for one winding.
    pub(crate) iterations: Count,
    /// What is varied.
    pub(crate) curve: Parametrisation,
    /// Knots of the spline, both ends included.
    pub(crate) knots: Count,
    /// Which winding to follow.
    pub(crate) choose: Choice,
    /// Only this winding: turns per variable, 0 for variables without a period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) winding: Option<Vec<i32>>,
    /// logSNR at equally spaced points of a straight line, from its start to its end, linear in between: another curve's
    /// schedule, to separate the effect of its timing from that of its route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_snr_schedule: Option<Vec<Real>>,
    /// logSNR in the middle of a tent.
    pub(crate) tent_log_snr: Real,
    /// logSNR of the latents of a pullback geodesic; by default the one at which the noise is half a period wide, or as wide as
    /// the range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) latent_log_snr: Option<Real>,
}

impl Default for GeodesicConfig {
    fn default() -> Self {
        Self {
            kind: CurveKind::Automatic,
            points: Count::constant(128),
            log_snr: Ends { start: 4.0, end: 4.0 },
            log_snr_min: Real::constant(-6.0),
            tolerance: PositiveReal::constant(1e-3),
            iterations: Count::constant(1000),
            curve: Parametrisation::Free,
            knots: Count::constant(16),
            choose: Choice::LowestBarrier,
            winding: None,
            log_snr_schedule: None,
            tent_log_snr: Real::constant(0.0),
            latent_log_snr: None,
        }
    }
}
