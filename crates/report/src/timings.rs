//! Wall-clock times, kept apart from `summary.json`.

use serde::{Deserialize, Serialize};

/// `timings.json`: everything of a run that depends on the machine and its load.
///
/// The other artifacts of a run are a pure function of the configuration, so a resumed run writes
/// the same bytes as an uninterrupted one; this file is the exception.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timings {
    /// Threads that the run used.
    pub threads: usize,
    /// Wall-clock seconds from start to end of the last invocation.
    pub total_seconds: f64,
    /// One entry a stage, in the order in which the stages run.
    pub stages: Vec<StageTiming>,
}

/// Time that one stage took. A stage done in several sittings adds them up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageTiming {
    /// `landscape`, `geodesic`, `sampling` or `report`.
    pub stage: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Whether the stage was up to date and not run by the last invocation.
    pub up_to_date: bool,
    /// Energy or gradient evaluations per second, for stages that evaluate energies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluations_per_second: Option<f64>,
}

impl StageTiming {
    /// A stage that ran for `seconds` and made `evaluations` energy evaluations (0: none counted).
    #[must_use]
    pub fn new(stage: &str, seconds: f64, evaluations: u64) -> Self {
        let rate = evaluations as f64 / seconds;
        Self {
            stage: stage.to_owned(),
            seconds,
            up_to_date: false,
            evaluations_per_second: (evaluations > 0 && rate.is_finite()).then_some(rate),
        }
    }
}
