//! Column names of the program's own tables and arrays, which cannot be names of variables.

/// The columns other than those of the variables, table by table.
const RESERVED: [&str; 27] = [
    // Landscapes and samples.
    "energy_kj_mol",
    "standard_error_kj_mol",
    "sampled",
    "weight",
    // Paths and curves.
    "frame",
    "point",
    "arc_length",
    "log_snr",
    "potential_energy_kj_mol",
    "landscape_energy_kj_mol",
    "tether_energy_kj_mol",
    "work_kj_mol",
    "mean_energy_kj_mol",
    // Edits and configurations of a distance matrix.
    "edit",
    "index",
    "name",
    "cluster",
    "embedding_first",
    "embedding_second",
    // Arrays of an exported run, and the values of its frames.
    "path_names",
    "variable_names",
    "variables",
    "backward",
    "frame_counts",
    "elements",
    "atom_names",
    "positions_nm",
];

/// Why a name cannot be a variable's; none if it can.
pub(super) fn why_not(name: &str) -> Option<String> {
    if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control() || ",\"=".contains(c)) {
        return Some(
            "it is used as a column name: expected one word without commas, quotes or equals signs"
                .to_owned(),
        );
    }
    let taken = RESERVED.contains(&name);
    taken.then(|| "the program's own tables or arrays use this name; choose another".to_owned())
}
