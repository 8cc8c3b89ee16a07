//! One trial of a chain.

use geodyssey_dynamics::DynamicsError;
use geodyssey_statistics::RandomStream;

use super::ensemble::PathEnsemble;
use super::frame::{Frame, FreePath, PhasePoint};
use super::leg::{Leg, LegRequest};
use super::selection::FrameSelection;

/// Draws velocities.
pub trait Velocities<P>: Sync {
    /// The same positions with velocities `c v + sqrt(1 - c²) v'`, `v'` drawn from the Maxwell–Boltzmann distribution: fresh ones for
    /// `c = 0`. This leaves the Maxwell–Boltzmann distribution invariant and is reversible with respect to it.
    ///
    /// # Errors
    /// If the engine fails.
    fn renewed(
        &self,
        point: &P,
        kept: f64,
        random: RandomStream,
        chain: u32,
        draw: u64,
    ) -> Result<P, DynamicsError>;
}

/// What a move needs to know of the trial that it makes.
pub struct Trial<'t, P> {
    /// The ensemble that is sampled.
    pub ensemble: &'t PathEnsemble,
    /// How shooting frames are selected.
    pub selection: &'t FrameSelection,
    /// Draws velocities.
    pub velocities: &'t dyn Velocities<P>,
    /// Random numbers of the whole sampling.
    pub random: RandomStream,
    /// Number of the chain.
    pub chain: u32,
    /// Number of the trial, from 0.
    pub number: u64,
}

/// Most draws of one kind in a trial.
const DRAWS: u64 = 256;

impl<P: PhasePoint> Trial<'_, P> {
    /// A uniform random number in (0, 1) for one purpose.
    #[must_use]
    pub fn uniform(&self, purpose: &str) -> f64 {
        self.uniform_of(purpose, 0)
    }

    /// The same where a trial needs several: the one of this number, which is less than 256.
    #[must_use]
    pub fn uniform_of(&self, purpose: &str, number: u32) -> f64 {
        self.random.substream(purpose).uniform(self.chain, self.number * DRAWS + u64::from(number), 0)
    }

    /// The number that decides: a path is accepted if it is less than the acceptance ratio.
    #[must_use]
    pub fn acceptance(&self) -> f64 {
        self.uniform("acceptance")
    }

    /// An index in `0..count`.
    #[must_use]
    pub fn index(&self, purpose: &str, number: u32, count: usize) -> usize {
        ((self.uniform_of(purpose, number) * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// A point with renewed velocities; `number` counts the draws of the trial.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn renewed(&self, point: &P, kept: f64, number: u32) -> Result<P, DynamicsError> {
        let random = self.random.substream("shooting velocities");
        self.velocities.renewed(point, kept, random, self.chain, self.number * DRAWS + u64::from(number))
    }

    /// The selection's weights of the frames from which a path may be shot, and their sum.
    #[must_use]
    pub fn shooting_weights(&self, frames: &[Frame<P>]) -> (Vec<f64>, f64) {
        let range = self.ensemble.shooting_frames(frames.len());
        let weights: Vec<f64> =
            frames[range].iter().map(|frame| self.selection.weight(&frame.values)).collect();
        let sum = weights.iter().sum();
        (weights, sum)
    }

    /// Selects the frame from which to shoot; its index, and the sum of the weights. None if there is no frame to shoot from.
    #[must_use]
    pub fn select(&self, path: &FreePath<P>) -> Option<(usize, f64)> {
        let (weights, sum) = self.shooting_weights(&path.frames);
        let mut left = self.uniform("shooting frame") * sum;
        let first = self.ensemble.shooting_frames(path.frames.len()).start;
        let found = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        Some((first + found.or(weights.len().checked_sub(1))?, sum))
    }

    /// The longest path, in frames, that can still be accepted when the present one has this sum of weights. Where all frames weigh the same,
    /// the acceptance ratio is that of the numbers of shooting frames, so that it is known before the path is.
    #[must_use]
    pub fn longest(&self, sum: f64) -> usize {
        let most = self.ensemble.most_frames();
        if !self.selection.is_uniform() || matches!(self.ensemble, PathEnsemble::FixedLength { .. }) {
            return most;
        }
        // Accepted if u < n_old / n_new, so that there are fewer than n_old / u frames between the ends.
        let inner = (sum / self.acceptance()).min(most as f64).ceil() as usize;
        most.min(inner.saturating_add(1))
    }
}

/// Why a trial was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Rejection {
    /// The new path does not belong to the ensemble.
    WrongEnds,
    /// The longest permitted path was reached before a state was.
    TooLong,
    /// It would have been longer than what this trial could accept.
    LengthRatio,
    /// The acceptance ratio was below this trial's random number.
    AcceptanceRatio,
    /// The present path has no frame to shoot from, or the move does not apply to it.
    NotApplicable,
    /// A leg blew up.
    BlewUp,
}

/// How a trial goes on.
pub enum Step<P> {
    /// A leg is needed.
    Run(LegRequest<P>),
    /// The trial is over and its path is accepted.
    Accept(FreePath<P>),
    /// It is over, and the present path stays; with what it remembers, if that has changed.
    Reject(Rejection, Option<(bool, usize)>),
}

impl<P> Step<P> {
    /// A rejection after which nothing has changed.
    #[must_use]
    pub fn rejected(rejection: Rejection) -> Self {
        Self::Reject(rejection, None)
    }
}

/// A move that is being made.
pub trait Attempt<P>: Send {
    /// Goes on; `leg` is the one that was requested last, none at first.
    ///
    /// # Errors
    /// If velocities cannot be drawn.
    fn next(&mut self, leg: Option<Leg<P>>, trial: &Trial<'_, P>) -> Result<Step<P>, DynamicsError>;
}
