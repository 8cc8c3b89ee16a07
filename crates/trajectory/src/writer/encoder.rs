//! How frames become bytes, and why they do not.

use std::io;

use super::frame::Frame;

/// How frames become bytes; one implementation a format. The caller has checked atom count, finiteness and order.
pub(super) trait FrameEncoder: Send {
    /// Writes one frame.
    fn encode(&mut self, frame: &Frame<'_>, out: &mut dyn SeekableWrite) -> Result<(), EncodeError>;

    /// Writes what follows the last frame, or completes the header.
    fn finish(&mut self, out: &mut dyn SeekableWrite) -> Result<(), EncodeError> {
        let _ = out;
        Ok(())
    }
}

/// What an encoder writes to.
pub(super) trait SeekableWrite: io::Write + io::Seek {}
impl<T: io::Write + io::Seek> SeekableWrite for T {}

/// Why a frame does not become bytes.
#[derive(Debug)]
pub(super) enum EncodeError {
    Write(io::Error),
    DoesNotFit(String),
    Order(String),
}

impl From<io::Error> for EncodeError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}
