//! Names of what was compared, beside the figures.

use super::super::style::{LABEL_PIXELS, text_width};
use crate::ReportError;

/// Most names that are written; of more, nobody could read one.
pub(super) const MOST_NAMES: usize = 40;
/// Letters of a name that are written.
const MOST_LETTERS: usize = 28;

/// A name as it is written: its end where it is long, since that tells files and frames apart.
pub(super) fn shown(name: &str) -> String {
    let letters = name.chars().count();
    if letters <= MOST_LETTERS {
        return name.to_owned();
    }
    let end: String = name.chars().skip(letters + 1 - MOST_LETTERS).collect();
    format!("…{end}")
}

/// Width of the widest name in pixels.
pub(super) fn widest(names: &[String]) -> Result<f64, ReportError> {
    names
        .iter()
        .map(|name| text_width(&shown(name), LABEL_PIXELS))
        .try_fold(0.0, |widest: f64, width| Ok(widest.max(width?)))
}
