//! The methods by which the energy of the variables is obtained. A new one is a file next to this, its settings, and a line in
//! [`super::method`].

use geodyssey_run::{Fingerprint, Ingredients};

use crate::artifacts::landscape::LandscapeRecord;
use crate::config::InputError;
use crate::error::Error;
use crate::problem::{Molecule, Problem};
use crate::run_context::Run;
use crate::stages::need::Need;

/// The text of a landscape's table, and how it was made.
pub(crate) type Landscape = (String, LandscapeRecord);

/// A way in which the energy of the variables is known.
pub(crate) trait LandscapeMethod {
    /// Refuses settings and files of which no landscape can be made.
    fn check(&self, problem: &Problem) -> Result<(), Error>;

    /// Adds what the landscape is made from: settings, states, the seed. Variables, kT and input files are there in any case.
    fn ingredients(&self, problem: &Problem, ingredients: Ingredients) -> Ingredients;

    /// The landscape, where it lies in files or is a formula; none where it must be computed.
    fn known(&self, _problem: &Problem) -> Result<Option<Landscape>, Error> {
        Ok(None)
    }

    /// Computes it; checkpoints are kept in the run directory.
    fn compute(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Landscape, Error>;

    /// Whether it will be a smooth surface that dynamics can run on, as far as that is known.
    fn has_surface(&self, _problem: &Problem) -> bool {
        true
    }

    /// Evaluations of the molecule's energy that it will take, where they are known.
    fn evaluations(&self, _problem: &Problem) -> Option<f64> {
        None
    }

    /// The time step of its dynamics, ps, if it has any.
    fn time_step_ps(&self, _problem: &Problem) -> Option<f64> {
        None
    }

    /// What it takes in memory.
    fn needs(&self, _problem: &Problem) -> Vec<Need> {
        Vec::new()
    }

    /// What `check` reports about it.
    fn describe(&self, problem: &Problem) -> Result<String, Error>;
}

/// The states' structures, from which a method starts.
pub(super) fn starting_structures<'p>(
    problem: &Problem,
    molecule: &'p Molecule,
    method: &str,
) -> Result<&'p [Vec<[f64; 3]>; 2], InputError> {
    molecule.structures.as_ref().ok_or_else(|| {
        let message = format!(
            "{method} starts from the states' structures: [states.start] and [states.end] are needed"
        );
        problem.config.error("states", message)
    })
}

/// Points of a grid with so many along each variable.
pub(super) fn grid_points(problem: &Problem, along_each: usize) -> f64 {
    (along_each as f64).powi(problem.variables.len() as i32)
}

/// Atoms of the molecule, if there is one.
pub(super) fn atoms(problem: &Problem) -> f64 {
    problem.molecule.as_ref().map_or(0, |molecule| molecule.topology.atom_count()) as f64
}
