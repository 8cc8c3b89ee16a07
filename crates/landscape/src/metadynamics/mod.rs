//! Free energies of a molecule's variables by multiple-walker well-tempered metadynamics.
//!
//! First the walkers fill the free energy with hills: Gaussians at where they are, of height
//! `w exp(-V/(kT(γ-1)))` (A. Barducci, G. Bussi and M. Parrinello, Phys. Rev. Lett. 100, 020603 (2008)), all on one common
//! bias (P. Raiteri et al., J. Phys. Chem. B 110, 3533 (2006)). Then the bias stays as it is, the walkers are counted, and
//! `F(x) = -V(x) - kT log N(x)`: an unbiased estimate, whatever is left of the filling's unevenness.

mod free_energy;
mod grid_bias;
mod parameters;

pub use free_energy::{CONVERGENCE_CEILING_KJ_MOL, FreeEnergy};
pub use parameters::{MetadynamicsParameters, MetadynamicsVariable};

use geodyssey_molecule::Replicas;
use geodyssey_sampling::{Baoab, LangevinSnapshot, LangevinState, MolecularSystem, RandomStream};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::LandscapeError;
use free_energy::TIME_SEGMENTS;
use grid_bias::GridBias;
use parameters::{BLOCK, Schedule};

/// A metadynamics run: all that does not change while it runs.
pub struct Metadynamics<'a> {
    system: MolecularSystem<'a>,
    variables: Vec<MetadynamicsVariable>,
    parameters: MetadynamicsParameters,
    schedule: Schedule,
    integrator: Baoab,
    random: RandomStream,
}

/// Where a run stands; all that must be kept to go on later with the same bits. All numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetadynamicsState {
    /// Rounds done; one lasts from a deposition to the next.
    pub rounds: u64,
    /// The hills on the grid's nodes, kJ/mol.
    pub bias_kj_mol: Vec<f64>,
    /// The walkers, in blocks.
    pub walkers: Vec<LangevinSnapshot>,
    /// Counts of every grid point for each block of walkers and segment of time.
    pub counts: Vec<Vec<u32>>,
    /// Evaluations of the potential energy and its gradient so far.
    pub energy_evaluations: u64,
}

impl<'a> Metadynamics<'a> {
    /// A run of `system` at `thermal_energy_kj_mol` on its variables, one description each, in their order.
    ///
    /// # Errors
    /// Descriptions that do not fit the variables; a parameter that cannot be used.
    pub fn new(
        system: MolecularSystem<'a>,
        variables: Vec<MetadynamicsVariable>,
        parameters: MetadynamicsParameters,
        thermal_energy_kj_mol: f64,
        seed: u64,
    ) -> Result<Self, LandscapeError> {
        if variables.len() != system.variables().len() {
            return Err(LandscapeError::Parameters(format!(
                "{} variables are described, the system has {}",
                variables.len(),
                system.variables().len()
            )));
        }
        for (described, period) in variables.iter().zip(system.periods()) {
            if described.axis.period != period {
                return Err(LandscapeError::Parameters(format!(
                    "the period of `{}` is {period:?}, not {:?}",
                    described.axis.name, described.axis.period
                )));
            }
        }
        let schedule = parameters.schedule()?;
        let integrator =
            Baoab::new(parameters.time_step_ps, parameters.friction_per_ps, thermal_energy_kj_mol)?;
        let nodes = variables.iter().map(|variable| variable.axis.count).product();
        GridBias::new(&variables, vec![0.0; nodes], thermal_energy_kj_mol)?;
        let random = RandomStream::new(seed, "metadynamics");
        Ok(Self { system, variables, parameters, schedule, integrator, random })
    }

    /// The state before the first step: walkers start from the given structures (positions in nm) in turn, with thermal
    /// velocities.
    ///
    /// # Errors
    /// No structure, a wrong number of atoms, or a position or energy that is not finite.
    pub fn start(&self, structures: &[Vec<[f64; 3]>]) -> Result<MetadynamicsState, LandscapeError> {
        let atoms = self.system.engine().atoms();
        if structures.is_empty() || structures.iter().any(|structure| structure.len() != atoms) {
            return Err(LandscapeError::Parameters(format!(
                "at least one starting structure of {atoms} atoms is needed"
            )));
        }
        let nodes = self.variables.iter().map(|variable| variable.axis.count).product();
        let bias = self.bias(vec![0.0; nodes])?;
        let paths: Vec<u32> = (0..self.parameters.walkers as u32).collect();
        let mut walkers = Vec::new();
        for block in paths.chunks(BLOCK) {
            let frames: Vec<&Vec<[f64; 3]>> =
                block.iter().map(|&walker| &structures[walker as usize % structures.len()]).collect();
            let mut state = LangevinState::new(&self.system, &bias, Replicas::from_frames(&frames), block)?;
            for (replica, &walker) in block.iter().enumerate() {
                if !state.potential_energies[replica].is_finite() {
                    return Err(LandscapeError::Diverged { walker: walker as usize, time_ps: 0.0 });
                }
            }
            self.integrator.draw_velocities(&self.system, &self.random, &mut state);
            walkers.push(state.snapshot());
        }
        Ok(MetadynamicsState {
            rounds: 0,
            bias_kj_mol: vec![0.0; nodes],
            counts: vec![vec![0; nodes]; walkers.len() * TIME_SEGMENTS],
            walkers,
            energy_evaluations: self.parameters.walkers as u64,
        })
    }

