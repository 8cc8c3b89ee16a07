//! Exact moments where the energy is known on a grid of one to three variables, or as a function of them.

mod axis;
mod collapse;
mod contraction;
mod floor;
mod posterior;
mod tether;
mod tiles;

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use crate::cumulants::{centred_direction, expectation_parameter, shift_vector};
use crate::denoiser::{check_vectors, for_each_point, products_with_metric};
use crate::{Denoiser, DenoiserError, ObservableMoments, PosteriorMoments, SpacetimePoint};
use axis::AxisRule;
use floor::{EnergyFloor, unravel};
use tiles::{EnergyFunction, KEPT_NUMBERS, MOST_DIMENSIONS, Tile, TileSource};

pub use axis::QuadratureAxis;

/// Largest range of `βF` in one tile of point masses; tiles are made smaller until they keep it.
const POINT_RANGE: f64 = 300.0;

/// The denoiser of `q(x) = exp(-F(x)/kT)` over one to three variables, each periodic or confined to its axis.
///
/// The tether factorises over the variables, so that every moment is a contraction of `exp(-βF)` with one short vector
/// per variable, into which the lattice images of a periodic variable are folded. `q` is not normalised:
/// `log_normaliser = log ∫ exp(-βF(x)) Σ_n exp(-½ e^λ |x + nP - y|²) dx` over the fundamental cell (a sum over the rows
/// for point masses); its difference between two points times `-kT` is their difference in free energy.
pub struct GridDenoiser {
    rules: Vec<AxisRule>,
    periods: Vec<Option<f64>>,
    thermal_energy: f64,
    source: TileSource,
    floor: EnergyFloor,
}

impl std::fmt::Debug for GridDenoiser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("GridDenoiser")
            .field("periods", &self.periods)
            .field("thermal_energy", &self.thermal_energy)
            .finish_non_exhaustive()
    }
}

impl GridDenoiser {
    /// Every row of a table a point of weight `exp(-F/kT)`; `energies_kj_mol` lies with the last axis fastest.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if there are no or more than three axes, an axis is not valid, the count of energies
    /// differs, an energy is not finite or `kT` is not positive.
    pub fn point_masses(
        axes: &[QuadratureAxis],
        thermal_energy_kj_mol: f64,
        energies_kj_mol: &[f64],
    ) -> Result<Self, DenoiserError> {
        let periods = validate(axes, thermal_energy_kj_mol)?;
        let count: usize = axes.iter().map(|axis| axis.count).product();
        if energies_kj_mol.len() != count {
            let found = energies_kj_mol.len();
            return Err(DenoiserError::Data(format!("{found} energies for a grid of {count} nodes")));
        }
        if let Some(row) = energies_kj_mol.iter().position(|energy| !energy.is_finite()) {
            return Err(DenoiserError::Data(format!("the energy of row {row} is {}", energies_kj_mol[row])));
        }
        let mut cells_per_tile = if axes.len() == 3 { 16 } else { 32 };
        loop {
            let rules: Vec<AxisRule> =
                axes.iter().map(|axis| AxisRule::points(axis, cells_per_tile)).collect();
            let tiles = point_tiles(axes, &rules, thermal_energy_kj_mol, energies_kj_mol);
            if cells_per_tile > 1 && tiles.iter().any(|tile| tile.range > POINT_RANGE) {
                cells_per_tile /= 2;
                continue;
            }
            let floor = EnergyFloor::of_tiles(tiles.iter().map(|tile| tile.minimum).collect());
            let source = TileSource::Rows(tiles);
            return Ok(Self { rules, periods, thermal_energy: thermal_energy_kj_mol, source, floor });
        }
    }

    /// A continuous energy `F(x)` in kJ/mol, integrated over the axes' extent: one period, or from the first node to the
    /// last.
    ///
    /// `F` is integrated by Gauss–Legendre quadrature (six nodes per cell and variable, four for three variables) in cells
    /// as wide as the axes' spacing, halved until they are no wider than the tether. The spacing should be no more than
    /// the width of the wells of `exp(-F/kT)`, and kinks of an interpolated `F` belong on the axes' nodes; results then
    /// join to about 1e-10 where the cells change. `F` is called for positions within the extent only, from several
    /// threads, and must be a pure function.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] as for [`GridDenoiser::point_masses`] or if the grid needs more than 512 MiB,
    /// [`DenoiserError::Energy`] if `F` is not finite.
    pub fn continuous(
        axes: &[QuadratureAxis],
        thermal_energy_kj_mol: f64,
        energy_kj_mol: impl Fn(&[f64]) -> f64 + Send + Sync + 'static,
    ) -> Result<Self, DenoiserError> {
        let periods = validate(axes, thermal_energy_kj_mol)?;
        Self::check_size(axes)?;
        let rules: Vec<AxisRule> = axes.iter().map(|axis| AxisRule::continuous(axis, axes.len())).collect();
        let energy: EnergyFunction = Arc::new(energy_kj_mol);
        let floor = EnergyFloor::sampled(&rules, thermal_energy_kj_mol, &energy)?;
        Ok(Self {
            rules,
            periods,
            thermal_energy: thermal_energy_kj_mol,
            source: TileSource::function(energy),
            floor,
        })
    }

