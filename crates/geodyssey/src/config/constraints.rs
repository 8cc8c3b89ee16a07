//! `[[constraint]]`: inequalities that the curve must keep.

use serde::{Deserialize, Serialize};

use super::error::InputError;
use super::source::Section;
use super::values::{PerVariable, PositiveReal, Real};

/// Names of the kinds, as the configuration has them.
const KINDS: [&str; 3] = ["low-variance", "region-avoidance", "energy-ceiling"];

/// One `[[constraint]]`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum ConstraintConfig {
    /// The posterior stays narrow.
    LowVariance(LowVarianceConfig),
    /// The posterior stays away from a region.
    RegionAvoidance(RegionAvoidanceConfig),
    /// The posterior mean of the energy stays low.
    EnergyCeiling(EnergyCeilingConfig),
}

/// `kind = "low-variance"`: give one of the two keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LowVarianceConfig {
    /// Least logSNR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) log_snr: Option<Real>,
    /// Largest root of the posterior variance, all variables together: degrees, nm or the landscape's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) standard_deviation: Option<PositiveReal>,
}

/// `kind = "region-avoidance"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegionAvoidanceConfig {
    /// Centre of the region: degrees, nm or the landscape's unit.
    pub(crate) center: Vec<Real>,
    /// Its radius; with `log_snr` the region is the posterior at that spacetime point instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) radius: Option<PerVariable>,
    /// logSNR of the spacetime point `(log_snr, center)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) log_snr: Option<Real>,
    /// Least Kullback–Leibler divergence of the region's distribution and the curve's, nat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) divergence_nats: Option<PositiveReal>,
    /// Only count the frames inside; do not bend the curve.
    #[serde(default)]
    pub(crate) report_only: bool,
}

/// `kind = "energy-ceiling"`: give one of the two keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnergyCeilingConfig {
    /// Largest posterior mean of the energy above the landscape's global minimum, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) energy_kj_mol: Option<Real>,
    /// The same, counted from the bottleneck between the states, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) above_bottleneck_kj_mol: Option<Real>,
}

/// Reads all `[[constraint]]` tables.
pub(super) fn read_constraints(
    root: &Section<'_>,
    variables: usize,
) -> Result<Vec<ConstraintConfig>, InputError> {
    root.tables("constraint")?.into_iter().map(|section| read_constraint(section, variables)).collect()
}

fn read_constraint(mut section: Section<'_>, variables: usize) -> Result<ConstraintConfig, InputError> {
    let whole = section.clone();
    let one_of = |first: (&str, bool), second: (&str, bool)| {
        if first.1 == second.1 {
            Err(whole.error("kind", format!("give exactly one of `{}` and `{}`", first.0, second.0)))
        } else {
            Ok(())
        }
    };
    match section.take_kind("kind", None, &KINDS)?.as_str() {
        "low-variance" => {
            let settings: LowVarianceConfig = section.read()?;
            one_of(
                ("log_snr", settings.log_snr.is_some()),
                ("standard_deviation", settings.standard_deviation.is_some()),
            )?;
            Ok(ConstraintConfig::LowVariance(settings))
        }
        "region-avoidance" => {
            let settings: RegionAvoidanceConfig = section.read()?;
            one_of(("radius", settings.radius.is_some()), ("log_snr", settings.log_snr.is_some()))?;
            if settings.center.len() != variables {
                let message = format!(
                    "expected {variables} numbers, one per variable, found {}",
                    settings.center.len()
                );
                return Err(whole.error("center", message));
            }
            if settings.radius.as_ref().is_some_and(|radius| radius.expand(variables).is_none()) {
                return Err(
                    whole.error("radius", format!("expected one number or {variables}, one per variable"))
                );
            }
            Ok(ConstraintConfig::RegionAvoidance(settings))
        }
        _ => {
            let settings: EnergyCeilingConfig = section.read()?;
            let (absolute, relative) =
                (settings.energy_kj_mol.is_some(), settings.above_bottleneck_kj_mol.is_some());
            one_of(("energy_kj_mol", absolute), ("above_bottleneck_kj_mol", relative))?;
            Ok(ConstraintConfig::EnergyCeiling(settings))
        }
    }
}
