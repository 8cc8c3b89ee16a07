//! Figures of a matrix of distances: as a heat map, as a tree, and as points in the plane.

mod dendrogram;
mod embedding;
mod matrix;
mod names;

pub use dendrogram::{DendrogramFigure, Merge};
pub use embedding::EmbeddingFigure;
pub use matrix::DistanceMatrixFigure;
