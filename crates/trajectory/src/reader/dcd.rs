//! DCD of CHARMM, NAMD, X-PLOR and LAMMPS: positions in single precision, Å, in Fortran records of either byte order
//! (NAMD `dcdlib.C`; CHARMM documentation, "dynamc"; OpenMM, MDAnalysis, mdtraj and VMD write it too).

use std::ops::RangeInclusive;

use geodyssey_molecule::Cell;

use super::decoder::{DecodeError, Decoded, FrameDecoder, Limits};
use super::input::Input;
use crate::angstrom::NM_PER_ANGSTROM;

/// Bytes of the first record: four letters and twenty words.
const CONTROL: u32 = 84;
/// A unit cell is six double-precision numbers.
const CELL: u64 = 48;

/// Angles between the edges of a cell, degrees: simulations have no flatter cells.
const DEGREES: RangeInclusive<f64> = 30.0..=150.0;

/// Frames of a DCD file.
pub(super) struct DcdDecoder {
    input: Input,
    big_endian: bool,
    /// Frames that the header promises; 0 where the program that wrote it did not know.
    stated: u64,
    read: u64,
    atoms: u64,
    has_cell: bool,
    has_fourth_dimension: bool,
    /// Atoms that move, counted from 0, where some are fixed: only these are in the frames after the first.
    free: Vec<usize>,
    /// Positions of the first frame, where some atoms are fixed.
    first: Vec<[f64; 3]>,
}

impl DcdDecoder {
    /// Reads the header.
    pub(super) fn new(mut input: Input) -> Result<Self, DecodeError> {
        let start: [u8; 4] = input.array().map_err(header)?;
        let big_endian = match (u32::from_le_bytes(start), u32::from_be_bytes(start)) {
            (CONTROL, _) => false,
            (_, CONTROL) => true,
            // The upper half of a marker of eight bytes.
            (0, _) if u32::from_be_bytes(input.array().map_err(header)?) == CONTROL => {
                return Err(long_markers());
            }
            _ => return Err(DecodeError::content("it does not begin with the header of a DCD file")),
        };
        let mut decoder = Self {
            input,
            big_endian,
            stated: 0,
            read: 0,
            atoms: 0,
            has_cell: false,
            has_fourth_dimension: false,
            free: Vec::new(),
            first: Vec::new(),
        };
        decoder.read_header().map_err(header)?;
        Ok(decoder)
    }

    fn read_header(&mut self) -> Result<(), DecodeError> {
        match &self.input.array::<4>()? {
            b"CORD" => {}
            b"VELD" => return Err(DecodeError::content("it holds velocities, not positions")),
            [0, 0, 0, 0] => return Err(long_markers()),
            _ => return Err(DecodeError::content("its header does not name the DCD format (`CORD`)")),
        }
        let mut words = [0; 20];
        for word in &mut words {
            *word = self.word()?;
        }
        self.end(u64::from(CONTROL))?;
        let [frames, .., version] = words;
        let (fixed, with_cell, fourth_dimension) = (words[8], words[10], words[11]);
        self.stated = u64::from(frames);
        // X-PLOR writes version 0 and, in the tenth and eleventh word, its time step in double precision.
        self.has_cell = version != 0 && with_cell != 0;
        self.has_fourth_dimension = version != 0 && fourth_dimension != 0;
        let title = self.begin()?;
        self.input.skip(title)?;
        self.end(title)?;
        self.expect_record(4)?;
        self.atoms = u64::from(self.word()?);
        self.end(4)?;
        if fixed > 0 {
            let free = self.atoms.checked_sub(u64::from(fixed)).filter(|free| *free > 0);
            let free = free.ok_or_else(|| {
                DecodeError::content(format!("its header states {fixed} fixed of {} atoms", self.atoms))
            })?;
            self.expect_record(4 * free)?;
            self.input.require(4 * free)?;
            for _ in 0..free {
                let atom = u64::from(self.word()?);
                if atom == 0 || atom > self.atoms {
                    return Err(DecodeError::content(format!(
                        "its header names atom {atom} of {}",
                        self.atoms
                    )));
                }
                self.free.push(atom as usize - 1);
            }
            self.end(4 * free)?;
        }
        Ok(())
    }

