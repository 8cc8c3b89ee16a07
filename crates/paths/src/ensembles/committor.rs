//! Committors: the probability that a free trajectory from a structure reaches B before A.

use geodyssey_dynamics::DynamicsError;
use serde::{Deserialize, Serialize};

use super::frame::{AtomsPoint, State};
use super::lanes::{Errand, LegSource};
use super::leg::{Leg, LegRequest, Stop};

/// How many trajectories are run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommittorProtocol {
    /// From every structure.
    pub trajectories: u64,
    /// From structures whose committor lies between 0.1 and 0.9 by the first ones.
    pub trajectories_if_undecided: u64,
    /// Frames after which a trajectory that has reached no state is given up.
    pub most_frames: usize,
}

/// Committors outside this range and inside it are told apart by few trajectories.
const UNDECIDED: std::ops::RangeInclusive<f64> = 0.1..=0.9;

/// Trajectories from one structure, each with fresh velocities.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommittorPoint {
    /// Its number, which selects its random numbers.
    pub number: u32,
    positions: Vec<[f64; 3]>,
    started: u64,
    goal: u64,
    /// Trajectories that reached A first.
    pub in_a: u64,
    /// Trajectories that reached B first.
    pub in_b: u64,
    /// Trajectories that reached no state in time.
    pub in_none: u64,
    /// Trajectories that blew up.
    pub blew_up: u64,
    /// Frames of all trajectories that reached a state.
    pub frames: u64,
}

impl CommittorPoint {
    /// A structure before its first trajectory.
    #[must_use]
    pub fn new(number: u32, positions: Vec<[f64; 3]>, protocol: &CommittorProtocol) -> Self {
        let goal = protocol.trajectories;
        Self { number, positions, started: 0, goal, in_a: 0, in_b: 0, in_none: 0, blew_up: 0, frames: 0 }
    }

    /// Trajectories that are over.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.in_a + self.in_b + self.in_none + self.blew_up
    }

    /// `p_B`, among the trajectories that reached a state; none if there are none.
    #[must_use]
    pub fn committor(&self) -> Option<f64> {
        let decided = self.in_a + self.in_b;
        (decided > 0).then(|| self.in_b as f64 / decided as f64)
    }
}

impl LegSource for CommittorPoint {
    type Protocol<'p> = CommittorProtocol;

    fn next_leg(&mut self, protocol: &Self::Protocol<'_>) -> Result<Option<Errand>, DynamicsError> {
        if self.started >= self.goal {
            return Ok(None);
        }
        let trial = self.started;
        self.started += 1;
        let leg = LegRequest {
            start: AtomsPoint { positions: self.positions.clone(), velocities: Vec::new() },
            stop: Stop::InState,
            most_frames: protocol.most_frames,
            keep_points: false,
            number: 0,
        };
        Ok(Some(Errand { slot: 0, chain: self.number, trial, leg }))
    }

    fn take(
        &mut self,
        _slot: u32,
        leg: Leg<AtomsPoint>,
        protocol: &Self::Protocol<'_>,
    ) -> Result<(), DynamicsError> {
        // A structure inside a state has arrived before its first step.
        let first = leg.frames.first().and_then(|frame| frame.place.state);
        match first.or(leg.state()) {
            _ if leg.failure.is_some() => self.blew_up += 1,
            Some(State::A) => self.in_a += 1,
            Some(State::B) => self.in_b += 1,
            None => self.in_none += 1,
        }
        if leg.is_ended && first.is_none() {
            self.frames += leg.length as u64;
        }
        // Decided once, so that the number of trajectories does not depend on how they run.
        if self.done() == protocol.trajectories
            && self.committor().is_some_and(|committor| UNDECIDED.contains(&committor))
        {
            self.goal = self.goal.max(protocol.trajectories_if_undecided);
        }
        Ok(())
    }

    fn progress(&self) -> u64 {
        self.done()
    }

    fn goal(&self) -> u64 {
        self.goal
    }
}
