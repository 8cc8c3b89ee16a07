//! Paths against closed forms, on molecules and landscapes small enough to have them.

mod annealed_atoms;
mod annealed_variables;
mod enumerated_ensembles;
mod free_dynamics;
mod lattice;
mod path_free_energies;
#[path = "../../../dynamics/tests/dynamics/toy_systems.rs"]
mod toy_systems;
mod two_way_shooting;
