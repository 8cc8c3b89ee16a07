//! Labellings of equivalent atoms, and the root-mean-square distance that does not depend on them.
//!
//! The two methyl groups of a valine, the two sides of a phenylalanine's ring or the hydrogens of a methyl group are told
//! apart by their names only. Two structures in which such names are exchanged are one structure to nature; a distance that
//! compares atom by atom says otherwise. The exchanges are automorphisms of the bond graph, and the distance here is the
//! smallest over all that are found. A labelling serves for comparing structures only; nothing is moved or renamed.

use crate::superposition::{rmsd, superposed, superposed_rmsd};
use crate::symmetry::equivalence_classes;
use crate::{MoleculeError, Topology};

/// Steps after which the search for one exchange is given up.
const SEARCH_STEPS: usize = 20_000;
/// Labellings of one group of atoms that are tried at most; beyond, the best is looked for by exchanges from the best yet.
const LABELLINGS_OF_A_GROUP: usize = 1000;
/// Labellings of the whole molecule up to which all are tried.
const LABELLINGS_TRIED_TOGETHER: usize = 256;
/// Rounds over all groups.
const ROUNDS: usize = 10;
/// A labelling is better only if it lowers the distance by more than this, nm, so that rounding decides nothing.
const IMPROVEMENT_NM: f64 = 1e-9;

/// A permutation of atoms: atom `i` is compared with atom `permutation[i]`.
type Permutation = Vec<usize>;

/// The labellings of a molecule's equivalent atoms.
#[derive(Clone, Debug)]
pub struct Labellings {
    /// Atoms that are compared.
    atoms: Vec<usize>,
    /// Independent groups of atoms, each with its labellings as pairs (atom, stands for); the first has no pairs.
    groups: Vec<Vec<Vec<[usize; 2]>>>,
}

/// Two structures compared under the best labelling.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Distance under the best labelling, after superposition, nm.
    pub rmsd_nm: f64,
    /// Distance atom by atom, after superposition, nm.
    pub as_labelled_rmsd_nm: f64,
    /// Atoms of the first structure that stand for others of the second, as pairs (atom, stands for), ascending.
    pub exchanged: Vec<[usize; 2]>,
}

impl Labellings {
    /// Finds the labellings of a molecule that exchange any of the given atoms (usually the heavy ones) and none of those that
    /// `variables` tell apart: the atoms of each variable, in its order, keep their places or change them from end to end, which
    /// changes no torsion, angle or distance. Two states that differ in a variable are not one state under another name.
    pub fn new(topology: &Topology, atoms: &[usize], variables: &[&[usize]]) -> Self {
        let classes = equivalence_classes(topology);
        let mut compared = vec![false; topology.atom_count()];
        atoms.iter().for_each(|&atom| compared[atom] = true);
        let mut exchanges: Vec<Vec<[usize; 2]>> = Vec::new();
        for [a, b, centre] in candidate_pairs(topology, &classes) {
            if !compared[a] && !compared[b] {
                continue;
            }
            let Some(permutation) = exchange(topology, &classes, a, b, centre) else { continue };
            if !variables.iter().all(|variable| keeps(&permutation, variable)) {
                continue;
            }
            // What it does to the atoms that are compared is all that matters.
            let moved: Vec<[usize; 2]> =
                moved_atoms(&permutation).filter(|[atom, _]| compared[*atom]).collect();
            let among_compared = moved.iter().all(|[_, image]| compared[*image]);
            if !moved.is_empty() && among_compared && !exchanges.contains(&moved) {
                exchanges.push(moved);
            }
        }
        let groups = independent(exchanges, topology.atom_count());
        Self { atoms: atoms.to_vec(), groups }
    }

    /// Whether the atoms have one labelling only.
    pub fn is_unique(&self) -> bool {
        self.groups.is_empty()
    }

