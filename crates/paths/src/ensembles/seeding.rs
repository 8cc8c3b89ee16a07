//! First paths: free paths shot from points of a path that is not free.

use geodyssey_dynamics::DynamicsError;
use geodyssey_statistics::RandomStream;
use serde::{Deserialize, Serialize};

use super::frame::{AtomsPoint, Frame, FreePath, PhasePoint as _, State, joined, reversed};
use super::lanes::{Errand, LegSource};
use super::leg::{Leg, LegRequest, Stop};
use super::trial::Velocities;

/// Width of the range of places below which it is widened again.
const NARROW: f64 = 0.1;

/// What became of the shots of a seeding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShotCounts {
    /// Both legs ended in A.
    pub both_in_a: u64,
    /// Both ended in B.
    pub both_in_b: u64,
    /// A leg reached no state within the longest path.
    pub too_long: u64,
    /// The shot connected the states in fewer than three frames.
    pub too_short: u64,
    /// A leg blew up.
    pub blew_up: u64,
}

impl ShotCounts {
    /// Number of shots that failed.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.both_in_a + self.both_in_b + self.too_long + self.too_short + self.blew_up
    }

    /// Adds other counts.
    pub fn add(&mut self, other: &Self) {
        self.both_in_a += other.both_in_a;
        self.both_in_b += other.both_in_b;
        self.too_long += other.too_long;
        self.too_short += other.too_short;
        self.blew_up += other.blew_up;
    }
}

/// Settings of seedings.
pub struct SeedingProtocol<'p> {
    /// Positions between the states, in order from A to B: of every path from which is shot.
    pub points: &'p [Vec<Vec<[f64; 3]>>],
    /// Longest path, in frames.
    pub most_frames: usize,
    /// Shots after which a seeding is given up.
    pub most_shots: u64,
    /// Draws velocities.
    pub velocities: &'p dyn Velocities<AtomsPoint>,
    /// Random numbers.
    pub random: RandomStream,
}

/// Looks for the first path of one chain: shoots with fresh velocities from points between the states, each time of another path, nearer to B
/// when both legs end in A and nearer to A when both end in B, until a shot connects the states.
#[derive(Serialize, Deserialize)]
pub struct Seeding {
    chain: u32,
    /// Between which places on a path, from 0 in A to 1 in B, the next shot starts.
    range: (f64, f64),
    shots: u64,
    backward: Option<Leg<AtomsPoint>>,
    is_waiting: bool,
    is_given_up: bool,
    /// What became of its shots.
    pub counts: ShotCounts,
    /// The first path, once there is one.
    pub found: Option<FreePath<AtomsPoint>>,
    /// Whether a path inside A is wanted too, as `[0⁻]` needs it.
    wants_inside: bool,
    /// That path, once there is one: it ends with the first two frames of the other.
    pub inside: Option<FreePath<AtomsPoint>>,
}

impl Seeding {
    /// A seeding for one chain before its first shot.
    #[must_use]
    pub fn new(chain: u32, wants_inside: bool) -> Self {
        Self {
            chain,
            is_given_up: false,
            range: (0.0, 1.0),
            shots: 0,
            backward: None,
            is_waiting: false,
            counts: ShotCounts::default(),
            found: None,
            wants_inside,
            inside: None,
        }
    }

    fn is_over(&self) -> bool {
        self.is_given_up || (self.found.is_some() && (!self.wants_inside || self.inside.is_some()))
    }

    /// Whether it has failed.
    #[must_use]
    pub fn is_given_up(&self) -> bool {
        self.is_given_up
    }

    /// The leg inside A is over: backward from the first frame of the path that was found.
    fn end_inside(&mut self, leg: &Leg<AtomsPoint>) {
        if let (true, None, Some(found)) = (leg.is_ended, &leg.failure, &self.found) {
            let mut frames = reversed(&leg.frames);
            frames.push(found.frames[1].clone());
            self.inside = Some(FreePath::first(frames));
        } else {
            self.counts.too_long += 1;
            self.is_given_up = true;
        }
    }

