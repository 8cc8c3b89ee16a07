//! The name of a path, spelled identically in files, tables and commands.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which way a path goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the start state to the end state.
    Forward,
    /// From the end state to the start state.
    Backward,
}

impl Direction {
    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
        }
    }
}

/// A path of a run: `path-0007` from the start to the end, `backward-0007` from the end to the start. Forward paths come before backward
/// ones, each in the order of their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PathId {
    /// Forward or backward.
    pub direction: Direction,
    /// Its number among those of its direction.
    pub number: u32,
}

impl PathId {
    /// A path from the start to the end.
    #[must_use]
    pub fn forward(number: u32) -> Self {
        Self { direction: Direction::Forward, number }
    }

    /// This path and those that follow it.
    pub fn and_following(self) -> impl Iterator<Item = Self> {
        (self.number..).map(move |number| Self { number, ..self })
    }
}

impl fmt::Display for PathId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.direction {
            Direction::Forward => "path",
            Direction::Backward => "backward",
        };
        write!(formatter, "{kind}-{:04}", self.number)
    }
}

/// A text that is not the name of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a path; expected a name such as path-0007, backward-0007 or 7")]
pub struct NotAPath;

impl FromStr for PathId {
    type Err = NotAPath;

    /// `path-0007`, `path-7` and `7` name a forward path, `backward-0007` and `backward-7` a backward one.
    fn from_str(text: &str) -> Result<Self, NotAPath> {
        let (direction, digits) = match text.trim().rsplit_once('-') {
            Some(("path", digits)) => (Direction::Forward, digits),
            Some(("backward", digits)) => (Direction::Backward, digits),
            Some(_) => return Err(NotAPath),
            None => (Direction::Forward, text.trim()),
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAPath);
        }
        Ok(Self { direction, number: digits.parse().map_err(|_| NotAPath)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(backward in any::<bool>(), number in any::<u32>()) {
            let direction = if backward { Direction::Backward } else { Direction::Forward };
            let path = PathId { direction, number };
            prop_assert_eq!(path.to_string().parse(), Ok(path));
        }
    }

    #[test]
    fn other_texts_name_no_path_and_backward_ones_come_last() {
        for wrong in ["", "-1", "forward-0", "path-+1", "path-1.0", "path-4294967296"] {
            assert_eq!(wrong.parse::<PathId>(), Err(NotAPath), "{wrong}");
        }
        let backward = PathId { direction: Direction::Backward, number: 3 };
        assert!(PathId::forward(9999) < PathId::forward(10_000) && PathId::forward(10_000) < backward);
    }
}