    /// Whether axes are few and coarse enough for [`GridDenoiser::continuous`], which can be asked before there is an energy.
    ///
    /// # Errors
    /// [`DenoiserError::Data`] if there are more than three axes or the grid needs more than 512 MiB.
    pub fn check_size(axes: &[QuadratureAxis]) -> Result<(), DenoiserError> {
        if axes.len() > MOST_DIMENSIONS {
            return Err(DenoiserError::Data(format!("a grid has one to three axes, found {}", axes.len())));
        }
        let nodes_of = |axis| AxisRule::continuous(axis, axes.len()).node_count() as f64;
        let nodes: f64 = axes.iter().map(nodes_of).product();
        if nodes > KEPT_NUMBERS as f64 {
            let text = format!(
                "a grid of {nodes:.0} quadrature nodes is too large (at most {KEPT_NUMBERS}), use coarser axes"
            );
            return Err(DenoiserError::Data(text));
        }
        Ok(())
    }
}

/// Checks what both kinds share and gives the periods.
fn validate(axes: &[QuadratureAxis], thermal_energy: f64) -> Result<Vec<Option<f64>>, DenoiserError> {
    if axes.is_empty() || axes.len() > MOST_DIMENSIONS {
        return Err(DenoiserError::Data(format!("a grid has one to three axes, found {}", axes.len())));
    }
    if !(thermal_energy > 0.0 && thermal_energy.is_finite()) {
        return Err(DenoiserError::Data(format!(
            "thermal energy {thermal_energy} kJ/mol is not a positive number"
        )));
    }
    for (index, axis) in axes.iter().enumerate() {
        axis.validate(index)?;
    }
    Ok(axes.iter().map(|axis| axis.period).collect())
}

fn point_tiles(
    axes: &[QuadratureAxis],
    rules: &[AxisRule],
    thermal_energy: f64,
    energies: &[f64],
) -> Vec<Arc<Tile>> {
    let shape: Vec<usize> = rules.iter().map(|rule| rule.tile_count(0) as usize).collect();
    (0..shape.iter().product())
        .map(|number| {
            let tile = unravel(number, &shape);
            let ranges: Vec<(u64, u64)> =
                rules.iter().zip(tile).map(|(rule, tile)| rule.tile_cells(0, tile as u64)).collect();
            let lengths: Vec<usize> = ranges.iter().map(|(first, end)| (end - first) as usize).collect();
            let reduced: Vec<f64> = (0..lengths.iter().product())
                .map(|node| {
                    let node = unravel(node, &lengths);
                    let row = (0..axes.len())
                        .fold(0, |row, axis| row * axes[axis].count + ranges[axis].0 as usize + node[axis]);
                    energies[row] / thermal_energy
                })
                .collect();
            Arc::new(Tile::new(&reduced, &lengths))
        })
        .collect()
}

/// The centre of the moments in absolute coordinates on the cover.
fn absolute(point: &SpacetimePoint, offset: &[f64]) -> Vec<f64> {
    point.y.iter().zip(offset).map(|(y, offset)| y + offset).collect()
}

impl Denoiser for GridDenoiser {
    fn periods(&self) -> &[Option<f64>] {
        &self.periods
    }

    fn expectation_parameters(&self, points: &[SpacetimePoint]) -> Result<Vec<DVector<f64>>, DenoiserError> {
        for_each_point(points, self.dimension(), |index, point| {
            let raw = self.raw_moments::<3>(index, point, false)?;
            Ok(expectation_parameter(&absolute(point, &raw.centre), &raw.mean()))
        })
    }

    fn vector_jacobian_products(
        &self,
        points: &[SpacetimePoint],
        cotangents: &[DVector<f64>],
    ) -> Result<Vec<DVector<f64>>, DenoiserError> {
        products_with_metric(self, points, cotangents)
    }

    fn moments(&self, points: &[SpacetimePoint]) -> Result<Vec<PosteriorMoments>, DenoiserError> {
        for_each_point(points, self.dimension(), |index, point| {
            let raw = self.raw_moments::<5>(index, point, false)?;
            Ok(raw.cumulants(None).posterior_moments(&absolute(point, &raw.centre), raw.log_normaliser()))
        })
    }

    fn energy_moments(
        &self,
        points: &[SpacetimePoint],
    ) -> Result<Option<Vec<ObservableMoments>>, DenoiserError> {
        let moments = for_each_point(points, self.dimension(), |index, point| {
            let raw = self.raw_moments::<3>(index, point, true)?;
            let centre = absolute(point, &raw.centre);
            Ok(raw.reduced_energy().map(|(mean, covariance)| ObservableMoments {
                mean: self.thermal_energy * mean,
                covariance: self.thermal_energy * shift_vector(&covariance, &centre),
            }))
        })?;
        Ok(moments.into_iter().collect())
    }

    fn metric_derivatives(
        &self,
        points: &[SpacetimePoint],
        directions: &[DVector<f64>],
    ) -> Result<Option<Vec<DMatrix<f64>>>, DenoiserError> {
        check_vectors(points, directions, self.dimension() + 1)?;
        let derivatives = for_each_point(points, self.dimension(), |index, point| {
            let raw = self.raw_moments::<7>(index, point, false)?;
            let centre = absolute(point, &raw.centre);
            let direction = centred_direction(&directions[index], &centre);
            Ok(raw.cumulants(Some(&direction)).metric_derivative(&centre))
        })?;
        Ok(derivatives.into_iter().collect())
    }
}
