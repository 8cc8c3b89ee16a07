//! The free dynamics of a run: its molecule's atoms, or its variables on the landscape.

use geodyssey_dynamics::{Engine, Langevin, NativeEngine, ParticlesOnLandscape, Walls};
use geodyssey_landscape::Landscape;
use geodyssey_statistics::RandomStream;

use crate::artifacts::landscape::{LandscapeResult, PosteriorData};
use crate::config::Space;
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::engine::ActsOn;

/// Mass of a variable where the configuration gives none.
const MASS: f64 = 1.0;

/// Free dynamics.
pub(crate) struct FreeDynamics<'d> {
    /// Moves the atoms; its variables are in their own units.
    pub(crate) engine: &'d dyn Engine,
    /// Its parameters.
    pub(crate) law: Langevin,
    /// Random numbers of the dynamics.
    pub(crate) random: RandomStream,
}

/// Positions of the atoms, or of the particles that stand for the variables, at a point of a path.
pub(crate) fn positions_of_values(values: &[f64]) -> Vec<[f64; 3]> {
    ParticlesOnLandscape::positions(values)
}

/// Whether atoms move.
pub(crate) fn moves_atoms(problem: &Problem) -> bool {
    problem.config.space() == Space::Atoms && problem.molecule.is_some()
}

/// Lends the free dynamics of a run.
///
/// # Errors
/// Dynamics that the settings do not allow, and those of `work`.
pub(crate) fn with_dynamics<T>(
    problem: &Problem,
    landscape: &LandscapeResult,
    stage: &str,
    work: impl FnOnce(&FreeDynamics<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let failed = |error| Error::failed("free dynamics", error);
    let settings = &problem.config.paths;
    let law =
        Langevin::new(settings.time_step_ps.get(), settings.friction_per_ps.get(), problem.thermal_energy)
            .map_err(failed)?;
    let random = RandomStream::new(problem.config.seed, stage);
    if let (true, Some(molecule)) = (moves_atoms(problem), &problem.molecule) {
        let engine = molecule.engine(ActsOn::Variables).map_err(failed)?;
        return work(&FreeDynamics { engine: engine.as_ref(), law, random });
    }
    let Some(surface) = landscape.landscape.as_deref() else {
        let message = "the dynamics need a smooth surface, but this landscape has none";
        return Err(problem.config.error("landscape", message).into());
    };
    let energy = |x: &[f64], gradient: &mut [f64]| surface.energy_gradient(x, gradient);
    let masses = vec![settings.mass.map_or(MASS, |mass| mass.get()); surface.dimension()];
    let walls = walls(landscape, surface).map_err(failed)?;
    let particles = ParticlesOnLandscape::new(&energy, &masses, &walls).map_err(failed)?;
    let engine = NativeEngine::new(&particles, particles.variables()).map_err(failed)?;
    work(&FreeDynamics { engine: &engine, law, random })
}

/// The box of variables that are not periodic, in their own units; a mixture of Gaussians has none.
fn walls(
    landscape: &LandscapeResult,
    surface: &dyn Landscape,
) -> Result<Walls, geodyssey_dynamics::DynamicsError> {
    let everywhere = matches!(landscape.data, PosteriorData::Gaussians(_));
    let ranges = landscape.ranges.iter().zip(surface.periods());
    let ranges = ranges.map(|(&range, period)| (period.is_none() && !everywhere).then_some(range));
    Walls::new(ranges.collect())
}
