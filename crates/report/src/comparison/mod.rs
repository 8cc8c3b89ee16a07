//! `compare.json`: a comparison of several paths, as JSON, as tables and as a page.

mod csv_tables;
mod document;
mod page;
mod tables;

pub use document::{
    COMPARISON_SCHEMA, ComparedRegion, Comparison, ComparisonGroup, ComparisonRow, Difference, LeftOut,
    Measure, RowRegion, RowRole, RowSeconds,
};
pub use page::{ComparisonFigure, relative_address};
