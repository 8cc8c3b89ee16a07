//! GROMACS GRO: text, one block a frame, nm (GROMACS manual, "File formats"). The number of decimals shows in the distance of
//! the decimal points.

use super::decoder::{DecodeError, Decoded, FrameDecoder, Limits};
use super::input::{Input, Line, Lines};
use super::xyz::{MAY_BE_CUT, may_be_cut};

/// Residue number and name, atom name and number.
const NAMES_WIDTH: usize = 20;
/// The shortest line of an atom: coordinates with one decimal take six columns each.
const SHORTEST_LINE: u64 = NAMES_WIDTH as u64 + 18;

/// Frames of a GRO file.
pub(super) struct GroDecoder {
    lines: Lines,
}

impl GroDecoder {
    pub(super) fn new(input: Input) -> Self {
        Self { lines: Lines::new(input) }
    }

    fn atom(&self, line: &Line) -> Result<([f64; 3], String), DecodeError> {
        let wrong = || {
            self.lines.error("expected an atom: its residue, name and number, and three coordinates in nm")
        };
        let (names, numbers) = (line.text.get(..NAMES_WIDTH), line.text.get(NAMES_WIDTH..));
        let (names, numbers) = names.zip(numbers).ok_or_else(wrong)?;
        let points: Vec<usize> = numbers.match_indices('.').map(|(index, _)| index).take(2).collect();
        let [first, second] = points[..] else { return Err(wrong()) };
        let width = second - first;
        let mut position = [0.0; 3];
        for (index, x) in position.iter_mut().enumerate() {
            let text = numbers.get(index * width..(index + 1) * width).ok_or_else(wrong)?;
            *x = text.trim().parse().map_err(|_| wrong())?;
        }
        Ok((position, names.get(10..15).ok_or_else(wrong)?.trim().to_owned()))
    }

    /// Diagonal elements, then `xy xz yx yz zx zy`, where the first letter is the edge.
    fn cell(&self, line: &Line) -> Result<[[f64; 3]; 3], DecodeError> {
        let wrong = || self.lines.error("expected the box: three or nine numbers in nm");
        let numbers: Vec<f64> =
            line.text.split_whitespace().map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
        if !line.ended && may_be_cut(&line.text) {
            return Err(self.lines.error(MAY_BE_CUT));
        }
        match numbers[..] {
            [x, y, z] => Ok([[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, z]]),
            [xx, yy, zz, xy, xz, yx, yz, zx, zy] => Ok([[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]]),
            _ => Err(wrong()),
        }
    }
}

impl FrameDecoder for GroDecoder {
    fn next(&mut self, limits: &Limits) -> Result<Option<Decoded>, DecodeError> {
        let Some(title) = self.lines.next()? else { return Ok(None) };
        let mut second = self.lines.next()?;
        // Blank lines may follow the last frame, and a title may be blank.
        if title.text.trim().is_empty() {
            while second.as_ref().is_some_and(|line| line.text.trim().is_empty()) {
                second = self.lines.next()?;
            }
            if second.is_none() {
                return Ok(None);
            }
        }
        let text = second.ok_or(DecodeError::Cut)?.text;
        let count: u64 = text.trim().parse().map_err(|_| {
            self.lines.error(format!("expected the number of atoms, found `{}`", text.trim()))
        })?;
        limits.check_atoms(count)?;
        if count.saturating_mul(SHORTEST_LINE) > self.lines.left() {
            return Err(DecodeError::Cut);
        }
        let (mut positions, mut names) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let line = self.lines.required()?;
            let (position, name) = self.atom(&line)?;
            positions.push(position);
            names.push(name);
        }
        let line = self.lines.required()?;
        Ok(Some(Decoded { positions: Some(positions), cell: Some(self.cell(&line)?), names }))
    }
}
