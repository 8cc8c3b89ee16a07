//! Names of files that the run directory itself needs.

/// The results, for scripts; written by the last stage.
pub const SUMMARY_FILE: &str = "summary.json";
/// The file of wall-clock times, the only one that differs between runs of one configuration.
pub const TIMINGS_FILE: &str = "timings.json";

/// Folders of stages that the summary does not cover.
pub(crate) const BESIDE: [&str; 2] = ["diagnose/", "distance/"];