    /// Compares two structures under the labelling that brings them nearest.
    ///
    /// # Errors
    /// As [`superposed_rmsd`].
    pub fn compare(&self, a: &[[f64; 3]], b: &[[f64; 3]]) -> Result<Comparison, MoleculeError> {
        let as_labelled_rmsd_nm = superposed_rmsd(a, b, &self.atoms)?;
        let mut chosen = vec![0; self.groups.len()];
        let mut best = as_labelled_rmsd_nm;
        let try_labelling = |labelling: &[usize], best: &mut f64| {
            let distance = self.distance(a, b, labelling)?;
            let better = distance < *best - IMPROVEMENT_NM;
            if better {
                *best = distance;
            }
            Ok::<bool, MoleculeError>(better)
        };
        let together: usize = self.groups.iter().map(Vec::len).fold(1, usize::saturating_mul);
        if together <= LABELLINGS_TRIED_TOGETHER {
            for number in 1..together {
                let mut rest = number;
                let labelling: Vec<usize> = (self.groups.iter())
                    .map(|group| {
                        let index = rest % group.len();
                        rest /= group.len();
                        index
                    })
                    .collect();
                if try_labelling(&labelling, &mut best)? {
                    chosen = labelling;
                }
            }
        } else {
            for _ in 0..ROUNDS {
                let before = best;
                for group in 0..self.groups.len() {
                    for index in 0..self.groups[group].len() {
                        let mut labelling = chosen.clone();
                        labelling[group] = index;
                        if try_labelling(&labelling, &mut best)? {
                            chosen = labelling;
                        }
                    }
                }
                if best >= before {
                    break;
                }
            }
        }
        let mut exchanged: Vec<[usize; 2]> = self.pairs(&chosen).collect();
        exchanged.sort_unstable();
        Ok(Comparison { rmsd_nm: best, as_labelled_rmsd_nm, exchanged })
    }

    fn pairs<'a>(&'a self, labelling: &'a [usize]) -> impl Iterator<Item = [usize; 2]> + 'a {
        self.groups.iter().zip(labelling).flat_map(|(group, &index)| group[index].iter().copied())
    }

    /// Distance under one labelling, nm.
    fn distance(&self, a: &[[f64; 3]], b: &[[f64; 3]], labelling: &[usize]) -> Result<f64, MoleculeError> {
        let mut relabelled = b.to_vec();
        for [atom, other] in self.pairs(labelling) {
            relabelled[atom] = b[other];
        }
        rmsd(&superposed(a, &relabelled, &self.atoms)?, &relabelled, &self.atoms)
    }
}

/// Pairs of atoms that may be exchanged, with the atom that stays between them: equivalent neighbours of one atom; and, as
/// `[a, b, b]`, bonded equivalent atoms, the two halves of a symmetric molecule.
fn candidate_pairs(topology: &Topology, classes: &[usize]) -> Vec<[usize; 3]> {
    let mut pairs = Vec::new();
    for centre in 0..topology.atom_count() {
        let around = topology.neighbours(centre);
        for (slot, &a) in around.iter().enumerate() {
            pairs.extend(
                around[slot + 1..].iter().filter(|&&b| classes[a] == classes[b]).map(|&b| [a, b, centre]),
            );
        }
        pairs.extend(
            around.iter().filter(|&&b| b > centre && classes[b] == classes[centre]).map(|&b| [centre, b, b]),
        );
    }
    pairs
}

/// An automorphism of the bond graph that exchanges `a` and `b`, keeps `centre` (if it is neither) and moves nothing that
/// is not joined to `a` or `b` without it.
fn exchange(
    topology: &Topology,
    classes: &[usize],
    a: usize,
    b: usize,
    centre: usize,
) -> Option<Permutation> {
    let kept = (centre != a && centre != b).then_some(centre);
    let count = topology.atom_count();
    let mut may_move = vec![false; count];
    let mut stack = vec![a, b];
    while let Some(atom) = stack.pop() {
        if Some(atom) != kept && !may_move[atom] {
            may_move[atom] = true;
            stack.extend(topology.neighbours(atom));
        }
    }
    let mut search = Search {
        topology,
        classes,
        may_move,
        image: vec![usize::MAX; count],
        taken: vec![false; count],
        steps: 0,
    };
    for atom in 0..count {
        if !search.may_move[atom] {
            search.place(atom, atom);
        }
    }
    search.place(a, b);
    search.place(b, a);
    (search.fits(a) && search.fits(b) && search.complete()).then_some(search.image)
}

