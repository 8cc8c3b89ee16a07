//! `free-paths.json`, `free-paths.csv` and the folder `free-paths/`: free paths and rates.

use geodyssey_report::{FreePathsSummary, RateSummary, Warning};
use serde::{Deserialize, Serialize};

use super::rows::csv_of;
use crate::error::Error;
use crate::problem::variables::Variable;

/// Name of the stage.
pub(crate) const STAGE: &str = "free-paths";
/// The combined results.
pub(crate) const RECORD_FILE: &str = "free-paths.json";
/// One row for the path after every trial.
pub(crate) const TABLE_FILE: &str = "free-paths.csv";
/// The trajectories, with a table each.
pub(crate) const FOLDER: &str = "free-paths/";
/// Paths in every ensemble of interface sampling.
pub(crate) const INTERFACES_FILE: &str = "free-paths-interfaces.csv";

/// The content of `free-paths.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FreePathsRecord {
    /// The ensemble of transition paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) free_paths: Option<FreePathsSummary>,
    /// Rate constants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rate: Option<RateSummary>,
    /// The paths that are kept as trajectories.
    pub(crate) kept: Vec<KeptFreePath>,
    /// What the user must know before trusting the paths.
    #[serde(default)]
    pub(crate) warnings: Vec<Warning>,
}

/// A path that is kept as a trajectory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptFreePath {
    /// Name of its files in the folder, without an ending.
    pub(crate) name: String,
    /// Its chain, or its simulation.
    pub(crate) chain: u32,
    /// The trial, or cycle, after which it is the present path.
    pub(crate) trial: u64,
    /// Its weight in the ensemble.
    pub(crate) weight: f64,
    /// Its duration, ps.
    pub(crate) length_ps: f64,
    /// Turns of each variable.
    pub(crate) winding: Vec<i32>,
}

/// The path of a chain after a trial.
pub(crate) struct FreePathRow {
    /// The chain.
    pub(crate) chain: u32,
    /// The trial, from 0.
    pub(crate) trial: u64,
    /// Duration of the path, ps.
    pub(crate) length_ps: f64,
    /// 1 for equilibrated trials, 0 before.
    pub(crate) weight: f64,
    /// 1 if the trial's path was accepted, so that it is a new one.
    pub(crate) accepted: bool,
    /// Turns of each variable.
    pub(crate) winding: String,
    /// The move.
    pub(crate) name: String,
    /// Why the trial was rejected; empty if it was not.
    pub(crate) rejection: String,
    /// Highest potential energy of the frames, kJ/mol.
    pub(crate) max_potential_energy_kj_mol: f64,
}

/// `0 -1`: turns of each variable.
pub(crate) fn winding_text(winding: &[i32]) -> String {
    winding.iter().map(i32::to_string).collect::<Vec<_>>().join(" ")
}

/// The table of all trials.
pub(crate) fn free_paths_csv(rows: impl Iterator<Item = FreePathRow>) -> Result<Vec<u8>, Error> {
    let header = [
        "chain",
        "trial",
        "length_ps",
        "weight",
        "accepted",
        "channel",
        "move",
        "rejection",
        "max_potential_energy_kj_mol",
    ];
    let header = header.map(str::to_owned).to_vec();
    let rows = rows.map(|row| {
        vec![
            row.chain.to_string(),
            row.trial.to_string(),
            row.length_ps.to_string(),
            row.weight.to_string(),
            u8::from(row.accepted).to_string(),
            row.winding,
            row.name,
            row.rejection,
            row.max_potential_energy_kj_mol.to_string(),
        ]
    });
    csv_of("the table of free paths", std::iter::once(header).chain(rows))
}

/// The table of one path: a row a frame, with its time.
pub(crate) fn free_path_csv(
    variables: &[Variable],
    interval_ps: f64,
    frames: &[(Vec<f64>, f64, Option<f64>)],
) -> Result<Vec<u8>, Error> {
    let mut header = vec!["frame".to_owned(), "time_ps".to_owned()];
    header.extend(variables.iter().map(Variable::column));
    header.push("potential_energy_kj_mol".to_owned());
    let has_landscape = frames.iter().any(|(.., landscape)| landscape.is_some());
    header.extend(has_landscape.then(|| "landscape_energy_kj_mol".to_owned()));
    let rows = frames.iter().enumerate().map(|(frame, (values, energy, landscape))| {
        let mut cells = vec![frame.to_string(), (frame as f64 * interval_ps).to_string()];
        cells.extend(values.iter().map(f64::to_string));
        cells.push(energy.to_string());
        cells.extend(landscape.map(|energy| energy.to_string()));
        cells
    });
    csv_of("a table of a free path", std::iter::once(header).chain(rows))
}
