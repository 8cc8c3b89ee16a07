//! What a structure file states about its atoms, before it is made a molecule.

use std::collections::{HashMap, HashSet};

use geodyssey_molecule::element_clues::Clue;
use geodyssey_molecule::residue_names::ion_element;
use geodyssey_molecule::{Cell, Element, Residue, UNNAMED_RESIDUE};

/// One atom as a file has it.
#[derive(Clone, Debug)]
pub(crate) struct AtomRecord {
    pub(crate) name: String,
    pub(crate) residue_name: String,
    pub(crate) residue_id: i64,
    pub(crate) insertion_code: Option<char>,
    /// Chain, or segment where the file names no chains.
    pub(crate) chain: String,
    /// Whether the file marks it as one of several alternate locations.
    pub(crate) alternate: bool,
    /// Number of chain ends (`TER`) before it.
    pub(crate) chain_ends: usize,
    /// The elements that the file itself allows, apart from the name.
    pub(crate) element: Option<Clue>,
    /// nm
    pub(crate) position: [f64; 3],
}

/// The atoms of a file, its bonds and its periodic cell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    pub(crate) atoms: Vec<AtomRecord>,
    /// Bonds that the file states.
    pub(crate) bonds: Vec<[usize; 2]>,
    /// Whether these are all bonds, so that none need be guessed.
    pub(crate) all_bonds: bool,
    /// Whether the atoms of one residue may stand apart (hydrogens at the end of a PDB file).
    pub(crate) residues_may_stand_apart: bool,
    /// The periodic cell.
    pub(crate) cell: Option<Cell>,
}

/// The element that a file's own symbol means; deuterium and tritium are hydrogen.
pub(crate) fn symbol(text: &str) -> Option<Element> {
    let text = text.trim();
    if ["D", "T"].iter().any(|isotope| text.eq_ignore_ascii_case(isotope)) {
        return Some(Element::HYDROGEN);
    }
    Element::from_symbol(text)
}

impl Records {
    /// Residues in the order of their first atoms.
    ///
    /// Neighbouring atoms with equal chain, number, insertion code and residue name are one residue. Where residues may
    /// stand apart, an atom also joins an earlier residue of the same chain piece with these names that has no atom of
    /// its name yet; elsewhere a number that comes again begins another residue (GRO files whose numbering restarts). Molecules of
    /// one kind that follow each other with one number are told apart by the names of their atoms ([`Records::molecules`]).
    pub(crate) fn residues<'a>(&'a self) -> Vec<Residue> {
        let mut residues: Vec<Residue> = Vec::new();
        let mut latest: HashMap<_, usize> = HashMap::new();
        let mut current: Option<(usize, &AtomRecord)> = None;
        for (index, atom) in self.atoms.iter().enumerate() {
            let place = |atom: &'a AtomRecord| {
                let number = (atom.residue_id, atom.insertion_code);
                (number, atom.residue_name.as_str(), atom.chain.as_str(), atom.chain_ends)
            };
            let continued =
                current.filter(|(_, other)| place(other) == place(atom)).map(|(residue, _)| residue);
            let owner = continued.or_else(|| {
                let earlier = *latest.get(&place(atom)).filter(|_| self.residues_may_stand_apart)?;
                let named = residues[earlier].atoms.iter().any(|&other| self.atoms[other].name == atom.name);
                (!named).then_some(earlier)
            });
            let owner = owner.unwrap_or_else(|| {
                residues.push(Residue {
                    name: atom.residue_name.clone(),
                    id: atom.residue_id,
                    insertion_code: atom.insertion_code,
                    chain: atom.chain.clone(),
                    atoms: Vec::new(),
                });
                residues.len() - 1
            });
            latest.insert(place(atom), owner);
            residues[owner].atoms.push(index);
            current = Some((owner, atom));
        }
        let mut residues: Vec<Residue> =
            residues.into_iter().flat_map(|residue| self.molecules(residue)).collect();
        residues.sort_by_key(|residue| residue.atoms.first().copied());
        residues
    }

    /// The molecules that a residue holds: several where its names are those of one molecule over and over again, as of water or
    /// ions without numbers of their own. (Names that recur otherwise, as a ligand's carbons may all be called `C`, tell nothing, and
    /// neither do the elements that stand for names in XYZ files.)
    fn molecules(&self, residue: Residue) -> Vec<Residue> {
        let name = |&atom: &usize| self.atoms[atom].name.as_str();
        let names: Vec<&str> = residue.atoms.iter().map(name).collect();
        let Some(first) = names.first() else { return vec![residue] };
        let length =
            names.iter().skip(1).position(|name| name == first).map_or(names.len(), |index| index + 1);
        let molecule = &names[..length];
        let is_repeated = length < names.len()
            && residue.name != UNNAMED_RESIDUE
            && names.chunks(length).all(|other| other == molecule)
            && molecule.iter().collect::<HashSet<_>>().len() == length
            && (length > 1 || ion_element(&residue.name, first).is_some())
            && !residue.atoms.iter().any(|&atom| self.atoms[atom].alternate);
        if !is_repeated || self.is_bonded_across(&residue, length) {
            return vec![residue];
        }
        residue
            .atoms
            .chunks(length)
            .map(|atoms| Residue { atoms: atoms.to_vec(), ..residue.clone() })
            .collect()
    }

    /// Whether the file bonds atoms of a residue that lie in different pieces of so many atoms.
    fn is_bonded_across(&self, residue: &Residue, length: usize) -> bool {
        let piece: HashMap<usize, usize> =
            residue.atoms.iter().enumerate().map(|(place, &atom)| (atom, place / length)).collect();
        self.bonds.iter().any(|[i, j]| match (piece.get(i), piece.get(j)) {
            (Some(first), Some(second)) => first != second,
            _ => false,
        })
    }
}