    fn word(&mut self) -> Result<u32, DecodeError> {
        let bytes = self.input.array()?;
        Ok(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// The length before a record.
    fn begin(&mut self) -> Result<u64, DecodeError> {
        let length = u64::from(self.word()?);
        self.input.require(length)?;
        Ok(length)
    }

    fn expect_record(&mut self, bytes: u64) -> Result<(), DecodeError> {
        let length = u64::from(self.word()?);
        if length == bytes {
            return Ok(());
        }
        Err(DecodeError::content(format!("a record has {length} bytes, expected {bytes}")))
    }

    /// The length after a record, which is that before it.
    fn end(&mut self, bytes: u64) -> Result<(), DecodeError> {
        let length = u64::from(self.word()?);
        if length == bytes {
            return Ok(());
        }
        Err(DecodeError::content(format!("a record of {bytes} bytes ends with the length {length}")))
    }

    fn coordinates(&mut self, count: u64) -> Result<Vec<f64>, DecodeError> {
        self.expect_record(4 * count)?;
        let bytes = self.input.bytes(4 * count)?;
        self.end(4 * count)?;
        let read = if self.big_endian { f32::from_be_bytes } else { f32::from_le_bytes };
        Ok(bytes.as_chunks().0.iter().map(|&bytes| f64::from(read(bytes)) * NM_PER_ANGSTROM).collect())
    }

    fn cell(&mut self) -> Result<Option<Cell>, DecodeError> {
        if !self.has_cell {
            return Ok(None);
        }
        self.expect_record(CELL)?;
        let mut numbers = [0.0; 6];
        for number in &mut numbers {
            let bytes = self.input.array()?;
            *number = if self.big_endian { f64::from_be_bytes(bytes) } else { f64::from_le_bytes(bytes) };
        }
        self.end(CELL)?;
        cell(numbers).map_err(DecodeError::content)
    }
}

/// The cell of six numbers; none where there is no box.
///
/// Lengths stand at the first, third and sixth place (a, b, c), and between them the cosines of γ, β and α (NAMD) or these angles
/// in degrees (other programs). CHARMM writes the lower triangle of the symmetric matrix whose rows are the edges; then no number
/// is a length or an angle, unless the cell is a cuboid.
fn cell(numbers: [f64; 6]) -> Result<Option<Cell>, String> {
    let [a, gamma, b, beta, alpha, c] = numbers;
    let (lengths, angles) = ([a, b, c], [alpha, beta, gamma]);
    let scaled = |vector: [f64; 3]| vector.map(|x| x * NM_PER_ANGSTROM);
    let cosines = angles.iter().all(|x| x.abs() <= 1.0);
    if cosines || angles.iter().all(|x| DEGREES.contains(x)) {
        let angles = if cosines { angles.map(|x| x.acos().to_degrees()) } else { angles };
        return Ok(Cell::from_lengths_and_angles(scaled(lengths), angles));
    }
    // A program that has no box writes zeros for lengths.
    if !lengths.iter().all(|x| *x > 0.0) {
        return Ok(None);
    }
    let determinant =
        a * (b * c - alpha * alpha) - gamma * (gamma * c - alpha * beta) + beta * (gamma * alpha - b * beta);
    let is_shape = a * b - gamma * gamma > 0.0 && determinant > 0.0;
    let shape = [[a, gamma, beta], [gamma, b, alpha], [beta, alpha, c]];
    let cell = if is_shape { Cell::new(shape.map(scaled)) } else { None };
    cell.map(Some).ok_or_else(|| {
        format!("its cell ({numbers:?}) is neither lengths with angles or their cosines nor CHARMM's symmetric matrix")
    })
}

/// An error of the header, which no frame is to be blamed for.
fn header(error: DecodeError) -> DecodeError {
    match error {
        DecodeError::Cut => DecodeError::content("it ends inside its header"),
        other => other,
    }
}

fn long_markers() -> DecodeError {
    DecodeError::content(
        "its Fortran records have markers of 64 bits, which hardly any program reads: rewrite the file with 32-bit markers",
    )
}

impl FrameDecoder for DcdDecoder {
    fn next(&mut self, limits: &Limits) -> Result<Option<Decoded>, DecodeError> {
        if self.input.is_at_end() {
            if self.stated > self.read && self.read > 0 {
                return Err(DecodeError::content(format!(
                    "its header states {} frames, but it ends after {}: it was truncated",
                    self.stated, self.read
                )));
            }
            return Ok(None);
        }
        if self.stated > 0 && self.read >= self.stated {
            return Err(DecodeError::content(format!(
                "its header states {} frames, but more follow: the header was not updated",
                self.stated
            )));
        }
        limits.check_atoms(self.atoms)?;
        let cell = self.cell()?;
        let moving = if self.read > 0 && !self.free.is_empty() { self.free.len() as u64 } else { self.atoms };
        let [x, y, z] = [self.coordinates(moving)?, self.coordinates(moving)?, self.coordinates(moving)?];
        if self.has_fourth_dimension {
            let length = self.begin()?;
            self.input.skip(length)?;
            self.end(length)?;
        }
        let read: Vec<[f64; 3]> = x.into_iter().zip(y).zip(z).map(|((x, y), z)| [x, y, z]).collect();
        let positions = if self.free.is_empty() {
            read
        } else if self.read == 0 {
            self.first = read;
            self.first.clone()
        } else {
            let mut positions = self.first.clone();
            for (&atom, position) in self.free.iter().zip(read) {
                positions[atom] = position;
            }
            positions
        };
        self.read += 1;
        Ok(Some(Decoded {
            positions: Some(positions),
            cell: cell.map(|cell| cell.vectors()),
            names: Vec::new(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths, nm, and cosines of the angles between the edges.
    fn shape(numbers: [f64; 6]) -> ([f64; 3], [f64; 3]) {
        let [a, b, c] = cell(numbers).unwrap().unwrap().vectors();
        let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let [x, y, z] = [a, b, c].map(|vector| dot(vector, vector).sqrt());
        ([x, y, z], [dot(b, c) / (y * z), dot(a, c) / (x * z), dot(a, b) / (x * y)])
    }

    fn near(found: [f64; 3], expected: [f64; 3]) -> bool {
        found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-4)
    }

    #[test]
    fn cosines_degrees_and_symmetric_matrices_are_told_apart() {
        // A truncated octahedron with edges of 60 Å in its three forms.
        let third = -1.0 / 3.0;
        let degrees = 109.471_220_634_491;
        for numbers in [
            [60.0, third, 60.0, third, third, 60.0],
            [60.0, degrees, 60.0, degrees, degrees, 60.0],
            [57.735, -11.547, 57.735, -11.547, -11.547, 57.735],
        ] {
            let (lengths, cosines) = shape(numbers);
            assert!(near(lengths, [6.0; 3]) && near(cosines, [third; 3]), "{lengths:?} {cosines:?}");
        }
        // A hexagonal prism, γ = 60° or 120°: the square root of the products of its edges; and a box.
        let (cos, sin) = (15.0_f64.to_radians().cos(), 15.0_f64.to_radians().sin());
        for (sign, gamma) in [(1.0, 0.5), (-1.0, -0.5)] {
            let (lengths, cosines) = shape([40.0 * cos, sign * 40.0 * sin, 40.0 * cos, 0.0, 0.0, 50.0]);
            assert!(
                near(lengths, [4.0, 4.0, 5.0]) && near(cosines, [0.0, 0.0, gamma]),
                "{lengths:?} {cosines:?}"
            );
        }
        // A matrix of six numbers: lengths and angles as MDAnalysis 2.11 has them of the same frame.
        let (lengths, cosines) = shape([40.0, -5.0, 30.0, 3.0, -7.0, 50.0]);
        let expected = [111.363_42, 81.420_334, 107.102_49].map(|angle: f64| angle.to_radians().cos());
        assert!(
            near(lengths, [4.042_276_8, 3.120_897_3, 5.057_667_5]) && near(cosines, expected),
            "{lengths:?} {cosines:?}"
        );
        let (lengths, cosines) = shape([30.0, 0.0, 40.0, 0.0, 0.0, 50.0]);
        assert!(near(lengths, [3.0, 4.0, 5.0]) && near(cosines, [0.0; 3]), "{lengths:?} {cosines:?}");
    }

    #[test]
    fn no_box_is_none_and_what_is_no_cell_is_refused() {
        assert_eq!(cell([0.0; 6]), Ok(None));
        assert_eq!(cell([0.0, 90.0, 0.0, 90.0, 90.0, 0.0]), Ok(None));
        assert_eq!(cell([1.0, 90.0, 1.0, 90.0, 90.0, 1.0]), Ok(None));
        for numbers in [
            [30.0, 170.0, 30.0, 90.0, 90.0, 30.0],
            [30.0, f64::NAN, 30.0, 0.0, 0.0, 30.0],
            [30.0, -31.0, 30.0, 0.0, 0.0, 30.0],
        ] {
            assert!(cell(numbers).is_err(), "{numbers:?}");
        }
    }
}
