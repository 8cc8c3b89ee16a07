//! Free energies of a molecule's variables by multiple-walker well-tempered metadynamics.
//!
//! First the walkers fill the free energy with hills: Gaussians at where they are, of height
//! `w exp(-V/(kT(γ-1)))` (A. Barducci, G. Bussi and M. Parrinello, Phys. Rev. Lett. 100, 020603 (2008)), all on one common
//! bias (P. Raiteri et al., J. Phys. Chem. B 110, 3533 (2006)). If the two ends are known, filling continues, with a growing bias factor,
//! until walkers of each end have been at the other one and come back, or up to a limit. Then the bias is kept fixed, the walkers are
//! counted, and `F(x) = -V(x) - kT log N(x)`: an unbiased estimate, however unevenly the landscape was filled, with errors from groups of
//! independent walkers.

mod ends;
mod filling;
mod fluctuations;
mod flux;
mod free_energy;
mod groups;
mod hills;
mod parameters;
mod uncertainty;

pub use ends::{EndRegion, WalkerCrossings};
pub use filling::{NARROWEST_HILL, fewest_grid_points, grid_points_for, hill_width};
pub use fluctuations::{Fluctuations, fluctuations};
pub use flux::GroupCounts;
pub use free_energy::{CONVERGENCE_CEILING_KJ_MOL, EndsEstimate, FreeEnergy};
pub use groups::group_count;
pub use parameters::{MetadynamicsParameters, MetadynamicsVariable};

use std::sync::Arc;

use geodyssey_dynamics::{Batch, Bias, Engine, GridBias, Langevin, Observed, Replica};
use geodyssey_statistics::RandomStream;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::LandscapeError;
use ends::Phase;
use free_energy::Estimator;
use groups::Groups;
use parameters::Schedule;

/// A metadynamics run: everything that stays constant during the run.
pub struct Metadynamics<'a> {
    engine: &'a dyn Engine,
    variables: Vec<MetadynamicsVariable>,
    parameters: MetadynamicsParameters,
    schedule: Schedule,
    law: Langevin,
    random: RandomStream,
    hill_height: f64,
    ends: Option<[EndRegion; 2]>,
}

/// The state of a run: everything needed to continue later with identical bits. All numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetadynamicsState {
    /// Rounds done; a round lasts from one deposition to the next.
    pub rounds: u64,
    /// Rounds in which hills were deposited, known once filling has ended.
    pub filling_rounds: Option<u64>,
    /// Whether sampling is finished.
    pub finished: bool,
    /// The bias factor of the last hills.
    pub bias_factor: f64,
    /// The hills on the grid's nodes, kJ/mol.
    pub bias_kj_mol: Vec<f64>,
    /// Number of structures from which the walkers started, in turn.
    pub structures: usize,
    /// The walkers, in batches.
    pub walkers: Vec<Vec<Replica>>,
    /// How often each walker crossed from end to end.
    pub crossings: Vec<WalkerCrossings>,
    /// Counts of every grid point for each group of walkers.
    pub counts: Vec<GroupCounts>,
    /// Evaluations of the potential energy and its gradient so far.
    pub energy_evaluations: u64,
}

/// One count of a walker.
struct Visit {
    walker: usize,
    /// The grid point; none if the walker was beyond the ends of a non-periodic variable.
    node: Option<usize>,
    /// The end that it visited last.
    last_end: Option<usize>,
    /// Whether it arrived there from the other end since the previous count.
    arrived: bool,
}

impl<'a> Metadynamics<'a> {
    /// A run of an engine at `thermal_energy_kj_mol`, with one description for each of its variables, in their order.
    ///
    /// # Errors
    /// Descriptions that do not fit the variables; a parameter that cannot be used.
    pub fn new(
        engine: &'a dyn Engine,
        variables: Vec<MetadynamicsVariable>,
        parameters: MetadynamicsParameters,
        thermal_energy_kj_mol: f64,
        seed: u64,
    ) -> Result<Self, LandscapeError> {
        if variables.len() != engine.variables().len() {
            return Err(LandscapeError::Parameters(format!(
                "{} variables are described, but the engine has {}",
                variables.len(),
                engine.variables().len()
            )));
        }
        for (described, period) in variables.iter().zip(engine.periods()) {
            if described.axis.period != period {
                return Err(LandscapeError::Parameters(format!(
                    "the period of `{}` is {period:?}, not {:?}",
                    described.axis.name, described.axis.period
                )));
            }
        }
        let schedule = parameters.schedule()?;
        let law = Langevin::new(parameters.time_step_ps, parameters.friction_per_ps, thermal_energy_kj_mol)?;
        let nodes = variables.iter().map(|variable| variable.axis.count).product();
        hills::bias(&variables, vec![0.0; nodes], thermal_energy_kj_mol)?;
        let random = RandomStream::new(seed, "metadynamics");
        let hill_height = filling::hill_height(&parameters, &variables, thermal_energy_kj_mol);
        Ok(Self { engine, variables, parameters, schedule, law, random, hill_height, ends: None })
    }

