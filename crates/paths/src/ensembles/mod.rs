//! Path ensembles: free dynamics between two states, sampled by Monte Carlo in path space.
//!
//! A [`FreePath`] is a piece of unbiased dynamics. A [`PathEnsemble`] says which pieces count. A [`PathMove`] proposes another path and
//! accepts it so that the ensemble stays invariant; a [`PathChain`] makes one trial after another. None of these runs dynamics: they ask for
//! [`Leg`]s, which [`Lanes`] runs with an engine, those of many chains at a time.

mod chain;
mod committor;
mod ensemble;
mod frame;
mod interface_sampling;
mod lanes;
mod leg;
pub mod moves;
mod path_move;
mod seeding;
mod selection;
mod shared;
mod transition_sampling;
mod trial;

pub use chain::{ChainProtocol, ChainStep, MoveCount, Outcome, PathChain};
pub use committor::{CommittorPoint, CommittorProtocol};
pub use ensemble::PathEnsemble;
pub use frame::{AtomsPoint, Frame, FreePath, PhasePoint, Place, State};
pub use interface_sampling::{
    CycleRecord, ExchangeCount, InterfaceProtocol, InterfaceSimulation, MOST_ENSEMBLES, interface_ensembles,
};
pub use lanes::{EngineVelocities, Errand, LaneUse, Lanes, LanesState, LegSource, Places, RunningLanes};
pub use leg::{Leg, LegRequest, Stop};
pub use path_move::PathMove;
pub use seeding::{Seeding, SeedingProtocol, ShotCounts};
pub use selection::{FrameSelection, FrameWeight};
pub use transition_sampling::{KeptPath, PathRecord, TransitionChain, TrialRecord};
pub use trial::{Attempt, Rejection, Step, Trial, Velocities};
