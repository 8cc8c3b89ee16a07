//! Free paths, rates and committors in the summary.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An ensemble of free transition paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreePathsSummary {
    /// `tps` or `retis`.
    pub method: String,
    /// Independent chains.
    pub chains: usize,
    /// Trials of all chains.
    pub trials: u64,
    /// Accepted share of the trials.
    pub acceptance: f64,
    /// The same by move.
    pub moves: Vec<MoveSummary>,
    /// Time between two frames, ps.
    pub frame_interval_ps: f64,
    /// Number of decorrelated paths: equilibrated trials over the autocorrelation time, for the path length and the channel whichever is fewer;
    /// absent where it cannot be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decorrelated: Option<f64>,
    /// Autocorrelation time of the path length, in trials of a chain; absent where it cannot be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autocorrelation_trials: Option<f64>,
    /// Mean duration of a path, from its first frame to its last, ps.
    pub mean_length_ps: f64,
    /// Its standard error, ps; absent where it cannot be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_length_error_ps: Option<f64>,
    /// Quantiles of the duration at 5, 25, 50, 75 and 95 %, ps.
    pub length_quantiles_ps: Vec<f64>,
    /// Longest path, ps.
    pub longest_ps: f64,
    /// Share of the lanes' steps that belonged to paths.
    pub lane_occupancy: f64,
    /// The channels by winding, most frequent first.
    pub channels: Vec<ChannelSummary>,
    /// Rank-normalised split R̂ of the path length over the chains; absent where it cannot be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r_hat: Option<f64>,
    /// The coordinate of the paths that decorrelates most slowly: a variable averaged over the path, of a periodic one its sine or cosine; absent
    /// where that cannot be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowest: Option<SlowestCoordinate>,
    /// Trials at the beginning of each chain that are left out; absent where it could not be told, and then half of them are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equilibrated_after: Option<u64>,
    /// Trials until no chain had a frame of its first path left; absent if some still have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed_after: Option<u64>,
    /// Shots from the led paths that failed before every chain had a first path.
    pub failed_first_shots: u64,
    /// Evaluations of the energy.
    pub energy_evaluations: u64,
    /// The led paths beside the free ones; absent where they cannot be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub led: Option<LedAgainstFree>,
}

/// A coordinate of paths that decorrelates slowly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlowestCoordinate {
    /// What it is.
    pub name: String,
    /// Its autocorrelation time, in trials of a chain.
    pub autocorrelation_trials: f64,
    /// Its rank-normalised split R̂ over the chains; absent where it cannot be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r_hat: Option<f64>,
}

/// How often a move was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveSummary {
    /// Its name.
    pub name: String,
    /// Trials.
    pub trials: u64,
    /// Accepted share; 0 without trials.
    pub acceptance: f64,
    /// Rejected trials by reason.
    pub rejected: BTreeMap<String, u64>,
}

/// Paths of one winding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelSummary {
    /// Turns of each variable, as those of the curve; of variables that no state bounds always 0.
    pub winding: Vec<i32>,
    /// Share of the equilibrated trials.
    pub share: f64,
    /// Its standard error over the chains; absent where it cannot be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_error: Option<f64>,
    /// Chains that were in it and in another one.
    pub chains_that_changed: usize,
}

/// Led paths and free ones, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedAgainstFree {
    /// Duration of a led path, ps; absent on a landscape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub led_length_ps: Option<f64>,
    /// Mean over the led paths of the highest landscape energy at their frames, kJ/mol above the minimum; absent without a landscape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub led_max_landscape_energy_kj_mol: Option<f64>,
    /// The same over the free paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_max_landscape_energy_kj_mol: Option<f64>,
    /// Standard deviation of the highest landscape energies of the free paths, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_max_landscape_energy_std_kj_mol: Option<f64>,
    /// Overlap `Σ min(p, q)` of the densities of both kinds of frames between the states, on a grid of 36 cells a variable: 1 for the same
    /// density, 0 where none of the cells are shared.
    pub density_overlap: f64,
    /// Share of the free frames between the states that lie in cells where no led path has a frame.
    pub free_outside_led: f64,
    /// Share of the led frames between the states that lie in cells where no free path has a frame.
    pub led_outside_free: f64,
}

