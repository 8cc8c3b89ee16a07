//! `landscape.csv` or `samples.csv`, and `landscape.json`: the energy as a function of the variables, and how it was computed.

use std::path::Path;

use geodyssey_denoiser::SampleSet;
use geodyssey_landscape::formulas::GaussianComponent;
use geodyssey_landscape::metadynamics::WalkerCrossings;
use geodyssey_landscape::table_file::{TableRows, read_table};
use geodyssey_landscape::text_table::TableVariable;
use geodyssey_landscape::{Grid, Landscape, LandscapeError, SampledGround, TableLandscape};
use geodyssey_report::{MetadynamicsSummary, SamplesSummary, Warning};
use geodyssey_run::RunError;
use serde::{Deserialize, Serialize};

use crate::config::Interpolation;
use crate::error::Error;
use crate::problem::{self, EnergySource, Problem};

/// Name of the stage.
pub(crate) const STAGE: &str = "landscape";
/// The energies.
pub(crate) const TABLE_FILE: &str = "landscape.csv";
/// How they were computed.
pub(crate) const RECORD_FILE: &str = "landscape.json";
/// The samples.
pub(crate) const SAMPLES_FILE: &str = "samples.csv";

/// Step size at which the search for the minimum ends, in grid spacings; the energy is then exact up to rounding.
const SMALLEST_STEP: f64 = 1e-7;

/// How a landscape was computed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LandscapeRecord {
    /// `metadynamics`, `relaxed-scan`, `samples`, `table` or `formula`.
    pub(crate) method: String,
    /// Evaluations of the molecule's energy or gradient.
    pub(crate) energy_evaluations: u64,
    /// Root mean square of the standard error of the free energy over the sampled region below 40 kJ/mol, kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rms_block_error_kj_mol: Option<f64>,
    /// Statistics of a relaxed scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) relaxed_scan: Option<RelaxedScanRecord>,
    /// Statistics of metadynamics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) metadynamics: Option<MetadynamicsRecord>,
    /// The number of samples, and their effective number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) samples: Option<SamplesRecord>,
    /// What the user must know before trusting the landscape.
    #[serde(default)]
    pub(crate) warnings: Vec<Warning>,
}

impl LandscapeRecord {
    /// For a landscape that was not computed.
    pub(crate) fn not_computed(method: &str) -> Self {
        Self {
            method: method.to_owned(),
            energy_evaluations: 0,
            rms_block_error_kj_mol: None,
            relaxed_scan: None,
            metadynamics: None,
            samples: None,
            warnings: Vec::new(),
        }
    }

    /// For samples.
    pub(crate) fn of_samples(
        samples: SamplesRecord,
        energy_evaluations: u64,
        warnings: Vec<Warning>,
    ) -> Self {
        Self { energy_evaluations, samples: Some(samples), warnings, ..Self::not_computed("samples") }
    }
}

/// Statistics of metadynamics runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MetadynamicsRecord {
    /// The part that goes into the summary.
    pub(crate) summary: MetadynamicsSummary,
    /// Each walker's crossings between the ends, in the order of the walkers; even walkers began at the start, odd ones at the end.
    pub(crate) walkers: Vec<WalkerCrossings>,
}

/// Statistics of relaxed scans.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RelaxedScanRecord {
    /// Potential energy of the lowest grid point, the zero of the table's energies, kJ/mol.
    pub(crate) lowest_potential_energy_kj_mol: f64,
    /// Number of rounds until nothing improved.
    pub(crate) rounds: u64,
    /// Number of minimisations.
    pub(crate) minimisations: u64,
    /// How many did not converge.
    pub(crate) unfinished: u64,
    /// How many ended in another stereoisomer.
    pub(crate) refused: u64,
}

/// Origin of samples.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SamplesRecord {
    /// Their number and effective number.
    pub(crate) summary: SamplesSummary,
    /// Statistics of replica exchange, if the run generated the samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replica_exchange: Option<ReplicaExchangeRecord>,
}

/// Statistics of a replica-exchange simulation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ReplicaExchangeRecord {
    /// Temperatures, lowest first, K.
    pub(crate) temperatures_k: Vec<f64>,
    /// Number of independent ladders.
    pub(crate) ladders: usize,
    /// Acceptance rate of exchanges for each pair of neighbouring temperatures.
    pub(crate) exchange_rates: Vec<Option<f64>>,
    /// `-log ∫ exp(-β_k U)` of every temperature by MBAR, relative to the first.
    pub(crate) free_energies: Vec<f64>,
}

