//! Fingerprints: what something was made from, in 32 bytes.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A BLAKE3 hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(blake3::Hash);

impl Fingerprint {
    /// Fingerprint of a file's content.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes))
    }

    /// Fingerprint of everything that a reader returns, which need not fit into memory.
    ///
    /// # Errors
    /// An error of the reader.
    pub fn of_reader(reader: impl std::io::Read) -> std::io::Result<Self> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(reader)?;
        Ok(Self(hasher.finalize()))
    }

    /// Its bytes.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// 64 hexadecimal digits.
    pub fn to_hex(self) -> String {
        self.0.to_hex().to_string()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.to_hex())
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_hex())
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        blake3::Hash::from_hex(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Collects everything that something is made from.
pub struct Ingredients(blake3::Hasher);

impl Ingredients {
    /// For something made by this version of the program, which is the same for all crates of the workspace.
    pub fn of(what: &str) -> Self {
        Self(blake3::Hasher::new())
            .add("program", env!("CARGO_PKG_VERSION").as_bytes())
            .add("stage", what.as_bytes())
    }

    /// For a stage at a revision of its computation.
    pub fn of_stage(stage: &str, revision: u32) -> Self {
        Self::of(stage).add("revision", &revision.to_le_bytes())
    }

    /// Adds an ingredient by name. Lengths are included, so that the boundaries between ingredients are unambiguous.
    #[must_use]
    pub fn add(mut self, name: &str, bytes: &[u8]) -> Self {
        for part in [name.as_bytes(), bytes] {
            self.0.update(&(part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
        self
    }

    /// Adds a part of the configuration.
    #[must_use]
    pub fn settings(self, name: &str, settings: &impl Serialize) -> Self {
        // Plain data of this program's own types, which JSON can always represent.
        let text = serde_json::to_vec(settings).expect("settings are plain data");
        self.add(name, &text)
    }

    /// Adds the fingerprint of another stage.
    #[must_use]
    pub fn upstream(self, stage: &str, fingerprint: &Fingerprint) -> Self {
        self.add(stage, fingerprint.as_bytes())
    }

    /// The fingerprint of all ingredients.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ingredients_are_told_apart() {
        let of = |parts: &[(&str, &str)]| {
            parts
                .iter()
                .fold(Ingredients::of("landscape"), |sum, (name, text)| sum.add(name, text.as_bytes()))
                .fingerprint()
        };
        assert_eq!(of(&[("a", "x")]), of(&[("a", "x")]));
        assert_ne!(of(&[("a", "xy")]), of(&[("ax", "y")]));
        assert_ne!(of(&[("a", ""), ("b", "")]), of(&[("b", ""), ("a", "")]));
        assert_ne!(Ingredients::of("landscape").fingerprint(), Ingredients::of("geodesic").fingerprint());
    }
}
