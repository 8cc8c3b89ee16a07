//! A run that is going on: its problem, its directory and its times. What every stage is given, and how a stage is brought up to date.

use std::path::Path;
use std::time::Instant;

use geodyssey_report::{StageTiming, Timings};
use geodyssey_run::{Executor, Fingerprint, Ingredients, RunDirectory, TIMINGS_FILE, Threads, interrupt};

use crate::error::Error;
use crate::problem::Problem;
use crate::terminal::say;

/// A part of a run that has files of its own. It is given what earlier stages have read back from theirs.
pub(crate) trait Stage {
    /// Its name, in the manifest and in messages.
    const NAME: &'static str;
    /// Raised whenever the stage computes something else from the same settings and inputs, so that earlier files are made again.
    const REVISION: u32;
    /// Whether it is taken over from another run directory that made it from exactly the same.
    const IS_SHARED: bool = false;
    /// Whether it is reported and timed, because it takes a noticeable time.
    const IS_TOLD: bool = true;
    /// The content of its files.
    type Output;

    /// Adds all that its files are made from; its name and revision are there already.
    fn ingredients(&self, run: &Run<'_>, ingredients: Ingredients) -> Result<Ingredients, Error>;

    /// Computes and writes its files.
    fn make(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Made, Error>;

    /// Reads them. Later stages are given this and never what was in memory.
    fn load(&self, run: &Run<'_>) -> Result<Self::Output, Error>;
}

/// What a stage has made.
pub(crate) struct Made {
    /// Names of its files, all of them written.
    pub(crate) outputs: Vec<String>,
    /// Evaluations of the energy or its gradient.
    pub(crate) energy_evaluations: u64,
}

impl Made {
    /// Files that took no evaluation of an energy.
    pub(crate) fn files(outputs: Vec<String>) -> Self {
        Self { outputs, energy_evaluations: 0 }
    }
}

/// A stage that is not part of a run and is not remade by one, and what it is made from.
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
    /// Who carries out the units of work of a stage that is divided into such.
    pub(crate) executor: Box<dyn Executor>,
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
        Self { problem, directory, executor: Box::new(Threads), dependents, timings, started: Instant::now() }
    }

    /// Brings a stage up to date, if it is not, and reads its files.
    ///
    /// # Errors
    /// What the stage cannot do, or Ctrl-C.
    pub(crate) fn bring_up_to_date<S: Stage>(&mut self, stage: &S) -> Result<S::Output, Error> {
        let ingredients = stage.ingredients(self, Ingredients::of_stage(S::NAME, S::REVISION))?;
        let made_from = ingredients.fingerprint();
        if !S::IS_TOLD {
            if !self.directory.is_current(S::NAME, &made_from) {
                let made = stage.make(self, &made_from)?;
                self.finish(S::NAME, S::REVISION, made_from, &made.outputs)?;
            }
            return stage.load(self);
        }
        let is_there = self.is_up_to_date(S::NAME, S::REVISION, &made_from)?
            || (S::IS_SHARED && self.adopt(S::NAME, S::REVISION, &made_from)?);
        if !is_there {
            let started = Instant::now();
            if self.directory.has_only_unusable_checkpoints(S::NAME, &made_from) {
                say!(
                    "{}: an interrupted run left a checkpoint with other settings or of another version of the program; starting again",
                    S::NAME
                );
            }
            let made = stage.make(self, &made_from)?;
            self.finish(S::NAME, S::REVISION, made_from, &made.outputs)?;
            self.record_time(S::NAME, started, made.energy_evaluations);
            interrupt::check()?;
        }
        stage.load(self)
    }

    /// Writes files, given by name; the names.
    pub(crate) fn write_all(&self, files: Vec<(String, Vec<u8>)>) -> Result<Vec<String>, Error> {
        for (name, bytes) in &files {
            self.directory.write(name, bytes)?;
        }
        Ok(files.into_iter().map(|(name, _)| name).collect())
    }

    /// Notes how long a stage took.
    fn record_time(&mut self, stage: &str, started: Instant, evaluations: u64) {
        self.replace_timing(StageTiming::new(stage, started.elapsed().as_secs_f64(), evaluations));
    }

    /// Whether a stage's files are what it would make; if so, that is noted, and checkpoints that a killed run left are removed.
    fn is_up_to_date(&mut self, stage: &str, revision: u32, made_from: &Fingerprint) -> Result<bool, Error> {
        if self.directory.is_current(stage, made_from) {
            self.directory.remove_checkpoints(stage)?;
            self.record_up_to_date(stage);
            return Ok(true);
        }
        if let Some(before) = self.directory.revision(stage).filter(|before| *before != revision) {
            say!(
                "{stage}: made again, since the program now computes it differently (revision {before} before, {revision} now)"
            );
        }
        Ok(false)
    }

    /// Notes that a stage is finished, and removes what depended on its earlier files.
    fn finish(
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

    /// Takes a stage over from another run directory that made it from exactly the same; whether there is one.
    fn adopt(&mut self, stage: &str, revision: u32, made_from: &Fingerprint) -> Result<bool, Error> {
        let before = self.directory.output_fingerprint(stage);
        let Some(other) = self.directory.adopt(stage, revision, made_from)? else { return Ok(false) };
        self.record_taken_over(stage, &other);
        self.discard_dependents(stage, before)?;
        Ok(true)
    }

    /// Removes a stage that the run no longer has, with what depended on it; whether there was one.
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
                say!("{dependent}: removed, since it was made from a different {stage}");
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

    /// Writes the times. Of two errors the first is reported: a full disk affects the timings too.
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
        self.directory.write(TIMINGS_FILE, &text)?;
        Ok(())
    }
}
