//! GROMACS TRR: positions in single precision, big-endian (XDR), no box (GROMACS `trrio.cpp`).

use super::encoder::{EncodeError, FrameEncoder, SeekableWrite};
use super::frame::Frame;

const MAGIC: i32 = 1993;
const VERSION: &[u8; 12] = b"GMX_trn_file";
const BOX_BYTES: i32 = 9 * 4;

/// Frames with positions and a box of zeros.
pub(super) struct TrrEncoder;

impl FrameEncoder for TrrEncoder {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut dyn SeekableWrite) -> Result<(), EncodeError> {
        let too_large = |what: &str| EncodeError::DoesNotFit(format!("{what} (TRR holds 32 bits)"));
        let step = i32::try_from(frame.step).map_err(|_| too_large("the step"))?;
        let atoms = i32::try_from(frame.positions.len()).map_err(|_| too_large("the number of atoms"))?;
        let position_bytes = atoms.checked_mul(12).ok_or_else(|| too_large("the number of atoms"))?;
        let mut bytes = Vec::with_capacity(100 + position_bytes as usize);
        let version_length = VERSION.len() as i32;
        bytes.extend([MAGIC, version_length + 1, version_length].map(i32::to_be_bytes).concat());
        bytes.extend(VERSION);
        // Sizes: input record, energies, box, virial, pressure, topology, symbols, positions, velocities, forces.
        bytes.extend([0, 0, BOX_BYTES, 0, 0, 0, 0, position_bytes, 0, 0].map(i32::to_be_bytes).concat());
        bytes.extend([atoms, step, 0].map(i32::to_be_bytes).concat());
        bytes.extend([frame.time_ps as f32, 0.0].map(f32::to_be_bytes).concat());
        bytes.extend([0_u8; BOX_BYTES as usize]);
        for &x in frame.positions.iter().flatten() {
            bytes.extend((x as f32).to_be_bytes());
        }
        out.write_all(&bytes)?;
        Ok(())
    }
}
