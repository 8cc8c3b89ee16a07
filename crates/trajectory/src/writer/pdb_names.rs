//! Names and numbers as the columns of a PDB file hold them.
//!
//! What is too long is shortened, and what is too large wraps, as programs of the field do and read: residue names to
//! four letters, atom names to four, chains to one (the full name goes to the segment, columns 73–76), residue numbers
//! modulo 10 000. (Hybrid-36 residue numbers would keep their value, but MDAnalysis reads each of them as 1.)

use std::collections::{BTreeMap, HashMap, HashSet};

use geodyssey_molecule::Topology;

/// Letters of a residue or atom name.
const NAME_WIDTH: usize = 4;
/// Residue numbers wrap at this.
const WRAP: i64 = 10_000;
/// What fits four columns, the sign included.
const FITTING_NUMBERS: std::ops::RangeInclusive<i64> = -999..=9999;
/// One-letter chains, in the order in which they are given out.
const CHAIN_LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// An atom that is written under another name than the topology's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenamedAtom {
    /// Index, from 0.
    pub atom: usize,
    /// As the topology has it: `LIGAND 12345 C1`, with the chain where it has one (`AAA:LIGAND 12345 C1`).
    pub name: String,
    /// As a PDB file has it: `A:LIGA 2345 C1`.
    pub written_as: String,
}

/// The atoms whose chain, residue or name a PDB file cannot hold as they are, with what is written instead.
pub fn renamed_in_pdb(topology: &Topology) -> Vec<RenamedAtom> {
    let names = PdbNames::new(topology);
    let label = |chain: &str, residue: &str, number: String, atom: &str| {
        let short = format!("{residue} {number} {atom}");
        if chain.is_empty() { short } else { format!("{chain}:{short}") }
    };
    let renamed = (0..topology.atom_count()).filter_map(|atom| {
        let residue = topology.residue_of(atom);
        let name = label(&residue.chain, &residue.name, residue.number(), &topology.atoms()[atom].name);
        let code = residue.insertion_code.map_or_else(String::new, String::from);
        let number = format!("{}{code}", names.number(topology, atom));
        let written_as = label(
            names.chain(topology, atom),
            names.residue_name(topology, atom),
            number,
            names.atom_name(topology, atom),
        );
        (name != written_as).then_some(RenamedAtom { atom, name, written_as })
    });
    renamed.collect()
}

/// The short forms of all names of a topology.
pub(super) struct PdbNames {
    residues: HashMap<String, String>,
    /// By the residue's name.
    atoms: HashMap<String, HashMap<String, String>>,
    chains: HashMap<String, String>,
    /// Whether chains have more than a letter, so that segments are written.
    segments: bool,
}

impl PdbNames {
    pub(super) fn new(topology: &Topology) -> Self {
        let residues = shortened(topology.residues().iter().map(|residue| residue.name.as_str()), NAME_WIDTH);
        let mut by_residue: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (index, atom) in topology.atoms().iter().enumerate() {
            by_residue.entry(&topology.residue_of(index).name).or_default().push(&atom.name);
        }
        let atoms = by_residue
            .into_iter()
            .map(|(residue, names)| (residue.to_owned(), shortened(names, NAME_WIDTH)))
            .collect();
        let chains: Vec<&str> = topology.residues().iter().map(|residue| residue.chain.as_str()).collect();
        let segments = chains.iter().any(|chain| !fits(chain, 1) && !chain.is_empty());
        Self { residues, atoms, chains: chain_letters(&chains), segments }
    }

    pub(super) fn residue_name(&self, topology: &Topology, atom: usize) -> &str {
        self.residues.get(&topology.residue_of(atom).name).map_or("", String::as_str)
    }

    pub(super) fn atom_name(&self, topology: &Topology, atom: usize) -> &str {
        let of_residue = self.atoms.get(&topology.residue_of(atom).name);
        of_residue.and_then(|names| names.get(&topology.atoms()[atom].name)).map_or("", String::as_str)
    }

