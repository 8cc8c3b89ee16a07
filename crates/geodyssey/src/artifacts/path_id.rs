//! The name of a path, spelled in the same way in files, tables and commands.

use std::fmt;
use std::str::FromStr;

use geodyssey_report::Direction;
use serde::{Deserialize, Serialize};

/// The folder of the paths' files.
pub(crate) const FOLDER: &str = "paths/";

/// A path of a run: `path-0007` from the start to the end, `backward-0007` the other way. Forward paths come before backward ones, each in
/// the order of their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PathId {
    /// From start to end, or back.
    pub(crate) direction: Direction,
    /// Its number among those of its direction.
    pub(crate) number: u32,
}

impl PathId {
    /// Its table, relative to the run directory.
    pub(crate) fn table(self) -> String {
        format!("{FOLDER}{self}.csv")
    }

    /// The path whose table a file is; none for any other file.
    pub(crate) fn of_table(name: &str) -> Option<Self> {
        name.strip_prefix(FOLDER)?.strip_suffix(".csv")?.parse().ok()
    }

    /// The paths whose tables are among the names of a run's files, in order.
    pub(crate) fn all<'n>(names: impl Iterator<Item = &'n str>) -> Vec<Self> {
        let mut all: Vec<Self> = names.filter_map(Self::of_table).collect();
        all.sort_unstable();
        all
    }
}

impl Ord for PathId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |path: &Self| (path.direction == Direction::Backward, path.number);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for PathId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
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

/// A text that names no path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAPath;

impl FromStr for PathId {
    type Err = NotAPath;

    /// `path-0007`, `path-7` and `7` are a forward path, `backward-0007` and `backward-7` a backward one.
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
            prop_assert_eq!(PathId::of_table(&path.table()), Some(path));
        }
    }

    #[test]
    fn paths_come_in_the_order_of_their_numbers_and_not_of_their_names() {
        let names = [
            "paths/backward-0003.csv",
            "paths/path-10000.csv",
            "paths/path-9999.csv",
            "paths/path-0001.xtc",
            "x.csv",
        ];
        let all: Vec<String> = PathId::all(names.into_iter()).iter().map(ToString::to_string).collect();
        assert_eq!(all, ["path-9999", "path-10000", "backward-0003"]);
        for wrong in ["", "-1", "forward-0", "path-+1", "path-1.0", "path-4294967296"] {
            assert_eq!(wrong.parse::<PathId>(), Err(NotAPath), "{wrong}");
        }
    }
}
