//! Contraction of a tile with one short vector per dimension: the inner loop of every moment on a grid.

/// Columns that are summed together; rows are padded to a multiple of it.
pub(super) const LANES: usize = 8;

/// A matrix whose columns come in blocks of [`LANES`].
#[derive(Clone, Copy)]
struct Blocks<'a> {
    entries: &'a [f64],
    columns: usize,
    /// Distance in `entries` between the same block in two rows.
    row_stride: usize,
    /// Distance between two blocks in the same row.
    block_stride: usize,
}

impl<'a> Blocks<'a> {
    /// Block after block, so that memory is read in order.
    fn block_major(entries: &'a [f64], rows: usize) -> Self {
        Self { entries, columns: entries.len() / rows, row_stride: LANES, block_stride: rows * LANES }
    }

    /// Row after row.
    fn row_major(entries: &'a [f64], rows: usize) -> Self {
        let columns = entries.len() / rows;
        Self { entries, columns, row_stride: columns, block_stride: LANES }
    }

    /// One block of one row; `None` beyond the last row.
    #[inline(always)]
    fn block(&self, row: usize, block: usize) -> Option<&'a [f64; LANES]> {
        self.entries.get(block * self.block_stride + row * self.row_stride..)?.first_chunk()
    }
}

/// A tile of nodes, last axis fastest and padded to whole blocks, brought into the order that [`contract_tile`] reads.
pub(super) fn block_major(entries: &[f64], rows: usize) -> Vec<f64> {
    let natural = Blocks::row_major(entries, rows);
    (0..natural.columns / LANES)
        .flat_map(|block| (0..rows).filter_map(move |row| natural.block(row, block)).flatten().copied())
        .collect()
}

/// `out[k][j] = Σ_i matrix[i][j] factors[i][k]` for `k < ORDERS`.
fn contract_rows<const ORDERS: usize>(matrix: Blocks, factors: &[[f64; ORDERS]], out: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the processor has both features.
        unsafe { fused::contract_rows(matrix, factors, out) };
        return;
    }
    contract_rows_plain(matrix, factors, out);
}

