//! The interface between samplers and the engines that move atoms.
//!
//! An [`Engine`] opens a [`Batch`] of replicas under a bias and advances it. Metadynamics, annealed paths, replica exchange and all other
//! samplers use only these two traits, so that another engine serves all of them. Only data is exchanged: a [`Replica`] with its
//! [`Snapshot`](crate::Snapshot), a [`Bias`], [`Langevin`] parameters, and observations.

use geodyssey_molecule::{CollectiveVariable, LANES};
use geodyssey_statistics::{RandomStream, WrongInput};

use crate::bias::Bias;
use crate::error::{DynamicsError, Failure};
use crate::langevin::Langevin;
use crate::minimisation::{MinimisationParameters, MinimisationTask, MinimisedMolecule};
use crate::snapshot::Replica;

/// What an engine is. Results of different engines must not be mixed: one that is not the native engine belongs among the ingredients of every
/// stage that it moves atoms for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineIdentity {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Device on which it computes.
    pub platform: String,
    /// The precision of its numbers.
    pub precision: String,
}

/// Whether the same input gives the same result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reproducibility {
    /// Identical bits, on any number of threads and with any interruptions.
    Bitwise,
    /// Only the same distribution.
    Statistical,
}

/// Properties of an engine that samplers need in order to use it efficiently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Preferred number of replicas in a batch.
    pub replicas_per_batch: usize,
    /// Preferred number of steps between two observations: 1 if observing every step costs nothing. Highest energies of paths are those of the
    /// observed steps. A bias that changes more often is changed nevertheless, at the cost of a call to the engine each time.
    pub steps_per_observation: u64,
    /// Whether results can be reproduced.
    pub reproducibility: Reproducibility,
}

/// A molecule that can be simulated: the total energy is `U(X) + V(ξ(X))`, with the engine's `U`, its variables `ξ` and a bias `V`.
pub trait Engine: Send + Sync {
    /// Its identity.
    fn identity(&self) -> EngineIdentity;

    /// How to use it efficiently.
    fn capabilities(&self) -> Capabilities;

    /// Masses of the atoms, amu.
    fn masses(&self) -> &[f64];

    /// Number of atoms.
    fn atoms(&self) -> usize {
        self.masses().len()
    }

    /// Number of independent velocities: the mean kinetic energy is `½ kT` times this.
    fn degrees_of_freedom(&self) -> usize;

    /// The variables on which a bias acts and that are observed.
    fn variables(&self) -> &[Box<dyn CollectiveVariable>];

    /// Period of every variable.
    fn periods(&self) -> Vec<Option<f64>> {
        self.variables().iter().map(|variable| variable.period()).collect()
    }

    /// Minimises `U` with the variables held; each result depends on its own task alone.
    ///
    /// # Errors
    /// Tasks that do not match the molecule, or numbers that are not finite. A minimisation that does not converge is not an error:
    /// [`MinimisedMolecule::converged`].
    fn minimise(
        &self,
        tasks: &[MinimisationTask],
        parameters: &MinimisationParameters,
    ) -> Result<Vec<MinimisedMolecule>, DynamicsError>;

    /// Opens a batch of replicas under a bias. Replicas without velocities get thermal ones. If the snapshots were taken under the same
    /// bias, the batch continues like the one from which they were taken (see [`Capabilities::reproducibility`]).
    ///
    /// # Errors
    /// No replica, replicas that do not match the molecule or each other, or numbers that are not finite.
    fn open<'e>(
        &'e self,
        replicas: &[Replica],
        law: Langevin,
        random: RandomStream,
        bias: &Bias,
    ) -> Result<Box<dyn Batch + 'e>, DynamicsError>;

    /// Velocities (nm/ps) of the Maxwell–Boltzmann distribution for one replica, drawn by its number and step from the substream
    /// `"velocities"` of `random`.
    ///
    /// # Errors
    /// If the engine fails. This implementation is for molecules without rigid bonds and does not.
    fn thermal_velocities(
        &self,
        replica: &Replica,
        random: RandomStream,
    ) -> Result<Vec<[f64; 3]>, DynamicsError> {
        let mut normals = vec![0.0; 3 * self.atoms() * LANES];
        random.substream("velocities").fill_normals(
            replica.snapshot.step,
            &[replica.path; LANES],
            &mut normals,
        );
        let deviation = |mass: &f64| (replica.thermal_energy_kj_mol / mass).sqrt();
        let atoms = self.masses().iter().zip(normals.chunks_exact(3 * LANES));
        Ok(atoms.map(|(mass, rows)| [0, 1, 2].map(|axis| deviation(mass) * rows[axis * LANES])).collect())
    }
}

