//! Atoms named by residue and name, as a person writes them.

use std::str::FromStr;

use crate::{MoleculeError, Topology};

/// How many similar names an error shows.
const NEAREST_SHOWN: usize = 3;

/// One atom, as a person names it: `"ALA 2 CA"`, `"ALA 52A CA"` (with an insertion code), `"A:ALA 2 CA"`, or an index
/// counted from 0 (`"17"` or `17`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AtomSelector {
    /// Position in the topology, counted from 0.
    Index(usize),
    /// Residue name, residue number and atom name, with the chain where one is given.
    Name {
        /// Chain, if it matters.
        chain: Option<String>,
        /// Residue name.
        residue_name: String,
        /// Residue number.
        residue_id: i64,
        /// The letter after the number, where there is one. Without it, only a residue without one is meant.
        insertion_code: Option<char>,
        /// Atom name.
        atom_name: String,
    },
}

impl FromStr for AtomSelector {
    type Err = MoleculeError;

    fn from_str(text: &str) -> Result<Self, MoleculeError> {
        let refuse =
            |reason: &str| MoleculeError::Selection { selection: text.into(), reason: reason.into() };
        let (chain, rest) = match text.split_once(':') {
            Some((chain, _)) if chain.trim().is_empty() => {
                return Err(refuse("the chain before `:` is empty"));
            }
            Some((chain, rest)) => (Some(chain.trim().to_owned()), rest),
            None => (None, text),
        };
        match rest.split_whitespace().collect::<Vec<_>>()[..] {
            [index] if chain.is_none() => index
                .parse()
                .map(Self::Index)
                .map_err(|_| refuse("one word must be an index, a whole number from 0")),
            [residue_name, number, atom_name] => {
                let (digits, insertion_code) = match number.char_indices().next_back() {
                    Some((last, code)) if code.is_ascii_alphabetic() => (&number[..last], Some(code)),
                    _ => (number, None),
                };
                let residue_id = digits.parse().map_err(|_| {
                    refuse(&format!(
                        "the residue number `{number}` is not a whole number, or one with an insertion code \
                         such as `52A`"
                    ))
                })?;
                Ok(Self::Name {
                    chain,
                    residue_name: residue_name.into(),
                    residue_id,
                    insertion_code,
                    atom_name: atom_name.into(),
                })
            }
            [] => Err(refuse("it is empty")),
            _ => Err(refuse("it needs a residue name, a residue number and an atom name")),
        }
    }
}

impl From<usize> for AtomSelector {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl std::fmt::Display for AtomSelector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Index(index) => write!(formatter, "{index}"),
            Self::Name { chain, residue_name, residue_id, insertion_code, atom_name } => {
                if let Some(chain) = chain {
                    write!(formatter, "{chain}:")?;
                }
                write!(formatter, "{residue_name} {residue_id}")?;
                if let Some(code) = insertion_code {
                    write!(formatter, "{code}")?;
                }
                write!(formatter, " {atom_name}")
            }
        }
    }
}

impl Topology {
    /// The atom that a text such as `"ALA 2 CA"`, `"A:ALA 2 CA"` or `"17"` (counted from 0) names.
    ///
    /// # Errors
    /// Not written as a selection; no such atom (with the nearest names); several such atoms (all of them).
    pub fn select(&self, selection: &str) -> Result<usize, MoleculeError> {
        self.resolve(&selection.parse()?)
    }

    /// The atom that a selector means.
    ///
    /// # Errors
    /// As [`Topology::select`].
    pub fn resolve(&self, selector: &AtomSelector) -> Result<usize, MoleculeError> {
        let (chain, residue_name, number, atom_name) = match selector {
            AtomSelector::Index(index) if *index < self.atom_count() => return Ok(*index),
            AtomSelector::Index(index) => {
                return Err(MoleculeError::AtomOutside { index: *index, atoms: self.atom_count() });
            }
            AtomSelector::Name { chain, residue_name, residue_id, insertion_code, atom_name } => {
                (chain, residue_name, (*residue_id, *insertion_code), atom_name)
            }
        };
        let found: Vec<usize> = self
            .residues()
            .iter()
            .filter(|residue| (residue.id, residue.insertion_code) == number && residue.name == *residue_name)
            .filter(|residue| chain.as_ref().is_none_or(|chain| residue.chain == *chain))
            .flat_map(|residue| &residue.atoms)
            .copied()
            .filter(|&atom| self.atoms()[atom].name == *atom_name)
            .collect();
        match found[..] {
            [atom] => Ok(atom),
            [] => {
                let selection = selector.to_string();
                let nearest = self.nearest_labels(&selection, chain.is_some());
                Err(MoleculeError::AtomNotFound { selection, nearest })
            }
            _ => Err(MoleculeError::AtomAmbiguous {
                selection: selector.to_string(),
                matches: found
                    .iter()
                    .map(|&atom| format!("{} (index {atom})", self.full_label(atom)))
                    .collect(),
            }),
        }
    }

