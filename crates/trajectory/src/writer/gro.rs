//! GROMACS GRO: text, fixed columns, nm (GROMACS manual, "File formats").

use geodyssey_molecule::Topology;

use super::encoder::{EncodeError, FrameEncoder, SeekableWrite};
use super::frame::Frame;
use super::pdb_names::shortened;

/// Residue and atom numbers wrap at this, as GROMACS does.
const WRAP: i64 = 100_000;
/// Letters of residue and atom names; longer ones are shortened.
const NAME_WIDTH: usize = 5;

/// Frames with three decimals, the time in the title, and a box of zeros.
pub(super) struct GroEncoder {
    prefixes: Vec<String>,
}

impl GroEncoder {
    pub(super) fn new(topology: &Topology) -> Result<Self, String> {
        let residues = shortened(topology.residues().iter().map(|residue| residue.name.as_str()), NAME_WIDTH);
        let atoms = shortened(topology.atoms().iter().map(|atom| atom.name.as_str()), NAME_WIDTH);
        let prefix = |index: usize| {
            let (atom, residue) = (&topology.atoms()[index], topology.residue_of(index));
            let id = residue.id.rem_euclid(WRAP);
            let serial = (index as i64 + 1) % WRAP;
            let (residue, atom) = (&residues[&residue.name], &atoms[&atom.name]);
            let text = format!("{id:>5}{residue:<5}{atom:>5}{serial:>5}");
            if text.len() == 20 { Ok(text) } else { Err(format!("the name of {}", topology.label(index))) }
        };
        Ok(Self { prefixes: (0..topology.atom_count()).map(prefix).collect::<Result<_, _>>()? })
    }
}

impl FrameEncoder for GroEncoder {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut dyn SeekableWrite) -> Result<(), EncodeError> {
        writeln!(out, "Geodyssey t= {:.5} step= {}", frame.time_ps, frame.step)?;
        writeln!(out, "{:>5}", self.prefixes.len())?;
        for (prefix, [x, y, z]) in self.prefixes.iter().zip(frame.positions) {
            let line = format!("{prefix}{x:8.3}{y:8.3}{z:8.3}");
            if line.len() != 44 {
                return Err(EncodeError::DoesNotFit(format!("the position ({x}, {y}, {z}) nm")));
            }
            writeln!(out, "{line}")?;
        }
        writeln!(out, "{:10.5}{:10.5}{:10.5}", 0.0, 0.0, 0.0)?;
        Ok(())
    }
}
