//! Runs legs of many chains in the lanes of one batch.

use geodyssey_dynamics::{Batch, Bias, DynamicsError, Engine, Langevin, Observed, Replica, Snapshot};
use geodyssey_statistics::{RandomStream, WrongInput};
use serde::{Deserialize, Serialize};

use super::frame::{AtomsPoint, Frame, Place};
use super::leg::{Leg, LegRequest};
use super::trial::Velocities;

/// Bits of a step's number within its leg, and of a leg's number within its trial.
const STEP_BITS: u32 = 24;
const LEG_BITS: u32 = 8;

/// Where frames lie.
pub trait Places: Sync {
    /// The place of a frame with these values of the variables, in their own units.
    fn place(&self, values: &[f64]) -> Place;
}

/// A leg to be run for one of the chains of a source.
pub struct Errand {
    /// Which chain of the source.
    pub slot: u32,
    /// The chain's number in the random stream.
    pub chain: u32,
    /// Its trial.
    pub trial: u64,
    /// The leg.
    pub leg: LegRequest<AtomsPoint>,
}

/// Something that needs legs: a chain, a simulation of several ensembles, a structure whose committor is wanted.
pub trait LegSource {
    /// What it refers to beside its own state.
    type Protocol<'p>;

    /// The next leg to be run; none if it waits for legs under way, or has finished.
    ///
    /// # Errors
    /// If velocities cannot be drawn.
    fn next_leg(&mut self, protocol: &Self::Protocol<'_>) -> Result<Option<Errand>, DynamicsError>;

    /// Takes a leg that has been run.
    ///
    /// # Errors
    /// If velocities cannot be drawn.
    fn take(
        &mut self,
        slot: u32,
        leg: Leg<AtomsPoint>,
        protocol: &Self::Protocol<'_>,
    ) -> Result<(), DynamicsError>;

    /// How far it is; lanes go to the source that is least far.
    fn progress(&self) -> u64;

    /// How far it is to go.
    fn goal(&self) -> u64;
}

/// How well the lanes were used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneUse {
    /// Steps of legs.
    pub leg_steps: u64,
    /// Steps of lanes, those of empty lanes included.
    pub lane_steps: u64,
    /// Legs that were run.
    pub legs: u64,
}

impl LaneUse {
    /// Which part of the steps belonged to legs; none before the first step.
    #[must_use]
    pub fn occupancy(&self) -> Option<f64> {
        (self.lane_steps > 0).then(|| self.leg_steps as f64 / self.lane_steps as f64)
    }

    /// Adds that of other lanes.
    pub fn add(&mut self, other: &Self) {
        self.leg_steps += other.leg_steps;
        self.lane_steps += other.lane_steps;
        self.legs += other.legs;
    }
}

/// The sources and lanes of one batch. Serialised and read back, it goes on with identical bits.
#[derive(Serialize, Deserialize)]
pub struct LanesState<S> {
    /// What needs legs.
    pub sources: Vec<S>,
    /// How well the lanes were used.
    pub lane_use: LaneUse,
    lanes: Vec<Option<Occupant>>,
    replicas: Vec<Replica>,
}

impl<S: LegSource> LanesState<S> {
    /// Sources before their first legs, in this number of lanes.
    #[must_use]
    pub fn new(sources: Vec<S>, lanes: usize) -> Self {
        let lanes = lanes.max(1);
        Self {
            sources,
            lane_use: LaneUse::default(),
            lanes: (0..lanes).map(|_| None).collect(),
            replicas: Vec::new(),
        }
    }

    /// Whether all sources have reached their goals.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.sources.iter().all(|source| source.progress() >= source.goal())
    }

    /// How far all sources are together.
    #[must_use]
    pub fn progress(&self) -> u64 {
        self.sources.iter().map(|source| source.progress().min(source.goal())).sum()
    }
}

/// The leg in a lane.
#[derive(Clone, Serialize, Deserialize)]
struct Occupant {
    source: usize,
    slot: u32,
    request: LegRequest<AtomsPoint>,
    frames: Vec<Frame<AtomsPoint>>,
    length: usize,
}

