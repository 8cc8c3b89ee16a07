//! Finished parts of the running stage, kept so that an interrupted stage continues with the remaining ones.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::directory::RunDirectory;
use crate::error::RunError;
use crate::fingerprint::Fingerprint;
use crate::interrupt;
use crate::pace::Pace;

/// Time between two checkpoints of one computation.
const INTERVAL: Duration = Duration::from_secs(1);
/// Largest fraction of the time that writing checkpoints may take, since they may become large.
const SHARE: f64 = 0.05;

/// Storage for the parts of a stage. Numbers are restored bit for bit, so that a stored part and one that was just computed lead to the
/// same artifacts. The run directory removes all parts when the stage is finished.
#[derive(Clone, Copy)]
pub struct Checkpoints<'r> {
    /// The run directory.
    pub directory: &'r RunDirectory,
    /// The stage that is running.
    pub stage: &'static str,
    /// Fingerprint of everything that its artifacts depend on.
    pub made_from: &'r Fingerprint,
}

/// Time between two checkpoints: about a second, longer if writing them takes long.
#[derive(Clone, Copy, Debug)]
pub struct Interval(Duration);

impl Default for Interval {
    fn default() -> Self {
        Self(INTERVAL)
    }
}

impl Interval {
    /// Whether it is over, given the time since the state was last stored.
    #[must_use]
    pub fn is_over(&self, since: Duration) -> bool {
        since > self.0
    }

    /// Storing the state took this long.
    pub fn note(&mut self, took: Duration) {
        self.0 = INTERVAL.max(took.div_f64(SHARE));
    }
}

/// How and when the state of a computation is stored.
pub trait Keeping<S> {
    /// Whether the computation should be stored and abandoned although Ctrl-C was not pressed.
    fn is_stopped(&self) -> bool {
        false
    }

    /// Whether it should be stored, given the time since it was last stored.
    fn is_due(&self, state: &S, since: Duration) -> bool;

    /// The stored form of the state.
    ///
    /// # Errors
    /// A state that cannot be written in its format.
    fn content(&self, state: &S) -> Result<Vec<u8>, RunError>;

    /// Called after it was stored, with the time that this took.
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
    /// A part that an interrupted run had finished; none if it was made from other inputs or is damaged.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&self.read_bytes(name)?).ok()
    }

    /// The same for a state that is stored in its own format.
    pub fn read_bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.directory.read_checkpoint(self.stage, name, self.made_from)
    }

    /// The state from which a computation continues: as an interrupted run left it, or initial.
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

    /// Stores a part.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write<T: Serialize>(&self, name: &str, part: &T) -> Result<(), RunError> {
        let state = serde_json::to_vec(part).map_err(|error| RunError::failed(self.stage, error))?;
        self.directory.write_checkpoint(self.stage, name, self.made_from, &state)
    }

    /// Continues a computation until it is finished, in blocks that take a fraction of a second. Its state is stored about every second and
    /// when Ctrl-C is pressed. `block` receives the number of steps that it should do; the result must not depend on it.
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

    /// The same for a state that is stored in another way and at other times, but also when Ctrl-C is pressed.
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
