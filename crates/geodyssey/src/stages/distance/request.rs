//! What is to be compared: structures, frames of trajectories, or rows of a table.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use geodyssey_trajectory::{TrajectoryError, TrajectoryFrame, TrajectoryReader};

use crate::error::Error;
use crate::problem::variable_table::VariableTable;
use crate::problem::{Molecule, Problem};
use crate::stages::landscape::without_positions;
use crate::terminal::say;
use crate::text_file::read_text;

/// What a `COLVAR` file begins with.
const PLUMED_HEADER: &str = "#! FIELDS";
/// Fewest configurations between which there is a distance.
const FEWEST: usize = 2;

/// Which frames of files with several are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frames {
    /// The first, counted from 0.
    pub(crate) from: usize,
    /// The one after the last.
    pub(crate) to: Option<usize>,
    /// Keep every n-th.
    pub(crate) stride: usize,
}

impl Frames {
    /// Reads `FROM:TO`, either of which may be left out.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || {
            let message = "expected a range of frames `FROM:TO`, counted from 0, `TO` excluded";
            Error::input(format!("--frames {text}: {message}"))
        };
        let number =
            |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| wrong()) };
        let (from, to) = text.split_once(':').ok_or_else(wrong)?;
        let frames = Self { from: number(from)?.unwrap_or(0), to: number(to)?, stride: 1 };
        if frames.to.is_some_and(|to| to <= frames.from) { Err(wrong()) } else { Ok(frames) }
    }

    fn takes(&self, index: usize) -> bool {
        let inside = index >= self.from && self.to.is_none_or(|to| index < to);
        inside && (index - self.from).is_multiple_of(self.stride.max(1))
    }

    /// The frames that are taken from a file, and how many it has. A single structure is not a trajectory: it is always taken.
    fn select<T, E>(&self, all: impl Iterator<Item = Result<T, E>>) -> Result<(usize, Vec<(usize, T)>), E> {
        let (mut count, mut taken, mut first) = (0, Vec::new(), None);
        for (index, item) in all.enumerate() {
            let item = item?;
            count += 1;
            if self.takes(index) {
                taken.push((index, item));
            } else if index == 0 {
                first = Some((index, item));
            }
        }
        if count == 1 {
            taken.extend(first);
        }
        Ok((count, taken))
    }
}

/// One configuration.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// Its file, and its frame or row where there are several.
    pub(crate) name: String,
    /// The variables.
    pub(crate) values: Vec<f64>,
    /// Positions of the atoms, nm, where there are any.
    pub(crate) positions: Option<Vec<[f64; 3]>>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The configurations, in the order of the command line.
    pub(crate) subjects: Vec<Subject>,
    /// logSNR of the ends.
    pub(crate) log_snr: f64,
    /// Points of every geodesic.
    pub(crate) points: usize,
}

impl Request {
    /// Reads the configurations. logSNR is by default the larger one of the configuration's ends.
    pub(crate) fn read(
        problem: &Problem,
        files: &[PathBuf],
        frames: &Frames,
        log_snr: Option<f64>,
        points: usize,
    ) -> Result<Self, Error> {
        let ends = problem.config.geodesic.log_snr;
        let log_snr = log_snr.unwrap_or(ends.start.max(ends.end));
        let least = problem.config.geodesic.log_snr_min.get();
        if !(log_snr.is_finite() && log_snr > least) {
            return Err(Error::input(format!(
                "--log-snr {log_snr}: expected a number above `geodesic.log_snr_min` = {least}"
            )));
        }
        let subjects = read_subjects(problem, files, frames)?;
        if subjects.len() < FEWEST {
            return Err(Error::input(
                "a distance needs two configurations: give another structure, a trajectory or a table",
            ));
        }
        Ok(Self { subjects, log_snr, points })
    }
}

/// Reads configurations from structures, trajectories and tables, and gives each a name of its own.
pub(crate) fn read_subjects(
    problem: &Problem,
    files: &[PathBuf],
    frames: &Frames,
) -> Result<Vec<Subject>, Error> {
    let mut subjects: Vec<Subject> = Vec::new();
    for file in files {
        let Content { count, rows, what } = read_file(problem, file, frames)?;
        if rows.is_empty() {
            return Err(Error::input(format!(
                "{}: none of its {count} {what} is in the range of --frames",
                file.display()
            )));
        }
        for (index, (values, positions)) in rows {
            check_range(problem, &values).map_err(|why| {
                // Rows are counted as people do, frames as `--frames` does.
                let place = match &positions {
                    None => format!(": row {}", index + 1),
                    Some(_) if count > 1 => format!(": frame {index}"),
                    Some(_) => String::new(),
                };
                Error::input(format!("{}{place}: {why}", file.display()))
            })?;
            let name = name(file, files, (count > 1).then_some(index));
            subjects.push(Subject { name, values, positions });
        }
    }
    let mut seen = BTreeMap::new();
    for subject in &mut subjects {
        let times = seen.entry(subject.name.clone()).and_modify(|times| *times += 1).or_insert(1);
        if *times > 1 {
            subject.name = format!("{} ({times})", subject.name);
        }
    }
    Ok(subjects)
}

