//! Energies on a regular grid, and their picture in bands of colour.

use plotters::style::RGBColor;

use super::axis::round_step;
use super::style::{LIGHT_GREY, viridis};
use super::wrap::BoxAxis;
use crate::ReportError;

/// Energies on a regular grid of one or two variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    /// First grid point of each variable, in its unit.
    pub origin: Vec<f64>,
    /// Distance of grid points. On a periodic variable `points * spacing` is the period.
    pub spacing: Vec<f64>,
    /// Number of grid points of each variable.
    pub points: Vec<usize>,
    /// Energies in kJ/mol, the last variable fastest. Values that are not finite, as of ground that was not sampled, are drawn
    /// grey.
    pub energies_kj_mol: Vec<f64>,
}

impl Surface {
    pub(crate) fn check(&self, dimension: usize) -> Result<(), ReportError> {
        let length = |place: &str, expected: usize, found: usize| {
            if expected == found {
                Ok(())
            } else {
                Err(ReportError::Length { place: format!("{place} of the surface"), expected, found })
            }
        };
        length("origin", dimension, self.origin.len())?;
        length("spacing", dimension, self.spacing.len())?;
        length("points", dimension, self.points.len())?;
        length("energies", self.points.iter().product(), self.energies_kj_mol.len())?;
        if self.energies_kj_mol.iter().all(|e| !e.is_finite()) {
            return Err(ReportError::Empty { place: "the surface".to_owned() });
        }
        for (axis, &spacing) in self.spacing.iter().enumerate() {
            if !(spacing.is_finite() && spacing > 0.0) || self.points[axis] < 2 {
                return Err(ReportError::Empty { place: format!("axis {axis} of the surface") });
            }
        }
        Ok(())
    }

    /// Least finite energy.
    pub(crate) fn minimum(&self) -> f64 {
        let finite = self.energies_kj_mol.iter().filter(|e| e.is_finite());
        finite.copied().fold(f64::INFINITY, f64::min)
    }

    /// Greatest finite energy.
    pub(crate) fn maximum(&self) -> f64 {
        let finite = self.energies_kj_mol.iter().filter(|e| e.is_finite());
        finite.copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// Energy at a point, linear between grid points; NaN outside the grid or beside a hole.
    pub(crate) fn energy(&self, point: &[f64], axes: &[BoxAxis]) -> f64 {
        let mut cells = [Cell::default(); 2];
        for (k, axis) in axes.iter().enumerate() {
            match self.cell(k, point[k], axis) {
                Some(cell) => cells[k] = cell,
                None => return f64::NAN,
            }
        }
        self.energy_in(&cells[..axes.len()])
    }

    /// The neighbours of a value on one axis; none outside the grid.
    fn cell(&self, k: usize, value: f64, axis: &BoxAxis) -> Option<Cell> {
        let n = self.points[k];
        let mut place = (value - self.origin[k]) / self.spacing[k];
        if axis.periodic {
            place = place.rem_euclid(n as f64);
        }
        if !axis.periodic && !(-1e-9..=(n - 1) as f64 + 1e-9).contains(&place) || place.is_nan() {
            return None;
        }
        let most = if axis.periodic { n - 1 } else { n - 2 };
        let low = (place.max(0.0) as usize).min(most);
        Some(Cell { low, high: (low + 1) % n, share: place - low as f64 })
    }

    /// Energy between the neighbours on each axis.
    fn energy_in(&self, cells: &[Cell]) -> f64 {
        let mut energy = 0.0;
        for corner in 0..1usize << cells.len() {
            let (mut index, mut weight) = (0, 1.0);
            for (k, cell) in cells.iter().enumerate() {
                let upper = corner >> k & 1 == 1;
                index = index * self.points[k] + if upper { cell.high } else { cell.low };
                weight *= if upper { cell.share } else { 1.0 - cell.share };
            }
            // Zero times an infinite neighbour must not spoil a point on the grid.
            if weight != 0.0 {
                energy += weight * self.energies_kj_mol[index];
            }
        }
        energy
    }
}

/// Two neighbouring grid points of one axis, and the weight of the upper one.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    low: usize,
    high: usize,
    share: f64,
}

/// Division of energies into bands of one colour each; what lies above the last has its colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bands {
    pub(crate) lower: f64,
    pub(crate) width: f64,
    pub(crate) count: usize,
}

impl Bands {
    /// Bands of a round width that cover the range and end on round numbers, four to a tick.
    pub(crate) fn new(lower: f64, upper: f64) -> Self {
        let tick = round_step((upper - lower).max(1e-9) / 6.0);
        let first = (lower / tick + 1e-6).floor();
        let last = (upper / tick - 1e-6).ceil().max(first + 1.0);
        Self { lower: first * tick, width: tick / 4.0, count: 4 * (last - first) as usize }
    }

    pub(crate) fn upper(&self) -> f64 {
        self.lower + self.count as f64 * self.width
    }