    /// Sets the two ends between which walkers have to recross before filling ends. Without ends it ends after its least time.
    ///
    /// # Errors
    /// An end without one value and one positive radius for each variable.
    pub fn between(mut self, ends: [EndRegion; 2]) -> Result<Self, LandscapeError> {
        let fits = |end: &EndRegion| {
            end.center.len() == self.variables.len()
                && end.radius.len() == self.variables.len()
                && end.radius.iter().all(|radius| *radius > 0.0)
        };
        if !ends.iter().all(fits) {
            return Err(LandscapeError::Parameters(
                "an end needs one value and one positive radius for each variable".to_owned(),
            ));
        }
        self.ends = Some(ends);
        Ok(self)
    }

    /// The state before the first step: walkers start from the given structures (positions in nm) in turn, with thermal
    /// velocities.
    ///
    /// # Errors
    /// No structure, more than two between two ends, a wrong number of atoms, or a position or energy that is not finite.
    pub fn start(&self, structures: &[Vec<[f64; 3]>]) -> Result<MetadynamicsState, LandscapeError> {
        let atoms = self.engine.atoms();
        if structures.is_empty() || structures.iter().any(|structure| structure.len() != atoms) {
            return Err(LandscapeError::Parameters(format!(
                "at least one starting structure of {atoms} atoms is needed"
            )));
        }
        if self.ends.is_some() && structures.len() > 2 {
            return Err(LandscapeError::Parameters(format!(
                "walkers between two ends start from at most two structures, not from {}",
                structures.len()
            )));
        }
        let nodes = self.variables.iter().map(|variable| variable.axis.count).product();
        let bias = Arc::new(self.bias(vec![0.0; nodes])?);
        let numbers: Vec<u32> = (0..self.parameters.walkers as u32).collect();
        let mut walkers = Vec::new();
        for numbers in numbers.chunks(self.batch_size()) {
            let structure = |walker: u32| structures[walker as usize % structures.len()].clone();
            let thermal_energy = self.law.thermal_energy_kj_mol();
            let batch: Vec<Replica> = numbers
                .iter()
                .map(|&walker| Replica::new(walker, structure(walker), thermal_energy))
                .collect();
            let batch = self.open(&batch, &bias)?;
            for (&walker, energy) in numbers.iter().zip(batch.observed().potential_energies_kj_mol) {
                if !energy.is_finite() {
                    return Err(LandscapeError::Diverged { walker: walker as usize, time_ps: 0.0 });
                }
            }
            walkers.push(batch.replicas()?);
        }
        Ok(MetadynamicsState {
            rounds: 0,
            filling_rounds: None,
            finished: false,
            bias_factor: self.parameters.bias_factor,
            bias_kj_mol: vec![0.0; nodes],
            structures: structures.len(),
            counts: vec![GroupCounts::new(nodes); self.groups(structures.len()).count()],
            crossings: vec![WalkerCrossings::default(); self.parameters.walkers],
            walkers,
            energy_evaluations: self.parameters.walkers as u64,
        })
    }

    /// Total number of rounds as far as known: filling and counting may be prolonged.
    pub fn rounds(&self, state: &MetadynamicsState) -> u64 {
        let filling = state.filling_rounds.unwrap_or(self.schedule.filling.max(state.rounds));
        state.rounds.max(filling + self.schedule.equilibration + self.schedule.sampling)
    }

    /// Simulated time of one walker in one round, ps.
    pub fn round_ps(&self) -> f64 {
        self.schedule.steps_per_round as f64 * self.parameters.time_step_ps
    }

    /// Whether the run is done.
    pub fn is_finished(&self, state: &MetadynamicsState) -> bool {
        state.finished
    }

    /// Whether filling ended although fewer walkers recrossed than requested.
    pub fn filling_stopped_at_limit(&self, state: &MetadynamicsState) -> bool {
        state.filling_rounds.is_some() && !self.recrosses(state)
    }

