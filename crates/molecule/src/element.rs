//! Chemical elements: symbol, number, standard mass, covalent radius.

/// A chemical element, hydrogen to curium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Element(u8);

impl Element {
    /// Hydrogen.
    pub const HYDROGEN: Self = Self(1);
    /// Carbon.
    pub const CARBON: Self = Self(6);
    /// Nitrogen.
    pub const NITROGEN: Self = Self(7);
    /// Oxygen.
    pub const OXYGEN: Self = Self(8);
    /// Phosphorus.
    pub const PHOSPHORUS: Self = Self(15);
    /// Sulfur.
    pub const SULFUR: Self = Self(16);

    /// The element with this number of protons, 1 to 96.
    pub fn from_atomic_number(atomic_number: u8) -> Option<Self> {
        (1..=ELEMENTS.len()).contains(&usize::from(atomic_number)).then_some(Self(atomic_number))
    }

    /// The element with this symbol, in capitals or not: `Cl`, `CL` and `cl` are chlorine.
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        let symbol = symbol.trim();
        let index = ELEMENTS.iter().position(|row| row.0.eq_ignore_ascii_case(symbol))?;
        u8::try_from(index + 1).ok().map(Self)
    }

    /// The element that an atom's name in a structure file without an element column means.
    ///
    /// Names of biomolecules begin with the symbol, one letter for `H C N O P S F I B K` (`CA` is an alpha carbon,
    /// `HG` a hydrogen), digits may come first (`1HB`); `CL…` and `BR…` followed by nothing or a digit are halogens.
    /// A residue of one atom is an ion or a noble gas, and there two letters are read first (`CA` is calcium).
    pub fn from_atom_name(name: &str, alone_in_residue: bool) -> Option<Self> {
        let letters = name.trim().trim_start_matches(|c: char| c.is_ascii_digit());
        let symbol: String = letters.chars().take_while(char::is_ascii_alphabetic).collect();
        let two = symbol.get(..2).and_then(Self::from_symbol);
        let one = symbol.get(..1).and_then(Self::from_symbol);
        let halogen = symbol.len() == 2 && ["CL", "BR"].iter().any(|x| symbol.eq_ignore_ascii_case(x));
        if alone_in_residue || halogen { two.or(one) } else { one.or(two) }
    }

    /// Chemical symbol, such as `Cl`.
    pub fn symbol(self) -> &'static str {
        self.row().0
    }

    /// Number of protons.
    pub fn atomic_number(self) -> u8 {
        self.0
    }

    /// Standard atomic weight, amu.
    pub fn mass_amu(self) -> f64 {
        self.row().1
    }

    /// Covalent radius, nm.
    pub fn covalent_radius_nm(self) -> f64 {
        f64::from(self.row().2) * 1e-3
    }

    /// Whether it is not hydrogen.
    pub fn is_heavy(self) -> bool {
        self != Self::HYDROGEN
    }

    /// Whether it is a metal: all but hydrogen, the noble gases, and B C N O F Si P S Cl Ge As Se Br Sb Te I At. Metals coordinate
    /// atoms; what lies near them is not bonded for sure.
    pub fn is_metal(self) -> bool {
        !matches!(self.0, 1 | 2 | 5..=10 | 14..=18 | 32..=36 | 51..=54 | 85 | 86)
    }

    /// Whether it is met in molecules' files as a bare ion: the alkali metals, and the alkaline earth metals from magnesium on. No
    /// bond of theirs is guessed from a distance.
    pub fn is_bare_ion(self) -> bool {
        [3, 11, 19, 37, 55, 87, 12, 20, 38, 56, 88].contains(&self.0)
    }

    fn row(self) -> &'static (&'static str, f64, u16) {
        &ELEMENTS[usize::from(self.0) - 1]
    }
}

impl std::fmt::Display for Element {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.symbol())
    }
}

