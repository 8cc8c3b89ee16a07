//! The landscape stage: the energy of the variables, computed, read or known, and kept as `landscape.csv`.

use std::fmt::Write as _;
use std::time::Instant;

use geodyssey_landscape::table_file::{ENERGY_COLUMN, TableRows, write_grid};
use geodyssey_landscape::{Grid, LandscapeError, SampledGround};

use super::{metadynamics, relaxed_scan, samples};
use crate::artifacts::json::json;
use crate::artifacts::landscape::{
    self as artifact, LandscapeRecord, LandscapeResult, RECORD_FILE, interpolation, table_file,
};
use crate::config::{Interpolation, LandscapeConfig, SamplesSource, VariableConfig};
use crate::error::Error;
use crate::problem::{EnergySource, FEWEST_GRID_POINTS, Problem, grid_axes};
use crate::run_context::Run;
use crate::run_directory::{Fingerprint, Ingredients};

pub(crate) use crate::artifacts::landscape::STAGE;

/// Raised whenever the stage computes something else from the same settings and inputs, so that files of before are made again.
const REVISION: u32 = 3;

/// What the landscape is made from.
pub(crate) fn fingerprint(problem: &Problem) -> Fingerprint {
    let config = &problem.config;
    // The units of the spacetime change no landscape.
    let variables: Vec<VariableConfig> =
        config.variables.iter().map(|variable| VariableConfig { scale: None, ..variable.clone() }).collect();
    let ingredients = Ingredients::of_stage(STAGE, REVISION)
        .settings("variables", &variables)
        .settings("thermal energy", &problem.thermal_energy);
    let ingredients = match &config.landscape {
        LandscapeConfig::Metadynamics(settings) => ingredients
            .settings("metadynamics", settings)
            .settings("states", &problem.regions_made_from())
            .settings("seed", &config.seed),
        LandscapeConfig::RelaxedScan(settings) => {
            ingredients.settings("relaxed scan", settings).settings("states", &problem.regions_made_from())
        }
        LandscapeConfig::Samples(settings) => {
            let ingredients = ingredients.settings("stride", &settings.stride);
            match settings.source() {
                SamplesSource::ReplicaExchange(settings) => ingredients
                    .settings("replica exchange", settings)
                    .settings("states", &problem.regions_made_from())
                    .settings("seed", &config.seed),
                SamplesSource::Trajectory(_) | SamplesSource::Table(_) => ingredients,
            }
        }
        // The file counts by its content, wherever it lies.
        LandscapeConfig::Table(settings) => ingredients.settings("table", &settings.interpolation),
        LandscapeConfig::Formula(settings) => ingredients.settings("formula", settings),
    };
    ingredients.settings("inputs", &problem.inputs_of_landscape()).fingerprint()
}

/// Refuses settings and files of which no landscape can be made.
pub(crate) fn check(problem: &Problem) -> Result<(), Error> {
    match (&problem.config.landscape, &problem.source) {
        (LandscapeConfig::Metadynamics(_), _) => metadynamics::check(problem),
        (LandscapeConfig::RelaxedScan(_), _) => relaxed_scan::check(problem),
        (LandscapeConfig::Samples(_), _) => samples::check(problem),
        (LandscapeConfig::Table(_), EnergySource::Table(rows))
            if interpolation(problem) != Interpolation::None =>
        {
            let grid = rows.clone().into_grid(&problem.periods());
            grid.map(|_| ()).map_err(|error| table_error(problem, &error))
        }
        (LandscapeConfig::Table(_), _) => Ok(()),
        (LandscapeConfig::Formula(settings), _) => {
            if settings.grid_points.get() < FEWEST_GRID_POINTS {
                let message = format!(
                    "expected at least {FEWEST_GRID_POINTS} points, between which a smooth surface can be laid"
                );
                return Err(problem.config.error("landscape.grid_points", message).into());
            }
            Ok(grid_axes(problem).map(|_| ())?)
        }
    }
}

/// Whether the landscape will be a smooth surface that dynamics can run on, as far as that is known.
pub(crate) fn has_surface(problem: &Problem) -> bool {
    match &problem.source {
        EnergySource::Samples(_) => false,
        EnergySource::Table(rows) if interpolation(problem) == Interpolation::None => {
            rows.clone().into_grid(&problem.periods()).is_ok()
        }
        EnergySource::Table(_) | EnergySource::Molecule | EnergySource::Formula(_) => true,
    }
}

