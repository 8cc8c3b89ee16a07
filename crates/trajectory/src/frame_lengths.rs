//! Lengths of the frames of XTC and TRR files, from their headers.
//!
//! Readers of these formats leave out a last frame that is not whole without a word, as a simulation that was stopped leaves it.
//! Layouts: GROMACS reference manual, "File formats"; all numbers are big-endian (XDR).

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::TrajectoryError;

/// Bytes of a frame from its first one, which the reader stands on; it is left anywhere inside the frame.
type FrameLength = fn(&mut BufReader<File>) -> io::Result<u64>;

/// Fails where the file ends inside a frame. Files of other formats are not looked at.
pub(crate) fn check_last_frame(path: &Path, size: u64) -> Result<(), TrajectoryError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    let frame_length: FrameLength = match extension.to_ascii_lowercase().as_str() {
        "xtc" => xtc_frame,
        "trr" => trr_frame,
        _ => return Ok(()),
    };
    let file = |error| TrajectoryError::file(path, error);
    let mut reader = BufReader::new(File::open(path).map_err(file)?);
    let mut start = 0;
    for frame in 0_usize.. {
        if start == size {
            break;
        }
        reader.seek(SeekFrom::Start(start)).map_err(file)?;
        let end = match frame_length(&mut reader) {
            Ok(length) => start.saturating_add(length),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => u64::MAX,
            Err(error) => return Err(TrajectoryError::content(path, format!("frame {frame}: {error}"))),
        };
        if end > size {
            return Err(TrajectoryError::content(path, format!("it ends inside frame {frame}")));
        }
        start = end;
    }
    Ok(())
}

fn read_u32(reader: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    reader.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Magic number, atoms, step, time, box (9), atoms again; then the positions, plain or compressed.
fn xtc_frame(reader: &mut BufReader<File>) -> io::Result<u64> {
    const HEADER: u64 = 4 * (4 + 9 + 1);
    /// Precision, smallest and largest integers (3 each), index of the first small one.
    const COMPRESSION: u64 = 4 * (1 + 3 + 3 + 1);
    /// With so many atoms or fewer nothing is compressed.
    const PLAIN: u32 = 9;
    let long = match read_u32(reader)? {
        1995 => false,
        2023 => true,
        _ => return Err(wrong("it does not begin with the number of an XTC frame")),
    };
    let atoms = read_u32(reader)?;
    if atoms <= PLAIN {
        return Ok(HEADER + u64::from(atoms) * 12);
    }
    reader.seek_relative((HEADER + COMPRESSION - 8) as i64)?;
    let (first, width) = (u64::from(read_u32(reader)?), if long { 8 } else { 4 });
    let bytes = if long { first << 32 | u64::from(read_u32(reader)?) } else { first };
    let padded = bytes.checked_next_multiple_of(4).ok_or_else(|| wrong("its length cannot be"))?;
    Ok((HEADER + COMPRESSION + width).saturating_add(padded))
}

/// Magic number, name of the format, 13 numbers of which ten are lengths in bytes, time and λ; then what has the lengths.
fn trr_frame(reader: &mut BufReader<File>) -> io::Result<u64> {
    const LENGTHS: usize = 10;
    if read_u32(reader)? != 1993 {
        return Err(wrong("it does not begin with the number of a TRR frame"));
    }
    read_u32(reader)?;
    let name = u64::from(read_u32(reader)?).next_multiple_of(4);
    reader.seek_relative(name as i64)?;
    let mut lengths = [0; LENGTHS];
    for length in &mut lengths {
        *length = u64::from(read_u32(reader)?);
    }
    let atoms = u64::from(read_u32(reader)?);
    let [_, _, cell, _, _, _, _, positions, velocities, forces] = lengths;
    // Double precision shows in the lengths alone.
    let per_atom = [positions, velocities, forces].into_iter().max().unwrap_or(0);
    let double = if cell > 0 { cell == 72 } else { atoms > 0 && per_atom == 24 * atoms };
    let reals = if double { 16 } else { 8 };
    Ok(12 + name + 52 + reals + lengths.iter().sum::<u64>())
}
