//! Names of what the report writes.

/// The configuration with every default written out.
pub(crate) const CONFIG_FILE: &str = "config.toml";
/// The page.
pub(crate) const PAGE_FILE: &str = "report.html";
/// Names of all figures, without endings; some are drawn only where there is something to show.
pub(crate) const FIGURES: [&str; 5] = ["landscape", "energy", "work", "log-snr", "spacetime"];