    /// Whether counting ended although there were fewer crossings than requested.
    pub fn sampling_stopped_at_limit(&self, state: &MetadynamicsState) -> bool {
        state.finished && !self.crosses_enough(state)
    }

    /// Fraction of an end's walkers that have been at the other end and come back during filling; the smaller of the two ends.
    pub fn recrossed_share(&self, state: &MetadynamicsState) -> f64 {
        filling::least_recrossed_share(&state.crossings, self.groups(state.structures))
    }

    /// Height of a hill without bias, kJ/mol.
    pub fn hill_height_kj_mol(&self) -> f64 {
        self.hill_height
    }

    fn recrosses(&self, state: &MetadynamicsState) -> bool {
        self.ends.is_none() || self.recrossed_share(state) >= self.parameters.recrossing_share
    }

    fn crosses_enough(&self, state: &MetadynamicsState) -> bool {
        let arrivals = |end: usize| state.counts.iter().map(|group| group.arrivals[end]).sum::<u32>();
        self.ends.is_none() || arrivals(0).min(arrivals(1)) >= self.parameters.crossings
    }

    fn groups(&self, structures: usize) -> Groups {
        Groups::new(self.parameters.walkers, structures)
    }

    /// Continues for at most `rounds` rounds or to the end of the run. The result is identical to the last bit however a run is divided
    /// into such calls, and on any number of threads.
    ///
    /// # Errors
    /// A walker that blows up; a state of another run.
    pub fn advance(
        &self,
        state: MetadynamicsState,
        rounds: u64,
    ) -> Result<MetadynamicsState, LandscapeError> {
        let mut state = state;
        let mut bias = Arc::new(self.bias(std::mem::take(&mut state.bias_kj_mol))?);
        let nodes = bias.grid().len();
        let groups = self.groups(state.structures);
        if state.counts.len() != groups.count()
            || state.counts.iter().flat_map(|group| &group.by_last_end).any(|counts| counts.len() != nodes)
            || state.crossings.len() != self.parameters.walkers
            || !state
                .walkers
                .iter()
                .map(Vec::len)
                .eq(state.crossings.chunks(self.batch_size()).map(<[_]>::len))
        {
            return Err(LandscapeError::Parameters("the stored state belongs to another run".to_owned()));
        }
        let mut batches =
            state.walkers.iter().map(|walkers| self.open(walkers, &bias)).collect::<Result<Vec<_>, _>>()?;
        let thermal_energy = self.law.thermal_energy_kj_mol();
        let last = state.rounds + rounds;
        while state.rounds < last && !self.is_finished(&state) {
            let sampled_before = state
                .filling_rounds
                .and_then(|filling| state.rounds.checked_sub(filling + self.schedule.equilibration));
            let phase = match (state.filling_rounds, sampled_before) {
                (None, _) => Phase::Filling,
                (Some(_), None) => Phase::Equilibrating,
                (Some(_), Some(_)) => Phase::Counting,
            };
            let in_force = Bias::Grid(bias.clone());
            let visits = batches
                .par_iter_mut()
                .zip(state.crossings.par_chunks_mut(self.batch_size()))
                .enumerate()
                .map(|(number, (batch, crossings))| {
                    batch.set_bias(&in_force)?;
                    self.round(number * self.batch_size(), batch.as_mut(), crossings, phase)
                })
                .collect::<Result<Vec<Vec<Visit>>, LandscapeError>>()?;
            drop(in_force);
            state.rounds += 1;
            state.energy_evaluations += self.parameters.walkers as u64 * self.schedule.steps_per_round;
            let failures = batches.iter().flat_map(|batch| batch.observed().failures).flatten();
            if let Some(failure) = failures.min_by_key(|failure| failure.path) {
                let time_ps = failure.step as f64 * self.parameters.time_step_ps;
                return Err(LandscapeError::Diverged { walker: failure.path as usize, time_ps });
            }
            if let Some(round) = sampled_before {
                for visit in visits.iter().flatten() {
                    let group = &mut state.counts[groups.group(visit.walker, round, self.schedule.sampling)];
                    let last_end = visit.last_end.unwrap_or(groups.start_of(visit.walker).min(1));
                    if let Some(node) = visit.node {
                        group.by_last_end[last_end][node] += 1;
                    }
                    group.arrivals[last_end] += u32::from(visit.arrived);
                }
                let counted = round + 1;
                state.finished = counted >= self.schedule.sampling_limit
                    || (counted >= self.schedule.sampling && self.crosses_enough(&state));
            }
            if phase == Phase::Filling {
                if state.rounds > self.schedule.filling
                    && let Some([first, second]) = &self.ends
                    && !filling::joined(bias.grid(), [&first.center, &second.center], thermal_energy)
                {
                    let highest = bias.grid().values.iter().copied().fold(0.0, f64::max);
                    state.bias_factor =
                        filling::raised_bias_factor(state.bias_factor, highest, thermal_energy);
                }
                let hills = self.hills(&bias, &batches, state.bias_factor);
                hills::deposit(Arc::make_mut(&mut bias), &self.variables, &hills);
                let enough = state.rounds >= self.schedule.filling && self.recrosses(&state);
                if enough || state.rounds >= self.schedule.filling_limit {
                    state.filling_rounds = Some(state.rounds);
                }
            }
        }
        state.bias_kj_mol.clone_from(&bias.grid().values);
        state.walkers = batches.iter().map(|batch| batch.replicas()).collect::<Result<_, _>>()?;
        Ok(state)
    }

