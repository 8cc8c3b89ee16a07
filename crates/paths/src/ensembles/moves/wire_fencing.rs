//! Wire fencing.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use geodyssey_dynamics::DynamicsError;

use crate::ensembles::ensemble::PathEnsemble;
use crate::ensembles::frame::{Frame, FreePath, PhasePoint, State, joined, reversed};
use crate::ensembles::leg::{Leg, LegRequest, Stop};
use crate::ensembles::path_move::PathMove;
use crate::ensembles::trial::{Attempt, Rejection, Step, Trial};

/// Wire fencing: several two-way shots of short pieces of the path between its interface and a cap, of which the last is extended to a whole
/// path (D. T. Zhang, E. Riccardi and T. S. van Erp, J. Chem. Phys. 158, 024113 (2023)).
///
/// A *wire* of a path is a longest sequence of frames with λᵢ ≤ λ < cap that touches a frame below λᵢ; `M` is the number of frames in all
/// wires. A frame is drawn among these, with the wire that it lies in. Each shot draws a frame of the present wire and fresh velocities, and
/// runs in both directions until the strip is left; the new wire is kept unless both its ends lie above the cap. The last wire is extended
/// in both directions until a state is reached.
///
/// The shots leave `p(s) l(s)` invariant, `l` being the length of the wire `s`, and are reversible with respect to it. As the first wire is
/// drawn with probability `l(s)/M`, the whole move has the acceptance ratio `M_old/M_new`.
#[derive(Clone, Copy, Debug)]
pub struct WireFencing {
    /// Number of shots, at most 60.
    pub shots: u32,
    /// The cap: an order parameter above the ensemble's interface.
    pub cap: f64,
}

/// Most shots of a move.
const MOST_SHOTS: u32 = 60;

impl<P: PhasePoint + 'static> PathMove<P> for WireFencing {
    fn name(&self) -> &'static str {
        "wire-fencing"
    }

    fn begin(&self, present: Arc<FreePath<P>>, trial: &Trial<'_, P>) -> Box<dyn Attempt<P>> {
        let low = match *trial.ensemble {
            PathEnsemble::Crossing { interface, .. } => interface,
            // No frame lies in the strip, so that the move does not apply.
            _ => f64::INFINITY,
        };
        Box::new(WireAttempt {
            strip: Strip { low, high: self.cap },
            shots: self.shots.min(MOST_SHOTS),
            present,
            wire: Vec::new(),
            frames: 0,
            shot: 0,
            legs: VecDeque::new(),
            stage: Stage::First,
            number: 0,
        })
    }
}

/// The strip between the interface and the cap.
#[derive(Clone, Copy)]
struct Strip {
    low: f64,
    high: f64,
}

impl Strip {
    fn contains<P>(self, frame: &Frame<P>) -> bool {
        frame.place.state.is_none() && (self.low..self.high).contains(&frame.place.level())
    }

    fn stop(self) -> Stop {
        Stop::OutOf { low: self.low, high: self.high }
    }

    fn is_below<P>(self, frame: &Frame<P>) -> bool {
        frame.place.level() < self.low
    }

    /// The wires of a path, without the frames beside them.
    fn wires<P>(self, frames: &[Frame<P>]) -> Vec<Range<usize>> {
        let mut wires = Vec::new();
        let mut begin = None;
        for (index, frame) in frames.iter().enumerate() {
            match (begin, self.contains(frame)) {
                (None, true) => begin = Some(index),
                (Some(first), false) => {
                    begin = None;
                    if first > 0 && (self.is_below(&frames[first - 1]) || self.is_below(frame)) {
                        wires.push(first..index);
                    }
                }
                _ => {}
            }
        }
        wires
    }
}

struct WireAttempt<P> {
    strip: Strip,
    shots: u32,
    present: Arc<FreePath<P>>,
    /// The present wire with the frames beside it.
    wire: Vec<Frame<P>>,
    /// Number of frames in the wires of the present path.
    frames: usize,
    shot: u32,
    legs: VecDeque<Leg<P>>,
    stage: Stage<P>,
    number: u32,
}

enum Stage<P> {
    First,
    Backward { point: P },
    Forward,
    ExtensionBackward,
    ExtensionForward,
}

impl<P: PhasePoint> WireAttempt<P> {
    fn request(&mut self, start: P, stop: Stop, trial: &Trial<'_, P>) -> Step<P> {
        let number = self.number;
        self.number += 1;
        let most_frames = trial.ensemble.most_frames() - 1;
        Step::Run(LegRequest { start, stop, most_frames, keep_points: true, number })
    }

