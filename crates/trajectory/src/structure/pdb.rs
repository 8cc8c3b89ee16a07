//! PDB files (wwPDB format 3.3, with what programs of the field do to it): one parse decides what an atom is.
//!
//! Read: `ATOM`, `HETATM`, `TER`, `MODEL`/`ENDMDL`/`END`, `CONECT`, `CRYST1`. Residue names of four letters take column
//! 21 (CHARMM), residue numbers of five digits column 27, numbers in hybrid-36 go beyond 9999; where no atom has a
//! chain, the segment (columns 73–76) stands for it.

use std::collections::HashMap;

use super::hybrid_36;
use super::pdb_names::{NameColumns, follows_the_columns};
use super::records::{AtomRecord, Records, symbol};
use crate::angstrom::NM_PER_ANGSTROM;
use geodyssey_molecule::element_clues::Clue;
use geodyssey_molecule::residue_names::ion_element;
use geodyssey_molecule::{Cell, UNNAMED_RESIDUE};

/// A file with this in a remark states every bond in its `CONECT` records. The program's own files do.
pub(crate) const ALL_BONDS_REMARK: &str = "CONECT LISTS ALL BONDS";

/// An `ATOM` or `HETATM` record.
struct Line {
    atom: AtomRecord,
    columns: [u8; 4],
    segment: String,
}

/// Reads a PDB file: every model, or the first only. Bonds and cell are those of the first.
///
/// # Errors
/// A record that does not hold what its columns should, with its line; a `CONECT` record that names a serial number
/// which two atoms have.
pub(crate) fn read(bytes: &[u8], first_only: bool) -> Result<Vec<Records>, String> {
    let mut models: Vec<Vec<Line>> = Vec::new();
    let mut atoms: Vec<Line> = Vec::new();
    let mut serials: HashMap<String, Vec<usize>> = HashMap::new();
    let mut conect: Vec<(usize, &[u8])> = Vec::new();
    let (mut cell, mut all_bonds, mut chain_ends) = (None, false, 0);
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let number = index + 1;
        match record_name(line) {
            b"ATOM" | b"HETATM" if !first_only || models.is_empty() => {
                if models.is_empty() {
                    let serial = serial(line).map_err(|why| at(number, &why))?;
                    serials.entry(serial.to_owned()).or_default().push(atoms.len());
                }
                atoms.push(atom(line, chain_ends).map_err(|why| at(number, &why))?);
            }
            b"TER" => chain_ends += 1,
            b"ENDMDL" | b"END" => {
                if !atoms.is_empty() {
                    models.push(std::mem::take(&mut atoms));
                }
                chain_ends = 0;
            }
            b"CONECT" => conect.push((number, line)),
            b"CRYST1" if models.is_empty() && atoms.is_empty() => {
                cell = cryst1(line).map_err(|why| at(number, &why))?;
            }
            b"REMARK" => all_bonds |= String::from_utf8_lossy(line).contains(ALL_BONDS_REMARK),
            _ => {}
        }
    }
    if !atoms.is_empty() {
        models.push(atoms);
    }
    let mut result: Vec<Records> = models.into_iter().map(finished).collect();
    if let Some(first) = result.first_mut() {
        first.bonds = stated_bonds(&conect, &serials)?;
        first.all_bonds = all_bonds;
        first.cell = cell;
    }
    Ok(result)
}

fn at(line: usize, why: &str) -> String {
    format!("line {line}: {why}")
}

/// The name of a record: columns 1–6, without the first digit of an atom's serial number.
pub(crate) fn record_name(line: &[u8]) -> &[u8] {
    let name = line.get(..6).unwrap_or(line);
    if has_long_serial(line) { b"ATOM" } else { name.trim_ascii_end() }
}

/// Whether the serial number of an atom begins in column 6, as programs write those of six digits.
fn has_long_serial(line: &[u8]) -> bool {
    line.starts_with(b"ATOM ") && line.get(5).is_some_and(u8::is_ascii_digit)
}

/// The serial number of an atom: columns 7–11, or 6–11.
fn serial(line: &[u8]) -> Result<&str, String> {
    column(line, if has_long_serial(line) { 6 } else { 7 }, 11).map(str::trim)
}

/// The text in columns, counted from 1, as far as the line goes.
fn column(line: &[u8], from: usize, to: usize) -> Result<&str, String> {
    let bytes = line.get(from - 1..line.len().min(to)).unwrap_or_default();
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.is_ascii())
        .ok_or_else(|| format!("columns {from}–{to} hold characters that are not ASCII"))
}

fn number(line: &[u8], from: usize, to: usize, what: &str) -> Result<f64, String> {
    let text = column(line, from, to)?;
    text.trim().parse().map_err(|_| format!("{what} (columns {from}–{to}) is `{text}`, expected a number"))
}

/// What an `ATOM` or `HETATM` record says in a structure and in a frame alike.
pub(crate) struct Site {
    /// The name of the atom.
    pub(crate) name: String,
    /// nm
    pub(crate) position: [f64; 3],
}

/// Reads the name and the position of one `ATOM` or `HETATM` record.
pub(crate) fn site(line: &[u8]) -> Result<Site, String> {
    if line.trim_ascii_end().len() < 54 {
        let record = String::from_utf8_lossy(record_name(line)).into_owned();
        return Err(format!("the {record} record ends before its coordinates (columns 31–54)"));
    }
    let name = column(line, 13, 16)?.trim().to_owned();
    if name.is_empty() {
        return Err("the atom has no name (columns 13–16)".into());
    }
    let coordinate =
        |from: usize, what: &str| number(line, from, from + 7, what).map(|x| x * NM_PER_ANGSTROM);
    let position = [
        coordinate(31, "the x coordinate")?,
        coordinate(39, "the y coordinate")?,
        coordinate(47, "the z coordinate")?,
    ];
    Ok(Site { name, position })
}

