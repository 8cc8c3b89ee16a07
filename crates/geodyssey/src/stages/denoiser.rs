//! The exact denoiser of a landscape: what its density looks like from every noise level. It needs no training and so leaves no
//! artifact; the learned ones are trained on it and compared with it.

use geodyssey_denoiser::{
    Covariance, Denoiser, DenoiserError, GridDenoiser, MixtureComponent, MixtureDenoiser, QuadratureAxis,
};
use geodyssey_landscape::table_file::TableRows;
use geodyssey_landscape::{Grid, GridAxis, Landscape as _, LandscapeError, TableLandscape};

use super::kernel_denoiser::kernel_denoiser;
use crate::artifacts::landscape::{LandscapeResult, PosteriorData};
use crate::error::Error;
use crate::problem::{EnergySource, Problem};

/// Rows that lie as near to the points of a regular grid as this, in spacings, are taken as its points.
const GRID_TOLERANCE: f64 = 1e-6;
/// Largest `|F|/kT` whose Boltzmann weight is taken as it stands; rows of larger energies are weighted from their lowest.
const LARGEST_EXPONENT: f64 = 600.0;

/// How point masses are treated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Points {
    /// Row by row, just where they lie.
    Literally,
    /// On a regular grid where they lie on one to within its tolerance: much faster.
    OnGrid,
}

/// The exact denoiser of the landscape's density.
pub(crate) fn exact_denoiser(
    problem: &Problem,
    landscape: &LandscapeResult,
    points: Points,
) -> Result<Box<dyn Denoiser>, Error> {
    let failed = |error: DenoiserError| Error::failed("the denoiser", error);
    match &landscape.data {
        PosteriorData::Gaussians(components) => {
            let components = components.iter().map(|component| MixtureComponent {
                weight: component.weight,
                mean: problem.scales.scaled(&component.mean),
                covariance: covariance(problem, component.standard_deviation),
            });
            Ok(Box::new(MixtureDenoiser::new(components.collect(), problem.periods()).map_err(failed)?))
        }
        PosteriorData::Points(rows) => {
            of_points(problem, rows, landscape.grid.as_ref(), points).map_err(failed)
        }
        PosteriorData::Samples(samples) => {
            Ok(Box::new(kernel_denoiser(problem, samples, &problem.config.denoiser.bandwidth())?))
        }
        PosteriorData::Grid(grid) => of_grid(problem, grid),
    }
}

fn of_points(
    problem: &Problem,
    rows: &TableRows,
    grid: Option<&Grid>,
    points: Points,
) -> Result<Box<dyn Denoiser>, DenoiserError> {
    if let Some(grid) = grid.filter(|grid| points == Points::OnGrid && lie_on(rows, grid)) {
        return Ok(Box::new(GridDenoiser::point_masses(
            &axes(problem, &grid.axes),
            problem.thermal_energy,
            &grid.values,
        )?));
    }
    let largest = rows.energies.iter().fold(0.0, |largest: f64, energy| largest.max(energy.abs()));
    let lowest = rows.energies.iter().copied().fold(f64::INFINITY, f64::min);
    let zero = if largest < LARGEST_EXPONENT * problem.thermal_energy { 0.0 } else { lowest };
    let weights: Vec<f64> =
        rows.energies.iter().map(|energy| ((zero - energy) / problem.thermal_energy).exp()).collect();
    let points = rows.points.iter().map(|point| problem.scales.scaled(point)).collect();
    let denoiser = MixtureDenoiser::from_points(points, &weights, problem.periods())?;
    Ok(Box::new(denoiser.with_energies(rows.energies.clone())?))
}

/// Whether rows are just the points of a grid.
fn lie_on(rows: &TableRows, grid: &Grid) -> bool {
    let near = |point: &Vec<f64>| {
        point.iter().zip(&grid.axes).all(|(x, axis)| {
            let index = (x - axis.start) / axis.spacing;
            (index - index.round()).abs() < GRID_TOLERANCE
        })
    };
    rows.points.len() == grid.len() && rows.points.iter().all(near)
}

fn of_grid(problem: &Problem, grid: &Grid) -> Result<Box<dyn Denoiser>, Error> {
    let failed = |error: DenoiserError| Error::failed("the denoiser", error);
    let known = |error: LandscapeError| Error::failed("the denoiser", error);
    let axes = axes(problem, &grid.axes);
    let scales = problem.scales.clone();
    let denoiser = match &problem.source {
        EnergySource::Formula(formula) => {
            let formula =
                geodyssey_landscape::formula(formula.name(), problem.thermal_energy).map_err(known)?;
            GridDenoiser::continuous(&axes, problem.thermal_energy, move |x| formula.energy(&scales.own(x)))
        }
        EnergySource::Molecule | EnergySource::Table(_) | EnergySource::Samples(_) => {
            let surface = TableLandscape::new(grid.clone()).map_err(known)?;
            GridDenoiser::continuous(&axes, problem.thermal_energy, move |x| surface.energy(&scales.own(x)))
        }
    };
    Ok(Box::new(denoiser.map_err(failed)?))
}

/// That of equal deviations in the variables' own units.
fn covariance(problem: &Problem, standard_deviation: f64) -> Covariance {
    if problem.scales.are_one() {
        return Covariance::Isotropic(standard_deviation.powi(2));
    }
    let variances = problem.scales.each().iter().map(|scale| (standard_deviation / scale).powi(2));
    Covariance::Diagonal(variances.collect())
}

/// The axes of a landscape's grid as the denoiser has them, in the spacetime's units.
pub(crate) fn axes(problem: &Problem, axes: &[GridAxis]) -> Vec<QuadratureAxis> {
    let axes = axes.iter().zip(problem.scales.each());
    axes.map(|(axis, scale)| QuadratureAxis {
        start: axis.start / scale,
        spacing: axis.spacing / scale,
        count: axis.count,
        period: axis.period,
    })
    .collect()
}
