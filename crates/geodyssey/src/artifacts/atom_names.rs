//! `topology-names.csv`: names of atoms in PDB files that differ from the topology's.

use geodyssey_trajectory::RenamedAtom;

use super::rows::csv_of;
use crate::error::Error;

const COLUMNS: [&str; 3] = ["atom", "name", "name_in_pdb"];

/// The table.
pub(crate) fn atom_names_csv(renamed: Vec<RenamedAtom>) -> Result<Vec<u8>, Error> {
    let rows = renamed.into_iter().map(|atom| vec![atom.atom.to_string(), atom.name, atom.written_as]);
    csv_of("the table of names", std::iter::once(COLUMNS.map(str::to_owned).to_vec()).chain(rows))
}
