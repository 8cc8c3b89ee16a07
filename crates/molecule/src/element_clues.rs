//! Which element an atom is, where a file does not say it plainly.
//!
//! Every source gives a [`Clue`]: the elements that it allows. What the file states comes first (an element column, the
//! columns of a PDB name, an atom type), then the mass in the force field, then the atom's name; two sources without
//! an element in common are a [`Conflict`], unless the first is a guess and name and mass agree. Nothing else decides on elements.

use crate::Element;
use crate::residue_names::{ion_element, is_polymer_residue};

/// How far a force field's mass may lie from the standard atomic weight, amu (force fields round to 0.01 or 0.1).
const MASS_TOLERANCE_AMU: f64 = 0.1;
/// The same of metals and other heavy elements, amu: AMBER has 55.00 for iron (55.845), which is nearer to manganese. A mass that is
/// no element's to [`MASS_TOLERANCE_AMU`] stays a bead's.
const HEAVY_MASS_TOLERANCE_AMU: f64 = 1.0;
/// What is heavier than this is known to [`HEAVY_MASS_TOLERANCE_AMU`], amu. (Argon, potassium and calcium, which lie within 1 amu
/// of each other, are below.)
const HEAVY_AMU: f64 = 41.0;
/// How well the mass of a united atom is known, amu.
const UNITED_ATOM_TOLERANCE_AMU: f64 = 0.005;
/// Hydrogens lighter than this are ordinary ones, amu.
const ORDINARY_HYDROGEN_AMU: f64 = 1.1;
/// Hydrogens are made as heavy as this, not heavier, by repartitioning of masses, amu.
const HEAVIEST_HYDROGEN_AMU: f64 = 5.0;
/// The largest number of hydrogens of one atom.
const MOST_HYDROGENS: u8 = 4;

/// How far a force field's mass may lie from that of its element, amu.
pub(crate) fn mass_tolerance_amu(mass_amu: f64) -> f64 {
    if mass_amu > HEAVY_AMU { HEAVY_MASS_TOLERANCE_AMU } else { MASS_TOLERANCE_AMU }
}

/// The elements that one source allows for an atom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clue {
    /// The source, as an error names it: `columns 77–78`.
    pub source: String,
    /// The elements, the most likely first; not empty.
    pub elements: Vec<Element>,
    /// Whether it reads more out of the file than this states for sure, such as an element out of the atom type of a force field
    /// that nothing names.
    pub is_guess: bool,
}

impl Clue {
    /// A clue, if there is any element.
    pub fn new(source: impl Into<String>, elements: Vec<Element>) -> Option<Self> {
        (!elements.is_empty()).then(|| Self { source: source.into(), elements, is_guess: false })
    }

    /// A clue that gives way where the name of the atom and its mass agree on another element; none if there is no element.
    pub fn guess(source: impl Into<String>, elements: Vec<Element>) -> Option<Self> {
        Self::new(source, elements).map(|clue| Self { is_guess: true, ..clue })
    }
}

/// Two sources that disagree about an atom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The first source and its elements.
    pub first: Clue,
    /// The second.
    pub second: Clue,
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = |clue: &Clue| {
            let symbols: Vec<&str> = clue.elements.iter().map(|element| element.symbol()).collect();
            format!("{} by {}", symbols.join(" or "), clue.source)
        };
        write!(formatter, "{} but {}", words(&self.first), words(&self.second))
    }
}

/// What is known about one atom.
#[derive(Clone, Debug)]
pub struct Clues<'a> {
    /// What the file states.
    pub stated: Option<&'a Clue>,
    /// What its mass in the force field allows.
    pub mass: Option<Clue>,
    /// Its name.
    pub name: &'a str,
    /// The name of its residue.
    pub residue_name: &'a str,
    /// Whether its residue has no other atom.
    pub alone_in_residue: bool,
}

impl Clues<'_> {
    /// The element, or none where nothing tells.
    ///
    /// # Errors
    /// Two sources that have no element in common.
    pub fn decide(&self) -> Result<Option<Element>, Conflict> {
        let named = Clue::new(format!("its name {}", self.name), self.named());
        let told = match (self.stated, &named) {
            // An atom type or a name of four letters that can be read in two ways.
            (Some(stated), Some(named)) if stated.elements.len() > 1 => {
                let elements: Vec<Element> = agree(stated, named).collect();
                Some(if elements.is_empty() { stated.clone() } else { Clue { elements, ..stated.clone() } })
            }
            (Some(stated), _) => Some(stated.clone()),
            (None, named) => named.clone(),
        };
        match (told, &self.mass) {
            (Some(told), Some(mass)) => {
                if let Some(shared) = agree(&told, mass).next() {
                    return Ok(Some(shared));
                }
                let by_name = named.as_ref().and_then(|named| agree(named, mass).next());
                match by_name.filter(|_| told.is_guess) {
                    Some(element) => Ok(Some(element)),
                    None => Err(Conflict { first: told, second: mass.clone() }),
                }
            }
            (Some(clue), None) => Ok(clue.elements.first().copied()),
            (None, mass) => Ok(mass.as_ref().and_then(|clue| clue.elements.first().copied())),
        }
    }

    /// What the name of the atom in its residue allows.
    fn named(&self) -> Vec<Element> {
        if self.alone_in_residue
            && let Some(ion) = ion_element(self.residue_name, self.name)
        {
            return vec![ion];
        }
        let ion_like = self.alone_in_residue && !is_polymer_residue(self.residue_name);
        Element::candidates_of_name(self.name, ion_like)
    }
}

