//! Temperature replica exchange: copies of a molecule at many temperatures, of which neighbours change places.
//!
//! The hot copies cross barriers and hand what they find down to the cold ones (Y. Sugita and Y. Okamoto, Chem. Phys. Lett.
//! 314, 141 (1999)). Replicas keep their positions and change their temperatures; velocities are scaled with them. Samples of
//! all temperatures are kept: [`crate::reweight_temperatures`] gives them the weights of any one temperature.

mod exchanges;
mod parameters;

pub use exchanges::Exchanges;
pub use parameters::{ReplicaExchangeParameters, geometric_ladder};

use geodyssey_molecule::Replicas;
use geodyssey_molecule::units::thermal_energy_kj_mol;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::baoab::Baoab;
use crate::bias::NoBias;
use crate::effective_size::effective_sample_size;
use crate::error::SamplingError;
use crate::random::RandomStream;
use crate::state::{LangevinSnapshot, LangevinState};
use crate::system::MolecularSystem;
use parameters::Schedule;

/// Replicas of one block: a block is the unit of parallel work, so the result does not depend on the number of threads.
const BLOCK: usize = 16;

/// A replica-exchange run: all that does not change while it runs.
pub struct ReplicaExchange<'a> {
    system: MolecularSystem<'a>,
    temperatures_k: Vec<f64>,
    thermal_energies: Vec<f64>,
    betas: Vec<f64>,
    parameters: ReplicaExchangeParameters,
    schedule: Schedule,
    integrator: Baoab,
    random: RandomStream,
    exchange_random: RandomStream,
}

/// Where a run stands; all that must be kept to go on later with the same bits. All numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicaExchangeState {
    /// Rounds done; one ends with an attempt to exchange.
    pub rounds: u64,
    /// The replicas, in blocks.
    pub replicas: Vec<LangevinSnapshot>,
    /// Their places.
    pub exchanges: Exchanges,
    /// What was kept of them.
    pub frames: Frames,
    /// Evaluations of the potential energy and its gradient so far.
    pub energy_evaluations: u64,
}

/// Kept frames, ordered by time, then ladder, then temperature: frame `n` is at temperature `n % temperatures`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frames {
    /// Values of the variables, `[frame][variable]`.
    pub variables: Vec<f64>,
    /// Potential energy of every frame, kJ/mol.
    pub potential_energies_kj_mol: Vec<f64>,
}

impl<'a> ReplicaExchange<'a> {
    /// A run of `system` at these temperatures (K), the lowest first; see [`geometric_ladder`].
    ///
    /// # Errors
    /// Fewer than two temperatures, or such that do not rise; a parameter that cannot be used.
    pub fn new(
        system: MolecularSystem<'a>,
        temperatures_k: Vec<f64>,
        parameters: ReplicaExchangeParameters,
        seed: u64,
    ) -> Result<Self, SamplingError> {
        if temperatures_k.len() < 2 {
            let found = temperatures_k.len();
            return Err(SamplingError::TooFew { what: "temperatures", least: 2, found });
        }
        for &temperature in &temperatures_k {
            SamplingError::check_positive("a temperature in K", temperature)?;
        }
        if temperatures_k.windows(2).any(|pair| pair[1] <= pair[0]) {
            return Err(SamplingError::Parameters("temperatures must rise from one to the next".to_owned()));
        }
        if parameters.ladders == 0 {
            return Err(SamplingError::TooFew { what: "ladders", least: 1, found: 0 });
        }
        let thermal_energies: Vec<f64> =
            temperatures_k.iter().map(|&temperature| thermal_energy_kj_mol(temperature)).collect();
        let random = RandomStream::new(seed, "replica exchange");
        Ok(Self {
            system,
            betas: thermal_energies.iter().map(|energy| 1.0 / energy).collect(),
            schedule: Schedule::new(&parameters)?,
            integrator: Baoab::new(parameters.time_step_ps, parameters.friction_per_ps, thermal_energies[0])?,
            exchange_random: random.substream("exchange"),
            random,
            temperatures_k,
            thermal_energies,
            parameters,
        })
    }

