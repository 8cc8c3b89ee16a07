//! Temperature replica exchange: copies of a molecule at many temperatures, with exchanges between neighbours.
//!
//! The hot copies cross barriers and pass what they find down to the cold ones (Y. Sugita and Y. Okamoto, Chem. Phys. Lett.
//! 314, 141 (1999)). In an exchange replicas keep their positions and swap temperatures; velocities are rescaled. Samples of
//! all temperatures are kept: [`reweight_temperatures`](geodyssey_statistics::reweight_temperatures) gives them the weights of any one temperature.

mod exchanges;
mod parameters;

pub use exchanges::Exchanges;
pub use parameters::{ReplicaExchangeParameters, geometric_ladder};

use geodyssey_dynamics::{Batch, Bias, DynamicsError, Engine, Langevin, Replica};
use geodyssey_molecule::units::thermal_energy_kj_mol;
use geodyssey_statistics::{RandomStream, WrongInput, effective_sample_size};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use parameters::Schedule;

/// A replica-exchange run: everything that stays constant during the run.
pub struct ReplicaExchange<'a> {
    engine: &'a dyn Engine,
    temperatures_k: Vec<f64>,
    thermal_energies: Vec<f64>,
    betas: Vec<f64>,
    parameters: ReplicaExchangeParameters,
    schedule: Schedule,
    law: Langevin,
    random: RandomStream,
    exchange_random: RandomStream,
}

