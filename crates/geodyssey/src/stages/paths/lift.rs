//! Atoms for paths of the variables alone: for each frame the structure of lowest energy at its variables.

use geodyssey_dynamics::{DynamicsError, MinimisationParameters, MinimisationTask};
use geodyssey_landscape::Landscape;
use geodyssey_paths::Direction;
use geodyssey_report::Warning;
use geodyssey_run::{RunDirectory, interrupt};

use super::STAGE;
use super::batches::frame_bytes;
use super::sampled::{LIFTED, Sampled};
use crate::config::DEFAULT_LIFTED_PATHS;
use crate::error::Error;
use crate::problem::engine::ActsOn;
use crate::problem::{Molecule, Problem};
use crate::progress::Progress;

/// Builds atoms for the frames of the first paths of each direction. Each minimisation starts from the structure of the previous
/// frame, that of the first frame from the state's structure.
pub(super) fn lift(
    problem: &Problem,
    molecule: &Molecule,
    landscape: Option<&dyn Landscape>,
    lowest_kj_mol: Option<f64>,
    directory: &RunDirectory,
    sampled: &mut Sampled<'_>,
) -> Result<(), Error> {
    let failed = |error: DynamicsError| Error::failed("building atoms for the paths", error);
    let Some(structures) = &molecule.structures else { return Ok(()) };
    let most = problem.config.sampling.lifted_paths.unwrap_or(DEFAULT_LIFTED_PATHS);
    let chosen: Vec<usize> = [Direction::Forward, Direction::Backward]
        .into_iter()
        .flat_map(|direction| {
            let paths = sampled.paths.iter().enumerate();
            let whole = paths.filter(move |(_, path)| path.id.direction == direction && path.is_whole());
            whole.map(|(index, _)| index).take(most).collect::<Vec<_>>()
        })
        .collect();
    let frames = chosen.iter().map(|&index| sampled.paths[index].frames).max().unwrap_or(0);
    if frames == 0 {
        return Ok(());
    }
    let engine = molecule.engine(ActsOn::Variables).map_err(failed)?;
    let parameters = MinimisationParameters::default();
    let mut last: Vec<(Vec<[f64; 3]>, Vec<f64>)> = chosen
        .iter()
        .map(|&index| {
            let [start, end] = structures;
            let state = if sampled.paths[index].id.direction == Direction::Forward { start } else { end };
            (state.clone(), vec![0.0; molecule.variables.len()])
        })
        .collect();
    let targets = chosen.iter().map(|&index| {
        let path = sampled.path(index)?;
        Ok(path.frames.iter().map(|frame| path.points[frame.point].variables.clone()).collect())
    });
    let targets = targets.collect::<Result<Vec<Vec<Vec<f64>>>, Error>>()?;
    let (mut stream, mut written) = (directory.begin_stream(STAGE, LIFTED)?, 0);
    let mut progress = Progress::start(STAGE, frames as u64, 0);
    let (mut done, mut unfinished, mut squares) = (0_usize, 0_usize, 0.0);
    for frame in 0..frames {
        let here = targets.iter().enumerate().filter_map(|(place, frames)| Some((place, frames.get(frame)?)));
        let here: Vec<(usize, &Vec<f64>)> = here.collect();
        let tasks: Vec<MinimisationTask> = here
            .iter()
            .map(|&(place, target)| MinimisationTask {
                positions: last[place].0.clone(),
                target: target.clone(),
                multipliers: last[place].1.clone(),
            })
            .collect();
        let results = engine.minimise(&tasks, &parameters).map_err(failed)?;
        let places: Vec<usize> = here.iter().map(|(place, _)| *place).collect();
        for ((place, task), result) in places.into_iter().zip(&tasks).zip(results) {
            done += 1;
            unfinished += usize::from(!result.converged);
            if let (Some(surface), Some(lowest)) = (landscape, lowest_kj_mol) {
                squares += (result.energy_kj_mol - lowest - surface.energy(&task.target)).powi(2);
            }
            stream.append(&frame_bytes(&result.positions))?;
            sampled.lifted.entry(chosen[place]).or_default().push(written);
            written += 1;
            last[place] = (result.positions, result.multipliers);
        }
        progress.set(frame as u64 + 1, "atoms");
        directory.verify()?;
        interrupt::check()?;
    }
    let agreement = if problem.config.landscape.is_relaxed() && lowest_kj_mol.is_some() {
        format!(
            "; their energies differ from the surface by {:.2} kJ/mol (root mean square)",
            (squares / done as f64).sqrt()
        )
    } else {
        String::new()
    };
    progress.finish(&format!("atoms for {done} frames of {} paths{agreement}", chosen.len()));
    if unfinished > 0 {
        let message =
            format!("For {unfinished} of {done} frames the minimisation of the atoms did not converge.");
        sampled.warnings.push(Warning::new(STAGE, message));
    }
    Ok(())
}
