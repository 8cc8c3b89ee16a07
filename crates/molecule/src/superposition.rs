//! Rigid superposition of structures (by quaternions) and root-mean-square deviations.

use nalgebra::{Matrix3, Matrix4, Quaternion, UnitQuaternion, Vector3};

use crate::MoleculeError;

/// A proper rotation followed by a shift: `x → R x + t`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RigidTransform {
    rotation: Matrix3<f64>,
    translation: Vector3<f64>,
}

impl RigidTransform {
    /// The transform that brings `mobile` nearest to `reference` in the least-squares sense over the given atoms.
    ///
    /// B. K. P. Horn, J. Opt. Soc. Am. A 4, 629 (1987): the quaternion is the eigenvector of the largest eigenvalue of a
    /// symmetric 4 × 4 matrix, so that the rotation is always proper and planar molecules are not a special case. Where atoms on
    /// a line leave the rotation about it free, one of the optimal rotations is taken.
    ///
    /// # Errors
    /// No atoms, an atom beyond either structure, or positions that are not finite or so far apart that their products are not.
    pub fn superpose(
        mobile: &[[f64; 3]],
        reference: &[[f64; 3]],
        atoms: &[usize],
    ) -> Result<Self, MoleculeError> {
        check_pair(mobile, reference, atoms)?;
        let (from, to) = (centroid(mobile, atoms), centroid(reference, atoms));
        let mut covariance = Matrix3::zeros();
        for &atom in atoms {
            covariance +=
                (Vector3::from(reference[atom]) - to) * (Vector3::from(mobile[atom]) - from).transpose();
        }
        if covariance.iter().any(|entry| !entry.is_finite()) {
            let text = "the positions are so far apart that their products are not finite";
            return Err(MoleculeError::Superposition(text.into()));
        }
        let rotation = best_rotation(&covariance);
        Ok(Self { rotation, translation: to - rotation * from })
    }

    /// The image of one point.
    pub fn apply(&self, point: [f64; 3]) -> [f64; 3] {
        (self.rotation * Vector3::from(point) + self.translation).into()
    }

    /// The image of every atom.
    pub fn apply_all(&self, positions: &[[f64; 3]]) -> Vec<[f64; 3]> {
        positions.iter().map(|&point| self.apply(point)).collect()
    }
}

/// All atoms of a frame, moved as one so that the given atoms lie nearest to the reference.
///
/// # Errors
/// As [`RigidTransform::superpose`].
pub fn superposed(
    frame: &[[f64; 3]],
    reference: &[[f64; 3]],
    atoms: &[usize],
) -> Result<Vec<[f64; 3]>, MoleculeError> {
    Ok(RigidTransform::superpose(frame, reference, atoms)?.apply_all(frame))
}

/// Moves every frame so that the given atoms (usually the heavy ones) lie nearest to where the first frame has them.
///
/// # Errors
/// As [`RigidTransform::superpose`].
pub fn align_frames(frames: &mut [Vec<[f64; 3]>], atoms: &[usize]) -> Result<(), MoleculeError> {
    if let Some((first, rest)) = frames.split_first_mut() {
        for frame in rest {
            *frame = superposed(frame, first, atoms)?;
        }
    }
    Ok(())
}

/// Root-mean-square distance of the given atoms as they stand, nm.
///
/// # Errors
/// As [`RigidTransform::superpose`].
pub fn rmsd(a: &[[f64; 3]], b: &[[f64; 3]], atoms: &[usize]) -> Result<f64, MoleculeError> {
    check_pair(a, b, atoms)?;
    let squared = |atom: usize| (Vector3::from(a[atom]) - Vector3::from(b[atom])).norm_squared();
    Ok((atoms.iter().map(|&atom| squared(atom)).sum::<f64>() / atoms.len() as f64).sqrt())
}

/// Root-mean-square distance of the given atoms after superposition over them, nm.
///
/// # Errors
/// As [`RigidTransform::superpose`].
pub fn superposed_rmsd(a: &[[f64; 3]], b: &[[f64; 3]], atoms: &[usize]) -> Result<f64, MoleculeError> {
    rmsd(&superposed(a, b, atoms)?, b, atoms)
}

