//! Formats of force-field files. A new one is a reader in a file or folder of its own and a line here.

use crate::error::ForceFieldError;
use crate::force_field_format::ForceFieldFormat;
use crate::force_model::ForceModel;
use crate::openmm;

/// All formats.
pub static FORMATS: [&ForceFieldFormat; 1] = [&openmm::FORMAT];

/// Reads a force field in any known format.
///
/// # Errors
/// [`ForceFieldError`] if the text is malformed, a number is missing or meaningless, or a feature is not supported. A text in no known
/// format is rejected by the reader of the first format, whose message states what is expected.
pub fn read_force_model(text: &str) -> Result<ForceModel, ForceFieldError> {
    let format = FORMATS.iter().find(|format| (format.recognises)(text)).unwrap_or(&FORMATS[0]);
    (format.read)(text)
}
