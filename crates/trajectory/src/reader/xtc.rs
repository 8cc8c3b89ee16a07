//! GROMACS XTC: positions rounded to a precision and packed (GROMACS manual, "File formats"; the packing is that of the
//! `xdrf` library of F. van Hoesel).
//!
//! An atom's position is an integer vector, packed as one number of mixed radix. Runs of atoms that lie close to their
//! predecessor are packed with fewer bits, whose number adapts to how close they are; the first two atoms of such a run are
//! exchanged, which suits water. With nine atoms or fewer nothing is packed.

use super::decoder::{DecodeError, Decoded, FrameDecoder, Limits, vectors};
use super::input::Input;

const MAGIC: i32 = 1995;
/// The magic number of files in which the packed bytes are counted by 64 bits.
const LONG_MAGIC: i32 = 2023;
/// With this many atoms or fewer nothing is packed.
const PLAIN_ATOMS: u64 = 9;
/// Sizes beyond this are packed axis by axis.
const LARGEST_JOINT_SIZE: u32 = 0x00ff_ffff;

/// Radix of the small differences for each number of bits that three of them take (`2^(bits/3)`, as the format has it).
const RADIX: [u32; 73] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 10, 12, 16, 20, 25, 32, 40, 50, 64, 80, 101, 128, 161, 203, 256, 322, 406,
    512, 645, 812, 1024, 1290, 1625, 2048, 2580, 3250, 4096, 5060, 6501, 8192, 10321, 13003, 16384, 20642,
    26007, 32768, 41285, 52015, 65536, 82570, 104_031, 131_072, 165_140, 208_063, 262_144, 330_280, 416_127,
    524_287, 660_561, 832_255, 1_048_576, 1_321_122, 1_664_510, 2_097_152, 2_642_245, 3_329_021, 4_194_304,
    5_284_491, 6_658_042, 8_388_607, 10_568_983, 13_316_085, 16_777_216,
];

/// Frames of an XTC file.
pub(super) struct XtcDecoder {
    input: Input,
}

impl XtcDecoder {
    pub(super) fn new(input: Input) -> Self {
        Self { input }
    }

    fn integer(&mut self) -> Result<i32, DecodeError> {
        Ok(i32::from_be_bytes(self.input.array()?))
    }

    fn real(&mut self) -> Result<f32, DecodeError> {
        Ok(f32::from_be_bytes(self.input.array()?))
    }

    fn packed(&mut self, atoms: u64, long: bool) -> Result<Vec<[f64; 3]>, DecodeError> {
        let precision = self.real()?;
        if !(precision > 0.0 && precision.is_finite()) {
            return Err(DecodeError::content(format!("its precision is {precision}")));
        }
        let mut least = [0; 3];
        for x in &mut least {
            *x = self.integer()?;
        }
        let mut size = [0; 3];
        for (size, least) in size.iter_mut().zip(least) {
            let extent = i64::from(self.integer()?) - i64::from(least) + 1;
            *size =
                u32::try_from(extent).ok().filter(|size| *size > 0).ok_or_else(|| damaged("its range"))?;
        }
        let small_bits = self.integer()?;
        let length = if long {
            u64::from_be_bytes(self.input.array()?)
        } else {
            u64::from(u32::from_be_bytes(self.input.array()?))
        };
        let padded = length.checked_next_multiple_of(4).ok_or(DecodeError::Cut)?;
        // Every atom takes a bit at least.
        if atoms > length.saturating_mul(8) {
            return Err(damaged("the number of its packed bytes"));
        }
        let bytes = self.input.bytes(padded)?;
        let small_bits = usize::try_from(small_bits).map_err(|_| damaged("its number of bits"))?;
        let scale = 1.0 / precision;
        let mut positions = Vec::new();
        let mut atom = |position: [i64; 3]| positions.push(position.map(|x| f64::from(x as f32 * scale)));
        unpack(&bytes, atoms, least, size, small_bits, &mut atom)?;
        Ok(positions)
    }
}

