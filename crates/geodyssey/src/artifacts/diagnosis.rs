//! Names of the files that `diagnose` writes.

/// Name of the stage, and of its folder.
pub(crate) const STAGE: &str = "diagnose";
/// The numbers and the verdict.
pub(crate) const SUMMARY_FILE: &str = "diagnose/summary.json";
