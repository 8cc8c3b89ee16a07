//! Minimisation of a molecule's energy with its collective variables held at given values, for many molecules at once.
//!
//! The function minimised is the augmented Lagrangian `U(X) + Σ_v (μ_v δ_v + ½ k_v δ_v²)` with the shortest difference `δ = ξ(X) - ξ*` (J.
//! Nocedal and S. J. Wright, *Numerical Optimization*, section 17.3). At its minimum `μ ← μ + kδ`, repeatedly until `δ` is small, so that
//! no stiff restraint is needed. If `δ` does not decrease, near the end of a branch of minima, `k` is raised. `-μ` is then the slope of the
//! relaxed energy `E(ξ) = min U`, and `E(ξ*) = U + μδ` to second order in `δ`.

use geodyssey_forcefield::PotentialError;
use geodyssey_molecule::{LANES, Replicas, variables::Unit};
use geodyssey_statistics::WrongInput;
use rayon::prelude::*;

use super::biased_energy::BiasedEnergy;
use super::descent::{Descent, Outcome};
use crate::error::DynamicsError;
use crate::minimisation::{MinimisationParameters, MinimisationTask, MinimisedMolecule};

/// Fraction of the largest offset that may remain after a change of the multipliers; otherwise the restraint is made stiffer
const SLOW_DECREASE: f64 = 0.25;
/// by this factor.
const STIFFENING: f64 = 4.0;
/// Tasks per thread at a time. Lanes are independent of each other, so that this does not affect results.
const TASKS_PER_BLOCK: usize = 48;

/// Minimises a molecule's energy with its variables held.
#[derive(Clone, Copy)]
pub(super) struct RestrainedMinimisation<'a> {
    energy: BiasedEnergy<'a>,
    parameters: MinimisationParameters,
}

impl<'a> RestrainedMinimisation<'a> {
    /// For one molecule.
    ///
    /// # Errors
    /// A tolerance or number of evaluations that is not positive.
    pub(super) fn new(
        energy: BiasedEnergy<'a>,
        parameters: MinimisationParameters,
    ) -> Result<Self, DynamicsError> {
        parameters.check()?;
        Ok(Self { energy, parameters })
    }

    /// Carries out all tasks in parallel; each result depends only on its own task.
    ///
    /// # Errors
    /// Numbers of atoms or variables that do not match, or positions or values that are not finite. A minimisation that does not converge
    /// is not an error: [`MinimisedMolecule::converged`].
    pub(super) fn minimise(
        &self,
        tasks: &[MinimisationTask],
    ) -> Result<Vec<MinimisedMolecule>, DynamicsError> {
        let variables = self.energy.variables.len();
        for task in tasks {
            WrongInput::check_count("atoms", self.energy.potential.atoms(), task.positions.len())?;
            WrongInput::check_count("variables", variables, task.target.len())?;
            WrongInput::check_count("multipliers", variables, task.multipliers.len())?;
            let numbers = task.positions.iter().flatten().chain(&task.target).chain(&task.multipliers);
            if !numbers.into_iter().all(|x| x.is_finite()) {
                return Err(WrongInput::NotFinite { what: "a position or value of a minimisation" }.into());
            }
        }
        let blocks = tasks.par_chunks(TASKS_PER_BLOCK).map(|tasks| Block::new(self, tasks).run());
        let done = blocks.collect::<Result<Vec<_>, PotentialError>>()?;
        Ok(done.into_iter().flatten().collect())
    }
}

/// A task in a lane.
struct Lane {
    task: usize,
    target: Vec<f64>,
    multipliers: Vec<f64>,
    stiffness: Vec<f64>,
    /// Largest offset, in units of what may remain, when the multipliers were changed last.
    excess: f64,
    descent: Option<Descent>,
    evaluations: u64,
    /// `U + μδ` at the lowest point.
    energy: f64,
}

