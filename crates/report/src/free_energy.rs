//! Free-energy differences that the paths of a run know by themselves.

use serde::{Deserialize, Serialize};

use crate::{decimals, with_error};

/// Share of a region's weight that paths must cover for their free energy to be that of the region: what half of it would change is
/// 0.7 kT.
const LEAST_COVERED: f64 = 0.5;
/// Fraction below which the text states how much they cover.
const WHOLE: f64 = 0.95;
/// Standard errors by which two free-energy differences may differ.
const AGREEING_ERRORS: f64 = 3.0;
/// What the landscape's own difference may be wrong by, kJ/mol.
const LANDSCAPE_ERROR_KJ_MOL: f64 = 1.0;

/// Free energies from the paths of both directions, beside the landscape's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreeEnergySummary {
    /// Points of the curve whose tethered ensembles were used.
    pub windows: usize,
    /// Between the two states as the configuration defines them: the variables within the radius of the state's centre. Absent where
    /// too few points of the paths lie in one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub states: Option<FreeEnergyDifference>,
    /// Between all that lies on the end's and on the start's side of the landscape's divide. Absent without a landscape of one to three
    /// variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basins: Option<FreeEnergyDifference>,
}

/// `F(end) - F(start)` of two regions without any tether, in kJ/mol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreeEnergyDifference {
    /// From all paths; absent where it is not known, because the two directions disagree or their works hardly overlap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_f_kj_mol: Option<f64>,
    /// Its standard error, from resampling the paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_f_error_kj_mol: Option<f64>,
    /// From the forward paths alone.
    pub forward_kj_mol: f64,
    /// Standard error of that; absent where resampling the paths cannot tell it, because some samples miss a region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_error_kj_mol: Option<f64>,
    /// From the backward paths alone.
    pub backward_kj_mol: f64,
    /// Standard error of that, absent likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backward_error_kj_mol: Option<f64>,
    /// Whether the two differ by no more than four standard errors of their difference; absent where an error is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directions_agree: Option<bool>,
    /// The same difference from the landscape, in kJ/mol; absent without a landscape of one to three variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landscape_kj_mol: Option<f64>,
    /// Share of the weight that the landscape gives to the start's region which lies where paths have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered_start: Option<f64>,
    /// The same for the end's region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered_end: Option<f64>,
}

impl FreeEnergySummary {
    /// Every difference with the name of its regions, as far as there is one.
    pub fn differences(&self) -> impl Iterator<Item = (&'static str, &FreeEnergyDifference)> {
        let named = [("basins", &self.basins), ("states", &self.states)];
        named.into_iter().filter_map(|(name, difference)| Some((name, difference.as_ref()?)))
    }

    /// A sentence for every difference.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let sentence = |(name, one): (&str, &FreeEnergyDifference)| {
            let landscape = one.landscape_kj_mol.map_or_else(String::new, |value| {
                format!("; the landscape itself gives {} kJ/mol", decimals(value, 1))
            });
            let from = match name {
                "basins" => "of the end's side of the barrier",
                _ => "within the end state's radius",
            };
            let covered = match (one.covered_start, one.covered_end) {
                (Some(start), Some(end)) if start.min(end) < WHOLE => format!(
                    ", counted where paths have been, on {} % of the start's weight and {} % of the end's",
                    decimals(100.0 * start, 0),
                    decimals(100.0 * end, 0)
                ),
                _ => String::new(),
            };
            match one.delta_f_kj_mol {
                Some(value) => format!(
                    "Without tethers, the free energy {from} is, from the paths of both directions, {} kJ/mol relative to the \
                     start's{covered}{landscape}.",
                    with_error(value, one.delta_f_error_kj_mol, 1)
                ),
                None => format!(
                    "Without tethers, the paths do not determine the free energy {from}: {} kJ/mol relative to the start's from the \
                     forward paths alone, {} from the backward ones{landscape}.",
                    with_error(one.forward_kj_mol, one.forward_error_kj_mol, 1),
                    with_error(one.backward_kj_mol, one.backward_error_kj_mol, 1)
                ),
            }
        };
        self.differences().map(sentence).collect()
    }

    /// What a reader must know before she believes the differences.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut list = Vec::new();
        for (name, one) in self.differences() {
            if one.directions_agree == Some(false) {
                list.push(format!(
                    "Forward and backward paths disagree about the free energy between the {name} ({} and {} kJ/mol): it is not \
                     known. Slower paths, more of them, or a higher floor of logSNR are needed.",
                    with_error(one.forward_kj_mol, one.forward_error_kj_mol, 1),
                    with_error(one.backward_kj_mol, one.backward_error_kj_mol, 1)
                ));
            }
            if one.directions_agree.is_none() {
                list.push(format!(
                    "Too few paths have points in both regions to tell whether forward and backward ones agree about the free energy \
                     between the {name}: it is not known. More paths are needed."
                ));
            }
            if let (Some(own), Some(error), Some(other)) =
                (one.delta_f_kj_mol, one.delta_f_error_kj_mol, one.landscape_kj_mol)
                && (own - other).abs() > AGREEING_ERRORS * error.hypot(LANDSCAPE_ERROR_KJ_MOL)
            {
                list.push(format!(
                    "Between the {name}, the free energy of the paths ({} kJ/mol) and of the landscape ({} kJ/mol) differ by more \
                     than {AGREEING_ERRORS} standard errors.",
                    with_error(own, Some(error), 1),
                    decimals(other, 1)
                ));
            }
            for (side, covered) in [("start", one.covered_start), ("end", one.covered_end)] {
                if let Some(share) =
                    covered.filter(|share| *share < LEAST_COVERED && one.delta_f_kj_mol.is_some())
                {
                    list.push(format!(
                        "The paths have visited regions with only {} % of the weight of the {side}'s side, according to the \
                         landscape: their free energy between the {name} does not include the rest.",
                        decimals(100.0 * share, 0)
                    ));
                }
            }
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> FreeEnergyDifference {
        FreeEnergyDifference {
            delta_f_kj_mol: Some(9.1),
            delta_f_error_kj_mol: Some(0.4),
            forward_kj_mol: 9.4,
            forward_error_kj_mol: Some(0.6),
            backward_kj_mol: 8.8,
            backward_error_kj_mol: Some(0.5),
            directions_agree: Some(true),
            landscape_kj_mol: Some(9.0),
            covered_start: Some(0.97),
            covered_end: Some(0.99),
        }
    }

    #[test]
    fn what_is_not_known_is_said_and_so_is_every_doubt() {
        let of = |basins| FreeEnergySummary { windows: 24, states: None, basins: Some(basins) };
        assert!(of(known()).warnings().is_empty());
        assert!(of(known()).sentences()[0].contains("9.1 ± 0.4 kJ/mol"));
        let unknown = of(FreeEnergyDifference {
            delta_f_kj_mol: None,
            delta_f_error_kj_mol: None,
            directions_agree: Some(false),
            ..known()
        });
        assert!(unknown.sentences()[0].contains("do not determine"), "{:?}", unknown.sentences());
        assert!(unknown.warnings()[0].contains("disagree"));
        let untold =
            of(FreeEnergyDifference { forward_error_kj_mol: None, directions_agree: None, ..known() });
        assert!(untold.warnings()[0].contains("Too few paths"));
        let wrong = of(FreeEnergyDifference { landscape_kj_mol: Some(26.0), ..known() });
        assert!(wrong.warnings()[0].contains("differ by more than 3"));
        let elsewhere = of(FreeEnergyDifference { covered_start: Some(0.4), ..known() });
        assert!(elsewhere.warnings()[0].contains("40 % of the weight of the start's side"));
    }
}
