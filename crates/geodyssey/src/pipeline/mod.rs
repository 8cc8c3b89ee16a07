//! The order of the stages: configuration → landscape → denoiser → geodesic → paths → free paths → committors → report, and what is checked before any of them.
//!
//! A stage reads earlier artifacts of the run directory and writes its own. What it was made from is gathered in a
//! fingerprint first; where the manifest has the same, nothing is done.

mod claim;
mod feasibility;
mod requirements;
mod starts;

use geodyssey_report::{Diagnosis, Distances, Summary};
use geodyssey_run::RunDirectory;

pub(crate) use claim::claim;
pub(crate) use feasibility::check_denoiser;
pub(crate) use requirements::{Requirements, check_disk, requirements};

use crate::artifacts::committor::CommittorRecord;
use crate::artifacts::report::CONFIG_FILE;
use crate::error::Error;
use crate::problem::Problem;
use crate::run_context::{Dependent, Run};
use crate::stages::committor::CommittorStructure;
use crate::stages::report::FreeResults;
use crate::stages::{
    committor, configuration, diagnose, distance, free_paths, geodesic, landscape, paths, report, training,
};

/// Stages beside those of a run.
const DEPENDENTS: [Dependent; 2] = [
    Dependent { stage: diagnose::STAGE, sources: &[landscape::STAGE, training::STAGE, geodesic::STAGE] },
    Dependent { stage: distance::STAGE, sources: &[landscape::STAGE, training::STAGE] },
];

/// A run in a directory that this process alone may change.
pub(crate) fn begin<'r>(problem: &'r Problem, directory: RunDirectory) -> Run<'r> {
    Run::new(problem, directory, &DEPENDENTS)
}

/// Rejects what can be known to be impossible before anything is computed: the same for `check` and for every command that computes, as
/// far as that goes.
///
/// # Errors
/// What is impossible, and which key is to be changed.
pub fn check(problem: &Problem, until: Stage) -> Result<(), Error> {
    feasibility::check_size(problem)?;
    requirements::check(problem)?;
    landscape::method(problem).check(problem)?;
    starts::check(problem)?;
    if until > Stage::Landscape {
        feasibility::check(problem)?;
    }
    if until > Stage::Denoiser {
        problem.states()?;
    }
    if until > Stage::Geodesic {
        paths::check(problem)?;
        free_paths::check(problem)?;
    }
    Ok(())
}

/// How far a command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Up to the energy of the variables.
    Landscape,
    /// Up to the trained denoiser.
    Denoiser,
    /// Up to the curve.
    Geodesic,
    /// Up to the paths.
    Paths,
    /// All.
    Report,
}

/// Goes through the stages. The summary holds what was reached.
pub(crate) fn carry_out(run: &mut Run<'_>, until: Stage) -> Result<Summary, Error> {
    let result = stages(run, until);
    run.end(result)
}

/// How accurate the denoiser is.
pub(crate) fn diagnose(run: &mut Run<'_>) -> Result<Diagnosis, Error> {
    let result = diagnose::run(run);
    run.end(result)
}

/// How far apart configurations are.
pub(crate) fn distances(run: &mut Run<'_>, request: &distance::Request) -> Result<Distances, Error> {
    let result = distance::run(run, request);
    run.end(result)
}

fn stages(run: &mut Run<'_>, until: Stage) -> Result<Summary, Error> {
    let is_whole = until == Stage::Report;
    if is_whole && !is_own_copy(run) {
        configuration::run(run)?;
    }
    let landscape = landscape::run(run)?;
    if until == Stage::Landscape {
        return report::summary(run, &landscape, None, None, None, FreeResults::default());
    }
    let learned = training::run(run, &landscape)?;
    let learned = learned.as_ref();
    if until == Stage::Denoiser {
        return report::summary(run, &landscape, learned, None, None, FreeResults::default());
    }
    let geodesic = geodesic::run(run, &landscape, learned)?;
    if until == Stage::Geodesic {
        return report::summary(run, &landscape, learned, Some(&geodesic), None, FreeResults::default());
    }
    let paths = paths::run(run, &landscape, &geodesic)?;
    if until == Stage::Paths {
        return report::summary(
            run,
            &landscape,
            learned,
            Some(&geodesic),
            Some(&paths),
            FreeResults::default(),
        );
    }
    let free = free_paths::run(run, &landscape, &geodesic, &paths)?;
    let committors = match &free {
        Some(free) if free.free_paths.is_some() => Some(committor::run(run, &landscape, &geodesic, None)?),
        Some(_) => {
            run.discard(committor::STAGE)?;
            None
        }
        None => None,
    };
    let free = FreeResults { paths: free.as_ref(), committor: committors.as_ref() };
    configuration::run(run)?;
    report::run(run, &landscape, learned, &geodesic, &paths, free)
}

/// Committors of structures, and what comes before them.
pub(crate) fn committors(
    run: &mut Run<'_>,
    structures: Option<&[CommittorStructure]>,
) -> Result<CommittorRecord, Error> {
    let result = committor_stages(run, structures);
    run.end(result)
}

fn committor_stages(
    run: &mut Run<'_>,
    structures: Option<&[CommittorStructure]>,
) -> Result<CommittorRecord, Error> {
    let landscape = landscape::run(run)?;
    let learned = training::run(run, &landscape)?;
    let geodesic = geodesic::run(run, &landscape, learned.as_ref())?;
    paths::run(run, &landscape, &geodesic)?;
    committor::run(run, &landscape, &geodesic, structures)
}

/// Whether the configuration is the copy in the run's own directory, which stays as it was given until all is done.
fn is_own_copy(run: &Run<'_>) -> bool {
    let [given, own] = [run.problem.config.file().to_owned(), run.directory.file(CONFIG_FILE)]
        .map(|file| file.canonicalize().ok());
    given.is_some() && given == own
}
