//! Tables, plots and viewer scripts.
