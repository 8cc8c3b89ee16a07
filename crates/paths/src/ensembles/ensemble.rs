//! Path ensembles: sets of discrete-time paths of the actual dynamics.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::frame::{Frame, State};
use super::leg::Stop;

/// A set of paths. The probability of a path is that of its first frame in equilibrium times that of the dynamics' steps; the ensemble is
/// this distribution restricted to the set. Frames in neither state are *between* the states.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum PathEnsemble {
    /// Transition paths of flexible length: the first frame lies in A, the last in B, all others between (transition path sampling, TPS).
    Transition {
        /// Longest path, in frames.
        most_frames: usize,
    },
    /// Transition paths of fixed length: the first frame lies in A and the last in B, wherever the others lie.
    FixedLength {
        /// Number of frames.
        frames: usize,
    },
    /// `[i⁺]` of transition interface sampling (TIS): the first frame lies in A, the last in A or B, all others between, and at least one
    /// frame has an order parameter of λᵢ or more.
    Crossing {
        /// λᵢ; the least finite number for `[0⁺]`, which every excursion from A crosses.
        interface: f64,
        /// Longest path, in frames.
        most_frames: usize,
    },
    /// `[0⁻]` of replica exchange TIS: the first and the last frame lie outside A, all others in A.
    Inside {
        /// Longest path, in frames.
        most_frames: usize,
    },
}

impl PathEnsemble {
    /// Where a leg of a path of this ensemble ends.
    #[must_use]
    pub fn stop(&self) -> Stop {
        match self {
            Self::Transition { .. } | Self::Crossing { .. } => Stop::InState,
            Self::FixedLength { .. } => Stop::Never,
            Self::Inside { .. } => Stop::OutOfStart,
        }
    }

    /// Longest path, in frames.
    #[must_use]
    pub fn most_frames(&self) -> usize {
        match *self {
            Self::Transition { most_frames }
            | Self::Crossing { most_frames, .. }
            | Self::Inside { most_frames } => most_frames,
            Self::FixedLength { frames } => frames,
        }
    }

    /// Whether a path between A and B counts whichever way it runs: time reversal maps one half of these paths to the other, so that a path
    /// from B to A stands for its reverse.
    #[must_use]
    pub fn turns_paths_round(&self) -> bool {
        matches!(self, Self::Transition { .. } | Self::FixedLength { .. })
    }

    /// Whether the leg that leads backward from a shooting point may end so.
    #[must_use]
    pub fn may_begin_in(&self, state: Option<State>) -> bool {
        match self {
            Self::Transition { .. } | Self::FixedLength { .. } => state.is_some(),
            Self::Crossing { .. } => state == Some(State::A),
            Self::Inside { .. } => state != Some(State::A),
        }
    }

    /// Frames from which paths of this many frames are shot.
    #[must_use]
    pub fn shooting_frames(&self, frames: usize) -> Range<usize> {
        match self {
            Self::FixedLength { .. } => 0..frames,
            _ => 1..frames.saturating_sub(1).max(1),
        }
    }

    /// Whether a path belongs to it.
    #[must_use]
    pub fn contains<P>(&self, path: &[Frame<P>]) -> bool {
        let [first, inner @ .., last] = path else { return false };
        if path.len() > self.most_frames() || path.len() < 3 {
            return false;
        }
        let ends = (first.place.state, last.place.state);
        let is_between = || inner.iter().all(|frame| frame.place.state.is_none());
        match *self {
            Self::Transition { .. } => ends == (Some(State::A), Some(State::B)) && is_between(),
            Self::FixedLength { frames } => ends == (Some(State::A), Some(State::B)) && path.len() == frames,
            Self::Crossing { interface, .. } => {
                ends.0 == Some(State::A)
                    && ends.1.is_some()
                    && is_between()
                    && path.iter().any(|frame| frame.place.level() >= interface)
            }
            Self::Inside { .. } => {
                ends.0 != Some(State::A)
                    && ends.1 != Some(State::A)
                    && inner.iter().all(|frame| frame.place.state == Some(State::A))
            }
        }
    }
}
