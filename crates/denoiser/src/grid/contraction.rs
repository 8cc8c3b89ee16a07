//! Contraction of a tile with one short vector per dimension: the inner loop of every moment on a grid.

/// Columns that are summed together; rows are padded to a multiple of it.
pub(super) const LANES: usize = 8;

/// `out[k][j] = Σ_i matrix[i][j] factors[i][k]` for `k < ORDERS`; `matrix` has `columns` entries per row, a multiple of
/// [`LANES`].
pub(super) fn contract_rows<const ORDERS: usize>(
    matrix: &[f64],
    columns: usize,
    factors: &[[f64; ORDERS]],
    out: &mut [f64],
) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the processor has both features.
        unsafe { contract_rows_fused(matrix, columns, factors, out) };
        return;
    }
    contract_rows_body::<ORDERS, false>(matrix, columns, factors, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn contract_rows_fused<const ORDERS: usize>(
    matrix: &[f64],
    columns: usize,
    factors: &[[f64; ORDERS]],
    out: &mut [f64],
) {
    contract_rows_body::<ORDERS, true>(matrix, columns, factors, out);
}

#[inline(always)]
fn contract_rows_body<const ORDERS: usize, const FUSED: bool>(
    matrix: &[f64],
    columns: usize,
    factors: &[[f64; ORDERS]],
    out: &mut [f64],
) {
    for block in (0..columns).step_by(LANES) {
        let mut sums = [[0.0; LANES]; ORDERS];
        for (row, factor) in matrix.chunks_exact(columns).zip(factors) {
            let entries: &[f64; LANES] = row[block..].first_chunk().expect("rows are padded to whole blocks");
            for (sum, &factor) in sums.iter_mut().zip(factor) {
                for (lane, &entry) in sum.iter_mut().zip(entries) {
                    *lane = if FUSED { entry.mul_add(factor, *lane) } else { entry * factor + *lane };
                }
            }
        }
        for (order, sum) in sums.iter().enumerate() {
            out[order * columns + block..][..LANES].copy_from_slice(sum);
        }
    }
}

/// `Σ_j row[j] factors[j][k]`.
fn contract_row<const ORDERS: usize>(row: &[f64], factors: &[[f64; ORDERS]]) -> [f64; ORDERS] {
    let mut sums = [0.0; ORDERS];
    for (&entry, factor) in row.iter().zip(factors) {
        for (sum, factor) in sums.iter_mut().zip(factor) {
            *sum += entry * factor;
        }
    }
    sums
}

/// Moments `Σ tile[i, j, …] a[i]^(k) b[j]^(l) …` for all orders `k + l + … < ORDERS`, as an array with `ORDERS` entries
/// per dimension, last fastest; entries of higher total order are left alone.
///
/// `factors` holds one slice per dimension; `scratch` is resized as needed.
pub(super) fn contract_tile<const ORDERS: usize>(
    tile: &[f64],
    factors: &[&[[f64; ORDERS]]],
    scratch: &mut Vec<Vec<f64>>,
    moments: &mut [f64],
) {
    scratch.resize_with(factors.len(), Vec::new);
    contract_axes(tile, factors, ORDERS, scratch, moments);
}

fn contract_axes<const ORDERS: usize>(
    tile: &[f64],
    factors: &[&[[f64; ORDERS]]],
    orders_left: usize,
    scratch: &mut [Vec<f64>],
    moments: &mut [f64],
) {
    let [first, rest @ ..] = factors else { return };
    if rest.is_empty() {
        moments[..orders_left].copy_from_slice(&contract_row(tile, first)[..orders_left]);
        return;
    }
    let [buffer, deeper @ ..] = scratch else { return };
    let columns = tile.len() / first.len();
    buffer.resize(ORDERS * columns, 0.0);
    contract_rows(tile, columns, first, buffer);
    let stride = moments.len() / ORDERS;
    for order in 0..orders_left {
        let row = &buffer[order * columns..][..columns];
        contract_axes(row, rest, orders_left - order, deeper, &mut moments[order * stride..][..stride]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three dimensions against the sum written out.
    #[test]
    fn tile_contraction_is_the_plain_sum() {
        let (first, second, third) = (3, 5, LANES);
        let vector = |length: usize, seed: f64| -> Vec<[f64; 5]> {
            (0..length)
                .map(|i| {
                    let u = (seed * (i as f64 + 1.0)).sin();
                    [1.0, u, u * u, u.powi(3), u.powi(4)].map(|power| power * (1.0 + 0.1 * i as f64))
                })
                .collect()
        };
        let (a, b, c) = (vector(first, 0.7), vector(second, 1.3), vector(third, 2.1));
        let tile: Vec<f64> = (0..first * second * third).map(|i| (i as f64 * 0.37).cos()).collect();
        let mut moments = vec![0.0; 125];
        contract_tile(&tile, &[&a, &b, &c], &mut Vec::new(), &mut moments);
        for k in 0..5 {
            for l in 0..5 - k {
                for m in 0..5 - k - l {
                    let mut sum = 0.0;
                    for (i, a) in a.iter().enumerate() {
                        for (j, b) in b.iter().enumerate() {
                            for (n, c) in c.iter().enumerate() {
                                sum += tile[(i * second + j) * third + n] * a[k] * b[l] * c[m];
                            }
                        }
                    }
                    let found = moments[(k * 5 + l) * 5 + m];
                    assert!((found - sum).abs() < 1e-12, "{k} {l} {m}: {found} {sum}");
                }
            }
        }
    }
}
