//! What `summary.json` says of the landscape.

use serde::{Deserialize, Serialize};

/// The energy over the variables and what it cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LandscapeSummary {
    /// `metadynamics`, `samples`, `relaxed-scan`, `table` or `formula`.
    pub method: String,
    /// Evaluations of the molecule's energy or gradient; 0 for tables and formulas.
    pub energy_evaluations: u64,
    /// Root mean square standard error of the free energy where it was sampled and lies below 40 kJ/mol, in kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rms_block_error_kj_mol: Option<f64>,
    /// Bottleneck (minimax) energy between the two states above the global minimum, in kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_bound_kj_mol: Option<f64>,
    /// Standard error of the free energy at that bottleneck, in kJ/mol; absent where none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_bound_error_kj_mol: Option<f64>,
    /// Whether the whole way of the lowest barrier was sampled; absent where the landscape says nothing of sampling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_bound_sampled: Option<bool>,
    /// How metadynamics went, and the free energy between the states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadynamics: Option<MetadynamicsSummary>,
    /// What replaces an energy if there are only samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<SamplesSummary>,
}

/// Metadynamics: how far walkers went to and fro, and what they say of the two states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetadynamicsSummary {
    /// Copies of the molecule.
    pub walkers: usize,
    /// Time for which each walker deposited hills, in ps.
    pub filling_time_ps: f64,
    /// Time for which each walker was counted, in ps.
    pub sampling_time_ps: f64,
    /// Standard deviation of the hills along each variable, in its unit.
    pub hill_widths: Vec<f64>,
    /// Height of a hill where there was none, in kJ/mol.
    pub hill_height_kj_mol: f64,
    /// Bias factor of the last hills.
    pub bias_factor: f64,
    /// Share of the walkers of either state that had been at the other one and come back before filling ended: the smaller
    /// of the two.
    pub recrossed_share: f64,
    /// Arrivals at the start state from the end state while walkers were counted.
    pub arrivals_at_start: u64,
    /// Arrivals at the end state from the start state while walkers were counted.
    pub arrivals_at_end: u64,
    /// Share of the walkers that went from one state to the other at all while they were counted.
    pub crossed_share: f64,
    /// Share of the grid points that walkers visited.
    pub sampled_share: f64,
    /// Free energy of the end state relative to the start state, each the region within its radius, in kJ/mol.
    pub delta_f_kj_mol: f64,
    /// Its standard error, in kJ/mol, from independent groups of walkers and from the difference between what the walkers of
    /// each state alone say.
    pub delta_f_error_kj_mol: f64,
}

/// Samples of the variables: how many, and what they are worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplesSummary {
    /// Number of samples, those of other temperatures included.
    pub frames: usize,
    /// Kish's effective number of samples, `(Σw)²/Σw²`, of their weights alone.
    pub effective_size: f64,
    /// Frames of the trajectories that were left out since they hold velocities or forces but no positions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames_without_positions: Option<usize>,
    /// Independent samples at the run's temperature by their autocorrelation, for replica exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub independent: Option<f64>,
    /// Least share of accepted exchanges among the pairs of neighbouring temperatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowest_exchange_rate: Option<f64>,
    /// How often a replica went from the lowest temperature to the highest and back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trips: Option<u64>,
}
