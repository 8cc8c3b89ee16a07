//! Which atoms of a molecule are alike by their bonds.

use crate::Topology;

/// Class of every atom: atoms of one class cannot be told apart by elements and bonds alone, such as the hydrogens of
/// a methyl group. Classes are numbered from 0.
///
/// Classes begin with the element and are split by the classes of the neighbours until nothing splits any more
/// (Morgan, J. Chem. Doc. 1965, 5, 107; Weisfeiler & Leman 1968). What lies in space, such as the handedness of a
/// neighbouring centre, does not count.
pub fn equivalence_classes(topology: &Topology) -> Vec<usize> {
    let atoms = topology.atom_count();
    let elements: Vec<(usize, Vec<usize>)> =
        topology.atoms().iter().map(|atom| (usize::from(atom.element.atomic_number()), Vec::new())).collect();
    let (mut classes, mut count) = ranks(&elements);
    loop {
        let keys: Vec<(usize, Vec<usize>)> = (0..atoms)
            .map(|atom| {
                let mut around: Vec<usize> =
                    topology.neighbours(atom).iter().map(|&other| classes[other]).collect();
                around.sort_unstable();
                (classes[atom], around)
            })
            .collect();
        let (refined, refined_count) = ranks(&keys);
        if refined_count == count {
            return classes;
        }
        (classes, count) = (refined, refined_count);
    }
}

/// Rank of every key among the distinct keys, and the number of these.
fn ranks(keys: &[(usize, Vec<usize>)]) -> (Vec<usize>, usize) {
    let mut distinct: Vec<&(usize, Vec<usize>)> = keys.iter().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let rank = |key| distinct.partition_point(|other| *other < key);
    (keys.iter().map(rank).collect(), distinct.len())
}
