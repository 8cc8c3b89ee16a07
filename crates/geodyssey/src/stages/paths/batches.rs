//! Batches of paths: independent units of work. A batch resumes where an interrupted run stopped. Its frames are written to disk as
//! they are produced, its results when it is finished, so that only batches in progress are in memory (for two-way shooting, whose
//! batches are its chains, that is all recorded paths).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use geodyssey_paths::{Path, PathId, annealing::AtomFrame};
use geodyssey_run::{
    Checkpoints, Executor, Fingerprint, Interval, Keeping, Mark, RunDirectory, RunError, Stop, Stream,
    interrupt,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::STAGE;
use crate::error::Error;
use crate::progress::Progress;

/// Which paths a batch contains: `count` of them, starting with `first`.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchId {
    /// Its first path.
    pub(super) first: PathId,
    /// How many paths it has.
    pub(super) count: usize,
}

impl BatchId {
    /// Paths `0`, `1`, … of one direction, `per_batch` in each batch.
    pub(super) fn split(first: PathId, paths: usize, per_batch: usize) -> Vec<Self> {
        let starts = (0..paths).step_by(per_batch);
        starts
            .map(|start| Self {
                first: PathId { number: first.number + start as u32, ..first },
                count: per_batch.min(paths - start),
            })
            .collect()
    }

    /// Name of the file of its frames.
    fn frames(self) -> String {
        format!("{}-frames", self.first)
    }

    /// Name of the file of its results.
    fn finished(self) -> String {
        format!("{}-finished", self.first)
    }
}

/// How the batches of a run are computed.
pub(super) trait Batches: Sync {
    /// A batch in progress. Stored and read back, it continues with identical bits.
    type State: Serialize + DeserializeOwned;

    /// Number of steps of a batch.
    fn steps(&self, batch: BatchId) -> u64;
    /// A batch before its first step.
    fn start(&self, batch: BatchId) -> Result<Self::State, Error>;
    /// Steps done.
    fn done(&self, state: &Self::State) -> u64;
    /// Whether the batch is finished.
    fn is_finished(&self, batch: BatchId, state: &Self::State) -> bool {
        self.done(state) == self.steps(batch)
    }
    /// Advances the batch by one step.
    fn advance(&self, batch: BatchId, state: &mut Self::State) -> Result<(), Error>;
    /// Frames of atoms produced since they were last taken.
    fn take_frames(&self, _state: &mut Self::State) -> Vec<AtomFrame> {
        Vec::new()
    }
    /// The results of a batch.
    fn finish(&self, batch: BatchId, state: Self::State) -> FinishedBatch;
}

/// The results of a batch.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct FinishedBatch {
    /// Its paths, in the order of their numbers.
    pub(super) paths: Vec<Path>,
    /// Evaluations of the energy or its gradient.
    pub(super) energy_evaluations: u64,
    /// Number of trials, for two-way shooting.
    pub(super) trials: u64,
    /// How many trials were accepted.
    pub(super) accepted: u64,
    /// Total number of steps of its paths.
    pub(super) path_steps: u64,
    /// How much of the stream of its frames belongs to it; none without frames of atoms.
    pub(super) mark: Option<Mark>,
}

/// A batch in progress, as stored in a checkpoint.
#[derive(Serialize, Deserialize)]
struct UnderWay<S> {
    state: S,
    /// Path and point of every frame in the stream, in the same order.
    frames: Vec<(u32, u32)>,
    mark: Option<Mark>,
}

/// The same without owning it, to be written.
#[derive(Serialize)]
struct UnderWayRef<'u, S> {
    state: &'u S,
    frames: &'u [(u32, u32)],
    mark: Option<Mark>,
}

/// A batch that is being computed.
struct Live<S> {
    state: S,
    frames: Vec<(u32, u32)>,
    /// Of its frames; none before the first.
    stream: Option<Stream>,
}

/// When and how a batch is stored: with the mark of its stream. The frames must be on disk before the record that refers to them.
struct KeepBatch<'k> {
    interval: Interval,
    stop: &'k Stop,
}

