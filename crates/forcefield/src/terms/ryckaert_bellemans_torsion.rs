//! Ryckaert–Bellemans torsions: `E = Σ_{n=0}^{5} C_n cosⁿ ψ` with `ψ = φ - π`.

use std::sync::Arc;

use crate::block::Block;
use crate::document::Element;
use crate::engine::EnergyTerm;
use crate::error::ForceFieldError;
use crate::simd::dispatch;
use crate::terms::dihedral_polynomial::{DihedralPolynomial, DihedralPolynomials};

/// OpenMM's name.
pub(crate) const NAME: &str = "RBTorsionForce";

struct RyckaertBellemansTorsions(DihedralPolynomials);

/// Reads `<Torsion p1 p2 p3 p4 c0 … c5>`.
pub(crate) fn read(forces: &[&Element], atoms: usize) -> Result<Arc<dyn EnergyTerm>, ForceFieldError> {
    let mut torsions = Vec::new();
    for force in forces {
        force.without_periodic_boundaries("usesPeriodic")?;
        for torsion in &force.child("Torsions")?.children {
            let mut cosine = Vec::new();
            for (power, name) in ["c0", "c1", "c2", "c3", "c4", "c5"].into_iter().enumerate() {
                // cos ψ = -cos φ.
                let sign = if power % 2 == 0 { 1.0 } else { -1.0 };
                cosine.push(sign * torsion.number(name)?);
            }
            let polynomial = DihedralPolynomial { cosine, sine: vec![] };
            torsions.push((torsion.atoms(["p1", "p2", "p3", "p4"], atoms)?, polynomial));
        }
    }
    Ok(Arc::new(RyckaertBellemansTorsions(DihedralPolynomials::new(torsions))))
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
