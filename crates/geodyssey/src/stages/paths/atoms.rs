//! Paths of all atoms: annealed Langevin dynamics under the force field, the tether acting on the variables.

use geodyssey_landscape::Landscape;
use geodyssey_report::Direction;
use geodyssey_sampling::annealing::{AtomAnnealingState, AtomPath};
use geodyssey_sampling::{
    AnnealingProtocol, AtomAnnealing, Baoab, MolecularSystem, SamplingError, TetherPoint,
};

use super::batches::{self, Keeper};
use super::on_landscape::Steps;
use super::sampled::{Sampled, SampledPath, SampledPoint};
use super::streams::stream;
use crate::config::DEFAULT_DURATION_PS;
use crate::error::Error;
use crate::problem::scales::Scales;
use crate::problem::{Molecule, Problem};
use crate::run_directory::{Fingerprint, RunDirectory};

/// Steps of the dynamics at each point of the curve.
pub(super) fn steps_per_point(problem: &Problem, points: usize) -> u64 {
    let settings = &problem.config.sampling;
    match settings.steps_per_point {
        Some(steps) => steps.get() as u64,
        None => {
            let duration = settings.duration_ps.map_or(DEFAULT_DURATION_PS, |duration| duration.get());
            (duration / settings.time_step_ps.get() / points as f64).round().max(1.0) as u64
        }
    }
}

/// Samples all paths.
pub(super) fn sample(
    problem: &Problem,
    molecule: &Molecule,
    landscape: Option<&dyn Landscape>,
    directory: &RunDirectory,
    made_from: &Fingerprint,
    curve: &[TetherPoint],
) -> Result<Sampled, Error> {
    let failed = |error: SamplingError| Error::failed("sampling", error);
    let settings = &problem.config.sampling;
    let steps_per_point = steps_per_point(problem, curve.len());
    let time_step = settings.time_step_ps.get();
    let protocol = AnnealingProtocol {
        equilibration_steps: (settings.equilibration_ps.get() / time_step).round() as u64,
        steps_per_point,
        switches_per_point: settings.switches(steps_per_point),
        frame_stride: settings.frame_stride.get(),
    };
    let integrator =
        Baoab::new(time_step, settings.friction_per_ps.get(), problem.thermal_energy).map_err(failed)?;
    // The dynamics see the variables in the spacetime's units; records are turned back into their own.
    let scales = &problem.scales;
    let system = MolecularSystem::new(&molecule.force_field, &molecule.tethered).map_err(failed)?;
    let reversed: Vec<TetherPoint> = curve.iter().rev().cloned().collect();
    let segment = Steps::of(problem, curve).segment;
    let energy = landscape.map(|landscape| {
        let scaled = scales.landscape(landscape);
        move |x: &[f64], gradient: &mut [f64]| scaled.energy_gradient(x, gradient)
    });
    let annealing = |curve, direction| {
        let settings = [integrator.time_step_ps(), integrator.friction_per_ps()];
        let random = stream(problem.config.seed, direction, curve, &protocol, &settings);
        let annealing = AtomAnnealing::new(system, integrator, curve, protocol, random)?;
        match &energy {
            Some(energy) => annealing.watching(energy, segment),
            None => Ok(annealing),
        }
    };
    let forward = annealing(curve, Direction::Forward).map_err(failed)?;
    let backward = annealing(&reversed, Direction::Backward).map_err(failed)?;

    let [start, end] = molecule
        .structures
        .as_ref()
        .ok_or_else(|| Error::Failed("the states have no structures".to_owned()))?;
    let begin = |annealing: &AtomAnnealing<'_>, direction, structure: &Vec<[f64; 3]>, paths: usize| {
        let fresh = annealing.start(0, &vec![structure.clone(); paths]).map_err(failed)?;
        Ok::<_, Error>(batches::resume(directory, made_from, direction, fresh))
    };
    let paths = settings.paths.get();
    let mut forward_batches = begin(&forward, Direction::Forward, start, paths)?;
    let mut backward_batches =
        begin(&backward, Direction::Backward, end, if settings.backward { paths } else { 0 })?;

    let batches = || forward_batches.iter().chain(&backward_batches);
    let (total, done) =
        (batches().count() * curve.len(), batches().map(AtomAnnealingState::next_point).sum());
    let keeper = Keeper::new(directory, *made_from, curve.len(), total, done);
    let (one, other) = rayon::join(
        || forward.run(&mut forward_batches, &|batch| keeper.passed(Direction::Forward, batch)),
        || backward.run(&mut backward_batches, &|batch| keeper.passed(Direction::Backward, batch)),
    );
    one.and(other).map_err(failed)?;
    keeper.finish(&format!("{paths} paths{} done", if settings.backward { " each way" } else { "" }))?;

    let all = || forward_batches.iter().chain(&backward_batches);
    let energy_evaluations = all().map(AtomAnnealingState::energy_evaluations).sum();
    let of = |batches: &[AtomAnnealingState], direction| -> Vec<SampledPath> {
        batches
            .iter()
            .flat_map(|batch| batch.paths())
            .map(|path| sampled(path, direction, curve.len(), scales))
            .collect()
    };
    let mut paths = of(&forward_batches, Direction::Forward);
    paths.extend(of(&backward_batches, Direction::Backward));
    let path_time_ps = steps_per_point as f64 * curve.len() as f64 * time_step;
    Ok(Sampled {
        paths,
        energy_evaluations,
        path_time_ps: Some(path_time_ps),
        shooting: None,
        warnings: Vec::new(),
    })
}

fn sampled(path: &AtomPath, direction: Direction, curve_points: usize, scales: &Scales) -> SampledPath {
    let curve_point = |point: usize| match direction {
        Direction::Forward => point,
        Direction::Backward => curve_points - 1 - point,
    };
    let points: Vec<SampledPoint> = path
        .records
        .iter()
        .map(|record| SampledPoint {
            curve_point: curve_point(record.point),
            variables: scales.own(&record.variables),
            potential_energy: Some(record.potential_energy_kj_mol),
            highest_potential_energy: Some(record.maximum_potential_energy_kj_mol),
            tether_energy: record.tether_energy_kj_mol,
            work: record.work_kj_mol,
        })
        .collect();
    let maxima = path.records.iter().map(|record| record.maximum_potential_energy_kj_mol);
    let on_landscape = || path.records.iter().filter_map(|record| record.maximum_landscape_energy);
    SampledPath {
        direction,
        number: path.path as usize,
        points,
        frames: path.frames.iter().map(|frame| frame.point).collect(),
        positions: path.frames.iter().map(|frame| frame.positions.clone()).collect(),
        maximum_potential_energy: maxima.reduce(f64::max),
        maximum_landscape_energy: on_landscape().map(|energy| energy.with_segments_kj_mol).reduce(f64::max),
        maximum_landscape_energy_at_steps: on_landscape()
            .map(|energy| energy.at_steps_kj_mol)
            .reduce(f64::max),
        failure: path.failure.clone(),
        is_structure: None,
    }
}