/// A backtracking search for an automorphism.
struct Search<'a> {
    topology: &'a Topology,
    classes: &'a [usize],
    may_move: Vec<bool>,
    /// Image of every atom; `usize::MAX` where there is none yet.
    image: Vec<usize>,
    taken: Vec<bool>,
    steps: usize,
}

impl Search<'_> {
    fn place(&mut self, atom: usize, image: usize) {
        self.image[atom] = image;
        self.taken[image] = true;
    }

    fn is_placed(&self, atom: usize) -> bool {
        self.image[atom] != usize::MAX
    }

    /// Whether the bonds of a placed atom to placed atoms are bonds of its image, and no others.
    fn fits(&self, atom: usize) -> bool {
        let image = self.image[atom];
        let bonds = self.topology.neighbours(image);
        let mine = self.topology.neighbours(atom);
        mine.len() == bonds.len()
            && mine
                .iter()
                .filter(|&&other| self.is_placed(other))
                .all(|&other| bonds.contains(&self.image[other]))
    }

    /// Places the atoms that have none yet, those beside placed ones first.
    fn complete(&mut self) -> bool {
        self.steps += 1;
        if self.steps > SEARCH_STEPS {
            return false;
        }
        let open = |atom: &usize| self.may_move[*atom] && !self.is_placed(*atom);
        let beside_moved =
            (0..self.image.len()).filter(|&atom| self.may_move[atom] && self.is_placed(atom)).find_map(
                |atom| self.topology.neighbours(atom).iter().copied().find(open).map(|next| (atom, next)),
            );
        let Some((placed, atom)) = beside_moved else {
            return (0..self.image.len()).all(|atom| self.is_placed(atom));
        };
        let candidates: Vec<usize> = self.topology.neighbours(self.image[placed]).to_vec();
        for candidate in candidates {
            let possible = self.may_move[candidate]
                && !self.taken[candidate]
                && self.classes[candidate] == self.classes[atom];
            if !possible {
                continue;
            }
            self.place(atom, candidate);
            if self.fits(atom) && self.complete() {
                return true;
            }
            self.image[atom] = usize::MAX;
            self.taken[candidate] = false;
        }
        false
    }
}

fn moved_atoms(permutation: &[usize]) -> impl Iterator<Item = [usize; 2]> + '_ {
    permutation.iter().enumerate().filter(|(atom, image)| atom != *image).map(|(atom, &image)| [atom, image])
}