/// Reads one `ATOM` or `HETATM` record.
fn atom(line: &[u8], chain_ends: usize) -> Result<Line, String> {
    let Site { name, position } = site(line)?;
    let mut columns = [b' '; 4];
    columns.copy_from_slice(column(line, 13, 16)?.as_bytes());
    let (residue_id, insertion_code) = residue_number(line)?;
    let residue_name = column(line, 18, 21)?.trim().to_owned();
    Ok(Line {
        columns,
        segment: column(line, 73, 76)?.trim().to_owned(),
        atom: AtomRecord {
            name,
            residue_name: if residue_name.is_empty() { UNNAMED_RESIDUE.into() } else { residue_name },
            residue_id,
            insertion_code,
            chain: column(line, 22, 22)?.trim().to_owned(),
            alternate: !column(line, 17, 17)?.trim().is_empty(),
            chain_ends,
            element: element(column(line, 77, 78)?)?,
            position,
        },
    })
}

/// What columns 77–78 state. Files of before 1996 have the number of the line there, which says nothing.
fn element(text: &str) -> Result<Option<Clue>, String> {
    let text = text.trim();
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_alphabetic()) {
        return Ok(None);
    }
    match symbol(text) {
        Some(element) => Ok(Clue::new("columns 77–78", vec![element])),
        None => Err(format!("columns 77–78 say `{text}`, which is not a known element")),
    }
}

/// Residue number and insertion code: columns 23–26 and 27, or a number of five digits in all of them.
fn residue_number(line: &[u8]) -> Result<(i64, Option<char>), String> {
    let (text, code) = (column(line, 23, 26)?, column(line, 27, 27)?);
    let wrong = || format!("the residue number (columns 23–26) is `{text}`, expected a whole number");
    let code = code.chars().next().filter(|code| !code.is_whitespace());
    if text.trim().is_empty() && code.is_none() {
        return Ok((1, None));
    }
    match code.filter(char::is_ascii_digit) {
        Some(digit) if text.chars().all(|c| c.is_ascii_digit()) => {
            format!("{text}{digit}").parse().map(|id| (id, None)).map_err(|_| wrong())
        }
        _ => Ok((hybrid_36::decode(text).ok_or_else(wrong)?, code)),
    }
}

/// The cell of a `CRYST1` record; none for the placeholders that programs write without a cell.
pub(crate) fn cryst1(line: &[u8]) -> Result<Option<Cell>, String> {
    let value = |from, to| number(line, from, to, "a length or angle of the cell");
    let lengths = [value(7, 15)?, value(16, 24)?, value(25, 33)?].map(|x| x * NM_PER_ANGSTROM);
    let angles = [value(34, 40)?, value(41, 47)?, value(48, 54)?];
    Ok(Cell::from_lengths_and_angles(lengths, angles))
}

/// Gives atoms what only the whole model tells: chains from segments, and elements from the columns of names.
fn finished(lines: Vec<Line>) -> Records {
    let columns_count = follows_the_columns(lines.iter().map(|line| line.columns));
    let no_chains = lines.iter().all(|line| line.atom.chain.is_empty());
    let several_segments = lines.iter().any(|line| line.segment != lines[0].segment);
    let atoms = lines
        .into_iter()
        .map(|Line { mut atom, columns, segment }| {
            if no_chains && several_segments {
                atom.chain = segment;
            }
            // Names of ions keep to no columns: ` SOD` is sodium.
            let ion = ion_element(&atom.residue_name, &atom.name).is_some();
            if columns_count && !ion && atom.element.is_none() {
                atom.element = NameColumns(columns).clue();
            }
            atom
        })
        .collect();
    Records { atoms, residues_may_stand_apart: true, ..Records::default() }
}

/// Bonds of the `CONECT` records between atoms of the first model.
fn stated_bonds(
    conect: &[(usize, &[u8])],
    serials: &HashMap<String, Vec<usize>>,
) -> Result<Vec<[usize; 2]>, String> {
    let lookup = |line: usize, serial: &str| match serials.get(serial).map(Vec::as_slice) {
        // Its atom was left out of the file.
        None | Some([]) => Ok(None),
        Some([atom]) => Ok(Some(*atom)),
        Some(several) => {
            let count = several.len();
            Err(at(line, &format!("CONECT names atom {serial}, but {count} atoms have this serial number")))
        }
    };
    // Its fields have five columns.
    let too_long = serials.keys().find(|serial| serial.len() > 5);
    if let (Some(serial), Some(&(number, _))) = (too_long, conect.first()) {
        let why = format!(
            "CONECT cannot name atoms beyond 99999, and the file has {serial}; remove these records or renumber the atoms"
        );
        return Err(at(number, &why));
    }
    let mut bonds = Vec::new();
    for &(number, line) in conect {
        let mut atoms = Vec::new();
        // The first atom and up to four partners: columns 7–11, 12–16, …
        for field in 0..5 {
            let text = column(line, 7 + 5 * field, 11 + 5 * field).map_err(|why| at(number, &why))?.trim();
            if !text.is_empty() {
                atoms.push(lookup(number, text)?);
            }
        }
        let Some((Some(first), partners)) = atoms.split_first() else { continue };
        bonds.extend(
            partners.iter().flatten().filter(|partner| *partner != first).map(|&other| [*first, other]),
        );
    }
    Ok(bonds)
}