    /// Draws the first wire.
    fn select(&mut self, trial: &Trial<'_, P>) -> bool {
        let wires = self.strip.wires(&self.present.frames);
        self.frames = wires.iter().map(Range::len).sum();
        if self.frames == 0 {
            return false;
        }
        let mut left = trial.index("wire", 0, self.frames);
        for wire in wires {
            if left < wire.len() {
                self.wire = self.present.frames[wire.start - 1..=wire.end].to_vec();
                return true;
            }
            left -= wire.len();
        }
        false
    }

    /// Begins the next shot, or the extension after the last.
    fn shoot(&mut self, trial: &Trial<'_, P>) -> Result<Step<P>, DynamicsError> {
        if self.shot == self.shots {
            return self.extend_backward(trial);
        }
        let index = 1 + trial.index("wire frame", self.shot, self.wire.len() - 2);
        let point = trial.renewed(&self.wire[index].point, 0.0, self.shot)?;
        self.shot += 1;
        let start = point.reversed();
        self.stage = Stage::Backward { point };
        Ok(self.request(start, self.strip.stop(), trial))
    }

    fn extend_backward(&mut self, trial: &Trial<'_, P>) -> Result<Step<P>, DynamicsError> {
        let first = &self.wire[0];
        match first.place.state {
            Some(State::A) => self.extend_forward(trial),
            Some(State::B) => Ok(Step::rejected(Rejection::WrongEnds)),
            None => {
                let start = first.point.reversed();
                self.stage = Stage::ExtensionBackward;
                Ok(self.request(start, Stop::InState, trial))
            }
        }
    }

    fn extend_forward(&mut self, trial: &Trial<'_, P>) -> Result<Step<P>, DynamicsError> {
        let last = &self.wire[self.wire.len() - 1];
        if last.place.state.is_some() {
            return Ok(self.decide(trial));
        }
        let start = last.point.clone();
        self.stage = Stage::ExtensionForward;
        Ok(self.request(start, Stop::InState, trial))
    }

    fn decide(&mut self, trial: &Trial<'_, P>) -> Step<P> {
        let path = FreePath::renewed(std::mem::take(&mut self.wire));
        if path.frames.len() > trial.ensemble.most_frames() {
            return Step::rejected(Rejection::TooLong);
        }
        if !trial.ensemble.contains(&path.frames) {
            return Step::rejected(Rejection::WrongEnds);
        }
        let new: usize = self.strip.wires(&path.frames).iter().map(Range::len).sum();
        if trial.acceptance() * (new as f64) < self.frames as f64 {
            Step::Accept(path)
        } else {
            Step::rejected(Rejection::AcceptanceRatio)
        }
    }
}

impl<P: PhasePoint> Attempt<P> for WireAttempt<P> {
    fn next(&mut self, leg: Option<Leg<P>>, trial: &Trial<'_, P>) -> Result<Step<P>, DynamicsError> {
        let stage = std::mem::replace(&mut self.stage, Stage::First);
        let leg = match (&stage, leg) {
            (Stage::First, _) => {
                return if self.select(trial) {
                    self.shoot(trial)
                } else {
                    Ok(Step::rejected(Rejection::NotApplicable))
                };
            }
            (_, None) => return Ok(Step::rejected(Rejection::NotApplicable)),
            (_, Some(leg)) if leg.failure.is_some() => return Ok(Step::rejected(Rejection::BlewUp)),
            (_, Some(leg)) => leg,
        };
        match stage {
            Stage::First => Ok(Step::rejected(Rejection::NotApplicable)),
            Stage::Backward { point } => {
                if !leg.is_ended {
                    return self.shoot(trial);
                }
                self.legs.push_back(leg);
                self.stage = Stage::Forward;
                Ok(self.request(point, self.strip.stop(), trial))
            }
            Stage::Forward => {
                if let (true, Some(backward)) = (leg.is_ended, self.legs.pop_front()) {
                    let wire = joined(&backward.frames, leg.frames);
                    // A wire that could not be part of a path is not entered either, so that every shot has its reverse.
                    let fits = wire.len() <= trial.ensemble.most_frames();
                    if fits && (self.strip.is_below(&wire[0]) || self.strip.is_below(&wire[wire.len() - 1])) {
                        self.wire = wire;
                    }
                }
                self.legs.clear();
                self.shoot(trial)
            }
            Stage::ExtensionBackward => {
                if !leg.is_ended {
                    return Ok(Step::rejected(Rejection::TooLong));
                }
                if leg.state() != Some(State::A) {
                    return Ok(Step::rejected(Rejection::WrongEnds));
                }
                let mut frames = reversed(&leg.frames[1..]);
                frames.append(&mut self.wire);
                self.wire = frames;
                self.extend_forward(trial)
            }
            Stage::ExtensionForward => {
                if !leg.is_ended {
                    return Ok(Step::rejected(Rejection::TooLong));
                }
                self.wire.extend(leg.frames.into_iter().skip(1));
                Ok(self.decide(trial))
            }
        }
    }
}
