//! Files in Å: their lengths are converted as they are read and written.

/// Å to nm.
pub(crate) const NM_PER_ANGSTROM: f64 = 0.1;
/// nm to Å.
pub(crate) const ANGSTROM_PER_NM: f64 = 10.0;
