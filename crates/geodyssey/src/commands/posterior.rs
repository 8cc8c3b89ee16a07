//! `posterior CONFIG POINTS.csv`: evaluates the denoiser at given spacetime points.

use geodyssey_denoiser::{Denoiser, PosteriorMoments, SpacetimePoint};
use geodyssey_report::{Column, Table, decimals};
use geodyssey_run::RunDirectory;
use serde::Serialize;

use super::overrides::{claim, read, run_directory, use_threads};
use crate::cli::PosteriorArguments;
use crate::config::LARGEST_LOG_SNR;
use crate::ctrl_c;
use crate::error::Error;
use crate::pipeline::{self, Stage, check};
use crate::problem::Problem;
use crate::problem::variable_table::VariableTable;
use crate::stages::denoiser::{Points, exact_denoiser};
use crate::stages::landscape::{self, without_run};
use crate::stages::training;
use crate::terminal::print;
use crate::text_file::read_text;

/// Farther from the middle of a variable than this, in periods or extents of its range, a centre is rejected: the square of its
/// distance then has no digits left for the tether's width.
const FARTHEST_EXTENTS: f64 = 1e4;

/// What `--json` prints.
#[derive(Serialize)]
struct Answer {
    points: Vec<PointAnswer>,
    /// Value that counts as 1 in logSNR, per variable, in the unit of its numbers here.
    scale: Vec<f64>,
}

/// The posterior at one point.
#[derive(Serialize)]
struct PointAnswer {
    log_snr: f64,
    y: Vec<f64>,
    /// `E[x]`.
    mean: Vec<f64>,
    /// `E|x|² - |E x|²`, the variables in units of `scale`.
    variance: f64,
    /// `μ = E[(x, |x|²)]`, the variables in units of `scale`.
    expectation_parameter: Vec<f64>,
    /// `Cov(T)`, `T = (x, |x|²)`, the variables in units of `scale`.
    metric: Vec<Vec<f64>>,
    /// `log Σ w exp(-½ e^λ |x - y|²)`.
    log_normaliser: Option<f64>,
    /// `E[F]`.
    mean_energy_kj_mol: Option<f64>,
}

/// Carries the command out.
pub(crate) fn posterior(arguments: &PosteriorArguments) -> Result<(), Error> {
    let problem = read(&arguments.configuration, &arguments.overrides)?;
    let points = read_points(arguments, &problem)?;
    use_threads(&arguments.overrides)?;
    let in_range = |range: (f64, f64)| {
        check_levels(&points, range)
            .map_err(|why| Error::input(format!("{}: {why}", arguments.points.display())))
    };
    // Before anything is computed, as far as it can be known; a learned denoiser has a narrower range.
    in_range((-LARGEST_LOG_SNR, LARGEST_LOG_SNR))?;
    let denoiser = denoiser(arguments, &problem)?;
    in_range(denoiser.log_snr_range())?;
    let failed = |error| Error::failed("the denoiser", error);
    let moments = denoiser.moments(&points).map_err(failed)?;
    let energies = denoiser.energy_moments(&points).map_err(failed)?;
    let answers = points.into_iter().zip(&moments).enumerate().map(|(index, (point, moments))| PointAnswer {
        log_snr: point.log_snr,
        y: problem.scales.own(&point.y),
        mean: problem.scales.own(moments.mean()),
        variance: moments.variance_trace(),
        expectation_parameter: moments.expectation_parameter.iter().copied().collect(),
        metric: rows(moments),
        log_normaliser: moments.log_normaliser,
        mean_energy_kj_mol: energies.as_ref().map(|energies| energies[index].mean),
    });
    let answer = Answer { points: answers.collect(), scale: problem.scales.each().to_vec() };
    if arguments.overrides.json {
        let text = serde_json::to_string_pretty(&answer).map_err(|error| Error::failed("JSON", error))?;
        return print(&format!("{text}\n"));
    }
    print(&table(&problem, &answer)?)
}

