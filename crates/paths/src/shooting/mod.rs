//! Transition path sampling: Monte Carlo over unbiased paths of overdamped dynamics between two states of a landscape.
//!
//! Each chain has a current path. In every trial a [`PathMover`] proposes another one, which is accepted with the mover's probability; from
//! time to time the current path is recorded. [`TwoWayShooting`] is the first mover.

mod chain;
mod leg;
mod mover;
mod two_way_shooting;

use geodyssey_dynamics::DynamicsError;
use geodyssey_statistics::{RandomStream, WrongInput};

use crate::path::HighestLandscapeEnergy;
use crate::segment::{Maxima, maximum_between};

pub use chain::ShootingChain;
pub use leg::StateTest;
pub use mover::{PathLength, PathMover, PresentPath, Proposal, Transitions, Trial};
pub use two_way_shooting::TwoWayShooting;

/// When paths are recorded, and with how many points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShootingProtocol {
    /// Number of trials of every chain before the first path is recorded.
    pub equilibration_trials: u64,
    /// Number of trials between two recorded paths of a chain; the path is recorded whether or not it has changed.
    pub trials_per_path: u64,
    /// Number of recorded points of a path, equally spaced in steps, including both ends.
    pub points: usize,
    /// Every `frame_stride`-th point is a frame, and so is always the last one.
    pub frame_stride: usize,
}

/// Path sampling between two states of a landscape.
pub struct PathSampling<'a> {
    transitions: Transitions<'a>,
    mover: &'a dyn PathMover,
    protocol: ShootingProtocol,
    segment_length: f64,
    random: RandomStream,
}

impl<'a> PathSampling<'a> {
    /// Combines path ensemble, mover and protocol. When a path is recorded, the highest energy on steps longer than `segment_length` is
    /// searched at points no farther apart than that.
    ///
    /// # Errors
    /// A number that must be positive but is not.
    pub fn new(
        transitions: Transitions<'a>,
        mover: &'a dyn PathMover,
        protocol: ShootingProtocol,
        segment_length: f64,
        random: RandomStream,
    ) -> Result<Self, DynamicsError> {
        let (PathLength::Fixed(steps) | PathLength::Flexible(steps)) = transitions.length;
        if steps < 2 {
            return Err(WrongInput::TooFew { what: "steps of a path", least: 2, found: steps }.into());
        }
        if protocol.points < 2 {
            return Err(
                WrongInput::TooFew { what: "points of a path", least: 2, found: protocol.points }.into()
            );
        }
        WrongInput::check_positive("the stride of frames", protocol.frame_stride as f64)?;
        WrongInput::check_positive("the number of trials per path", protocol.trials_per_path as f64)?;
        WrongInput::check_positive("the segment length", segment_length)?;
        Ok(Self { transitions, mover, protocol, segment_length, random })
    }

    /// `chains` independent chains that together record the paths 0 to `paths - 1`; all start from the polyline through `points`, traversed
    /// at constant speed. It need not be a probable path, but it must lead from state to state.
    ///
    /// # Errors
    /// Fewer than two points, one that is not finite, or ends that do not lie in the states.
    pub fn start(
        &self,
        points: &[Vec<f64>],
        chains: usize,
        paths: usize,
    ) -> Result<Vec<ShootingChain>, DynamicsError> {
        if points.len() < 2 {
            return Err(WrongInput::TooFew {
                what: "points of the initial path",
                least: 2,
                found: points.len(),
            }
            .into());
        }
        if points.iter().flatten().any(|x| !x.is_finite()) {
            return Err(WrongInput::NotFinite { what: "a point of the initial path" }.into());
        }
        let (PathLength::Fixed(steps) | PathLength::Flexible(steps)) = self.transitions.length;
        let mut first = resampled(points, steps + 1);
        let (Some(begin), Some(end)) = (first.first(), first.last()) else { return Ok(Vec::new()) };
        if !(self.transitions.states[0])(begin) || !(self.transitions.states[1])(end) {
            return Err(DynamicsError::Parameters(
                "the initial path does not lead from the start state to the end state".to_owned(),
            ));
        }
        if let PathLength::Flexible(_) = self.transitions.length {
            let entry = first.iter().position(|x| (self.transitions.states[1])(x)).unwrap_or(first.len() - 1);
            first.truncate(entry + 1);
            let exit = first.iter().rposition(|x| (self.transitions.states[0])(x)).unwrap_or(0);
            first.drain(..exit);
            if first.len() < 3 {
                return Err(DynamicsError::Parameters(
                    "the initial path jumps from one state to the other in a single step: more steps are needed".to_owned(),
                ));
            }
        }
        let (weights, evaluations) = self.transitions.weights(&first);
        let chains = chains.clamp(1, paths.max(1));
        let chain = |number: usize| {
            let range = number * paths / chains..(number + 1) * paths / chains;
            ShootingChain::new(
                number as u32,
                range.start as u32,
                range.len(),
                first.clone(),
                weights.clone(),
                evaluations,
            )
        };
        Ok((0..chains).map(chain).collect())
    }

