//! Tripos mol2, with the atom types of SYBYL, GAFF and AMBER.

use std::collections::HashMap;

use geodyssey_molecule::element_clues::Clue;
use geodyssey_molecule::{Cell, Element, UNNAMED_RESIDUE};

use super::records::{AtomRecord, Records};
use crate::angstrom::NM_PER_ANGSTROM;

/// Reads the first molecule.
///
/// # Errors
/// A line that is not as the format says, with its number.
pub(crate) fn read(text: &str) -> Result<Records, String> {
    let mut records = Records::default();
    let mut indices: HashMap<&str, usize> = HashMap::new();
    let (mut section, mut molecules, mut line_of_molecule) = ("", 0, 0);
    let (mut expected_atoms, mut expected_bonds, mut bonds) = (None, None, 0);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let at = |why: String| format!("line {}: {why}", index + 1);
        if let Some(name) = line.strip_prefix("@<TRIPOS>") {
            section = name.trim();
            if section == "MOLECULE" {
                molecules += 1;
                line_of_molecule = 0;
            }
            if molecules > 1 {
                break;
            }
            continue;
        }
        if section == "MOLECULE" {
            // The second line holds the numbers of atoms and bonds; the first, a name, may be empty.
            line_of_molecule += 1;
            if line_of_molecule == 2 {
                let mut counts = line.split_whitespace().map(str::parse::<usize>);
                expected_atoms = counts.next().and_then(Result::ok);
                expected_bonds = counts.next().and_then(Result::ok);
                if expected_atoms.is_none() {
                    return Err(at(format!("expected the number of atoms, found `{line}`")));
                }
            }
            continue;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split_whitespace().collect();
        match section {
            "ATOM" => {
                indices.insert(fields[0], records.atoms.len());
                records.atoms.push(atom(&fields).map_err(at)?);
            }
            "BOND" => {
                bonds += 1;
                let [_, first, second, kind, ..] = fields[..] else {
                    return Err(at(format!("expected a bond (number, two atoms, type), found `{line}`")));
                };
                let find = |id: &str| {
                    indices.get(id).copied().ok_or_else(|| at(format!("there is no atom {id} to bond")))
                };
                let pair = [find(first)?, find(second)?];
                if kind != "nc" {
                    records.bonds.push(pair);
                }
            }
            "CRYSIN" => {
                let numbers: Vec<f64> = fields.iter().filter_map(|field| field.parse().ok()).collect();
                if let [a, b, c, alpha, beta, gamma, ..] = numbers[..] {
                    records.cell = Cell::from_lengths_and_angles(
                        [a, b, c].map(|x| x * NM_PER_ANGSTROM),
                        [alpha, beta, gamma],
                    );
                }
            }
            _ => {}
        }
    }
    for (what, expected, found) in
        [("atoms", expected_atoms, records.atoms.len()), ("bonds", expected_bonds, bonds)]
    {
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            return Err(format!("it states {expected} {what} but has {found}"));
        }
    }
    records.all_bonds = !records.bonds.is_empty();
    Ok(records)
}

fn atom(fields: &[&str]) -> Result<AtomRecord, String> {
    let [_, name, x, y, z, kind, rest @ ..] = fields else {
        return Err(format!(
            "expected an atom (number, name, three coordinates, type), found `{}`",
            fields.join(" ")
        ));
    };
    let coordinate = |text: &str| {
        text.parse()
            .map(|x: f64| x * NM_PER_ANGSTROM)
            .map_err(|_| format!("a coordinate is `{text}`, expected a number"))
    };
    let residue_id = match rest.first() {
        Some(text) => {
            text.parse().map_err(|_| format!("the substructure is `{text}`, expected a whole number"))?
        }
        None => 1,
    };
    Ok(AtomRecord {
        name: (*name).into(),
        residue_name: rest.get(1).map_or(UNNAMED_RESIDUE, |name| *name).into(),
        residue_id,
        insertion_code: None,
        chain: String::new(),
        alternate: false,
        chain_ends: 0,
        element: clue_of_type(kind),
        position: [coordinate(x)?, coordinate(y)?, coordinate(z)?],
    })
}

/// Types of no element: a dummy, a lone pair, and wildcards of queries (SYBYL); an ion of any kind (AMBER).
const NO_ELEMENT: [&str; 7] = ["Du", "LP", "Any", "Hal", "Het", "Hev", "IB"];

