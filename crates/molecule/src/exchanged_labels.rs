//! Equal atoms whose names are exchanged between two structures of one molecule.

use nalgebra::Vector3;

use crate::labellings::Labellings;
use crate::symmetry::equivalence_classes;
use crate::{MoleculeError, Topology};

/// A centre is flat, and has no hand, where its unit bond vectors span less than this volume (0.77 in a tetrahedron).
const FLAT_VOLUME: f64 = 0.2;
/// Exchanges that bring two structures nearer by less than this are not worth a word, nm.
const NOTICEABLE_NM: f64 = 1e-3;

/// Equal atoms that one structure has exchanged against the other.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangedLabels {
    /// Groups of atoms that bonds and elements do not tell apart, exchanged in a way that no motion without broken bonds
    /// makes: the methyl groups of a valine, the hydrogens of a methylene or methyl group.
    pub prochiral: Vec<Vec<usize>>,
    /// Atoms that stand nearer to each other's places, which a rotation may bring about: the sides of a phenylalanine's
    /// ring, the oxygens of a carboxylate.
    pub turned: Vec<usize>,
    /// Distance of the given atoms under the best labelling, nm.
    pub rmsd_nm: f64,
    /// Distance of the given atoms by their names, nm.
    pub as_labelled_rmsd_nm: f64,
}

impl ExchangedLabels {
    /// Compares two structures; `atoms` (usually the heavy ones) enter the distances, and what the atoms of `variables` tell apart is
    /// not exchanged ([`Labellings::new`]).
    ///
    /// # Errors
    /// As [`Labellings::compare`].
    pub fn between(
        topology: &Topology,
        start: &[[f64; 3]],
        end: &[[f64; 3]],
        atoms: &[usize],
        variables: &[&[usize]],
    ) -> Result<Self, MoleculeError> {
        let comparison = Labellings::new(topology, atoms, variables).compare(start, end)?;
        let prochiral = prochiral(topology, start, end);
        let noticeable = comparison.as_labelled_rmsd_nm - comparison.rmsd_nm > NOTICEABLE_NM;
        let turned = comparison
            .exchanged
            .iter()
            .map(|[atom, _]| *atom)
            .filter(|atom| noticeable && !prochiral.iter().flatten().any(|other| other == atom))
            .collect();
        Ok(Self {
            prochiral,
            turned,
            rmsd_nm: comparison.rmsd_nm,
            as_labelled_rmsd_nm: comparison.as_labelled_rmsd_nm,
        })
    }

    /// All atoms that are exchanged.
    pub fn atoms(&self) -> Vec<usize> {
        let mut atoms: Vec<usize> = self.prochiral.iter().flatten().chain(&self.turned).copied().collect();
        atoms.sort_unstable();
        atoms.dedup();
        atoms
    }
}

/// Equivalent neighbours of every centre of four bonds whose hand, told by labels, differs between the structures.
fn prochiral(topology: &Topology, start: &[[f64; 3]], end: &[[f64; 3]]) -> Vec<Vec<usize>> {
    let classes = equivalence_classes(topology);
    let mut groups = Vec::new();
    for centre in 0..topology.atom_count() {
        let around = topology.neighbours(centre);
        if around.len() != 4 {
            continue;
        }
        let alike =
            |atom: &&usize| around.iter().filter(|&&other| classes[other] == classes[**atom]).count() > 1;
        let equal: Vec<usize> = around.iter().filter(alike).copied().collect();
        let hand = |positions: &[[f64; 3]]| {
            let [a, b, c] = [0, 1, 2].map(|slot| {
                (Vector3::from(positions[around[slot]]) - Vector3::from(positions[centre])).normalize()
            });
            a.cross(&b).dot(&c)
        };
        let (before, after) = (hand(start), hand(end));
        if !equal.is_empty() && before.abs().min(after.abs()) > FLAT_VOLUME && before * after < 0.0 {
            groups.push(equal);
        }
    }
    groups
}