/// The elements that two clues share, in the order of the first.
fn agree<'a>(first: &'a Clue, second: &'a Clue) -> impl Iterator<Item = Element> + 'a {
    first.elements.iter().copied().filter(|element| second.elements.contains(element))
}

/// What the masses of a force field say about elements.
///
/// With repartitioned masses (hydrogens made heavier at the cost of the atoms they are bonded to) a mass may be that of
/// several elements: 14.007 is nitrogen, or the oxygen of a hydroxyl group whose hydrogen weighs 3 amu. CH₁ to CH₄
/// united atoms are carbon. A mass that fits nothing, such as a bead's, is not a clue.
#[derive(Clone, Debug)]
pub struct MassClues<'a> {
    masses: &'a [f64],
    /// What each kind of heavy hydrogen takes from its partner, amu.
    taken: Vec<f64>,
}

impl<'a> MassClues<'a> {
    /// Clues from the masses of all atoms, amu.
    pub fn new(masses: &'a [f64]) -> Self {
        let mut taken: Vec<f64> = masses
            .iter()
            .filter(|mass| (ORDINARY_HYDROGEN_AMU..HEAVIEST_HYDROGEN_AMU).contains(*mass))
            .map(|mass| mass - Element::HYDROGEN.mass_amu())
            .collect();
        taken.sort_by(f64::total_cmp);
        taken.dedup_by(|a, b| (*a - *b).abs() < MASS_TOLERANCE_AMU);
        Self { masses, taken }
    }

