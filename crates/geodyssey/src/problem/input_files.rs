//! Input files: read whole, with the fingerprint of their content.

use std::collections::BTreeMap;
use std::path::Path;

use geodyssey_run::Fingerprint;
use geodyssey_trajectory::StructureFile;

use crate::config::{Config, InputError};
use crate::text_file;

/// Reads a whole input file and keeps its fingerprint.
pub(super) fn read_input(
    config: &Config,
    key: &'static str,
    path: &Path,
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<Vec<u8>, InputError> {
    let bytes = std::fs::read(path)
        .map_err(|error| config.error(key, format!("cannot read {}: {error}", path.display())))?;
    inputs.insert(key, Fingerprint::of_bytes(&bytes));
    Ok(bytes)
}

pub(super) fn read_text(
    config: &Config,
    key: &'static str,
    path: &Path,
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<String, InputError> {
    let bytes = read_input(config, key, path, inputs)?;
    text_file::text(bytes).map_err(|why| config.error(key, format!("{} {why}", path.display())))
}

pub(super) fn read_structure_file(
    config: &Config,
    key: &'static str,
    path: &Path,
    masses: &[f64],
    inputs: &mut BTreeMap<&'static str, Fingerprint>,
) -> Result<StructureFile, InputError> {
    let content = read_input(config, key, path, inputs)?;
    geodyssey_trajectory::read_structure_content(path, &content, Some(masses))
        .map_err(|error| config.error(key, error.to_string()))
}
