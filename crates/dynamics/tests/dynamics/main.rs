//! Engines against closed forms, on molecules small enough to have them.

mod langevin;
mod toy_systems;
