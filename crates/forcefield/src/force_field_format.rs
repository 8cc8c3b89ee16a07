//! What a format of force-field files is.

use crate::error::ForceFieldError;
use crate::force_model::ForceModel;

/// A format of force-field files.
pub struct ForceFieldFormat {
    /// Its name.
    pub name: &'static str,
    /// Whether a text is in this format, judging by its first characters.
    pub recognises: fn(&str) -> bool,
    /// Reads a text.
    pub read: fn(&str) -> Result<ForceModel, ForceFieldError>,
}
