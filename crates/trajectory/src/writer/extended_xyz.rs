//! Extended XYZ: text, Å, with the values of a frame as `key=value` in its second line, as ASE and OVITO read it.

use std::fmt::Write as _;

use geodyssey_molecule::Topology;

use super::encoder::{EncodeError, FrameEncoder, SeekableWrite};
use super::frame::{Frame, FrameProperty};
use crate::angstrom::ANGSTROM_PER_NM;

/// Positions have as many characters at most, sign and decimals included, so that columns stay apart.
const WIDTH: usize = 16;

/// Elements and positions; no box.
pub(super) struct ExtendedXyzEncoder {
    symbols: Vec<&'static str>,
}

impl ExtendedXyzEncoder {
    pub(super) fn new(topology: &Topology) -> Self {
        Self { symbols: topology.atoms().iter().map(|atom| atom.element.symbol()).collect() }
    }
}

impl FrameEncoder for ExtendedXyzEncoder {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut dyn SeekableWrite) -> Result<(), EncodeError> {
        let mut comment = String::from("Properties=species:S:1:pos:R:3 pbc=\"F F F\"");
        for (key, value) in frame.properties {
            if !is_key(key) {
                return Err(EncodeError::DoesNotFit(format!("the name `{key}` of a value")));
            }
            // Writing to a string cannot fail.
            let _ = match value {
                FrameProperty::Integer(number) => write!(comment, " {key}={number}"),
                // With a decimal point always: readers take `4` for a whole number and `4.0` for a number.
                FrameProperty::Number(number) if number.is_finite() => write!(comment, " {key}={number:?}"),
                // The format has no word for a number that does not exist.
                FrameProperty::Number(_) => Ok(()),
                FrameProperty::Text(text)
                    if text.chars().any(|c| c.is_control() || c == '"' || c == '\\') =>
                {
                    return Err(EncodeError::DoesNotFit(format!("the text {text:?} of `{key}`")));
                }
                FrameProperty::Text(text) => write!(comment, " {key}=\"{text}\""),
            };
        }
        writeln!(out, "{}\n{comment}", self.symbols.len())?;
        for (symbol, position) in self.symbols.iter().zip(frame.positions) {
            let [x, y, z] = position.map(|x| format!("{:.6}", x * ANGSTROM_PER_NM));
            if [&x, &y, &z].iter().any(|text| text.len() > WIDTH) {
                return Err(EncodeError::DoesNotFit(format!("the position ({x}, {y}, {z}) Å")));
            }
            writeln!(out, "{symbol:<3} {x:>WIDTH$} {y:>WIDTH$} {z:>WIDTH$}")?;
        }
        Ok(())
    }
}

fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