/// Symbol, standard atomic weight (IUPAC 2021, abridged to five digits; the longest-lived isotope where there is no
/// standard value), covalent radius in pm (Cordero et al., Dalton Trans. 2008, 2832; carbon sp3, 3d metals low spin).
#[rustfmt::skip]
const ELEMENTS: [(&str, f64, u16); 96] = [
    ("H", 1.008, 31), ("He", 4.0026, 28), ("Li", 6.94, 128), ("Be", 9.0122, 96), ("B", 10.81, 84), ("C", 12.011, 76),
    ("N", 14.007, 71), ("O", 15.999, 66), ("F", 18.998, 57), ("Ne", 20.18, 58), ("Na", 22.99, 166),
    ("Mg", 24.305, 141), ("Al", 26.982, 121), ("Si", 28.085, 111), ("P", 30.974, 107), ("S", 32.06, 105),
    ("Cl", 35.45, 102), ("Ar", 39.95, 106), ("K", 39.098, 203), ("Ca", 40.078, 176), ("Sc", 44.956, 170),
    ("Ti", 47.867, 160), ("V", 50.942, 153), ("Cr", 51.996, 139), ("Mn", 54.938, 139), ("Fe", 55.845, 132),
    ("Co", 58.933, 126), ("Ni", 58.693, 124), ("Cu", 63.546, 132), ("Zn", 65.38, 122), ("Ga", 69.723, 122),
    ("Ge", 72.63, 120), ("As", 74.922, 119), ("Se", 78.971, 120), ("Br", 79.904, 120), ("Kr", 83.798, 116),
    ("Rb", 85.468, 220), ("Sr", 87.62, 195), ("Y", 88.906, 190), ("Zr", 91.224, 175), ("Nb", 92.906, 164),
    ("Mo", 95.95, 154), ("Tc", 97.0, 147), ("Ru", 101.07, 146), ("Rh", 102.91, 142), ("Pd", 106.42, 139),
    ("Ag", 107.87, 145), ("Cd", 112.41, 144), ("In", 114.82, 142), ("Sn", 118.71, 139), ("Sb", 121.76, 139),
    ("Te", 127.6, 138), ("I", 126.9, 139), ("Xe", 131.29, 140), ("Cs", 132.91, 244), ("Ba", 137.33, 215),
    ("La", 138.91, 207), ("Ce", 140.12, 204), ("Pr", 140.91, 203), ("Nd", 144.24, 201), ("Pm", 145.0, 199),
    ("Sm", 150.36, 198), ("Eu", 151.96, 198), ("Gd", 157.25, 196), ("Tb", 158.93, 194), ("Dy", 162.5, 192),
    ("Ho", 164.93, 192), ("Er", 167.26, 189), ("Tm", 168.93, 190), ("Yb", 173.05, 187), ("Lu", 174.97, 187),
    ("Hf", 178.49, 175), ("Ta", 180.95, 170), ("W", 183.84, 162), ("Re", 186.21, 151), ("Os", 190.23, 144),
    ("Ir", 192.22, 141), ("Pt", 195.08, 136), ("Au", 196.97, 136), ("Hg", 200.59, 132), ("Tl", 204.38, 145),
    ("Pb", 207.2, 146), ("Bi", 208.98, 148), ("Po", 209.0, 140), ("At", 210.0, 150), ("Rn", 222.0, 150),
    ("Fr", 223.0, 260), ("Ra", 226.0, 221), ("Ac", 227.0, 215), ("Th", 232.04, 206), ("Pa", 231.04, 200),
    ("U", 238.03, 196), ("Np", 237.0, 190), ("Pu", 244.0, 187), ("Am", 243.0, 180), ("Cm", 247.0, 169),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_and_numbers_agree() {
        for number in 1..=96 {
            let element = Element::from_atomic_number(number).unwrap();
            assert_eq!(element.atomic_number(), number);
            assert_eq!(Element::from_symbol(element.symbol()), Some(element));
            assert_eq!(Element::from_symbol(&element.symbol().to_uppercase()), Some(element));
        }
        assert_eq!(Element::from_atomic_number(0), None);
        assert_eq!(Element::from_atomic_number(97), None);
        assert_eq!(Element::from_symbol("Xx"), None);
        assert_eq!(Element::from_symbol("Br").map(Element::atomic_number), Some(35));
        assert_eq!(Element::from_symbol("Au").map(Element::atomic_number), Some(79));
    }

    #[test]
    fn names_of_biomolecules() {
        let symbol = |name, alone| Element::from_atom_name(name, alone).map_or("none", Element::symbol);
        let in_residue = [
            ("CA", "C"),
            ("1HB", "H"),
            ("HG11", "H"),
            ("ND2", "N"),
            ("OXT", "O"),
            ("SD", "S"),
            ("CL1", "Cl"),
            ("ZN", "Zn"),
        ];
        for (name, expected) in in_residue {
            assert_eq!(symbol(name, false), expected, "{name}");
        }
        for (name, expected) in
            [("CA", "Ca"), ("NA", "Na"), ("CL", "Cl"), ("K", "K"), ("ZN", "Zn"), ("O", "O")]
        {
            assert_eq!(symbol(name, true), expected, "{name}");
        }
        assert_eq!(symbol("77", false), "none");
    }
}
