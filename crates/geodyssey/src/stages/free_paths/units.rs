//! Units of free dynamics: some chains in the lanes of one batch. Each is stored where it stopped and goes on with identical bits.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use geodyssey_molecule::LANES;
use geodyssey_paths::ensembles::{LaneUse, Lanes, LanesState, LegSource, RunningLanes};
use geodyssey_run::{
    Checkpoints, Executor, Fingerprint, Interval, Keeping, RunDirectory, RunError, Stop, interrupt,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::progress::Progress;

/// Chains in the lanes of one batch. A constant, so that nothing depends on the machine.
pub(crate) const CHAINS_PER_UNIT: usize = 32;

/// Groups of things for units.
pub(crate) fn grouped<T>(all: impl IntoIterator<Item = T>, size: usize) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    for one in all {
        match groups.last_mut().filter(|group| group.len() < size) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

/// Where units are kept and who computes them.
#[derive(Clone, Copy)]
pub(crate) struct UnitStore<'r> {
    /// The run directory.
    pub(crate) directory: &'r RunDirectory,
    /// Who carries them out.
    pub(crate) executor: &'r dyn Executor,
    /// The stage.
    pub(crate) stage: &'static str,
    /// What it is made from.
    pub(crate) made_from: &'r Fingerprint,
}

/// Lanes that this number of legs can keep busy, in whole strips.
fn lanes_for(legs: usize, most: usize) -> usize {
    (legs.div_ceil(LANES) * LANES).clamp(LANES, most.max(LANES))
}

/// All units of one kind.
pub(crate) struct Units<'u, P> {
    /// Their names in the run directory begin with it.
    pub(crate) kind: &'static str,
    /// The dynamics.
    pub(crate) lanes: &'u Lanes<'u>,
    /// What the sources refer to.
    pub(crate) protocol: &'u P,
    /// Legs that a source may need at the same time.
    pub(crate) legs_at_once: usize,
    /// What is counted, for the line of progress.
    pub(crate) counted: &'static str,
}

impl UnitStore<'_> {
    /// Carries out units to their ends, as many at a time as the executor does; their sources in order, and how the lanes were used.
    ///
    /// # Errors
    /// Ctrl-C, a disk that cannot be written, or dynamics that fail.
    pub(crate) fn carry_out<S>(
        &self,
        units: &Units<'_, S::Protocol<'_>>,
        sources: Vec<Vec<S>>,
    ) -> Result<(Vec<S>, LaneUse), Error>
    where
        S: LegSource + Serialize + DeserializeOwned + Send,
        for<'p> S::Protocol<'p>: Sync,
    {
        let names: Vec<String> = (0..sources.len()).map(|unit| format!("{}-{unit:04}", units.kind)).collect();
        let goal = |sources: &[S]| sources.iter().map(LegSource::goal).sum::<u64>();
        let total = sources.iter().map(|sources| goal(sources)).sum();
        let finished = |name: &str| format!("{name}.finished");
        let fresh: Vec<Mutex<Option<LanesState<S>>>> = sources
            .into_iter()
            .map(|sources| {
                let most = units.lanes.engine.capabilities().replicas_per_batch;
                let lanes = lanes_for(sources.len() * units.legs_at_once, most);
                Mutex::new(Some(LanesState::new(sources, lanes)))
            })
            .collect();
        let open: Vec<usize> = (0..names.len())
            .filter(|&unit| self.read::<LanesState<S>>(&finished(&names[unit])).is_none())
            .collect();
        let begin = |unit: usize| -> Option<LanesState<S>> {
            let kept = self.read::<LanesState<S>>(&names[unit]);
            kept.or_else(|| fresh[unit].lock().unwrap_or_else(PoisonError::into_inner).take())
        };
        let states: Vec<Mutex<Option<LanesState<S>>>> =
            open.iter().map(|&unit| Mutex::new(begin(unit))).collect();
        let left: u64 = states
            .iter()
            .flat_map(|state| {
                let state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.as_ref().map(|state| goal(&state.sources) - state.progress())
            })
            .sum();
        let done = u64::saturating_sub(total, left);
        let progress = Mutex::new((Progress::start(self.stage, total, done), done));
        let open_names: Vec<String> = open.iter().map(|&unit| names[unit].clone()).collect();
        self.executor.carry_out(self.stage, &open_names, |index, stop| {
            let state = states[index].lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(state) = state else { return Ok(()) };
            let name = &open_names[index];
            let ended = self.finish(units, name, state, stop, &progress)?;
            self.write(&finished(name), &ended)
        })?;
        interrupt::check()?;
        let (progress, _) = progress.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (mut all, mut lane_use) = (Vec::new(), LaneUse::default());
        for name in &names {
            let gone =
                || Error::File("finished free paths have disappeared from the run directory".to_owned());
            let state: LanesState<S> = self.read(&finished(name)).ok_or_else(gone)?;
            lane_use.add(&state.lane_use);
            all.extend(state.sources);
        }
        progress.finish(&format!("{total} {} done", units.counted));
        Ok((all, lane_use))
    }

    fn finish<S>(
        &self,
        units: &Units<'_, S::Protocol<'_>>,
        name: &str,
        state: LanesState<S>,
        stop: &Stop,
        progress: &Mutex<(Progress, u64)>,
    ) -> Result<LanesState<S>, Error>
    where
        S: LegSource + Serialize + DeserializeOwned,
    {
        let failed = |error| Error::failed("free dynamics", error);
        let checkpoints =
            Checkpoints { directory: self.directory, stage: self.stage, made_from: self.made_from };
        let running = units.lanes.start(state).map_err(failed)?;
        let ended = checkpoints.advance_keeping(
            name,
            running,
            KeepLanes { interval: Interval::default(), stop },
            |running: &RunningLanes<'_, S>| running.state.is_finished(),
            |mut running, rounds| {
                let before = running.state.progress();
                for _ in 0..rounds {
                    if !running.round(units.protocol).map_err(failed)? {
                        break;
                    }
                }
                running.note_replicas().map_err(failed)?;
                let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
                progress.1 += running.state.progress() - before;
                let done = progress.1;
                progress.0.set(done, "");
                Ok::<_, Error>(running)
            },
        )?;
        Ok(ended.state)
    }

    /// A part as it was stored.
    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let bytes = self.directory.read_checkpoint(self.stage, name, self.made_from)?;
        postcard::from_bytes(&bytes).ok()
    }

    fn write<T: Serialize>(&self, name: &str, part: &T) -> Result<(), Error> {
        let bytes = stored(part)?;
        self.directory.write_checkpoint(self.stage, name, self.made_from, &bytes)?;
        Ok(())
    }
}

fn stored<T: Serialize>(part: &T) -> Result<Vec<u8>, RunError> {
    postcard::to_stdvec(part).map_err(|error| RunError::failed("writing a checkpoint", error))
}

/// When lanes are stored.
struct KeepLanes<'s> {
    interval: Interval,
    stop: &'s Stop,
}

impl<S: LegSource + Serialize> Keeping<RunningLanes<'_, S>> for KeepLanes<'_> {
    fn is_stopped(&self) -> bool {
        self.stop.is_set()
    }

    fn is_due(&self, _state: &RunningLanes<'_, S>, since: Duration) -> bool {
        self.interval.is_over(since)
    }

    fn content(&self, running: &RunningLanes<'_, S>) -> Result<Vec<u8>, RunError> {
        stored(&running.state)
    }

    fn note(&mut self, _state: &RunningLanes<'_, S>, took: Duration) {
        self.interval.note(took);
    }
}