/// Replicas of one molecule that move together.
pub trait Batch: Send {
    /// Observations after the last step.
    fn observed(&self) -> Observed<'_>;

    /// Switches to another bias. Returns the work of this for each replica, `V_new(ξ) - V_old(ξ)`, kJ/mol; for a replica that blew up it is
    /// meaningless and may be NaN.
    ///
    /// # Errors
    /// If the engine cannot apply this bias.
    fn set_bias(&mut self, bias: &Bias) -> Result<Vec<f64>, DynamicsError>;

    /// Changes the thermal energies of the replicas (kJ/mol), one each; velocities are scaled with the square roots of the ratios.
    ///
    /// # Errors
    /// If there is not one positive number for each replica.
    fn set_thermal_energies(&mut self, thermal_energies_kj_mol: &[f64]) -> Result<(), DynamicsError>;

    /// Makes `steps` steps. A replica that blows up is frozen and listed in [`Observed::failures`]; the others are not affected.
    ///
    /// # Errors
    /// If the engine fails as a whole.
    fn advance(&mut self, steps: u64) -> Result<(), DynamicsError>;

    /// Puts other replicas in the places of some, so that a lane whose work is done takes up another; the rest go on as if nothing had happened.
    /// Those without velocities get thermal ones.
    ///
    /// # Errors
    /// A place that is not there, replicas that do not fit the molecule, numbers that are not finite. The batch is as before then.
    fn replace(&mut self, replicas: &[(usize, Replica)]) -> Result<(), DynamicsError>;

    /// Positions of one replica, nm.
    ///
    /// # Errors
    /// If the engine fails.
    fn positions(&self, replica: usize) -> Result<Vec<[f64; 3]>, DynamicsError>;

    /// All replicas in their present state, from which a batch can be opened again.
    ///
    /// # Errors
    /// If the engine fails.
    fn replicas(&self) -> Result<Vec<Replica>, DynamicsError>;

    /// One replica in its present state.
    ///
    /// # Errors
    /// If the engine fails, or there is no such replica.
    fn replica(&self, replica: usize) -> Result<Replica, DynamicsError> {
        let mut all = self.replicas()?;
        if replica >= all.len() {
            let (expected, found) = (all.len(), replica + 1);
            return Err(WrongInput::Count { what: "replicas of a batch", expected, found }.into());
        }
        Ok(all.swap_remove(replica))
    }
}

/// Numbers of a batch after its last step. Rows over replicas are `stride` long, which may be longer than the number of replicas: what lies beyond
/// is not to be read.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'b> {
    /// Steps that each replica has done since its first snapshot.
    pub steps: &'b [u64],
    /// Length of a row.
    pub stride: usize,
    /// Values of the variables, `[variable][replica]`.
    pub variable_values: &'b [f64],
    /// `U` of every replica, without the bias, kJ/mol.
    pub potential_energies_kj_mol: &'b [f64],
    /// `V` of every replica, kJ/mol.
    pub bias_energies_kj_mol: &'b [f64],
    /// Why and when each replica blew up; one entry per replica.
    pub failures: &'b [Option<Failure>],
}

impl Observed<'_> {
    /// Number of replicas.
    pub fn replicas(&self) -> usize {
        self.failures.len()
    }

    /// Value of one variable in one replica.
    pub fn variable(&self, variable: usize, replica: usize) -> f64 {
        self.variable_values[variable * self.stride + replica]
    }

    /// Values of all variables in one replica.
    pub fn variables(&self, replica: usize) -> Vec<f64> {
        self.variable_values.chunks_exact(self.stride).map(|row| row[replica]).collect()
    }
}
