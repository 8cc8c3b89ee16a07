//! The stages of a run, each in its own file or folder. They read and write artifacts, and know nothing of the order in which they are
//! carried out.

pub(crate) mod barrier;
mod checkpoints;
pub(crate) mod compare;
pub(crate) mod constraints;
pub(crate) mod denoiser;
pub(crate) mod diagnose;
pub(crate) mod distance;
pub(crate) mod geodesic;
pub(crate) mod landscape;
mod metadynamics;
pub(crate) mod paths;
mod relaxed_scan;
pub(crate) mod report;
mod rows;
pub(crate) mod samples;
pub(crate) mod training;
