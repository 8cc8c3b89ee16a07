//! The files of free paths.

use geodyssey_paths::ensembles::{AtomsPoint, FreePath};
use geodyssey_trajectory::TrajectoryFormat;

use super::dynamics::moves_atoms;
use super::statistics::{SampledTransitions, rejection_name};
use crate::artifacts::free_paths::{
    FOLDER, FreePathRow, KeptFreePath, TABLE_FILE, free_path_csv, free_paths_csv, winding_text,
};
use crate::artifacts::landscape::LandscapeResult;
use crate::artifacts::trajectories::write_trajectory_at;
use crate::error::Error;
use crate::run_context::Run;

/// The table of all trials.
pub(super) fn write_table(run: &Run<'_>, sampled: &SampledTransitions) -> Result<String, Error> {
    let mut rows = Vec::new();
    for (chain, windings) in sampled.chains.iter().zip(&sampled.windings) {
        for ((index, trial), path) in chain.trials.iter().enumerate().zip(chain.present_after_trials()) {
            let record = &chain.paths[path];
            rows.push(FreePathRow {
                chain: chain.chain().number(),
                trial: index as u64,
                length_ps: (record.values.len() - 1) as f64 * sampled.interval_ps,
                weight: if index >= sampled.first_trial { 1.0 } else { 0.0 },
                accepted: trial.rejection.is_none(),
                winding: winding_text(&windings[path]),
                name: sampled.moves[trial.which as usize].to_owned(),
                rejection: trial.rejection.map_or_else(String::new, |why| rejection_name(why).to_owned()),
                max_potential_energy_kj_mol: record.highest_potential_energy_kj_mol,
            });
        }
    }
    run.directory.write(TABLE_FILE, &free_paths_csv(rows.into_iter())?)?;
    Ok(TABLE_FILE.to_owned())
}

/// The kept paths of transition path sampling, with their files.
pub(super) fn write_kept(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    sampled: &SampledTransitions,
) -> Result<(Vec<KeptFreePath>, Vec<String>), Error> {
    let (mut kept, mut names) = (Vec::new(), Vec::new());
    for (chain, windings) in sampled.chains.iter().zip(&sampled.windings) {
        let present = chain.present_after_trials();
        for one in &chain.kept {
            let name = format!("free-{:04}", kept.len());
            names.extend(write_path(run, landscape, &name, &one.path, sampled.interval_ps)?);
            kept.push(KeptFreePath {
                name,
                chain: chain.chain().number(),
                trial: one.trial,
                weight: if one.trial as usize >= sampled.first_trial { 1.0 } else { 0.0 },
                length_ps: (one.path.frames.len() - 1) as f64 * sampled.interval_ps,
                winding: windings[present[one.trial as usize]].clone(),
            });
        }
    }
    Ok((kept, names))
}

/// The table and, with atoms, the trajectory of one path; their names.
pub(super) fn write_path(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    name: &str,
    path: &FreePath<AtomsPoint>,
    interval_ps: f64,
) -> Result<Vec<String>, Error> {
    let problem = run.problem;
    let surface = landscape.landscape.as_deref();
    let frames: Vec<(Vec<f64>, f64, Option<f64>)> = path
        .frames
        .iter()
        .map(|frame| {
            let energy = surface.map(|surface| surface.energy(&frame.values) - landscape.minimum);
            (frame.values.clone(), frame.potential_energy_kj_mol, energy)
        })
        .collect();
    let table = format!("{FOLDER}{name}.csv");
    run.directory.write(&table, &free_path_csv(&problem.variables, interval_ps, &frames)?)?;
    let mut names = vec![table];
    if let (true, Some(molecule)) = (moves_atoms(problem), &problem.molecule) {
        let positions = path.frames.iter().map(|frame| frame.point.positions.clone()).collect();
        let aligned = molecule.aligned(positions).map_err(|error| Error::failed("aligning a path", error))?;
        let trajectory = format!("{FOLDER}{name}.{}", TrajectoryFormat::Xtc.extension());
        let file = run.directory.claim(&trajectory)?;
        write_trajectory_at(TrajectoryFormat::Xtc, &file, &molecule.topology, &aligned, interval_ps)?;
        names.push(trajectory);
    }
    Ok(names)
}