/// The state of a run: everything needed to continue later with identical bits. All numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicaExchangeState {
    /// Rounds done; a round ends with an attempt to exchange.
    pub rounds: u64,
    /// The replicas, in batches.
    pub replicas: Vec<Vec<Replica>>,
    /// Their places on the ladders.
    pub exchanges: Exchanges,
    /// The frames kept so far.
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
    /// A run at these temperatures (K), the lowest first; see [`geometric_ladder`].
    ///
    /// # Errors
    /// Fewer than two temperatures, temperatures that do not increase, or a parameter that cannot be used.
    pub fn new(
        engine: &'a dyn Engine,
        temperatures_k: Vec<f64>,
        parameters: ReplicaExchangeParameters,
        seed: u64,
    ) -> Result<Self, DynamicsError> {
        if temperatures_k.len() < 2 {
            let found = temperatures_k.len();
            return Err(WrongInput::TooFew { what: "temperatures", least: 2, found }.into());
        }
        for &temperature in &temperatures_k {
            WrongInput::check_positive("a temperature in K", temperature)?;
        }
        if temperatures_k.windows(2).any(|pair| pair[1] <= pair[0]) {
            return Err(DynamicsError::Parameters(
                "each temperature must be higher than the one before".to_owned(),
            ));
        }
        if parameters.ladders == 0 {
            return Err(WrongInput::TooFew { what: "ladders", least: 1, found: 0 }.into());
        }
        let thermal_energies: Vec<f64> =
            temperatures_k.iter().map(|&temperature| thermal_energy_kj_mol(temperature)).collect();
        let random = RandomStream::new(seed, "replica exchange");
        Ok(Self {
            engine,
            betas: thermal_energies.iter().map(|energy| 1.0 / energy).collect(),
            schedule: Schedule::new(&parameters)?,
            law: Langevin::new(parameters.time_step_ps, parameters.friction_per_ps, thermal_energies[0])?,
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
    pub fn start(&self, structures: &[Vec<[f64; 3]>]) -> Result<ReplicaExchangeState, DynamicsError> {
        if structures.is_empty() {
            return Err(WrongInput::TooFew { what: "starting structures", least: 1, found: 0 }.into());
        }
        let exchanges = Exchanges::new(self.temperatures_k.len(), self.parameters.ladders);
        let numbers: Vec<u32> = (0..self.replica_count() as u32).collect();
        let mut replicas = Vec::new();
        for block in numbers.chunks(self.engine.capabilities().replicas_per_batch) {
            // Ladders take the structures in turn, so that different ladders start the same temperature from different structures.
            let structure = |replica: usize| {
                let (ladder, place) = (replica / self.betas.len(), replica % self.betas.len());
                &structures[(ladder + place) % structures.len()]
            };
            let energies = self.block_thermal_energies(&exchanges, block.iter().copied());
            let block: Vec<Replica> = block
                .iter()
                .zip(energies)
                .map(|(&replica, energy)| Replica::new(replica, structure(replica as usize).clone(), energy))
                .collect();
            let batch = self.open(&block)?;
            let observed = batch.observed();
            let energies = &observed.potential_energies_kj_mol[..observed.replicas()];
            if energies.iter().any(|energy| !energy.is_finite()) {
                return Err(WrongInput::NotFinite { what: "the energy of a starting structure" }.into());
            }
            replicas.push(batch.replicas()?);
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

    /// Thermal energies of the temperatures, kJ/mol.
    pub fn thermal_energies_kj_mol(&self) -> &[f64] {
        &self.thermal_energies
    }

    /// Number of replicas of all ladders.
    pub fn replica_count(&self) -> usize {
        self.temperatures_k.len() * self.parameters.ladders
    }

    /// Total number of rounds.
    pub fn rounds(&self) -> u64 {
        self.schedule.rounds()
    }

    /// Total number of frames, all temperatures together.
    pub fn frame_count(&self) -> u64 {
        self.schedule.sampling / self.schedule.rounds_per_frame * self.replica_count() as u64
    }

    /// Total number of energy evaluations.
    pub fn energy_evaluations(&self) -> u64 {
        (self.rounds() * self.schedule.steps_per_round + 1) * self.replica_count() as u64
    }

    /// Whether the run is done.
    pub fn is_finished(&self, state: &ReplicaExchangeState) -> bool {
        state.rounds >= self.rounds()
    }

    /// Continues for at most `rounds` rounds or to the end of the run. The result is identical to the last bit however a run is divided
    /// into such calls, and on any number of threads.
    ///
    /// # Errors
    /// A replica that blows up; a state of another run.
    pub fn advance(
        &self,
        state: ReplicaExchangeState,
        rounds: u64,
    ) -> Result<ReplicaExchangeState, DynamicsError> {
        let ReplicaExchangeState {
            rounds: mut done,
            replicas,
            mut exchanges,
            mut frames,
            mut energy_evaluations,
        } = state;
        let replica_count: usize = replicas.iter().map(Vec::len).sum();
        WrongInput::check_count("replicas in a stored state", self.replica_count(), replica_count)?;
        if !exchanges.fits(self.temperatures_k.len(), self.parameters.ladders) {
            return Err(DynamicsError::Parameters("the stored state belongs to another ladder".to_owned()));
        }
        // Replicas are found by their number.
        let size = self.engine.capabilities().replicas_per_batch;
        let is_full = |batch: &Vec<Replica>| batch.len() == size;
        if !replicas.iter().rev().skip(1).all(is_full)
            || replicas.last().is_some_and(|last| last.len() > size)
        {
            return Err(DynamicsError::Parameters(
                "the stored state is of an engine with other batches".to_owned(),
            ));
        }
        let mut batches =
            replicas.iter().map(|replicas| self.open(replicas)).collect::<Result<Vec<_>, _>>()?;
        let last = self.rounds().min(done.saturating_add(rounds));
        while done < last {
            batches.par_iter_mut().try_for_each(|batch| batch.advance(self.schedule.steps_per_round))?;
            done += 1;
            energy_evaluations += self.replica_count() as u64 * self.schedule.steps_per_round;
            self.check(&batches, &exchanges)?;
            let sampled = done.saturating_sub(self.schedule.equilibration);
            if sampled > 0 && sampled.is_multiple_of(self.schedule.rounds_per_frame) {
                self.keep(&batches, &exchanges, &mut frames);
            }
            self.exchange(&mut batches, &mut exchanges, done - 1, sampled > 0)?;
        }
        Ok(ReplicaExchangeState {
            rounds: done,
            replicas: batches.iter().map(|batch| batch.replicas()).collect::<Result<_, _>>()?,
            exchanges,
            frames,
            energy_evaluations,
        })
    }

    /// Effective number of independent samples at the lowest temperature, all ladders together: the least over the sines and cosines of
    /// periodic variables and the values of others; see [`effective_sample_size`]. `None` if there are too few frames for an estimate.
    pub fn effective_sample_size(&self, frames: &Frames) -> Option<f64> {
        let periods = self.engine.periods();
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

    fn open(&self, replicas: &[Replica]) -> Result<Box<dyn Batch + 'a>, DynamicsError> {
        self.engine.open(replicas, self.law, self.random, &Bias::None)
    }

    /// Thermal energies of some replicas.
    fn block_thermal_energies(
        &self,
        exchanges: &Exchanges,
        replicas: impl IntoIterator<Item = u32>,
    ) -> Vec<f64> {
        let temperature = |replica: u32| exchanges.temperature_of()[replica as usize];
        replicas.into_iter().map(|replica| self.thermal_energies[temperature(replica)]).collect()
    }

    fn check(&self, batches: &[Box<dyn Batch + 'a>], exchanges: &Exchanges) -> Result<(), DynamicsError> {
        let failures = batches.iter().flat_map(|batch| batch.observed().failures).flatten();
        let Some(failure) = failures.min_by_key(|failure| failure.path) else { return Ok(()) };
        let replica = failure.path as usize;
        Err(DynamicsError::Diverged {
            replica,
            temperature_k: self.temperatures_k[exchanges.temperature_of()[replica]],
            time_ps: failure.step as f64 * self.parameters.time_step_ps,
        })
    }

    fn keep(&self, batches: &[Box<dyn Batch + 'a>], exchanges: &Exchanges, frames: &mut Frames) {
        let size = self.engine.capabilities().replicas_per_batch;
        for replica in exchanges.replicas_by_temperature() {
            let (observed, lane) = (batches[replica / size].observed(), replica % size);
            frames.potential_energies_kj_mol.push(observed.potential_energies_kj_mol[lane]);
            frames.variables.extend(observed.variables(lane));
        }
    }

    fn exchange(
        &self,
        batches: &mut [Box<dyn Batch + 'a>],
        exchanges: &mut Exchanges,
        attempt: u64,
        counted: bool,
    ) -> Result<(), DynamicsError> {
        let energies: Vec<f64> = batches
            .iter()
            .flat_map(|batch| {
                let observed = batch.observed();
                observed.potential_energies_kj_mol[..observed.replicas()].iter().copied()
            })
            .collect();
        let uniform =
            |ladder: usize, pair: usize| self.exchange_random.uniform(ladder as u32, attempt, pair as u32);
        exchanges.attempt(attempt, &energies, &self.betas, uniform, counted);
        let mut first = 0;
        for batch in batches {
            let last = first + batch.observed().replicas() as u32;
            batch.set_thermal_energies(&self.block_thermal_energies(exchanges, first..last))?;
            first = last;
        }
        Ok(())
    }
}
