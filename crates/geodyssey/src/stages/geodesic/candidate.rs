//! One winding's curve, and the choice among them.

use geodyssey_report::{ConstraintSummary, Warning};
use geodyssey_spacetime::{CurveMeasures, CurveNode};

use crate::config::Choice;

/// One winding's curve.
pub(super) struct Candidate {
    /// Turns of the end's image.
    pub(super) winding: Vec<i32>,
    /// Its points with their moments.
    pub(super) nodes: Vec<CurveNode>,
    /// Arc length from the start to each point.
    pub(super) arc_length: Vec<f64>,
    /// Length and energy.
    pub(super) measures: CurveMeasures,
    /// Iterations of the solver.
    pub(super) iterations: u64,
    /// Points at which the denoiser was asked.
    pub(super) evaluations: u64,
    /// Why the solver stopped.
    pub(super) stop_reason: String,
    /// What must be known before it is believed.
    pub(super) warnings: Vec<Warning>,
    /// How far each constraint is kept.
    pub(super) constraints: Vec<ConstraintSummary>,
    /// Above the landscape's own zero, kJ/mol; infinite where blocked regions leave no way.
    pub(super) barrier: Option<f64>,
    /// Highest energy of the landscape at the posterior means of its points, kJ/mol; where there is no landscape, the
    /// highest posterior mean energy.
    pub(super) crest: Option<f64>,
}

impl Candidate {
    pub(super) fn satisfied(&self) -> bool {
        self.constraints.iter().all(|constraint| constraint.satisfied)
    }

    pub(super) fn highest_mean_energy(&self) -> Option<f64> {
        let energies = self.nodes.iter().map(|node| node.energy.as_ref().map(|energy| energy.mean));
        energies
            .into_iter()
            .try_fold(f64::NEG_INFINITY, |highest, energy| energy.map(|energy| highest.max(energy)))
    }
}

/// Barriers, or crests, closer than this to the lowest are as good as it, kT.
const EQUAL_BARRIERS: f64 = 0.1;

/// The winding to follow, among those that keep their constraints; among all, where none does.
///
/// Several windings may share the lowest bottleneck, where the variables can wind at little cost before they cross it. Of
/// their geodesics some go through it and some cut over the ridge beside it: those of the lowest crest are kept, and of these
/// the shortest is taken.
pub(super) fn choose(choice: Choice, thermal_energy: f64, candidates: &[Candidate]) -> Option<usize> {
    let any = candidates.iter().any(Candidate::satisfied);
    let allowed = || candidates.iter().enumerate().filter(|(_, candidate)| !any || candidate.satisfied());
    let mut eligible: Vec<(usize, &Candidate)> = allowed().collect();
    if choice == Choice::LowestBarrier {
        let heights: [fn(&Candidate) -> Option<f64>; 2] =
            [|candidate| candidate.barrier, |candidate| candidate.crest];
        for height in heights {
            let height = |candidate: &Candidate| height(candidate).unwrap_or(f64::INFINITY);
            let least = eligible.iter().map(|(_, candidate)| height(candidate)).fold(f64::INFINITY, f64::min);
            eligible.retain(|(_, candidate)| height(candidate) <= least + EQUAL_BARRIERS * thermal_energy);
        }
    }
    let shortest = eligible.iter().min_by(|(_, a), (_, b)| a.measures.length.total_cmp(&b.measures.length));
    shortest.map(|(index, _)| *index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(length: f64, barrier: f64, violation: bool) -> Candidate {
        let constraint = ConstraintSummary {
            kind: "low-variance".to_owned(),
            description: String::new(),
            report_only: false,
            unit: String::new(),
            threshold: None,
            tolerance: 1e-3,
            largest_violation: f64::from(u8::from(violation)),
            satisfied: !violation,
            sampled: None,
        };
        Candidate {
            winding: vec![0],
            nodes: Vec::new(),
            arc_length: Vec::new(),
            measures: CurveMeasures {
                energy: length * length / 2.0,
                length,
                constant_speed: 1.0,
                negative_share: 0.0,
            },
            iterations: 0,
            evaluations: 0,
            stop_reason: String::new(),
            warnings: Vec::new(),
            constraints: vec![constraint],
            barrier: Some(barrier),
            crest: Some(barrier),
        }
    }

    #[test]
    fn among_equal_barriers_a_high_crest_loses_and_then_the_longer_way() {
        let with_crest = |length, crest| Candidate { crest: Some(crest), ..candidate(length, 36.0, false) };
        let candidates = [with_crest(5.0, 75.0), with_crest(9.8, 36.0), with_crest(6.8, 36.03)];
        assert_eq!(choose(Choice::LowestBarrier, 1.0, &candidates), Some(2));
    }

    #[test]
    fn the_lowest_barrier_wins_before_the_length_and_constraints_before_both() {
        let candidates =
            [candidate(5.0, 60.0, false), candidate(8.0, 36.0, false), candidate(4.0, 30.0, true)];
        assert_eq!(choose(Choice::LowestBarrier, 2.5, &candidates), Some(1));
        assert_eq!(choose(Choice::Shortest, 2.5, &candidates), Some(0));
        assert_eq!(choose(Choice::Shortest, 2.5, &[]), None);
    }

    #[test]
    fn where_none_keeps_its_constraints_all_are_compared() {
        let candidates = [candidate(5.0, 60.0, true), candidate(8.0, f64::INFINITY, true)];
        assert_eq!(choose(Choice::LowestBarrier, 2.5, &candidates), Some(0));
    }
}
