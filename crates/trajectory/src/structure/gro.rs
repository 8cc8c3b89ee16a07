//! GROMACS GRO: fixed columns, nm (GROMACS manual, "File formats").

use geodyssey_molecule::{Cell, UNNAMED_RESIDUE};

use super::records::{AtomRecord, Records};

/// Columns before the coordinates.
const PREFIX: usize = 20;

/// Reads the first frame.
///
/// # Errors
/// A line that is not as the format says, with its number.
pub(crate) fn read(bytes: &[u8]) -> Result<Records, String> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let mut lines =
        bytes.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).enumerate();
    let missing = "the file ends too early";
    lines.next().ok_or(missing)?;
    let (_, count_line) = lines.next().ok_or(missing)?;
    let count_text = String::from_utf8_lossy(count_line);
    let count: usize = (count_text.trim().parse())
        .map_err(|_| format!("line 2: expected the number of atoms, found `{}`", count_text.trim()))?;
    let mut atoms = Vec::new();
    for _ in 0..count {
        let (index, line) = lines.next().ok_or(missing)?;
        let line = std::str::from_utf8(line)
            .ok()
            .filter(|line| line.is_ascii())
            .ok_or_else(|| format!("line {}: it holds characters that are not ASCII", index + 1))?;
        atoms.push(atom(line).map_err(|why| format!("line {}: {why}", index + 1))?);
    }
    let (index, box_line) = lines.next().ok_or(missing)?;
    let cell = box_vectors(&String::from_utf8_lossy(box_line))
        .map_err(|why| format!("line {}: {why}", index + 1))?;
    Ok(Records { atoms, cell, ..Records::default() })
}

fn atom(line: &str) -> Result<AtomRecord, String> {
    let field = |from: usize, to: usize| line.get(from..to.min(line.len())).unwrap_or("").trim();
    let residue_id = (field(0, 5).parse()).map_err(|_| {
        format!("the residue number (columns 1–5) is `{}`, expected a whole number", field(0, 5))
    })?;
    let (residue_name, name) = (field(5, 10), field(10, 15));
    if name.is_empty() {
        return Err("the atom has no name (columns 11–15)".into());
    }
    // Coordinates have any number of decimals; the distance of their points is the width of the columns.
    let numbers = line.get(PREFIX..).unwrap_or("");
    let mut points = numbers.match_indices('.').map(|(index, _)| index);
    let width = match (points.next(), points.next()) {
        (Some(first), Some(second)) => second - first,
        _ => return Err("expected three coordinates from column 21".into()),
    };
    let mut position = [0.0; 3];
    for (axis, value) in position.iter_mut().enumerate() {
        let text = numbers.get(axis * width..((axis + 1) * width).min(numbers.len())).unwrap_or("").trim();
        *value = text.parse().map_err(|_| format!("a coordinate is `{text}`, expected a number"))?;
    }
    Ok(AtomRecord {
        name: name.into(),
        residue_name: if residue_name.is_empty() { UNNAMED_RESIDUE.into() } else { residue_name.into() },
        residue_id,
        insertion_code: None,
        chain: String::new(),
        alternate: false,
        chain_ends: 0,
        element: None,
        position,
    })
}

/// The three vectors of the last line (`v1x v2y v3z v1y v1z v2x v2z v3x v3y`); none for a box of zeros.
fn box_vectors(line: &str) -> Result<Option<Cell>, String> {
    let numbers: Vec<f64> = (line.split_whitespace().map(str::parse).collect::<Result<_, _>>())
        .map_err(|_| format!("expected the vectors of the box, found `{}`", line.trim()))?;
    let vectors = match numbers[..] {
        [x, y, z] => [[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, z]],
        [xx, yy, zz, xy, xz, yx, yz, zx, zy] => [[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]],
        _ => return Err(format!("expected 3 or 9 numbers for the box, found {}", numbers.len())),
    };
    Ok(Cell::new(vectors))
}
