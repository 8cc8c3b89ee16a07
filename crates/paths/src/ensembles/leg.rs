//! Legs: pieces of free dynamics from a given phase point, of which moves make paths.

use geodyssey_dynamics::Failure;
use serde::{Deserialize, Serialize};

use super::frame::{Frame, Place, State};

/// Where a leg ends: with its first frame, not counting the one that it starts from, for which this holds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stop {
    /// In A or in B.
    InState,
    /// Anywhere outside A.
    OutOfStart,
    /// Below or from above a range of the order parameter, A being below and B above.
    OutOf {
        /// Lowest order parameter inside.
        low: f64,
        /// Lowest one above.
        high: f64,
    },
    /// Only with the number of frames.
    Never,
}

impl Stop {
    /// Whether a leg ends with a frame at this place.
    #[must_use]
    pub fn ends(&self, place: &Place) -> bool {
        match *self {
            Self::InState => place.state.is_some(),
            Self::OutOfStart => place.state != Some(State::A),
            Self::OutOf { low, high } => !(low..high).contains(&place.level()),
            Self::Never => false,
        }
    }
}

/// A leg to be run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegRequest<P> {
    /// Where it starts.
    pub start: P,
    /// Where it ends.
    pub stop: Stop,
    /// With how many frames it ends at the latest, the first included.
    pub most_frames: usize,
    /// Whether positions and velocities of its frames are needed; the last frame always has them.
    pub keep_points: bool,
    /// Number of the leg within its trial, which selects its random numbers.
    pub number: u32,
}

/// A leg that has been run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leg<P> {
    /// Its frames in the order in which they were run; the first is where it starts. Without points there are only the first and the last.
    pub frames: Vec<Frame<P>>,
    /// Number of frames after the first.
    pub length: usize,
    /// Whether its stop condition was met, rather than its number of frames reached.
    pub is_ended: bool,
    /// Why it blew up, if it did.
    pub failure: Option<Failure>,
}

impl<P> Leg<P> {
    /// The state in which it ended; none if it did not end in one.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        self.frames.last().filter(|_| self.is_ended).and_then(|frame| frame.place.state)
    }
}
