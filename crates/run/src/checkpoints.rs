//! Finished parts of the stage that is running, kept so that an interrupted one goes on with the others.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::directory::RunDirectory;
use crate::error::RunError;
use crate::fingerprint::Fingerprint;
use crate::interrupt;
use crate::pace::Pace;

/// Between two checkpoints of one computation.
const INTERVAL: Duration = Duration::from_secs(1);
/// Checkpoints may grow: writing them may take this share of the time.
const SHARE: f64 = 0.05;

/// Where the parts of a stage are kept. Numbers come back bit for bit, so that a part that was kept and one that was just computed
/// lead to the same artifacts. The run directory removes all parts when the stage is finished.
#[derive(Clone, Copy)]
pub struct Checkpoints<'r> {
    /// The run directory.
    pub directory: &'r RunDirectory,
    /// The stage that is running.
    pub stage: &'static str,
    /// What its artifacts are made from.
    pub made_from: &'r Fingerprint,
}

/// How long to wait before a state is kept again: about a second, or longer where keeping it takes long.
#[derive(Clone, Copy, Debug)]
pub struct Interval(Duration);

impl Default for Interval {
    fn default() -> Self {
        Self(INTERVAL)
    }
}

impl Interval {
    /// Whether it is over, so long after the state was last kept.
    #[must_use]
    pub fn is_over(&self, since: Duration) -> bool {
        since > self.0
    }

    /// Keeping the state took so long.
    pub fn note(&mut self, took: Duration) {
        self.0 = INTERVAL.max(took.div_f64(SHARE));
    }
}

/// How and when the state of a computation is kept on its way.
pub trait Keeping<S> {
    /// Whether the computation should be kept and left, although Ctrl-C was not pressed.
    fn is_stopped(&self) -> bool {
        false
    }

    /// Whether it should be kept, so long after it last was.
    fn is_due(&self, state: &S, since: Duration) -> bool;

    /// What is kept of it.
    ///
    /// # Errors
    /// A state that cannot be written in its format.
    fn content(&self, state: &S) -> Result<Vec<u8>, RunError>;

    /// It was kept, which took so long.
    fn note(&mut self, state: &S, took: Duration);
}

/// As JSON, every second or so.
struct AsJson {
    stage: &'static str,
    interval: Interval,
}

impl<S: Serialize> Keeping<S> for AsJson {
    fn is_due(&self, _state: &S, since: Duration) -> bool {
        self.interval.is_over(since)
    }

    fn content(&self, state: &S) -> Result<Vec<u8>, RunError> {
        serde_json::to_vec(state).map_err(|error| RunError::failed(self.stage, error))
    }

    fn note(&mut self, _state: &S, took: Duration) {
        self.interval.note(took);
    }
}

impl Checkpoints<'_> {
    /// A part that an interrupted run had finished; none where it was made from something else or is damaged.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&self.read_bytes(name)?).ok()
    }

    /// The same of a state that is kept in a format of its own.
    pub fn read_bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.directory.read_checkpoint(self.stage, name, self.made_from)
    }

    /// Where a computation goes on: where an interrupted run left it, or at its beginning.
    ///
    /// # Errors
    /// Those of `begin`.
    pub fn resume<S: DeserializeOwned, E>(
        &self,
        name: &str,
        begin: impl FnOnce() -> Result<S, E>,
    ) -> Result<S, E> {
        self.read(name).map_or_else(begin, Ok)
    }

    /// Keeps a part.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write<T: Serialize>(&self, name: &str, part: &T) -> Result<(), RunError> {
        let state = serde_json::to_vec(part).map_err(|error| RunError::failed(self.stage, error))?;
        self.directory.write_checkpoint(self.stage, name, self.made_from, &state)
    }

    /// Goes on with a computation until it is finished: block after block of a size that takes a fraction of a second, its state kept
    /// every second or so and when Ctrl-C is pressed. `block` is told how many of its own steps it should do; nothing of the result may
    /// depend on that.
    ///
    /// # Errors
    /// Those of `block`, a checkpoint that cannot be written, or Ctrl-C.
    pub fn advance<S: Serialize, E: From<RunError>>(
        &self,
        name: &str,
        state: S,
        is_finished: impl Fn(&S) -> bool,
        block: impl FnMut(S, u64) -> Result<S, E>,
    ) -> Result<S, E> {
        let keeping = AsJson { stage: self.stage, interval: Interval::default() };
        self.advance_keeping(name, state, keeping, is_finished, block)
    }

    /// The same for a state that is kept in another way and at other times; when Ctrl-C is pressed it is kept too.
    ///
    /// # Errors
    /// As [`Checkpoints::advance`].
    pub fn advance_keeping<S, E: From<RunError>>(
        &self,
        name: &str,
        mut state: S,
        mut keeping: impl Keeping<S>,
        is_finished: impl Fn(&S) -> bool,
        mut block: impl FnMut(S, u64) -> Result<S, E>,
    ) -> Result<S, E> {
        let (mut kept, mut pace) = (Instant::now(), Pace::new());
        while !is_finished(&state) {
            state = block(state, pace.next_block())?;
            let stop = if keeping.is_stopped() { Err(RunError::Interrupted) } else { interrupt::check() };
            if stop.is_err() || keeping.is_due(&state, kept.elapsed()) {
                let begun = Instant::now();
                let content = keeping.content(&state)?;
                self.directory.write_checkpoint(self.stage, name, self.made_from, &content)?;
                keeping.note(&state, begun.elapsed());
                kept = Instant::now();
            }
            stop?;
        }
        Ok(state)
    }

    /// A part that is computed once.
    ///
    /// # Errors
    /// Those of `compute`, or a checkpoint that cannot be written.
    pub fn once<T: Serialize + DeserializeOwned, E: From<RunError>>(
        &self,
        name: &str,
        compute: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(part) = self.read(name) {
            return Ok(part);
        }
        let part = compute()?;
        self.write(name, &part)?;
        Ok(part)
    }
}
