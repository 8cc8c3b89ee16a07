//! Whether two structures are states of one molecule that a path without broken bonds can join.

use std::cmp::Reverse;

use nalgebra::Vector3;

use crate::bonds::too_long_for_a_bond;
use crate::superposition::superposed_rmsd;
use crate::symmetry::equivalence_classes;
use crate::variables::{CollectiveVariable, Torsion};
use crate::{Cell, Element, MoleculeError, Structure, Topology};

/// Two states whose atoms deviate by less than this after superposition are one, nm.
pub const EQUAL_STATES_RMSD_NM: f64 = 1e-4;

/// How many atoms an error names.
const ATOMS_NAMED: usize = 3;

/// Lengths up to which a bond between these elements is stiff: a double, aromatic or amide bond, nm.
/// (Amide C–N 0.133, aniline C–N 0.140, aromatic C–C 0.140; single bonds between sp² carbons 0.146 and more,
/// C–N of amines 0.147, hydrazine 0.145; Allen et al., J. Chem. Soc. Perkin Trans. 2, 1987, S1.)
const STIFF_BONDS: [(Element, Element, f64); 3] = [
    (Element::CARBON, Element::CARBON, 0.143),
    (Element::CARBON, Element::NITROGEN, 0.1385),
    (Element::NITROGEN, Element::NITROGEN, 0.131),
];

/// Angles beyond this belong to triple bonds and cumulenes, radian (150°; double bonds have about 120°).
const STRAIGHT_RAD: f64 = 150.0 / 180.0 * std::f64::consts::PI;

/// Checks that two structures have the topology's atoms in its order, the same chirality at every stereocentre, and
/// the same side (cis or trans) about every stiff bond that no variable turns (`turned_bonds`, in any order).
///
/// Stereocentres are atoms with four neighbours, and sulfur or phosphorus with three, all of distinct
/// [`equivalence_classes`]; the sign of the volume that the neighbours span is compared. Stiff bonds are double,
/// aromatic and amide bonds, told by their length in both structures, whose ends have distinguishable substituents that
/// do not lie on the bond's own line (triple bonds and the middle of cumulenes have no cis and trans); their torsions
/// may differ by at most 90°. Rotamers about single bonds are not compared.
///
/// # Errors
/// The first difference, with the name of the atom or bond.
pub fn compare_states(
    topology: &Topology,
    start: &Structure,
    end: &Structure,
    turned_bonds: &[[usize; 2]],
) -> Result<(), MoleculeError> {
    same_molecule(topology, start, None, "start")?;
    same_molecule(topology, end, None, "end")?;
    let classes = equivalence_classes(topology);
    same_chirality(topology, &classes, start.positions(), end.positions())?;
    same_side(topology, &classes, start.positions(), end.positions(), turned_bonds)
}

/// RMSD of all atoms of two states after superposition, nm. Hydrogens count: two states may differ in them alone, such as the
/// rotamers of a hydroxyl group. Whether the *variables* tell the states apart is another question, which the variables answer.
///
/// # Errors
/// It is below [`EQUAL_STATES_RMSD_NM`], or the structures cannot be superposed.
pub fn distinct_states(
    topology: &Topology,
    start: &Structure,
    end: &Structure,
) -> Result<f64, MoleculeError> {
    let atoms: Vec<usize> = (0..topology.atom_count()).collect();
    let rmsd_nm = superposed_rmsd(start.positions(), end.positions(), &atoms)?;
    if rmsd_nm < EQUAL_STATES_RMSD_NM { Err(MoleculeError::StatesEqual { rmsd_nm }) } else { Ok(rmsd_nm) }
}

/// Checks that a structure has the topology's atoms in its order: names, elements, residues' names and bounds.
/// Numbers of residues and names of chains may differ. `state` names the structure in the error.
///
/// Of a file without names (XYZ) the elements are compared, and that atoms which the topology bonds lie as near to each other as
/// bonded ones can: an exchange of atoms of one element would else go unseen. Bonds may cross the boundary of a `cell`.
///
/// # Errors
/// The first atoms that differ.
pub fn same_molecule(
    topology: &Topology,
    structure: &Structure,
    cell: Option<&Cell>,
    state: &str,
) -> Result<(), MoleculeError> {
    let other = structure.topology();
    let differs = |difference| MoleculeError::DifferentMolecule { state: state.into(), difference };
    if topology.atom_count() != other.atom_count() {
        let (expected, found) = (topology.atom_count(), other.atom_count());
        return Err(differs(format!("it has {found} atoms, but the topology has {expected}")));
    }
    let unnamed = other.is_unnamed();
    let same = |index: usize| {
        let (expected, found) = (&topology.atoms()[index], &other.atoms()[index]);
        let same_residue = expected.residue == found.residue
            && topology.residue_of(index).name == other.residue_of(index).name;
        expected.element == found.element && (unnamed || expected.name == found.name && same_residue)
    };
    let wrong: Vec<usize> = (0..topology.atom_count()).filter(|&index| !same(index)).collect();
    if !wrong.is_empty() {
        let words = |&index: &usize| {
            format!(
                "atom {index} is {} ({}), but the topology has {} ({}) there",
                other.label(index),
                other.atoms()[index].element,
                topology.label(index),
                topology.atoms()[index].element
            )
        };
        let mut difference = wrong.iter().take(ATOMS_NAMED).map(words).collect::<Vec<_>>().join("; ");
        if wrong.len() > ATOMS_NAMED {
            difference.push_str(&format!("; and {} more", wrong.len() - ATOMS_NAMED));
        }
        return Err(differs(difference));
    }
    let torn = topology.bonds().iter().find(|[i, j]| {
        let elements = [*i, *j].map(|atom| topology.atoms()[atom].element);
        let arm = [0, 1, 2].map(|axis| structure.positions()[*j][axis] - structure.positions()[*i][axis]);
        let arm = cell.map_or(arm, |cell| cell.nearest_image(arm));
        unnamed && too_long_for_a_bond(elements, [[0.0; 3], arm])
    });
    match torn {
        Some(&[i, j]) => {
            let (first, second) = (topology.label(i), topology.label(j));
            Err(differs(format!(
                "its file has no names, and by their order atoms {i} and {j} are {first} and {second}, which are bonded; \
                 they lie too far apart for that"
            )))
        }
        None => Ok(()),
    }
}

