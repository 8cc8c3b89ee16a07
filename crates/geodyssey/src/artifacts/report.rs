//! Names of the files that the report writes.

/// The configuration with every default written out.
pub(crate) const CONFIG_FILE: &str = "config.toml";
/// The page.
pub(crate) const PAGE_FILE: &str = "report.html";
/// Names of all figures, without extensions; a figure with nothing to show is not drawn.
pub(crate) const FIGURES: [&str; 5] = ["landscape", "energy", "work", "log-snr", "spacetime"];
