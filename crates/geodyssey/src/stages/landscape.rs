//! The landscape stage: the energy of the variables, computed, read or known, and kept as `landscape.csv`.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use geodyssey_denoiser::SampleSet;
use geodyssey_landscape::formulas::GaussianComponent;
use geodyssey_landscape::table_file::{ENERGY_COLUMN, TableRows, read_table, write_grid};
use geodyssey_landscape::text_table::TableVariable;
use geodyssey_landscape::{Grid, GridAxis, Landscape, LandscapeError, SampledGround, TableLandscape};
use geodyssey_report::Warning;
use serde::{Deserialize, Serialize};

use super::system::{EnergySource, Problem};
use super::{Run, metadynamics, relaxed_scan, samples};
use crate::config::{Interpolation, LandscapeConfig, SamplesSource, VariableConfig};
use crate::error::Error;
use crate::run_directory::{Fingerprint, Ingredients};

/// Name of the stage.
pub(crate) const STAGE: &str = "landscape";
/// Raised whenever the stage computes something else from the same settings and inputs, so that files of before are made again.
const REVISION: u32 = 3;
/// The energies.
pub(crate) const TABLE_FILE: &str = "landscape.csv";
/// How they came about.
pub(crate) const RECORD_FILE: &str = "landscape.json";

/// Grid points a variable of metadynamics where none are given; hills may need more.
pub(super) const METADYNAMICS_GRID_POINTS: usize = 90;
/// Where the search for the minimum ends, in grid spacings: the energy is then good to rounding.
const SMALLEST_STEP: f64 = 1e-7;

/// How a landscape came about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LandscapeRecord {
    /// `metadynamics`, `relaxed-scan`, `samples`, `table` or `formula`.
    pub(crate) method: String,
    /// Evaluations of the molecule's energy or gradient.
    pub(crate) energy_evaluations: u64,
    /// Root mean square block error of the free energy below 40 kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rms_block_error_kj_mol: Option<f64>,
    /// Of a relaxed scan: how it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) relaxed_scan: Option<relaxed_scan::RelaxedScanRecord>,
    /// Of metadynamics: how it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) metadynamics: Option<metadynamics::MetadynamicsRecord>,
    /// Of samples: how many, and what they are worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) samples: Option<samples::SamplesRecord>,
    /// What must be known before this is believed.
    #[serde(default)]
    pub(crate) warnings: Vec<Warning>,
}

/// What the denoiser is made of.
pub(crate) enum PosteriorData {
    /// Gaussians whose mixture is the density.
    Gaussians(Vec<GaussianComponent>),
    /// Point masses.
    Points(TableRows),
    /// Samples with weights, in the spacetime's units; all else here is in the variables' own.
    Samples(SampleSet),
    /// Energies on a grid.
    Grid(Grid),
}

/// Fewest points along a variable through which an interpolation can be laid.
pub(super) const FEWEST_GRID_POINTS: usize = 4;

/// A finished landscape.
pub(crate) struct LandscapeResult {
    /// How it came about.
    pub(crate) record: LandscapeRecord,
    /// The energy as a smooth function; none for samples and for point masses that lie on no grid.
    pub(crate) landscape: Option<Box<dyn Landscape>>,
    /// Least and largest value of each variable that is looked at.
    pub(crate) ranges: Vec<(f64, f64)>,
    /// What the denoiser is made of.
    pub(crate) data: PosteriorData,
    /// The energies on a grid, for figures; none for samples and for point masses that lie on no grid.
    pub(crate) grid: Option<Grid>,
    /// Where these energies were sampled and how well, if that is known. Everything else takes unsampled ground to be as
    /// [`SampledGround::raised`] has it.
    pub(crate) ground: Option<SampledGround>,
    /// The energy that counts as zero, kJ/mol: the global minimum; of samples 0, since they have no energy.
    pub(crate) minimum: f64,
}

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
            axes(problem).map(|_| ())
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
    read(run.problem, |name| run.directory.read_text(name))
}

/// The landscape of a finished run, from its artifacts by name.
pub(crate) fn read(
    problem: &Problem,
    text: impl Fn(&str) -> Result<String, Error>,
) -> Result<LandscapeResult, Error> {
    let record = serde_json::from_str(&text(RECORD_FILE)?)
        .map_err(|error| Error::file("understand", Path::new(RECORD_FILE), error))?;
    load(problem, &text(table_file(problem))?, record)
}

/// The file that holds the energies or samples.
pub(crate) fn table_file(problem: &Problem) -> &'static str {
    match problem.config.landscape {
        LandscapeConfig::Samples(_) => samples::SAMPLES_FILE,
        _ => TABLE_FILE,
    }
}

/// The landscape of files or a formula, without a run directory; `None` for one that must be computed first.
pub(crate) fn without_run(problem: &Problem) -> Result<Option<LandscapeResult>, Error> {
    known(problem)?.map(|(table, record)| load(problem, &table, record)).transpose()
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
            let axes = axes(problem)?;
            let grid = Grid::from_function(axes, |x| formula.energy(x))
                .map_err(|error| table_error(problem, &error))?;
            Ok(Some((write_grid(&grid, &[]), record("formula"))))
        }
    }
}

