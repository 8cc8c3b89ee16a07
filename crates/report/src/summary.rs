//! `summary.json`: the results of a run, for people's scripts.
//!
//! The structure is stable and described by a JSON schema, [`SUMMARY_SCHEMA`]. It holds no
//! wall-clock time (see [`crate::Timings`]), so that the same configuration gives the same bytes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::constraint_summary::ConstraintSummary;
use crate::landscape_summary::LandscapeSummary;
use crate::states_summary::{StateSummary, StructureMatch};
use crate::{CommittorSummary, FreeEnergySummary, FreePathsSummary, RateSummary, ReportError, Warning};

/// JSON schema (draft 2020-12) of `summary.json`.
pub const SUMMARY_SCHEMA: &str = include_str!("../schema/summary.schema.json");

/// The results of a run. Parts that the run did not reach are absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Version of the program that wrote this.
    pub version: String,
    /// BLAKE3 of the resolved configuration, hexadecimal.
    pub config_hash: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// What was simulated.
    pub system: SystemSummary,
    /// Start and end, in this order; absent without states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<StateSummary>,
    /// The energy over the variables.
    pub landscape: LandscapeSummary,
    /// What is known of the density at every noise level; absent where the run stopped before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denoiser: Option<DenoiserSummary>,
    /// The curve in spacetime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geodesic: Option<GeodesicSummary>,
    /// One entry a constraint, in the order of the configuration.
    pub constraints: Vec<ConstraintSummary>,
    /// The paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<SamplingSummary>,
    /// Highest energies of the paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_energy: Option<MaxEnergySummary>,
    /// Metrics of transition path sampling, of paths of atoms whose states differ in torsions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<TransitionSummary>,
    /// Work of the annealed dynamics and what follows from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<WorkSummary>,
    /// Free energies that the paths know by themselves; absent without paths in both directions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_energy: Option<FreeEnergySummary>,
    /// The ensemble of free transition paths; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_paths: Option<FreePathsSummary>,
    /// Rate constants; absent without rates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<RateSummary>,
    /// Committors of structures; absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committor: Option<CommittorSummary>,
    /// What must be known before the numbers are believed; empty where there is nothing.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// Every other file of the run directory that is part of the result.
    pub files: Vec<FileSummary>,
}

/// What was simulated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemSummary {
    /// Number of atoms; absent without a molecule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atoms: Option<usize>,
    /// The collective variables, in the order of all vectors in the artifacts.
    pub variables: Vec<VariableSummary>,
    /// Temperature in K; absent where the run gives only kT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_k: Option<f64>,
    /// kT in kJ/mol.
    pub thermal_energy_kj_mol: f64,
}

/// One collective variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariableSummary {
    /// Name as in the configuration.
    pub name: String,
    /// `torsion`, `angle`, `distance` or `coordinate`.
    pub kind: String,
    /// Unit of the numbers in this run's files: `rad`, `nm`, or empty for a bare coordinate.
    pub unit: String,
    /// Period in that unit; absent for a variable that is not periodic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<f64>,
    /// What logSNR counts as one, in that unit: a tether's standard deviation is `scale · exp(-½ logSNR)`.
    #[serde(default = "one")]
    pub scale: f64,
}

fn one() -> f64 {
    1.0
}

/// The denoiser: exact, or learned and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenoiserSummary {
    /// `mixture` (exact), `neural` or `random-features`.
    pub kind: String,
    /// Number of fitted numbers, of learned ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<usize>,
    /// Steps of the optimiser; absent for weights of another run and for fits in closed form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// Loss on pairs that were not trained on; 1 for one that has learned nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out_loss: Option<f64>,
    /// Least and largest log SNR that it was trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_snr_range: Option<(f64, f64)>,
    /// Where it was trained: `cpu` or `gpu`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// The curve in spacetime.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeodesicSummary {
    /// Which curve, as in the configuration: `geodesic`, or a baseline such as `straight`, which no solver touches.
    pub kind: String,
    /// Length `L = Σ sqrt(Δη·Δμ)`, dimensionless: the diffusion edit distance of the ends.
    pub length: f64,
    /// Energy `E = (N-1)/2 Σ Δη·Δμ`, dimensionless.
    pub energy: f64,
    /// `2E/L²`: 1 for a curve of constant speed.
    pub constant_speed: f64,
    /// Share of negative terms `Δη·Δμ` (0 for an exact denoiser).
    pub negative_share: f64,
    /// Number of curve points.
    pub points: usize,
    /// Least log SNR on the curve.
    pub min_log_snr: f64,
    /// Highest energy of the landscape on the way of the posterior means along the curve, above the global minimum, kJ/mol; absent
    /// where there is no energy surface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crest_kj_mol: Option<f64>,
    /// Whole turns per variable (0 for variables that are not periodic), counted from the image of the end that is nearest to the
    /// start.
    pub winding: Vec<i64>,
    /// Iterations of the solver for the chosen winding.
    pub iterations: u64,
    /// Posterior evaluations of all solves together.
    pub denoiser_evaluations: u64,
    /// Why the solver stopped.
    pub stop_reason: String,
    /// All windings, the chosen one and those that were not solved included.
    pub windings: Vec<WindingSummary>,
}

