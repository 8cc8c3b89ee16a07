//! XYZ and extended XYZ: a number of atoms, a comment, then symbols and positions in Å. What the comment of extended XYZ states
//! (columns, cell) is read as in trajectories.

use geodyssey_molecule::element_clues::Clue;
use geodyssey_molecule::{Cell, Element, UNNAMED_RESIDUE};

use super::records::{AtomRecord, Records, symbol};
use crate::angstrom::NM_PER_ANGSTROM;
use crate::reader::{Columns, MAY_BE_CUT, columns, lattice, may_be_cut};

/// Reads the first frame. Atoms are named by their elements and stand in one residue.
///
/// # Errors
/// A line that is not as the format says, with its number.
pub(crate) fn read(text: &str) -> Result<Records, String> {
    let mut lines = text.lines().enumerate();
    let missing = "the file ends too early";
    let (_, first) = lines.next().ok_or(missing)?;
    let count: usize = (first.trim().parse())
        .map_err(|_| format!("line 1: expected the number of atoms, found `{}`", first.trim()))?;
    let (_, comment) = lines.next().ok_or(missing)?;
    let on_comment = |why: String| format!("line 2: {why}");
    let columns = columns(comment).map_err(on_comment)?;
    let cell = lattice(comment).map_err(on_comment)?.and_then(Cell::new);
    let mut atoms = Vec::new();
    for _ in 0..count {
        let (index, line) = lines.next().ok_or(missing)?;
        atoms.push(atom(line, columns).map_err(|why| format!("line {}: {why}", index + 1))?);
        let ends_with_position = line.split_whitespace().count() == columns.position + 3;
        let is_last = lines.clone().next().is_none() && !text.ends_with('\n');
        if is_last && ends_with_position && may_be_cut(line) {
            return Err(format!("line {}: {MAY_BE_CUT}", index + 1));
        }
    }
    Ok(Records { atoms, cell, ..Records::default() })
}

fn atom(line: &str, columns: Columns) -> Result<AtomRecord, String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let species =
        columns.species.ok_or("`Properties=` does not name `species:S:1`, so the elements are unknown")?;
    let (Some(species), Some(&[x, y, z])) =
        (fields.get(species).copied(), fields.get(columns.position..).and_then(|rest| rest.first_chunk()))
    else {
        return Err(format!("expected a symbol and three coordinates, found `{line}`"));
    };
    let element = symbol(species)
        .or_else(|| species.parse().ok().and_then(Element::from_atomic_number))
        .ok_or_else(|| format!("`{species}` is not a known element"))?;
    let coordinate = |text: &str| {
        text.parse()
            .map(|x: f64| x * NM_PER_ANGSTROM)
            .map_err(|_| format!("a coordinate is `{text}`, expected a number"))
    };
    Ok(AtomRecord {
        name: element.symbol().into(),
        residue_name: UNNAMED_RESIDUE.into(),
        residue_id: 1,
        insertion_code: None,
        chain: String::new(),
        alternate: false,
        chain_ends: 0,
        element: Clue::new("the file", vec![element]),
        position: [coordinate(x)?, coordinate(y)?, coordinate(z)?],
    })
}
