//! GROMACS XTC: compressed integers of 0.001 nm (GROMACS manual, "File formats").

use molly::XTCWriter;

use super::{EncodeError, Frame, FrameEncoder, SeekableWrite};

/// Steps of a coordinate in one nm.
const PRECISION: f32 = 1000.0;

/// Beyond this, nm, integers and their differences could overflow.
const LARGEST_NM: f64 = 1e5;

/// Frames without a box (all zero). Up to nine atoms are stored uncompressed in single precision, as GROMACS does.
pub(super) struct XtcEncoder;

impl FrameEncoder for XtcEncoder {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut dyn SeekableWrite) -> Result<(), EncodeError> {
        if let Some(x) = frame.positions.iter().flatten().find(|x| x.abs() > LARGEST_NM) {
            return Err(EncodeError::DoesNotFit(format!("the coordinate {x} nm")));
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
