//! Tests of the whole program: see the `[[test]]` targets of this crate.
