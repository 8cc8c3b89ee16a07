//! Transition paths of molecules along geodesics of a diffusion model's spacetime.
fn main() {}
