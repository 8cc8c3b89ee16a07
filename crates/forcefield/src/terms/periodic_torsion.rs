//! Periodic torsions: `E = k (1 + cos(n φ - δ))`.

use crate::block::Block;
use crate::energy_term::EnergyTerm;
use crate::simd::dispatch;
use crate::terms::dihedral_polynomial::{DihedralPolynomial, DihedralPolynomials};

/// OpenMM's name.
pub(crate) const NAME: &str = "PeriodicTorsionForce";

/// Highest periodicity: beyond, the polynomials' coefficients (up to 2ⁿ) would cost precision.
pub const HIGHEST_PERIODICITY: usize = 12;

/// One torsion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeriodicTorsion {
    /// Its atoms.
    pub atoms: [usize; 4],
    /// `n`, from 1 to [`HIGHEST_PERIODICITY`].
    pub periodicity: usize,
    /// `δ`, radian.
    pub phase_rad: f64,
    /// `k`, kJ/mol.
    pub height_kj_mol: f64,
}

/// All periodic torsions of a molecule.
pub struct PeriodicTorsions(DihedralPolynomials);

impl PeriodicTorsions {
    /// The term of these torsions; none if a periodicity is 0 or above [`HIGHEST_PERIODICITY`].
    pub fn new(torsions: &[PeriodicTorsion]) -> Option<Self> {
        let is_known = |torsion: &PeriodicTorsion| (1..=HIGHEST_PERIODICITY).contains(&torsion.periodicity);
        let polynomials = torsions.iter().map(|torsion| {
            let PeriodicTorsion { atoms, periodicity, phase_rad, height_kj_mol } = *torsion;
            (atoms, fourier_component(periodicity, phase_rad, height_kj_mol))
        });
        torsions.iter().all(is_known).then(|| Self(DihedralPolynomials::new(polynomials)))
    }
}

/// `k (1 + cos δ T_n(c) + sin δ · s U_{n-1}(c))` with Chebyshev's polynomials T and U.
fn fourier_component(periodicity: usize, phase: f64, height: f64) -> DihedralPolynomial {
    // X_{n+1} = 2 c X_n - X_{n-1} for both, from X_0 and X_1.
    let chebyshev = |zeroth: Vec<f64>, first: Vec<f64>, degree: usize| {
        let (mut lower, mut upper) = (zeroth, first);
        for _ in 0..degree {
            let mut next = vec![0.0; upper.len() + 1];
            for (power, &coefficient) in upper.iter().enumerate() {
                next[power + 1] = 2.0 * coefficient;
            }
            for (power, &coefficient) in lower.iter().enumerate() {
                next[power] -= coefficient;
            }
            (lower, upper) = (upper, next);
        }
        lower
    };
    let scaled = |series: Vec<f64>, factor: f64| series.into_iter().map(|x| factor * x).collect::<Vec<_>>();
    let mut cosine = scaled(chebyshev(vec![1.0], vec![0.0, 1.0], periodicity), height * phase.cos());
    cosine[0] += height;
    let sine = scaled(chebyshev(vec![1.0], vec![0.0, 2.0], periodicity - 1), height * phase.sin());
    DihedralPolynomial { cosine, sine }
}

impl EnergyTerm for PeriodicTorsions {
    fn name(&self) -> &'static str {
        NAME
    }

    fn add_block(&self, block: &mut Block<'_>) {
        dispatch(&self.0, block);
    }

    fn undefined_torsion(&self, positions: &[[f64; 3]]) -> Option<[usize; 4]> {
        self.0.undefined(positions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_fourier_components() {
        for periodicity in 1..=HIGHEST_PERIODICITY {
            for step in 0..50 {
                let (angle, phase) = (0.13 * f64::from(step) - 3.0, 0.7 * f64::from(step));
                let polynomial = fourier_component(periodicity, phase, 2.5);
                let evaluate = |series: &[f64]| series.iter().rev().fold(0.0, |sum, x| sum * angle.cos() + x);
                let found = evaluate(&polynomial.cosine) + angle.sin() * evaluate(&polynomial.sine);
                let expected = 2.5 * (1.0 + (periodicity as f64 * angle - phase).cos());
                assert!((found - expected).abs() < 1e-12 * f64::powi(2.0, periodicity as i32).max(10.0));
            }
        }
    }
}
