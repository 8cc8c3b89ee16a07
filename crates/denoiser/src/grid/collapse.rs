//! A tile's measure gathered on a few nodes, for tethers that are smooth over the whole tile.
//!
//! With `g(x) ≈ Σ_i L_i(x) g(x_i)`, `L_i` the Lagrange polynomials of the Chebyshev nodes `x_i`, the sum over all
//! quadrature nodes `Σ_j w_j g(x_j)` is `Σ_i W_i g(x_i)` with `W_i = Σ_j w_j L_i(x_j)`: as exact as the interpolation,
//! however rough the measure `w` is.

/// Chebyshev nodes on [0, 1], `½ (1 - cos((2i + 1)π/32))`.
pub(super) const NODES: [f64; 16] = [
    0.0024076366639015356,
    0.021529832133895588,
    0.059039367825822475,
    0.1134947733186315,
    0.18280335791817726,
    0.2643016315870011,
    0.35485766137276886,
    0.4509914298352196,
    0.5490085701647803,
    0.645142338627231,
    0.7356983684129988,
    0.8171966420818226,
    0.8865052266813684,
    0.9409606321741775,
    0.9784701678661044,
    0.9975923633360984,
];

/// `L_i(x)` of every node for `x` in [0, 1], by the product formula.
fn lagrange(x: f64) -> [f64; NODES.len()] {
    let mut values = [1.0; NODES.len()];
    for (value, node) in values.iter_mut().zip(&NODES) {
        for other in NODES.iter().filter(|other| *other != node) {
            *value *= (x - other) / (node - other);
        }
    }
    values
}

/// Gathers an array over the product of the axes' positions (last fastest, in units of the tile) on the product of the
/// nodes.
pub(super) fn gather(axes: &[Vec<f64>], mut values: Vec<f64>) -> Vec<f64> {
    for (axis, positions) in axes.iter().enumerate() {
        let inner: usize = axes[axis + 1..].iter().map(Vec::len).product();
        let basis: Vec<_> = positions.iter().map(|&x| lagrange(x)).collect();
        let mut gathered = Vec::with_capacity(values.len() / positions.len() * NODES.len());
        for block in values.chunks_exact(positions.len() * inner) {
            for node in 0..NODES.len() {
                let first = gathered.len();
                gathered.resize(first + inner, 0.0);
                for (row, basis) in block.chunks_exact(inner).zip(&basis) {
                    for (sum, value) in gathered[first..].iter_mut().zip(row) {
                        *sum += basis[node] * value;
                    }
                }
            }
        }
        values = gathered;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moments of polynomials of the nodes' degree survive, whatever the measure.
    #[test]
    fn gathering_keeps_polynomial_moments() {
        let axes = [vec![0.1, 0.35, 0.8], vec![0.0, 0.5, 0.77, 1.0]];
        let values: Vec<f64> = (0..12).map(|i| (1.7 * f64::from(i)).sin()).collect();
        let gathered = gather(&axes, values.clone());
        for (k, l) in [(0, 0), (3, 2), (15, 0), (7, 15)] {
            let mut exact = 0.0;
            for (i, x) in axes[0].iter().enumerate() {
                for (j, y) in axes[1].iter().enumerate() {
                    exact += values[i * 4 + j] * x.powi(k) * y.powi(l);
                }
            }
            let mut found = 0.0;
            for (i, x) in NODES.iter().enumerate() {
                for (j, y) in NODES.iter().enumerate() {
                    found += gathered[i * 16 + j] * x.powi(k) * y.powi(l);
                }
            }
            assert!((found - exact).abs() < 1e-12, "{k} {l}: {found} {exact}");
        }
    }
}
