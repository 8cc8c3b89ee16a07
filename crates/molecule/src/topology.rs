//! Atoms, residues and bonds of one molecule, and structures made of them.

use crate::{Element, MoleculeError};

/// Name of the residue that holds the atoms of a file without residues.
pub const UNNAMED_RESIDUE: &str = "MOL";

/// An atom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// Its name within the residue, such as `CA`.
    pub name: String,
    /// Its element.
    pub element: Element,
    /// Index of its residue in [`Topology::residues`].
    pub residue: usize,
}

/// A residue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Residue {
    /// Its name, such as `ALA`.
    pub name: String,
    /// Its number in the file it came from.
    pub id: i64,
    /// The letter after its number (PDB's insertion code), where it has one: residue `52A` follows residue `52`.
    pub insertion_code: Option<char>,
    /// Its chain, or its segment where the file names no chains; empty where it names neither.
    pub chain: String,
    /// Indices of its atoms, ascending.
    pub atoms: Vec<usize>,
}

/// Atoms, residues and bonds, checked against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    atoms: Vec<Atom>,
    residues: Vec<Residue>,
    bonds: Vec<[usize; 2]>,
    neighbours: Vec<Vec<usize>>,
    certain_bonds: bool,
}

impl Residue {
    /// Its number with the insertion code: `52`, `52A`.
    pub fn number(&self) -> String {
        self.insertion_code.map_or_else(|| self.id.to_string(), |code| format!("{}{code}", self.id))
    }
}

impl Topology {
    /// Puts a topology together; bonds may come in any order and more than once.
    ///
    /// # Errors
    /// No atoms, an atom in no or several residues, a bond outside the molecule or of an atom with itself.
    pub fn new(
        atoms: Vec<Atom>,
        residues: Vec<Residue>,
        bonds: impl IntoIterator<Item = [usize; 2]>,
    ) -> Result<Self, MoleculeError> {
        if atoms.is_empty() {
            return Err(MoleculeError::Topology("it has no atoms".into()));
        }
        let mut owner = vec![None; atoms.len()];
        for (index, residue) in residues.iter().enumerate() {
            if !residue.atoms.is_sorted_by(|a, b| a < b) {
                let text =
                    format!("the atoms of residue {} {} are not ascending", residue.name, residue.number());
                return Err(MoleculeError::Topology(text));
            }
            for &atom in &residue.atoms {
                match owner.get_mut(atom) {
                    Some(slot @ None) => *slot = Some(index),
                    Some(Some(_)) => {
                        let text = format!("atom {atom} ({}) is in two residues", atoms[atom].name);
                        return Err(MoleculeError::Topology(text));
                    }
                    None => return Err(MoleculeError::AtomOutside { index: atom, atoms: atoms.len() }),
                }
            }
        }
        for (index, (atom, owner)) in atoms.iter().zip(&owner).enumerate() {
            if *owner != Some(atom.residue) {
                let text = format!("atom {index} ({}) is not listed by its residue", atom.name);
                return Err(MoleculeError::Topology(text));
            }
        }
        let mut sorted: Vec<[usize; 2]> = Vec::new();
        for [i, j] in bonds {
            if i.max(j) >= atoms.len() {
                return Err(MoleculeError::AtomOutside { index: i.max(j), atoms: atoms.len() });
            }
            if i == j {
                return Err(MoleculeError::Topology(format!(
                    "atom {i} ({}) is bonded to itself",
                    atoms[i].name
                )));
            }
            sorted.push([i.min(j), i.max(j)]);
        }
        sorted.sort_unstable();
        sorted.dedup();
        let mut neighbours = vec![Vec::new(); atoms.len()];
        for &[i, j] in &sorted {
            neighbours[i].push(j);
            neighbours[j].push(i);
        }
        neighbours.iter_mut().for_each(|list| list.sort_unstable());
        Ok(Self { atoms, residues, bonds: sorted, neighbours, certain_bonds: false })
    }

    /// The same with bonds that hold for sure, those of metals too: they are those of a force field.
    #[must_use]
    pub fn with_certain_bonds(self) -> Self {
        Self { certain_bonds: true, ..self }
    }

    /// Whether all bonds hold for sure. Else those of metals may be guesses from a distance, or contacts that a file lists.
    pub fn has_certain_bonds(&self) -> bool {
        self.certain_bonds
    }

    /// All atoms, in the order of every array of positions.
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// Number of atoms.
    pub fn atom_count(&self) -> usize {
        self.atoms.len()
    }

    /// All residues, in the order of their first atoms.
    pub fn residues(&self) -> &[Residue] {
        &self.residues
    }

    /// The residue of an atom.
    ///
    /// # Panics
    /// If there is no such atom.
    pub fn residue_of(&self, atom: usize) -> &Residue {
        &self.residues[self.atoms[atom].residue]
    }

    /// All bonds as pairs of atoms, the smaller index first, ascending, each once.
    pub fn bonds(&self) -> &[[usize; 2]] {
        &self.bonds
    }

    /// The atoms bonded to one atom, ascending.
    ///
    /// # Panics
    /// If there is no such atom.
    pub fn neighbours(&self, atom: usize) -> &[usize] {
        &self.neighbours[atom]
    }

    /// Indices of all atoms but hydrogens.
    pub fn heavy_atoms(&self) -> Vec<usize> {
        (0..self.atoms.len()).filter(|&atom| self.atoms[atom].element.is_heavy()).collect()
    }

    /// Standard atomic weights, amu. (A force field may bring its own masses.)
    pub fn standard_masses(&self) -> Vec<f64> {
        self.atoms.iter().map(|atom| atom.element.mass_amu()).collect()
    }