    /// The shot is over: the next starts elsewhere.
    fn end(&mut self, place: f64, legs: [Leg<AtomsPoint>; 2], protocol: &SeedingProtocol<'_>) {
        self.shots += 1;
        let [backward, forward] = legs;
        let ends = (backward.state(), forward.state());
        match ends {
            _ if backward.failure.is_some() || forward.failure.is_some() => self.counts.blew_up += 1,
            (Some(State::A), Some(State::B)) | (Some(State::B), Some(State::A)) => {
                let path = FreePath::first(joined(&backward.frames, forward.frames));
                let path = if ends.0 == Some(State::B) { path.reversed() } else { path };
                let path = FreePath::first(between(path.frames));
                if path.frames.len() > protocol.most_frames {
                    self.counts.too_long += 1;
                } else if path.frames.len() < 3 {
                    self.counts.too_short += 1;
                } else {
                    self.found = Some(path);
                }
            }
            (Some(State::A), Some(State::A)) => {
                self.counts.both_in_a += 1;
                self.range.0 = self.range.0.max(place);
            }
            (Some(State::B), Some(State::B)) => {
                self.counts.both_in_b += 1;
                self.range.1 = self.range.1.min(place);
            }
            _ => self.counts.too_long += 1,
        }
        // Outcomes are chance: what was excluded comes back once nothing is left between.
        if self.range.1 - self.range.0 < NARROW {
            let middle = 0.5 * (self.range.0 + self.range.1);
            self.range = ((middle - NARROW).max(0.0), (middle + NARROW).min(1.0));
        }
        self.is_given_up = self.found.is_none() && self.shots >= protocol.most_shots;
    }
}

impl LegSource for Seeding {
    type Protocol<'p> = SeedingProtocol<'p>;

    fn next_leg(&mut self, protocol: &Self::Protocol<'_>) -> Result<Option<Errand>, DynamicsError> {
        if self.is_waiting || self.is_over() {
            return Ok(None);
        }
        if let Some(found) = &self.found {
            let start = found.frames[0].point.reversed();
            self.is_waiting = true;
            let (stop, most_frames) = (Stop::OutOfStart, protocol.most_frames - 1);
            let leg = LegRequest { start, stop, most_frames, keep_points: true, number: 2 };
            return Ok(Some(Errand { slot: 0, chain: self.chain, trial: self.shots, leg }));
        }
        let (start, number) = match &self.backward {
            // The second leg starts with the velocities that the first had, reversed again.
            Some(backward) => (backward.frames[0].point.reversed(), 1),
            None => {
                let (path, index, _) = self.place(protocol);
                let positions = protocol.points[path][index].clone();
                let still = AtomsPoint { positions, velocities: Vec::new() };
                let random = protocol.random.substream("first velocities");
                let point = protocol.velocities.renewed(&still, 0.0, random, self.chain, self.shots)?;
                (point.reversed(), 0)
            }
        };
        self.is_waiting = true;
        let leg = LegRequest {
            start,
            stop: Stop::InState,
            most_frames: protocol.most_frames,
            keep_points: true,
            number,
        };
        Ok(Some(Errand { slot: 0, chain: self.chain, trial: self.shots, leg }))
    }

    fn take(
        &mut self,
        _slot: u32,
        leg: Leg<AtomsPoint>,
        protocol: &Self::Protocol<'_>,
    ) -> Result<(), DynamicsError> {
        self.is_waiting = false;
        if self.found.is_some() {
            self.end_inside(&leg);
            return Ok(());
        }
        match self.backward.take() {
            None => self.backward = Some(leg),
            Some(backward) => {
                let (_, _, place) = self.place(protocol);
                self.end(place, [backward, leg], protocol);
            }
        }
        Ok(())
    }

    fn progress(&self) -> u64 {
        u64::from(self.is_over())
    }

    fn goal(&self) -> u64 {
        1
    }
}

impl Seeding {
    /// The present shot: its path, the index of its point, and the place of that.
    fn place(&self, protocol: &SeedingProtocol<'_>) -> (usize, usize, f64) {
        let path = (self.chain as usize + self.shots as usize) % protocol.points.len();
        let last = protocol.points[path].len().saturating_sub(1);
        let (low, high) = self.range;
        let u = protocol.random.substream("first frame").uniform(self.chain, self.shots, 0);
        let place = low + u * (high - low);
        (path, ((place * last as f64).round() as usize).min(last), place)
    }
}

/// The piece of a path from its last frame in A before the first in B.
fn between(mut frames: Vec<Frame<AtomsPoint>>) -> Vec<Frame<AtomsPoint>> {
    let is_in = |state: State| move |frame: &Frame<AtomsPoint>| frame.place.state == Some(state);
    let Some(end) = frames.iter().position(is_in(State::B)) else { return Vec::new() };
    frames.truncate(end + 1);
    let Some(start) = frames.iter().rposition(is_in(State::A)) else { return Vec::new() };
    frames.drain(..start);
    frames
}
