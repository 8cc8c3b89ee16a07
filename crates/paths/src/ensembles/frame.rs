//! Frames of free paths, and the paths.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A point of phase space.
pub trait PhasePoint: Clone + Send + Sync {
    /// The same positions with opposite velocities.
    #[must_use]
    fn reversed(&self) -> Self;
}

/// Positions and velocities of a molecule's atoms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AtomsPoint {
    /// Positions, nm.
    pub positions: Vec<[f64; 3]>,
    /// Velocities, nm/ps.
    pub velocities: Vec<[f64; 3]>,
}

impl PhasePoint for AtomsPoint {
    fn reversed(&self) -> Self {
        let velocities = self.velocities.iter().map(|velocity| velocity.map(|component| -component));
        Self { positions: self.positions.clone(), velocities: velocities.collect() }
    }
}

/// One of the two states between which paths run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The state where transition paths begin.
    A,
    /// The state where they end.
    B,
}

/// Where a frame lies, as far as path ensembles are concerned. Both parts must be functions of the positions alone: a path and its
/// reverse pass the same places.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The state that it lies in, if any.
    pub state: Option<State>,
    /// The order parameter λ, by which interfaces are placed. In A it counts as lower than every interface, in B as higher.
    pub order: f64,
}

impl Place {
    /// The order parameter with A below and B above everything.
    #[must_use]
    pub fn level(&self) -> f64 {
        match self.state {
            Some(State::A) => f64::NEG_INFINITY,
            Some(State::B) => f64::INFINITY,
            None => self.order,
        }
    }
}

/// One frame of a free path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame<P> {
    /// Positions and velocities.
    pub point: P,
    /// The variables, in their own units.
    pub values: Vec<f64>,
    /// `U`, kJ/mol.
    pub potential_energy_kj_mol: f64,
    /// Where it lies.
    pub place: Place,
}

/// A piece of free dynamics: frames a fixed number of time steps apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FreePath<P> {
    /// Its frames in the order of time.
    pub frames: Vec<Frame<P>>,
    /// The frames that it still has from the first path of its chain; empty once every part has been sampled anew.
    pub inherited: Range<usize>,
    /// What [`SpringShooting`](super::moves::SpringShooting) remembers: the direction in which it shoots last, and the index of the frame.
    pub spring: Option<(bool, usize)>,
}

impl<P: PhasePoint> FreePath<P> {
    /// The first path of a chain.
    #[must_use]
    pub fn first(frames: Vec<Frame<P>>) -> Self {
        Self { inherited: 0..frames.len(), frames, spring: None }
    }

    /// A path of which no frame is inherited.
    #[must_use]
    pub fn renewed(frames: Vec<Frame<P>>) -> Self {
        Self { frames, inherited: 0..0, spring: None }
    }

    /// The state of its first frame.
    #[must_use]
    pub fn start(&self) -> Option<State> {
        self.frames.first().and_then(|frame| frame.place.state)
    }

    /// The state of its last frame.
    #[must_use]
    pub fn end(&self) -> Option<State> {
        self.frames.last().and_then(|frame| frame.place.state)
    }

    /// Number of frames between the first and the last.
    #[must_use]
    pub fn inner_frames(&self) -> usize {
        self.frames.len().saturating_sub(2)
    }

    /// Highest [`Place::level`].
    #[must_use]
    pub fn highest_level(&self) -> f64 {
        self.frames.iter().map(|frame| frame.place.level()).fold(f64::NEG_INFINITY, f64::max)
    }

    /// The same path backward in time.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let count = self.frames.len();
        Self {
            frames: reversed(&self.frames),
            inherited: count - self.inherited.end..count - self.inherited.start,
            spring: None,
        }
    }
}

/// Frames in the opposite order, with opposite velocities.
pub(super) fn reversed<P: PhasePoint>(frames: &[Frame<P>]) -> Vec<Frame<P>> {
    let turned = |frame: &Frame<P>| Frame { point: frame.point.reversed(), ..frame.clone() };
    frames.iter().rev().map(turned).collect()
}

/// The path that consists of a leg backward in time and a leg forward from the same frame; the frame is taken from the forward leg.
pub(super) fn joined<P: PhasePoint>(backward: &[Frame<P>], forward: Vec<Frame<P>>) -> Vec<Frame<P>> {
    let mut frames = reversed(&backward[1..]);
    frames.extend(forward);
    frames
}
