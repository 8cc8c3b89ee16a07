//! The way to one value of a configuration: `constraint.0.kind`.

use std::fmt;

/// Most steps of a way; the deepest key has four.
const MOST_SEGMENTS: usize = 16;

/// One step of a [`KeyPath`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// A key of a table.
    Key(String),
    /// An element of an array, from 0.
    Index(usize),
}

/// The way from a configuration's root to one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyPath(Vec<Segment>);

impl KeyPath {
    /// Reads `constraint.0.kind`; `None` if a part is empty, or there are more parts than any key has.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.split('.').count() > MOST_SEGMENTS {
            return None;
        }
        text.split('.')
            .map(|part| {
                let part = part.trim().trim_matches('"');
                match part.parse() {
                    Ok(index) => Some(Segment::Index(index)),
                    Err(_) if part.is_empty() => None,
                    Err(_) => Some(Segment::Key(part.to_owned())),
                }
            })
            .collect::<Option<_>>()
            .map(Self)
    }

    /// The value below this one with the given key.
    #[must_use]
    pub(crate) fn key(&self, key: &str) -> Self {
        self.with(Segment::Key(key.to_owned()))
    }

    /// The element of this array.
    #[must_use]
    pub(crate) fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// The steps.
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The value that holds this one.
    pub(crate) fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    /// A table's heading as it stands in a configuration: `[states.start]`, or `[[constraint]]` with its number.
    pub(crate) fn heading(&self) -> String {
        match self.0.split_last() {
            Some((Segment::Index(index), rest)) => {
                format!("[[{}]] number {}", Self(rest.to_vec()), index + 1)
            }
            Some(_) => format!("[{self}]"),
            None => "the configuration".to_owned(),
        }
    }

    /// Whether `other` is this value or within it.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str(".")?;
            }
            match segment {
                Segment::Key(key) => formatter.write_str(key)?,
                Segment::Index(index) => write!(formatter, "{index}")?,
            }
        }
        Ok(())
    }
}