    /// The letter of the chain; empty where it has none.
    pub(super) fn chain(&self, topology: &Topology, atom: usize) -> &str {
        self.chains.get(&topology.residue_of(atom).chain).map_or("", String::as_str)
    }

    /// Columns 73–76.
    pub(super) fn segment(&self, topology: &Topology, atom: usize) -> String {
        let chain = &topology.residue_of(atom).chain;
        chain.chars().filter(|c| self.segments && c.is_ascii_graphic()).take(NAME_WIDTH).collect()
    }

    pub(super) fn number(&self, topology: &Topology, atom: usize) -> i64 {
        let id = topology.residue_of(atom).id;
        if FITTING_NUMBERS.contains(&id) { id } else { id.rem_euclid(WRAP) }
    }
}

fn fits(name: &str, width: usize) -> bool {
    (1..=width).contains(&name.len()) && name.chars().all(|c| c.is_ascii_graphic())
}

/// A short form for every name, different for different names: names that fit stay; others lose what cannot be written
/// and their ends, and where that is taken, end in a number.
pub(super) fn shortened<'a>(
    names: impl IntoIterator<Item = &'a str>,
    width: usize,
) -> HashMap<String, String> {
    let mut seen = HashSet::new();
    let distinct: Vec<&str> = names.into_iter().filter(|name| seen.insert(*name)).collect();
    let (fitting, long): (Vec<&str>, Vec<&str>) = distinct.into_iter().partition(|name| fits(name, width));
    let mut taken: HashSet<String> = fitting.iter().map(|name| (*name).to_owned()).collect();
    let mut short: HashMap<String, String> =
        fitting.into_iter().map(|name| (name.to_owned(), name.to_owned())).collect();
    for name in long {
        let letters: String = name.chars().filter(char::is_ascii_graphic).take(width).collect();
        let numbered = |number: usize| {
            let digits = number.to_string();
            let kept = width.saturating_sub(digits.len()).min(letters.len());
            format!("{}{digits}", &letters[..kept])
        };
        let candidates =
            std::iter::once(letters.clone()).chain((1..10_usize.pow(width as u32)).map(numbered));
        let free = candidates.into_iter().find(|text| !text.is_empty() && !taken.contains(text));
        let chosen = free.unwrap_or(letters);
        taken.insert(chosen.clone());
        short.insert(name.to_owned(), chosen);
    }
    short
}

/// A letter for every chain; with more than 62 chains letters come again.
fn chain_letters(chains: &[&str]) -> HashMap<String, String> {
    let mut used: HashSet<&str> = chains.iter().copied().filter(|chain| fits(chain, 1)).collect();
    let mut letters: HashMap<String, String> = HashMap::new();
    let mut next = 0;
    for &chain in chains {
        if letters.contains_key(chain) {
            continue;
        }
        let letter = if chain.is_empty() || fits(chain, 1) {
            chain
        } else {
            let all = (0..CHAIN_LETTERS.len()).map(|index| &CHAIN_LETTERS[index..=index]);
            let free = all.clone().find(|letter| !used.contains(letter));
            next += 1;
            free.or_else(|| all.clone().nth(next % CHAIN_LETTERS.len())).unwrap_or("A")
        };
        used.insert(letter);
        letters.insert(chain.to_owned(), letter.to_owned());
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_stay_and_long_ones_stay_apart() {
        let short = shortened(["LIGA", "ALA", "LIGAND", "LIGANE", "β-D", "LIGAND"], 4);
        let mut forms: Vec<&str> =
            ["LIGA", "ALA", "LIGAND", "LIGANE", "β-D"].map(|name| short[name].as_str()).to_vec();
        assert_eq!(forms, ["LIGA", "ALA", "LIG1", "LIG2", "-D"]);
        forms.sort_unstable();
        forms.dedup();
        assert_eq!(forms.len(), 5);
    }

    #[test]
    fn long_chains_take_free_letters() {
        let letters = chain_letters(&["A", "PROA", "", "AAA", "PROA"]);
        assert_eq!(letters["A"], "A");
        assert_eq!(letters["PROA"], "B");
        assert_eq!(letters["AAA"], "C");
        assert_eq!(letters[""], "");
    }
}
