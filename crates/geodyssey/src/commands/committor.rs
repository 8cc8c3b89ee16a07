//! `committor CONFIG [STRUCTURE…]`: which share of free trajectories from structures reaches the end state first.

use std::fmt::Write as _;

use geodyssey_report::{Column, Table};
use geodyssey_run::RunDirectory;

use super::overrides::{claim, read, run_directory, use_threads};
use crate::artifacts::committor::{CommittorRecord, STAGE, STAGE_OF_STRUCTURES};
use crate::cli::CommittorArguments;
use crate::ctrl_c;
use crate::error::Error;
use crate::pipeline::{self, Stage, check};
use crate::problem::Problem;
use crate::stages::committor::CommittorStructure;
use crate::stages::distance::{Frames, read_subjects};
use crate::stages::free_paths::{moves_atoms, positions_of_values};
use crate::terminal::print;

/// Up to this many structures are printed one by one.
const MOST_PRINTED: usize = 20;

/// Carries the command out.
pub(crate) fn execute(arguments: &CommittorArguments) -> Result<(), Error> {
    let problem = read(&arguments.configuration, &arguments.overrides)?;
    let frames = arguments.frames.as_deref().map(Frames::parse).transpose()?;
    let frames = Frames { stride: arguments.stride.map_or(1, usize::from), ..frames.unwrap_or_default() };
    let structures = structures(&problem, arguments, &frames)?;
    use_threads(&arguments.overrides)?;
    check(&problem, Stage::Report)?;
    ctrl_c::listen();
    let directory = run_directory(&problem.config, &arguments.overrides, false);
    let mut run =
        pipeline::begin(&problem, RunDirectory::open(&directory, &claim(&problem, &arguments.overrides))?);
    let record = pipeline::committors(&mut run, structures.as_deref())?;
    if arguments.overrides.json {
        let value = serde_json::to_value(&record).map_err(|error| Error::failed("JSON", error))?;
        return print(&format!("{value:#}\n"));
    }
    let name = if structures.is_some() { STAGE_OF_STRUCTURES } else { STAGE };
    let file = directory.join(format!("{name}.csv"));
    print(&format!("{}\nall structures in {}\n", show(&problem, &record)?, file.display()))
}

/// The structures that are given; none if there are none.
fn structures(
    problem: &Problem,
    arguments: &CommittorArguments,
    frames: &Frames,
) -> Result<Option<Vec<CommittorStructure>>, Error> {
    if arguments.structures.is_empty() {
        return Ok(None);
    }
    let atoms = moves_atoms(problem);
    let subjects = read_subjects(problem, &arguments.structures, frames)?;
    let structures = subjects.into_iter().map(|subject| {
        let positions = match (atoms, subject.positions) {
            (true, Some(positions)) => positions,
            (true, None) => {
                return Err(Error::input(format!(
                    "{}: a table has no atoms: give structures or a trajectory",
                    subject.name
                )));
            }
            (false, _) => positions_of_values(&subject.values),
        };
        Ok(CommittorStructure { name: subject.name, source: "given", values: subject.values, positions })
    });
    structures.collect::<Result<Vec<_>, _>>().map(Some)
}

fn show(problem: &Problem, record: &CommittorRecord) -> Result<String, Error> {
    let failed = |error| Error::failed("the committors", error);
    let mut text = String::new();
    let shown: Vec<_> = record.structures.iter().filter(|row| row.source != "led").collect();
    if !shown.is_empty() && shown.len() <= MOST_PRINTED {
        let columns = std::iter::once(Column::text("structure"))
            .chain(problem.variables.iter().map(|variable| Column::text(&variable.name)))
            .chain([Column::text("committor"), Column::text("of the landscape")]);
        let mut table = Table::new(columns);
        for row in &shown {
            let values = problem.variables.iter().zip(&row.values).map(|(variable, &x)| variable.display(x));
            let committor = match (row.committor, row.committor_error) {
                (Some(p), Some(error)) => format!("{p:.2} ± {error:.2}"),
                _ => "not known".to_owned(),
            };
            let landscape = row.landscape_committor.map_or_else(String::new, |p| format!("{p:.2}"));
            table
                .row(std::iter::once(row.name.clone()).chain(values).chain([committor, landscape]))
                .map_err(failed)?;
        }
        let _ = writeln!(text, "{table}");
    }
    let summary = &record.summary;
    let _ = writeln!(
        text,
        "{} structures, {} trajectories; mean committor {:.2}, standard deviation {:.2}, without binomial noise {:.2}; {} between 0.4 and 0.6",
        summary.structures,
        summary.trajectories,
        summary.mean,
        summary.std,
        summary.std_without_binomial,
        summary.transition_states
    );
    for words in summary.words.iter().chain(record.warnings.iter().map(|warning| &warning.message)) {
        let _ = writeln!(text, "{words}");
    }
    Ok(text)
}