    /// Labels most similar to a text, best first; the order of atoms breaks ties.
    fn nearest_labels(&self, text: &str, with_chain: bool) -> Vec<String> {
        let label = |atom| if with_chain { self.full_label(atom) } else { self.label(atom) };
        let mut scored: Vec<(usize, String)> = (0..self.atom_count())
            .map(label)
            .map(|label| (strsim::damerau_levenshtein(&label.to_lowercase(), &text.to_lowercase()), label))
            .collect();
        scored.sort_by_key(|(distance, _)| *distance);
        scored.into_iter().take(NEAREST_SHOWN).map(|(_, label)| format!("`{label}`")).collect()
    }

    fn full_label(&self, atom: usize) -> String {
        let residue = self.residue_of(atom);
        let short = format!("{} {} {}", residue.name, residue.number(), self.atoms()[atom].name);
        if residue.chain.is_empty() { short } else { format!("{}:{short}", residue.chain) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Atom, Element, Residue};

    /// Two chains, each `ALA 2` with `N CA C`.
    fn two_chains() -> Topology {
        let mut atoms = Vec::new();
        let mut residues = Vec::new();
        for (index, chain) in ["A", "B"].into_iter().enumerate() {
            let first = atoms.len();
            for name in ["N", "CA", "C"] {
                let element = Element::from_atom_name(name, false).unwrap();
                atoms.push(Atom { name: name.into(), element, residue: index });
            }
            let id = if chain == "A" { 2 } else { -1 };
            residues.push(Residue {
                name: "ALA".into(),
                id,
                chain: chain.into(),
                atoms: (first..first + 3).collect(),
                ..Residue::default()
            });
        }
        residues.push(Residue {
            name: "ALA".into(),
            id: 2,
            chain: "C".into(),
            atoms: vec![6],
            ..Residue::default()
        });
        atoms.push(Atom { name: "C".into(), element: Element::CARBON, residue: 2 });
        Topology::new(atoms, residues, []).unwrap()
    }

    #[test]
    fn names_chains_and_indices_select() {
        let topology = two_chains();
        assert_eq!(topology.select("ALA 2 CA"), Ok(1));
        assert_eq!(topology.select("  ALA   -1  CA "), Ok(4));
        assert_eq!(topology.select("C:ALA 2 C"), Ok(6));
        assert_eq!(topology.select("5"), Ok(5));
        assert_eq!(topology.resolve(&5.into()), Ok(5));
    }

    #[test]
    fn insertion_codes_are_part_of_the_number() {
        let atom = |residue| Atom { name: "CA".into(), element: Element::CARBON, residue };
        let residue = |index: usize, insertion_code| Residue {
            name: "ALA".into(),
            id: 52,
            insertion_code,
            atoms: vec![index],
            ..Residue::default()
        };
        let residues = vec![residue(0, None), residue(1, Some('A')), residue(2, Some('B'))];
        let topology = Topology::new((0..3).map(atom).collect(), residues, []).unwrap();
        assert_eq!(topology.select("ALA 52 CA"), Ok(0));
        assert_eq!(topology.select("ALA 52A CA"), Ok(1));
        assert_eq!(topology.label(2), "ALA 52B CA");
        let error = topology.select("ALA 52C CA").unwrap_err().to_string();
        assert!(error.contains("nearest: `ALA 52"), "{error}");
    }

    #[test]
    fn errors_name_the_nearest_and_the_ambiguous() {
        let topology = two_chains();
        let message = |text| topology.select(text).unwrap_err().to_string();
        assert!(message("ALA 2 CB").contains("nearest: `A:ALA 2 CA`"), "{}", message("ALA 2 CB"));
        assert!(message("ala 2 ca").contains("`A:ALA 2 CA`"));
        let ambiguous = message("ALA 2 C");
        assert!(ambiguous.contains("A:ALA 2 C (index 2), C:ALA 2 C (index 6)"), "{ambiguous}");
        assert!(message("7").contains("atoms 0 to 6"));
        for broken in ["", "CA", "ALA CA", "ALA two CA", ":ALA 2 CA", "A:5", "-1", "ALA 2 CA CB"] {
            assert!(matches!(topology.select(broken), Err(MoleculeError::Selection { .. })), "{broken}");
        }
    }

    #[test]
    fn selectors_print_as_they_are_read() {
        for text in ["ALA 2 CA", "A:ALA 2 CA", "A:ALA -3B CA", "17"] {
            assert_eq!(text.parse::<AtomSelector>().unwrap().to_string(), text);
        }
    }
}