/// The grid's axes of a formula, of metadynamics or of a relaxed scan.
pub(crate) fn axes(problem: &Problem) -> Result<Vec<GridAxis>, Error> {
    let config = &problem.config;
    let count = match &config.landscape {
        LandscapeConfig::Metadynamics(settings) => {
            settings.grid_points.map_or(METADYNAMICS_GRID_POINTS, |count| count.get())
        }
        LandscapeConfig::RelaxedScan(settings) => settings.grid_points.get(),
        LandscapeConfig::Formula(settings) => settings.grid_points.get(),
        LandscapeConfig::Table(_) | LandscapeConfig::Samples(_) => 0,
    };
    let axes = problem.variables.iter().enumerate().map(|(index, variable)| {
        let name = variable.column();
        match (variable.range, variable.period) {
            (range, Some(period)) => {
                Ok(GridAxis::periodic(&name, range.map_or(0.0, |range| range.0), period, count))
            }
            (Some((low, high)), None) => Ok(GridAxis::bounded(&name, low, high, count)),
            (None, None) => {
                let message = format!("`{}` needs a `range = [least, largest]`", variable.name);
                Err(config.error(&format!("variable.{index}.name"), message).into())
            }
        }
    });
    axes.collect()
}

fn interpolation(problem: &Problem) -> Interpolation {
    match &problem.config.landscape {
        LandscapeConfig::Table(table) => table.interpolation,
        LandscapeConfig::Metadynamics(_)
        | LandscapeConfig::RelaxedScan(_)
        | LandscapeConfig::Samples(_)
        | LandscapeConfig::Formula(_) => Interpolation::Bicubic,
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

/// A landscape from its artifacts.
fn load(problem: &Problem, table: &str, record: LandscapeRecord) -> Result<LandscapeResult, Error> {
    let failed = |error: LandscapeError| Error::failed(TABLE_FILE, error);
    if let EnergySource::Samples(_) = problem.source {
        return samples::load(problem, table, record);
    }
    let columns: Vec<String> = problem.variables.iter().map(super::variables::Variable::column).collect();
    let periods = problem.periods();
    let named: Vec<TableVariable<'_>> =
        columns.iter().zip(&periods).map(|(column, period)| TableVariable::own(column, *period)).collect();
    let rows = read_table(table, &named).map_err(failed)?;
    if interpolation(problem) == Interpolation::None {
        let grid = rows.clone().into_grid(&periods).ok();
        let surface = grid.clone().map(TableLandscape::new).transpose().map_err(failed)?;
        return Ok(LandscapeResult {
            record,
            ranges: ranges(rows.points.iter().map(Vec::as_slice), &periods),
            landscape: surface.map(|surface| Box::new(surface) as _),
            minimum: rows.energies.iter().copied().fold(f64::INFINITY, f64::min),
            data: PosteriorData::Points(rows),
            grid,
            ground: None,
        });
    }
    let ground = SampledGround::from_rows(&rows, &periods).map_err(failed)?;
    let grid = match &ground {
        Some(ground) => ground.raised(problem.thermal_energy),
        None => rows.into_grid(&periods),
    };
    let grid = grid.map_err(failed)?;
    let ranges = grid.axes.iter().map(|axis| (axis.start, axis.end())).collect();
    let (landscape, data): (Box<dyn Landscape>, PosteriorData) = match &problem.source {
        EnergySource::Formula(formula) => {
            let again =
                geodyssey_landscape::formula(formula.name(), problem.thermal_energy).map_err(failed)?;
            let data = again
                .components()
                .map_or_else(|| PosteriorData::Grid(grid.clone()), PosteriorData::Gaussians);
            (Box::new(FormulaLandscape(again)), data)
        }
        EnergySource::Molecule | EnergySource::Table(_) | EnergySource::Samples(_) => {
            (Box::new(TableLandscape::new(grid.clone()).map_err(failed)?), PosteriorData::Grid(grid.clone()))
        }
    };
    let minimum = minimum(landscape.as_ref(), &grid);
    Ok(LandscapeResult {
        record,
        landscape: Some(landscape),
        ranges,
        data,
        minimum,
        grid: Some(grid),
        ground,
    })
}

/// The lowest energy: from the lowest grid point downhill along the axes, with steps halved down to the point.
fn minimum(landscape: &dyn Landscape, grid: &Grid) -> f64 {
    let (mut x, mut lowest) = grid.minimum();
    let mut share = 0.5;
    while share > SMALLEST_STEP {
        let before = lowest;
        for (index, axis) in grid.axes.iter().enumerate() {
            for step in [-share * axis.spacing, share * axis.spacing] {
                let mut moved = x.clone();
                moved[index] += step;
                let inside = axis.period.is_some() || (axis.start..=axis.end()).contains(&moved[index]);
                let energy = landscape.energy(&moved);
                if inside && energy < lowest {
                    (x, lowest) = (moved, energy);
                }
            }
        }
        if lowest >= before {
            share *= 0.5;
        }
    }
    lowest
}

/// A formula as a landscape.
struct FormulaLandscape(Box<dyn geodyssey_landscape::Formula>);

impl Landscape for FormulaLandscape {
    fn periods(&self) -> &[Option<f64>] {
        self.0.periods()
    }

    fn energy_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        self.0.energy_gradient(x, gradient)
    }
}

/// Least and largest value of each variable among points; a whole period where there is one.
pub(super) fn ranges<'p>(
    points: impl Iterator<Item = &'p [f64]> + Clone,
    periods: &[Option<f64>],
) -> Vec<(f64, f64)> {
    (0..periods.len())
        .map(|axis| {
            let values = points.clone().map(|point| point[axis]);
            let (low, high) =
                values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
            (low, periods[axis].map_or(high, |period| low + period))
        })
        .collect()
}

/// A record as JSON with a newline at the end.
pub(crate) fn json(record: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut bytes =
        serde_json::to_vec_pretty(record).map_err(|error| Error::failed("writing JSON", error))?;
    bytes.push(b'\n');
    Ok(bytes)
}