/// What the denoiser is made of.
pub(crate) enum PosteriorData {
    /// Gaussians whose mixture is the density.
    Gaussians(Vec<GaussianComponent>),
    /// Point masses.
    Points(TableRows),
    /// Samples with weights, in the spacetime's units; everything else here is in the variables' own units.
    Samples(SampleSet),
    /// Energies on a grid.
    Grid(Grid),
}

/// A finished landscape.
pub(crate) struct LandscapeResult {
    /// How it was computed.
    pub(crate) record: LandscapeRecord,
    /// The energy as a smooth function; none for samples and for point masses that do not lie on a grid.
    pub(crate) landscape: Option<Box<dyn Landscape>>,
    /// Range of each variable.
    pub(crate) ranges: Vec<(f64, f64)>,
    /// What the denoiser is made of.
    pub(crate) data: PosteriorData,
    /// The energies on a grid, for figures; none for samples and for point masses that do not lie on a grid.
    pub(crate) grid: Option<Grid>,
    /// Where these energies were sampled and how well, if known. All other parts of the program take the energies of unsampled regions
    /// from [`SampledGround::raised`].
    pub(crate) ground: Option<SampledGround>,
    /// The zero of energy, kJ/mol: the global minimum; 0 for samples, which have no energy.
    pub(crate) minimum: f64,
}

/// The landscape of a finished run, from its artifacts by name.
pub(crate) fn read(
    problem: &Problem,
    text: impl Fn(&str) -> Result<String, RunError>,
) -> Result<LandscapeResult, Error> {
    let record = serde_json::from_str(&text(RECORD_FILE)?)
        .map_err(|error| Error::file("understand", Path::new(RECORD_FILE), error))?;
    load(problem, &text(table_file(problem))?, record)
}

/// The file that holds the energies or samples.
pub(crate) fn table_file(problem: &Problem) -> &'static str {
    if problem.config.landscape.is_samples() { SAMPLES_FILE } else { TABLE_FILE }
}

/// A landscape from its artifacts.
pub(crate) fn load(
    problem: &Problem,
    table: &str,
    record: LandscapeRecord,
) -> Result<LandscapeResult, Error> {
    let failed = |error: LandscapeError| Error::failed(TABLE_FILE, error);
    if let EnergySource::Samples(_) = problem.source {
        return of_samples(problem, table, record);
    }
    let columns: Vec<String> =
        problem.variables.iter().map(crate::problem::variables::Variable::column).collect();
    let periods = problem.periods();
    let named: Vec<TableVariable<'_>> =
        columns.iter().zip(&periods).map(|(column, period)| TableVariable::own(column, *period)).collect();
    let rows = read_table(table, &named).map_err(failed)?;
    if problem.config.landscape.interpolation() == Interpolation::None {
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

/// The lowest energy: downhill from the lowest grid point along the axes, with step sizes halved until they are negligible.
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
fn ranges<'p>(points: impl Iterator<Item = &'p [f64]> + Clone, periods: &[Option<f64>]) -> Vec<(f64, f64)> {
    (0..periods.len())
        .map(|axis| {
            let values = points.clone().map(|point| point[axis]);
            let (low, high) =
                values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
            (low, periods[axis].map_or(high, |period| low + period))
        })
        .collect()
}

/// A landscape of samples from its artifacts.
fn of_samples(problem: &Problem, text: &str, record: LandscapeRecord) -> Result<LandscapeResult, Error> {
    let table =
        problem::read_table(text, &problem.variables).map_err(|why| Error::failed(SAMPLES_FILE, why))?;
    let scaled: Vec<Vec<f64>> = table.points.iter().map(|point| problem.scales.scaled(point)).collect();
    let set = SampleSet::new(&scaled, Some(&table.weights), problem.periods())
        .map_err(|error| Error::failed(SAMPLES_FILE, error))?;
    let points: Vec<Vec<f64>> = (0..set.len()).map(|index| problem.scales.own(set.point(index))).collect();
    Ok(LandscapeResult {
        record,
        landscape: None,
        ranges: ranges(points.iter().map(Vec::as_slice), &problem.periods()),
        data: PosteriorData::Samples(set),
        grid: None,
        ground: None,
        minimum: 0.0,
    })
}
