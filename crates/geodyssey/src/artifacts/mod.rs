//! What a run directory contains, below the stages that make it: names and records, and for landscape, samples and curve the
//! columns with their writer and reader.

pub(crate) mod curve;
pub(crate) mod json;
pub(crate) mod landscape;
pub(crate) mod path_frames;
pub(crate) mod path_id;
pub(crate) mod paths;
pub(crate) mod report;
pub(crate) mod trajectories;
