//! Which files in a directory belong to the program, and whether a run may use the directory.

use std::collections::BTreeSet;
use std::path::Path;

use crate::error::RunError;
use crate::manifest::{self, Manifest};
use crate::names::TIMINGS_FILE;
use crate::owner::{self, Claim};
use crate::{begun, checkpoint_files};

/// Files that belong to the program but to no stage. They count as such once there is a manifest.
pub(crate) const OWN: [&str; 4] = [manifest::FILE, owner::FILE, begun::FILE, TIMINGS_FILE];

/// Whether a file belongs to the program. `begun` are the names of files that were begun but do not belong to a finished stage yet.
pub(crate) fn owns(manifest: &Manifest, begun: &BTreeSet<String>, name: &str) -> bool {
    OWN.contains(&name)
        || begun.contains(name)
        || manifest.expected(name).is_some()
        || checkpoint_files::is_checkpoint(name)
}

/// Whether a run may use a directory, as far as can be determined without changing anything.
///
/// # Errors
/// The directory of another configuration, an invalid manifest, or files not made by the program that are in the way.
pub fn check_claim(path: &Path, claim: &Claim) -> Result<(), RunError> {
    let manifest = Manifest::read(path)?;
    let begun = match manifest {
        Some(_) => begun::read(path)?,
        None => BTreeSet::new(),
    };
    check(path, claim, manifest.as_ref(), &begun)
}

/// The same, given the manifest and the names that were begun.
pub(crate) fn check(
    path: &Path,
    claim: &Claim,
    manifest: Option<&Manifest>,
    begun: &BTreeSet<String>,
) -> Result<(), RunError> {
    let owns = |name: &str| manifest.is_some_and(|manifest| owns(manifest, begun, name));
    if manifest.is_none() {
        for name in OWN {
            let file = path.join(name);
            if file.symlink_metadata().is_ok() {
                return Err(owner::in_the_way(&file));
            }
        }
    }
    claim.check(path, manifest, owns)
}