    /// Advances one chain until one more path is recorded.
    pub fn advance(&self, chain: &mut ShootingChain) {
        let before = if chain.paths().is_empty() { self.protocol.equilibration_trials } else { 0 };
        for _ in 0..before + self.protocol.trials_per_path {
            self.trial(chain);
        }
        let (highest, evaluations) = self.highest(&chain.present.frames);
        chain.energy_evaluations += evaluations;
        let last = chain.present.steps();
        let count = self.protocol.points;
        let points = (0..count)
            .map(|point| chain.present.frames[(point * last + (count - 1) / 2) / (count - 1)].clone())
            .collect();
        chain.record(points, self.protocol.frame_stride, highest);
    }

    /// One trial.
    fn trial(&self, chain: &mut ShootingChain) {
        let trial = Trial { random: self.random, chain: chain.number, number: chain.trials };
        chain.trials += 1;
        let proposal =
            self.mover.propose(&self.transitions, &chain.present, trial, &mut chain.energy_evaluations);
        // False for NaN too.
        if let Some(Proposal { path, log_acceptance_ratio }) = proposal
            && trial.acceptance().ln() < log_acceptance_ratio
        {
            chain.present = path;
            chain.accepted += 1;
        }
    }

    /// Highest energy at the frames and between them, and the number of evaluations.
    fn highest(&self, frames: &[Vec<f64>]) -> (HighestLandscapeEnergy, u64) {
        let mut gradient = vec![0.0; frames.first().map_or(0, Vec::len)];
        let (mut maxima, mut evaluations) = (Maxima::NONE, 0);
        for x in frames {
            maxima.at_steps = maxima.at_steps.max((self.transitions.landscape)(x, &mut gradient));
            evaluations += 1;
        }
        for pair in frames.windows(2) {
            let (highest, count) =
                maximum_between(self.transitions.landscape, &pair[0], &pair[1], self.segment_length);
            maxima.between = maxima.between.max(highest);
            evaluations += count;
        }
        (maxima.highest(), evaluations)
    }
}

/// `count` points equally spaced along the polyline through `points`.
fn resampled(points: &[Vec<f64>], count: usize) -> Vec<Vec<f64>> {
    let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (b - a).powi(2)).sum::<f64>().sqrt();
    let mut lengths = vec![0.0];
    for pair in points.windows(2) {
        lengths.push(lengths[lengths.len() - 1] + distance(&pair[0], &pair[1]));
    }
    let total = lengths[lengths.len() - 1];
    let mut segment = 0;
    (0..count)
        .map(|number| {
            let place = total * number as f64 / (count - 1) as f64;
            while segment + 2 < points.len() && lengths[segment + 1] < place {
                segment += 1;
            }
            let width = lengths[segment + 1] - lengths[segment];
            let share = if width > 0.0 { ((place - lengths[segment]) / width).clamp(0.0, 1.0) } else { 0.0 };
            points[segment].iter().zip(&points[segment + 1]).map(|(a, b)| a + share * (b - a)).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_walked_at_equal_speed() {
        let points = vec![vec![0.0, 0.0], vec![1.0, 0.0], vec![1.0, 3.0]];
        let line = resampled(&points, 5);
        assert_eq!(line, [vec![0.0, 0.0], vec![1.0, 0.0], vec![1.0, 1.0], vec![1.0, 2.0], vec![1.0, 3.0]]);
    }
}
