//! Structures whose committors say most: held at the lowest barrier of the landscape, and frames of the led paths.

use geodyssey_dynamics::{Bias, DynamicsError, Langevin, Replica, Tether, TetherPoint};
use geodyssey_landscape::Bottleneck;
use geodyssey_paths::ensembles::Places as _;
use geodyssey_statistics::RandomStream;
use geodyssey_trajectory::read_frames;

use super::structure::CommittorStructure;
use crate::artifacts::all_paths::{self, read_paths};
use crate::artifacts::curve::GeodesicResult;
use crate::artifacts::landscape::LandscapeResult;
use crate::artifacts::path_table::{FOLDER, read_path, table_of};
use crate::error::Error;
use crate::problem::engine::ActsOn;
use crate::problem::{Molecule, Problem};
use crate::run_context::Run;
use crate::stages::barrier::bottlenecks;
use crate::stages::free_paths::{Order, StatePlaces, moves_atoms, positions_of_values};

/// Structures held at the saddle.
const HELD: usize = 64;
/// logSNR of the tether that holds them: a standard deviation of a degree for torsions.
const LOG_SNR: f64 = 8.0;
/// Time that each is held before it is taken, ps.
const HELD_PS: f64 = 10.0;

/// Those of a run.
pub(super) fn structures(
    run: &Run<'_>,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
) -> Result<Vec<CommittorStructure>, Error> {
    let led = led_frames(run)?;
    if led.is_empty() {
        return Err(Error::Failed(
            "committors: no frame of a led path lies between the states; more frames, smaller states, or structures on the command line are \
             needed"
                .to_owned(),
        ));
    }
    let mut all = match (&run.problem.molecule, moves_atoms(run.problem)) {
        (Some(molecule), true) => at_saddle(run, molecule, landscape, geodesic, &led)?,
        _ => Vec::new(),
    };
    all.extend(led);
    Ok(all)
}

/// Frames of the led paths between the states, evenly taken.
fn led_frames(run: &Run<'_>) -> Result<Vec<CommittorStructure>, Error> {
    let problem = run.problem;
    let most = problem.config.committor.structures.get();
    let places = StatePlaces::new(problem, problem.states()?, Order::None, false);
    let text = run.directory.read_text(all_paths::FILE)?;
    let rows = read_paths(&text)
        .map_err(|error| Error::file("understand", &run.directory.file(all_paths::FILE), error))?;
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| row.failure.is_none()) {
        let Ok(id) = row.path.parse() else { continue };
        let table = read_path(&problem.variables, &run.directory.read_text(&table_of(id))?)
            .map_err(|error| Error::file("understand", &run.directory.file(&table_of(id)), error))?;
        let between = table.points.into_iter().enumerate();
        let between = between.filter(|(_, values)| places.place(values).state.is_none());
        found.extend(between.map(|(frame, values)| (id, frame, values)));
    }
    let stride = found.len().div_ceil(most).max(1);
    let mut all = Vec::new();
    let mut open: Option<(geodyssey_paths::PathId, Vec<Vec<[f64; 3]>>)> = None;
    for (id, frame, values) in found.into_iter().step_by(stride) {
        let positions = match (&problem.molecule, moves_atoms(problem)) {
            (Some(molecule), true) => {
                if open.as_ref().is_none_or(|(known, _)| *known != id) {
                    let file = run.directory.file(&format!("{FOLDER}{id}.xtc"));
                    let frames = read_frames(&file, Some(&molecule.topology))
                        .map_err(|error| Error::file("read", &file, error))?;
                    open = Some((id, frames));
                }
                let Some((_, frames)) = &open else { continue };
                frames[frame].clone()
            }
            _ => positions_of_values(&values),
        };
        all.push(CommittorStructure { name: format!("{id}:{frame}"), source: "led", values, positions });
    }
    Ok(all)
}