    /// What the mass of one atom says; none where it says nothing or there is no such atom.
    pub fn of(&self, atom: usize) -> Option<Clue> {
        let mass = *self.masses.get(atom)?;
        let off = |element: &Element| (mass - element.mass_amu()).abs();
        let near = |target: f64| (mass - target).abs() <= MASS_TOLERANCE_AMU;
        let all = || (1..=96).filter_map(Element::from_atomic_number);
        let mut elements: Vec<Element> =
            all().filter(|element| off(element) <= mass_tolerance_amu(mass)).collect();
        elements.sort_by(|a, b| off(a).total_cmp(&off(b)));
        if !elements.first().is_some_and(|element| near(element.mass_amu())) {
            elements.clear();
        }
        if (ORDINARY_HYDROGEN_AMU..HEAVIEST_HYDROGEN_AMU).contains(&mass) {
            elements.push(Element::HYDROGEN);
        }
        for hydrogens in 1..=MOST_HYDROGENS {
            let hydrogens = f64::from(hydrogens);
            let united = Element::CARBON.mass_amu() + hydrogens * Element::HYDROGEN.mass_amu();
            if (mass - united).abs() <= UNITED_ATOM_TOLERANCE_AMU {
                elements.push(Element::CARBON);
            }
            for taken in &self.taken {
                let lighter = |element: &Element| near(element.mass_amu() - hydrogens * taken);
                elements.extend(all().filter(|element| element.is_heavy()).filter(lighter));
            }
        }
        let mut distinct: Vec<Element> = Vec::new();
        for element in elements {
            if !distinct.contains(&element) {
                distinct.push(element);
            }
        }
        Clue::new(format!("its mass in the force field, {mass:.3} amu"), distinct)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(symbol: &str) -> Element {
        Element::from_symbol(symbol).unwrap()
    }

    fn decide(stated: &[&str], mass: Option<f64>, name: &str, residue: &str, alone: bool) -> String {
        let stated = Clue::new("the file", stated.iter().map(|symbol| element(symbol)).collect());
        let masses = [mass.unwrap_or(0.0)];
        let clues = Clues {
            stated: stated.as_ref(),
            mass: mass.and_then(|_| MassClues::new(&masses).of(0)),
            name,
            residue_name: residue,
            alone_in_residue: alone,
        };
        match clues.decide() {
            Ok(found) => found.map_or("none", Element::symbol).to_owned(),
            Err(conflict) => conflict.to_string(),
        }
    }

    #[test]
    fn what_the_file_states_then_the_mass_then_the_name() {
        // CHARMM's methyl carbon, and its ions.
        assert_eq!(decide(&["C"], Some(12.011), "CL", "ALAD", false), "C");
        assert_eq!(decide(&[], Some(12.011), "CL", "ALAD", false), "C");
        assert_eq!(decide(&[], Some(35.45), "CL", "LIG", false), "Cl");
        assert_eq!(decide(&[], Some(22.99), "SOD", "SOD", true), "Na");
        assert_eq!(decide(&[], None, "POT", "POT", true), "K");
        // An alpha-carbon trace, and an ion.
        assert_eq!(decide(&[], None, "CA", "ALA", true), "C");
        assert_eq!(decide(&[], None, "CA", "CA", true), "Ca");
        // Names that can be read in two ways.
        assert_eq!(decide(&["H", "Hg"], None, "HG11", "VAL", false), "H");
        assert_eq!(decide(&["H", "Hg"], Some(200.59), "HG11", "LIG", false), "Hg");
        assert_eq!(decide(&[], Some(28.085), "X1", "LIG", false), "Si");
        assert_eq!(decide(&[], None, "X1", "LIG", false), "none");
    }

    /// Iron has 55.00 amu in AMBER's tables, where manganese has 54.938: the name tells them apart.
    #[test]
    fn masses_of_metals_are_rounded() {
        assert_eq!(decide(&["Fe"], Some(55.0), "FE", "HEM", false), "Fe");
        assert_eq!(decide(&[], Some(55.0), "FE", "HEM", false), "Fe");
        assert_eq!(decide(&[], Some(55.0), "MN", "MN", true), "Mn");
        assert_eq!(decide(&["Fe"], Some(55.5), "FE", "HEM", false), "Fe");
        // Without a name the nearest.
        assert_eq!(decide(&[], Some(58.7), "X1", "LIG", false), "Ni");
        assert_eq!(decide(&[], Some(40.08), "X1", "LIG", false), "Ca");
        // Zinc is not copper, and potassium is not calcium.
        assert!(decide(&["Zn"], Some(63.55), "ZN", "ZN", true).contains("its mass"));
        assert!(decide(&["K"], Some(40.08), "K", "K", true).contains("its mass"));
    }

    #[test]
    fn sources_that_disagree_are_named() {
        let conflict = decide(&["C"], Some(1.008), "CH3", "ACE", false);
        assert_eq!(conflict, "C by the file but H by its mass in the force field, 1.008 amu");
        let conflict = decide(&[], Some(12.011), "H1", "ACE", false);
        assert_eq!(conflict, "H by its name H1 but C by its mass in the force field, 12.011 amu");
    }

    #[test]
    fn a_guess_gives_way_to_name_and_mass() {
        let masses = [14.007];
        let decide = |stated: Option<Clue>, name: &str| {
            let mass = MassClues::new(&masses).of(0);
            let clues =
                Clues { stated: stated.as_ref(), mass, name, residue_name: "LIG", alone_in_residue: false };
            clues.decide().map(|found| found.map_or("none", Element::symbol))
        };
        let yttrium = || vec![element("Y")];
        assert_eq!(decide(Clue::guess("its type", yttrium()), "ND1"), Ok("N"));
        assert!(decide(Clue::guess("its type", yttrium()), "CB").is_err());
        assert!(decide(Clue::new("its type", yttrium()), "ND1").is_err());
    }

    #[test]
    fn repartitioned_masses_are_those_of_their_elements() {
        // OpenMM's hydrogenMass=3 on Ace-Ala-Nme: methyl carbon 6.034, amide nitrogen 12.015, alpha carbon 10.019.
        let masses = [6.034, 3.0, 12.0147, 10.019, 15.999, 14.0067];
        let clues = MassClues::new(&masses);
        let fits = |atom: usize, symbol: &str| clues.of(atom).unwrap().elements.contains(&element(symbol));
        for (atom, symbol) in [(0, "C"), (1, "H"), (2, "N"), (3, "C"), (4, "O"), (5, "N"), (5, "O")] {
            assert!(fits(atom, symbol), "{} as {symbol}", masses[atom]);
        }
        for (atom, symbol) in [(0, "H"), (1, "C"), (4, "C"), (3, "H"), (5, "C")] {
            assert!(!fits(atom, symbol), "{} as {symbol}", masses[atom]);
        }
        // Without heavy hydrogens nothing is shared.
        let clues = MassClues::new(&[14.0067, 15.035, 72.0]);
        assert_eq!(clues.of(0).unwrap().elements, [element("N")]);
        assert_eq!(clues.of(1).unwrap().elements, [element("C")]);
        assert_eq!(clues.of(2), None);
    }
}
