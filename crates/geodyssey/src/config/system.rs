//! `[system]`, `[[variable]]` and `[states.…]`: the molecule, what is looked at, and from where to where.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::InputError;
use super::reserved_names;
use super::source::Section;
use super::values::{PerVariable, PositiveReal, Real};

/// `[system]`: the molecule and its force field.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SystemConfig {
    /// Structure that names the atoms.
    pub(crate) topology: PathBuf,
    /// OpenMM System XML.
    pub(crate) force_field: PathBuf,
    /// K.
    #[serde(default = "room_temperature")]
    pub(crate) temperature: PositiveReal,
}

fn room_temperature() -> PositiveReal {
    PositiveReal::constant(300.0)
}

/// An atom as it is written: `"ALA 2 CA"`, `"A ALA 2 CA"` or its index from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "toml::Value", into = "toml::Value")]
pub(crate) enum AtomName {
    /// By residue name, residue number and atom name, chain optional.
    Name(String),
    /// By index, from 0.
    Index(usize),
}

impl TryFrom<toml::Value> for AtomName {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match &value {
            toml::Value::String(name) => Ok(Self::Name(name.clone())),
            toml::Value::Integer(index) => usize::try_from(*index)
                .map(Self::Index)
                .map_err(|_| format!("atoms are counted from 0, found {index}")),
            other => Err(format!("expected an atom such as \"ALA 2 CA\" or its index from 0, found {other}")),
        }
    }
}

impl From<AtomName> for toml::Value {
    fn from(name: AtomName) -> Self {
        match name {
            AtomName::Name(name) => Self::String(name),
            AtomName::Index(index) => Self::Integer(i64::try_from(index).unwrap_or(i64::MAX)),
        }
    }
}

/// Whether the ends of a variable's range are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Boundary {
    /// A circle.
    Periodic,
    /// An interval, as the paper treats torsions.
    Box,
}

/// `[[variable]]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariableConfig {
    /// Its name: the column in every table.
    pub(crate) name: String,
    /// Four atoms of a dihedral angle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) torsion: Option<Vec<AtomName>>,
    /// Two atoms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) distance: Option<Vec<AtomName>>,
    /// Three atoms of a bond angle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) angle: Option<Vec<AtomName>>,
    /// Period of a variable of a table or formula, in its own unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) period: Option<PositiveReal>,
    /// Least and largest value looked at: degrees, nm, or the unit of the table or formula.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) range: Option<[Real; 2]>,
    /// Whether the ends of the range are joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) boundary: Option<Boundary>,
    /// What logSNR counts as one: degrees, nm, or the unit of the table; by default 1 rad or 0.1 nm, or less where a state's radius
    /// is small. Not for periodic variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scale: Option<PositiveReal>,
}

/// What a variable measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Dihedral angle of four atoms; degrees in the configuration.
    Torsion,
    /// Distance of two atoms; nm.
    Distance,
    /// Bond angle of three atoms; degrees in the configuration.
    Angle,
    /// A coordinate of a table or formula, in its own unit.
    Coordinate,
}

impl Measure {
    /// Factor from the configuration's unit to the program's.
    pub(crate) fn factor(self) -> f64 {
        match self {
            Self::Torsion | Self::Angle => std::f64::consts::PI / 180.0,
            Self::Distance | Self::Coordinate => 1.0,
        }
    }

    /// The unit that a person reads; empty for a coordinate without a stated unit.
    pub(crate) fn display_unit(self) -> &'static str {
        match self {
            Self::Torsion | Self::Angle => "°",
            Self::Distance => "nm",
            Self::Coordinate => "",
        }
    }

    /// Ending of a column's name in files; empty for a coordinate without a stated unit.
    pub(crate) fn column_unit(self) -> &'static str {
        match self {
            Self::Torsion | Self::Angle => "_rad",
            Self::Distance => "_nm",
            Self::Coordinate => "",
        }
    }
}

impl VariableConfig {
    /// What it measures, and of which atoms.
    pub(crate) fn measure(&self) -> (Measure, &[AtomName]) {
        match (&self.torsion, &self.distance, &self.angle) {
            (Some(atoms), _, _) => (Measure::Torsion, atoms),
            (_, Some(atoms), _) => (Measure::Distance, atoms),
            (_, _, Some(atoms)) => (Measure::Angle, atoms),
            _ => (Measure::Coordinate, &[]),
        }
    }

