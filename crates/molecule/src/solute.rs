//! The molecule of interest, told from the liquid around it.

use crate::{Element, Topology};

/// Indices of the atoms of the solute, ascending: all but water and single atoms without bonds.
///
/// A connected piece is left out if it is a water molecule (one oxygen, two hydrogens bonded to it, and nothing else) or a single
/// atom (a monatomic ion, a noble gas, a massless site), unless one of its atoms is in `chosen`, such as the atoms of the variables:
/// what a variable speaks of is always of interest. If nothing is left, as of an ion pair in vacuum that no variable names, single
/// atoms count; if nothing is left then, as of pure water, all atoms do.
pub fn solute_atoms(topology: &Topology, chosen: &[usize]) -> Vec<usize> {
    let pieces = topology.fragments();
    let count = pieces.iter().max().map_or(0, |last| last + 1);
    let mut atoms_of = vec![Vec::new(); count];
    for (atom, &piece) in pieces.iter().enumerate() {
        atoms_of[piece].push(atom);
    }
    let kept = |is_liquid: &dyn Fn(&[usize]) -> bool| -> Vec<usize> {
        let of_interest = |piece: usize| {
            let atoms = &atoms_of[piece];
            atoms.iter().any(|atom| chosen.contains(atom)) || !is_liquid(atoms)
        };
        let interesting: Vec<bool> = (0..count).map(of_interest).collect();
        (0..topology.atom_count()).filter(|&atom| interesting[pieces[atom]]).collect()
    };
    let water = |atoms: &[usize]| is_water(topology, atoms);
    let without_liquid = kept(&|atoms| atoms.len() == 1 || water(atoms));
    if !without_liquid.is_empty() {
        return without_liquid;
    }
    let without_water = kept(&water);
    if without_water.is_empty() { (0..topology.atom_count()).collect() } else { without_water }
}

/// Fewest atoms by which a structure can be superposed on another uniquely.
const FEWEST_SUPERPOSED: usize = 3;

/// The atoms by which structures are superposed and compared: the heavy ones of the solute ([`solute_atoms`]), or all of the
/// solute where these are fewer than three.
pub fn superposition_atoms(topology: &Topology, chosen: &[usize]) -> Vec<usize> {
    let solute = solute_atoms(topology, chosen);
    let is_heavy = |atom: &&usize| topology.atoms()[**atom].element.is_heavy();
    let heavy: Vec<usize> = solute.iter().filter(is_heavy).copied().collect();
    if heavy.len() < FEWEST_SUPERPOSED { solute } else { heavy }
}

/// Whether a connected piece is one oxygen with two hydrogens.
fn is_water(topology: &Topology, atoms: &[usize]) -> bool {
    let count =
        |element: Element| atoms.iter().filter(|&&atom| topology.atoms()[atom].element == element).count();
    atoms.len() == 3
        && count(Element::OXYGEN) == 1
        && count(Element::HYDROGEN) == 2
        && atoms.iter().any(|&atom| {
            topology.atoms()[atom].element == Element::OXYGEN && topology.neighbours(atom).len() == 2
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Atom, Residue};

    /// Atoms of one residue by their elements, with bonds.
    fn topology(elements: &[Element], bonds: &[[usize; 2]]) -> Topology {
        let atoms = elements.iter().enumerate().map(|(index, &element)| Atom {
            name: format!("X{index}"),
            element,
            residue: 0,
        });
        let residue = Residue {
            name: "ANY".to_owned(),
            id: 1,
            insertion_code: None,
            chain: String::new(),
            atoms: (0..elements.len()).collect(),
        };
        Topology::new(atoms.collect(), vec![residue], bonds.iter().copied()).unwrap()
    }

    const H: Element = Element::HYDROGEN;
    const C: Element = Element::CARBON;
    const O: Element = Element::OXYGEN;

    #[test]
    fn water_and_ions_are_the_liquid_and_methanol_is_not() {
        let sodium = Element::from_symbol("Na").unwrap();
        // Methanol's C–O–H (hydrogens of the carbon left out), water, an ion, water in another order.
        let elements = [C, O, H, O, H, H, sodium, H, O, H];
        let bonds = [[0, 1], [1, 2], [3, 4], [3, 5], [7, 8], [8, 9]];
        let topology = topology(&elements, &bonds);
        assert_eq!(solute_atoms(&topology, &[]), [0, 1, 2]);
        // Two heavy atoms do not say how a structure is turned: the hydrogen counts too, and still no water.
        assert_eq!(superposition_atoms(&topology, &[]), [0, 1, 2]);
        assert_eq!(superposition_atoms(&topology, &[6]), [0, 1, 6]);
        // A variable from the molecule to one water and to the ion.
        assert_eq!(solute_atoms(&topology, &[0, 3, 6]), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn where_there_is_only_liquid_it_is_of_interest() {
        let [sodium, chlorine] = ["Na", "Cl"].map(|symbol| Element::from_symbol(symbol).unwrap());
        let pair_in_water = topology(&[sodium, chlorine, O, H, H], &[[2, 3], [2, 4]]);
        assert_eq!(solute_atoms(&pair_in_water, &[]), [0, 1]);
        assert_eq!(solute_atoms(&topology(&[O, H, H], &[[0, 1], [0, 2]]), &[]), [0, 1, 2]);
        // H–O–H as hydroxide with a hydrogen molecule is not water.
        assert_eq!(solute_atoms(&topology(&[O, H, H], &[[0, 1], [1, 2]]), &[]), [0, 1, 2]);
    }
}
