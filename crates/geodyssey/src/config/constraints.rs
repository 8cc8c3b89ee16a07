//! `[[constraint]]`: inequalities that the curve must satisfy.

use geodyssey_constraints::ConstraintSettings;
use serde::Serialize;

use super::error::InputError;
use super::source::Section;

/// Reads the settings of one kind.
type ReadSettings = fn(Section<'_>) -> Result<ConstraintSettings, InputError>;

/// The kinds, by their names in a configuration.
const KINDS: [(&str, ReadSettings); 3] = [
    ("low-variance", |section| Ok(ConstraintSettings::LowVariance(section.read()?))),
    ("region-avoidance", |section| Ok(ConstraintSettings::RegionAvoidance(section.read()?))),
    ("energy-ceiling", |section| Ok(ConstraintSettings::EnergyCeiling(section.read()?))),
];

/// One `[[constraint]]`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ConstraintConfig {
    /// Its kind and numbers, in the user's units.
    #[serde(flatten)]
    pub(crate) settings: ConstraintSettings,
    /// Only report how well it is satisfied; do not bend the curve.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) report_only: bool,
}

/// Reads all `[[constraint]]` tables.
pub(super) fn read_constraints(root: &Section<'_>) -> Result<Vec<ConstraintConfig>, InputError> {
    root.tables("constraint")?.into_iter().map(read_constraint).collect()
}

fn read_constraint(mut section: Section<'_>) -> Result<ConstraintConfig, InputError> {
    let report_only = section.take("report_only")?.unwrap_or(false);
    let names = KINDS.map(|(name, _)| name);
    let kind = section.take_kind("kind", None, &names)?;
    let place = names.iter().position(|name| *name == kind).unwrap_or_default();
    let (_, read) = KINDS[place];
    Ok(ConstraintConfig { settings: read(section)?, report_only })
}
