//! `compare.json`: a comparison of several paths, as JSON, as tables and as a page.

mod csv_tables;
mod page;
mod tables;

use serde::{Deserialize, Serialize};

use crate::summary::to_finite_json;
use crate::{ReportError, Summary};

pub use page::{PageFigure, relative_address};

/// JSON schema (draft 2020-12) of `compare.json`.
pub const COMPARISON_SCHEMA: &str = include_str!("../../schema/comparison.schema.json");

/// A comparison of several paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Version of the program that wrote this.
    pub version: String,
    /// How differences were tested.
    pub test: String,
    /// One a landscape and pair of states, in the order in which they were given.
    pub groups: Vec<ComparisonGroup>,
}

/// Paths between the same states on the same landscape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonGroup {
    /// Name of its first path.
    pub name: String,
    /// What they have in common, in words.
    pub description: String,
    /// Every region that one of the paths was kept out of or that it reports on.
    pub regions: Vec<ComparedRegion>,
    /// The paths: as given, then the baselines.
    pub rows: Vec<ComparisonRow>,
    /// Baselines that could not be made.
    pub left_out: Vec<LeftOut>,
    /// Every pair of rows, for every measure that both have.
    pub differences: Vec<Difference>,
    /// What the numbers say, in words.
    pub words: Vec<String>,
}

/// A region of the variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparedRegion {
    /// In words.
    pub description: String,
    /// Its centre, one value a variable, in the units of `summary.system.variables`.
    pub center: Vec<f64>,
    /// Its semi-axes, likewise.
    pub radius: Vec<f64>,
}

/// Who asked for a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowRole {
    /// The user.
    Given,
    /// The comparison.
    Baseline,
}

/// One path, which is one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonRow {
    /// Its name.
    pub name: String,
    /// Which curve, what bends it, and which denoiser, in words.
    pub curve: String,
    /// Who asked for it.
    pub role: RowRole,
    /// Its run directory.
    pub directory: String,
    /// What else is to be said, such as that it is the best of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// The run's `summary.json`, its list of files left out.
    pub summary: Summary,
    /// Rows that share a letter are not told apart by their highest landscape energies.
    pub max_energy_letters: String,
    /// Rows that share a letter are not told apart by their dissipated work.
    pub dissipated_work_letters: String,
    /// One entry for each of the group's regions.
    pub regions: Vec<RowRegion>,
    /// Wall-clock times; absent where the run has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<RowSeconds>,
}

/// A path and a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowRegion {
    /// Share of the forward paths' frames inside.
    pub share_of_frames_inside: f64,
    /// Forward paths with at least one frame inside.
    pub paths_inside: usize,
    /// Least `KL(p* ‖ p)` of the curve's inner points, in nats, by the exact denoiser, where that knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_kl_nat: Option<f64>,
}

/// Wall-clock seconds of a run. They alone change when it is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowSeconds {
    /// For the paths.
    pub sampling: f64,
    /// For landscape, denoiser and curve, also where these were taken over from another run.
    pub preparation: f64,
}

/// A baseline that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What of two rows was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Highest energy on the landscape, kJ/mol.
    MaxLandscapeEnergy,
    /// Highest all-atom potential energy, kJ/mol.
    MaxPotentialEnergy,
    /// Dissipated work, mean of both directions, kT; `ΔF` cancels. Without backward paths, of the forward ones.
    DissipatedWork,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::MaxLandscapeEnergy, Self::MaxPotentialEnergy, Self::DissipatedWork];

    /// Its name, as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxLandscapeEnergy => "max_landscape_energy",
            Self::MaxPotentialEnergy => "max_potential_energy",
            Self::DissipatedWork => "dissipated_work",
        }
    }

    /// Its unit.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::MaxLandscapeEnergy | Self::MaxPotentialEnergy => "kJ/mol",
            Self::DissipatedWork => "kT",
        }
    }
}

/// The difference of two rows in one measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// In what.
    pub measure: Measure,
    /// One row.
    pub first: String,
    /// The other.
    pub second: String,
    /// Mean of the first minus mean of the second, in the measure's unit.
    pub difference: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Of the permutation test.
    pub p_value: f64,
    /// By Holm's method, among all pairs of this group and measure.
    pub corrected_p_value: f64,
    /// Whether the corrected p value lies below 0.05.
    pub real: bool,
}

impl Comparison {
    /// The document as pretty-printed JSON with a newline at the end.
    ///
    /// # Errors
    /// [`ReportError::NotFinite`] names the first number that is NaN or infinite.
    pub fn to_json(&self) -> Result<String, ReportError> {
        to_finite_json(self, "comparison")
    }

    /// Reads a `compare.json`.
    ///
    /// # Errors
    /// [`ReportError::Json`] for malformed text, a missing or an unknown field.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        Ok(serde_json::from_str(text)?)
    }
}
