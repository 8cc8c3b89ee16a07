//! The force field against OpenMM, against itself, and fed with broken files.

mod broken_systems;
mod openmm;
mod properties;
mod support;
