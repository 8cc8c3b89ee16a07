//! Replica exchange transition interface sampling (RETIS): one chain in every ensemble, and exchanges between neighbours.

use std::sync::Arc;

use geodyssey_dynamics::DynamicsError;
use geodyssey_statistics::RandomStream;
use serde::{Deserialize, Serialize};

use super::chain::{ChainProtocol, ChainStep, MoveCount, PathChain};
use super::ensemble::PathEnsemble;
use super::frame::{AtomsPoint, FreePath, PhasePoint as _, State, reversed};
use super::lanes::{Errand, LegSource};
use super::leg::{Leg, LegRequest, Stop};

/// Numbers of the legs that exchanges with `[0⁻]` need, beyond those of moves.
const INSIDE_LEG: u32 = 250;
const OUTSIDE_LEG: u32 = 251;
/// Chains of one simulation in the random stream.
const CHAINS: u32 = 64;

/// Most ensembles of a simulation.
pub const MOST_ENSEMBLES: usize = CHAINS as usize;

/// What all simulations have in common.
pub struct InterfaceProtocol<'p> {
    /// `[0⁻]`, `[0⁺]`, `[1⁺]`, …, each with its moves.
    pub ensembles: Vec<ChainProtocol<'p, AtomsPoint>>,
    /// The interfaces λ₀, λ₁, …: of `[0⁺]`, `[1⁺]`, ….
    pub interfaces: Vec<f64>,
    /// Probability with which a cycle is one of exchanges.
    pub exchange_share: f64,
    /// Probability with which a cycle makes the trial in `[0⁻]`, or the exchange with it. Paths inside A may be much longer than all others,
    /// and only their mean length is needed.
    pub inside_share: f64,
    /// Random numbers.
    pub random: RandomStream,
}

/// What a cycle leaves in one ensemble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleRecord {
    /// Frames between the ends of the present path.
    pub inner_frames: u32,
    /// Index of the highest interface that its path reaches, from 0; the number of interfaces if it ends in B.
    pub level: u32,
}

/// Attempted and accepted exchanges of a pair of neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeCount {
    /// Attempted.
    pub attempted: u64,
    /// Accepted.
    pub accepted: u64,
}

/// The chains of one simulation.
#[derive(Serialize, Deserialize)]
pub struct InterfaceSimulation {
    number: u32,
    cycle: u64,
    goal: u64,
    chains: Vec<PathChain<AtomsPoint>>,
    /// Which chains have made their trial of this cycle; none in a cycle of exchanges.
    done: Option<Vec<bool>>,
    /// The new path inside A and the one outside, in a cycle that exchanges `[0⁻]` and `[0⁺]`.
    crossing: Option<[Option<Leg<AtomsPoint>>; 2]>,
    requested: u32,
    /// `[cycle][ensemble]`.
    pub records: Vec<Vec<CycleRecord>>,
    /// By pair of neighbours.
    pub exchanges: Vec<ExchangeCount>,
}

impl InterfaceSimulation {
    /// A simulation before its first cycle: a path for every ensemble.
    #[must_use]
    pub fn new(
        number: u32,
        first: Vec<FreePath<AtomsPoint>>,
        goal: u64,
        protocol: &InterfaceProtocol<'_>,
    ) -> Self {
        let chains = first.into_iter().zip(&protocol.ensembles).zip(0..);
        let chains: Vec<_> = chains
            .map(|((path, ensemble), index)| {
                PathChain::new(number * CHAINS + index, path, ensemble.moves.len())
            })
            .collect();
        Self {
            number,
            cycle: 0,
            goal,
            done: None,
            crossing: None,
            requested: 0,
            records: Vec::new(),
            exchanges: vec![ExchangeCount::default(); chains.len().saturating_sub(1)],
            chains,
        }
    }

    /// Its chains: in `[0⁻]`, `[0⁺]`, `[1⁺]`, ….
    #[must_use]
    pub fn chains(&self) -> &[PathChain<AtomsPoint>] {
        &self.chains
    }