/// A landscape that is known needs no run directory; one that must be computed is kept there.
/// The exact denoiser of a landscape that is known, else what the run directory has, computed where that is needed.
fn denoiser(arguments: &PosteriorArguments, problem: &Problem) -> Result<Box<dyn Denoiser>, Error> {
    check(problem, Stage::Denoiser)?;
    let is_exact = problem.config.denoiser.training_data().is_none();
    if let Some(known) = without_run(problem)?.filter(|_| is_exact) {
        return exact_denoiser(problem, &known, Points::Literally);
    }
    ctrl_c::listen();
    let directory = run_directory(&problem.config, &arguments.overrides, false);
    let mut run =
        pipeline::begin(problem, RunDirectory::open(&directory, &claim(problem, &arguments.overrides))?);
    let landscape = landscape::run(&mut run)?;
    match training::run(&mut run, &landscape)? {
        Some(learned) => Ok(learned.denoiser),
        None => exact_denoiser(problem, &landscape, Points::Literally),
    }
}

/// Noise levels outside the denoiser's range.
fn check_levels(points: &[SpacetimePoint], (low, high): (f64, f64)) -> Result<(), String> {
    let (low, high) = (low.max(-LARGEST_LOG_SNR), high.min(LARGEST_LOG_SNR));
    match points.iter().position(|point| !(low..=high).contains(&point.log_snr)) {
        Some(row) => Err(format!(
            "row {}: logSNR {} lies outside the denoiser's range, {low} to {high}",
            row + 1,
            points[row].log_snr
        )),
        None => Ok(()),
    }
}

fn rows(moments: &PosteriorMoments) -> Vec<Vec<f64>> {
    moments.metric.row_iter().map(|row| row.iter().copied().collect()).collect()
}

fn read_points(arguments: &PosteriorArguments, problem: &Problem) -> Result<Vec<SpacetimePoint>, Error> {
    let path = &arguments.points;
    let wrong = |why: String| Error::input(format!("{}: {why}", path.display()));
    let text = read_text(path).map_err(|why| Error::input(format!("{} {why}", path.display())))?;
    let table = VariableTable::read_centres(&text, &problem.variables).map_err(wrong)?;
    let log_snr = table.column("log_snr").map_err(wrong)?;
    let log_snr = log_snr.ok_or_else(|| wrong("there is no column `log_snr`".to_owned()))?;
    if log_snr.is_empty() {
        return Err(wrong("it has no points".to_owned()));
    }
    let rows = log_snr.iter().zip(&table.points).enumerate().map(|(row, (&log_snr, y))| {
        match far_outside(problem, y) {
            None => Ok(SpacetimePoint { log_snr, y: problem.scales.scaled(y) }),
            Some(why) => Err(wrong(format!("line {}: {why}", table.line(row)))),
        }
    });
    rows.collect()
}

/// Why a point lies so far out that rounding leaves nothing of the tether there.
fn far_outside(problem: &Problem, y: &[f64]) -> Option<String> {
    problem.variables.iter().zip(y).find_map(|(variable, &y)| {
        let extent = variable.period.or(variable.range.map(|(low, high)| high - low)).unwrap_or(1.0);
        let middle = variable.range.map_or(0.0, |(low, high)| 0.5 * (low + high));
        let limit = FARTHEST_EXTENTS * extent;
        ((y - middle).abs() > limit).then(|| {
            let size = if variable.period.is_some() { "periods" } else { "times the variable's range" };
            format!("`{}` = {y} lies more than {FARTHEST_EXTENTS} {size} away, where the tether is lost to rounding", variable.name)
        })
    })
}

fn table(problem: &Problem, answer: &Answer) -> Result<String, Error> {
    let failed = |error| Error::failed("the table", error);
    let mut columns = vec![Column::number("logSNR", "")];
    let unit = |variable: &crate::problem::variables::Variable| variable.quantity.unit.column().to_owned();
    columns.extend(
        problem
            .variables
            .iter()
            .map(|variable| Column::number(&format!("y {}", variable.name), &unit(variable))),
    );
    columns.extend(
        problem
            .variables
            .iter()
            .map(|variable| Column::number(&format!("mean {}", variable.name), &unit(variable))),
    );
    columns.extend([
        Column::number("variance", ""),
        Column::number("log normaliser", ""),
        Column::number("mean energy", "kJ/mol"),
    ]);
    let mut table = Table::new(columns);
    let optional = |value: Option<f64>| value.map_or_else(String::new, |value| decimals(value, 6));
    for point in &answer.points {
        let mut cells = vec![decimals(point.log_snr, 4)];
        cells.extend(point.y.iter().chain(&point.mean).map(|value| decimals(*value, 6)));
        cells.extend([
            decimals(point.variance, 8),
            optional(point.log_normaliser),
            optional(point.mean_energy_kj_mol),
        ]);
        table.row(cells).map_err(failed)?;
    }
    Ok(table.to_string())
}
