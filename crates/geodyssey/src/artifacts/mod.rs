//! What a run directory holds: each file's columns, writer and reader in one place, below the stages that make it.

pub(crate) mod curve;
pub(crate) mod json;
pub(crate) mod landscape;
pub(crate) mod path_frames;
pub(crate) mod paths;
pub(crate) mod report;
pub(crate) mod trajectories;