/// Rate constants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateSummary {
    /// Unit of time: `ps`, or `landscape` where no molecule gives one.
    pub time_unit: String,
    /// Rate constant from the start state to the end state, 1/ps.
    pub k_ab_per_ps: f64,
    /// Its standard error, 1/ps; absent where it cannot be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k_ab_error_per_ps: Option<f64>,
    /// Rate constant from the end state to the start state, 1/ps.
    pub k_ba_per_ps: f64,
    /// Its standard error, 1/ps; absent where it cannot be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k_ba_error_per_ps: Option<f64>,
    /// `-kT ln(k_AB/k_BA)`: the free energy of the end state above the start state that the rates imply, kJ/mol.
    pub delta_f_rates_kj_mol: f64,
    /// Its standard error, kJ/mol; absent where it cannot be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_f_rates_error_kj_mol: Option<f64>,
    /// That minus the free-energy difference of the states on the landscape, kJ/mol; absent without a landscape of the variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_f_check_kj_mol: Option<f64>,
    /// Both directions in detail.
    pub directions: Vec<RateDirectionSummary>,
}

/// A rate constant and what it is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateDirectionSummary {
    /// `forward` or `backward`.
    pub direction: String,
    /// Rate constant, 1/ps.
    pub rate_per_ps: f64,
    /// Its standard error over the simulations, 1/ps; absent where it cannot be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_error_per_ps: Option<f64>,
    /// Flux out of the state through its border, 1/ps.
    pub flux_per_ps: f64,
    /// The variable along which the interfaces lie, or `arc`.
    pub along: String,
    /// The interfaces, in that variable's own unit.
    pub interfaces: Vec<f64>,
    /// Probability to reach the next interface, and at last the other state.
    pub crossing_probabilities: Vec<f64>,
    /// Probability that an excursion out of the state reaches the other state.
    pub total_crossing_probability: f64,
    /// Cycles of each simulation that are left out.
    pub equilibrated_after: u64,
    /// Accepted share of the exchanges of each pair of neighbouring ensembles.
    pub exchange_acceptance: Vec<f64>,
    /// Mean duration of the free paths that reach the other state, ps; absent without such paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_length_ps: Option<f64>,
    /// Share of the lanes' steps that belonged to paths.
    pub lane_occupancy: f64,
    /// Independent simulations and cycles of each.
    pub simulations: usize,
    /// Cycles of each simulation.
    pub cycles: u64,
    /// Evaluations of the energy.
    pub energy_evaluations: u64,
}

/// Committors of structures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommittorSummary {
    /// Number of structures.
    pub structures: usize,
    /// Free trajectories from all structures.
    pub trajectories: u64,
    /// Trajectories that reached no state in time.
    pub unfinished: u64,
    /// Mean committor, here and below of the structures held at the saddle, where there are such.
    pub mean: f64,
    /// Standard deviation of the estimates.
    pub std: f64,
    /// Standard deviation without the binomial noise of the estimates: how much the structures' committors differ.
    pub std_without_binomial: f64,
    /// Probability of at least this spread if all structures had one committor; absent where it cannot be computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_committor_p_value: Option<f64>,
    /// Structures with a committor between 0.4 and 0.6: the transition-state ensemble.
    pub transition_states: usize,
    /// What goes best with the committor, best first: coordinates of the structures.
    pub explained_by: Vec<CommittorCoordinate>,
    /// Conclusions in words, where they are more than chance.
    pub words: Vec<String>,
    /// Evaluations of the energy.
    pub energy_evaluations: u64,
}

/// A coordinate and how it goes with the committor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommittorCoordinate {
    /// Its atoms in words.
    pub name: String,
    /// Whether it is one of the run's variables.
    pub is_variable: bool,
    /// Spearman's rank correlation with the committor; of a torsion that of its difference from the circular mean.
    pub rank_correlation: f64,
    /// Share of the deviance that a logistic model of this coordinate alone explains; absent where it cannot be fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviance_explained: Option<f64>,
}
