//! `diagnose`: how accurate the denoiser is, where, and whether it matters for paths.
//!
//! (a) Errors of `μ` relative to a reference, by noise level and along curves: [`accuracy`]. (b) Errors against the ridges of the
//! data's density: [`ridges`]. (c) Samples of the denoiser, compared with the data: [`samples`]. The reference is the exact denoiser
//! of the landscape, or of the kernel density of the samples where these are all that is known.

mod accuracy;
mod deviations;
mod figures;
mod quantiles;
mod ridges;
mod samples;
mod states;
mod subject;
mod tables;
mod verdict;

use geodyssey_denoiser::{Denoiser, InterruptibleDenoiser};
use geodyssey_report::Diagnosis;
use geodyssey_run::{Checkpoints, Fingerprint, Ingredients, interrupt};

use super::training::{self, TrainingData};
use super::{geodesic, landscape};
use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::diagnosis::SUMMARY_FILE;
use crate::artifacts::landscape::{LandscapeResult, PosteriorData};
use crate::artifacts::named_files::NamedFiles;
use crate::error::Error;
use crate::progress::Activity;
use crate::run_context::{Made, Run, Stage};
use crate::stages::denoiser::{Points, exact_denoiser};
use crate::stages::training::LearnedDenoiser;

pub(crate) use crate::artifacts::diagnosis::STAGE;

use samples::ReverseSamples;
use subject::Subject;

/// Brings the diagnosis up to date, with all stages up to the geodesic before it.
pub(crate) fn run(run: &mut Run<'_>) -> Result<Diagnosis, Error> {
    run.problem.states()?;
    let landscape = landscape::run(run)?;
    let learned = training::run(run, &landscape)?;
    let geodesic = geodesic::run(run, &landscape, learned.as_ref())?;
    run.bring_up_to_date(&DiagnoseStage {
        landscape: &landscape,
        learned: learned.as_ref(),
        geodesic: &geodesic,
    })
}

/// The stage.
struct DiagnoseStage<'s> {
    landscape: &'s LandscapeResult,
    learned: Option<&'s LearnedDenoiser>,
    geodesic: &'s GeodesicResult,
}

impl Stage for DiagnoseStage<'_> {
    const NAME: &'static str = STAGE;
    const REVISION: u32 = 2;
    type Output = Diagnosis;

    fn ingredients(&self, run: &Run<'_>, ingredients: Ingredients) -> Result<Ingredients, Error> {
        let (problem, config) = (run.problem, &run.problem.config);
        let stages = [landscape::STAGE, training::STAGE, geodesic::STAGE];
        let ingredients = stages
            .iter()
            .fold(ingredients, |sum, stage| sum.upstream(stage, &run.directory.output_fingerprint(stage)));
        Ok(ingredients
            .settings("denoiser", &config.denoiser)
            .settings("variables", &config.variables)
            .settings("thermal energy", &problem.thermal_energy)
            .settings("states", &problem.states_made_from())
            .settings("geodesic", &config.geodesic)
            .settings("constraints", &config.constraints)
            .settings("seed", &config.seed))
    }

    fn make(&self, run: &Run<'_>, made_from: &Fingerprint) -> Result<Made, Error> {
        let outputs = diagnose(run, self.landscape, self.learned, self.geodesic, made_from)?;
        Ok(Made::files(run.write_all(outputs)?))
    }

    fn load(&self, run: &Run<'_>) -> Result<Diagnosis, Error> {
        Diagnosis::from_json(&run.directory.read_text(SUMMARY_FILE)?)
            .map_err(|error| Error::file("understand", &run.directory.file(SUMMARY_FILE), error))
    }
}

fn diagnose(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    learned: Option<&LearnedDenoiser>,
    geodesic: &GeodesicResult,
    made_from: &Fingerprint,
) -> Result<NamedFiles, Error> {
    let problem = run.problem;
    let settings = problem.config.denoiser.training_data().cloned().unwrap_or_default();
    let exact = exact_denoiser(problem, landscape, Points::OnGrid)?;
    let data = TrainingData::gather(problem, landscape, &settings)?;
    // Every loop of the diagnosis evaluates one of these.
    let stoppable = |denoiser| InterruptibleDenoiser::new(denoiser, &interrupt::is_requested);
    let reference = stoppable(data.reference.as_ref());
    let denoiser = stoppable(learned.map_or(exact.as_ref(), |learned| learned.denoiser.as_ref()));
    let equilibrium = learned.and_then(|learned| learned.equilibrium.as_deref()).map(stoppable);
    let subject = Subject {
        run,
        landscape,
        geodesic,
        denoiser: &denoiser,
        equilibrium: equilibrium.as_ref().map(|denoiser| denoiser as &dyn Denoiser),
        learned,
        reference: &reference,
        data: &data,
        settings,
        checkpoints: Checkpoints { directory: &run.directory, stage: STAGE, made_from },
    };
    let activity = Activity::start(STAGE, "errors by noise level and along the geodesics");
    let (accuracy, curves) = accuracy::measure(&subject)?;
    interrupt::check()?;
    activity.tick(|| "samples of the reverse flows".to_owned());
    let reverse = ReverseSamples::draw(&subject)?;
    let own = reverse.in_own_units(problem);
    let sampling = samples::measure(&subject, &own)?;
    interrupt::check()?;
    activity.tick(|| "ridges".to_owned());
    let ridge = subject.checkpoints.once("ridges", || ridges::measure(&subject, &reverse))?;
    interrupt::check()?;
    let (findings, verdict) = verdict::reach(&subject, &accuracy, &curves, &sampling);
    let diagnosis = Diagnosis {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        kind: problem.config.denoiser.kind().to_owned(),
        judge: match &landscape.data {
            PosteriorData::Samples(_) => "kernel density of the samples".to_owned(),
            _ => "exact posterior of the landscape".to_owned(),
        },
        trusted: findings.iter().all(|finding| finding.passed),
        verdict,
        findings,
        accuracy,
        sampling,
        ridge,
    };
    let mut outputs = tables::write(&subject, &diagnosis, &curves, &own);
    for (name, figure) in figures::draw(&subject, &diagnosis, &curves, &own)? {
        outputs.push((format!("{STAGE}/{name}.png"), figure.png));
        outputs.push((format!("{STAGE}/{name}.svg"), figure.svg.into_bytes()));
    }
    let text = diagnosis.to_json().map_err(|error| Error::failed("the diagnosis", error))?;
    outputs.push((SUMMARY_FILE.to_owned(), text.into_bytes()));
    activity.finish("done");
    Ok(outputs)
}
