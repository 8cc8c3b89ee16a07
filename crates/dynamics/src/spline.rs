//! Cubic splines on regular grids of one to three variables, as tensor products of B-splines.

use crate::grid::{Grid, MAX_DIMENSION};

/// An interpolating cubic spline: twice continuously differentiable, error of fourth order in the spacing.
///
/// Periodic variables have a periodic spline; at the ends of the others the third derivative is continuous at the second grid point ("not a
/// knot"; C. de Boor, A Practical Guide to Splines, 2001, ch. IV). Beyond the ends it continues along the tangent, in each variable.
#[derive(Clone, Debug)]
pub struct CubicSpline {
    axes: Vec<SplineAxis>,
    coefficients: Vec<f64>,
}

#[derive(Clone, Debug)]
struct SplineAxis {
    start: f64,
    inverse_spacing: f64,
    /// Number of intervals between knots.
    cells: usize,
    periodic: bool,
    /// Number of coefficients, the wrapped copies included.
    stored: usize,
}

/// The place of a coordinate on one axis: the first coefficient that contributes, and four values and derivatives of B-splines.
struct Stencil {
    first: usize,
    values: [f64; 4],
    derivatives: [f64; 4],
}

impl SplineAxis {
    fn stencil(&self, x: f64) -> Stencil {
        let mut t = (x - self.start) * self.inverse_spacing;
        let cells = self.cells as f64;
        let mut beyond = 0.0;
        if self.periodic {
            t -= (t / cells).floor() * cells;
        } else {
            let inside = t.clamp(0.0, cells);
            beyond = t - inside;
            t = inside;
        }
        let first = (t as usize).min(self.cells - 1);
        let u = t - first as f64;
        let v = 1.0 - u;
        let derivatives = [
            -0.5 * v * v * self.inverse_spacing,
            (1.5 * u * u - 2.0 * u) * self.inverse_spacing,
            (2.0 * v - 1.5 * v * v) * self.inverse_spacing,
            0.5 * u * u * self.inverse_spacing,
        ];
        let mut values = [
            v * v * v / 6.0,
            (3.0 * u * u * u - 6.0 * u * u + 4.0) / 6.0,
            (3.0 * v * v * v - 6.0 * v * v + 4.0) / 6.0,
            u * u * u / 6.0,
        ];
        if beyond != 0.0 {
            for (value, derivative) in values.iter_mut().zip(derivatives) {
                *value += derivative * beyond / self.inverse_spacing;
            }
        }
        Stencil { first, values, derivatives }
    }
}

impl CubicSpline {
    /// The spline through the values of a grid.
    pub fn new(grid: &Grid) -> Self {
        let axes: Vec<SplineAxis> = grid
            .axes
            .iter()
            .map(|axis| SplineAxis {
                start: axis.start,
                inverse_spacing: 1.0 / axis.spacing,
                cells: if axis.period.is_some() { axis.count } else { axis.count - 1 },
                periodic: axis.period.is_some(),
                stored: if axis.period.is_some() { axis.count + 3 } else { axis.count + 2 },
            })
            .collect();
        let mut spline = Self { axes, coefficients: Vec::new() };
        spline.refit(&grid.values);
        spline
    }

    /// Replaces the values at the grid points, which stay the same.
    pub fn refit(&mut self, values: &[f64]) {
        let mut shape: Vec<usize> =
            self.axes.iter().map(|axis| if axis.periodic { axis.cells } else { axis.cells + 1 }).collect();
        let mut current = values.to_vec();
        for (number, axis) in self.axes.iter().enumerate() {
            let outer: usize = shape[..number].iter().product();
            let inner: usize = shape[number + 1..].iter().product();
            let count = shape[number];
            let mut next = vec![0.0; outer * axis.stored * inner];
            let (mut line, mut solved) = (vec![0.0; count], vec![0.0; axis.stored]);
            for o in 0..outer {
                for i in 0..inner {
                    for (k, value) in line.iter_mut().enumerate() {
                        *value = current[(o * count + k) * inner + i];
                    }
                    if axis.periodic {
                        periodic_coefficients(&mut line, &mut solved);
                    } else {
                        bounded_coefficients(&line, &mut solved);
                    }
                    for (k, value) in solved.iter().enumerate() {
                        next[(o * axis.stored + k) * inner + i] = *value;
                    }
                }
            }
            shape[number] = axis.stored;
            current = next;
        }
        self.coefficients = current;
    }

