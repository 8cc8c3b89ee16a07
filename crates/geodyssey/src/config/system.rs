//! `[system]`, `[[variable]]` and `[states.…]`: the molecule, its variables, and the start and end states.

use std::collections::BTreeMap;
use std::path::PathBuf;

use geodyssey_molecule::variables::{COORDINATE, Quantity, VARIABLES, VariableDefinition};
use serde::ser::SerializeMap as _;
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
    /// Temperature.
    #[serde(default = "room_temperature")]
    pub(crate) temperature: PositiveReal,
}

fn room_temperature() -> PositiveReal {
    PositiveReal::constant(300.0)
}

/// An atom as it is written: `"ALA 2 CA"`, `"A:ALA 2 CA"` or its index from 0.
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
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariableConfig {
    /// Name of the variable and of its column in every table.
    pub(crate) name: String,
    /// What of the molecule it measures, and of which atoms: under the key of a kind of variable, `torsion`, `distance`, `angle`, …
    #[serde(skip_deserializing)]
    pub(crate) of_atoms: Option<VariableAtoms>,
    /// Period of a variable of a table or formula, in its own unit.
    #[serde(default)]
    pub(crate) period: Option<PositiveReal>,
    /// Smallest and largest value considered: degrees, nm, or the unit of the table or formula.
    #[serde(default)]
    pub(crate) range: Option<[Real; 2]>,
    /// Whether the ends of the range are joined.
    #[serde(default)]
    pub(crate) boundary: Option<Boundary>,
    /// Value that counts as 1 in logSNR: degrees, nm, or the unit of the table; by default 1 rad or 0.1 nm, or less if a state's
    /// radius is small. Not for periodic variables.
    #[serde(default)]
    pub(crate) scale: Option<PositiveReal>,
}

/// A kind of variable and the atoms that it is taken of.
#[derive(Clone)]
pub(crate) struct VariableAtoms {
    /// What it measures, and how it is made.
    pub(crate) definition: &'static VariableDefinition,
    /// Its atoms, as they are written.
    pub(crate) atoms: Vec<AtomName>,
}

impl std::fmt::Debug for VariableAtoms {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} of {:?}", self.definition.quantity.name, self.atoms)
    }
}

impl Serialize for VariableConfig {
    /// As it is written: the atoms under the name of what they measure.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        if let Some(of_atoms) = &self.of_atoms {
            map.serialize_entry(of_atoms.definition.quantity.name, &of_atoms.atoms)?;
        }
        if let Some(period) = &self.period {
            map.serialize_entry("period", period)?;
        }
        if let Some(range) = &self.range {
            map.serialize_entry("range", range)?;
        }
        if let Some(boundary) = &self.boundary {
            map.serialize_entry("boundary", boundary)?;
        }
        if let Some(scale) = &self.scale {
            map.serialize_entry("scale", scale)?;
        }
        map.end()
    }
}

impl VariableConfig {
    /// What it measures: of atoms, or a coordinate of a table or formula.
    pub(crate) fn quantity(&self) -> &'static Quantity {
        self.of_atoms.as_ref().map_or(&COORDINATE, |of_atoms| &of_atoms.definition.quantity)
    }

    /// The key under which its atoms stand.
    pub(crate) fn atoms_key(&self) -> &'static str {
        self.of_atoms.as_ref().map_or("name", |of_atoms| of_atoms.definition.quantity.name)
    }
}

/// Reads all `[[variable]]` tables.
pub(super) fn read_variables(root: &Section<'_>, molecule: bool) -> Result<Vec<VariableConfig>, InputError> {
    let mut variables: Vec<VariableConfig> = Vec::new();
    for mut section in root.tables("variable")? {
        let whole = section.clone();
        let mut given = Vec::new();
        for definition in VARIABLES {
            let atoms: Option<Vec<AtomName>> = section.take(definition.quantity.name)?;
            given.extend(atoms.map(|atoms| VariableAtoms { definition, atoms }));
        }
        let variable = VariableConfig { of_atoms: given.first().cloned(), ..section.read()? };
        let section = whole;
        check_variable(&section, &variable, given.len(), molecule)?;
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
    given: usize,
    molecule: bool,
) -> Result<(), InputError> {
    let name = &variable.name;
    if let Some(why) = reserved_names::why_not(name) {
        return Err(section.error("name", format!("`{name}` cannot be a variable's name: {why}")));
    }
    let (quantity, key) = (variable.quantity(), variable.atoms_key());
    if molecule && given != 1 {
        return Err(
            section.error("name", format!("variable `{name}` needs exactly one of {}", kinds_in_words()))
        );
    }
    if !molecule && given != 0 {
        return Err(section.error(key, format!("variable `{name}` names atoms, but there is no [system]")));
    }
    if let Some(VariableAtoms { definition, atoms }) = &variable.of_atoms
        && !definition.atoms.allows(atoms.len())
    {
        let message = format!("`{key}` takes {} atoms, found {}", definition.atoms, atoms.len());
        return Err(section.error(key, message));
    }
    if molecule && variable.period.is_some() {
        return Err(section.error("period", "the period of a molecule's variable is known: omit `period`"));
    }
    if molecule && variable.boundary.is_some() {
        let message = "the torsions of a molecule are periodic and its distances and angles are not: `boundary` is for tables and formulas";
        return Err(section.error("boundary", message));
    }
    if let Some([low, high]) = variable.range
        && low.get() >= high.get()
    {
        return Err(section
            .error("range", format!("the range must be increasing, found [{}, {}]", low.get(), high.get())));
    }
    if quantity.period.is_some() && variable.range.is_some() {
        let message = format!("a {}'s range is the whole circle: omit `range`", quantity.name);
        return Err(section.error("range", message));
    }
    if variable.of_atoms.is_some() && quantity.range.is_none() && variable.range.is_none() {
        let unit = quantity.display_unit();
        let message = format!("{} `{name}` needs a `range = [least, largest]` in {unit}", quantity.name);
        return Err(section.error("name", message));
    }
    Ok(())
}

/// ``torsion` (4 atoms), `distance` (2) and `angle` (3)`.
fn kinds_in_words() -> String {
    let one = |(index, definition): (usize, &&VariableDefinition)| {
        let atoms = if index == 0 { " atoms" } else { "" };
        format!("`{}` ({}{atoms})", definition.quantity.name, definition.atoms)
    };
    let all: Vec<String> = VARIABLES.iter().enumerate().map(one).collect();
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// One state: `[states.start]` or `[states.end]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateConfig {
    /// Structure file of the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) structure: Option<PathBuf>,
    /// Values of the variables at its centre: degrees, nm, or the unit of the table or formula; by default those of the structure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) center: Option<Vec<Real>>,
    /// What counts as arrived: a distance from the centre for all variables, or one for each; by default 20° for torsions and
    /// angles, 0.05 nm for distances, a tenth of the range for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) radius: Option<PerVariable>,
    /// What counts as arrived instead: ranges of variables, such as `{ phi = [-180, -40] }`, or a list of these, of which one is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ranges: Option<StateRanges>,
}

/// Ranges of variables, by their names.
pub(crate) type VariableRanges = BTreeMap<String, [Real; 2]>;

/// One set of ranges, or several of which one is enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum StateRanges {
    /// All of these.
    One(VariableRanges),
    /// All of one of these.
    Several(Vec<VariableRanges>),
}

impl StateRanges {
    /// The sets.
    pub(crate) fn alternatives(&self) -> &[VariableRanges] {
        match self {
            Self::One(ranges) => std::slice::from_ref(ranges),
            Self::Several(all) => all,
        }
    }
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
