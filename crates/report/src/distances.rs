//! `distances.json`: Diffusion Edit Distances of a set of configurations.

use serde::{Deserialize, Serialize};

use crate::ReportError;

/// Diffusion Edit Distances between all pairs of a set of configurations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distances {
    /// Version of the program that wrote this.
    pub version: String,
    /// Kind of the denoiser.
    pub denoiser: String,
    /// logSNR of the configurations: differences smaller than its noise do not count.
    pub log_snr: f64,
    /// Points of every geodesic.
    pub curve_points: usize,
    /// The configurations.
    pub configurations: Vec<Configuration>,
    /// The matrix in the order of the configurations, in nat^½; symmetric, with zeros on the diagonal.
    pub distances: Vec<Vec<f64>>,
    /// One entry a pair, `first < second`.
    pub pairs: Vec<PairDistance>,
    /// Classical multidimensional scaling into two dimensions; absent for fewer than three configurations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<Embedding>,
}

/// One configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Its file, and its frame or row where there are several.
    pub name: String,
    /// The variables, in radian, nm or the landscape's own unit.
    pub variables: Vec<f64>,
}

/// The geodesic between two configurations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairDistance {
    /// Number of the first configuration, from 0.
    pub first: usize,
    /// Number of the second.
    pub second: usize,
    /// Its length in nat^½.
    pub distance: f64,
    /// Least logSNR on it: how much noise the edits go through.
    pub least_log_snr: f64,
    /// Turns of the second configuration's image per variable.
    pub winding: Vec<i32>,
    /// Share of negative terms (0 for an exact denoiser).
    pub negative_share: f64,
    /// Whether the solver converged.
    pub converged: bool,
}

/// Points in the plane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// One point a configuration, in nat^½.
    pub points: Vec<[f64; 2]>,
    /// Share of the sum of the absolute eigenvalues of the doubly centred squared distances that the two coordinates have:
    /// 1 where the distances are those of points in a plane.
    pub explained: f64,
}

impl Distances {
    /// The document as pretty-printed JSON with a newline at the end.
    ///
    /// # Errors
    /// [`ReportError::NotFinite`] names the first number that is NaN or infinite (JSON has none).
    pub fn to_json(&self) -> Result<String, ReportError> {
        crate::summary::to_finite_json(self, "distances")
    }

    /// Reads a `distances.json`.
    ///
    /// # Errors
    /// [`ReportError::Json`] with line and column for malformed text, a missing or an unknown field.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        Ok(serde_json::from_str(text)?)
    }
}
