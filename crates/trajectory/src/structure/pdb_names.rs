//! What the columns of a PDB atom name say about the element.
//!
//! The format puts the symbol of an element, right-justified, into columns 13–14: ` CA ` is a carbon, `CA  ` calcium.
//! Only names of four characters that begin with a symbol of one letter start in column 13 (`HG11`). Many programs
//! write files of their own that do not keep to this; such a file is recognised by a name that the rule cannot explain.

use geodyssey_molecule::Element;
use geodyssey_molecule::element_clues::Clue;

/// Columns 13–16 of an `ATOM` record.
#[derive(Clone, Copy)]
pub(super) struct NameColumns(pub(super) [u8; 4]);

impl NameColumns {
    /// The elements that the columns allow; none where they hold no letter in the right place.
    fn elements(self) -> Vec<Element> {
        let [first, second, ..] = self.0;
        let element = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(Element::from_symbol);
        match (first, second) {
            (b' ' | b'0'..=b'9', letter) if letter.is_ascii_alphabetic() => {
                element(&[letter]).into_iter().collect()
            }
            (letter, _) if letter.is_ascii_alphabetic() && !self.0.contains(&b' ') => {
                // Four characters: one letter or two.
                let two = if second.is_ascii_alphabetic() { element(&[letter, second]) } else { None };
                element(&[letter]).into_iter().chain(two).collect()
            }
            (letter, other) if letter.is_ascii_alphabetic() && other.is_ascii_alphabetic() => {
                element(&[letter, other]).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn clue(self) -> Option<Clue> {
        let name = String::from_utf8_lossy(&self.0).into_owned();
        Clue::new(format!("columns 13–14 of its name `{name}`"), self.elements())
    }
}

/// Whether all names of a model can be written by the rule, so that their columns say something.
pub(super) fn follows_the_columns(names: impl IntoIterator<Item = [u8; 4]>) -> bool {
    names.into_iter().all(|name| {
        let has_letter = name.iter().any(u8::is_ascii_alphabetic);
        !has_letter || !NameColumns(name).elements().is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(name: &[u8; 4]) -> Vec<&'static str> {
        NameColumns(*name).elements().into_iter().map(Element::symbol).collect()
    }

    #[test]
    fn symbols_stand_right_justified_in_columns_13_and_14() {
        for (name, expected) in [
            (b" CA ", &["C"][..]),
            (b"CA  ", &["Ca"]),
            (b" CL ", &["C"]),
            (b"CL1 ", &["Cl"]),
            (b"SI1 ", &["Si"]),
            (b"1HB ", &["H"]),
            (b"HG11", &["H", "Hg"]),
            (b"C11A", &["C"]),
            (b"N   ", &[]),
            (b"CB  ", &[]),
        ] {
            assert_eq!(symbols(name), expected, "{}", String::from_utf8_lossy(name));
        }
        assert!(follows_the_columns([*b" N  ", *b" CA ", *b"HG11", *b"CA  "]));
        // Left-justified names, and two letters from column 14.
        assert!(!follows_the_columns([*b"N   ", *b"CA  "]));
        assert!(!follows_the_columns([*b" N  ", *b" ZN "]));
    }
}
