//! Samplers against closed forms, on systems small enough to have them.

mod langevin;
mod toy_systems;
