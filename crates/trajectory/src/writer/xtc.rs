//! GROMACS XTC: compressed integers of 0.001 nm (GROMACS manual, "File formats").

use molly::XTCWriter;

use super::encoder::{EncodeError, FrameEncoder, SeekableWrite};
use super::frame::Frame;

/// Steps of a coordinate in one nm.
const PRECISION: f32 = 1000.0;

/// Largest coordinate, nm: the three integers of an atom then fit 64 bits together. molly packs more bits than that in
/// an order that other readers do not expect. (A PDB file ends at 1000 nm too.)
const LARGEST_NM: f64 = 1000.0;

/// Largest value, nm, of the least distance between an atom and the next: it sets the bits for differences, which must
/// stay below 64 for the same reason after they grow by 8 (GROMACS' table of sizes, `2^(bits/3)` steps).
const LARGEST_LEAST_STEP_NM: f64 = 400.0;

/// Frames without a box (all zero). Up to nine atoms are stored uncompressed in single precision, as GROMACS does.
pub(super) struct XtcEncoder;

impl FrameEncoder for XtcEncoder {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut dyn SeekableWrite) -> Result<(), EncodeError> {
        if let Some(x) = frame.positions.iter().flatten().find(|x| x.abs() > LARGEST_NM) {
            return Err(EncodeError::DoesNotFit(format!("the coordinate {x} nm")));
        }
        let apart = |pair: &[[f64; 3]]| (0..3).map(|axis| (pair[0][axis] - pair[1][axis]).abs()).sum::<f64>();
        let least = frame.positions.windows(2).map(apart).reduce(f64::min).unwrap_or(0.0);
        if least > LARGEST_LEAST_STEP_NM {
            return Err(EncodeError::DoesNotFit(format!(
                "a molecule whose atoms are all {least:.0} nm apart"
            )));
        }
        let step = i32::try_from(frame.step)
            .map_err(|_| EncodeError::DoesNotFit(format!("step {} (XTC holds 32 bits)", frame.step)))?;
        let molly_frame = molly::Frame {
            step: step.cast_unsigned(),
            time: frame.time_ps as f32,
            boxvec: [0.0; 9],
            precision: PRECISION,
            positions: frame.positions.iter().flatten().map(|&x| x as f32).collect(),
        };
        XTCWriter::new(out).write_frame(&molly_frame)?;
        Ok(())
    }
}