/// Lanes of an engine.
pub struct Lanes<'e> {
    /// Moves the atoms.
    pub engine: &'e dyn Engine,
    /// Time step, friction and thermal energy.
    pub law: Langevin,
    /// Random numbers of the dynamics.
    pub random: RandomStream,
    /// Steps between two frames.
    pub check_every: u64,
    /// Where frames lie.
    pub places: &'e dyn Places,
}

/// Lanes in motion.
pub struct RunningLanes<'e, S> {
    lanes: &'e Lanes<'e>,
    /// Sources and lanes.
    pub state: LanesState<S>,
    batch: Option<Box<dyn Batch + 'e>>,
}

impl<'e> Lanes<'e> {
    /// Largest number of frames that a leg may have.
    #[must_use]
    pub fn most_frames(&self) -> usize {
        ((1 << STEP_BITS) / self.check_every.max(1)) as usize
    }

    /// Puts lanes in motion, fresh ones or those of an interrupted run.
    ///
    /// # Errors
    /// Replicas that the engine does not take.
    pub fn start<S: LegSource>(&'e self, state: LanesState<S>) -> Result<RunningLanes<'e, S>, DynamicsError> {
        WrongInput::check_positive("the number of steps between two frames", self.check_every as f64)?;
        let batch = if state.replicas.is_empty() {
            None
        } else {
            Some(self.engine.open(&state.replicas, self.law, self.random, &Bias::None)?)
        };
        Ok(RunningLanes { lanes: self, state, batch })
    }

    fn frame(
        &self,
        observed: &Observed<'_>,
        lane: usize,
        point: AtomsPoint,
        place: Place,
    ) -> Frame<AtomsPoint> {
        Frame {
            point,
            values: observed.variables(lane),
            potential_energy_kj_mol: observed.potential_energies_kj_mol[lane],
            place,
        }
    }
}

impl<'e, S: LegSource> RunningLanes<'e, S> {
    /// The state with the replicas as they are now, to be stored.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn note_replicas(&mut self) -> Result<(), DynamicsError> {
        if let Some(batch) = &self.batch {
            self.state.replicas = batch.replicas()?;
        }
        Ok(())
    }

