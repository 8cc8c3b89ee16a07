//! Transition path sampling: one chain with the record of its trials.

use std::sync::Arc;

use geodyssey_dynamics::DynamicsError;
use serde::{Deserialize, Serialize};

use super::chain::{ChainProtocol, ChainStep, Outcome, PathChain};
use super::frame::{AtomsPoint, FreePath};
use super::lanes::{Errand, LegSource};
use super::leg::Leg;
use super::trial::Rejection;

/// One trial of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialRecord {
    /// Index of its move.
    pub which: u32,
    /// Why its path was rejected; none if it was accepted.
    pub rejection: Option<Rejection>,
}

/// A path that was accepted, or the first one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathRecord {
    /// The trial after which it is the present path: the first is there after trial 0 if that was rejected.
    pub after_trial: u64,
    /// The variables of all its frames.
    pub values: Vec<Vec<f64>>,
    /// Highest potential energy of its frames, kJ/mol.
    pub highest_potential_energy_kj_mol: f64,
    /// Whether frames of the chain's first path are left in it.
    pub has_inherited_frames: bool,
}

/// A path that is kept with its atoms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptPath {
    /// The trial after which it is the present path.
    pub trial: u64,
    /// The path.
    #[serde(with = "super::shared")]
    pub path: Arc<FreePath<AtomsPoint>>,
}

/// A chain of transition path sampling.
#[derive(Serialize, Deserialize)]
pub struct TransitionChain {
    chain: PathChain<AtomsPoint>,
    goal: u64,
    keep_after: Vec<u64>,
    /// All trials.
    pub trials: Vec<TrialRecord>,
    /// The first path and those that were accepted.
    pub paths: Vec<PathRecord>,
    /// Those that are kept with their atoms.
    pub kept: Vec<KeptPath>,
}

impl TransitionChain {
    /// A chain before its first trial. The paths present after the trials `keep_after` are kept with their atoms.
    #[must_use]
    pub fn new(
        number: u32,
        first: FreePath<AtomsPoint>,
        moves: usize,
        goal: u64,
        keep_after: Vec<u64>,
    ) -> Self {
        let paths = vec![record(&first, 0)];
        Self {
            chain: PathChain::new(number, first, moves),
            goal,
            keep_after,
            trials: Vec::new(),
            paths,
            kept: Vec::new(),
        }
    }

    /// Its chain.
    #[must_use]
    pub fn chain(&self) -> &PathChain<AtomsPoint> {
        &self.chain
    }

    /// For every trial the index in [`paths`](Self::paths) of the path after it.
    #[must_use]
    pub fn present_after_trials(&self) -> Vec<usize> {
        let mut present = 0;
        let accepted = self.trials.iter().map(|trial| {
            present += usize::from(trial.rejection.is_none());
            present
        });
        accepted.collect()
    }

    fn over(&mut self, outcome: Outcome) {
        let Outcome { trial, which, rejection } = outcome;
        self.trials.push(TrialRecord { which: which as u32, rejection });
        if rejection.is_none() {
            self.paths.push(record(self.chain.present(), trial));
        }
        if self.keep_after.contains(&trial) {
            self.kept.push(KeptPath { trial, path: self.chain.present().clone() });
        }
    }
}

fn record(path: &FreePath<AtomsPoint>, after_trial: u64) -> PathRecord {
    let energies = path.frames.iter().map(|frame| frame.potential_energy_kj_mol);
    PathRecord {
        after_trial,
        values: path.frames.iter().map(|frame| frame.values.clone()).collect(),
        highest_potential_energy_kj_mol: energies.fold(f64::NEG_INFINITY, f64::max),
        has_inherited_frames: !path.inherited.is_empty(),
    }
}

impl LegSource for TransitionChain {
    type Protocol<'p> = ChainProtocol<'p, AtomsPoint>;

    fn next_leg(&mut self, protocol: &Self::Protocol<'_>) -> Result<Option<Errand>, DynamicsError> {
        while self.progress() < self.goal {
            let trial = self.chain.trials();
            match self.chain.advance(protocol)? {
                Some(ChainStep::Run(leg)) => {
                    return Ok(Some(Errand { slot: 0, chain: self.chain.number(), trial, leg }));
                }
                Some(ChainStep::Over(outcome)) => self.over(outcome),
                None => break,
            }
        }
        Ok(None)
    }

    fn take(
        &mut self,
        _slot: u32,
        leg: Leg<AtomsPoint>,
        _protocol: &Self::Protocol<'_>,
    ) -> Result<(), DynamicsError> {
        self.chain.take(leg);
        Ok(())
    }

    fn progress(&self) -> u64 {
        self.chain.trials()
    }

    fn goal(&self) -> u64 {
        self.goal
    }
}