impl<S: Serialize> Keeping<Live<S>> for KeepBatch<'_> {
    fn is_stopped(&self) -> bool {
        self.stop.is_set()
    }

    fn is_due(&self, _live: &Live<S>, since: Duration) -> bool {
        self.interval.is_over(since)
    }

    fn content(&self, live: &Live<S>) -> Result<Vec<u8>, RunError> {
        let mark = live.stream.as_ref().map(Stream::mark).transpose()?;
        let kept = UnderWayRef { state: &live.state, frames: &live.frames, mark };
        postcard::to_stdvec(&kept).map_err(|error| RunError::failed("writing a checkpoint", error))
    }

    fn note(&mut self, _live: &Live<S>, took: Duration) {
        self.interval.note(took);
    }
}

/// Where batches are computed and kept.
#[derive(Clone, Copy)]
pub(super) struct BatchStore<'r> {
    /// The run directory.
    pub(super) directory: &'r RunDirectory,
    /// Computes the batches: each is a unit of work, named after the file of its results.
    pub(super) executor: &'r dyn Executor,
    /// Fingerprint of everything that the paths depend on.
    pub(super) made_from: &'r Fingerprint,
}

impl BatchStore<'_> {
    /// The results of a batch, if it is finished.
    pub(super) fn finished(&self, batch: BatchId) -> Option<FinishedBatch> {
        self.read(&batch.finished())
    }

    /// Whether a batch is finished and its frames are still its own: another run in this directory may have overwritten them.
    fn is_finished(&self, batch: BatchId) -> bool {
        self.finished(batch).is_some_and(|finished| self.has_frames(batch, finished.mark.as_ref()))
    }

    /// A batch that an interrupted run left unfinished, with the frames written so far.
    fn under_way<S: DeserializeOwned>(&self, batch: BatchId) -> Option<UnderWay<S>> {
        let kept: UnderWay<S> = self.read(&batch.first.to_string())?;
        self.has_frames(batch, kept.mark.as_ref()).then_some(kept)
    }

    fn has_frames(&self, batch: BatchId, mark: Option<&Mark>) -> bool {
        mark.is_none_or(|mark| self.directory.stream_holds(STAGE, &batch.frames(), mark))
    }

    /// The name of the file of its frames.
    pub(super) fn frames(batch: BatchId) -> String {
        batch.frames()
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let bytes = self.directory.read_checkpoint(STAGE, name, self.made_from)?;
        postcard::from_bytes(&bytes).ok()
    }

    fn write<T: Serialize>(&self, name: &str, part: &T) -> Result<(), Error> {
        let bytes =
            postcard::to_stdvec(part).map_err(|error| Error::failed("writing a checkpoint", error))?;
        self.directory.write_checkpoint(STAGE, name, self.made_from, &bytes)?;
        Ok(())
    }
}

/// The batches of one run of the stage, and their common progress.
struct Execution<'e, B> {
    store: BatchStore<'e>,
    batches: &'e B,
    progress: Mutex<(Progress, u64)>,
}

/// Finishes all batches, as many at a time as there are threads. Returns the progress, to be closed with a message.
///
/// # Errors
/// Ctrl-C, a disk that cannot be written, or a batch that cannot be computed; the work of the other batches is kept.
pub(super) fn carry_out<B: Batches>(
    store: BatchStore<'_>,
    batches: &B,
    all: &[BatchId],
) -> Result<Progress, Error> {
    let (finished, open): (Vec<BatchId>, Vec<BatchId>) =
        all.iter().partition(|batch| store.is_finished(**batch));
    let steps = |part: &[BatchId]| part.iter().map(|batch| batches.steps(*batch)).sum::<u64>();
    let kept = open.iter().filter_map(|&batch| store.under_way::<B::State>(batch));
    let done = steps(&finished) + kept.map(|kept| batches.done(&kept.state)).sum::<u64>();
    let execution =
        Execution { store, batches, progress: Mutex::new((Progress::start(STAGE, steps(all), done), done)) };
    let units: Vec<String> = open.iter().map(|batch| batch.finished()).collect();
    store.executor.carry_out(STAGE, &units, |unit, stop| execution.to_the_end(open[unit], stop))?;
    // Not earlier: a full disk is reported even after Ctrl-C.
    interrupt::check()?;
    let (progress, _) = execution.progress.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(progress)
}

