//! One-way shooting.

use std::sync::Arc;

use geodyssey_dynamics::DynamicsError;

use super::two_way_shooting::{decided, failed};
use crate::ensembles::frame::{Frame, FreePath, PhasePoint, reversed};
use crate::ensembles::leg::{Leg, LegRequest, Stop};
use crate::ensembles::path_move::PathMove;
use crate::ensembles::trial::{Attempt, Rejection, Step, Trial};

/// One-way shooting of stochastic dynamics: from a selected frame, with its own velocities, the dynamics run with new noise either forward or
/// backward in time, with equal probability, and replace that part of the path. The other part stays.
///
/// The new part is generated with its own probability, so that `P = min(1, Z_old/Z_new)` as for
/// [`TwoWayShooting`](super::TwoWayShooting).
#[derive(Clone, Copy, Debug)]
pub struct OneWayShooting;

impl<P: PhasePoint + 'static> PathMove<P> for OneWayShooting {
    fn name(&self) -> &'static str {
        "one-way-shooting"
    }

    fn begin(&self, present: Arc<FreePath<P>>, _trial: &Trial<'_, P>) -> Box<dyn Attempt<P>> {
        Box::new(OneWayAttempt { present, shot: None })
    }
}

struct OneWayAttempt<P> {
    present: Arc<FreePath<P>>,
    shot: Option<(Shot, f64, usize)>,
}

impl<P: PhasePoint> Attempt<P> for OneWayAttempt<P> {
    fn next(&mut self, leg: Option<Leg<P>>, trial: &Trial<'_, P>) -> Result<Step<P>, DynamicsError> {
        let Some((shot, sum, longest)) = self.shot else {
            let Some((index, sum)) = trial.select(&self.present) else {
                return Ok(Step::rejected(Rejection::NotApplicable));
            };
            let (shot, longest) =
                (Shot { index, forward: trial.uniform("direction") < 0.5 }, trial.longest(sum));
            self.shot = Some((shot, sum, longest));
            return Ok(shot.request(&self.present, trial, longest));
        };
        let Some(leg) = leg else { return Ok(Step::rejected(Rejection::NotApplicable)) };
        if let Some(rejection) = failed(&leg, trial, longest) {
            return Ok(Step::rejected(rejection));
        }
        let path = shot.path(&self.present, leg.frames);
        if !trial.ensemble.contains(&path.frames) {
            return Ok(Step::rejected(Rejection::WrongEnds));
        }
        Ok(decided(path, sum, trial))
    }
}

/// A shot in one direction of time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shot {
    /// The frame that it starts from.
    pub(super) index: usize,
    /// Whether it replaces what follows that frame.
    pub(super) forward: bool,
}

impl Shot {
    /// The leg that it needs, for a path of at most this many frames.
    pub(super) fn request<P: PhasePoint>(
        self,
        present: &FreePath<P>,
        trial: &Trial<'_, P>,
        longest: usize,
    ) -> Step<P> {
        let point = &present.frames[self.index].point;
        let kept = if self.forward { self.index } else { present.frames.len() - 1 - self.index };
        let stop = trial.ensemble.stop();
        let all = if stop == Stop::Never { present.frames.len() } else { longest };
        if all < kept + 2 {
            // What is kept alone is too long, or nothing is left to be replaced.
            let nothing = stop == Stop::Never && all == kept + 1;
            return Step::rejected(if nothing { Rejection::NotApplicable } else { Rejection::LengthRatio });
        }
        Step::Run(LegRequest {
            start: if self.forward { point.clone() } else { point.reversed() },
            stop,
            most_frames: all - kept,
            keep_points: true,
            number: 0,
        })
    }

    /// The path with the part replaced by these frames of a leg.
    pub(super) fn path<P: PhasePoint>(self, present: &FreePath<P>, leg: Vec<Frame<P>>) -> FreePath<P> {
        let inherited = &present.inherited;
        if self.forward {
            let mut frames = present.frames[..=self.index].to_vec();
            frames.extend(leg.into_iter().skip(1));
            let inherited = inherited.start.min(self.index + 1)..inherited.end.min(self.index + 1);
            return FreePath { frames, inherited, spring: None };
        }
        let mut frames = reversed(&leg[1..]);
        let before = frames.len();
        frames.extend_from_slice(&present.frames[self.index..]);
        let moved = |index: usize| index.max(self.index) - self.index + before;
        let inherited = moved(inherited.start)..moved(inherited.end);
        FreePath { frames, inherited, spring: None }
    }
}
