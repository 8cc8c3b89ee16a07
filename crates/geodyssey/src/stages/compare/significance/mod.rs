//! Which differences between paths are real: a permutation test of every pair, Holm's correction, and letters for a table.

mod holm;
mod letters;
mod permutation;

pub(super) use holm::holm;
pub(super) use letters::letters;
pub(super) use permutation::{Stratum, least_p_value, permutation_test, relabellings};