    /// Value at `x`; the derivatives are written into `gradient`.
    pub fn evaluate(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        debug_assert!(self.axes.len() <= MAX_DIMENSION);
        match self.axes.as_slice() {
            [axis] => {
                let stencil = axis.stencil(x[0]);
                let (value, derivative) = contract(&self.coefficients[stencil.first..], &stencil);
                gradient[0] = derivative;
                value
            }
            [first, last] => {
                let (outer, inner) = (first.stencil(x[0]), last.stencil(x[1]));
                let [value, by_first, by_last] =
                    contract_two(&self.coefficients, last.stored, &outer, &inner);
                gradient[0] = by_first;
                gradient[1] = by_last;
                value
            }
            [first, middle, last] => {
                let outer = first.stencil(x[0]);
                let (inner, innermost) = (middle.stencil(x[1]), last.stencil(x[2]));
                let plane = middle.stored * last.stored;
                let mut value = 0.0;
                gradient.fill(0.0);
                for k in 0..4 {
                    let coefficients = &self.coefficients[(outer.first + k) * plane..];
                    let [part, by_middle, by_last] =
                        contract_two(coefficients, last.stored, &inner, &innermost);
                    value += outer.values[k] * part;
                    gradient[0] += outer.derivatives[k] * part;
                    gradient[1] += outer.values[k] * by_middle;
                    gradient[2] += outer.values[k] * by_last;
                }
                value
            }
            _ => f64::NAN,
        }
    }
}

/// Value and derivative of a spline of one variable.
#[inline]
fn contract(coefficients: &[f64], stencil: &Stencil) -> (f64, f64) {
    let mut result = (0.0, 0.0);
    for ((coefficient, value), derivative) in
        coefficients.iter().zip(&stencil.values).zip(&stencil.derivatives)
    {
        result.0 += value * coefficient;
        result.1 += derivative * coefficient;
    }
    result
}

/// Value and both derivatives of a spline of two variables.
#[inline]
fn contract_two(coefficients: &[f64], row: usize, outer: &Stencil, inner: &Stencil) -> [f64; 3] {
    let mut result = [0.0; 3];
    for k in 0..4 {
        let (value, derivative) =
            contract(&coefficients[(outer.first + k) * row + inner.first..][..4], inner);
        result[0] += outer.values[k] * value;
        result[1] += outer.derivatives[k] * value;
        result[2] += outer.values[k] * derivative;
    }
    result
}

/// Solves `(c[i-1] + 4 c[i] + c[i+1])/6 = f[i]` on a ring by the recursive filter of M. Unser, A. Aldroubi and M. Eden,
/// IEEE Trans. Signal Process. 41, 821 (1993). `line` holds `f` and is overwritten; `solved` starts with `c[-1]`.
fn periodic_coefficients(line: &mut [f64], solved: &mut [f64]) {
    let count = line.len();
    let pole = 3f64.sqrt() - 2.0;
    let ring = 1.0 - pole.powi(count as i32);
    // Powers of the pole fall below the precision of a double after 30 terms.
    let terms = count.min(40);
    let (mut sum, mut power) = (0.0, 1.0);
    for k in 0..terms {
        sum += power * line[(count - k) % count];
        power *= pole;
    }
    line[0] = sum / ring;
    for i in 1..count {
        line[i] += pole * line[i - 1];
    }
    let (mut sum, mut power) = (0.0, 1.0);
    for k in 0..terms {
        sum += power * line[(count - 1 + k) % count];
        power *= pole;
    }
    line[count - 1] = -pole * sum / ring;
    for i in (0..count - 1).rev() {
        line[i] = pole * (line[i + 1] - line[i]);
    }
    for (k, value) in solved.iter_mut().enumerate() {
        *value = 6.0 * line[(k + count - 1) % count];
    }
}

/// Solves the same equations on `n` points with not-a-knot ends; `solved` runs from `c[-1]` to `c[n]`.
///
/// The fourth difference of `c` vanishes across the second point; with the interpolation equations of the first three
/// points this gives `c[1] = (8 f[1] - f[0] - f[2])/6`, and the same at the other end.
fn bounded_coefficients(line: &[f64], solved: &mut [f64]) {
    let n = line.len();
    let c = |i: usize| i + 1; // place of c[i]
    solved[c(1)] = (8.0 * line[1] - line[0] - line[2]) / 6.0;
    solved[c(n - 2)] = (8.0 * line[n - 2] - line[n - 1] - line[n - 3]) / 6.0;
    // Thomas's algorithm for c[2] … c[n-3]; the ratios are kept where the results of the first two points will stand.
    let mut ratios = vec![0.0; n];
    for i in 2..n.saturating_sub(2) {
        let mut right = 6.0 * line[i] - solved[c(i - 1)];
        if i == n - 3 {
            right -= solved[c(n - 2)];
        }
        let pivot = if i == 2 { 4.0 } else { 4.0 - ratios[i - 1] };
        ratios[i] = 1.0 / pivot;
        solved[c(i)] = right / pivot;
    }
    for i in (2..n.saturating_sub(3)).rev() {
        solved[c(i)] -= ratios[i] * solved[c(i + 1)];
    }
    solved[c(0)] = 6.0 * line[1] - 4.0 * solved[c(1)] - solved[c(2)];
    solved[0] = 6.0 * line[0] - 4.0 * solved[c(0)] - solved[c(1)];
    solved[c(n - 1)] = 6.0 * line[n - 2] - 4.0 * solved[c(n - 2)] - solved[c(n - 3)];
    solved[c(n)] = 6.0 * line[n - 1] - 4.0 * solved[c(n - 1)] - solved[c(n - 2)];
}
