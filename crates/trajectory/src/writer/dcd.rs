//! CHARMM/NAMD DCD: positions in single precision, Å, little-endian Fortran records (NAMD `dcdlib.C`).

use std::io::SeekFrom;

use super::encoder::{EncodeError, FrameEncoder, SeekableWrite};
use super::frame::Frame;
use crate::angstrom::ANGSTROM_PER_NM;

/// CHARMM's unit of time, ps (`sqrt(amu Å² / (kcal/mol))`).
const AKMA_TIME_PS: f64 = 0.048_888_21;

/// Frames without a box. The header states the first step, the interval and the time step once for all frames, so the
/// steps must be evenly spaced; it is completed at the end.
pub(super) struct DcdEncoder {
    atoms: usize,
    frames: u64,
    first: (u64, f64),
    last: (u64, f64),
    interval: u64,
}

impl DcdEncoder {
    pub(super) fn new(atoms: usize) -> Self {
        Self { atoms, frames: 0, first: (0, 0.0), last: (0, 0.0), interval: 1 }
    }

    fn header(&self) -> Result<Vec<u8>, EncodeError> {
        let word = |value: u64, what: &str| {
            i32::try_from(value)
                .map_err(|_| EncodeError::DoesNotFit(format!("{what} {value} (DCD holds 32 bits)")))
        };
        let steps = self.last.0 - self.first.0;
        let step_ps = if steps == 0 { 1.0 } else { (self.last.1 - self.first.1) / steps as f64 };
        let mut words = [0_i32; 20];
        words[0] = word(self.frames, "the number of frames")?;
        words[1] = word(self.first.0, "the step")?;
        words[2] = word(self.interval, "the interval of steps")?;
        words[3] = word(self.last.0, "the step")?;
        words[19] = 24; // CHARMM version, which tells readers how to take the rest
        let mut control = b"CORD".to_vec();
        control.extend(words.map(i32::to_le_bytes).concat());
        // The tenth word is the time step, as a float.
        let delta = ((step_ps / AKMA_TIME_PS) as f32).to_le_bytes();
        control[4 + 36..4 + 40].copy_from_slice(&delta);
        let mut title = 1_i32.to_le_bytes().to_vec();
        title.extend(format!("{:<80}", "Geodyssey").bytes());
        let atoms = word(self.atoms as u64, "the number of atoms")?.to_le_bytes();
        Ok([record(&control), record(&title), record(&atoms)].concat())
    }
}

impl FrameEncoder for DcdEncoder {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut dyn SeekableWrite) -> Result<(), EncodeError> {
        match self.frames {
            0 => self.first = (frame.step, frame.time_ps),
            1 => self.interval = frame.step - self.first.0,
            _ if frame.step - self.last.0 != self.interval => {
                let reason =
                    format!("DCD needs evenly spaced steps, {} apart like the first two", self.interval);
                return Err(EncodeError::Order(reason));
            }
            _ => {}
        }
        self.last = (frame.step, frame.time_ps);
        self.frames += 1;
        if self.frames == 1 {
            out.write_all(&self.header()?)?;
        }
        for axis in 0..3 {
            let row: Vec<u8> = frame
                .positions
                .iter()
                .flat_map(|position| ((position[axis] * ANGSTROM_PER_NM) as f32).to_le_bytes())
                .collect();
            out.write_all(&record(&row))?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn SeekableWrite) -> Result<(), EncodeError> {
        out.seek(SeekFrom::Start(0))?;
        out.write_all(&self.header()?)?;
        out.seek(SeekFrom::End(0))?;
        Ok(())
    }
}

/// A Fortran record: its length before and after.
fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u32).to_le_bytes();
    [&length[..], bytes, &length[..]].concat()
}
