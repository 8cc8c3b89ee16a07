//! Inequalities that a path must keep.