/// One winding of the target and its geodesic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindingSummary {
    /// Whole turns per variable, counted from the image of the end that is nearest to the start.
    pub winding: Vec<i64>,
    /// Length of this winding's geodesic; absent if it was not solved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<f64>,
    /// Lowest barrier of this channel above the global minimum, in kJ/mol; absent if not computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barrier_kj_mol: Option<f64>,
    /// Highest energy of the landscape on the way of the posterior means along it, above the global minimum, kJ/mol; absent if it was
    /// not solved or there is no energy surface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crest_kj_mol: Option<f64>,
    /// Whether all constraints hold on it; absent if it was not solved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfied: Option<bool>,
    /// Whether the run took it.
    pub chosen: bool,
    /// What decided for or against it, in a few words.
    pub decision: String,
}

/// The paths, how many arrived, and what they cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplingSummary {
    /// Paths from the start to the end state.
    pub paths: usize,
    /// Share of those whose last frame lies within the end state's radius.
    pub reached: f64,
    /// Paths from the end to the start state.
    pub backward_paths: usize,
    /// Share of those whose last frame lies within the start state's radius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached_backward: Option<f64>,
    /// Paths that broke down; they count as not reached and enter no mean.
    pub failed: Vec<FailedPath>,
    /// Evaluations of the energy or its gradient, preparation of the states included.
    pub energy_evaluations: u64,
    /// Simulated time of one path in ps; absent for overdamped dynamics of the variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_time_ps: Option<f64>,
    /// Share of the forward paths' frames inside any avoided region; absent without a region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_inside_avoided: Option<f64>,
    /// Whether paths that arrive in the variables arrive at the state's structure; absent without paths of atoms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structure_match: Option<StructureMatch>,
    /// Largest difference along the curve between the share of paths past the barrier and the
    /// exact posterior's share; absent if not computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<f64>,
    /// Mean of that difference for as many paths in equilibrium: `0.87/√n`, by chance alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_by_chance: Option<f64>,
    /// Two-way shooting: how it went; absent for annealed paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shooting: Option<ShootingSummary>,
}

/// How two-way shooting went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShootingSummary {
    /// `fixed` or `flexible` length of the paths.
    pub length: String,
    /// Independent chains; their paths are those of consecutive numbers.
    pub chains: usize,
    /// Trials of all chains.
    pub trials: u64,
    /// Trials that gave a new path.
    pub accepted: u64,
    /// Mean number of steps of a path.
    pub mean_steps: f64,
}

impl ShootingSummary {
    /// Share of accepted trials below which chains are still much like the path that they began with.
    const LEAST_ACCEPTED: f64 = 0.02;

    /// Whether the chains have hardly left the path that they began with, so that their energies do not represent an ensemble.
    #[must_use]
    pub fn hardly_moved(&self) -> bool {
        (self.accepted as f64) < Self::LEAST_ACCEPTED * self.trials as f64
    }
}

/// A path that broke down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailedPath {
    /// Number of the path.
    pub path: usize,
    /// `forward` or `backward`.
    pub direction: String,
    /// Curve point at which it broke down.
    pub point: usize,
    /// Step at that point.
    pub step: usize,
    /// Last finite energy before that, in kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_kj_mol: Option<f64>,
    /// What happened.
    pub reason: String,
}

/// Highest energies of the paths, by two definitions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxEnergySummary {
    /// On the landscape, zero at its global minimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landscape: Option<MaxEnergy>,
    /// All-atom potential energy, absolute; contains thermal energy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atoms: Option<MaxEnergy>,
}

/// A highest energy, averaged over the paths that did not fail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxEnergy {
    /// What exactly was averaged.
    pub definition: String,
    /// Paths in the average.
    pub paths: usize,
    /// Mean over paths, in kJ/mol.
    pub mean_kj_mol: f64,
    /// Standard deviation over paths, in kJ/mol; absent for fewer than two paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub std_kj_mol: Option<f64>,
    /// Standard error of the mean, in kJ/mol; absent for fewer than two paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error_kj_mol: Option<f64>,
    /// Energy that no path can stay below, in kJ/mol; absent where none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_bound_kj_mol: Option<f64>,
    /// Mean minus the start state's mean energy, in kJ/mol (all-atom energies only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_start_mean_kj_mol: Option<f64>,
}

