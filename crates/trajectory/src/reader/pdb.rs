//! Multi-model PDB: positions in fixed columns, Å (wwPDB format 3.3). What the records hold is read as in structures.

use geodyssey_molecule::Cell;

use super::decoder::{DecodeError, Decoded, FrameDecoder, Limits};
use super::input::{Input, Lines};
use crate::structure::pdb::{cryst1, record_name, site};

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
}

impl FrameDecoder for PdbDecoder {
    fn next(&mut self, limits: &Limits) -> Result<Option<Decoded>, DecodeError> {
        let (mut positions, mut names) = (Vec::new(), Vec::new());
        let mut inside_model = false;
        loop {
            let Some(line) = self.lines.next_bytes()? else {
                if inside_model {
                    return Err(DecodeError::Cut);
                }
                break;
            };
            match record_name(&line) {
                b"ATOM" | b"HETATM" => {
                    let site = site(&line).map_err(|why| self.lines.error(why))?;
                    positions.push(site.position);
                    names.push(site.name);
                }
                b"CRYST1" => self.cell = cryst1(&line).map_err(|why| self.lines.error(why))?,
                b"MODEL" => inside_model = true,
                b"ENDMDL" | b"END" => {
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