    /// How often each move was made in each ensemble.
    #[must_use]
    pub fn counts(&self) -> Vec<&[MoveCount]> {
        self.chains.iter().map(PathChain::counts).collect()
    }

    fn uniform(&self, purpose: &str, protocol: &InterfaceProtocol<'_>) -> f64 {
        protocol.random.substream(purpose).uniform(self.number, self.cycle, 0)
    }

    /// The first of the pairs that this cycle exchanges.
    fn first_pair(&self, protocol: &InterfaceProtocol<'_>) -> usize {
        usize::from(self.uniform("pairs", protocol) < 0.5)
    }

    fn begin_cycle(&mut self, protocol: &InterfaceProtocol<'_>) {
        let exchanges = self.cycle > 0 && self.uniform("cycle", protocol) < protocol.exchange_share;
        let with_inside = self.uniform("inside", protocol) < protocol.inside_share;
        if !exchanges {
            let mut done = vec![false; self.chains.len()];
            done[0] = !with_inside;
            self.done = Some(done);
            return;
        }
        let first = self.first_pair(protocol);
        let pairs: Vec<usize> = (first..self.exchanges.len()).step_by(2).collect();
        for pair in pairs {
            if pair == 0 && !with_inside {
                continue;
            }
            if pair == 0 {
                self.crossing = Some([None, None]);
                self.requested = 0;
            } else {
                self.exchange(pair, protocol);
            }
        }
    }

    /// Exchanges two ensembles outside A, if each path belongs to the other.
    fn exchange(&mut self, pair: usize, protocol: &InterfaceProtocol<'_>) {
        let count = &mut self.exchanges[pair];
        count.attempted += 1;
        let [lower, upper] = [self.chains[pair].present().clone(), self.chains[pair + 1].present().clone()];
        if protocol.ensembles[pair + 1].ensemble.contains(&lower.frames) {
            count.accepted += 1;
            self.chains[pair].replace(upper);
            self.chains[pair + 1].replace(lower);
        }
    }

    /// Ends an exchange of `[0⁻]` and `[0⁺]`: each path goes on, free, into the region of the other.
    fn cross(&mut self, inside: Leg<AtomsPoint>, outside: Leg<AtomsPoint>, protocol: &InterfaceProtocol<'_>) {
        self.exchanges[0].attempted += 1;
        let [old_inside, old_outside] = [self.chains[0].present().clone(), self.chains[1].present().clone()];
        let is_whole = |leg: &Leg<AtomsPoint>| leg.is_ended && leg.failure.is_none();
        if !is_whole(&inside) || !is_whole(&outside) {
            return;
        }
        let mut new_inside = reversed(&inside.frames);
        new_inside.push(old_outside.frames[1].clone());
        let mut new_outside = vec![old_inside.frames[old_inside.frames.len() - 2].clone()];
        new_outside.extend(outside.frames);
        let fits = |ensemble: usize, frames: &[_]| protocol.ensembles[ensemble].ensemble.contains(frames);
        if fits(0, &new_inside) && fits(1, &new_outside) {
            self.exchanges[0].accepted += 1;
            self.chains[0].replace(Arc::new(FreePath::renewed(new_inside)));
            self.chains[1].replace(Arc::new(FreePath::renewed(new_outside)));
        }
    }

    fn end_cycle(&mut self, protocol: &InterfaceProtocol<'_>) {
        let record = |chain: &PathChain<AtomsPoint>| {
            let path = chain.present();
            let highest = path.highest_level();
            let level = if path.end() == Some(State::B) {
                protocol.interfaces.len()
            } else {
                protocol.interfaces.iter().skip(1).filter(|interface| highest >= **interface).count()
            };
            CycleRecord { inner_frames: path.inner_frames() as u32, level: level as u32 }
        };
        self.records.push(self.chains.iter().map(record).collect());
        self.cycle += 1;
        self.done = None;
        self.crossing = None;
    }

