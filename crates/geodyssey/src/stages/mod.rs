//! The stages of a run, each in its own file or folder. They read and write artifacts, and know nothing of the order in which they are
//! carried out.

pub(crate) mod barrier;
pub(crate) mod committor;
pub(crate) mod compare;
pub(crate) mod configuration;
pub(crate) mod constraints;
pub(crate) mod denoiser;
pub(crate) mod diagnose;
pub(crate) mod distance;
pub(crate) mod free_paths;
pub(crate) mod geodesic;
mod kernel_denoiser;
pub(crate) mod landscape;
pub(crate) mod need;
pub(crate) mod paths;
pub(crate) mod report;
pub(crate) mod training;