    /// The free energy from the counts so far.
    ///
    /// # Errors
    /// If there are no counts yet.
    pub fn free_energy(&self, state: &MetadynamicsState) -> Result<FreeEnergy, LandscapeError> {
        let bias = self.bias(state.bias_kj_mol.clone())?;
        let estimator = Estimator {
            variables: &self.variables,
            bias: bias.grid(),
            thermal_energy: self.law.thermal_energy_kj_mol(),
            smoothing: self.parameters.smoothing_in_hill_widths,
            ends: self.ends.as_ref(),
        };
        estimator.estimate(&state.counts, &self.groups(state.structures).strata())
    }

    fn bias(&self, values: Vec<f64>) -> Result<GridBias, LandscapeError> {
        hills::bias(&self.variables, values, self.law.thermal_energy_kj_mol())
    }

    fn batch_size(&self) -> usize {
        self.engine.capabilities().replicas_per_batch
    }

    fn open(&self, walkers: &[Replica], bias: &Arc<GridBias>) -> Result<Box<dyn Batch + 'a>, LandscapeError> {
        Ok(self.engine.open(walkers, self.law, self.random, &Bias::Grid(bias.clone()))?)
    }

    /// The steps of one batch in one round, and the counts of its walkers, numbered from `first` on.
    fn round(
        &self,
        first: usize,
        batch: &mut (dyn Batch + 'a),
        crossings: &mut [WalkerCrossings],
        phase: Phase,
    ) -> Result<Vec<Visit>, LandscapeError> {
        let periods = self.engine.periods();
        let mut visits = Vec::new();
        let mut left = self.schedule.steps_per_round;
        while left > 0 {
            let steps = self.schedule.steps_per_count.min(left);
            batch.advance(steps)?;
            left -= steps;
            let observed = batch.observed();
            for (replica, crossings) in crossings.iter_mut().enumerate() {
                let arrived = self
                    .ends
                    .as_ref()
                    .is_some_and(|ends| crossings.visit(ends, &observed.variables(replica), &periods, phase));
                visits.push(Visit {
                    walker: first + replica,
                    node: self.node(&observed, replica),
                    last_end: crossings.last_end.map(usize::from),
                    arrived,
                });
            }
        }
        Ok(visits)
    }

    /// The grid point whose bin contains a walker; `None` beyond the ends of a non-periodic variable.
    fn node(&self, observed: &Observed<'_>, replica: usize) -> Option<usize> {
        let mut node = 0;
        for (number, MetadynamicsVariable { axis, .. }) in self.variables.iter().enumerate() {
            let x = observed.variable(number, replica);
            let mut index = ((x - axis.start) / axis.spacing).round() as i64;
            if axis.period.is_some() {
                index = index.rem_euclid(axis.count as i64);
            } else if x < axis.start || x > axis.end() {
                return None;
            }
            node = node * axis.count + index as usize;
        }
        Some(node)
    }

    /// Deposits one hill at the present place of each walker, in the order of the walkers.
    fn hills(
        &self,
        bias: &GridBias,
        batches: &[Box<dyn Batch + 'a>],
        bias_factor: f64,
    ) -> Vec<(Vec<f64>, f64)> {
        let tempering = self.law.thermal_energy_kj_mol() * (bias_factor - 1.0);
        let mut hills = Vec::with_capacity(self.parameters.walkers);
        for batch in batches {
            let observed = batch.observed();
            for replica in 0..observed.replicas() {
                let centre = observed.variables(replica);
                let height = self.hill_height * (-bias.without_walls(&centre) / tempering).exp();
                hills.push((centre, height));
            }
        }
        hills
    }
}