/// Variables of one frame, and its positions.
type Row = (Vec<f64>, Option<Vec<[f64; 3]>>);

/// What a file gives.
struct Content {
    /// Its frames or rows, those that are not taken included.
    count: usize,
    /// Those that are taken, with their numbers.
    rows: Vec<(usize, Row)>,
    /// `frames` or `rows`.
    what: &'static str,
}

fn read_file(problem: &Problem, file: &Path, frames: &Frames) -> Result<Content, Error> {
    let is_table = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
        || begins_with(file, PLUMED_HEADER);
    match &problem.molecule {
        Some(molecule) if !is_table => structures(molecule, file, frames),
        None if !is_table => Err(Error::input(format!(
            "{}: this configuration has no molecule: give a table (.csv) with a column for each variable",
            file.display()
        ))),
        _ => table(problem, file, frames),
    }
}

/// Whether a file can be read and begins with a text.
fn begins_with(file: &Path, text: &str) -> bool {
    let mut bytes = Vec::new();
    let read =
        std::fs::File::open(file).and_then(|file| file.take(text.len() as u64).read_to_end(&mut bytes));
    read.is_ok() && bytes == text.as_bytes()
}

fn structures(molecule: &Molecule, file: &Path, frames: &Frames) -> Result<Content, Error> {
    let input = |error: TrajectoryError| Error::input(error.to_string());
    let mut reader =
        TrajectoryReader::open(file, Some(&molecule.topology)).map_err(input)?.made_whole(molecule.chains());
    let row = |frame: TrajectoryFrame| (molecule.values(&frame.positions), Some(frame.positions));
    let (count, rows) = frames.select(reader.by_ref().map(|frame| frame.map(row))).map_err(input)?;
    if reader.frames_without_positions() > 0 {
        say!("{}: {}", file.display(), without_positions(reader.frames_without_positions()));
    }
    Ok(Content { count, rows, what: "frames" })
}

fn table(problem: &Problem, file: &Path, frames: &Frames) -> Result<Content, Error> {
    let wrong = |why: String| Error::input(format!("{}: {why}", file.display()));
    let text = read_text(file).map_err(|why| Error::input(format!("{} {why}", file.display())))?;
    let points = VariableTable::read(&text, &problem.variables).map_err(wrong)?.points;
    let (count, rows) = frames.select(points.into_iter().map(|point| Ok::<Row, Error>((point, None))))?;
    Ok(Content { count, rows, what: "rows" })
}

/// Every variable must lie within the range of the landscape; the error says which does not.
fn check_range(problem: &Problem, values: &[f64]) -> Result<(), String> {
    for (variable, &value) in problem.variables.iter().zip(values) {
        let outside = variable
            .range
            .is_some_and(|(low, high)| variable.period.is_none() && !(low..=high).contains(&value));
        if !value.is_finite() || outside {
            return Err(format!("`{}` = {value} is not a number within the variable's range", variable.name));
        }
    }
    Ok(())
}

/// The file's name without its ending, or the whole path where two files are called the same.
fn name(file: &Path, all: &[PathBuf], index: Option<usize>) -> String {
    let stem = file.file_stem().unwrap_or(file.as_os_str());
    let same = all.iter().filter(|other| other.file_stem() == file.file_stem() && *other != file).count();
    let base = if same > 0 { file.display().to_string() } else { stem.to_string_lossy().into_owned() };
    index.map_or_else(|| base.clone(), |index| format!("{base}:{index}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_frames_are_half_open() {
        let parse = |text: &str| Frames::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let taken = |frames: &Frames, count: usize| -> Vec<usize> {
            let all = (0..count).map(Ok::<usize, Error>);
            let (found, taken) = frames.select(all).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(found, count);
            taken.into_iter().map(|(index, item)| if index == item { index } else { usize::MAX }).collect()
        };
        let frames = Frames { stride: 3, ..parse("2:9") };
        assert_eq!(taken(&frames, 100), [2, 5, 8]);
        assert_eq!(taken(&frames, 4), [2]);
        assert_eq!(taken(&frames, 1), [0]);
        assert_eq!(taken(&parse(":"), 3), [0, 1, 2]);
        for wrong in ["5", "a:b", "4:4", "1:2:3", "-1:2"] {
            assert!(Frames::parse(wrong).is_err(), "{wrong}");
        }
    }
}
