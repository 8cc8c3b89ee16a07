//! The geodesic stage: the curve through spacetime that the paths follow, for every winding, and the choice among them.

mod baselines;
mod candidate;
mod choice;
mod curve_maximum;
mod found;
mod geodesics;
mod images;
mod pass;
mod pullback;
mod solve;

use geodyssey_denoiser::InterruptibleDenoiser;
use geodyssey_run::{Checkpoints, Fingerprint, Ingredients, interrupt};

use super::{landscape, training};
use crate::artifacts::curve::{self, CURVE_FILE, GeodesicResult, RECORD_FILE, curve_csv};
use crate::artifacts::json::json;
use crate::artifacts::landscape::LandscapeResult;
use crate::config::InputError;
use crate::error::Error;
use crate::problem::Problem;
use crate::run_context::{Made, Run, Stage};
use crate::stages::denoiser::{Points, exact_denoiser};
use crate::stages::training::LearnedDenoiser;

pub(crate) use crate::artifacts::curve::STAGE;
pub(crate) use solve::Solve;

/// Share of negative terms above which a curve is warned of.
pub(crate) const LARGEST_NEGATIVE_SHARE: f64 = 0.01;

/// Most turns of one variable. Paths of the lowest bottleneck are sought on all images between start and end, of up to three
/// variables at once: eight turns of each take some 400 MB.
const MOST_TURNS: u32 = 8;

/// Brings the geodesic up to date.
pub(crate) fn run(
    run: &mut Run<'_>,
    landscape: &LandscapeResult,
    learned: Option<&LearnedDenoiser>,
) -> Result<GeodesicResult, Error> {
    run.bring_up_to_date(&GeodesicStage { landscape, learned })
}

/// The stage.
struct GeodesicStage<'s> {
    landscape: &'s LandscapeResult,
    learned: Option<&'s LearnedDenoiser>,
}

impl Stage for GeodesicStage<'_> {
    const NAME: &'static str = STAGE;
    const REVISION: u32 = 2;
    type Output = GeodesicResult;

    fn ingredients(&self, run: &Run<'_>, ingredients: Ingredients) -> Result<Ingredients, Error> {
        let config = &run.problem.config;
        run.problem.states()?;
        let ingredients = match config.denoiser.training_data() {
            Some(_) => {
                ingredients.upstream(training::STAGE, &run.directory.output_fingerprint(training::STAGE))
            }
            None => ingredients.settings("denoiser", &config.denoiser),
        };
        Ok(ingredients
            .upstream(landscape::STAGE, &run.directory.output_fingerprint(landscape::STAGE))
            .settings("variables", &config.variables)
            .settings("thermal energy", &run.problem.thermal_energy)
            .settings("states", &run.problem.centers_made_from())
            .settings("scales", &run.problem.scales.each())
            .settings("geodesic", &config.geodesic)
            .settings("constraints", &config.constraints))
    }

    fn make(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Made, Error> {
        let exact = exact_denoiser(run.problem, self.landscape, Points::OnGrid)?;
        let exact = InterruptibleDenoiser::new(exact.as_ref(), &interrupt::is_requested);
        let learned = self
            .learned
            .map(|learned| InterruptibleDenoiser::new(learned.denoiser.as_ref(), &interrupt::is_requested));
        let solve = Solve {
            problem: run.problem,
            landscape: self.landscape,
            denoiser: learned.as_ref().unwrap_or(&exact),
            is_learned: learned.is_some(),
            exact: &exact,
            checkpoints: Checkpoints { directory: &run.directory, stage: STAGE, made_from },
            executor: run.executor.as_ref(),
        };
        let (chosen, record) = solve.solve()?;
        interrupt::check()?;
        let curve = curve_csv(run.problem, &chosen.nodes, &chosen.arc_length);
        let files =
            vec![(CURVE_FILE.to_owned(), curve.into_bytes()), (RECORD_FILE.to_owned(), json(&record)?)];
        Ok(Made::files(run.write_all(files)?))
    }

    fn load(&self, run: &Run<'_>) -> Result<GeodesicResult, Error> {
        curve::read(run.problem, &run.directory)
    }
}

/// Refuses a curve that cannot be made, and a winding that turns what has no period.
pub(crate) fn check(problem: &Problem) -> Result<(), InputError> {
    baselines::check(problem)?;
    let periods = problem.periods();
    let Some(given) = &problem.config.geodesic.winding else { return Ok(()) };
    if given.iter().any(|turns| turns.unsigned_abs() > MOST_TURNS) {
        let message =
            format!("expected at most {MOST_TURNS} turns either way of each variable, found {given:?}");
        return Err(problem.config.error("geodesic.winding", message));
    }
    let turns_nothing = given.len() != periods.len()
        || given.iter().zip(&periods).any(|(turns, period)| *turns != 0 && period.is_none());
    if turns_nothing {
        let message = format!("expected {} whole numbers, 0 where a variable has no period", periods.len());
        return Err(problem.config.error("geodesic.winding", message));
    }
    Ok(())
}