/// Some tasks on one thread: as many at a time as there are lanes; a finished task is replaced by the next one.
struct Block<'b> {
    minimisation: &'b RestrainedMinimisation<'b>,
    tasks: &'b [MinimisationTask],
    stiffness: Vec<f64>,
    offsets: Vec<f64>,
    periods: Vec<Option<f64>>,
    lanes: Vec<Option<Lane>>,
    next: usize,
    positions: Replicas,
    forces: Replicas,
    energies: Vec<f64>,
    values: Vec<Vec<f64>>,
    gradients: Vec<Vec<f64>>,
}

impl<'b> Block<'b> {
    fn new(minimisation: &'b RestrainedMinimisation<'b>, tasks: &'b [MinimisationTask]) -> Self {
        let (atoms, variables) = (minimisation.energy.potential.atoms(), minimisation.energy.variables);
        let units = || variables.iter().map(|variable| variable.quantity().unit);
        Self {
            minimisation,
            tasks,
            stiffness: units().map(Unit::stiffness_kj_mol).collect(),
            offsets: units().map(Unit::offset).collect(),
            periods: variables.iter().map(|variable| variable.period()).collect(),
            lanes: Vec::new(),
            next: 0,
            positions: Replicas::zeros(atoms, LANES),
            forces: Replicas::zeros(atoms, LANES),
            energies: vec![0.0; LANES],
            values: vec![vec![0.0; LANES]; variables.len()],
            gradients: variables.iter().map(|v| vec![0.0; v.atoms().len() * 3 * LANES]).collect(),
        }
    }

    fn run(mut self) -> Result<Vec<MinimisedMolecule>, PotentialError> {
        let mut done: Vec<Option<MinimisedMolecule>> = vec![None; self.tasks.len()];
        self.lanes = (0..LANES).map(|_| None).collect();
        loop {
            for slot in 0..LANES {
                if self.lanes[slot].is_none() {
                    self.fill(slot);
                }
            }
            if self.lanes.iter().all(Option::is_none) {
                break;
            }
            self.evaluate()?;
            for slot in 0..LANES {
                let Some(mut lane) = self.lanes[slot].take() else { continue };
                if let Some(converged) = self.tell(slot, &mut lane) {
                    let task = lane.task;
                    done[task] = Some(self.finish(lane, converged));
                } else {
                    self.lanes[slot] = Some(lane);
                }
            }
        }
        Ok(done.into_iter().flatten().collect())
    }

    /// Puts the next task into a lane. A lane without a task keeps its last positions, which is harmless.
    fn fill(&mut self, slot: usize) {
        let Some(task) = self.tasks.get(self.next) else { return };
        self.positions.set_replica(slot, &task.positions);
        if self.next == 0 {
            for other in slot + 1..LANES {
                self.positions.set_replica(other, &task.positions);
            }
        }
        self.lanes[slot] = Some(Lane {
            task: self.next,
            target: task.target.clone(),
            multipliers: task.multipliers.clone(),
            stiffness: self.stiffness.clone(),
            excess: f64::INFINITY,
            descent: None,
            evaluations: 0,
            energy: f64::INFINITY,
        });
        self.next += 1;
    }

    fn evaluate(&mut self) -> Result<(), PotentialError> {
        let energy = self.minimisation.energy;
        for (slot, lane) in self.lanes.iter().enumerate() {
            if let Some(descent) = lane.as_ref().and_then(|lane| lane.descent.as_ref()) {
                let (frame, _) = descent.trial().as_chunks::<3>();
                self.positions.set_replica(slot, frame);
            }
        }
        energy.potential.evaluate(&self.positions, &mut self.forces, &mut self.energies)?;
        for (variable, (values, gradient)) in
            energy.variables.iter().zip(self.values.iter_mut().zip(&mut self.gradients))
        {
            variable.evaluate(&self.positions, values, gradient);
        }
        Ok(())
    }

