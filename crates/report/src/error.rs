//! What can go wrong between numbers and a page.

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A number that must be finite is NaN or infinite.
    #[error("{place} is not a finite number")]
    NotFinite {
        /// Where the number stands, e.g. `summary.geodesic.length` or `row 12 of column 'work_kj_mol'`.
        place: String,
    },
    /// Inputs that belong together differ in length or dimension.
    #[error("{place}: expected {expected} values, found {found}")]
    Length {
        /// Which input.
        place: String,
        /// The length that the other inputs have.
        expected: usize,
        /// The length of this one.
        found: usize,
    },
    /// There is nothing to draw or to write.
    #[error("{place} is empty")]
    Empty {
        /// Which input.
        place: String,
    },
    /// An axis whose upper end is not above its lower end.
    #[error("the axis '{axis}' runs from {lower} to {upper}")]
    Axis {
        /// Name of the variable.
        axis: String,
        /// Lower end, in the variable's unit.
        lower: f64,
        /// Upper end, in the variable's unit.
        upper: f64,
    },
    /// A column that a table does not have.
    #[error("there is no column '{name}'; the columns are {available}")]
    MissingColumn {
        /// The name that was asked for.
        name: String,
        /// The names that are there, separated by commas.
        available: String,
    },
    /// A header of a CSV table that stands twice: which of the columns is meant cannot be known.
    #[error("the column '{0}' appears twice in the header")]
    RepeatedColumn(String),
    /// A cell of a CSV table that is not a number.
    #[error("row {row} of column '{column}': '{text}' is not a number")]
    NotANumber {
        /// Row, counted from 1 below the header.
        row: usize,
        /// Name of the column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// A malformed CSV table.
    #[error("malformed CSV: {0}")]
    Csv(#[from] csv::Error),
    /// A malformed or unwritable JSON document.
    #[error("malformed JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A file name that a viewer script cannot carry (quotes, braces, control characters).
    #[error("the file name '{0}' has a character that viewer scripts cannot hold")]
    FileName(String),
    /// The plotting library failed.
    #[error("drawing failed: {0}")]
    Drawing(String),
}