    /// One round: empty lanes are filled, all lanes go on to their next frames, and legs that have ended are handed over. Returns whether
    /// there was anything to do.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn round(&mut self, protocol: &S::Protocol<'_>) -> Result<bool, DynamicsError> {
        self.fill(protocol)?;
        let Some(batch) = &mut self.batch else { return Ok(false) };
        if self.state.lanes.iter().all(Option::is_none) {
            return Ok(false);
        }
        batch.advance(self.lanes.check_every)?;
        let batch = batch.as_ref();
        let observed = batch.observed();
        let LanesState { lanes, lane_use, sources, .. } = &mut self.state;
        lane_use.lane_steps += self.lanes.check_every * lanes.len() as u64;
        for (lane, place_of_leg) in lanes.iter_mut().enumerate() {
            let Some(occupant) = place_of_leg else { continue };
            let is_first_alone = occupant.request.most_frames < 2;
            let failure = observed.failures[lane].clone();
            let mut is_ended = false;
            if !is_first_alone && failure.is_none() {
                lane_use.leg_steps += self.lanes.check_every;
                occupant.length += 1;
                let place = self.lanes.places.place(&observed.variables(lane));
                is_ended = occupant.request.stop.ends(&place);
                let is_last = is_ended || occupant.length + 1 >= occupant.request.most_frames;
                if occupant.request.keep_points || is_last {
                    let frame = self.lanes.frame(&observed, lane, point(batch, lane)?, place);
                    occupant.frames.push(frame);
                }
                if !is_last {
                    continue;
                }
            }
            if let Some(Occupant { source, slot, frames, length, .. }) = place_of_leg.take() {
                lane_use.legs += 1;
                sources[source].take(slot, Leg { frames, length, is_ended, failure }, protocol)?;
            }
        }
        Ok(true)
    }

    /// Gives the empty lanes to the sources that are least far.
    fn fill(&mut self, protocol: &S::Protocol<'_>) -> Result<(), DynamicsError> {
        let mut placed: Vec<(usize, Replica)> = Vec::new();
        let mut order: Vec<usize> = Vec::new();
        let mut next = 0;
        for lane in 0..self.state.lanes.len() {
            if self.state.lanes[lane].is_some() {
                continue;
            }
            if order.is_empty() {
                order = (0..self.state.sources.len()).collect();
                order.sort_by_key(|&source| self.state.sources[source].progress());
            }
            // A source that has nothing to run now has nothing later in this round either.
            while next < order.len() {
                let source = order[next];
                let Some(errand) = self.state.sources[source].next_leg(protocol)? else {
                    next += 1;
                    continue;
                };
                placed.push((lane, self.replica(&errand)));
                let (frames, length) = (Vec::new(), 0);
                self.state.lanes[lane] =
                    Some(Occupant { source, slot: errand.slot, request: errand.leg, frames, length });
                break;
            }
        }
        if placed.is_empty() {
            return Ok(());
        }
        match &mut self.batch {
            Some(batch) => batch.replace(&placed)?,
            none => {
                // Lanes that have nothing to run yet hold a copy.
                let spare = &placed[0].1;
                let mut replicas = vec![spare.clone(); self.state.lanes.len()];
                for (lane, replica) in &placed {
                    replicas[*lane] = replica.clone();
                }
                let lanes = self.lanes;
                *none = Some(lanes.engine.open(&replicas, lanes.law, lanes.random, &Bias::None)?);
            }
        }
        let Some(batch) = self.batch.as_deref() else { return Ok(()) };
        let observed = batch.observed();
        for (lane, _) in placed {
            let place = self.lanes.places.place(&observed.variables(lane));
            let frame = self.lanes.frame(&observed, lane, point(batch, lane)?, place);
            if let Some(occupant) = &mut self.state.lanes[lane] {
                occupant.frames.push(frame);
            }
        }
        Ok(())
    }

    /// The replica that runs a leg.
    fn replica(&self, errand: &Errand) -> Replica {
        let leg = errand.trial << LEG_BITS | u64::from(errand.leg.number);
        let AtomsPoint { positions, velocities } = errand.leg.start.clone();
        Replica {
            path: errand.chain,
            thermal_energy_kj_mol: self.lanes.law.thermal_energy_kj_mol(),
            snapshot: Snapshot {
                step: leg << STEP_BITS,
                positions,
                velocities: (!velocities.is_empty()).then_some(velocities),
                cell: None,
            },
            failure: None,
        }
    }
}

/// Positions and velocities in a lane.
fn point(batch: &dyn Batch, lane: usize) -> Result<AtomsPoint, DynamicsError> {
    let Snapshot { positions, velocities, .. } = batch.replica(lane)?.snapshot;
    Ok(AtomsPoint { positions, velocities: velocities.unwrap_or_default() })
}

/// Draws velocities with an engine.
pub struct EngineVelocities<'e> {
    /// The engine.
    pub engine: &'e dyn Engine,
    /// kT, kJ/mol.
    pub thermal_energy_kj_mol: f64,
}

impl Velocities<AtomsPoint> for EngineVelocities<'_> {
    fn renewed(
        &self,
        point: &AtomsPoint,
        kept: f64,
        random: RandomStream,
        chain: u32,
        draw: u64,
    ) -> Result<AtomsPoint, DynamicsError> {
        let mut replica = Replica::new(chain, point.positions.clone(), self.thermal_energy_kj_mol);
        replica.snapshot.step = draw;
        let mut velocities = self.engine.thermal_velocities(&replica, random)?;
        if kept != 0.0 {
            let fresh = (1.0 - kept * kept).sqrt();
            for (new, old) in velocities.iter_mut().flatten().zip(point.velocities.iter().flatten()) {
                *new = kept * old + fresh * *new;
            }
        }
        Ok(AtomsPoint { positions: point.positions.clone(), velocities })
    }
}