    /// How an atom is written in a selection: `ALA 2 CA`, `ALA 52A CA`, with the chain (`A:ALA 2 CA`) only where it is needed.
    ///
    /// # Panics
    /// If there is no such atom.
    pub fn label(&self, atom: usize) -> String {
        let residue = self.residue_of(atom);
        let short = format!("{} {} {}", residue.name, residue.number(), self.atoms[atom].name);
        let several_chains = self.residues.iter().any(|other| other.chain != residue.chain);
        if several_chains && !residue.chain.is_empty() { format!("{}:{short}", residue.chain) } else { short }
    }

    /// Whether it comes from a file without names (XYZ): one residue called [`UNNAMED_RESIDUE`], atoms called by their
    /// elements.
    pub fn is_unnamed(&self) -> bool {
        self.residues.len() == 1
            && self.residues[0].name == UNNAMED_RESIDUE
            && self.atoms.iter().all(|atom| atom.name == atom.element.symbol())
    }

    /// Number of the connected piece each atom is in, counted from 0 in the order of first atoms.
    pub fn fragments(&self) -> Vec<usize> {
        connected_pieces(&self.neighbours)
    }
}

/// Numbers the connected pieces of a graph given by neighbour lists.
pub(crate) fn connected_pieces(neighbours: &[Vec<usize>]) -> Vec<usize> {
    let mut piece = vec![usize::MAX; neighbours.len()];
    let mut count = 0;
    for start in 0..neighbours.len() {
        if piece[start] != usize::MAX {
            continue;
        }
        let mut stack = vec![start];
        while let Some(atom) = stack.pop() {
            if piece[atom] == usize::MAX {
                piece[atom] = count;
                stack.extend(&neighbours[atom]);
            }
        }
        count += 1;
    }
    piece
}

/// A molecule with positions.
#[derive(Clone, Debug, PartialEq)]
pub struct Structure {
    topology: Topology,
    positions: Vec<[f64; 3]>,
}

impl Structure {
    /// Joins a topology and positions (nm).
    ///
    /// # Errors
    /// A number of positions that is not the number of atoms, or a position that is not finite.
    pub fn new(topology: Topology, positions: Vec<[f64; 3]>) -> Result<Self, MoleculeError> {
        if positions.len() != topology.atom_count() {
            let text = format!("{} atoms have {} positions", topology.atom_count(), positions.len());
            return Err(MoleculeError::Topology(text));
        }
        match positions.iter().position(|position| position.iter().any(|x| !x.is_finite())) {
            Some(atom) => {
                let text = format!("the position of atom {atom} ({}) is not finite", topology.label(atom));
                Err(MoleculeError::Topology(text))
            }
            None => Ok(Self { topology, positions }),
        }
    }

    /// Its atoms, residues and bonds.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// Positions, nm, one per atom.
    pub fn positions(&self) -> &[[f64; 3]] {
        &self.positions
    }

    /// Takes it apart.
    pub fn into_parts(self) -> (Topology, Vec<[f64; 3]>) {
        (self.topology, self.positions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(name: &str, residue: usize) -> Atom {
        Atom { name: name.into(), element: Element::from_atom_name(name, false).unwrap(), residue }
    }

    fn residue(name: &str, id: i64, atoms: Vec<usize>) -> Residue {
        Residue { name: name.into(), id, atoms, ..Residue::default() }
    }

    #[test]
    fn bonds_are_sorted_and_neighbours_follow() {
        let atoms = vec![atom("O", 0), atom("H1", 0), atom("H2", 0), atom("CA", 1)];
        let residues = vec![residue("HOH", 1, vec![0, 1, 2]), residue("ION", 2, vec![3])];
        let topology = Topology::new(atoms, residues, [[2, 0], [0, 1], [0, 2]]).unwrap();
        assert_eq!(topology.bonds(), [[0, 1], [0, 2]]);
        assert_eq!(topology.neighbours(0), [1, 2]);
        assert_eq!(topology.neighbours(3), [0usize; 0]);
        assert_eq!(topology.fragments(), [0, 0, 0, 1]);
        assert_eq!(topology.heavy_atoms(), [0, 3]);
        assert_eq!(topology.label(1), "HOH 1 H1");
    }

    #[test]
    fn inconsistent_topologies_are_refused() {
        let atoms = || vec![atom("C", 0), atom("N", 0)];
        let refused = |residues, bonds: Vec<[usize; 2]>| Topology::new(atoms(), residues, bonds).is_err();
        assert!(!refused(vec![residue("X", 1, vec![0, 1])], vec![[0, 1]]));
        assert!(refused(vec![residue("X", 1, vec![0])], vec![]));
        assert!(refused(vec![residue("X", 1, vec![0, 1]), residue("Y", 2, vec![1])], vec![]));
        assert!(refused(vec![residue("X", 1, vec![0, 2])], vec![]));
        assert!(refused(vec![residue("X", 1, vec![0, 1])], vec![[0, 2]]));
        assert!(refused(vec![residue("X", 1, vec![0, 1])], vec![[1, 1]]));
        assert!(Topology::new(vec![], vec![], []).is_err());
    }

    #[test]
    fn positions_must_be_finite_and_as_many_as_atoms() {
        let topology = Topology::new(vec![atom("C", 0)], vec![residue("X", 1, vec![0])], []).unwrap();
        assert!(Structure::new(topology.clone(), vec![[0.0; 3]]).is_ok());
        assert!(Structure::new(topology.clone(), vec![]).is_err());
        assert!(Structure::new(topology, vec![[0.0, f64::NAN, 0.0]]).is_err());
    }
}