/// Where the structures are held: at the lowest bottleneck of the landscape, or at the highest point of the curve.
fn saddle(
    problem: &Problem,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
) -> Result<Option<Vec<f64>>, Error> {
    let windings = geodyssey_spacetime::windings(&problem.periods(), 1);
    if problem.variables.len() <= 3 {
        let found = bottlenecks(problem, landscape, &windings, false)?;
        let lower = |a: &Bottleneck, b: &Bottleneck| a.energy_kj_mol.total_cmp(&b.energy_kj_mol);
        if let Some(lowest) = found.into_iter().flatten().min_by(lower) {
            return Ok(Some(lowest.position));
        }
    }
    let Some(surface) = landscape.landscape.as_deref() else { return Ok(None) };
    let means = &geodesic.curve.means;
    Ok(means.iter().max_by(|a, b| surface.energy(a).total_cmp(&surface.energy(b))).cloned())
}

/// Structures held at the saddle, each for a while from the nearest led frame.
fn at_saddle(
    run: &Run<'_>,
    molecule: &Molecule,
    landscape: &LandscapeResult,
    geodesic: &GeodesicResult,
    led: &[CommittorStructure],
) -> Result<Vec<CommittorStructure>, Error> {
    let problem = run.problem;
    let Some(saddle) = saddle(problem, landscape, geodesic)? else { return Ok(Vec::new()) };
    let away = |values: &[f64]| -> f64 {
        let axes = problem.variables.iter().zip(values.iter().zip(&saddle)).zip(problem.scales.each());
        axes.map(|((variable, (a, b)), scale)| (variable.difference(*a, *b) / scale).powi(2)).sum()
    };
    let nearest = led.iter().min_by(|a, b| away(&a.values).total_cmp(&away(&b.values)));
    let Some(nearest) = nearest else { return Ok(Vec::new()) };
    let failed = |error: DynamicsError| Error::failed("holding structures at the saddle", error);
    let engine = molecule.engine(ActsOn::ScaledVariables).map_err(failed)?;
    let settings = &problem.config.paths;
    let kt = problem.thermal_energy;
    let law = Langevin::new(settings.time_step_ps.get(), 2.0, kt).map_err(failed)?;
    let random = RandomStream::new(problem.config.seed, "held structures");
    let from = TetherPoint { log_snr: LOG_SNR, center: problem.scales.scaled(&nearest.values) };
    let to = TetherPoint { log_snr: LOG_SNR, center: nearest_image(problem, &saddle, &nearest.values) };
    let steps = (HELD_PS / law.time_step_ps()).ceil() as u64;
    let (size, moves) = (engine.capabilities().replicas_per_batch, 100);
    let mut all = Vec::new();
    for first in (0..HELD).step_by(size) {
        let numbers = first..HELD.min(first + size);
        let replicas: Vec<Replica> = numbers
            .clone()
            .map(|number| Replica::new(number as u32, nearest.positions.clone(), kt))
            .collect();
        let mut tether = Tether::new(&from, &engine.periods(), kt).map_err(failed)?;
        let mut batch = engine.open(&replicas, law, random, &Bias::Tether(tether.clone())).map_err(failed)?;
        for part in 1..=moves {
            tether.move_between(&from, &to, f64::from(part) / f64::from(moves));
            batch.set_bias(&Bias::Tether(tether.clone())).map_err(failed)?;
            batch.advance(steps / (2 * moves as u64)).map_err(failed)?;
        }
        batch.advance(steps / 2).map_err(failed)?;
        geodyssey_run::interrupt::check()?;
        for (lane, number) in numbers.enumerate() {
            if batch.observed().failures[lane].is_some() {
                continue;
            }
            let positions = batch.positions(lane).map_err(failed)?;
            let values = molecule.values(&positions);
            all.push(CommittorStructure {
                name: format!("saddle:{number}"),
                source: "saddle",
                values,
                positions,
            });
        }
    }
    Ok(all)
}

/// The image of a point that is nearest to another, in the spacetime's units.
fn nearest_image(problem: &Problem, point: &[f64], other: &[f64]) -> Vec<f64> {
    let axes = problem.variables.iter().zip(point.iter().zip(other));
    let image: Vec<f64> = axes.map(|(variable, (a, b))| b + variable.difference(*a, *b)).collect();
    problem.scales.scaled(&image)
}
