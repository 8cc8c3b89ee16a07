//! A chain of trials in one path ensemble.

use std::collections::BTreeMap;
use std::sync::Arc;

use geodyssey_dynamics::DynamicsError;
use geodyssey_statistics::RandomStream;
use serde::{Deserialize, Serialize};

use super::ensemble::PathEnsemble;
use super::frame::{FreePath, PhasePoint};
use super::leg::{Leg, LegRequest};
use super::path_move::PathMove;
use super::selection::FrameSelection;
use super::trial::{Attempt, Rejection, Step, Trial, Velocities};

/// What all chains of a sampling have in common.
pub struct ChainProtocol<'p, P> {
    /// The ensemble.
    pub ensemble: PathEnsemble,
    /// How shooting frames are selected.
    pub selection: FrameSelection,
    /// The moves with their relative probabilities.
    pub moves: Vec<(Arc<dyn PathMove<P>>, f64)>,
    /// Draws velocities.
    pub velocities: &'p dyn Velocities<P>,
    /// Random numbers of the whole sampling.
    pub random: RandomStream,
}

impl<P: PhasePoint> ChainProtocol<'_, P> {
    fn trial(&self, chain: u32, number: u64) -> Trial<'_, P> {
        Trial {
            ensemble: &self.ensemble,
            selection: &self.selection,
            velocities: self.velocities,
            random: self.random,
            chain,
            number,
        }
    }

    /// The move of a trial.
    fn select(&self, trial: &Trial<'_, P>) -> usize {
        let total: f64 = self.moves.iter().map(|(_, share)| share).sum();
        let mut left = trial.uniform("move") * total;
        let found = self.moves.iter().position(|(_, share)| {
            left -= share;
            left < 0.0
        });
        found.unwrap_or(self.moves.len() - 1)
    }
}

/// How often a move was made, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveCount {
    /// Trials.
    pub trials: u64,
    /// Trials whose path was accepted.
    pub accepted: u64,
    /// Trials that were rejected, by reason.
    pub rejected: BTreeMap<Rejection, u64>,
}

impl MoveCount {
    /// Adds another count.
    pub fn add(&mut self, other: &Self) {
        self.trials += other.trials;
        self.accepted += other.accepted;
        for (&rejection, &count) in &other.rejected {
            *self.rejected.entry(rejection).or_default() += count;
        }
    }
}

/// The outcome of one trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Number of the trial, from 0.
    pub trial: u64,
    /// Which move it was.
    pub which: usize,
    /// None if its path was accepted.
    pub rejection: Option<Rejection>,
}

/// A chain. With its serialised form a run continues with identical bits: an attempt under way is made again from the legs that it has had.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "P: Serialize", deserialize = "P: serde::de::DeserializeOwned"))]
pub struct PathChain<P> {
    number: u32,
    trials: u64,
    #[serde(with = "super::shared")]
    present: Arc<FreePath<P>>,
    counts: Vec<MoveCount>,
    /// The legs that the trial under way has had.
    legs: Vec<Leg<P>>,
    /// Whether a leg of it is being run.
    is_waiting: bool,
    #[serde(skip, default = "none")]
    attempt: Option<UnderWay<P>>,
}

/// The trial under way.
struct UnderWay<P> {
    which: usize,
    attempt: Box<dyn Attempt<P>>,
    /// How often it went on.
    fed: usize,
}

fn none<P>() -> Option<UnderWay<P>> {
    None
}

/// How a chain goes on.
pub enum ChainStep<P> {
    /// A leg is needed.
    Run(LegRequest<P>),
    /// A trial is over.
    Over(Outcome),
}

impl<P: PhasePoint + 'static> PathChain<P> {
    /// A chain before its first trial.
    #[must_use]
    pub fn new(number: u32, first: FreePath<P>, moves: usize) -> Self {
        Self {
            number,
            trials: 0,
            present: Arc::new(first),
            counts: vec![MoveCount::default(); moves],
            legs: Vec::new(),
            is_waiting: false,
            attempt: None,
        }
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Number of finished trials.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.trials
    }

    /// The present path.
    #[must_use]
    pub fn present(&self) -> &Arc<FreePath<P>> {
        &self.present
    }

    /// Puts another path in the place of the present one, as an exchange between ensembles does.
    pub fn replace(&mut self, path: Arc<FreePath<P>>) {
        self.present = path;
    }

    /// How often each move was made.
    #[must_use]
    pub fn counts(&self) -> &[MoveCount] {
        &self.counts
    }

    /// Whether a leg of it is being run.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// Takes the leg that was requested last.
    pub fn take(&mut self, leg: Leg<P>) {
        self.legs.push(leg);
        self.is_waiting = false;
    }

    /// Goes on, if no leg is being run: with the trial under way and the legs that it has had, or with the next trial.
    ///
    /// # Errors
    /// If velocities cannot be drawn.
    pub fn advance(
        &mut self,
        protocol: &ChainProtocol<'_, P>,
    ) -> Result<Option<ChainStep<P>>, DynamicsError> {
        if self.is_waiting {
            return Ok(None);
        }
        let trial = protocol.trial(self.number, self.trials);
        let UnderWay { which, attempt, fed } = match &mut self.attempt {
            Some(attempt) => attempt,
            none => {
                let which = protocol.select(&trial);
                let attempt = protocol.moves[which].0.begin(self.present.clone(), &trial);
                none.insert(UnderWay { which, attempt, fed: 0 })
            }
        };
        let which = *which;
        let mut step = None;
        // All of them again where the chain was read back.
        while *fed < 1 + self.legs.len() {
            let leg = fed.checked_sub(1).map(|leg| self.legs[leg].clone());
            step = Some(attempt.next(leg, &trial)?);
            *fed += 1;
        }
        Ok(match step {
            None => None,
            Some(Step::Run(request)) => {
                self.is_waiting = true;
                Some(ChainStep::Run(request))
            }
            Some(Step::Accept(path)) => Some(self.end(which, Some(path), None, None)),
            Some(Step::Reject(rejection, spring)) => Some(self.end(which, None, Some(rejection), spring)),
        })
    }

    fn end(
        &mut self,
        which: usize,
        accepted: Option<FreePath<P>>,
        rejection: Option<Rejection>,
        spring: Option<(bool, usize)>,
    ) -> ChainStep<P> {
        self.attempt = None;
        let count = &mut self.counts[which];
        count.trials += 1;
        if let Some(rejection) = rejection {
            *count.rejected.entry(rejection).or_default() += 1;
        }
        if let Some(path) = accepted {
            count.accepted += 1;
            self.present = Arc::new(path);
        } else if spring.is_some() {
            Arc::make_mut(&mut self.present).spring = spring;
        }
        self.legs.clear();
        let outcome = Outcome { trial: self.trials, which, rejection };
        self.trials += 1;
        ChainStep::Over(outcome)
    }
}