/// The proper rotation `R` of largest `tr(Rᵀ C)`, where `C = Σ to fromᵀ`.
fn best_rotation(covariance: &Matrix3<f64>) -> Matrix3<f64> {
    let c = |row: usize, column: usize| covariance[(row, column)];
    let trace = covariance.trace();
    // Horn's matrix with S_ab = Σ from_a to_b.
    let axial = [c(2, 1) - c(1, 2), c(0, 2) - c(2, 0), c(1, 0) - c(0, 1)];
    let matrix = Matrix4::from_fn(|row, column| match (row, column) {
        (0, 0) => trace,
        (0, axis) | (axis, 0) => axial[axis - 1],
        (a, b) if a == b => 2.0 * c(a - 1, a - 1) - trace,
        (a, b) => c(a - 1, b - 1) + c(b - 1, a - 1),
    });
    let [w, x, y, z] = dominant_eigenvector(matrix);
    UnitQuaternion::new_normalize(Quaternion::new(w, x, y, z)).to_rotation_matrix().into_inner()
}

/// Unit eigenvector of the largest eigenvalue of a symmetric matrix by Jacobi's rotations, to the last digits that the distance
/// from the next eigenvalue allows. (nalgebra's decompositions of 3 × 3 matrices work with squared singular values and keep
/// half the digits of small ones.)
fn dominant_eigenvector(mut matrix: Matrix4<f64>) -> [f64; 4] {
    /// Each sweep squares what is left off the diagonal; six are enough.
    const SWEEPS: usize = 32;
    let largest = matrix.amax();
    if largest > 0.0 {
        matrix /= largest;
    }
    let mut vectors = Matrix4::<f64>::identity();
    for _ in 0..SWEEPS {
        let mut left = 0.0;
        for p in 0..3 {
            for q in p + 1..4 {
                left += matrix[(p, q)] * matrix[(p, q)];
                if matrix[(p, q)] == 0.0 {
                    continue;
                }
                // The smaller of the two angles that make the entry vanish; tan is 1/(θ ± √(θ² + 1)).
                let theta = 0.5 * (matrix[(q, q)] - matrix[(p, p)]) / matrix[(p, q)];
                let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let cosine = tangent.hypot(1.0).recip();
                let sine = tangent * cosine;
                for row in 0..4 {
                    let (a, b) = (matrix[(row, p)], matrix[(row, q)]);
                    matrix[(row, p)] = cosine * a - sine * b;
                    matrix[(row, q)] = sine * a + cosine * b;
                }
                for column in 0..4 {
                    let (a, b) = (matrix[(p, column)], matrix[(q, column)]);
                    matrix[(p, column)] = cosine * a - sine * b;
                    matrix[(q, column)] = sine * a + cosine * b;
                }
                for row in 0..4 {
                    let (a, b) = (vectors[(row, p)], vectors[(row, q)]);
                    vectors[(row, p)] = cosine * a - sine * b;
                    vectors[(row, q)] = sine * a + cosine * b;
                }
            }
        }
        if left < f64::EPSILON * f64::EPSILON * f64::EPSILON {
            break;
        }
    }
    let best = (0..4).fold(0, |best, k| if matrix[(k, k)] > matrix[(best, best)] { k } else { best });
    vectors.column(best).into_owned().into()
}

fn centroid(positions: &[[f64; 3]], atoms: &[usize]) -> Vector3<f64> {
    atoms.iter().map(|&atom| Vector3::from(positions[atom])).sum::<Vector3<f64>>() / atoms.len() as f64
}

fn check_pair(a: &[[f64; 3]], b: &[[f64; 3]], atoms: &[usize]) -> Result<(), MoleculeError> {
    if atoms.is_empty() {
        return Err(MoleculeError::Superposition("no atoms are given".into()));
    }
    for &atom in atoms {
        for positions in [a, b] {
            match positions.get(atom) {
                None => return Err(MoleculeError::AtomOutside { index: atom, atoms: positions.len() }),
                Some(position) if position.iter().any(|x| !x.is_finite()) => {
                    let text = format!("the position of atom {atom} is not finite");
                    return Err(MoleculeError::Superposition(text));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}
