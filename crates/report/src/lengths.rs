//! Inputs that belong together and so have one length.

use crate::ReportError;

/// Refuses an input that has not the length of the others.
pub(crate) fn check_length(place: &str, expected: usize, found: usize) -> Result<(), ReportError> {
    if expected == found {
        Ok(())
    } else {
        Err(ReportError::Length { place: place.to_owned(), expected, found })
    }
}
