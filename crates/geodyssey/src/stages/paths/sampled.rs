//! All paths of a run: summaries in memory; points and frames on disk, read path by path.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;

use geodyssey_dynamics::Failure;
use geodyssey_paths::{Direction, Path};
use geodyssey_report::{ShootingSummary, Warning};
use geodyssey_run::StreamReader;

use super::STAGE;
use super::batches::{BatchId, BatchStore, FinishedBatch, frame_of_bytes};
use super::path_summary::PathSummary;
use crate::error::Error;

/// Stream of the atoms that were built afterwards for paths of variables.
pub(super) const LIFTED: &str = "lifted-frames";

/// All paths and what they cost.
pub(super) struct Sampled<'r> {
    /// Forward paths, then backward ones.
    pub(super) paths: Vec<PathSummary>,
    /// Evaluations of the energy or its gradient.
    pub(super) energy_evaluations: u64,
    /// Simulated time of one path, ps.
    pub(super) path_time_ps: Option<f64>,
    /// Statistics of two-way shooting. Its paths are unbiased, and no work is done.
    pub(super) shooting: Option<ShootingSummary>,
    /// What the user must know before trusting the paths.
    pub(super) warnings: Vec<Warning>,
    /// For paths of variables with atoms: the place of each frame's positions in the stream [`LIFTED`].
    pub(super) lifted: HashMap<usize, Vec<u64>>,
    store: BatchStore<'r>,
    batches: Vec<BatchId>,
    /// For every path its batch and its place in it.
    places: Vec<(usize, usize)>,
    /// The batch that was read last, since paths are mostly read in order.
    last: RefCell<Option<(usize, Rc<FinishedBatch>)>>,
}

impl<'r> Sampled<'r> {
    /// The paths of finished batches, in order.
    ///
    /// # Errors
    /// A batch that is missing.
    pub(super) fn new(store: BatchStore<'r>, batches: Vec<BatchId>) -> Result<Self, Error> {
        let mut sampled = Self {
            paths: Vec::new(),
            energy_evaluations: 0,
            path_time_ps: None,
            shooting: None,
            warnings: Vec::new(),
            lifted: HashMap::new(),
            store,
            batches,
            places: Vec::new(),
            last: RefCell::new(None),
        };
        for batch in 0..sampled.batches.len() {
            let finished = sampled.batch(batch)?;
            sampled.energy_evaluations += finished.energy_evaluations;
            for (place, path) in finished.paths.iter().enumerate() {
                sampled.paths.push(PathSummary::of(path));
                sampled.places.push((batch, place));
            }
        }
        Ok(sampled)
    }

    /// The results of its batches, one after the other.
    pub(super) fn finished(&self) -> impl Iterator<Item = Result<Rc<FinishedBatch>, Error>> {
        (0..self.batches.len()).map(|batch| self.batch(batch))
    }

    fn batch(&self, index: usize) -> Result<Rc<FinishedBatch>, Error> {
        if let Some((last, batch)) = self.last.borrow().as_ref()
            && *last == index
        {
            return Ok(batch.clone());
        }
        let batch = self.store.finished(self.batches[index]);
        if batch.is_none() {
            self.store.directory.verify()?;
        }
        let batch = batch.ok_or_else(|| {
            Error::File(
                "finished paths have disappeared from the run directory: give the same command again"
                    .to_owned(),
            )
        })?;
        let batch = Rc::new(batch);
        *self.last.borrow_mut() = Some((index, batch.clone()));
        Ok(batch)
    }

    /// A path with all its points.
    ///
    /// # Errors
    /// A file that has gone.
    pub(super) fn path(&self, index: usize) -> Result<PathOfBatch, Error> {
        let (batch, place) = self.places[index];
        Ok(PathOfBatch { batch: self.batch(batch)?, place })
    }

    /// The paths of one direction with all their points, one after the other.
    pub(super) fn each(&self, direction: Direction) -> impl Iterator<Item = Result<PathOfBatch, Error>> {
        let of = (0..self.paths.len()).filter(move |&index| self.paths[index].id.direction == direction);
        of.map(|index| self.path(index))
    }

    /// The same, failed paths excluded.
    pub(super) fn each_whole(
        &self,
        direction: Direction,
    ) -> impl Iterator<Item = Result<PathOfBatch, Error>> {
        let of = (0..self.paths.len()).filter(move |&index| {
            self.paths[index].id.direction == direction && self.paths[index].is_whole()
        });
        of.map(|index| self.path(index))
    }

    /// The positions of a path's frames, to be read one by one; none if it has no atoms.
    ///
    /// # Errors
    /// A file that has gone.
    pub(super) fn frames(&self, index: usize, atoms: usize) -> Result<Option<PathFrames>, Error> {
        let (name, places) = match self.lifted.get(&index) {
            Some(places) => (LIFTED.to_owned(), places.clone()),
            None => (
                BatchStore::frames(self.batches[self.places[index].0]),
                self.path(index)?.frames.iter().filter_map(|frame| frame.place).collect(),
            ),
        };
        if places.is_empty() {
            return Ok(None);
        }
        let reader = self.store.directory.read_stream(STAGE, &name)?;
        Ok(Some(PathFrames { reader, places, bytes: atoms * size_of::<[f64; 3]>() }))
    }

    /// The first failure, if all forward paths failed.
    pub(super) fn all_failed(&self) -> Option<&Failure> {
        let through = self.of(Direction::Forward).any(PathSummary::is_whole);
        if through { None } else { self.of(Direction::Forward).find_map(|path| path.failure.as_ref()) }
    }

    /// How many paths of each direction failed, in words.
    pub(super) fn broken_down(&self) -> String {
        let count = |direction: Direction| {
            let failed = self.of(direction).filter(|path| !path.is_whole()).count();
            (failed, self.of(direction).count())
        };
        match (count(Direction::Forward), count(Direction::Backward)) {
            ((failed, all), (0, 0)) => format!("{failed} of {all} paths failed"),
            ((forward, all), (backward, all_backward)) => format!(
                "{forward} of {all} forward paths and {backward} of {all_backward} backward paths failed"
            ),
        }
    }

    /// The paths of one direction.
    pub(super) fn of(&self, direction: Direction) -> impl Iterator<Item = &PathSummary> {
        self.paths.iter().filter(move |path| path.id.direction == direction)
    }

    /// How many paths of one direction did not fail.
    pub(super) fn whole(&self, direction: Direction) -> usize {
        self.of(direction).filter(|path| path.is_whole()).count()
    }
}

/// One path of a batch in memory.
pub(super) struct PathOfBatch {
    batch: Rc<FinishedBatch>,
    place: usize,
}

impl Deref for PathOfBatch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.batch.paths[self.place]
    }
}

/// The positions of a path's frames on disk.
pub(super) struct PathFrames {
    reader: StreamReader,
    places: Vec<u64>,
    /// Of one frame.
    bytes: usize,
}

impl PathFrames {
    /// Number of frames.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Positions of one frame, nm.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn read(&mut self, frame: usize) -> Result<Vec<[f64; 3]>, Error> {
        let mut bytes = vec![0; self.bytes];
        self.reader.read_at(self.places[frame] * self.bytes as u64, &mut bytes)?;
        Ok(frame_of_bytes(&bytes))
    }

    /// Positions of all frames, nm.
    ///
    /// # Errors
    /// As [`PathFrames::read`].
    pub(super) fn read_all(&mut self) -> Result<Vec<Vec<[f64; 3]>>, Error> {
        (0..self.len()).map(|frame| self.read(frame)).collect()
    }
}
