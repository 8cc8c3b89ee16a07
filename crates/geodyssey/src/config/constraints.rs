//! `[[constraint]]`: inequalities that the curve must keep.

use geodyssey_constraints::ConstraintSettings;
use serde::Serialize;

use super::error::InputError;
use super::source::Section;

/// Names of the kinds, as the configuration has them.
const KINDS: [&str; 3] = ["low-variance", "region-avoidance", "energy-ceiling"];

/// One `[[constraint]]`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ConstraintConfig {
    /// Its kind and numbers, in the user's units.
    #[serde(flatten)]
    pub(crate) settings: ConstraintSettings,
    /// Only say how far it is kept; do not bend the curve.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) report_only: bool,
}

/// Reads all `[[constraint]]` tables.
pub(super) fn read_constraints(root: &Section<'_>) -> Result<Vec<ConstraintConfig>, InputError> {
    root.tables("constraint")?.into_iter().map(read_constraint).collect()
}

fn read_constraint(mut section: Section<'_>) -> Result<ConstraintConfig, InputError> {
    let report_only = section.take("report_only")?.unwrap_or(false);
    let settings = match section.take_kind("kind", None, &KINDS)?.as_str() {
        "low-variance" => ConstraintSettings::LowVariance(section.read()?),
        "region-avoidance" => ConstraintSettings::RegionAvoidance(section.read()?),
        _ => ConstraintSettings::EnergyCeiling(section.read()?),
    };
    Ok(ConstraintConfig { settings, report_only })
}
