//! C² cubic splines through knots, as a linear map from knots to nodes.

use nalgebra::{DMatrix, DVector};

/// `B` with `S(s_i) = Σ_k B_ik knot_k`: the not-a-knot cubic spline with `knots` equally spaced knots on `[0, 1]`,
/// evaluated at the parameters `s`. Shape `(s.len(), knots)`.
///
/// Not-a-knot: the third derivative is continuous at the second and the last but one knot too, so that the ends are as smooth
/// as the inside and cubics are reproduced exactly. With 3 knots it is the parabola, with 2 the straight line.
/// C. de Boor, *A Practical Guide to Splines*, chapter IV.
pub fn not_a_knot_spline(knots: usize, parameters: &[f64]) -> DMatrix<f64> {
    assert!(knots >= 2, "a spline needs two knots");
    let intervals = (knots - 1) as f64;
    if knots <= 3 {
        return lagrange(knots, parameters);
    }
    // Second derivatives M (in units of the knot spacing) from the values: A M = C f.
    let mut left = DMatrix::zeros(knots, knots);
    let mut right = DMatrix::zeros(knots, knots);
    for row in 1..knots - 1 {
        for (offset, (coefficient, difference)) in
            [(1.0, 6.0), (4.0, -12.0), (1.0, 6.0)].into_iter().enumerate()
        {
            left[(row, row + offset - 1)] = coefficient;
            right[(row, row + offset - 1)] = difference;
        }
    }
    for (offset, coefficient) in [1.0, -2.0, 1.0].into_iter().enumerate() {
        left[(0, offset)] = coefficient;
        left[(knots - 1, knots - 3 + offset)] = coefficient;
    }
    let second = left.lu().solve(&right).expect("the not-a-knot system is regular for four knots and more");
    let mut map = DMatrix::zeros(parameters.len(), knots);
    for (row, parameter) in parameters.iter().enumerate() {
        let position = parameter * intervals;
        let interval = (position.floor().max(0.0) as usize).min(knots - 2);
        let b = position - interval as f64;
        let a = 1.0 - b;
        map[(row, interval)] += a;
        map[(row, interval + 1)] += b;
        for column in 0..knots {
            map[(row, column)] += ((a * a * a - a) * second[(interval, column)]
                + (b * b * b - b) * second[(interval + 1, column)])
                / 6.0;
        }
    }
    map
}

/// The polynomial through two or three equally spaced knots.
fn lagrange(knots: usize, parameters: &[f64]) -> DMatrix<f64> {
    let intervals = (knots - 1) as f64;
    DMatrix::from_fn(parameters.len(), knots, |row, knot| {
        (0..knots)
            .filter(|other| *other != knot)
            .map(|other| (parameters[row] * intervals - other as f64) / (knot as f64 - other as f64))
            .product()
    })
}

/// `n` equally spaced parameters from 0 to 1.
pub(crate) fn uniform_parameters(count: usize) -> Vec<f64> {
    (0..count).map(|index| index as f64 / (count - 1) as f64).collect()
}

/// `Σ_k B_ik knot_k` for knots that are vectors.
pub(crate) fn apply(map: &DMatrix<f64>, knots: &[DVector<f64>]) -> Vec<DVector<f64>> {
    map.row_iter()
        .map(|row| {
            let mut sum = DVector::zeros(knots[0].len());
            for (weight, knot) in row.iter().zip(knots) {
                sum.axpy(*weight, knot, 1.0);
            }
            sum
        })
        .collect()
}

/// The cubics through the four nearest of vectors that stand at equal distances on `[0, 1]`; at least four.
pub(crate) fn interpolate_cubically(values: &[DVector<f64>], at: &[f64]) -> Vec<DVector<f64>> {
    let intervals = (values.len() - 1) as f64;
    at.iter()
        .map(|parameter| {
            let position = parameter * intervals;
            let first = (position.floor() as isize - 1).clamp(0, values.len() as isize - 4) as usize;
            let x = position - first as f64;
            let mut sum = DVector::zeros(values[0].len());
            for node in 0..4 {
                let others = (0..4).filter(|other| *other != node);
                let weight = others.map(|other| (x - f64::from(other)) / f64::from(node - other)).product();
                sum.axpy(weight, &values[first + node as usize], 1.0);
            }
            sum
        })
        .collect()
}

/// Piecewise linear interpolation of vectors that stand at increasing `abscissas`.
pub(crate) fn interpolate_linearly(
    abscissas: &[f64],
    values: &[DVector<f64>],
    at: &[f64],
) -> Vec<DVector<f64>> {
    at.iter()
        .map(|x| {
            let upper = abscissas.partition_point(|abscissa| abscissa < x).clamp(1, abscissas.len() - 1);
            let width = abscissas[upper] - abscissas[upper - 1];
            let fraction =
                if width > 0.0 { ((x - abscissas[upper - 1]) / width).clamp(0.0, 1.0) } else { 0.0 };
            &values[upper - 1] * (1.0 - fraction) + &values[upper] * fraction
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_cubics_reproduce_cubics_and_their_nodes() {
        let cubic = |s: f64| DVector::from_element(1, 1.0 - 2.0 * s + 3.0 * s * s - 4.0 * s * s * s);
        for count in [4, 7, 200] {
            let values: Vec<_> = uniform_parameters(count).into_iter().map(cubic).collect();
            let at = uniform_parameters(333);
            for (found, s) in interpolate_cubically(&values, &at).iter().zip(&at) {
                assert!((found - cubic(*s)).norm() < 1e-11, "{count} {s}");
            }
        }
    }

    #[test]
    fn reproduces_cubics_and_is_twice_continuously_differentiable() {
        let cubic = |s: f64| 1.0 - 2.0 * s + 3.0 * s * s - 4.0 * s * s * s;
        for knots in 4..9 {
            let values = DVector::from_fn(knots, |knot, _| cubic(knot as f64 / (knots - 1) as f64));
            let parameters = uniform_parameters(41);
            let nodes = not_a_knot_spline(knots, &parameters) * values;
            for (node, s) in nodes.iter().zip(&parameters) {
                assert!((node - cubic(*s)).abs() < 1e-13);
            }
        }
        // One-sided second differences agree at every inner knot, for values that are not a cubic.
        let knots = 7;
        let values = DVector::from_fn(knots, |knot, _| (3.0 * knot as f64).sin());
        let step = 1e-3;
        for inner in 1..knots - 1 {
            let s = inner as f64 / (knots - 1) as f64;
            let at: Vec<f64> = (-2..=2).map(|offset| s + f64::from(offset) * step).collect();
            let f = not_a_knot_spline(knots, &at) * &values;
            let before = (f[0] - 2.0 * f[1] + f[2]) / (step * step);
            let after = (f[2] - 2.0 * f[3] + f[4]) / (step * step);
            let third = 6.0 * 6.0 * 6.0 * 30.0;
            assert!((before - after).abs() < 2.0 * step * third, "{before} {after}");
            assert!((f[2] - values[inner]).abs() < 1e-13);
        }
    }
}
