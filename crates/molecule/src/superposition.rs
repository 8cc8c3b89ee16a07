//! Rigid superposition of structures (Kabsch) and root-mean-square deviations.

use nalgebra::{Matrix3, Vector3};

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
    /// Kabsch, Acta Cryst. A 1976, 32, 922 and 1978, 34, 827, by singular value decomposition; never a reflection.
    /// Where atoms on a line leave the rotation about it free, one of the optimal rotations is taken.
    ///
    /// # Errors
    /// No atoms, an atom beyond either structure, or a position that is not finite.
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
        let svd = covariance.svd(true, true);
        let (Some(u), Some(v_t)) = (svd.u, svd.v_t) else {
            return Err(MoleculeError::Superposition("the singular value decomposition failed".into()));
        };
        let handedness = Vector3::new(1.0, 1.0, (u.determinant() * v_t.determinant()).signum());
        let rotation = u * Matrix3::from_diagonal(&handedness) * v_t;
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
