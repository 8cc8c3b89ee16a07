//! One thing that a reader must know.

use serde::{Deserialize, Serialize};

/// What a reader must know before she believes a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// The stage that it is about: `landscape`, `denoiser`, `geodesic`, `paths` or `report`.
    pub stage: String,
    /// Whole sentences: what was found, which number it spoils, and what helps.
    pub message: String,
}

impl Warning {
    /// A warning about a stage, in whole sentences.
    #[must_use]
    pub fn new(stage: &str, message: impl Into<String>) -> Self {
        Self { stage: stage.to_owned(), message: message.into() }
    }
}
