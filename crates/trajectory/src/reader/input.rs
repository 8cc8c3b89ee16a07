//! The bytes of a file that nobody vouches for: nothing is allocated for a number in it that the file's length does not cover.

use std::io::{self, BufRead, Read};

use super::decoder::DecodeError;

/// Longest line of a text format, bytes.
const LONGEST_LINE: u64 = 1 << 16;

/// Bytes that are still to come, and how many they are.
pub(super) struct Input {
    reader: Box<dyn BufRead + Send>,
    left: u64,
}

impl Input {
    /// The first `length` bytes of a reader.
    pub(super) fn new(reader: Box<dyn BufRead + Send>, length: u64) -> Self {
        Self { reader, left: length }
    }

    /// Bytes to come.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Whether nothing comes any more.
    pub(super) fn is_at_end(&self) -> bool {
        self.left == 0
    }

    /// Fails where fewer bytes are left.
    pub(super) fn require(&self, bytes: u64) -> Result<(), DecodeError> {
        if bytes <= self.left { Ok(()) } else { Err(DecodeError::Cut) }
    }

    /// The next bytes, whose number is known.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// The next bytes, whose number the file states.
    pub(super) fn bytes(&mut self, count: u64) -> Result<Vec<u8>, DecodeError> {
        self.require(count)?;
        let mut bytes = vec![0; usize::try_from(count).map_err(|_| DecodeError::Cut)?];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Passes bytes over.
    pub(super) fn skip(&mut self, count: u64) -> Result<(), DecodeError> {
        self.require(count)?;
        let skipped = io::copy(&mut (&mut self.reader).take(count), &mut io::sink())?;
        self.left -= skipped;
        if skipped == count { Ok(()) } else { Err(DecodeError::Cut) }
    }

    /// The next line of text without its end, and whether it has one; none after the last.
    pub(super) fn line(&mut self) -> Result<Option<Line>, DecodeError> {
        let Some((bytes, ended)) = self.line_bytes()? else { return Ok(None) };
        let text = String::from_utf8(bytes).map_err(|_| {
            DecodeError::content("a line is not UTF-8 text: is this a file of another format?")
        })?;
        Ok(Some(Line { text, ended }))
    }

    /// The same where the text may be in any encoding.
    pub(super) fn line_bytes(&mut self) -> Result<Option<(Vec<u8>, bool)>, DecodeError> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(self.left.min(LONGEST_LINE)).read_until(b'\n', &mut bytes)? as u64;
        self.left = if read == 0 { 0 } else { self.left - read };
        let ended = bytes.last() == Some(&b'\n');
        if !ended && read == LONGEST_LINE {
            return Err(DecodeError::content("a line has more than 65,536 characters"));
        }
        if ended {
            bytes.pop();
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        Ok(Some((bytes, ended)))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), DecodeError> {
        self.require(bytes.len() as u64)?;
        self.reader.read_exact(bytes).map_err(|error| match error.kind() {
            // Somebody has shortened the file in the meantime.
            io::ErrorKind::UnexpectedEof => DecodeError::Cut,
            _ => DecodeError::File(error),
        })?;
        self.left -= bytes.len() as u64;
        Ok(())
    }
}

/// A line of text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Without its end.
    pub(super) text: String,
    /// Whether a line break ends it: the last line of a file that was cut has none.
    pub(super) ended: bool,
}

/// Lines of a text format with their numbers.
pub(super) struct Lines {
    input: Input,
    number: u64,
}

impl Lines {
    /// All lines of an input.
    pub(super) fn new(input: Input) -> Self {
        Self { input, number: 0 }
    }

    /// The next line.
    pub(super) fn next(&mut self) -> Result<Option<Line>, DecodeError> {
        self.number += 1;
        self.input.line()
    }

    /// The next line without its end, in any encoding.
    pub(super) fn next_bytes(&mut self) -> Result<Option<Vec<u8>>, DecodeError> {
        self.number += 1;
        Ok(self.input.line_bytes()?.map(|(bytes, _)| bytes))
    }

    /// The next line, which must be there.
    pub(super) fn required(&mut self) -> Result<Line, DecodeError> {
        self.next()?.ok_or(DecodeError::Cut)
    }

    /// Bytes after the line that was read last.
    pub(super) fn left(&self) -> u64 {
        self.input.left()
    }

    /// An error that names the line that was read last.
    pub(super) fn error(&self, reason: impl std::fmt::Display) -> DecodeError {
        DecodeError::content(format!("line {}: {reason}", self.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(bytes: &'static [u8]) -> Input {
        Input::new(Box::new(bytes), bytes.len() as u64)
    }

    #[test]
    fn nothing_is_allocated_for_what_is_not_there() {
        let mut short = input(b"1234");
        assert!(matches!(short.bytes(u64::MAX), Err(DecodeError::Cut)));
        assert!(matches!(short.skip(5), Err(DecodeError::Cut)));
        assert_eq!(short.bytes(4).unwrap(), b"1234");
        assert!(short.is_at_end());
        assert!(matches!(short.array::<1>(), Err(DecodeError::Cut)));
    }

    #[test]
    fn lines_end_or_do_not() {
        let mut text = input(b"one\r\n\ntwo");
        let mut line = || text.line().unwrap().map(|line| (line.text, line.ended));
        assert_eq!(line(), Some(("one".into(), true)));
        assert_eq!(line(), Some((String::new(), true)));
        assert_eq!(line(), Some(("two".into(), false)));
        assert_eq!(line(), None);
        assert!(input(b"\xff\xfe\n").line().is_err());
        assert_eq!(input(b"\xff\xfe\n").line_bytes().unwrap(), Some((vec![0xff, 0xfe], true)));
    }
}