    /// The key under which its atoms stand.
    pub(crate) fn atoms_key(&self) -> &'static str {
        match self.measure().0 {
            Measure::Torsion => "torsion",
            Measure::Distance => "distance",
            Measure::Angle => "angle",
            Measure::Coordinate => "name",
        }
    }
}

/// Reads all `[[variable]]` tables.
pub(super) fn read_variables(root: &Section<'_>, molecule: bool) -> Result<Vec<VariableConfig>, InputError> {
    let mut variables: Vec<VariableConfig> = Vec::new();
    for section in root.tables("variable")? {
        let variable: VariableConfig = section.clone().read()?;
        check_variable(&section, &variable, molecule)?;
        if variables.iter().any(|other| other.name == variable.name) {
            let message = format!("two variables have the name `{}`", variable.name);
            return Err(section.error("name", message));
        }
        variables.push(variable);
    }
    Ok(variables)
}

fn check_variable(
    section: &Section<'_>,
    variable: &VariableConfig,
    molecule: bool,
) -> Result<(), InputError> {
    let name = &variable.name;
    if let Some(why) = reserved_names::why_not(name) {
        return Err(section.error("name", format!("`{name}` cannot be a variable's name: {why}")));
    }
    let given = [&variable.torsion, &variable.distance, &variable.angle]
        .iter()
        .filter(|atoms| atoms.is_some())
        .count();
    let (measure, atoms) = variable.measure();
    let key = variable.atoms_key();
    if molecule && given != 1 {
        return Err(section.error(
            "name",
            format!(
                "variable `{name}` needs exactly one of `torsion` (4 atoms), `distance` (2) and `angle` (3)"
            ),
        ));
    }
    if !molecule && given != 0 {
        return Err(section.error(key, format!("variable `{name}` names atoms, but there is no [system]")));
    }
    let expected = match measure {
        Measure::Torsion => 4,
        Measure::Distance => 2,
        Measure::Angle => 3,
        Measure::Coordinate => 0,
    };
    if atoms.len() != expected {
        return Err(section.error(key, format!("`{key}` takes {expected} atoms, found {}", atoms.len())));
    }
    if molecule && variable.period.is_some() {
        return Err(
            section.error("period", "the period of a molecule's variable is known: leave `period` out")
        );
    }
    if molecule && variable.boundary.is_some() {
        let message = "the torsions of a molecule are periodic and its distances and angles are not: `boundary` is for tables and formulas";
        return Err(section.error("boundary", message));
    }
    if let Some([low, high]) = variable.range
        && low.get() >= high.get()
    {
        return Err(
            section.error("range", format!("the range must rise, found [{}, {}]", low.get(), high.get()))
        );
    }
    if measure == Measure::Torsion && variable.range.is_some() {
        return Err(section.error("range", "a torsion's range is the whole circle: leave `range` out"));
    }
    if measure == Measure::Distance && variable.range.is_none() {
        return Err(
            section.error("name", format!("distance `{name}` needs a `range = [least, largest]` in nm"))
        );
    }
    Ok(())
}

/// One state: `[states.start]` or `[states.end]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateConfig {
    /// Structure file of the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) structure: Option<PathBuf>,
    /// Its variables: degrees, nm, or the unit of the table or formula; by default the structure's own values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) center: Option<Vec<Real>>,
    /// What counts as arrived: a distance from the centre for all variables, or one for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) radius: Option<PerVariable>,
}

/// What counts as having arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Matching {
    /// The variables lie within the state's radius.
    #[default]
    Variables,
    /// They do, and the molecule has the state's structure: the same rotamer about every bond once it is relaxed.
    Structure,
}

fn minimise() -> bool {
    true
}

/// `[states]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatesConfig {
    /// Where paths begin.
    pub(crate) start: StateConfig,
    /// Where they end.
    pub(crate) end: StateConfig,
    /// Whether structures are minimised under the run's force field first.
    #[serde(default = "minimise")]
    pub(crate) minimise: bool,
    /// What counts as having arrived.
    #[serde(default, rename = "match")]
    pub(crate) matching: Matching,
}
