//! A frame to be written.

/// One frame to be written.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Positions, nm, one per atom.
    pub positions: &'a [[f64; 3]],
    /// Its number; strictly increasing within a file.
    pub step: u64,
    /// Its time, ps; strictly increasing within a file.
    pub time_ps: f64,
    /// Values that go with it, by name; only extended XYZ has room for them. Names are letters, digits and underscores.
    pub properties: &'a [(String, FrameProperty)],
}

/// A value of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameProperty {
    /// A number; one that is not finite is left out.
    Number(f64),
    /// A whole number.
    Integer(u64),
    /// A word or a line, without quotes and backslashes.
    Text(String),
}
