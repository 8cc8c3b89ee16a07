//! Puts the summary together from what the stages kept.

use geodyssey_report::{
    ConstraintSummary, DenoiserSummary, LandscapeSummary, Summary, SystemSummary, VariableSummary,
};
use geodyssey_run::Ingredients;

use super::described::described;
use super::states::states;
use crate::artifacts::committor::{self, CommittorRecord};
use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::free_paths::{self, FreePathsRecord};
use crate::artifacts::landscape::LandscapeResult;
use crate::artifacts::paths::PathsRecord;
use crate::error::Error;
use crate::problem::cautions::cautions;
use crate::problem::variables::Variable;
use crate::problem::{Problem, molecule_warnings, temperature_of};
use crate::run_context::Run;
use crate::stages::training::{self, LearnedDenoiser};
use crate::stages::{geodesic, landscape, paths};

/// What is known of free dynamics.
#[derive(Clone, Copy, Default)]
pub(crate) struct FreeResults<'r> {
    /// Free paths and rates.
    pub(crate) paths: Option<&'r FreePathsRecord>,
    /// Committors.
    pub(crate) committor: Option<&'r CommittorRecord>,
}

/// The summary of as many stages as there are.
pub(crate) fn summary(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    learned: Option<&LearnedDenoiser>,
    geodesic: Option<&GeodesicResult>,
    paths: Option<&PathsRecord>,
    free: FreeResults<'_>,
) -> Result<Summary, Error> {
    let problem = run.problem;
    let stages = [
        Some(landscape::STAGE),
        learned.map(|_| training::STAGE),
        geodesic.map(|_| geodesic::STAGE),
        paths.map(|_| paths::STAGE),
        free.paths.map(|_| free_paths::STAGE),
        free.committor.map(|_| committor::STAGE),
    ];
    let files = stages.into_iter().flatten().flat_map(|stage| run.directory.outputs(stage)).map(described);
    let molecule =
        molecule_warnings(problem).map_err(|error| Error::failed("comparing the states", error))?;
    let recorded = [
        Some(&molecule),
        Some(&landscape.record.warnings),
        geodesic.map(|geodesic| &geodesic.record.warnings),
        paths.map(|paths| &paths.warnings),
        free.paths.map(|free| &free.warnings),
        free.committor.map(|committor| &committor.warnings),
    ];
    let recorded = recorded.into_iter().flatten().flatten().cloned();
    let recorded = cautions(problem).into_iter().chain(recorded).collect();
    let summary = Summary {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config_hash: config_hash(problem)?,
        seed: problem.config.seed,
        system: SystemSummary {
            atoms: problem.molecule.as_ref().map(|molecule| molecule.topology.atom_count()),
            variables: problem
                .variables
                .iter()
                .zip(problem.scales.each())
                .map(|(one, &scale)| variable(one, scale))
                .collect(),
            temperature_k: Some(
                problem.temperature_k.unwrap_or_else(|| temperature_of(problem.thermal_energy)),
            ),
            thermal_energy_kj_mol: problem.thermal_energy,
        },
        states: states(problem, landscape),
        landscape: LandscapeSummary {
            method: landscape.record.method.clone(),
            energy_evaluations: landscape.record.energy_evaluations,
            rms_block_error_kj_mol: landscape.record.rms_block_error_kj_mol,
            samples: landscape.record.samples.as_ref().map(|samples| samples.summary.clone()),
            metadynamics: landscape.record.metadynamics.as_ref().map(|record| record.summary.clone()),
            lower_bound_kj_mol: geodesic.and_then(|geodesic| geodesic.record.lower_bound_kj_mol),
            lower_bound_error_kj_mol: geodesic.and_then(|geodesic| geodesic.record.lower_bound_error_kj_mol),
            lower_bound_sampled: geodesic.and_then(|geodesic| geodesic.record.lower_bound_sampled),
        },
        denoiser: denoiser(problem, learned, geodesic),
        geodesic: geodesic.map(|geodesic| geodesic.record.summary.clone()),
        constraints: constraints(geodesic, paths),
        sampling: paths.map(|paths| paths.sampling.clone()),
        max_energy: paths.and_then(|paths| paths.max_energy.clone()),
        transition: paths.and_then(|paths| paths.transition.clone()),
        work: paths.and_then(|paths| paths.work.clone()),
        free_energy: paths.and_then(|paths| paths.free_energy.clone()),
        free_paths: free.paths.and_then(|free| free.free_paths.clone()),
        rate: free.paths.and_then(|free| free.rate.clone()),
        committor: free.committor.map(|committor| committor.summary.clone()),
        warnings: Vec::new(),
        files: files.collect(),
    };
    Ok(summary.with_warnings(recorded))
}

/// The denoiser, as far as the run came.
fn denoiser(
    problem: &Problem,
    learned: Option<&LearnedDenoiser>,
    geodesic: Option<&GeodesicResult>,
) -> Option<DenoiserSummary> {
    let record = learned.map(|learned| &learned.record);
    let training = record.and_then(|record| record.training.as_ref());
    (record.is_some() || geodesic.is_some()).then(|| DenoiserSummary {
        kind: problem.config.denoiser.kind().to_owned(),
        parameters: record.map(|record| record.parameters),
        steps: training.and_then(|training| training.steps),
        held_out_loss: training.map(|training| training.held_out_loss),
        log_snr_range: record.map(|record| record.log_snr_range),
        device: record.map(|record| record.device.clone()),
    })
}

/// The curve's constraints, with what the paths make of them.
fn constraints(geodesic: Option<&GeodesicResult>, paths: Option<&PathsRecord>) -> Vec<ConstraintSummary> {
    let of_curve = geodesic.map_or(&[][..], |geodesic| &geodesic.record.constraints);
    let sampled = |index: usize| paths.and_then(|paths| paths.constraints.get(index).cloned().flatten());
    let numbered = of_curve.iter().enumerate();
    numbered
        .map(|(index, constraint)| ConstraintSummary { sampled: sampled(index), ..constraint.clone() })
        .collect()
}

fn variable(variable: &Variable, scale: f64) -> VariableSummary {
    let (kind, unit) = (variable.quantity.name, variable.quantity.unit.column());
    VariableSummary {
        name: variable.name.clone(),
        kind: kind.to_owned(),
        unit: unit.to_owned(),
        period: variable.period,
        scale,
    }
}

/// Of the configuration and the contents of its input files, wherever these lie.
fn config_hash(problem: &Problem) -> Result<String, Error> {
    let text = problem.config.without_paths().resolved()?;
    let ingredients =
        Ingredients::of("configuration").add("text", text.as_bytes()).settings("inputs", &problem.inputs);
    Ok(ingredients.fingerprint().to_hex())
}