    /// Rounds of the whole run.
    pub fn rounds(&self) -> u64 {
        self.schedule.rounds()
    }

    /// Simulated time of one walker in one round, ps.
    pub fn round_ps(&self) -> f64 {
        self.schedule.steps_per_round as f64 * self.parameters.time_step_ps
    }

    /// Whether the run is done.
    pub fn is_finished(&self, state: &MetadynamicsState) -> bool {
        state.rounds >= self.rounds()
    }

    /// Goes on by at most `rounds` rounds, or to the end of the run. However a run is divided into such calls, and on
    /// however many threads, it gives the same bits.
    ///
    /// # Errors
    /// A walker that blows up; a state that is not of this run.
    pub fn advance(
        &self,
        state: MetadynamicsState,
        rounds: u64,
    ) -> Result<MetadynamicsState, LandscapeError> {
        let MetadynamicsState { rounds: mut done, bias_kj_mol, walkers, mut counts, mut energy_evaluations } =
            state;
        let mut bias = self.bias(bias_kj_mol)?;
        let nodes = bias.grid().len();
        if counts.len() != walkers.len() * TIME_SEGMENTS || counts.iter().any(|group| group.len() != nodes) {
            return Err(LandscapeError::Parameters("the stored state is of another run".to_owned()));
        }
        let mut blocks = walkers
            .iter()
            .map(|snapshot| LangevinState::restore(&self.system, &bias, snapshot))
            .collect::<Result<Vec<_>, _>>()?;
        let last = self.rounds().min(done + rounds);
        while done < last {
            let counted = done.checked_sub(self.schedule.filling + self.schedule.equilibration);
            blocks.par_iter_mut().zip(counts.par_chunks_mut(TIME_SEGMENTS)).for_each(|(block, groups)| {
                // The bias may have changed since the forces were evaluated.
                self.system.evaluate_bias(&bias, block);
                let group = counted.map(|round| {
                    let segment = round * TIME_SEGMENTS as u64 / self.schedule.sampling;
                    &mut groups[(segment as usize).min(TIME_SEGMENTS - 1)]
                });
                self.round(&bias, block, group);
            });
            done += 1;
            energy_evaluations += self.parameters.walkers as u64 * self.schedule.steps_per_round;
            let failures = blocks.iter().flat_map(LangevinState::failures).flatten();
            if let Some(failure) = failures.min_by_key(|failure| failure.path) {
                let time_ps = failure.step as f64 * self.parameters.time_step_ps;
                return Err(LandscapeError::Diverged { walker: failure.path as usize, time_ps });
            }
            if done <= self.schedule.filling {
                let hills = self.hills(&bias, &blocks);
                bias.deposit(&hills);
            }
        }
        Ok(MetadynamicsState {
            rounds: done,
            bias_kj_mol: bias.grid().values.clone(),
            walkers: blocks.iter().map(LangevinState::snapshot).collect(),
            counts,
            energy_evaluations,
        })
    }

    /// The free energy from what was counted so far.
    ///
    /// # Errors
    /// If nothing was counted yet.
    pub fn free_energy(&self, state: &MetadynamicsState) -> Result<FreeEnergy, LandscapeError> {
        let bias = self.bias(state.bias_kj_mol.clone())?;
        let smoothing = self.parameters.smoothing_in_hill_widths;
        let thermal_energy = self.integrator.thermal_energy_kj_mol();
        free_energy::estimate(&self.variables, bias.grid(), &state.counts, thermal_energy, smoothing)
    }

    fn bias(&self, values: Vec<f64>) -> Result<GridBias, LandscapeError> {
        GridBias::new(&self.variables, values, self.integrator.thermal_energy_kj_mol())
    }

    /// The steps of one block in one round.
    fn round(&self, bias: &GridBias, block: &mut LangevinState, mut counts: Option<&mut Vec<u32>>) {
        let mut left = self.schedule.steps_per_round;
        while left > 0 {
            let steps = self.schedule.steps_per_count.min(left);
            self.integrator.steps(&self.system, bias, &self.random, block, steps);
            left -= steps;
            let Some(counts) = counts.as_deref_mut() else { continue };
            for replica in 0..block.replicas() {
                if let Some(node) = self.node(block, replica) {
                    counts[node] += 1;
                }
            }
        }
    }

    /// The grid point whose bin a walker is in; `None` beyond the ends of a variable without period.
    fn node(&self, block: &LangevinState, replica: usize) -> Option<usize> {
        let mut node = 0;
        for (number, MetadynamicsVariable { axis, .. }) in self.variables.iter().enumerate() {
            let x = block.variable(number, replica);
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

    /// One hill per walker where it is now, in the order of the walkers.
    fn hills(&self, bias: &GridBias, blocks: &[LangevinState]) -> Vec<(Vec<f64>, f64)> {
        let tempering = self.integrator.thermal_energy_kj_mol() * (self.parameters.bias_factor - 1.0);
        let mut hills = Vec::with_capacity(self.parameters.walkers);
        for block in blocks {
            for replica in 0..block.replicas() {
                let centre: Vec<f64> =
                    (0..self.variables.len()).map(|variable| block.variable(variable, replica)).collect();
                let height = self.parameters.hill_height_kj_mol * (-bias.hills(&centre) / tempering).exp();
                hills.push((centre, height));
            }
        }
        hills
    }
}
