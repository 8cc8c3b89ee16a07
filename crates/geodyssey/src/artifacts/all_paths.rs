//! `paths.csv`: one row per path.

use geodyssey_paths::Direction;
use serde::Deserialize;

use super::rows::csv_of;
use crate::error::Error;

/// The table.
pub(crate) const FILE: &str = "paths.csv";

/// The row of one path. Fields are named after their columns; other columns of a file are ignored.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PathRow {
    /// Name of its files.
    pub(crate) path: String,
    /// From start to end, or back.
    pub(crate) direction: Direction,
    /// 1 if its last frame lies within the radius of the target state.
    pub(crate) reached: u8,
    /// For a path of atoms that arrived in the variables: 1 if it arrived at the state's structure.
    pub(crate) same_structure: Option<u8>,
    /// Distance of its last frame from the centre of the target state, in radii; none if it failed.
    pub(crate) final_distance_radii: Option<f64>,
    /// Number of its frames.
    #[serde(default)]
    pub(crate) frames: usize,
    /// Highest all-atom potential energy over all steps, kJ/mol.
    pub(crate) max_potential_energy_kj_mol: Option<f64>,
    /// Highest landscape energy above the minimum, over all steps and the segments between them, kJ/mol.
    pub(crate) max_landscape_energy_kj_mol: Option<f64>,
    /// The same over all steps, without the segments, kJ/mol.
    pub(crate) max_landscape_energy_at_steps_kj_mol: Option<f64>,
    /// Work over the whole path, kJ/mol; none if it failed or is an unbiased path.
    pub(crate) work_kj_mol: Option<f64>,
    /// 1 if the torsions of the frame nearest to the target are within the radius of the target's; none without torsions.
    pub(crate) hit: Option<u8>,
    /// The frame nearest to the target.
    pub(crate) nearest_frame: Option<usize>,
    /// Heavy-atom distance of that frame from the target, nm.
    pub(crate) nearest_rmsd_nm: Option<f64>,
    /// Distance of that frame's torsions from the target's, radian.
    pub(crate) nearest_torsion_distance_rad: Option<f64>,
    /// Highest all-atom potential energy over all steps up to that frame, kJ/mol.
    pub(crate) max_potential_energy_to_nearest_kj_mol: Option<f64>,
    /// Why it failed; none if it did not.
    pub(crate) failure: Option<String>,
}

/// A column: its name, and its cell in the row of a path.
type Column = (&'static str, fn(&PathRow) -> String);

const COLUMNS: [Column; 16] = [
    ("path", |row| row.path.clone()),
    ("direction", |row| row.direction.name().to_owned()),
    ("reached", |row| row.reached.to_string()),
    ("same_structure", |row| cell(row.same_structure)),
    ("final_distance_radii", |row| cell(row.final_distance_radii)),
    ("frames", |row| row.frames.to_string()),
    ("max_potential_energy_kj_mol", |row| cell(row.max_potential_energy_kj_mol)),
    ("max_landscape_energy_kj_mol", |row| cell(row.max_landscape_energy_kj_mol)),
    ("max_landscape_energy_at_steps_kj_mol", |row| cell(row.max_landscape_energy_at_steps_kj_mol)),
    ("work_kj_mol", |row| cell(row.work_kj_mol)),
    ("hit", |row| cell(row.hit)),
    ("nearest_frame", |row| cell(row.nearest_frame)),
    ("nearest_rmsd_nm", |row| cell(row.nearest_rmsd_nm)),
    ("nearest_torsion_distance_rad", |row| cell(row.nearest_torsion_distance_rad)),
    ("max_potential_energy_to_nearest_kj_mol", |row| cell(row.max_potential_energy_to_nearest_kj_mol)),
    ("failure", |row| cell(row.failure.as_deref())),
];

fn cell<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// The table of all paths.
pub(crate) fn paths_csv(rows: &[PathRow]) -> Result<Vec<u8>, Error> {
    let header: Vec<String> = COLUMNS.iter().map(|(head, _)| (*head).to_owned()).collect();
    let cells = rows.iter().map(|row| COLUMNS.iter().map(|(_, of)| of(row)).collect::<Vec<String>>());
    csv_of("a table of the paths", std::iter::once(header).chain(cells))
}

/// The rows of the table. A column that is missing is an error, also where its cells may be empty.
pub(crate) fn read_paths(text: &str) -> Result<Vec<PathRow>, csv::Error> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    if let Some((head, _)) = COLUMNS.iter().find(|(head, _)| !header.iter().any(|known| known == *head)) {
        let message = format!("there is no column `{head}`");
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, message).into());
    }
    reader.deserialize::<PathRow>().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_by_the_same_names() {
        let row = PathRow {
            path: "backward-0003".to_owned(),
            direction: Direction::Backward,
            reached: 1,
            same_structure: Some(0),
            final_distance_radii: Some(1e-7),
            frames: 24,
            max_potential_energy_kj_mol: Some(-12.5),
            max_landscape_energy_kj_mol: None,
            max_landscape_energy_at_steps_kj_mol: Some(0.1 + 0.2),
            work_kj_mol: Some(3.0),
            hit: Some(1),
            nearest_frame: Some(22),
            nearest_rmsd_nm: Some(0.04),
            nearest_torsion_distance_rad: Some(0.3),
            max_potential_energy_to_nearest_kj_mol: Some(-13.0),
            failure: Some("energy is not finite, at step 3".to_owned()),
        };
        let bytes = paths_csv(std::slice::from_ref(&row)).expect("a table");
        let text = String::from_utf8(bytes).expect("text");
        let cells = "backward-0003,backward,1,0,0.0000001,24,-12.5,,0.30000000000000004,3,1,22,0.04,0.3,-13,\
                     \"energy is not finite, at step 3\"";
        assert_eq!(text.lines().nth(1), Some(cells));
        let read = read_paths(&text).expect("rows");
        assert_eq!(format!("{read:?}"), format!("{:?}", [row]));
    }
}