    /// The state before the first step: replicas start from the given structures (positions in nm) in turn, with thermal
    /// velocities.
    ///
    /// # Errors
    /// No structure, a wrong number of atoms, or a position or energy that is not finite.
    pub fn start(&self, structures: &[Vec<[f64; 3]>]) -> Result<ReplicaExchangeState, SamplingError> {
        if structures.is_empty() {
            return Err(SamplingError::TooFew { what: "starting structures", least: 1, found: 0 });
        }
        for structure in structures {
            SamplingError::check_count("atoms", self.system.engine().atoms(), structure.len())?;
        }
        let exchanges = Exchanges::new(self.temperatures_k.len(), self.parameters.ladders);
        let numbers: Vec<u32> = (0..self.replica_count() as u32).collect();
        let mut replicas = Vec::new();
        for block in numbers.chunks(BLOCK) {
            // Ladders take the structures in turn: every other ladder starts a temperature from another one.
            let frames: Vec<&Vec<[f64; 3]>> = block
                .iter()
                .map(|&replica| {
                    let (ladder, place) =
                        (replica as usize / self.betas.len(), replica as usize % self.betas.len());
                    &structures[(ladder + place) % structures.len()]
                })
                .collect();
            let mut state = LangevinState::new(&self.system, &NoBias, Replicas::from_frames(&frames), block)?;
            if state.potential_energies.iter().any(|energy| !energy.is_finite()) {
                return Err(SamplingError::NotFinite { what: "the energy of a starting structure" });
            }
            let energies = self.block_thermal_energies(&exchanges, block);
            self.integrator.draw_velocities_at(&self.system, &self.random, &mut state, &energies);
            replicas.push(state.snapshot());
        }
        Ok(ReplicaExchangeState {
            rounds: 0,
            replicas,
            exchanges,
            frames: Frames::default(),
            energy_evaluations: self.replica_count() as u64,
        })
    }

    /// Temperatures, lowest first, K.
    pub fn temperatures_k(&self) -> &[f64] {
        &self.temperatures_k
    }

    /// Thermal energies that go with them, kJ/mol.
    pub fn thermal_energies_kj_mol(&self) -> &[f64] {
        &self.thermal_energies
    }

    /// Replicas of all ladders.
    pub fn replica_count(&self) -> usize {
        self.temperatures_k.len() * self.parameters.ladders
    }

    /// Rounds of the whole run.
    pub fn rounds(&self) -> u64 {
        self.schedule.rounds()
    }

    /// Frames of the whole run, all temperatures together.
    pub fn frame_count(&self) -> u64 {
        self.schedule.sampling / self.schedule.rounds_per_frame * self.replica_count() as u64
    }

    /// Energy evaluations of the whole run.
    pub fn energy_evaluations(&self) -> u64 {
        (self.rounds() * self.schedule.steps_per_round + 1) * self.replica_count() as u64
    }

    /// Whether the run is done.
    pub fn is_finished(&self, state: &ReplicaExchangeState) -> bool {
        state.rounds >= self.rounds()
    }

    /// Goes on by at most `rounds` rounds, or to the end of the run. However a run is divided into such calls, and on
    /// however many threads, it gives the same bits.
    ///
    /// # Errors
    /// A replica that blows up; a state that is not of this run.
    pub fn advance(
        &self,
        state: ReplicaExchangeState,
        rounds: u64,
    ) -> Result<ReplicaExchangeState, SamplingError> {
        let ReplicaExchangeState {
            rounds: mut done,
            replicas,
            mut exchanges,
            mut frames,
            mut energy_evaluations,
        } = state;
        let replica_count: usize = replicas.iter().map(|block| block.paths.len()).sum();
        SamplingError::check_count("replicas in a stored state", self.replica_count(), replica_count)?;
        if !exchanges.fits(self.temperatures_k.len(), self.parameters.ladders) {
            return Err(SamplingError::Parameters("the stored state is of another ladder".to_owned()));
        }
        let mut blocks = replicas
            .iter()
            .map(|snapshot| LangevinState::restore(&self.system, &NoBias, snapshot))
            .collect::<Result<Vec<_>, _>>()?;
        let last = self.rounds().min(done.saturating_add(rounds));
        while done < last {
            blocks.par_iter_mut().for_each(|block| {
                let energies = self.block_thermal_energies(&exchanges, block.paths());
                let steps = self.schedule.steps_per_round;
                self.integrator.steps_at(&self.system, &NoBias, &self.random, block, &energies, steps);
            });
            done += 1;
            energy_evaluations += self.replica_count() as u64 * self.schedule.steps_per_round;
            self.check(&blocks, &exchanges)?;
            let sampled = done.saturating_sub(self.schedule.equilibration);
            if sampled > 0 && sampled.is_multiple_of(self.schedule.rounds_per_frame) {
                self.keep(&blocks, &exchanges, &mut frames);
            }
            self.exchange(&mut blocks, &mut exchanges, done - 1, sampled > 0);
        }
        Ok(ReplicaExchangeState {
            rounds: done,
            replicas: blocks.iter().map(LangevinState::snapshot).collect(),
            exchanges,
            frames,
            energy_evaluations,
        })
    }

