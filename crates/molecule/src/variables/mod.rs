//! Collective variables: functions `ξ(X)` of the atoms' positions.

mod angle;
mod distance;
mod lanes;
mod scaled;
mod torsion;

pub use angle::Angle;
pub use distance::Distance;
pub use scaled::Scaled;
pub use torsion::Torsion;

use crate::MoleculeError;
use crate::replicas::Replicas;

/// What a variable measures, and so its unit inside the program and in what a person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableKind {
    /// Dihedral angle, radian, period 2π; shown in degrees.
    Torsion,
    /// Distance, nm.
    Distance,
    /// Bond angle, radian, in [0, π]; shown in degrees.
    Angle,
}

impl VariableKind {
    /// From the program's unit (radian, nm) to what a person reads (degree, nm).
    pub fn to_display(self, value: f64) -> f64 {
        match self {
            Self::Torsion | Self::Angle => value.to_degrees(),
            Self::Distance => value,
        }
    }

    /// From what a person writes (degree, nm) to the program's unit (radian, nm).
    pub fn from_display(self, value: f64) -> f64 {
        match self {
            Self::Torsion | Self::Angle => value.to_radians(),
            Self::Distance => value,
        }
    }

    /// The program's unit, as the columns of its files are named: `rad` or `nm`.
    pub fn column_suffix(self) -> &'static str {
        match self {
            Self::Torsion | Self::Angle => "rad",
            Self::Distance => "nm",
        }
    }

    /// The unit of what a person reads and writes: `°` or `nm`.
    pub fn display_unit(self) -> &'static str {
        match self {
            Self::Torsion | Self::Angle => "°",
            Self::Distance => "nm",
        }
    }
}

/// A function of the positions of a few atoms, evaluated for all replicas of a batch.
pub trait CollectiveVariable: Send + Sync {
    /// What it measures.
    fn kind(&self) -> VariableKind;

    /// Indices of the atoms it depends on, in the order of its gradient.
    fn atoms(&self) -> &[usize];

    /// Writes `ξ` into `values` (one per replica, padding included: `stride` long) and `∂ξ/∂X` into `gradient`,
    /// laid out `[atom of atoms()][xyz][replica]`, `atoms().len() * 3 * stride` long.
    fn evaluate(&self, positions: &Replicas, values: &mut [f64], gradient: &mut [f64]);

    /// Period of the values, if there is one (2π for a torsion).
    fn period(&self) -> Option<f64> {
        match self.kind() {
            VariableKind::Torsion => Some(std::f64::consts::TAU),
            VariableKind::Distance | VariableKind::Angle => None,
        }
    }

    /// The value for one set of positions (nm).
    fn value(&self, positions: &[[f64; 3]]) -> f64 {
        let batch = Replicas::repeat(positions, 1);
        let mut values = vec![0.0; batch.stride()];
        let mut gradient = vec![0.0; self.atoms().len() * 3 * batch.stride()];
        self.evaluate(&batch, &mut values, &mut gradient);
        values[0]
    }
}

/// Distinct atoms, all inside the molecule.
fn check_atoms(variable: &'static str, atoms: &[usize], atom_count: usize) -> Result<(), MoleculeError> {
    for (slot, &index) in atoms.iter().enumerate() {
        if index >= atom_count {
            return Err(MoleculeError::AtomOutside { index, atoms: atom_count });
        }
        if atoms[..slot].contains(&index) {
            return Err(MoleculeError::AtomRepeated { variable, index });
        }
    }
    Ok(())
}