/// Gathers exchanges that share atoms into groups, and composes all labellings of each.
fn independent(exchanges: Vec<Vec<[usize; 2]>>, atoms: usize) -> Vec<Vec<Vec<[usize; 2]>>> {
    let mut group_of: Vec<Option<usize>> = vec![None; atoms];
    let mut groups: Vec<Vec<Vec<[usize; 2]>>> = Vec::new();
    for exchange in exchanges {
        let mut joined: Vec<usize> = exchange.iter().filter_map(|[atom, _]| group_of[*atom]).collect();
        joined.sort_unstable();
        joined.dedup();
        let target = joined.first().copied().unwrap_or_else(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        for &other in joined.iter().skip(1) {
            let members = std::mem::take(&mut groups[other]);
            groups[target].extend(members);
        }
        for group in group_of.iter_mut().flatten().filter(|group| joined.contains(group)) {
            *group = target;
        }
        exchange.iter().for_each(|[atom, _]| group_of[*atom] = Some(target));
        groups[target].push(exchange);
    }
    groups.into_iter().filter(|group| !group.is_empty()).map(|group| composed(&group)).collect()
}

/// All products of some exchanges, the identity first.
fn composed(exchanges: &[Vec<[usize; 2]>]) -> Vec<Vec<[usize; 2]>> {
    let mut support: Vec<usize> = exchanges.iter().flatten().map(|[atom, _]| *atom).collect();
    support.sort_unstable();
    support.dedup();
    let place = |atom: usize| support.binary_search(&atom).unwrap_or(0);
    let generators: Vec<Permutation> = exchanges
        .iter()
        .map(|exchange| {
            let mut permutation: Permutation = (0..support.len()).collect();
            exchange.iter().for_each(|[atom, image]| permutation[place(*atom)] = place(*image));
            permutation
        })
        .collect();
    let mut found: Vec<Permutation> = vec![(0..support.len()).collect()];
    let mut next = 0;
    while next < found.len() && found.len() < LABELLINGS_OF_A_GROUP {
        for generator in &generators {
            let product: Permutation = found[next].iter().map(|&image| generator[image]).collect();
            if !found.contains(&product) {
                found.push(product);
            }
        }
        next += 1;
    }
    let pairs = |permutation: &Permutation| {
        moved_atoms(permutation).map(|[atom, image]| [support[atom], support[image]]).collect()
    };
    found.iter().map(pairs).collect()
}

/// Whether a variable of these atoms has the same value after a permutation, whatever the positions.
fn keeps(permutation: &Permutation, variable: &[usize]) -> bool {
    let images = || variable.iter().map(|&atom| permutation[atom]);
    images().eq(variable.iter().copied()) || images().eq(variable.iter().rev().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Atom, Element, Residue};

    fn molecule(symbols: &[&str], bonds: &[[usize; 2]]) -> Topology {
        let atom = |symbol: &&str| Atom {
            name: (*symbol).into(),
            element: Element::from_symbol(symbol).unwrap(),
            residue: 0,
        };
        let residue =
            Residue { name: "MOL".into(), id: 1, atoms: (0..symbols.len()).collect(), ..Residue::default() };
        Topology::new(symbols.iter().map(atom).collect(), vec![residue], bonds.iter().copied()).unwrap()
    }

    /// Numbers in [-1, 1) that look random (a multiplicative congruential generator).
    fn positions(atoms: usize, seed: &mut u64) -> Vec<[f64; 3]> {
        let mut next = || {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*seed >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
        };
        (0..atoms).map(|_| [next(), next(), next()]).collect()
    }

    /// Every permutation of the atoms that keeps elements and bonds.
    fn automorphisms(topology: &Topology) -> Vec<Vec<usize>> {
        let count = topology.atom_count();
        let mut found = Vec::new();
        let mut permutations = vec![vec![]];
        for _ in 0..count {
            permutations = permutations
                .iter()
                .flat_map(|start: &Vec<usize>| {
                    (0..count)
                        .filter(|atom| !start.contains(atom))
                        .map(|atom| [start.as_slice(), &[atom]].concat())
                })
                .collect();
        }
        for permutation in permutations {
            let keeps_elements = (0..count)
                .all(|atom| topology.atoms()[atom].element == topology.atoms()[permutation[atom]].element);
            let keeps_bonds = topology
                .bonds()
                .iter()
                .all(|&[i, j]| topology.neighbours(permutation[i]).contains(&permutation[j]));
            if keeps_elements && keeps_bonds {
                found.push(permutation);
            }
        }
        found
    }

    #[test]
    fn the_least_distance_is_that_of_an_enumeration() {
        let ring: Vec<[usize; 2]> = (0..6).map(|atom| [atom, (atom + 1) % 6]).collect();
        for (name, topology, count) in [
            ("cyclohexane", molecule(&["C"; 6], &ring), 12),
            ("neopentane", molecule(&["C"; 5], &[[0, 1], [0, 2], [0, 3], [0, 4]]), 24),
            ("isobutane", molecule(&["C"; 4], &[[0, 1], [0, 2], [0, 3]]), 6),
            ("pentane", molecule(&["C"; 5], &[[0, 1], [1, 2], [2, 3], [3, 4]]), 2),
            ("hydrogen peroxide", molecule(&["H", "O", "O", "H"], &[[0, 1], [1, 2], [2, 3]]), 2),
            ("two hydroxyls", molecule(&["O", "H", "O", "H"], &[[0, 1], [2, 3]]), 2),
            (
                "methanol",
                molecule(&["C", "H", "H", "H", "O", "H"], &[[0, 1], [0, 2], [0, 3], [0, 4], [4, 5]]),
                6,
            ),
        ] {
            let atoms: Vec<usize> = (0..topology.atom_count()).collect();
            let all = automorphisms(&topology);
            assert_eq!(all.len(), count, "{name}");
            let labellings = Labellings::new(&topology, &atoms, &[]);
            let mut seed = 7;
            for _ in 0..10 {
                let (a, b) = (positions(atoms.len(), &mut seed), positions(atoms.len(), &mut seed));
                let relabelled = |permutation: &Vec<usize>| -> Vec<[f64; 3]> {
                    permutation.iter().map(|&atom| b[atom]).collect()
                };
                let least = all
                    .iter()
                    .map(|permutation| superposed_rmsd(&a, &relabelled(permutation), &atoms).unwrap())
                    .fold(f64::INFINITY, f64::min);
                let found = labellings.compare(&a, &b).unwrap();
                if name == "two hydroxyls" {
                    // Molecules are not exchanged for each other: only labels within one are.
                    assert!(found.exchanged.is_empty() && found.rmsd_nm >= least);
                } else {
                    assert!(
                        (found.rmsd_nm - least).abs() < 1e-9,
                        "{name}: {} against {least}",
                        found.rmsd_nm
                    );
                }
            }
        }
    }

    #[test]
    fn a_turned_ring_is_the_same_ring() {
        // Toluene's carbons with the hydrogens beside the methyl group: CG, CD1, CD2, CE1, CE2, CZ, CB, HD1, HD2.
        let topology = molecule(
            &["C", "C", "C", "C", "C", "C", "C", "H", "H"],
            &[[0, 1], [0, 2], [1, 3], [2, 4], [3, 5], [4, 5], [0, 6], [1, 7], [2, 8]],
        );
        let heavy: Vec<usize> = (0..7).collect();
        let labellings = Labellings::new(&topology, &heavy, &[]);
        let mut seed = 3;
        let a = positions(9, &mut seed);
        let flipped: Vec<[f64; 3]> =
            [0, 2, 1, 4, 3, 5, 6, 8, 7].iter().map(|&atom: &usize| a[atom]).collect();
        let found = labellings.compare(&a, &flipped).unwrap();
        assert!(found.rmsd_nm < 1e-9 && found.as_labelled_rmsd_nm > 0.1);
        assert_eq!(found.exchanged, [[1, 2], [2, 1], [3, 4], [4, 3]]);
        // A torsion of CD1 tells the sides apart, one of all the ring's axis does not, whichever way it is written.
        let same = |variable: &[usize]| !Labellings::new(&topology, &heavy, &[variable]).is_unique();
        assert!(!same(&[6, 0, 1, 3]) && same(&[6, 0, 5]) && same(&[1, 2]) && same(&[0, 6]));
        // A methyl group in the place of one hydrogen makes the sides different.
        let unlike = molecule(
            &["C", "C", "C", "C", "C", "C", "C", "O", "H"],
            &[[0, 1], [0, 2], [1, 3], [2, 4], [3, 5], [4, 5], [0, 6], [1, 7], [2, 8]],
        );
        assert!(Labellings::new(&unlike, &heavy, &[]).is_unique());
    }

    #[test]
    fn large_groups_are_descended() {
        // Twelve neopentyl-like stars on a chain of distinct length: more labellings than are tried together.
        let mut bonds = Vec::new();
        let mut symbols = Vec::new();
        for unit in 0..12 {
            let base = 4 * unit;
            symbols.extend(["C", "O", "O", if unit == 0 { "N" } else { "C" }]);
            bonds.extend([[base, base + 1], [base, base + 2], [base, base + 3]]);
            if unit > 0 {
                bonds.push([base - 1, base]);
            }
        }
        let topology = molecule(&symbols, &bonds);
        let atoms: Vec<usize> = (0..symbols.len()).collect();
        let labellings = Labellings::new(&topology, &atoms, &[]);
        let mut seed = 11;
        let a = positions(symbols.len(), &mut seed);
        let mut b = a.clone();
        (0..12).step_by(2).for_each(|unit| b.swap(4 * unit + 1, 4 * unit + 2));
        let found = labellings.compare(&a, &b).unwrap();
        assert!(found.rmsd_nm < 1e-9, "{found:?}");
        assert_eq!(found.exchanged.len(), 12);
    }
}