    pub(crate) fn band_color(&self, band: usize) -> RGBColor {
        viridis(band as f64 / (self.count - 1) as f64)
    }

    pub(crate) fn color(&self, energy: f64) -> RGBColor {
        if energy.is_nan() {
            return LIGHT_GREY;
        }
        let band = ((energy - self.lower) / self.width).max(0.0) as usize;
        self.band_color(band.min(self.count - 1))
    }
}

/// RGB pixels, row by row from the top, of a surface over two variables.
///
/// The first axis runs to the right, the second upwards. Each pixel is the mean of 2 × 2 samples,
/// which smooths the edges of the bands.
pub(crate) fn heat_map(
    surface: &Surface,
    axes: &[BoxAxis; 2],
    bands: &Bands,
    (width, height): (u32, u32),
) -> Vec<u8> {
    let cells = |k: usize, pixels: u32| -> Vec<Option<Cell>> {
        let step = (axes[k].upper - axes[k].lower) / f64::from(2 * pixels);
        (0..2 * pixels)
            .map(|sample| axes[k].lower + (f64::from(sample) + 0.5) * step)
            .map(|value| surface.cell(k, value, &axes[k]))
            .collect()
    };
    let (columns, mut rows) = (cells(0, width), cells(1, height));
    rows.reverse();
    let color = |x: Option<Cell>, y: Option<Cell>| match (x, y) {
        (Some(x), Some(y)) => bands.color(surface.energy_in(&[x, y])),
        _ => bands.color(f64::NAN),
    };
    let mut pixels = Vec::with_capacity(3 * width as usize * height as usize);
    for row in rows.chunks_exact(2) {
        for column in columns.chunks_exact(2) {
            let mut sum = [0u32; 3];
            for (x, y) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let RGBColor(r, g, b) = color(column[x], row[y]);
                for (total, channel) in sum.iter_mut().zip([r, g, b]) {
                    *total += u32::from(channel);
                }
            }
            pixels.extend(sum.map(|total| ((total + 2) / 4) as u8));
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXES: [BoxAxis; 2] = [
        BoxAxis { lower: 0.0, upper: 4.0, periodic: true },
        BoxAxis { lower: -1.0, upper: 1.0, periodic: false },
    ];

    fn plane() -> Surface {
        // E = 10 y + [0, 1, 2, 1](x): linear between grid points, periodic in x.
        let tent = [0.0, 1.0, 2.0, 1.0];
        let energies = tent.iter().flat_map(|t| [-1.0, 0.0, 1.0].map(|y| 10.0 * y + t));
        Surface {
            origin: vec![0.0, -1.0],
            spacing: vec![1.0, 1.0],
            points: vec![4, 3],
            energies_kj_mol: energies.collect(),
        }
    }

    #[test]
    fn interpolation_is_exact_for_what_is_linear_and_closes_the_period() {
        let surface = plane();
        let at = |x, y| surface.energy(&[x, y], &AXES);
        for (x, y, expected) in [(0.5, 0.3, 3.5), (3.5, -1.0, -9.5), (-0.25, 1.0, 10.25), (6.0, 0.0, 2.0)] {
            assert!((at(x, y) - expected).abs() < 1e-12, "({x}, {y}): {}", at(x, y));
        }
        assert!(at(0.0, 1.1).is_nan());
    }

    #[test]
    fn an_infinite_neighbour_spoils_only_its_cells() {
        let mut surface = plane();
        surface.energies_kj_mol[0] = f64::INFINITY;
        assert!(surface.energy(&[0.0, 0.0], &AXES).is_finite());
        assert!(surface.energy(&[1.0, -1.0], &AXES).is_finite());
        assert!(!surface.energy(&[0.5, -0.5], &AXES).is_finite());
    }

    #[test]
    fn bands_are_round_and_cover_the_range() {
        let bands = Bands::new(0.0, 55.0);
        assert_eq!((bands.lower, bands.width, bands.count), (0.0, 2.5, 24));
        let negative = Bands::new(-146.7, -40.0);
        assert!(negative.lower <= -146.7 && negative.upper() >= -40.0);
        assert_eq!(bands.color(1e9), bands.band_color(bands.count - 1));
        assert_eq!(bands.color(f64::NAN), LIGHT_GREY);
    }

    #[test]
    fn the_picture_has_the_second_variable_upwards() {
        let bands = Bands::new(-10.0, 12.0);
        let pixels = heat_map(&plane(), &AXES, &bands, (4, 6));
        let pixel = |row: usize, column: usize| {
            let i = 3 * (row * 4 + column);
            RGBColor(pixels[i], pixels[i + 1], pixels[i + 2])
        };
        let brightness = |c: RGBColor| u32::from(c.0) + u32::from(c.1) + u32::from(c.2);
        assert!(brightness(pixel(0, 1)) > brightness(pixel(5, 1)));
    }
}