fn same_chirality(
    topology: &Topology,
    classes: &[usize],
    start: &[[f64; 3]],
    end: &[[f64; 3]],
) -> Result<(), MoleculeError> {
    for centre in 0..topology.atom_count() {
        let around = topology.neighbours(centre);
        let element = topology.atoms()[centre].element;
        let pyramidal = around.len() == 3 && [Element::SULFUR, Element::PHOSPHORUS].contains(&element);
        if !(around.len() == 4 || pyramidal) || !all_distinct(around, classes) {
            continue;
        }
        // The fourth neighbour, or the centre itself where it is the tip of a pyramid, is the origin.
        let origin = around.get(3).copied().unwrap_or(centre);
        let volume = |positions: &[[f64; 3]]| {
            let arm = |atom: usize| Vector3::from(positions[atom]) - Vector3::from(positions[origin]);
            arm(around[0]).cross(&arm(around[1])).dot(&arm(around[2]))
        };
        if volume(start) * volume(end) < 0.0 {
            return Err(MoleculeError::Chirality { atom: topology.label(centre) });
        }
    }
    Ok(())
}

fn same_side(
    topology: &Topology,
    classes: &[usize],
    start: &[[f64; 3]],
    end: &[[f64; 3]],
    turned_bonds: &[[usize; 2]],
) -> Result<(), MoleculeError> {
    for &[j, k] in topology.bonds() {
        let turned = turned_bonds.iter().any(|&[a, b]| [a.min(b), a.max(b)] == [j, k]);
        if turned || !is_stiff(topology, [j, k], start) || !is_stiff(topology, [j, k], end) {
            continue;
        }
        let (Some(i), Some(l)) = (marker(topology, classes, j, k), marker(topology, classes, k, j)) else {
            continue;
        };
        let linear =
            |positions: &[[f64; 3]]| is_straight(positions, [i, j, k]) || is_straight(positions, [j, k, l]);
        if i == l || linear(start) || linear(end) {
            continue;
        }
        let torsion = Torsion::new([i, j, k, l], topology.atom_count())?;
        let (before, after) = (torsion.value(start), torsion.value(end));
        if (after - before).cos() < 0.0 {
            let side = |angle: f64| {
                // Adding zero turns -0 into 0.
                format!(
                    "{} ({:.0}°)",
                    if angle.cos() > 0.0 { "cis" } else { "trans" },
                    angle.to_degrees().round() + 0.0
                )
            };
            return Err(MoleculeError::CisTrans {
                bond: [j, k].map(|atom| topology.label(atom)).join(" – "),
                atoms: [i, j, k, l].map(|atom| topology.label(atom)).join(", "),
                start: side(before),
                end: side(after),
            });
        }
    }
    Ok(())
}

/// The substituent by which the side of a bond's end is told: none where the end has no substituent, or two alike.
fn marker(topology: &Topology, classes: &[usize], end: usize, other_end: usize) -> Option<usize> {
    let others: Vec<usize> =
        topology.neighbours(end).iter().copied().filter(|&atom| atom != other_end).collect();
    let told = (1..=2).contains(&others.len()) && all_distinct(&others, classes);
    let heavy = |atom: usize| topology.atoms()[atom].element.is_heavy();
    // The main chain: heavy atoms, then those with more heavy neighbours (the alpha carbon of a proline, not its delta
    // carbon), then carbon (not the oxygen of an amide), then the order of the topology.
    others.into_iter().filter(|_| told).min_by_key(|&atom| {
        let branches = topology.neighbours(atom).iter().filter(|&&other| heavy(other)).count();
        let carbon = topology.atoms()[atom].element == Element::CARBON;
        (!heavy(atom), Reverse(branches), !carbon, atom)
    })
}

/// Whether three atoms lie nearly on a line, so that a torsion about two of them says nothing.
fn is_straight(positions: &[[f64; 3]], [i, j, k]: [usize; 3]) -> bool {
    let arm = |atom: usize| Vector3::from(positions[atom]) - Vector3::from(positions[j]);
    arm(i).angle(&arm(k)) > STRAIGHT_RAD
}

fn is_stiff(topology: &Topology, bond: [usize; 2], positions: &[[f64; 3]]) -> bool {
    let mut elements = bond.map(|atom| topology.atoms()[atom].element);
    elements.sort_unstable();
    let length = (Vector3::from(positions[bond[0]]) - Vector3::from(positions[bond[1]])).norm();
    STIFF_BONDS.iter().any(|&(a, b, longest)| elements == [a, b] && length <= longest)
}

fn all_distinct(atoms: &[usize], classes: &[usize]) -> bool {
    atoms
        .iter()
        .enumerate()
        .all(|(slot, &atom)| atoms[..slot].iter().all(|&other| classes[other] != classes[atom]))
}
