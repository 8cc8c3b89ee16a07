//! `committor.csv`, `committor.json` and the transition-state ensemble; the same for structures that are given.

use geodyssey_report::{CommittorSummary, Warning};
use serde::{Deserialize, Serialize};

use super::rows::csv_of;
use crate::error::Error;
use crate::problem::variables::Variable;

/// Name of the stage, and of its files without their endings.
pub(crate) const STAGE: &str = "committor";
/// The same for structures that are given.
pub(crate) const STAGE_OF_STRUCTURES: &str = "structures-committor";
/// Folder of the transition states among these.
pub(crate) const GIVEN_FOLDER: &str = "structures-committor/";
/// Structures with a committor near one half.
pub(crate) const TRANSITION_STATES: &str = "transition-states";

/// The content of `committor.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CommittorRecord {
    /// The combined results.
    pub(crate) summary: CommittorSummary,
    /// All structures.
    pub(crate) structures: Vec<CommittorRow>,
    /// What the user must know.
    #[serde(default)]
    pub(crate) warnings: Vec<Warning>,
}

/// One structure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CommittorRow {
    /// Its name.
    pub(crate) name: String,
    /// `saddle`, `led` or `given`.
    pub(crate) source: String,
    /// Place on the curve, from 0 to 1.
    pub(crate) arc_place: f64,
    /// The variables.
    pub(crate) values: Vec<f64>,
    /// Trajectories that reached the start state first.
    pub(crate) in_start: u64,
    /// Trajectories that reached the end state first.
    pub(crate) in_end: u64,
    /// Trajectories that reached neither in time.
    pub(crate) unfinished: u64,
    /// Share of those that reached the end state; none if none reached a state.
    pub(crate) committor: Option<f64>,
    /// Its binomial error.
    pub(crate) committor_error: Option<f64>,
    /// Committor of overdamped dynamics on the landscape.
    pub(crate) landscape_committor: Option<f64>,
}

/// The table.
pub(crate) fn committor_csv(variables: &[Variable], rows: &[CommittorRow]) -> Result<Vec<u8>, Error> {
    let mut header: Vec<String> = ["structure", "source", "arc_place"].map(str::to_owned).to_vec();
    header.extend(variables.iter().map(Variable::column));
    let rest = ["in_start", "in_end", "unfinished", "committor", "committor_error", "landscape_committor"];
    header.extend(rest.map(str::to_owned));
    let cell = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let rows = rows.iter().map(|row| {
        let mut cells = vec![row.name.clone(), row.source.clone(), row.arc_place.to_string()];
        cells.extend(row.values.iter().map(f64::to_string));
        cells.extend([row.in_start, row.in_end, row.unfinished].map(|count| count.to_string()));
        cells.extend([cell(row.committor), cell(row.committor_error), cell(row.landscape_committor)]);
        cells
    });
    csv_of("the table of committors", std::iter::once(header).chain(rows))
}
