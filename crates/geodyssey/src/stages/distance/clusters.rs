//! What a matrix of distances looks like: clusters, and points in the plane.

use geodyssey_report::Embedding;
use geodyssey_report::plots::Merge;
use kodama::{Method, linkage};
use nalgebra::{DMatrix, SymmetricEigen};

/// Steps per configuration after which eigenvalues are given up; two or three are enough.
const MAX_STEPS: usize = 1000;

/// Average linkage: two clusters are as far apart as their members on average (R. Sokal, C. Michener, 1958).
pub(super) fn merges(distances: &[Vec<f64>]) -> Vec<Merge> {
    let count = distances.len();
    let mut condensed: Vec<f64> =
        distances.iter().enumerate().flat_map(|(row, all)| all[row + 1..].to_vec()).collect();
    let tree = linkage(&mut condensed, count, Method::Average);
    let steps = tree.steps().iter();
    steps
        .map(|step| Merge { clusters: [step.cluster1, step.cluster2], distance: step.dissimilarity })
        .collect()
}

/// Classical multidimensional scaling into two dimensions (W. Torgerson, *Psychometrika* 17 (1952) 401): the two largest
/// eigenvalues of `-½ C D² C` with the centring matrix `C`, and their eigenvectors. None for fewer than three points, and where a
/// distance is not finite.
///
/// The sign of each coordinate is chosen such that its entry of largest size is positive.
pub(super) fn embed(distances: &[Vec<f64>]) -> Option<Embedding> {
    let count = distances.len();
    // Eigenvalues of a matrix with NaN are NaN without a word.
    if count < 3 || distances.iter().flatten().any(|distance| !distance.is_finite()) {
        return None;
    }
    let squares = DMatrix::from_fn(count, count, |row, column| distances[row][column].powi(2));
    let rows: Vec<f64> = squares.row_iter().map(|row| row.mean()).collect();
    let mean = squares.mean();
    let centred = DMatrix::from_fn(count, count, |row, column| {
        -0.5 * (squares[(row, column)] - rows[row] - rows[column] + mean)
    });
    let eigen = SymmetricEigen::try_new(centred, f64::EPSILON, MAX_STEPS * count)?;
    let total: f64 = eigen.eigenvalues.iter().map(|value| value.abs()).sum();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let coordinate = |rank: usize| -> Vec<f64> {
        let index = order[rank];
        let vector = eigen.eigenvectors.column(index);
        let largest = vector
            .iter()
            .copied()
            .fold(0.0, |one: f64, other| if other.abs() > one.abs() { other } else { one });
        let scale = eigen.eigenvalues[index].max(0.0).sqrt() * largest.signum();
        vector.iter().map(|entry| entry * scale).collect()
    };
    let (x, y) = (coordinate(0), coordinate(1));
    let held: f64 = order[..2].iter().map(|&index| eigen.eigenvalues[index].max(0.0)).sum();
    Some(Embedding {
        points: x.into_iter().zip(y).map(|(x, y)| [x, y]).collect(),
        explained: if total > 0.0 { held / total } else { 1.0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_a_plane_are_found_again() {
        let points = [[0.0, 0.0], [3.0, 0.0], [3.0, 4.0], [-1.0, 2.5], [0.3, -2.0]];
        let apart = |a: [f64; 2], b: [f64; 2]| f64::hypot(a[0] - b[0], a[1] - b[1]);
        let distances: Vec<Vec<f64>> =
            points.iter().map(|&a| points.iter().map(|&b| apart(a, b)).collect()).collect();
        let found = embed(&distances).expect("five points");
        assert!((found.explained - 1.0).abs() < 1e-12);
        for (i, row) in distances.iter().enumerate() {
            for (j, distance) in row.iter().enumerate() {
                assert!((apart(found.points[i], found.points[j]) - distance).abs() < 1e-12);
            }
        }
        assert!(embed(&distances[..2]).is_none());
        let mut unknown = distances.clone();
        unknown[1][2] = f64::NAN;
        assert!(embed(&unknown).is_none());
        // Average linkage by hand: 0 and 4 are √4.09 apart; 3 and that pair are 2.6926 and 4.6840; 2 is 4 from 1.
        let tree = merges(&distances);
        assert_eq!(tree[0].clusters, [0, 4]);
        assert!((tree[0].distance - 4.09_f64.sqrt()).abs() < 1e-12);
        let to_one = 0.5 * (3.0 + apart(points[1], points[4]));
        assert!(
            (tree[1].distance
                - to_one.min(0.5 * (apart(points[3], points[0]) + apart(points[3], points[4]))))
            .abs()
                < 1e-12
        );
    }
}
