//! The seam between samplers and what moves atoms.
//!
//! An [`Engine`] opens a [`Batch`] of replicas under a bias and advances it. Metadynamics, annealed paths, replica exchange and whatever
//! else moves atoms see these two traits only, so that a second engine serves all of them. What crosses the seam is data: a
//! [`Replica`] with its [`Snapshot`](crate::Snapshot), a [`Bias`], [`Langevin`] parameters, and what was observed.

use geodyssey_molecule::CollectiveVariable;
use geodyssey_statistics::RandomStream;

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
    /// Where it computes.
    pub platform: String,
    /// The precision of its numbers.
    pub precision: String,
}

/// Whether the same input gives the same result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reproducibility {
    /// The same bits, on any number of threads and however a run is interrupted.
    Bitwise,
    /// The same distribution only.
    Statistical,
}

/// What samplers must know about an engine to use it well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How many replicas a batch should have.
    pub replicas_per_batch: usize,
    /// How many steps should pass between two observations: 1 where every step can be observed at no cost. Highest energies of paths are those of
    /// the observed steps. A bias that changes more often is changed all the same, for a call to the engine each time.
    pub steps_per_observation: u64,
    /// Whether results can be reproduced.
    pub reproducibility: Reproducibility,
}

/// A molecule that can be simulated: the total energy is `U(X) + V(ξ(X))`, with the engine's `U`, its variables `ξ` and a bias `V`.
pub trait Engine: Send + Sync {
    /// What it is.
    fn identity(&self) -> EngineIdentity;

    /// How it wants to be used.
    fn capabilities(&self) -> Capabilities;

    /// Masses of the atoms, amu.
    fn masses(&self) -> &[f64];

    /// Number of atoms.
    fn atoms(&self) -> usize {
        self.masses().len()
    }

    /// Number of independent velocities: the mean kinetic energy is `½ kT` times this.
    fn degrees_of_freedom(&self) -> usize;

    /// The variables that a bias acts on, and that are observed.
    fn variables(&self) -> &[Box<dyn CollectiveVariable>];

    /// Period of every variable.
    fn periods(&self) -> Vec<Option<f64>> {
        self.variables().iter().map(|variable| variable.period()).collect()
    }

    /// Minimises `U` with the variables held; each result depends on its own task alone.
    ///
    /// # Errors
    /// Tasks that do not fit the molecule, or numbers that are not finite. A minimisation that does not converge is not an error:
    /// [`MinimisedMolecule::converged`].
    fn minimise(
        &self,
        tasks: &[MinimisationTask],
        parameters: &MinimisationParameters,
    ) -> Result<Vec<MinimisedMolecule>, DynamicsError>;

    /// Opens a batch of replicas under a bias. Replicas without velocities get thermal ones. Where a snapshot was taken under the same
    /// bias, the batch goes on as the one did that it was taken of (see [`Capabilities::reproducibility`]).
    ///
    /// # Errors
    /// No replica, replicas that do not fit the molecule or each other, numbers that are not finite.
    fn open<'e>(
        &'e self,
        replicas: &[Replica],
        law: Langevin,
        random: RandomStream,
        bias: &Bias,
    ) -> Result<Box<dyn Batch + 'e>, DynamicsError>;
}

/// Replicas of one molecule that move together.
pub trait Batch: Send {
    /// What is known of the replicas after the last step.
    fn observed(&self) -> Observed<'_>;

    /// Puts another bias into force; the work of that for each replica, `V_new(ξ) - V_old(ξ)`, kJ/mol. Of a replica that blew up it may be any
    /// number, or none.
    ///
    /// # Errors
    /// If the engine cannot apply this bias.
    fn set_bias(&mut self, bias: &Bias) -> Result<Vec<f64>, DynamicsError>;

    /// Gives the replicas other thermal energies (kJ/mol), one each; velocities are scaled with their square roots.
    ///
    /// # Errors
    /// If there is not one positive number for each replica.
    fn set_thermal_energies(&mut self, thermal_energies_kj_mol: &[f64]) -> Result<(), DynamicsError>;

    /// Makes `steps` steps. A replica that blows up is held and named in [`Observed::failures`]; the others go on untouched.
    ///
    /// # Errors
    /// If the engine fails as a whole.
    fn advance(&mut self, steps: u64) -> Result<(), DynamicsError>;

    /// Positions of one replica, nm.
    ///
    /// # Errors
    /// If the engine fails.
    fn positions(&self, replica: usize) -> Result<Vec<[f64; 3]>, DynamicsError>;

    /// All replicas as they are now, to be opened again.
    ///
    /// # Errors
    /// If the engine fails.
    fn replicas(&self) -> Result<Vec<Replica>, DynamicsError>;
}

/// Numbers of a batch after its last step. Rows over replicas are `stride` long, which may be longer than the number of replicas: what lies beyond
/// is not to be read.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'b> {
    /// Steps done since the first snapshot.
    pub step: u64,
    /// Length of a row.
    pub stride: usize,
    /// Values of the variables, `[variable][replica]`.
    pub variable_values: &'b [f64],
    /// `U` of every replica, without the bias, kJ/mol.
    pub potential_energies_kj_mol: &'b [f64],
    /// `V` of every replica, kJ/mol.
    pub bias_energies_kj_mol: &'b [f64],
    /// Why and when each replica blew up; one entry a replica.
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
