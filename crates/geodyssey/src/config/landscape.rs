//! `[landscape]`: the energy as a function of the variables.

use std::path::PathBuf;

use geodyssey_landscape::{MetadynamicsParameters, RelaxedScanParameters};
use serde::{Deserialize, Serialize};

use super::error::InputError;
use super::samples::SamplesConfig;
use super::source::Section;
use super::values::{Count, PerVariable, PositiveReal};

/// Grid points along each variable of metadynamics where the configuration gives none and hills ask for no more.
const METADYNAMICS_GRID_POINTS: usize = 90;

/// Names of the methods, as the configuration has them.
const METHODS: [&str; 5] = ["metadynamics", "relaxed-scan", "samples", "table", "formula"];

/// `[landscape]`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub(crate) enum LandscapeConfig {
    /// Free energy of the molecule's variables by well-tempered metadynamics.
    Metadynamics(MetadynamicsConfig),
    /// Potential energy of the molecule, minimised with its variables held.
    RelaxedScan(RelaxedScanConfig),
    /// Samples of the variables with weights, for any number of variables.
    Samples(SamplesConfig),
    /// Values from a file.
    Table(TableConfig),
    /// A formula that the program knows.
    Formula(FormulaConfig),
}

/// `method = "metadynamics"`: many walkers that share one bias.
#[derive(Default, Clone, Debug, Serialize)]
pub(crate) struct MetadynamicsConfig {
    /// Grid points per variable; by default 90, or as many as the hills need.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grid_points: Option<Count>,
    /// Width (standard deviation) of a hill: degrees or nm, one for all variables or one each; by default that of the
    /// narrower of the two states' basins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hill_width: Option<PerVariable>,
    /// Times, hills and walkers.
    #[serde(flatten)]
    pub(crate) parameters: MetadynamicsParameters,
}

impl MetadynamicsConfig {
    fn read(mut section: Section<'_>) -> Result<Self, InputError> {
        Ok(Self {
            grid_points: section.take("grid_points")?,
            hill_width: section.take("hill_width")?,
            parameters: section.read()?,
        })
    }
}

/// `method = "relaxed-scan"`: a minimisation at every grid point.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RelaxedScanConfig {
    /// Grid points per variable.
    pub(crate) grid_points: Count,
    /// kT on the surface, kJ/mol; by default that of the molecule's temperature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) thermal_energy: Option<PositiveReal>,
    /// When a minimisation ends.
    #[serde(flatten)]
    pub(crate) parameters: RelaxedScanParameters,
}

impl RelaxedScanConfig {
    fn read(mut section: Section<'_>) -> Result<Self, InputError> {
        let whole = section.clone();
        let config = Self {
            grid_points: section.take("grid_points")?.unwrap_or(Count::constant(72)),
            thermal_energy: section.take("thermal_energy")?,
            parameters: section.read()?,
        };
        let parameters = &config.parameters;
        for (key, value) in [
            ("force_tolerance_kj_mol_nm", parameters.force_tolerance_kj_mol_nm),
            ("energy_tolerance_kj_mol", parameters.energy_tolerance_kj_mol),
            ("max_evaluations", parameters.max_evaluations as f64),
        ] {
            PositiveReal::try_from(value).map_err(|message| whole.error(key, message))?;
        }
        Ok(config)
    }
}

/// How a table's rows are interpolated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Interpolation {
    /// A smooth surface through them.
    #[default]
    Bicubic,
    /// No interpolation: point masses with the weights `exp(-βF)`.
    None,
}

/// `method = "table"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TableConfig {
    /// CSV with the variables by name and `energy_kj_mol`.
    pub(crate) file: PathBuf,
    /// How its rows are interpolated.
    #[serde(default)]
    pub(crate) interpolation: Interpolation,
    /// kT, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) thermal_energy: Option<PositiveReal>,
    /// Temperature, K, instead of kT; 300 if neither is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) temperature: Option<PositiveReal>,
}

/// `method = "formula"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormulaConfig {
    /// Name of the formula.
    pub(crate) name: String,
    /// Grid points per variable, for the denoiser and the bottleneck; at least 4.
    #[serde(default = "formula_grid")]
    pub(crate) grid_points: Count,
    /// kT, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) thermal_energy: Option<PositiveReal>,
    /// Temperature, K, instead of kT; 300 if neither is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) temperature: Option<PositiveReal>,
}

fn formula_grid() -> Count {
    Count::constant(64)
}