    /// The legs that an exchange of `[0⁻]` and `[0⁺]` needs.
    fn crossing_leg(&mut self, protocol: &InterfaceProtocol<'_>) -> Errand {
        let is_inside = self.requested == 0;
        self.requested += 1;
        let (start, stop, ensemble, number) = if is_inside {
            // Backward from where the path outside leaves A.
            let first = &self.chains[1].present().frames[0];
            (first.point.reversed(), Stop::OutOfStart, 0, INSIDE_LEG)
        } else {
            let inside = self.chains[0].present();
            (inside.frames[inside.frames.len() - 1].point.clone(), Stop::InState, 1, OUTSIDE_LEG)
        };
        let most_frames = protocol.ensembles[ensemble].ensemble.most_frames() - 1;
        let leg = LegRequest { start, stop, most_frames, keep_points: true, number };
        let chain = self.number * CHAINS + u32::from(!is_inside);
        Errand { slot: number, chain, trial: self.cycle, leg }
    }
}

impl LegSource for InterfaceSimulation {
    type Protocol<'p> = InterfaceProtocol<'p>;

    fn next_leg(&mut self, protocol: &Self::Protocol<'_>) -> Result<Option<Errand>, DynamicsError> {
        while self.cycle < self.goal {
            if self.done.is_none() && self.crossing.is_none() {
                self.begin_cycle(protocol);
            }
            match (&mut self.done, &self.crossing) {
                (Some(done), _) => {
                    for (index, chain) in self.chains.iter_mut().enumerate() {
                        while !done[index] && !chain.is_waiting() {
                            let (trial, number) = (chain.trials(), chain.number());
                            match chain.advance(&protocol.ensembles[index])? {
                                Some(ChainStep::Run(leg)) => {
                                    let slot = index as u32;
                                    return Ok(Some(Errand { slot, chain: number, trial, leg }));
                                }
                                Some(ChainStep::Over(_)) => done[index] = true,
                                None => break,
                            }
                        }
                    }
                    if !done.iter().all(|done| *done) {
                        return Ok(None);
                    }
                }
                (None, Some(_)) if self.requested < 2 => return Ok(Some(self.crossing_leg(protocol))),
                (None, Some([Some(inside), Some(outside)])) => {
                    let (inside, outside) = (inside.clone(), outside.clone());
                    self.cross(inside, outside, protocol);
                }
                (None, Some(_)) => return Ok(None),
                // A cycle whose exchanges needed no legs.
                (None, None) => {}
            }
            self.end_cycle(protocol);
        }
        Ok(None)
    }

    fn take(
        &mut self,
        slot: u32,
        leg: Leg<AtomsPoint>,
        _protocol: &Self::Protocol<'_>,
    ) -> Result<(), DynamicsError> {
        match (slot, &mut self.crossing) {
            (INSIDE_LEG, Some([inside, _])) => *inside = Some(leg),
            (OUTSIDE_LEG, Some([_, outside])) => *outside = Some(leg),
            _ => self.chains[slot as usize].take(leg),
        }
        Ok(())
    }

    fn progress(&self) -> u64 {
        self.cycle
    }

    fn goal(&self) -> u64 {
        self.goal
    }
}

/// The ensembles of interfaces λ₀ < λ₁ < …: `[0⁻]`, `[0⁺]`, `[1⁺]`, …. λ₀ is the border of A, which every path of `[0⁺]` crosses by leaving A.
#[must_use]
pub fn interface_ensembles(interfaces: &[f64], most_frames: usize) -> Vec<PathEnsemble> {
    let inside = PathEnsemble::Inside { most_frames };
    let crossing = interfaces.iter().enumerate().map(|(index, &interface)| PathEnsemble::Crossing {
        interface: if index == 0 { f64::MIN } else { interface },
        most_frames,
    });
    std::iter::once(inside).chain(crossing).collect()
}