/// Energy evaluations of the molecule that the landscape will take, where they are known.
pub(crate) fn evaluations(problem: &Problem) -> Option<f64> {
    match &problem.config.landscape {
        LandscapeConfig::Metadynamics(settings) => {
            let times = &settings.parameters;
            let time = times.filling_time_ps + times.equilibration_time_ps + times.sampling_time_ps;
            Some(time / times.time_step_ps * times.walkers as f64)
        }
        LandscapeConfig::Samples(_) => samples::evaluations(problem),
        LandscapeConfig::RelaxedScan(_) | LandscapeConfig::Table(_) | LandscapeConfig::Formula(_) => None,
    }
}

/// Brings the landscape up to date.
pub(crate) fn run(run: &mut Run<'_>) -> Result<LandscapeResult, Error> {
    let made_from = fingerprint(run.problem);
    if run.is_up_to_date(STAGE, REVISION, &made_from)? {
        // Nothing is to be done.
    } else if run.adopt(STAGE, REVISION, &made_from)? {
        // It was made before, in another directory.
    } else {
        let started = Instant::now();
        let (table, record) = compute(run, &made_from)?;
        let file = table_file(run.problem);
        run.directory.write(file, table.as_bytes())?;
        run.directory.write(RECORD_FILE, &json(&record)?)?;
        run.finish(STAGE, REVISION, made_from, &[file.to_owned(), RECORD_FILE.to_owned()])?;
        run.record_time(STAGE, started, record.energy_evaluations);
    }
    artifact::read(run.problem, |name| run.directory.read_text(name))
}

/// The landscape of files or a formula, without a run directory; `None` for one that must be computed first.
pub(crate) fn without_run(problem: &Problem) -> Result<Option<LandscapeResult>, Error> {
    known(problem)?.map(|(table, record)| artifact::load(problem, &table, record)).transpose()
}

/// Text of the table and the record.
fn compute(run: &mut Run<'_>, made_from: &Fingerprint) -> Result<(String, LandscapeRecord), Error> {
    match known(run.problem)? {
        Some(known) => Ok(known),
        None => match run.problem.source {
            EnergySource::Samples(_) => samples::make(run, made_from),
            _ if matches!(run.problem.config.landscape, LandscapeConfig::RelaxedScan(_)) => {
                relaxed_scan::run(run, made_from)
            }
            _ => metadynamics::run(run, made_from),
        },
    }
}

fn known(problem: &Problem) -> Result<Option<(String, LandscapeRecord)>, Error> {
    let record = |method: &str| LandscapeRecord {
        method: method.to_owned(),
        energy_evaluations: 0,
        rms_block_error_kj_mol: None,
        relaxed_scan: None,
        metadynamics: None,
        samples: None,
        warnings: Vec::new(),
    };
    match &problem.source {
        EnergySource::Molecule => Ok(None),
        EnergySource::Samples(_) => samples::known(problem),
        EnergySource::Table(rows) if interpolation(problem) == Interpolation::None => {
            Ok(Some((rows_csv(problem, rows), record("table"))))
        }
        EnergySource::Table(rows) => {
            let failed = |error: LandscapeError| table_error(problem, &error);
            let ground = SampledGround::from_rows(rows, &problem.periods()).map_err(failed)?;
            let mut grid = rows.clone().into_grid(&problem.periods()).map_err(failed)?;
            for (axis, variable) in grid.axes.iter_mut().zip(&problem.variables) {
                axis.name = variable.column();
            }
            let columns = ground.map_or_else(Vec::new, |ground| ground.columns());
            let further: Vec<(&str, &[f64])> =
                columns.iter().map(|(header, values)| (*header, values.as_slice())).collect();
            Ok(Some((write_grid(&grid, &further), record("table"))))
        }
        EnergySource::Formula(formula) => {
            let axes = grid_axes(problem)?;
            let grid = Grid::from_function(axes, |x| formula.energy(x))
                .map_err(|error| table_error(problem, &error))?;
            Ok(Some((write_grid(&grid, &[]), record("formula"))))
        }
    }
}

fn table_error(problem: &Problem, error: &LandscapeError) -> Error {
    let (key, file) = match &problem.config.landscape {
        LandscapeConfig::Table(table) => ("landscape.file", format!("{}: ", table.file.display())),
        LandscapeConfig::Metadynamics(_)
        | LandscapeConfig::RelaxedScan(_)
        | LandscapeConfig::Samples(_)
        | LandscapeConfig::Formula(_) => ("landscape", String::new()),
    };
    problem.config.error(key, format!("{file}{error}")).into()
}

fn rows_csv(problem: &Problem, rows: &TableRows) -> String {
    let mut text: String = problem.variables.iter().map(|variable| variable.column() + ",").collect();
    text.push_str(ENERGY_COLUMN);
    text.push('\n');
    for (point, energy) in rows.points.iter().zip(&rows.energies) {
        for x in point {
            let _ = write!(text, "{x},"); // writing to a string cannot fail
        }
        let _ = writeln!(text, "{energy}");
    }
    text
}
