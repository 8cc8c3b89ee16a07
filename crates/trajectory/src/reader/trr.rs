//! GROMACS TRR: positions, velocities and forces, each of which a frame may lack; single or double precision, big-endian
//! (XDR). Layout: GROMACS `trrio.cpp`.

use super::decoder::{DecodeError, Decoded, FrameDecoder, Limits, vectors};
use super::input::Input;

const MAGIC: i32 = 1993;
const NAME: &[u8] = b"GMX_trn_file";
/// What the ten lengths of a header are of.
const PARTS: [&str; 10] = [
    "input record",
    "energies",
    "box",
    "virial",
    "pressure",
    "topology",
    "symbols",
    "positions",
    "velocities",
    "forces",
];
/// Numbers of a 3 × 3 matrix.
const MATRIX: u64 = 9;

/// Frames of a TRR file.
pub(super) struct TrrDecoder {
    input: Input,
}

impl TrrDecoder {
    pub(super) fn new(input: Input) -> Self {
        Self { input }
    }

    fn integer(&mut self) -> Result<i32, DecodeError> {
        Ok(i32::from_be_bytes(self.input.array()?))
    }

    fn length(&mut self, part: &str) -> Result<u64, DecodeError> {
        let length = self.integer()?;
        u64::try_from(length).map_err(|_| DecodeError::content(format!("the {part} has {length} bytes")))
    }

    fn reals(&mut self, count: u64, double: bool) -> Result<Vec<f64>, DecodeError> {
        let bytes = self.input.bytes(count * if double { 8 } else { 4 })?;
        Ok(if double {
            bytes.as_chunks().0.iter().map(|&bytes| f64::from_be_bytes(bytes)).collect()
        } else {
            bytes.as_chunks().0.iter().map(|&bytes| f64::from(f32::from_be_bytes(bytes))).collect()
        })
    }
}

impl FrameDecoder for TrrDecoder {
    fn next(&mut self, limits: &Limits) -> Result<Option<Decoded>, DecodeError> {
        if self.input.is_at_end() {
            return Ok(None);
        }
        if self.integer()? != MAGIC {
            return Err(DecodeError::content("it does not begin with the number of a TRR frame"));
        }
        // The length of the name with its end, as C counts it, and without.
        let (with_end, length) = (self.integer()?, self.integer()?);
        if (with_end, length) != (NAME.len() as i32 + 1, NAME.len() as i32)
            || self.input.array::<{ NAME.len() }>()? != NAME
        {
            return Err(DecodeError::content("its header does not name the TRR format"));
        }
        let mut lengths = [0; PARTS.len()];
        for (length, part) in lengths.iter_mut().zip(PARTS) {
            *length = self.length(part)?;
        }
        let atoms = self.length("number of atoms")?;
        let [record, energies, cell, virial, pressure, topology, symbols, positions, velocities, forces] =
            lengths;
        let (_step, _energy_terms) = (self.integer()?, self.integer()?);
        for (part, length) in
            [("input record", record), ("energies", energies), ("topology", topology), ("symbols", symbols)]
        {
            if length != 0 {
                return Err(DecodeError::content(format!(
                    "its header states {length} bytes of {part}, but no program writes any"
                )));
            }
        }
        // The width of a number is stated nowhere: it follows from any part that is there.
        let sized = [(cell, MATRIX), (virial, MATRIX), (pressure, MATRIX)]
            .into_iter()
            .chain([positions, velocities, forces].map(|length| (length, 3 * atoms)));
        let mut widths: Vec<u64> = Vec::new();
        for (length, numbers) in sized.filter(|(length, _)| *length > 0) {
            match [4, 8].into_iter().find(|width| numbers.checked_mul(*width) == Some(length)) {
                Some(width) => widths.push(width),
                None => {
                    return Err(DecodeError::content(format!(
                        "a part of {length} bytes fits neither single nor double precision for {atoms} atoms"
                    )));
                }
            }
        }
        if widths.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err(DecodeError::content("single and double precision are mixed"));
        }
        let double = widths.first() == Some(&8);
        let width = if double { 8 } else { 4 };
        // Time and λ come before the parts.
        let total = lengths.iter().try_fold(2 * width, |sum: u64, length| sum.checked_add(*length));
        self.input.require(total.ok_or(DecodeError::Cut)?)?;
        self.input.skip(2 * width)?;
        let cell = if cell > 0 { self.reals(MATRIX, double)? } else { Vec::new() };
        self.input.skip(virial + pressure)?;
        if positions > 0 {
            limits.check_atoms(atoms)?;
        }
        let numbers = if positions > 0 { Some(self.reals(3 * atoms, double)?) } else { None };
        self.input.skip(velocities + forces)?;
        Ok(Some(Decoded {
            positions: numbers.map(|numbers| vectors(&numbers)),
            cell: vectors(&cell).try_into().ok(),
            names: Vec::new(),
        }))
    }
}