/// What an atom type says of the element.
///
/// SYBYL's types are a symbol in its right case with what follows a dot (`C.ar`, `Co.oh`, `Ca`), and ions a symbol with its charge:
/// these are certain. All others are guesses ([`readings`]), also since any force field may have types of its own.
fn clue_of_type(kind: &str) -> Option<Clue> {
    let source = format!("its atom type `{kind}`");
    let head = kind.split('.').next().unwrap_or(kind);
    if NO_ELEMENT.contains(&head) {
        return None;
    }
    let neutral = head.trim_end_matches(['+', '-']);
    let is_ion = neutral != head;
    let head = if is_ion { neutral.trim_end_matches(|c: char| c.is_ascii_digit()) } else { head };
    match Element::from_symbol(head).filter(|element| element.symbol() == head) {
        Some(element) => Clue::new(source, vec![element]),
        None => Clue::guess(source, readings(head, is_ion)),
    }
}

/// The elements that a type of a force field may mean, the likeliest first.
///
/// GAFF's types are in small letters and begin with the symbol, of one letter but for `cl` and `br` (`ca`, `ho`, `na` are carbon,
/// hydrogen, nitrogen); AMBER's are in capitals (`CA` is an aromatic carbon, `CL` chlorine), with a digit before in places (`3C`).
/// Metals are of two letters in either case (`fe`, `ZN`). Types with a dash or an underscore are names (`opls_135`,
/// `protein-CX`), whose first letters mean nothing, and so are those that MCPB gives to the partners of a metal (`Y1`).
fn readings(kind: &str, is_ion: bool) -> Vec<Element> {
    let symbols =
        |symbols: &[&str]| symbols.iter().filter_map(|symbol| Element::from_symbol(symbol)).collect();
    match kind {
        // AMBER's chloride and sodium of 1994, and calcium.
        "IM" => return symbols(&["Cl"]),
        "IP" => return symbols(&["Na"]),
        "C0" => return symbols(&["Ca", "C"]),
        _ if kind.contains(['-', '_']) => return Vec::new(),
        _ => {}
    }
    let kind = kind.trim_start_matches(|c: char| c.is_ascii_digit());
    let letters: String = kind.chars().take_while(char::is_ascii_alphabetic).collect();
    if letters == "Y" {
        return Vec::new();
    }
    let one = letters.get(..1).and_then(Element::from_symbol);
    let two = letters.get(..2).and_then(Element::from_symbol);
    if ["cl", "br"].contains(&letters.as_str()) {
        return two.into_iter().collect();
    }
    let likely =
        ["cl", "br", "fe", "si", "se", "pt"].iter().any(|symbol| letters.eq_ignore_ascii_case(symbol));
    (if likely || is_ion { [two, one] } else { [one, two] }).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_three_force_fields() {
        for (kind, expected) in [
            ("C.3", &["C"][..]),
            ("N.pl3", &["N"]),
            ("Co.oh", &["Co"]),
            ("Ca", &["Ca"]),
            ("Cl", &["Cl"]),
            ("H", &["H"]),
            ("ca", &["C", "Ca"]),
            ("ho", &["H", "Ho"]),
            ("na", &["N", "Na"]),
            ("c3", &["C"]),
            ("cu", &["C", "Cu"]),
            ("fe", &["Fe", "F"]),
            ("si", &["Si", "S"]),
            ("cl", &["Cl"]),
            ("br", &["Br"]),
            ("p5", &["P"]),
            ("CA", &["C", "Ca"]),
            ("HO", &["H", "Ho"]),
            ("CT", &["C"]),
            ("3C", &["C"]),
            ("N3", &["N"]),
            ("Na+", &["Na"]),
            ("CL", &["Cl", "C"]),
            ("Cl-", &["Cl"]),
            ("Ca2+", &["Ca"]),
            ("K+", &["K"]),
            ("ZN", &["Zn"]),
            ("FE", &["Fe", "F"]),
            ("IM", &["Cl"]),
            ("IP", &["Na"]),
            ("C0", &["Ca", "C"]),
            ("C*", &["C"]),
            ("Du", &[]),
            ("LP", &[]),
            ("IB", &[]),
            ("opls_135", &[]),
            ("protein-CX", &[]),
            ("Y1", &[]),
            ("M1", &[]),
        ] {
            let elements = clue_of_type(kind).map_or_else(Vec::new, |clue| clue.elements);
            let symbols: Vec<&str> = elements.into_iter().map(Element::symbol).collect();
            assert_eq!(symbols, expected, "{kind}");
        }
        for (kind, is_guess) in [("C.3", false), ("Na+", false), ("Y", false), ("ca", true), ("CT", true)] {
            assert_eq!(clue_of_type(kind).map(|clue| clue.is_guess), Some(is_guess), "{kind}");
        }
    }
}