/// What the rest of the program must know of a landscape before it is made.
impl LandscapeConfig {
    /// kT (kJ/mol) or T (K), where the landscape itself gives one.
    pub(crate) fn thermal_energy_or_temperature(&self) -> (Option<PositiveReal>, Option<PositiveReal>) {
        match self {
            Self::Metadynamics(_) => (None, None),
            Self::RelaxedScan(scan) => (scan.thermal_energy, None),
            Self::Samples(samples) => (samples.thermal_energy, samples.temperature),
            Self::Table(table) => (table.thermal_energy, table.temperature),
            Self::Formula(formula) => (formula.thermal_energy, formula.temperature),
        }
    }

    /// Points along each variable of the grid that it is made on; none where it is made on no grid of its own.
    pub(crate) fn grid_points(&self) -> Option<usize> {
        match self {
            Self::Metadynamics(settings) => {
                Some(settings.grid_points.map_or(METADYNAMICS_GRID_POINTS, |count| count.get()))
            }
            Self::RelaxedScan(settings) => Some(settings.grid_points.get()),
            Self::Formula(settings) => Some(settings.grid_points.get()),
            Self::Table(_) | Self::Samples(_) => None,
        }
    }

    /// The files that it is read from.
    pub(super) fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::Table(table) => vec![&mut table.file],
            Self::Samples(samples) => samples
                .trajectory
                .iter_mut()
                .chain(&mut samples.weights)
                .chain(&mut samples.samples)
                .collect(),
            Self::Metadynamics(_) | Self::RelaxedScan(_) | Self::Formula(_) => Vec::new(),
        }
    }

    /// How rows of a table are interpolated.
    pub(crate) fn interpolation(&self) -> Interpolation {
        match self {
            Self::Table(table) => table.interpolation,
            Self::Metadynamics(_) | Self::RelaxedScan(_) | Self::Samples(_) | Self::Formula(_) => {
                Interpolation::Bicubic
            }
        }
    }

    /// Whether it is the lowest potential energy at given variables, which is not a free energy.
    pub(crate) fn is_relaxed(&self) -> bool {
        matches!(self, Self::RelaxedScan(_))
    }

    /// Whether it is samples, which have no energy.
    pub(crate) fn is_samples(&self) -> bool {
        matches!(self, Self::Samples(_))
    }

    /// Reads `[landscape]`; without it a molecule gets metadynamics.
    pub(super) fn read(root: &Section<'_>, molecule: bool) -> Result<Self, InputError> {
        let Some(mut section) = root.table("landscape")? else {
            return if molecule {
                Ok(Self::Metadynamics(MetadynamicsConfig::default()))
            } else {
                Err(root.error(
                    "landscape",
                    "without a [system] a [landscape] is needed, with `method = \"table\"` or `\"formula\"`",
                ))
            };
        };
        let whole = section.clone();
        let method = section.take_kind("method", molecule.then_some("metadynamics"), &METHODS)?;
        let landscape = match method.as_str() {
            name @ ("metadynamics" | "relaxed-scan") if !molecule => {
                return Err(whole.error("method", format!("{name} needs a molecule: there is no [system]")));
            }
            "relaxed-scan" => Self::RelaxedScan(RelaxedScanConfig::read(section)?),
            "metadynamics" => Self::Metadynamics(MetadynamicsConfig::read(section)?),
            "samples" => Self::Samples(SamplesConfig::read(section, molecule)?),
            "table" => Self::Table(section.read()?),
            _ if molecule => {
                return Err(whole.error(
                    "method",
                    "a formula cannot be the landscape of a molecule: omit [system], or use \"metadynamics\", \"relaxed-scan\" \
                     or \"table\"",
                ));
            }
            _ => Self::Formula(section.read()?),
        };
        let (energy, temperature) = landscape.thermal_energy_or_temperature();
        // A relaxed scan is no free energy, so that its kT need not be the molecule's.
        let energy = energy.filter(|_| !landscape.is_relaxed());
        if energy.is_some() && temperature.is_some() {
            return Err(whole.error("thermal_energy", "give `thermal_energy` or `temperature`, not both"));
        }
        if molecule && (energy.is_some() || temperature.is_some()) {
            let key = if energy.is_some() { "thermal_energy" } else { "temperature" };
            return Err(whole.error(key, "the temperature of a molecule is set in [system]"));
        }
        Ok(landscape)
    }
}
