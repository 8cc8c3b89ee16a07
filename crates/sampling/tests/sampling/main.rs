//! Samplers against closed forms, on systems small enough to have them.

mod annealed_atoms;
mod annealed_variables;
mod langevin;
mod path_free_energies;
mod replica_exchange;
mod toy_systems;
mod two_way_shooting;
