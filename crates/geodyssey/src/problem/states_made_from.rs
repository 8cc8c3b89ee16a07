//! What the states are made from, for fingerprints: what is written and what is in the files. What is computed from that, such as the
//! centre of a minimised structure, may differ in its last digits from machine to machine, where a run must go on nevertheless.

use geodyssey_run::Fingerprint;
use serde::Serialize;

use super::definition::Problem;
use crate::config::{PerVariable, Real, Space, StateConfig, StateRanges};

/// What a state's structure is made from.
#[derive(Serialize)]
struct StructureIngredients {
    file: Option<Fingerprint>,
    /// To which the molecule is driven, where there is no file.
    center: Option<Vec<Real>>,
}

/// What the structures of both states are made from.
#[derive(Serialize)]
pub(crate) struct StructuresIngredients {
    minimise: bool,
    each: [StructureIngredients; 2],
    /// Force field, topology and variables.
    molecule: [Option<Fingerprint>; 2],
}

/// What the centres of both states are made from.
#[derive(Serialize)]
pub(crate) struct CentersIngredients {
    structures: StructuresIngredients,
    centers: [Option<Vec<Real>>; 2],
}

/// What both states are made from, as regions of the variables.
#[derive(Serialize)]
pub(crate) struct RegionsIngredients {
    centers: CentersIngredients,
    radii: [Option<PerVariable>; 2],
    #[serde(skip_serializing_if = "are_not_given")]
    ranges: [Option<StateRanges>; 2],
    /// Whether atoms move: then a structure that leaves its state when it is minimised is held there, which asks for centre and radius.
    space: &'static str,
}

/// What both states are made from.
#[derive(Serialize)]
pub(crate) struct StatesIngredients {
    regions: RegionsIngredients,
    matching: crate::config::Matching,
}

/// Without ranges a landscape is the one that a program made which did not know them.
fn are_not_given(ranges: &[Option<StateRanges>; 2]) -> bool {
    ranges.iter().all(Option::is_none)
}

impl Problem {
    /// What the states' structures are made from; none without states.
    fn structures_made_from(&self) -> Option<StructuresIngredients> {
        let states = self.config.states.as_ref()?;
        let of = |key: &str, state: &StateConfig| StructureIngredients {
            file: self.inputs.get(key).copied(),
            center: state.center.clone().filter(|_| state.structure.is_none()),
        };
        Some(StructuresIngredients {
            minimise: states.minimise,
            each: [of("states.start.structure", &states.start), of("states.end.structure", &states.end)],
            molecule: ["system.topology", "system.force_field"].map(|key| self.inputs.get(key).copied()),
        })
    }

    /// What the states' centres are made from; none without states.
    pub(crate) fn centers_made_from(&self) -> Option<CentersIngredients> {
        let states = self.config.states.as_ref()?;
        Some(CentersIngredients {
            structures: self.structures_made_from()?,
            centers: [states.start.center.clone(), states.end.center.clone()],
        })
    }

    /// What the states as regions, and the structures that a molecule has in them, are made from; none without states.
    pub(crate) fn regions_made_from(&self) -> Option<RegionsIngredients> {
        let states = self.config.states.as_ref()?;
        Some(RegionsIngredients {
            centers: self.centers_made_from()?,
            radii: [states.start.radius.clone(), states.end.radius.clone()],
            ranges: [states.start.ranges.clone(), states.end.ranges.clone()],
            space: match self.config.space() {
                Space::Atoms => "atoms",
                Space::Variables => "variables",
            },
        })
    }

    /// What the states are made from; none without states.
    pub(crate) fn states_made_from(&self) -> Option<StatesIngredients> {
        let matching = self.config.states.as_ref()?.matching;
        Some(StatesIngredients { regions: self.regions_made_from()?, matching })
    }
}