    /// Number of independent samples that the lowest temperature's frames are worth: the least over the variables' sines and
    /// cosines (their values, where they have no period) of all ladders together; see [`effective_sample_size`]. `None` where
    /// there are too few frames to say.
    pub fn effective_sample_size(&self, frames: &Frames) -> Option<f64> {
        let periods = self.system.periods();
        let (temperatures, ladders) = (self.temperatures_k.len(), self.parameters.ladders);
        let series = |observable: &dyn Fn(&[f64]) -> f64| -> Vec<Vec<f64>> {
            let values: Vec<f64> =
                frames.variables.chunks_exact(periods.len()).step_by(temperatures).map(observable).collect();
            (0..ladders)
                .map(|ladder| values.iter().skip(ladder).step_by(ladders).copied().collect())
                .collect()
        };
        let sizes = periods.iter().enumerate().flat_map(|(index, period)| match period {
            Some(period) => {
                let turn = std::f64::consts::TAU / period;
                vec![
                    effective_sample_size(&series(&|x| (turn * x[index]).sin())),
                    effective_sample_size(&series(&|x| (turn * x[index]).cos())),
                ]
            }
            None => vec![effective_sample_size(&series(&|x| x[index]))],
        });
        sizes.flatten().reduce(f64::min)
    }

    /// Thermal energies of the replicas of one block.
    fn block_thermal_energies(&self, exchanges: &Exchanges, replicas: &[u32]) -> Vec<f64> {
        replicas
            .iter()
            .map(|&replica| self.thermal_energies[exchanges.temperature_of()[replica as usize]])
            .collect()
    }

    fn check(&self, blocks: &[LangevinState], exchanges: &Exchanges) -> Result<(), SamplingError> {
        let failures = blocks.iter().flat_map(LangevinState::failures).flatten();
        let Some(failure) = failures.min_by_key(|failure| failure.path) else { return Ok(()) };
        let replica = failure.path as usize;
        Err(SamplingError::Diverged {
            replica,
            temperature_k: self.temperatures_k[exchanges.temperature_of()[replica]],
            time_ps: failure.step as f64 * self.parameters.time_step_ps,
        })
    }

    fn keep(&self, blocks: &[LangevinState], exchanges: &Exchanges, frames: &mut Frames) {
        for replica in exchanges.replicas_by_temperature() {
            let (block, lane) = (&blocks[replica / BLOCK], replica % BLOCK);
            frames.potential_energies_kj_mol.push(block.potential_energies[lane]);
            let variables = 0..self.system.variables().len();
            frames.variables.extend(variables.map(|variable| block.variable(variable, lane)));
        }
    }

    fn exchange(&self, blocks: &mut [LangevinState], exchanges: &mut Exchanges, attempt: u64, counted: bool) {
        let energies: Vec<f64> = blocks
            .iter()
            .flat_map(|block| block.potential_energies[..block.replicas()].iter().copied())
            .collect();
        let uniform =
            |ladder: usize, pair: usize| self.exchange_random.uniform(ladder as u32, attempt, pair as u32);
        for swap in exchanges.attempt(attempt, &energies, &self.betas, uniform, counted) {
            let [first, second] = swap.temperatures.map(|index| self.thermal_energies[index]);
            let factors = [(second / first).sqrt(), (first / second).sqrt()];
            for (replica, factor) in swap.replicas.into_iter().zip(factors) {
                blocks[replica / BLOCK].scale_velocities(replica % BLOCK, factor);
            }
        }
    }
}
