//! Names of the files that `distance` writes.

/// Name of the stage, and of its folder.
pub(crate) const STAGE: &str = "distance";
/// All numbers.
pub(crate) const RECORD_FILE: &str = "distance/distances.json";
