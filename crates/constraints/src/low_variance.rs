//! `low-variance`: the posterior stays narrow, so that a tethered molecule follows the path closely.

use geodyssey_spacetime::{CurveNode, NodeConstraintValue, PathConstraint};
use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::context::{ConstraintContext, finite, positive};
use crate::error::ConstraintError;

const KIND: &str = "low-variance";

/// Settings of `low-variance`; exactly one of the two is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LowVarianceSettings {
    /// Least logSNR; the tether's standard deviation is `exp(-logSNR/2)` of variables divided by their scale. Instead of `variance_ceiling`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_snr_floor: Option<f64>,
    /// Largest trace of the posterior covariance, `E|x|² - |E x|²`, in the variables' unit squared. Instead of `log_snr_floor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variance_ceiling: Option<f64>,
}

pub(crate) fn build(
    settings: &LowVarianceSettings,
    context: &ConstraintContext,
) -> Result<Box<dyn PathConstraint>, ConstraintError> {
    match (settings.log_snr_floor, settings.variance_ceiling) {
        (Some(floor), None) => Ok(Box::new(LogSnrFloor { floor: finite(KIND, "log_snr_floor", floor)? })),
        (None, Some(ceiling)) => {
            let unit = context.common_unit(KIND, "variance_ceiling")?;
            let ceiling = positive(KIND, "variance_ceiling", ceiling)?;
            Ok(Box::new(VarianceCeiling {
                ceiling: ceiling * unit.factor * unit.factor,
                description: format!("posterior variance ≤ {ceiling} {}²", unit.name),
            }))
        }
        _ => Err(ConstraintError::Settings {
            kind: KIND,
            reason: "give either `log_snr_floor` or `variance_ceiling`".into(),
        }),
    }
}

/// `λ ≥ floor` at every inner node.
#[derive(Clone, Debug)]
pub struct LogSnrFloor {
    floor: f64,
}

impl PathConstraint for LogSnrFloor {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn description(&self) -> String {
        format!("logSNR ≥ {}", self.floor)
    }

    fn unit(&self) -> &'static str {
        "1"
    }

    fn threshold(&self) -> Option<f64> {
        Some(self.floor)
    }

    fn tolerance(&self) -> f64 {
        1e-3
    }

    fn scale(&self) -> f64 {
        1.0
    }

    fn log_snr_floor(&self) -> Option<f64> {
        Some(self.floor)
    }

    fn evaluate(&self, node: &CurveNode) -> Result<Vec<NodeConstraintValue>, String> {
        // λ = log(-2 η_{d+1})
        let size = node.point.y.len() + 1;
        let mut gradient = DVector::zeros(size);
        gradient[size - 1] = 2.0 * (-node.point.log_snr).exp();
        Ok(vec![NodeConstraintValue { value: self.floor - node.point.log_snr, gradient, hessian: None }])
    }
}

/// `E|x|² - |E x|² ≤ ceiling` at every inner node.
#[derive(Clone, Debug)]
pub struct VarianceCeiling {
    ceiling: f64,
    description: String,
}

impl PathConstraint for VarianceCeiling {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn description(&self) -> String {
        self.description.clone()
    }

    fn unit(&self) -> &'static str {
        "internal unit²"
    }

    fn threshold(&self) -> Option<f64> {
        Some(self.ceiling)
    }

    fn tolerance(&self) -> f64 {
        1e-3 * self.ceiling
    }

    fn scale(&self) -> f64 {
        self.ceiling
    }

    fn evaluate(&self, node: &CurveNode) -> Result<Vec<NodeConstraintValue>, String> {
        // v = μ_{d+1} - |D|², and ∂μ/∂η = G.
        let mean = node.moments.mean();
        let metric = &node.moments.metric;
        let mut gradient = metric.row(mean.len()).transpose();
        for (row, component) in mean.iter().enumerate() {
            gradient.axpy(-2.0 * component, &metric.row(row).transpose(), 1.0);
        }
        Ok(vec![NodeConstraintValue {
            value: node.moments.variance_trace() - self.ceiling,
            gradient,
            hessian: None,
        }])
    }
}
