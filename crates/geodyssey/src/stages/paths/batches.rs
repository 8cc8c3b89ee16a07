//! Batches of paths that go on where an interrupted run left them.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use geodyssey_report::Direction;
use geodyssey_sampling::annealing::{AtomAnnealingState, VariableAnnealingState};
use geodyssey_sampling::shooting::ShootingChain;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::STAGE;
use crate::error::Error;
use crate::interrupt;
use crate::progress::Progress;
use crate::run_directory::{Fingerprint, RunDirectory};

/// Between two checkpoints of one batch at least.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(1);
/// Checkpoints hold all frames: writing them may take this share of the time.
const CHECKPOINT_SHARE: f64 = 0.05;

/// A batch that can be kept and read back.
pub(super) trait Batch: Serialize + DeserializeOwned + Sync {
    /// Points of the curve that it has passed; of two-way shooting, paths that it has recorded.
    fn passed(&self) -> usize;
    /// Whether there is nothing left to do.
    fn is_finished(&self, points: usize) -> bool {
        self.passed() == points
    }
    /// Number of its first path.
    fn first_path(&self) -> u32;
}

impl Batch for AtomAnnealingState {
    fn passed(&self) -> usize {
        self.next_point()
    }

    fn first_path(&self) -> u32 {
        self.paths().first().map_or(0, |path| path.path)
    }
}

impl Batch for VariableAnnealingState {
    fn passed(&self) -> usize {
        self.next_point()
    }

    fn first_path(&self) -> u32 {
        self.paths().first().map_or(0, |path| path.path)
    }
}

impl Batch for ShootingChain {
    fn passed(&self) -> usize {
        self.paths().len()
    }

    fn is_finished(&self, _points: usize) -> bool {
        Self::is_finished(self)
    }

    fn first_path(&self) -> u32 {
        Self::first_path(self)
    }
}

/// Keeps the batches of one run of the stage.
pub(super) struct Keeper<'k> {
    directory: &'k RunDirectory,
    made_from: Fingerprint,
    points: usize,
    /// Of every batch, when its last checkpoint was written and for how long the next is not due.
    written: Mutex<HashMap<String, (Instant, Duration)>>,
    progress: Mutex<(Progress, u64)>,
    error: Mutex<Option<Error>>,
}

impl<'k> Keeper<'k> {
    /// For batches along a curve of so many points, `total` steps of all batches together of which `done` are passed.
    pub(super) fn new(
        directory: &'k RunDirectory,
        made_from: Fingerprint,
        points: usize,
        total: usize,
        done: usize,
    ) -> Self {
        let progress = Progress::start(STAGE, total as u64, done as u64);
        Self {
            directory,
            made_from,
            points,
            written: Mutex::new(HashMap::new()),
            progress: Mutex::new((progress, done as u64)),
            error: Mutex::new(None),
        }
    }

    /// To be called after every point of every batch.
    pub(super) fn passed<B: Batch>(&self, direction: Direction, batch: &B) -> ControlFlow<()> {
        if let Ok(mut progress) = self.progress.lock() {
            progress.1 += 1;
            let done = progress.1;
            progress.0.set(done, "");
        }
        let name = name(direction, batch.first_path());
        let stop = interrupt::check().is_err();
        if stop || batch.is_finished(self.points) || self.is_due(&name) {
            let begun = Instant::now();
            let state = match serde_json::to_vec(batch) {
                Ok(state) => state,
                Err(error) => return self.fail(Error::failed("writing a checkpoint", error)),
            };
            if let Err(error) = self.directory.write_checkpoint(STAGE, &name, &self.made_from, &state) {
                return self.fail(error);
            }
            if let Ok(mut written) = self.written.lock() {
                let interval = CHECKPOINT_INTERVAL.max(begun.elapsed().div_f64(CHECKPOINT_SHARE));
                written.insert(name, (Instant::now(), interval));
            }
        }
        if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn is_due(&self, name: &str) -> bool {
        let Ok(mut written) = self.written.lock() else { return false };
        let (last, interval) =
            written.entry(name.to_owned()).or_insert_with(|| (Instant::now(), CHECKPOINT_INTERVAL));
        last.elapsed() > *interval
    }

    fn fail(&self, error: Error) -> ControlFlow<()> {
        if let Ok(mut slot) = self.error.lock() {
            slot.get_or_insert(error);
        }
        ControlFlow::Break(())
    }

    /// Whether all went well to the end of the curve.
    pub(super) fn finish(self, message: &str) -> Result<(), Error> {
        if let Some(error) = self.error.into_inner().ok().flatten() {
            return Err(error);
        }
        interrupt::check()?;
        if let Ok((progress, _)) = self.progress.into_inner() {
            progress.finish(message);
        }
        Ok(())
    }
}

/// Replaces fresh batches by those that an interrupted run kept.
pub(super) fn resume<B: Batch>(
    directory: &RunDirectory,
    made_from: &Fingerprint,
    direction: Direction,
    batches: Vec<B>,
) -> Vec<B> {
    let kept = |batch: &B| {
        let state = directory.read_checkpoint(STAGE, &name(direction, batch.first_path()), made_from)?;
        serde_json::from_slice(&state).ok()
    };
    batches.into_iter().map(|batch| kept(&batch).unwrap_or(batch)).collect()
}

fn name(direction: Direction, first_path: u32) -> String {
    match direction {
        Direction::Forward => format!("forward-{first_path:04}"),
        Direction::Backward => format!("backward-{first_path:04}"),
    }
}
