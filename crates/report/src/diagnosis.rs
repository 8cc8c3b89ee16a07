//! `diagnose/summary.json`: how good a denoiser is, and whether paths along its geodesics can be trusted.

use serde::{Deserialize, Serialize};

use crate::ReportError;

/// JSON schema (draft 2020-12) of `diagnose/summary.json`.
pub const DIAGNOSIS_SCHEMA: &str = include_str!("../schema/diagnosis.schema.json");

/// What is known of a denoiser. Parts that could not be measured are absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diagnosis {
    /// Version of the program that wrote this.
    pub version: String,
    /// `mixture`, `neural` or `random-features`.
    pub kind: String,
    /// What the denoiser was compared with.
    pub judge: String,
    /// Whether every finding passed.
    pub trusted: bool,
    /// The verdict in words.
    pub verdict: String,
    /// What it rests on.
    pub findings: Vec<Finding>,
    /// Errors of `μ` by noise level and along curves.
    pub accuracy: Accuracy,
    /// Samples that the denoiser makes, against the data.
    pub sampling: SamplingDiagnosis,
    /// Errors against the ridges of the data's density; absent for a single variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ridge: Option<RidgeDiagnosis>,
}

/// One number that was compared with a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Short name, stable.
    pub check: String,
    /// What was found.
    pub value: f64,
    /// What it must not exceed.
    pub limit: f64,
    /// Whether it does not.
    pub passed: bool,
    /// The same in words.
    pub message: String,
}

/// Distribution of the error `√((μ - μ*)ᵀ G*⁻¹ (μ - μ*))` of `μ = E[T]`, `T = (x, |x|²)`, with the exact posterior's `μ*` and
/// `G* = Cov(T)`: in posterior standard deviations, independent of the zeros and units of the variables.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviationErrors {
    /// Points.
    pub points: usize,
    /// Median.
    pub median: f64,
    /// The value that a twentieth of the points exceeds.
    pub percentile_95: f64,
    /// Largest.
    pub largest: f64,
}

/// Errors of `μ`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accuracy {
    /// By noise level, over points drawn as in training.
    pub levels: Vec<LevelErrors>,
    /// Along the geodesic of the reference; absent where the run follows a baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub along_exact: Option<DeviationErrors>,
    /// Along the curve that the run follows.
    pub along_followed: DeviationErrors,
    /// Energy of the curve that the run follows, measured by the reference.
    pub followed_energy: f64,
    /// Energy of the reference's own geodesic of the same winding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact_energy: Option<f64>,
    /// The first over the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_ratio: Option<f64>,
    /// Share of negative terms of the energy along the curve that the run follows, by the denoiser itself.
    pub negative_share: f64,
    /// Share of the training samples within the radius of the start and of the end; absent for weights of another run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples_in_states: Option<[f64; 2]>,
}

/// Errors at one noise level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelErrors {
    /// Middle of the range of log SNR.
    pub log_snr: f64,
    /// Errors.
    pub errors: DeviationErrors,
    /// Of random features whose training was stopped: the part that is left after all training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architectural: Option<DeviationErrors>,
    /// Of the same: the difference from what it would be after all training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimisation: Option<DeviationErrors>,
}

/// Samples at the highest noise level's end of reverse flows, against the data with the same noise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplingDiagnosis {
    /// Log SNR at which samples and data are compared.
    pub log_snr: f64,
    /// Samples of each kind.
    pub samples: usize,
    /// Distances of histograms.
    pub distances: Vec<HistogramDistance>,
    /// What counts as a state: `basin` (connected, a kT below the barrier) or `radius`.
    pub states_by: String,
    /// Shares in the start's and the end's state.
    pub populations: [Population; 2],
}

/// Total variation distance of histograms, `½ Σ |p - q|`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistogramDistance {
    /// Variables of the histogram.
    pub variables: Vec<String>,
    /// Bins along each.
    pub bins: usize,
    /// Of samples of the reverse diffusion from the data.
    pub reverse_diffusion: f64,
    /// Of samples of the probability-flow ODE from the data.
    pub probability_flow: f64,
    /// Of two independent exact sets of as many samples.
    pub yardstick: f64,
}

/// Share of samples in one state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// `start` or `end`.
    pub state: String,
    /// Of the data.
    pub exact: f64,
    /// Of samples of the reverse diffusion.
    pub reverse_diffusion: f64,
    /// Of samples of the probability-flow ODE.
    pub probability_flow: f64,
    /// Difference from the data that is still allowed.
    pub tolerance: f64,
}

/// Errors against the ridges of the smoothed density of the data (arXiv 2602.06021), lengths in units of the noise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RidgeDiagnosis {
    /// Dimension of the ridge.
    pub dimension: usize,
    /// Samples that the density is smoothed from.
    pub samples: usize,
    /// Along reverse-time sampling, from much noise to little.
    pub levels: Vec<RidgeLevel>,
}

/// Medians at one noise level over samples of the reverse diffusion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RidgeLevel {
    /// Log SNR.
    pub log_snr: f64,
    /// Distance of the samples from the ridge, normal to it.
    pub normal_offset: f64,
    /// Part of the denoiser's error normal to the ridge.
    pub normal_error: f64,
    /// Part along it.
    pub tangential_error: f64,
    /// Gap between tangential and normal eigenvalues of the posterior covariance over the noise variance.
    pub eigengap: f64,
    /// Share of the samples where the ridge is curved within the noise.
    pub curved_share: f64,
    /// Effective number of data points in the posterior.
    pub effective_samples: f64,
    /// Whether these are more than the ridge's dimension; else the numbers mean nothing.
    pub trusted: bool,
}

impl Diagnosis {
    /// The document as pretty-printed JSON with a newline at the end.
    ///
    /// # Errors
    /// [`ReportError::NotFinite`] names the first number that is NaN or infinite (JSON has none).
    pub fn to_json(&self) -> Result<String, ReportError> {
        crate::summary::to_finite_json(self, "diagnosis")
    }

    /// Reads a `diagnose/summary.json`.
    ///
    /// # Errors
    /// [`ReportError::Json`] with line and column for malformed text, a missing or an unknown field.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        Ok(serde_json::from_str(text)?)
    }
}
