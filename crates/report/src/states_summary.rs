//! What a run's summary says of its states.

use serde::{Deserialize, Serialize};

/// A state, as the run takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateSummary {
    /// `start` or `end`.
    pub state: String,
    /// Its variables, in the units of the run's files.
    pub center: Vec<f64>,
    /// What counts as arrived, per variable.
    pub radius: Vec<f64>,
    /// Of a molecule: where its structure comes from, such as `minimised`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structure: Option<String>,
    /// Potential energy of this structure, in kJ/mol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub potential_energy_kj_mol: Option<f64>,
    /// Distance, in the state's radii, from the variables of its file to those of the minimised structure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_radii: Option<f64>,
    /// Energy of the landscape at the centre above the lowest point that can be reached from there without climbing more than one
    /// kT, in kJ/mol; absent until there is a landscape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_basin_minimum_kj_mol: Option<f64>,
    /// Where that lowest point is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basin_minimum: Option<Vec<f64>>,
}

/// Whether the paths that arrive in the variables arrive at the state's structure.
///
/// Their last frames are relaxed with the variables held at the state's own values, and compared with the state's structure by the
/// torsions about all bonds between heavy atoms, exchanges of like substituents allowed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StructureMatch {
    /// Whether only paths that arrive at the structure count as reached (`match = "structure"` in `[states]`).
    pub required: bool,
    /// Largest difference of a torsion that counts as none, in degrees.
    pub tolerance_degrees: f64,
    /// Forward paths that arrive in the variables.
    pub arrived: usize,
    /// Those of them that have the end's structure.
    pub same_structure: usize,
    /// Backward paths that arrive in the variables.
    pub arrived_backward: usize,
    /// Those of them that have the start's structure.
    pub same_structure_backward: usize,
    /// Bonds about which the others differ, the most frequent first.
    pub differing_bonds: Vec<String>,
}