impl FrameDecoder for XtcDecoder {
    fn next(&mut self, limits: &Limits) -> Result<Option<Decoded>, DecodeError> {
        if self.input.is_at_end() {
            return Ok(None);
        }
        let long = match self.integer()? {
            MAGIC => false,
            LONG_MAGIC => true,
            _ => return Err(DecodeError::content("it does not begin with the number of an XTC frame")),
        };
        let atoms = self.integer()?;
        let (_step, _time_ps) = (self.integer()?, self.real()?);
        let mut cell = [0.0; 9];
        for x in &mut cell {
            *x = f64::from(self.real()?);
        }
        let again = self.integer()?;
        if atoms != again {
            return Err(DecodeError::content(format!("its header states {atoms} atoms, and then {again}")));
        }
        let atoms = u64::try_from(atoms)
            .map_err(|_| DecodeError::content(format!("its header states {atoms} atoms")))?;
        limits.check_atoms(atoms)?;
        let positions = if atoms <= PLAIN_ATOMS {
            let bytes = self.input.bytes(12 * atoms)?;
            let numbers: Vec<f64> =
                bytes.as_chunks().0.iter().map(|&bytes| f64::from(f32::from_be_bytes(bytes))).collect();
            vectors(&numbers)
        } else {
            self.packed(atoms, long)?
        };
        Ok(Some(Decoded {
            positions: Some(positions),
            cell: vectors(&cell).try_into().ok(),
            names: Vec::new(),
        }))
    }
}

fn damaged(what: &str) -> DecodeError {
    DecodeError::content(format!("{what} is impossible: the file is damaged"))
}

/// Unpacks the integer positions of all atoms in their order.
fn unpack(
    bytes: &[u8],
    atoms: u64,
    least: [i32; 3],
    size: [u32; 3],
    mut small_bits: usize,
    atom: &mut impl FnMut([i64; 3]),
) -> Result<(), DecodeError> {
    let least = least.map(i64::from);
    let radix = |bits: usize| {
        RADIX.get(bits).copied().filter(|radix| *radix > 0).ok_or_else(|| damaged("its number of bits"))
    };
    let joint = size.iter().all(|size| *size <= LARGEST_JOINT_SIZE);
    let joint_bits = if joint { bit_length(size.iter().map(|&size| u128::from(size)).product()) } else { 0 };
    let mut bits = Bits { bytes, at: 0 };
    let mut small = radix(small_bits)?;
    let mut run = 0;
    let mut done = 0;
    while done < atoms {
        let whole = if joint {
            bits.mixed(joint_bits, size)?
        } else {
            let mut axes = [0; 3];
            for (axis, size) in axes.iter_mut().zip(size) {
                *axis = bits.number(bit_length(size.into()))? as i64;
            }
            axes
        };
        let mut previous = add(whole, least);
        // One bit says that a new length of run follows, with a change of the number of bits.
        let mut change = 0;
        if bits.number(1)? == 1 {
            let code = bits.number(5)?;
            run = code / 3;
            change = (code % 3) as isize - 1;
        }
        if run == 0 {
            atom(previous);
            done += 1;
        }
        for index in 0..run {
            let half = i64::from(small / 2);
            let next = add(add(bits.mixed(small_bits as u32, [small; 3])?, previous), [-half; 3]);
            if index == 0 {
                atom(next);
                atom(previous);
                done += 2;
            } else {
                atom(next);
                done += 1;
            }
            previous = next;
        }
        small_bits = small_bits.saturating_add_signed(change);
        small = radix(small_bits)?;
    }
    if done == atoms { Ok(()) } else { Err(damaged("the length of a run of its atoms")) }
}

fn add(a: [i64; 3], b: [i64; 3]) -> [i64; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// Bits that a number takes.
fn bit_length(number: u128) -> u32 {
    u128::BITS - number.leading_zeros()
}

/// A stream of bits, the highest of a byte first.
struct Bits<'b> {
    bytes: &'b [u8],
    at: u64,
}

impl Bits<'_> {
    /// A number of at most 64 bits, the highest first.
    fn number(&mut self, bits: u32) -> Result<u64, DecodeError> {
        let (mut number, mut missing) = (0, bits);
        while missing > 0 {
            let byte = self
                .bytes
                .get((self.at / 8) as usize)
                .ok_or_else(|| damaged("the number of its packed bytes"))?;
            let unread = 8 - (self.at % 8) as u32;
            let taken = unread.min(missing);
            let part = (u64::from(*byte) >> (unread - taken)) & ((1 << taken) - 1);
            number = (number << taken) | part;
            self.at += u64::from(taken);
            missing -= taken;
        }
        Ok(number)
    }

    /// Three digits of mixed radix in one number, whose bytes come lowest first.
    fn mixed(&mut self, bits: u32, radix: [u32; 3]) -> Result<[i64; 3], DecodeError> {
        let (mut number, mut read) = (0_u128, 0);
        while read < bits {
            let taken = (bits - read).min(8);
            number |= u128::from(self.number(taken)?) << read;
            read += taken;
        }
        let [_, second, third] = radix.map(u128::from);
        let rest = number / third;
        Ok([(rest / second) as u32 as i64, (rest % second) as i64, (number % third) as i64])
    }
}
