//! Energies on a regular grid of one to three variables.

use thiserror::Error;

/// Largest number of variables of a grid.
pub const MAX_DIMENSION: usize = 3;

/// Why a grid cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the grid cannot be used: {0}")]
pub struct GridError(pub String);

/// One variable of a grid: `count` equally spaced values from `start`.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct GridAxis {
    /// The variable's name.
    pub name: String,
    /// First value, in the variable's unit.
    pub start: f64,
    /// Distance of neighbouring values, in the variable's unit.
    pub spacing: f64,
    /// Number of values.
    pub count: usize,
    /// Period, if any; then `count · spacing` is the period and the end point is not repeated.
    pub period: Option<f64>,
}

impl GridAxis {
    /// A periodic axis of `count` values from `start`.
    pub fn periodic(name: &str, start: f64, period: f64, count: usize) -> Self {
        Self { name: name.to_owned(), start, spacing: period / count as f64, count, period: Some(period) }
    }

    /// An axis of `count` values from `start` to `end`, both included.
    pub fn bounded(name: &str, start: f64, end: f64, count: usize) -> Self {
        Self {
            name: name.to_owned(),
            start,
            spacing: (end - start) / (count as f64 - 1.0),
            count,
            period: None,
        }
    }

    /// The same extent with another number of values.
    pub fn with_count(&self, count: usize) -> Self {
        match self.period {
            Some(period) => Self::periodic(&self.name, self.start, period, count),
            None => Self::bounded(&self.name, self.start, self.end(), count),
        }
    }

    /// The value with this index.
    pub fn coordinate(&self, index: usize) -> f64 {
        self.start + index as f64 * self.spacing
    }

    /// The last value; for a periodic axis, `start` plus the period.
    pub fn end(&self) -> f64 {
        match self.period {
            Some(period) => self.start + period,
            None => self.coordinate(self.count - 1),
        }
    }
}

/// Energies (kJ/mol) on a regular grid.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Grid {
    /// One axis per variable.
    pub axes: Vec<GridAxis>,
    /// Energies, kJ/mol; the last axis varies fastest.
    pub values: Vec<f64>,
}

impl Grid {
    /// A grid from its axes and values.
    ///
    /// # Errors
    /// Not one to three axes, fewer than four values along one, a spacing that is not positive or does not divide the
    /// period, a number of values that is not the product of the counts, or a value that is not finite.
    pub fn new(axes: Vec<GridAxis>, values: Vec<f64>) -> Result<Self, GridError> {
        if axes.is_empty() || axes.len() > MAX_DIMENSION {
            return Err(GridError(format!(
                "it has {} variables; 1 to {MAX_DIMENSION} are possible",
                axes.len()
            )));
        }
        for axis in &axes {
            if axis.count < 4 {
                let (name, count) = (&axis.name, axis.count);
                return Err(GridError(format!("`{name}` has {count} values, at least 4 are needed")));
            }
            if !(axis.start.is_finite() && axis.spacing.is_finite() && axis.spacing > 0.0) {
                return Err(GridError(format!("the spacing of `{}` is not a positive number", axis.name)));
            }
            if let Some(period) = axis.period
                && (axis.count as f64 * axis.spacing - period).abs() > 1e-9 * period
            {
                return Err(GridError(format!("`{}` does not cover its period {period}", axis.name)));
            }
        }
        let grid = Self { axes, values };
        let expected = grid.len();
        if grid.values.len() != expected {
            return Err(GridError(format!("it has {} values, not {expected}", grid.values.len())));
        }
        if let Some(index) = grid.values.iter().position(|value| !value.is_finite()) {
            return Err(GridError(format!("the energy at {:?} is not finite", grid.point(index))));
        }
        Ok(grid)
    }

    /// A grid with the values of a function.
    ///
    /// # Errors
    /// As [`Grid::new`].
    pub fn from_function(axes: Vec<GridAxis>, function: impl Fn(&[f64]) -> f64) -> Result<Self, GridError> {
        let mut grid = Self { axes, values: Vec::new() };
        let values = (0..grid.len()).map(|index| function(&grid.point(index))).collect();
        grid.values = values;
        Self::new(grid.axes, grid.values)
    }

    /// Number of variables.
    pub fn dimension(&self) -> usize {
        self.axes.len()
    }

    /// Number of grid points, the product of the axes' counts.
    pub fn len(&self) -> usize {
        self.axes.iter().map(|axis| axis.count).product()
    }

    /// Whether there are no grid points; never the case for a grid from [`Grid::new`].
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Coordinates of a grid point by its index in `values`.
    pub fn point(&self, index: usize) -> Vec<f64> {
        let mut remainder = index;
        let mut point = vec![0.0; self.axes.len()];
        for (axis, x) in self.axes.iter().zip(&mut point).rev() {
            *x = axis.coordinate(remainder % axis.count);
            remainder /= axis.count;
        }
        point
    }

    /// Period of each variable.
    pub fn periods(&self) -> Vec<Option<f64>> {
        self.axes.iter().map(|axis| axis.period).collect()
    }

    /// Lowest value and where it is.
    pub fn minimum(&self) -> (Vec<f64>, f64) {
        let mut lowest = 0;
        for (index, value) in self.values.iter().enumerate() {
            if *value < self.values[lowest] {
                lowest = index;
            }
        }
        (self.point(lowest), self.values[lowest])
    }

    /// The neighbours of a grid point along each variable.
    pub fn neighbours(&self, point: usize) -> Vec<usize> {
        let mut found = Vec::with_capacity(2 * self.axes.len());
        let mut stride = 1;
        for axis in self.axes.iter().rev() {
            let place = point / stride % axis.count;
            let periodic = axis.period.is_some();
            let below = if place > 0 { Some(place - 1) } else { periodic.then_some(axis.count - 1) };
            let above = if place + 1 < axis.count { Some(place + 1) } else { periodic.then_some(0) };
            found.extend(
                [below, above].into_iter().flatten().map(|other| point - place * stride + other * stride),
            );
            stride *= axis.count;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_axis_varies_fastest() {
        let axes = vec![GridAxis::bounded("a", 0.0, 3.0, 4), GridAxis::periodic("b", -1.0, 2.0, 5)];
        let grid = Grid::from_function(axes, |x| 10.0 * x[0] + x[1]).unwrap();
        assert_eq!(grid.point(7), vec![1.0, -1.0 + 2.0 * 0.4]);
        assert_eq!(grid.values[7], 10.0 - 0.2);
        assert_eq!(grid.minimum(), (vec![0.0, -1.0], -1.0));
        assert_eq!((grid.axes[0].end(), grid.axes[1].end()), (3.0, 1.0));
    }

    #[test]
    fn grids_that_do_not_fit_are_refused() {
        let axis = || GridAxis::bounded("a", 0.0, 3.0, 4);
        for (axes, values, expected) in [
            (vec![], vec![], "0 variables"),
            (vec![axis()], vec![0.0; 3], "3 values, not 4"),
            (vec![axis()], vec![0.0, f64::NAN, 0.0, 0.0], "not finite"),
            (vec![GridAxis { count: 3, ..axis() }], vec![0.0; 3], "at least 4"),
            (vec![GridAxis { spacing: 0.0, ..axis() }], vec![0.0; 4], "spacing"),
            (vec![GridAxis { period: Some(5.0), ..axis() }], vec![0.0; 4], "period"),
        ] {
            let error = Grid::new(axes, values).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