impl<B: Batches> Execution<'_, B> {
    fn to_the_end(&self, batch: BatchId, stop: &Stop) -> Result<(), Error> {
        let store = &self.store;
        let checkpoints =
            Checkpoints { directory: store.directory, stage: STAGE, made_from: store.made_from };
        let Live { state, frames, stream } = checkpoints.advance_keeping(
            &batch.first.to_string(),
            self.begin(batch)?,
            KeepBatch { interval: Interval::default(), stop },
            |live| self.batches.is_finished(batch, &live.state),
            |mut live, _| {
                let before = self.batches.done(&live.state);
                self.batches.advance(batch, &mut live.state)?;
                let frames = self.batches.take_frames(&mut live.state);
                if !frames.is_empty() {
                    self.append(batch, &mut live, &frames)?;
                }
                self.passed(self.batches.done(&live.state) - before);
                Ok::<_, Error>(live)
            },
        )?;
        let mut finished = self.batches.finish(batch, state);
        // The frames must be on disk before the record that refers to them.
        finished.mark = stream.map(|stream| stream.mark()).transpose()?;
        for path in &mut finished.paths {
            let own = frames.iter().enumerate().filter(|(_, (number, _))| *number == path.id.number);
            for (frame, (place, _)) in path.frames.iter_mut().zip(own) {
                frame.place = Some(place as u64);
            }
        }
        store.write(&batch.finished(), &finished)
    }

    /// A batch as an interrupted run left it, or a new one.
    fn begin(&self, batch: BatchId) -> Result<Live<B::State>, Error> {
        if let Some(UnderWay { state, frames, mark }) = self.store.under_way::<B::State>(batch) {
            let Some(mark) = &mark else { return Ok(Live { state, frames, stream: None }) };
            if let Some(stream) = self.store.directory.resume_stream(STAGE, &batch.frames(), mark)? {
                return Ok(Live { state, frames, stream: Some(stream) });
            }
        }
        Ok(Live { state: self.batches.start(batch)?, frames: Vec::new(), stream: None })
    }

    fn append(&self, batch: BatchId, live: &mut Live<B::State>, frames: &[AtomFrame]) -> Result<(), Error> {
        let stream = match &mut live.stream {
            Some(stream) => stream,
            none => none.insert(self.store.directory.begin_stream(STAGE, &batch.frames())?),
        };
        for frame in frames {
            stream.append(&frame_bytes(&frame.positions))?;
            live.frames.push((frame.path, frame.point as u32));
        }
        Ok(())
    }

    fn passed(&self, steps: u64) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.1 += steps;
        let done = progress.1;
        progress.0.set(done, "");
    }
}

/// A frame as stored in a stream: its doubles, little-endian.
pub(super) fn frame_bytes(positions: &[[f64; 3]]) -> Vec<u8> {
    positions.iter().flatten().flat_map(|x| x.to_le_bytes()).collect()
}

/// A frame from its bytes.
pub(super) fn frame_of_bytes(bytes: &[u8]) -> Vec<[f64; 3]> {
    let (numbers, _) = bytes.as_chunks::<8>();
    let (atoms, _) = numbers.as_chunks::<3>();
    atoms.iter().map(|atom| atom.map(f64::from_le_bytes)).collect()
}

#[cfg(test)]
mod tests {
    use geodyssey_paths::Direction;

    use super::*;

    #[test]
    fn batches_hold_every_path_once() {
        let first = PathId { direction: Direction::Backward, number: 0 };
        for paths in [0, 1, 15, 16, 17, 100] {
            let batches = BatchId::split(first, paths, 16);
            assert_eq!(batches.len(), paths.div_ceil(16));
            let all: Vec<u32> =
                batches.iter().flat_map(|batch| (batch.first.number..).take(batch.count)).collect();
            assert_eq!(all, (0..paths as u32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn frames_come_back_bit_for_bit() {
        let frame = vec![[0.1, -0.0, f64::MIN_POSITIVE], [1e300, 0.1 + 0.2, -7.0]];
        let back = frame_of_bytes(&frame_bytes(&frame));
        assert_eq!(back, frame);
        assert!(back[0][1].is_sign_negative());
    }
}
