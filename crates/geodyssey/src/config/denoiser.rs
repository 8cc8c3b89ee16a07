//! `[denoiser]`: the posteriors of the landscape's density, exact or learned.

use serde::{Deserialize, Serialize};

use super::error::InputError;
use super::source::Section;

/// `[denoiser]`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum DenoiserConfig {
    /// The exact posterior of the landscape: a sum over its grid, rows or Gaussians.
    Mixture(MixtureConfig),
}

/// `kind = "mixture"` has no further keys.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MixtureConfig {}

impl DenoiserConfig {
    /// Reads `[denoiser]`.
    pub(super) fn read(root: &Section<'_>) -> Result<Self, InputError> {
        let Some(mut section) = root.table("denoiser")? else { return Ok(Self::Mixture(MixtureConfig {})) };
        section.take_kind("kind", Some("mixture"), &["mixture"])?;
        Ok(Self::Mixture(section.read()?))
    }
}
