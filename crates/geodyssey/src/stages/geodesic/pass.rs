//! How high a curve runs above the pass of its channel, and what is followed where a geodesic cuts over a shoulder beside it.

use geodyssey_report::Warning;

use super::candidate::Candidate;
use super::choice::{Barriers, Verdict};
use super::solve::{Solve, Windings};
use crate::artifacts::curve::STAGE;
use crate::config::CurveKind;
use crate::error::Error;
use crate::stages::constraints;

/// A curve this much above the lowest barrier is not a route that the molecule takes, kT: more than the thermal energy with
/// which paths scatter about it.
const HIGH_MAXIMUM: f64 = 2.0;

impl Solve<'_> {
    /// Where the kind of curve is left to the program: replaces a geodesic that runs far above the barrier of its channel by the
    /// minimum-energy path, and reports this.
    ///
    /// A geodesic measures how posteriors differ and not how high they lie. That it cuts over a shoulder is known once it is solved, and
    /// only if the channel's pass is known: in sampled regions. The path replaces it if it satisfies every constraint and is
    /// lower by more than one kT; otherwise the geodesic stays, with the reason.
    pub(super) fn over_the_pass(
        &self,
        windings: &Windings,
        candidates: &mut [Candidate],
        verdict: &mut Verdict,
    ) -> Result<(), Error> {
        let geodesic = &candidates[verdict.chosen];
        if self.problem.config.geodesic.kind != CurveKind::Automatic
            || windings.barriers() != Barriers::Bottlenecks
        {
            return Ok(());
        }
        let (Some(pass), Some(maximum)) = (geodesic.barrier, geodesic.curve_maximum) else { return Ok(()) };
        let (thermal_energy, minimum) = (self.problem.thermal_energy, self.landscape.minimum);
        let above = (maximum - pass) / thermal_energy;
        let index = windings.all.iter().position(|winding| *winding == geodesic.winding);
        let Some(index) = index.filter(|_| pass.is_finite() && above > HIGH_MAXIMUM) else { return Ok(()) };
        let Some(channel) = windings.channels[index].as_ref() else { return Ok(()) };
        let is_sampled =
            |x: &Vec<f64>| self.landscape.ground.as_ref().is_none_or(|ground| ground.contains(x));
        if !channel.path.iter().all(is_sampled) {
            return Ok(());
        }
        let found = self.minimum_energy_path(&windings.start, &self.image(windings, index), Some(channel));
        let path = match found.and_then(|found| self.candidate(windings, index, found)) {
            Ok(path) => path,
            Err(error @ (Error::Interrupted | Error::File(_))) => return Err(error),
            Err(error) => {
                let message = format!(
                    "The geodesic runs far above the pass of its channel, and the minimum-energy path, which would have replaced \
                     it, was not found: {error}."
                );
                candidates[verdict.chosen].warnings.push(Warning::new(STAGE, message));
                return Ok(());
            }
        };
        let Some(lower) = path.curve_maximum.filter(|lower| maximum - lower > thermal_energy) else {
            return Ok(());
        };
        if !path.satisfied() {
            let message = format!(
                "The minimum-energy path of the same channel crosses only {:.1} kJ/mol, but does not satisfy the constraints: the \
                 geodesic is followed.",
                lower - minimum
            );
            candidates[verdict.chosen].warnings.push(Warning::new(STAGE, message));
            return Ok(());
        }
        let mut warnings = path.warnings;
        warnings.push(Warning::new(
            STAGE,
            format!(
                "The geodesic crosses {:.1} kJ/mol, {above:.1} kT above the pass of its channel ({:.1} kJ/mol). The minimum-energy \
                 path is followed instead, which crosses {:.1} kJ/mol. `geodesic.kind = \"geodesic\"` follows the geodesic anyway.",
                maximum - minimum,
                pass - minimum,
                lower - minimum
            ),
        ));
        verdict.reasons[verdict.chosen].push_str(
            " (of its geodesic, which runs far above the pass: the minimum-energy path is followed)",
        );
        candidates[verdict.chosen] = Candidate {
            kind: CurveKind::MinimumEnergyPath,
            evaluations: geodesic.evaluations + path.evaluations,
            warnings,
            ..path
        };
        Ok(())
    }

    /// A curve far above the lowest barrier is not a route that the molecule would take.
    pub(super) fn warn_of_high_maximum(
        &self,
        windings: &Windings,
        best: &Candidate,
        maximum: Option<f64>,
    ) -> Option<Warning> {
        // Of any winding; but of the ways that are left where the configuration asks for a detour.
        let detours = constraints::regions(self.problem).iter().any(|region| region.active);
        let open = windings.lowest.as_ref().filter(|_| !detours).map(|barrier| barrier.energy_kj_mol);
        let lowest = open.unwrap_or_else(|| windings.lowest_barrier());
        let (maximum, minimum) = (maximum?, self.landscape.minimum);
        let above = (maximum - lowest) / self.problem.thermal_energy;
        if !(lowest.is_finite() && above > HIGH_MAXIMUM) {
            return None;
        }
        // Of a path that keeps to its channel's pass.
        let is_at_its_pass =
            best.barrier.is_some_and(|pass| maximum - pass <= HIGH_MAXIMUM * self.problem.thermal_energy);
        let help = match best.kind {
            CurveKind::Automatic | CurveKind::Geodesic => {
                "`geodesic.kind = \"minimum-energy-path\"` follows the lowest pass; a constraint `energy-ceiling` together with a \
                 narrower tether (a higher `log_snr_floor`) bends the geodesic towards it"
            }
            CurveKind::MinimumEnergyPath if is_at_its_pass => {
                "its channel has no lower pass: another `geodesic.winding`, or none, follows the lowest"
            }
            CurveKind::MinimumEnergyPath => "more `geodesic.points` follow the pass more closely",
            _ => "it is a baseline, which takes no account of barriers",
        };
        Some(Warning::new(
            STAGE,
            format!(
                "The curve crosses {:.1} kJ/mol, {above:.1} kT above the lowest barrier between the states ({:.1} kJ/mol): its paths \
                 are not those by which the molecule crosses. {}.",
                maximum - minimum,
                lowest - minimum,
                capitalised(help)
            ),
        ))
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
