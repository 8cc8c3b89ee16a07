//! Two-way shooting.

use std::sync::Arc;

use geodyssey_dynamics::DynamicsError;

use crate::ensembles::frame::{FreePath, PhasePoint, State, joined};
use crate::ensembles::leg::{Leg, LegRequest, Stop};
use crate::ensembles::path_move::PathMove;
use crate::ensembles::trial::{Attempt, Rejection, Step, Trial};

/// Two-way shooting: a frame of the path is selected, its velocities are renewed, and the dynamics run from it backward and forward in time.
///
/// A frame `x` of weight `f(x)` is selected with probability `f(x)/Z`, `Z` the sum over the shooting frames of the path. Velocities are
/// renewed reversibly and the dynamics are reversible, so that the ratio of generation probabilities is that of the paths' own, and what
/// remains is `P = min(1, Z_old/Z_new)`: for a uniform selection the ratio of the numbers of frames between the ends.
#[derive(Clone, Copy, Debug)]
pub struct TwoWayShooting {
    /// Which part `c` of the old velocities is kept, `v ← c v + sqrt(1 - c²) v'`: 0 for fresh velocities, less than 1.
    pub kept_velocities: f64,
}

impl<P: PhasePoint + 'static> PathMove<P> for TwoWayShooting {
    fn name(&self) -> &'static str {
        if self.kept_velocities == 0.0 { "two-way-shooting" } else { "two-way-shooting-kept-velocities" }
    }

    fn begin(&self, present: Arc<FreePath<P>>, _trial: &Trial<'_, P>) -> Box<dyn Attempt<P>> {
        Box::new(TwoWayAttempt { kept: self.kept_velocities, present, stage: Stage::Selection })
    }
}

struct TwoWayAttempt<P> {
    kept: f64,
    present: Arc<FreePath<P>>,
    stage: Stage<P>,
}

enum Stage<P> {
    Selection,
    Backward { sum: f64, longest: usize, index: usize, point: P },
    Forward { sum: f64, longest: usize, backward: Leg<P> },
}

impl<P: PhasePoint> Attempt<P> for TwoWayAttempt<P> {
    fn next(&mut self, leg: Option<Leg<P>>, trial: &Trial<'_, P>) -> Result<Step<P>, DynamicsError> {
        let stop = trial.ensemble.stop();
        let request = |start, most_frames, number| {
            Step::Run(LegRequest { start, stop, most_frames, keep_points: true, number })
        };
        match (std::mem::replace(&mut self.stage, Stage::Selection), leg) {
            (Stage::Selection, _) => {
                let Some((index, sum)) = trial.select(&self.present) else {
                    return Ok(Step::rejected(Rejection::NotApplicable));
                };
                let point = trial.renewed(&self.present.frames[index].point, self.kept, 0)?;
                let (start, longest) = (point.reversed(), trial.longest(sum));
                self.stage = Stage::Backward { sum, longest, index, point };
                // A leg of fixed length ends where the path begins.
                let most = if stop == Stop::Never { index + 1 } else { longest - 1 };
                Ok(request(start, most, 0))
            }
            (Stage::Backward { sum, longest, index, point }, Some(backward)) => {
                if let Some(rejection) = failed(&backward, trial, longest) {
                    return Ok(Step::rejected(rejection));
                }
                let begin = backward.frames.last().and_then(|frame| frame.place.state);
                if !trial.ensemble.may_begin_in(begin) {
                    return Ok(Step::rejected(Rejection::WrongEnds));
                }
                let most = match stop {
                    Stop::Never => self.present.frames.len() - index,
                    _ => longest - backward.length,
                };
                self.stage = Stage::Forward { sum, longest, backward };
                Ok(request(point, most, 1))
            }
            (Stage::Forward { sum, longest, backward }, Some(forward)) => {
                if let Some(rejection) = failed(&forward, trial, longest) {
                    return Ok(Step::rejected(rejection));
                }
                let mut path = FreePath::renewed(joined(&backward.frames, forward.frames));
                if trial.ensemble.turns_paths_round() && path.start() == Some(State::B) {
                    path = path.reversed();
                }
                if !trial.ensemble.contains(&path.frames) {
                    return Ok(Step::rejected(Rejection::WrongEnds));
                }
                Ok(decided(path, sum, trial))
            }
            (_, None) => Ok(Step::rejected(Rejection::NotApplicable)),
        }
    }
}

/// Why a leg cannot be part of a path, if it cannot.
pub(super) fn failed<P: PhasePoint>(leg: &Leg<P>, trial: &Trial<'_, P>, longest: usize) -> Option<Rejection> {
    if leg.failure.is_some() {
        return Some(Rejection::BlewUp);
    }
    if leg.is_ended || trial.ensemble.stop() == Stop::Never {
        return None;
    }
    let is_limit = longest == trial.ensemble.most_frames();
    Some(if is_limit { Rejection::TooLong } else { Rejection::LengthRatio })
}

/// Accepts a path of the ensemble with probability `min(1, Z_old/Z_new)`.
pub(super) fn decided<P: PhasePoint>(path: FreePath<P>, old_sum: f64, trial: &Trial<'_, P>) -> Step<P> {
    let (_, new_sum) = trial.shooting_weights(&path.frames);
    if trial.acceptance() * new_sum < old_sum {
        Step::Accept(path)
    } else {
        Step::rejected(Rejection::AcceptanceRatio)
    }
}
