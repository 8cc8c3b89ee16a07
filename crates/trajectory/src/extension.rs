//! The extension of a file, which says its format.

use std::path::Path;

/// The extension of a file in small letters.
pub(crate) fn extension(path: &Path) -> String {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or("").to_ascii_lowercase()
}
