//! Spring shooting.

use std::sync::Arc;

use geodyssey_dynamics::DynamicsError;

use super::one_way_shooting::Shot;
use super::two_way_shooting::failed;
use crate::ensembles::frame::{FreePath, PhasePoint};
use crate::ensembles::leg::Leg;
use crate::ensembles::path_move::PathMove;
use crate::ensembles::trial::{Attempt, Rejection, Step, Trial};

/// Spring shooting: one-way shooting from a frame near the one of the previous shot, which a spring pulls towards the state that the shot is to
/// reach.
///
/// The chain's state is the path `X`, the direction `d` of the last shot and the index `i` of its frame, with the distribution
/// `p(X) e^(k a_i) / Z_d(X)`, `Z_d(X) = Σ_i e^(k a_i)`; `a_i` is the number of frames between the shooting frame and that end of the path
/// which stays, so that it and the weight of the shooting frame are the same in both paths. Three steps leave this distribution invariant:
///
/// 1. With probability ½ the direction changes, and the index is drawn from its conditional distribution.
/// 2. Otherwise the index moves by a number `Δ` of at most [`longest_shift`](Self::longest_shift) frames, drawn uniformly, and is accepted
///    with `min(1, e^(kΔ))`.
/// 3. The shot is accepted with `min(1, Z_d(X)/Z_d(X'))` if its path belongs to the ensemble.
///
/// For paths of a fixed length the last ratio is 1, which is the rule of the original method (Z. F. Brotzakis and P. G. Bolhuis, J. Chem.
/// Phys. 145, 164112 (2016)); with flexible lengths it is not (S. Falkner et al., J. Chem. Phys. 163 (2025), arXiv 2408.03054).
#[derive(Clone, Copy, Debug)]
pub struct SpringShooting {
    /// The spring's strength `k`, per frame.
    pub strength: f64,
    /// Largest move of the index, in frames.
    pub longest_shift: usize,
}

impl<P: PhasePoint + 'static> PathMove<P> for SpringShooting {
    fn name(&self) -> &'static str {
        "spring-shooting"
    }

    fn begin(&self, present: Arc<FreePath<P>>, _trial: &Trial<'_, P>) -> Box<dyn Attempt<P>> {
        Box::new(SpringAttempt { spring: *self, present, shot: None })
    }
}

impl SpringShooting {
    /// Distance of a frame from the end that stays.
    fn distance(shot: Shot, frames: usize) -> usize {
        if shot.forward { shot.index } else { frames - 1 - shot.index }
    }

    /// Exponents of the weights of all frames of a path for shots in one direction.
    fn exponents<P: PhasePoint>(&self, forward: bool, frames: usize, trial: &Trial<'_, P>) -> Vec<f64> {
        let range = trial.ensemble.shooting_frames(frames);
        let of = |index: usize| self.strength * Self::distance(Shot { index, forward }, frames) as f64;
        range.map(of).collect()
    }

    /// `log Z_d`.
    fn log_sum<P: PhasePoint>(&self, forward: bool, frames: usize, trial: &Trial<'_, P>) -> f64 {
        let exponents = self.exponents(forward, frames, trial);
        let largest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        largest + exponents.iter().map(|exponent| (exponent - largest).exp()).sum::<f64>().ln()
    }

    /// Steps 1 and 2: the frame and the direction of the next shot.
    fn select<P: PhasePoint>(&self, present: &FreePath<P>, trial: &Trial<'_, P>) -> Option<Shot> {
        let frames = present.frames.len();
        let range = trial.ensemble.shooting_frames(frames);
        if range.is_empty() {
            return None;
        }
        let drawn = |forward: bool| {
            let log_sum = self.log_sum(forward, frames, trial);
            let mut left = trial.uniform("spring index");
            let found = self.exponents(forward, frames, trial).into_iter().position(|exponent| {
                left -= (exponent - log_sum).exp();
                left < 0.0
            });
            Shot { index: found.map_or(range.end - 1, |place| range.start + place), forward }
        };
        let Some((forward, index)) = present.spring.filter(|(_, index)| range.contains(index)) else {
            return Some(drawn(trial.uniform("direction") < 0.5));
        };
        if trial.uniform("direction") < 0.5 {
            return Some(drawn(!forward));
        }
        let old = Shot { index, forward };
        let count = 2 * self.longest_shift + 1;
        let target = (index + trial.index("shift", 0, count)).checked_sub(self.longest_shift);
        let Some(target) = target.filter(|target| range.contains(target)) else { return Some(old) };
        let new = Shot { index: target, forward };
        let change = Self::distance(new, frames) as f64 - Self::distance(old, frames) as f64;
        Some(if trial.uniform("shift accepted") < (self.strength * change).exp() { new } else { old })
    }
}

struct SpringAttempt<P> {
    spring: SpringShooting,
    present: Arc<FreePath<P>>,
    shot: Option<Shot>,
}

impl<P: PhasePoint> Attempt<P> for SpringAttempt<P> {
    fn next(&mut self, leg: Option<Leg<P>>, trial: &Trial<'_, P>) -> Result<Step<P>, DynamicsError> {
        let most = trial.ensemble.most_frames();
        let Some(shot) = self.shot else {
            let Some(shot) = self.spring.select(&self.present, trial) else {
                return Ok(Step::rejected(Rejection::NotApplicable));
            };
            self.shot = Some(shot);
            return Ok(match shot.request(&self.present, trial, most) {
                Step::Reject(why, _) => Step::Reject(why, Some((shot.forward, shot.index))),
                step => step,
            });
        };
        let remembered = Some((shot.forward, shot.index));
        let Some(leg) = leg else { return Ok(Step::rejected(Rejection::NotApplicable)) };
        if let Some(rejection) = failed(&leg, trial, most) {
            return Ok(Step::Reject(rejection, remembered));
        }
        let before = self.present.frames.len();
        let mut path = shot.path(&self.present, leg.frames);
        if !trial.ensemble.contains(&path.frames) {
            return Ok(Step::Reject(Rejection::WrongEnds, remembered));
        }
        let after = path.frames.len();
        let index = if shot.forward { shot.index } else { after + shot.index - before };
        // The frame of the shot weighs the same in both paths.
        let old_sum = self.spring.log_sum(shot.forward, before, trial);
        let new_sum = self.spring.log_sum(shot.forward, after, trial);
        if trial.acceptance().ln() + new_sum < old_sum {
            path.spring = Some((shot.forward, index));
            return Ok(Step::Accept(path));
        }
        Ok(Step::Reject(Rejection::AcceptanceRatio, remembered))
    }
}
