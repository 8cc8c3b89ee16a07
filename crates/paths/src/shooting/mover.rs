//! The moves that propose the next path of a chain, and the ensemble that they sample.

use geodyssey_dynamics::{EnergyOfVariables, Overdamped};
use geodyssey_statistics::RandomStream;
use serde::{Deserialize, Serialize};

use super::leg::StateTest;

/// Length of the paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathLength {
    /// All have this number of steps.
    Fixed(usize),
    /// From the last frame in the start state to the first in the end state, in at most this number of steps.
    Flexible(usize),
}

/// A path ensemble: paths of these dynamics from one state to the other.
#[derive(Clone)]
pub struct Transitions<'a> {
    /// Energy of the variables.
    pub landscape: &'a EnergyOfVariables<'a>,
    /// Their dynamics.
    pub dynamics: Overdamped,
    /// The start state and the end state of the paths.
    pub states: [&'a StateTest<'a>; 2],
    /// Length of the paths.
    pub length: PathLength,
}

impl Transitions<'_> {
    /// `log p(x_{j+1} | x_j) - log p(x_j | x_{j+1})` of every step of a path; zeros if they are not needed.
    pub(super) fn weights(&self, frames: &[Vec<f64>]) -> (Vec<f64>, u64) {
        if self.dynamics.metropolis() {
            return (vec![0.0; frames.len() - 1], 0);
        }
        let gradients: Vec<Vec<f64>> = frames
            .iter()
            .map(|x| {
                let mut gradient = vec![0.0; x.len()];
                (self.landscape)(x, &mut gradient);
                gradient
            })
            .collect();
        let pairs = frames.windows(2).zip(gradients.windows(2));
        let weights = pairs.map(|(x, g)| self.dynamics.log_step_ratio([&x[0], &x[1]], [&g[0], &g[1]]));
        (weights.collect(), frames.len() as u64)
    }
}

/// A path with all its frames, as used by movers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PresentPath {
    /// The variables after every step, starting in the state where it begins.
    pub frames: Vec<Vec<f64>>,
    /// `log p(x_{j+1} | x_j) - log p(x_j | x_{j+1})` of every step; zeros with the Metropolis correction.
    pub weights: Vec<f64>,
}

impl PresentPath {
    /// Number of steps.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.frames.len() - 1
    }
}

/// One trial of one chain, which identifies its random numbers.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// Random numbers of the whole sampling.
    pub random: RandomStream,
    /// Number of the chain.
    pub chain: u32,
    /// Number of the trial, from 0.
    pub number: u64,
}

impl Trial {
    /// A uniform random number in (0, 1) for one purpose.
    #[must_use]
    pub fn uniform(&self, name: &str) -> f64 {
        self.random.substream(name).uniform(self.chain, self.number, 0)
    }

    /// The number `u` that decides: a proposal is accepted if `log u` is less than its [`Proposal::log_acceptance_ratio`]. A mover may use
    /// it to reject early.
    #[must_use]
    pub fn acceptance(&self) -> f64 {
        self.uniform("trial")
    }
}

/// A path that may replace the current one.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The path.
    pub path: PresentPath,
    /// Logarithm of the acceptance ratio that preserves the ensemble (Metropolis and Hastings).
    pub log_acceptance_ratio: f64,
}

/// A move in the space of paths.
pub trait PathMover: Sync {
    /// Proposes a path to replace the current one; none if the trial is rejected outright. Evaluations of the landscape are added to
    /// `energy_evaluations`.
    fn propose(
        &self,
        transitions: &Transitions<'_>,
        present: &PresentPath,
        trial: Trial,
        energy_evaluations: &mut u64,
    ) -> Option<Proposal>;
}
