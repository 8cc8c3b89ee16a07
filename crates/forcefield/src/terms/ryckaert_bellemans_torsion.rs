//! Ryckaert–Bellemans torsions: `E = Σ_{n=0}^{5} C_n cosⁿ ψ` with `ψ = φ - π`.

use crate::block::Block;
use crate::energy_term::EnergyTerm;
use crate::simd::dispatch;
use crate::terms::dihedral_polynomial::{DihedralPolynomial, DihedralPolynomials};

/// OpenMM's name.
pub(crate) const NAME: &str = "RBTorsionForce";

/// One torsion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RyckaertBellemansTorsion {
    /// Its atoms.
    pub atoms: [usize; 4],
    /// `C_0` to `C_5`, kJ/mol.
    pub coefficients_kj_mol: [f64; 6],
}

/// All Ryckaert–Bellemans torsions of a molecule.
pub struct RyckaertBellemansTorsions(DihedralPolynomials);

impl RyckaertBellemansTorsions {
    /// The term of these torsions.
    pub fn new(torsions: &[RyckaertBellemansTorsion]) -> Self {
        let polynomials = torsions.iter().map(|torsion| {
            let powers = torsion.coefficients_kj_mol.iter().enumerate();
            // cos ψ = -cos φ.
            let cosine = powers.map(|(power, c)| if power % 2 == 0 { *c } else { -c }).collect();
            (torsion.atoms, DihedralPolynomial { cosine, sine: vec![] })
        });
        Self(DihedralPolynomials::new(polynomials))
    }
}

impl EnergyTerm for RyckaertBellemansTorsions {
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
