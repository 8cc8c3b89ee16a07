//! What a run directory contains: names and records of every stage, and for landscape, samples, curve and paths the columns with their
//! writer and reader. Stages depend on this module, not the other way round.

pub(crate) mod all_paths;
pub(crate) mod atom_names;
pub(crate) mod committor;
pub(crate) mod curve;
pub(crate) mod denoiser;
pub(crate) mod diagnosis;
pub(crate) mod distances;
pub(crate) mod free_energy;
pub(crate) mod free_paths;
pub(crate) mod json;
pub(crate) mod landscape;
pub(crate) mod named_files;
pub(crate) mod path_frames;
pub(crate) mod path_table;
pub(crate) mod paths;
pub(crate) mod report;
pub(crate) mod rows;
pub(crate) mod trajectories;
