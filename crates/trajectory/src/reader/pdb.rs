//! Multi-model PDB: positions in fixed columns, Å (wwPDB format 3.3).

use geodyssey_molecule::Cell;

use super::input::{Input, Lines};
use super::{DecodeError, Decoded, FrameDecoder, Limits, NM_PER_ANGSTROM};

/// Models of a PDB file. A model ends with `ENDMDL`, `END` or, where no `MODEL` began it, the file; records without atoms between two
/// ends are not a model.
pub(super) struct PdbDecoder {
    lines: Lines,
    cell: Option<Cell>,
}

impl PdbDecoder {
    pub(super) fn new(input: Input) -> Self {
        Self { lines: Lines::new(input), cell: None }
    }

    fn number(&self, line: &str, first: usize, last: usize) -> Result<f64, DecodeError> {
        let text = line.get(first - 1..last).unwrap_or("").trim();
        text.parse().map_err(|_| {
            self.lines.error(format!("expected a number in columns {first} to {last}, found `{text}`"))
        })
    }

    fn read_cell(&mut self, line: &str) -> Result<(), DecodeError> {
        let mut numbers = [0.0; 6];
        for (number, [first, last]) in
            numbers.iter_mut().zip([[7, 15], [16, 24], [25, 33], [34, 40], [41, 47], [48, 54]])
        {
            *number = self.number(line, first, last)?;
        }
        let [a, b, c, alpha, beta, gamma] = numbers;
        self.cell =
            Cell::from_lengths_and_angles([a, b, c].map(|x| x * NM_PER_ANGSTROM), [alpha, beta, gamma]);
        Ok(())
    }
}

impl FrameDecoder for PdbDecoder {
    fn next(&mut self, limits: &Limits) -> Result<Option<Decoded>, DecodeError> {
        let (mut positions, mut names) = (Vec::new(), Vec::new());
        let mut inside_model = false;
        loop {
            let Some(line) = self.lines.next()? else {
                if inside_model {
                    return Err(DecodeError::Cut);
                }
                break;
            };
            let line = line.text;
            match line.get(..6).unwrap_or(&line).trim_end() {
                "ATOM" | "HETATM" => {
                    let mut position = [0.0; 3];
                    for (x, [first, last]) in position.iter_mut().zip([[31, 38], [39, 46], [47, 54]]) {
                        *x = self.number(&line, first, last)? * NM_PER_ANGSTROM;
                    }
                    positions.push(position);
                    names.push(line.get(12..16).unwrap_or("").trim().to_owned());
                }
                "CRYST1" => self.read_cell(&line)?,
                "MODEL" => inside_model = true,
                "ENDMDL" | "END" => {
                    inside_model = false;
                    if !positions.is_empty() {
                        break;
                    }
                }
                _ => {}
            }
        }
        if positions.is_empty() {
            return Ok(None);
        }
        limits.check_atoms(positions.len() as u64)?;
        Ok(Some(Decoded { positions: Some(positions), cell: self.cell.map(|cell| cell.vectors()), names }))
    }
}
