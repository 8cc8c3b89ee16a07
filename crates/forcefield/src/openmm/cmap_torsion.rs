//! `<Map size><Energy e>…` and `<Torsion map a1 a2 a3 a4 b1 b2 b3 b4>`.

use super::document::Element;
use crate::error::ForceFieldError;
use crate::terms::cmap_torsion::{CmapEnergies, CmapTorsion, CmapTorsions};

pub(super) fn read(forces: &[&Element], atoms: usize) -> Result<CmapTorsions, ForceFieldError> {
    let (mut maps, mut torsions) = (Vec::new(), Vec::new());
    for force in forces {
        force.without_periodic_boundaries("usesPeriodic")?;
        let before = maps.len();
        for map in &force.child("Maps")?.children {
            let size = map.integer("size")?;
            if size < 2 || map.children.len() != size * size {
                return Err(map.invalid(format!(
                    "size={size}, but there are {} energies; size² are needed, and a size of at least 2",
                    map.children.len()
                )));
            }
            let energies_kj_mol =
                map.children.iter().map(|node| node.number("e")).collect::<Result<Vec<_>, _>>()?;
            maps.push(CmapEnergies { size, energies_kj_mol });
        }
        for torsion in &force.child("Torsions")?.children {
            let map = torsion.integer("map")?;
            if before + map >= maps.len() {
                return Err(torsion.invalid(format!("map={map}, but there are {} maps", maps.len() - before)));
            }
            let first = torsion.atoms(["a1", "a2", "a3", "a4"], atoms)?;
            let second = torsion.atoms(["b1", "b2", "b3", "b4"], atoms)?;
            torsions.push(CmapTorsion { map: before + map, first, second });
        }
    }
    // Maps and torsions have been checked, so that this never fails.
    CmapTorsions::new(&maps, &torsions).ok_or_else(|| forces[0].invalid("its maps do not match its torsions"))
}
