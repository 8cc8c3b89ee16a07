//! The stages of a run, each in its own file: system → landscape → denoiser → geodesic → paths → report.
//!
//! A stage reads earlier artifacts of the run directory and writes its own. What it was made from is gathered in a
//! fingerprint first; where the manifest has the same, nothing is done.

pub(crate) mod barrier;
pub(crate) mod cautions;
mod checkpoints;
mod claim;
pub(crate) mod compare;
mod constraints;
mod denoiser;
pub(crate) mod diagnose;
pub(crate) mod distance;
mod feasibility;
mod geodesic;
mod input_files;
mod landscape;
mod metadynamics;
mod molecule;
mod molecule_warnings;
mod paths;
pub(crate) mod preparation;
mod relaxed_scan;
mod report;
mod requirements;
mod rows;
mod samples;
pub(crate) mod scales;
mod starts;
mod states_made_from;
pub(crate) mod system;
pub(crate) mod training;
pub(crate) mod variable_table;
pub(crate) mod variables;

use std::path::Path;
use std::time::Instant;

use geodyssey_report::{Diagnosis, Distances, StageTiming, Summary, Timings};

pub(crate) use claim::claim;
pub(crate) use denoiser::{Points, exact_denoiser};
pub(crate) use feasibility::check_denoiser;
pub(crate) use landscape::{LandscapeResult, without_run};
pub(crate) use molecule_warnings::{NAMES_FILE, molecule_warnings};
pub(crate) use paths::{TOPOLOGY_FILE, steps_of_a_path};
pub(crate) use report::{CONFIG_FILE, PAGE_FILE};
pub(crate) use requirements::{Requirements, requirements};
pub(crate) use samples::{describe as describe_samples, without_positions};

use crate::error::Error;
use crate::run_directory::{Fingerprint, RunDirectory, TIMINGS_FILE};
use crate::terminal::say;
use system::Problem;
pub(crate) use training::LearnedDenoiser;

/// Refuses what can be known to be impossible before anything is computed: the same for `check` and for every command that computes, as far
/// as that goes.
pub(crate) fn check(problem: &Problem, until: Stage) -> Result<(), Error> {
    feasibility::check_size(problem)?;
    requirements::check(problem)?;
    landscape::check(problem)?;
    starts::check(problem)?;
    if until > Stage::Landscape {
        feasibility::check(problem)?;
    }
    if until > Stage::Denoiser {
        problem.states()?;
    }
    if until > Stage::Geodesic {
        paths::check(problem)?;
    }
    Ok(())
}

/// How far a command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
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

/// The wall-clock times of a run; none where the file is missing or damaged.
fn timings(file: &Path) -> Timings {
    let text = std::fs::read_to_string(file).ok();
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Stages beside those of a run, which no run makes again, and what they are made from.
const DEPENDENTS: [(&str, &[&str]); 2] = [
    (diagnose::STAGE, &[landscape::STAGE, training::STAGE, geodesic::STAGE]),
    (distance::STAGE, &[landscape::STAGE, training::STAGE]),
];

/// A run that is going on.
pub(crate) struct Run<'r> {
    /// What is to be solved.
    pub(crate) problem: &'r Problem,
    /// Where artifacts are kept.
    pub(crate) directory: RunDirectory,
    timings: Timings,
    started: Instant,
}

impl<'r> Run<'r> {
    /// A run in a directory that this process alone may change.
    pub(crate) fn new(problem: &'r Problem, directory: RunDirectory) -> Self {
        let timings = timings(&directory.file(TIMINGS_FILE));
        Self { problem, directory, timings, started: Instant::now() }
    }

    /// Goes through the stages. The summary holds what was reached.
    pub(crate) fn carry_out(&mut self, until: Stage) -> Result<Summary, Error> {
        let result = self.stages(until);
        self.end(result)
    }

    /// The landscape, computed where that is needed.
    pub(crate) fn landscape(&mut self) -> Result<LandscapeResult, Error> {
        landscape::run(self)
    }

    /// The trained denoiser, trained where that is needed; none where the configuration asks for an exact one.
    pub(crate) fn learned_denoiser(
        &mut self,
        landscape: &LandscapeResult,
    ) -> Result<Option<LearnedDenoiser>, Error> {
        training::run(self, landscape)
    }

    /// How good the denoiser is.
    pub(crate) fn diagnose(&mut self) -> Result<Diagnosis, Error> {
        let result = diagnose::run(self);
        self.end(result)
    }

    /// How far apart configurations are.
    pub(crate) fn distances(&mut self, request: &distance::Request) -> Result<Distances, Error> {
        let result = distance::run(self, request);
        self.end(result)
    }