/// Whether and how well the forward paths reach the end state's structure, as TPS-DPS (arXiv 2405.19961) measures it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitionSummary {
    /// What exactly was done to the paths.
    pub definition: String,
    /// Radius of a hit, `Σ Δξ² < r²` over the torsions, in radian.
    pub hit_radius_rad: f64,
    /// Forward paths, those included that broke down.
    pub paths: usize,
    /// Share of them that hit (THP, there in per cent).
    pub target_hit_share: f64,
    /// Highest all-atom potential energy of the paths that hit (ETS); absent where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy: Option<MaxEnergy>,
    /// Distance of the paths' nearest frame from the end state's structure.
    pub rmsd: RmsdSummary,
}

/// A root-mean-square distance of heavy atoms after superposition, averaged over the paths that did not break down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RmsdSummary {
    /// Paths in the average.
    pub paths: usize,
    /// Mean over paths, in nm.
    pub mean_nm: f64,
    /// Standard deviation over paths, in nm; absent for fewer than two paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub std_nm: Option<f64>,
    /// Standard error of the mean, in nm; absent for fewer than two paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error_nm: Option<f64>,
}

/// Work of the annealed dynamics, and free-energy differences from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkSummary {
    /// Paths from the start to the end state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<DirectionalWork>,
    /// Paths from the end to the start state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backward: Option<DirectionalWork>,
    /// `F(end) - F(start)` of the ensembles under the tethers of the curve's ends, by Bennett's acceptance ratio, in kJ/mol; absent
    /// without paths in both directions. It is not that of the states: see [`Summary::free_energy`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_f_kj_mol: Option<f64>,
    /// Standard error of that, in kJ/mol; absent where the works overlap too little for any (more than 10 kT).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_f_error_kj_mol: Option<f64>,
    /// Share of all works (backward ones with their sign turned) that lie where both directions have been seen.
    /// Where it is small, Bennett's estimate rests on next to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<f64>,
    /// The same difference of the tethered ensembles from the landscape, in kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landscape_delta_f_kj_mol: Option<f64>,
    /// Which free-energy difference the dissipated works are counted from; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dissipated_delta_f_source: Option<DeltaFSource>,
}

/// Where a free-energy difference comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeltaFSource {
    /// Bennett's acceptance ratio of the works themselves; its error is part of that of the dissipated work.
    Bar,
    /// The landscape, whose own error is not known and counts nothing.
    Landscape,
}

/// Work in one direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectionalWork {
    /// Paths in the mean.
    pub paths: usize,
    /// Mean work, in kJ/mol.
    pub mean_kj_mol: f64,
    /// Standard deviation over paths, in kJ/mol; absent for fewer than two paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub std_kj_mol: Option<f64>,
    /// Standard error of the mean, in kJ/mol; absent for fewer than two paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error_kj_mol: Option<f64>,
    /// Mean work minus this direction's free-energy difference, in kT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dissipated_kt: Option<f64>,
    /// Standard error of the dissipated work, in kT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dissipated_error_kt: Option<f64>,
    /// Jarzynski's estimate of `F(end) - F(start)` of the tethered ensembles from this direction alone, in kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jarzynski_delta_f_kj_mol: Option<f64>,
    /// Standard error of Jarzynski's estimate, in kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jarzynski_error_kj_mol: Option<f64>,
}

/// One file of the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSummary {
    /// Path relative to the run directory, with forward slashes.
    pub path: String,
    /// What it holds.
    pub content: String,
}

impl Summary {
    /// The document as pretty-printed JSON with a newline at the end.
    ///
    /// # Errors
    /// [`ReportError::NotFinite`] names the first number that is NaN or infinite (JSON has none).
    pub fn to_json(&self) -> Result<String, ReportError> {
        to_finite_json(self, "summary")
    }

    /// Reads a `summary.json`.
    ///
    /// # Errors
    /// [`ReportError::Json`] with line and column for malformed text, a missing or an unknown field.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        Ok(serde_json::from_str(text)?)
    }
}

/// A document without absent values as pretty-printed JSON.
pub(crate) fn to_finite_json(document: &impl Serialize, name: &str) -> Result<String, ReportError> {
    let value = serde_json::to_value(document)?;
    // Absent values are left out, so a null can only be a number that JSON cannot hold.
    if let Some(place) = find_null(&value, name) {
        return Err(ReportError::NotFinite { place });
    }
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}

fn find_null(value: &Value, place: &str) -> Option<String> {
    match value {
        Value::Null => Some(place.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(i, item)| find_null(item, &format!("{place}[{i}]")))
        }
        Value::Object(fields) => {
            fields.iter().find_map(|(name, field)| find_null(field, &format!("{place}.{name}")))
        }
        _ => None,
    }
}
