//! Files that a stage will write.

/// Contents of files with their names in the run directory.
pub(crate) type NamedFiles = Vec<(String, Vec<u8>)>;
