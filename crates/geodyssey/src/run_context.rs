//! A run that is going on: its problem, its directory and its times. What every stage is given.

use std::path::Path;
use std::time::Instant;

use geodyssey_report::{StageTiming, Timings};

use crate::error::Error;
use crate::problem::Problem;
use crate::run_directory::{Fingerprint, RunDirectory, TIMINGS_FILE};
use crate::terminal::say;

/// A stage beside those of a run, which no run makes again, and what it is made from.
pub(crate) struct Dependent {
    /// Its name.
    pub(crate) stage: &'static str,
    /// Names of the stages that it reads.
    pub(crate) sources: &'static [&'static str],
}

/// The wall-clock times of a run; none where the file is missing or damaged.
pub(crate) fn timings(file: &Path) -> Timings {
    let text = std::fs::read_to_string(file).ok();
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// A run that is going on.
pub(crate) struct Run<'r> {
    /// What is to be solved.
    pub(crate) problem: &'r Problem,
    /// Where artifacts are kept.
    pub(crate) directory: RunDirectory,
    dependents: &'static [Dependent],
    timings: Timings,
    started: Instant,
}

impl<'r> Run<'r> {
    /// A run in a directory that this process alone may change.
    pub(crate) fn new(
        problem: &'r Problem,
        directory: RunDirectory,
        dependents: &'static [Dependent],
    ) -> Self {
        let timings = timings(&directory.file(TIMINGS_FILE));
        Self { problem, directory, dependents, timings, started: Instant::now() }
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
        for Dependent { stage: dependent, sources } in self.dependents {
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
    pub(crate) fn end<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
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