fn contract_rows_plain<const ORDERS: usize>(matrix: Blocks, factors: &[[f64; ORDERS]], out: &mut [f64]) {
    for block in 0..matrix.columns / LANES {
        let mut sums = [[0.0; LANES]; ORDERS];
        for (row, factor) in factors.iter().enumerate() {
            let Some(entries) = matrix.block(row, block) else { break };
            for (sum, &factor) in sums.iter_mut().zip(factor) {
                for (lane, &entry) in sum.iter_mut().zip(entries) {
                    *lane += entry * factor;
                }
            }
        }
        for (order, sum) in sums.iter().enumerate() {
            out[order * matrix.columns + block * LANES..][..LANES].copy_from_slice(sum);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod fused {
    use core::arch::x86_64::{
        _mm256_fmadd_pd, _mm256_set1_pd, _mm256_setr_pd, _mm256_setzero_pd, _mm256_storeu_pd,
    };

    use super::{Blocks, LANES};

    /// As [`super::contract_rows_plain`], in registers.
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn contract_rows<const ORDERS: usize>(
        matrix: Blocks,
        factors: &[[f64; ORDERS]],
        out: &mut [f64],
    ) {
        for block in 0..matrix.columns / LANES {
            let mut sums = [[_mm256_setzero_pd(); 2]; ORDERS];
            for (row, factor) in factors.iter().enumerate() {
                let Some(entries) = matrix.block(row, block) else { break };
                let &[a, b, c, d, e, f, g, h] = entries;
                let (low, high) = (_mm256_setr_pd(a, b, c, d), _mm256_setr_pd(e, f, g, h));
                for order in 0..ORDERS {
                    let factor = _mm256_set1_pd(factor[order]);
                    sums[order][0] = _mm256_fmadd_pd(low, factor, sums[order][0]);
                    sums[order][1] = _mm256_fmadd_pd(high, factor, sums[order][1]);
                }
            }
            for (order, [low, high]) in sums.into_iter().enumerate() {
                let target = &mut out[order * matrix.columns + block * LANES..][..LANES];
                // SAFETY: `target` holds eight numbers.
                unsafe {
                    _mm256_storeu_pd(target.as_mut_ptr(), low);
                    _mm256_storeu_pd(target.as_mut_ptr().add(4), high);
                }
            }
        }
    }
}

/// `Σ_j row[j] factors[j][k]`.
fn contract_row<const ORDERS: usize>(row: &[f64], factors: &[[f64; ORDERS]]) -> [f64; ORDERS] {
    let mut sums = [0.0; ORDERS];
    for (entry, factor) in row.iter().zip(factors) {
        for order in 0..ORDERS {
            sums[order] += entry * factor[order];
        }
    }
    sums
}

/// Moments `Σ tile[i, j, …] a[i]^(k) b[j]^(l) …` for all orders `k + l + … < ORDERS`, as an array with `ORDERS` entries
/// per dimension, last fastest; entries of higher total order are left alone.
///
/// `tile` is in the order of [`block_major`]; `factors` holds one slice per dimension; `scratch` is resized as needed.
pub(super) fn contract_tile<const ORDERS: usize>(
    tile: &[f64],
    factors: &[&[[f64; ORDERS]]],
    scratch: &mut Vec<Vec<f64>>,
    moments: &mut [f64],
) {
    scratch.resize_with(factors.len(), Vec::new);
    match factors {
        [] => {}
        [only] => moments.copy_from_slice(&contract_row(tile, only)),
        [first, ..] => {
            contract_axes(Blocks::block_major(tile, first.len()), factors, ORDERS, scratch, moments);
        }
    }
}

fn contract_axes<const ORDERS: usize>(
    matrix: Blocks,
    factors: &[&[[f64; ORDERS]]],
    orders_left: usize,
    scratch: &mut [Vec<f64>],
    moments: &mut [f64],
) {
    let ([first, rest @ ..], [buffer, deeper @ ..]) = (factors, scratch) else { return };
    buffer.resize(ORDERS * matrix.columns, 0.0);
    contract_rows(matrix, first, buffer);
    let stride = moments.len() / ORDERS;
    for order in 0..orders_left {
        let row = &buffer[order * matrix.columns..][..matrix.columns];
        let (moments, left) = (&mut moments[order * stride..][..stride], orders_left - order);
        match rest {
            [last] => moments[..left].copy_from_slice(&contract_row(row, last)[..left]),
            [next, ..] => contract_axes(Blocks::row_major(row, next.len()), rest, left, deeper, moments),
            [] => {}
        }
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
        contract_tile(&block_major(&tile, first), &[&a, &b, &c], &mut Vec::new(), &mut moments);
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

    /// The kernel in registers against the plain one, in both orders of storage.
    #[test]
    fn fast_kernel_is_the_plain_one() {
        let (rows, columns) = (13, 3 * LANES);
        let entries: Vec<f64> = (0..rows * columns).map(|i| (i as f64 * 0.71).sin()).collect();
        let factors: Vec<[f64; 7]> =
            (0..rows).map(|i| [1, 2, 3, 4, 5, 6, 7].map(|k| (i as f64 * k as f64).cos())).collect();
        let (mut plain, mut fast, mut ordered) =
            (vec![0.0; 7 * columns], vec![0.0; 7 * columns], vec![0.0; 7 * columns]);
        contract_rows_plain(Blocks::row_major(&entries, rows), &factors, &mut plain);
        contract_rows(Blocks::row_major(&entries, rows), &factors, &mut fast);
        contract_rows(Blocks::block_major(&block_major(&entries, rows), rows), &factors, &mut ordered);
        assert_eq!(fast, ordered);
        assert!(plain.iter().zip(&fast).all(|(a, b)| (a - b).abs() < 1e-13));
    }
}
