//! Which differences between paths are significant: a permutation test of every pair, Holm's correction, and letters for a table.

mod holm;
mod letters;
mod permutation;

pub(super) use holm::holm;
pub(super) use letters::letters;
pub(crate) use permutation::{Stratum, permutation_test};
pub(super) use permutation::{least_p_value, relabellings};
