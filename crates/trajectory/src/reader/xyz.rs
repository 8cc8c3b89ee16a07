//! XYZ and extended XYZ: text, Å. Extended XYZ states the columns (`Properties=…`) and the cell (`Lattice="…"`) in the second
//! line of a frame, as ASE writes them.

use super::decoder::{DecodeError, Decoded, FrameDecoder, Limits, vectors};
use super::input::{Input, Line, Lines};
use crate::angstrom::NM_PER_ANGSTROM;

/// The message about a file whose last number may be incomplete.
pub(crate) const MAY_BE_CUT: &str =
    "the file may end inside the last number, since no line break follows; add one if the number is whole";

/// The shortest line of an atom, `0 0 0` with its end.
const SHORTEST_LINE: u64 = 6;

/// Frames of an XYZ file.
pub(super) struct XyzDecoder {
    lines: Lines,
}

/// Which words of a line are the name and the first coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    /// The name or the atomic number, where the file has it.
    pub(crate) species: Option<usize>,
    /// The first of three coordinates.
    pub(crate) position: usize,
}

impl XyzDecoder {
    pub(super) fn new(input: Input) -> Self {
        Self { lines: Lines::new(input) }
    }

    fn atom(&self, line: &Line, columns: Columns) -> Result<([f64; 3], String), DecodeError> {
        let wrong = || self.lines.error("expected an atom: its element and three coordinates in Å");
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let mut position = [0.0; 3];
        for (x, word) in position.iter_mut().zip(words.iter().skip(columns.position).take(3)) {
            let number: f64 = word.parse().map_err(|_| wrong())?;
            *x = number * NM_PER_ANGSTROM;
        }
        if words.len() < columns.position + 3 {
            return Err(wrong());
        }
        if !line.ended && words.len() == columns.position + 3 && may_be_cut(&line.text) {
            return Err(self.lines.error(MAY_BE_CUT));
        }
        let name = columns.species.and_then(|column| words.get(column)).copied().unwrap_or("");
        // A number in place of a symbol is an atomic number, which names nothing.
        let name = if name.parse::<f64>().is_ok() { "" } else { name };
        Ok((position, name.to_owned()))
    }
}

impl FrameDecoder for XyzDecoder {
    fn next(&mut self, limits: &Limits) -> Result<Option<Decoded>, DecodeError> {
        // Blank lines between and after frames.
        let first = loop {
            match self.lines.next()? {
                None => return Ok(None),
                Some(line) if line.text.trim().is_empty() => {}
                Some(line) => break line.text,
            }
        };
        let count: u64 = first.trim().parse().map_err(|_| {
            self.lines.error(format!("expected the number of atoms, found `{}`", shortened(first.trim())))
        })?;
        limits.check_atoms(count)?;
        let comment = self.lines.required()?.text;
        let columns = columns(&comment).map_err(|reason| self.lines.error(reason))?;
        let cell = lattice(&comment).map_err(|reason| self.lines.error(reason))?;
        if count.saturating_mul(SHORTEST_LINE) > self.lines.left() + 1 {
            return Err(DecodeError::Cut);
        }
        let (mut positions, mut names) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let line = self.lines.required()?;
            let (position, name) = self.atom(&line, columns)?;
            positions.push(position);
            names.push(name);
        }
        Ok(Some(Decoded { positions: Some(positions), cell, names }))
    }
}

/// Whether the last number of a line has fewer decimals than the number before it, so that something may be missing.
pub(crate) fn may_be_cut(line: &str) -> bool {
    let decimals = |word: &str| word.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let mut words = line.split_whitespace().rev();
    match (words.next(), words.next()) {
        (Some(last), Some(before)) => decimals(last) < decimals(before) || decimals(last) == 0,
        _ => true,
    }
}

/// The value of `key=value` or `key="value"` in a comment line.
fn value<'c>(comment: &'c str, key: &str) -> Option<&'c str> {
    let (_, rest) =
        comment.match_indices(key).map(|(start, _)| comment.split_at(start)).find(|(before, rest)| {
            let begins = before.chars().next_back().is_none_or(|c| c.is_whitespace());
            begins && rest.get(key.len()..).is_some_and(|rest| rest.starts_with('='))
        })?;
    let rest = rest.get(key.len() + 1..)?;
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split_whitespace().next(),
    }
}

/// Where `Properties=` says the columns are, or where XYZ has them.
pub(crate) fn columns(comment: &str) -> Result<Columns, String> {
    let Some(text) = value(comment, "Properties") else {
        return Ok(Columns { species: Some(0), position: 1 });
    };
    let (mut species, mut position, mut column) = (None, None, 0_usize);
    for field in text.to_ascii_lowercase().split(':').collect::<Vec<_>>().chunks(3) {
        let width = match field {
            [_, _, width] => width.parse::<usize>().ok().filter(|width| (1..=1000).contains(width)),
            _ => None,
        };
        let width =
            width.ok_or_else(|| format!("`Properties={}` is not `name:type:columns:…`", shortened(text)))?;
        match field {
            ["species", "s", _] => species = Some(column),
            ["pos", "r", _] if width == 3 => position = Some(column),
            _ => {}
        }
        column = column.saturating_add(width);
    }
    let position = position.ok_or_else(|| format!("`Properties={}` has no `pos:R:3`", shortened(text)))?;
    Ok(Columns { species, position })
}

/// The cell, nm, where the comment states one.
pub(crate) fn lattice(comment: &str) -> Result<Option<[[f64; 3]; 3]>, String> {
    let Some(text) = value(comment, "Lattice") else { return Ok(None) };
    let numbers: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
    let numbers: [f64; 9] = numbers
        .ok()
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or_else(|| format!("`Lattice=\"{}\"` is not nine numbers", shortened(text)))?;
    Ok(vectors(&numbers.map(|x| x * NM_PER_ANGSTROM)).try_into().ok())
}

/// The beginning of a text, for messages.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_say_where_the_positions_are() {
        assert_eq!(columns("a comment"), Ok(Columns { species: Some(0), position: 1 }));
        let text =
            "Lattice=\"1 0 0 0 1 0 0 0 1\" Properties=id:I:1:species:S:1:forces:R:3:pos:R:3 pbc=\"T T T\"";
        assert_eq!(columns(text), Ok(Columns { species: Some(1), position: 5 }));
        assert_eq!(lattice(text), Ok(Some([[0.1, 0.0, 0.0], [0.0, 0.1, 0.0], [0.0, 0.0, 0.1]])));
        for wrong in
            ["Properties=species:S:1", "Properties=pos:R", "Properties=pos:R:x", "Properties=pos:R:3:"]
        {
            assert!(columns(wrong).is_err(), "{wrong}");
        }
        assert!(lattice("Lattice=\"1 2 3\"").is_err());
    }

    #[test]
    fn the_last_number_may_be_cut() {
        for (line, cut) in [
            ("H 0.1 0.25 -0.30", false),
            ("H 0.1 0.25 -0.3", true),
            ("H 0.1 0.25 -0.", true),
            ("H 0 0 0", true),
            ("H 0.1 0.2 1.2345", false),
        ] {
            assert_eq!(may_be_cut(line), cut, "{line}");
        }
    }
}