    /// Offsets of the variables from their targets in one lane.
    fn offsets(&self, slot: usize, lane: &Lane) -> Vec<f64> {
        let variables = self.values.iter().zip(&lane.target).zip(&self.periods);
        variables
            .map(|((values, target), period)| {
                let offset = values[slot] - target;
                period.map_or(offset, |period| offset - period * (offset / period).round())
            })
            .collect()
    }

    /// The augmented Lagrangian and its gradient in one lane.
    fn lagrangian(&self, slot: usize, lane: &Lane, offsets: &[f64]) -> (f64, Vec<f64>) {
        let atoms = self.positions.atoms();
        let mut energy = self.energies[slot];
        let mut gradient = Vec::with_capacity(3 * atoms);
        for atom in 0..atoms {
            gradient.extend(self.forces.get(atom, slot).map(|force| -force));
        }
        for (number, variable) in self.minimisation.energy.variables.iter().enumerate() {
            let (offset, stiffness) = (offsets[number], lane.stiffness[number]);
            energy += lane.multipliers[number] * offset + 0.5 * stiffness * offset * offset;
            let slope = lane.multipliers[number] + stiffness * offset;
            for (place, &atom) in variable.atoms().iter().enumerate() {
                for axis in 0..3 {
                    gradient[3 * atom + axis] +=
                        slope * self.gradients[number][(place * 3 + axis) * LANES + slot];
                }
            }
        }
        (energy, gradient)
    }

    /// Processes an evaluation. Once the lane has finished, returns whether it converged.
    fn tell(&self, slot: usize, lane: &mut Lane) -> Option<bool> {
        let parameters = &self.minimisation.parameters;
        lane.evaluations += 1;
        let offsets = self.offsets(slot, lane);
        let (energy, gradient) = self.lagrangian(slot, lane, &offsets);
        let outcome = match &mut lane.descent {
            Some(descent) => descent.tell(energy, &gradient),
            None if energy.is_finite() && gradient.iter().all(|slope| slope.is_finite()) => {
                let point = self.tasks[lane.task].positions.as_flattened().to_vec();
                lane.descent = Some(Descent::new(point, energy, gradient));
                Outcome::Moved
            }
            None => Outcome::Stuck,
        };
        if outcome == Outcome::Moved {
            let slopes = lane.multipliers.iter().zip(&lane.stiffness).zip(&offsets);
            let correction: f64 = slopes.map(|((mu, k), offset)| (mu + k * offset) * offset).sum();
            lane.energy = self.energies[slot] + correction;
            let Some(descent) = &mut lane.descent else { return Some(false) };
            if descent.gradient_rms() <= parameters.force_tolerance_kj_mol_nm {
                for ((mu, k), offset) in lane.multipliers.iter_mut().zip(&lane.stiffness).zip(&offsets) {
                    *mu += k * offset;
                }
                let shares =
                    offsets.iter().zip(&self.offsets).map(|(offset, largest)| offset.abs() / largest);
                let excess = shares.fold(0.0, f64::max);
                if excess <= 1.0 {
                    return Some(true);
                }
                if excess > SLOW_DECREASE * lane.excess {
                    lane.stiffness.iter_mut().for_each(|stiffness| *stiffness *= STIFFENING);
                }
                lane.excess = excess;
                let (energy, gradient) = self.lagrangian(slot, lane, &offsets);
                if let Some(descent) = &mut lane.descent {
                    descent.replace_function(energy, gradient);
                }
            }
        }
        (outcome == Outcome::Stuck || lane.evaluations >= parameters.max_evaluations).then_some(false)
    }

    fn finish(&self, lane: Lane, converged: bool) -> MinimisedMolecule {
        let positions = match &lane.descent {
            Some(descent) => descent.point().as_chunks::<3>().0.to_vec(),
            None => self.tasks[lane.task].positions.clone(),
        };
        MinimisedMolecule {
            positions,
            energy_kj_mol: lane.energy,
            multipliers: lane.multipliers,
            evaluations: lane.evaluations,
            converged: converged && lane.energy.is_finite(),
        }
    }
}
