//! `paths.json`, the combined results of all paths, and the names of the files next to the paths' tables.

use geodyssey_report::{
    FreeEnergySummary, MaxEnergySummary, SampledConstraint, SamplingSummary, TransitionSummary, Warning,
    WorkSummary,
};
use serde::{Deserialize, Serialize};

/// Name of the stage.
pub(crate) const STAGE: &str = "paths";
/// Atoms and bonds for the trajectories.
pub(crate) const TOPOLOGY_FILE: &str = "topology.pdb";
/// The structures of the two states from which the paths start.
pub(crate) const START_FILE: &str = "states/start.pdb";
pub(crate) const END_FILE: &str = "states/end.pdb";
/// The combined results of all paths.
pub(crate) const RECORD_FILE: &str = "paths.json";

/// The content of `paths.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PathsRecord {
    /// How many arrived, and what they cost.
    pub(crate) sampling: SamplingSummary,
    /// Their highest energies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_energy: Option<MaxEnergySummary>,
    /// Metrics of transition path sampling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) transition: Option<TransitionSummary>,
    /// Work and free-energy differences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) work: Option<WorkSummary>,
    /// Free energies from the paths only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) free_energy: Option<FreeEnergySummary>,
    /// What the user must know before trusting the paths.
    #[serde(default)]
    pub(crate) warnings: Vec<Warning>,
    /// How well the paths satisfy every constraint.
    pub(crate) constraints: Vec<Option<SampledConstraint>>,
}
