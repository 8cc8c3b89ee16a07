//! Tripos mol2, with the atom types of SYBYL, GAFF and AMBER.

use std::collections::HashMap;

use geodyssey_molecule::element_clues::Clue;
use geodyssey_molecule::{Cell, Element, UNNAMED_RESIDUE};

use super::records::{AtomRecord, Records};

/// Å to nm.
const NM_PER_ANGSTROM: f64 = 0.1;

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
            return Err(format!("it promises {expected} {what} and has {found}"));
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
        element: Clue::new(format!("its atom type `{kind}`"), elements_of_type(kind)),
        position: [coordinate(x)?, coordinate(y)?, coordinate(z)?],
    })
}

/// The elements that an atom type allows.
///
/// SYBYL's types are a symbol in its right case with what follows a dot (`C.ar`, `Co.oh`, `Ca`); GAFF's are in small
/// letters and begin with the symbol, of one letter but for `cl` and `br` (`ca`, `ho`, `na` are carbon, hydrogen,
/// nitrogen); AMBER's are in capitals (`CA` is an aromatic carbon, `CL` chlorine), with a digit before in places (`3C`).
fn elements_of_type(kind: &str) -> Vec<Element> {
    let head = kind.split('.').next().unwrap_or(kind);
    if ["Du", "LP", "Any", "Hal", "Het", "Hev"].contains(&head) {
        return Vec::new();
    }
    let head = head.trim_start_matches(|c: char| c.is_ascii_digit());
    let letters: String = head.chars().take_while(char::is_ascii_alphabetic).collect();
    let exact = Element::from_symbol(&letters).filter(|element| element.symbol() == letters);
    let one = letters.get(..1).and_then(Element::from_symbol);
    let two = letters.get(..2).and_then(Element::from_symbol);
    if let Some(element) = exact {
        return vec![element];
    }
    let halogen = ["cl", "br"].iter().any(|halogen| letters.eq_ignore_ascii_case(halogen));
    if letters.chars().all(|c| c.is_ascii_lowercase()) {
        return (if halogen { two } else { one.or(two) }).into_iter().collect();
    }
    (if halogen { [two, one] } else { [one, two] }).into_iter().flatten().collect()
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
            ("ca", &["C"]),
            ("ho", &["H"]),
            ("na", &["N"]),
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
            ("Du", &[]),
            ("LP", &[]),
        ] {
            let symbols: Vec<&str> = elements_of_type(kind).into_iter().map(Element::symbol).collect();
            assert_eq!(symbols, expected, "{kind}");
        }
    }
}