    fn stages(&mut self, until: Stage) -> Result<Summary, Error> {
        let landscape = self.landscape()?;
        if until == Stage::Landscape {
            return report::summary(self, &landscape, None, None, None);
        }
        let learned = training::run(self, &landscape)?;
        let learned = learned.as_ref();
        if until == Stage::Denoiser {
            return report::summary(self, &landscape, learned, None, None);
        }
        let geodesic = geodesic::run(self, &landscape, learned)?;
        if until == Stage::Geodesic {
            return report::summary(self, &landscape, learned, Some(&geodesic), None);
        }
        let paths = paths::run(self, &landscape, &geodesic)?;
        if until == Stage::Paths {
            return report::summary(self, &landscape, learned, Some(&geodesic), Some(&paths));
        }
        report::run(self, &landscape, learned, &geodesic, &paths)
    }

    /// Notes how long a stage took.
    pub(crate) fn record_time(&mut self, stage: &str, started: Instant, evaluations: u64) {
        self.replace_timing(StageTiming::new(stage, started.elapsed().as_secs_f64(), evaluations));
    }

    /// Whether a stage's files are what it would make; if so, that is noted, and checkpoints that a killed run left are removed.
    pub(crate) fn is_up_to_date(
        &mut self,
        stage: &str,
        revision: u32,
        made_from: &Fingerprint,
    ) -> Result<bool, Error> {
        if self.directory.is_current(stage, made_from) {
            self.directory.remove_checkpoints(stage)?;
            self.record_up_to_date(stage);
            return Ok(true);
        }
        if let Some(before) = self.directory.revision(stage).filter(|before| *before != revision) {
            say!(
                "{stage}: made again, since the program computes it in another way now (revision {before} before, {revision} now)"
            );
        }
        Ok(false)
    }

    /// Notes that a stage is finished, and removes what was said of what it made before.
    pub(crate) fn finish(
        &mut self,
        stage: &str,
        revision: u32,
        made_from: Fingerprint,
        outputs: &[String],
    ) -> Result<(), Error> {
        let before = self.directory.output_fingerprint(stage);
        self.directory.finish(stage, revision, made_from, outputs)?;
        self.discard_dependents(stage, before)
    }

    /// Takes a stage over from another run directory that made it from just the same; whether there is one.
    pub(crate) fn adopt(
        &mut self,
        stage: &str,
        revision: u32,
        made_from: &Fingerprint,
    ) -> Result<bool, Error> {
        let before = self.directory.output_fingerprint(stage);
        let Some(other) = self.directory.adopt(stage, revision, made_from)? else { return Ok(false) };
        self.record_taken_over(stage, &other);
        self.discard_dependents(stage, before)?;
        Ok(true)
    }

    /// Removes a stage that the run no longer has, with what was said of it; whether there was one.
    pub(crate) fn discard(&mut self, stage: &str) -> Result<bool, Error> {
        let before = self.directory.output_fingerprint(stage);
        let was_there = self.directory.discard(stage)?;
        self.discard_dependents(stage, before)?;
        Ok(was_there)
    }

    fn discard_dependents(&mut self, stage: &str, before: Fingerprint) -> Result<(), Error> {
        if self.directory.output_fingerprint(stage) == before {
            return Ok(());
        }
        for (dependent, sources) in DEPENDENTS {
            if sources.contains(&stage) && self.directory.discard(dependent)? {
                say!("{dependent}: removed, since it was made from another {stage}");
            }
        }
        Ok(())
    }

    fn record_up_to_date(&mut self, stage: &str) {
        say!("{stage}: up to date");
        let known = self.timings.stages.iter().find(|timing| timing.stage == stage);
        let timing = known.cloned().unwrap_or_else(|| StageTiming::new(stage, 0.0, 0));
        self.replace_timing(StageTiming { up_to_date: true, ..timing });
    }

    /// Notes that a stage was taken over from another run directory, with the time that it took there.
    fn record_taken_over(&mut self, stage: &str, other: &Path) {
        say!("{stage}: taken over from {}", other.display());
        let there = timings(&other.join(TIMINGS_FILE));
        let known = there.stages.into_iter().find(|timing| timing.stage == stage);
        let timing = known.unwrap_or_else(|| StageTiming::new(stage, 0.0, 0));
        self.replace_timing(StageTiming { up_to_date: true, ..timing });
    }

    fn replace_timing(&mut self, timing: StageTiming) {
        match self.timings.stages.iter_mut().find(|known| known.stage == timing.stage) {
            Some(known) => *known = timing,
            None => self.timings.stages.push(timing),
        }
    }

    /// Writes the times. Of two errors the first is told: a full disk is one for the timings too.
    fn end<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        let written = self.write_timings();
        let result = result?;
        written?;
        self.directory.verify_complete()?;
        Ok(result)
    }

    fn write_timings(&mut self) -> Result<(), Error> {
        self.timings.threads = rayon::current_num_threads();
        self.timings.total_seconds = self.started.elapsed().as_secs_f64();
        let path = self.directory.file(TIMINGS_FILE);
        let mut text =
            serde_json::to_vec_pretty(&self.timings).map_err(|error| Error::file("write", &path, error))?;
        text.push(b'\n');
        self.directory.write(TIMINGS_FILE, &text)
    }
}
