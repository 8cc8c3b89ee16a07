//! Which winding is followed, which need not be solved, and why.

use super::candidate::Candidate;
use crate::config::Choice;

/// Barriers, or maxima along curves, closer than this to the lowest count as equal to it, kT.
const EQUAL_BARRIERS: f64 = 0.1;

/// A height by which windings are told apart, kJ/mol.
type Height = fn(&Candidate) -> Option<f64>;

/// The winding to follow.
#[derive(Debug, PartialEq)]
pub(super) struct Verdict {
    /// Its place among the candidates.
    pub(super) chosen: usize,
    /// For every candidate, in a few words, the reason for or against it.
    pub(super) reasons: Vec<String>,
}

/// What the heights of the windings' barriers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Barriers {
    /// Bottlenecks of the landscape, known before anything is solved.
    Bottlenecks,
    /// Highest posterior mean energies of the solved curves.
    MeanEnergies,
}

impl Barriers {
    fn name(self) -> &'static str {
        match self {
            Self::Bottlenecks => "barrier",
            Self::MeanEnergies => "maximum mean energy",
        }
    }
}

/// The largest barrier that a winding may have and still be worth solving, in kJ/mol on the landscape's zero: higher ones cannot be
/// chosen after those that are solved already, `(barrier, constraints kept)` each. `open` are the barriers of the others.
///
/// Windings up to this barrier are solved, then the question is asked again, until none is left below it. What [`choose`] chooses
/// among the solved ones then is what it would choose among all.
pub(super) fn highest_worth_solving(thermal_energy: f64, solved: &[(f64, bool)], open: &[f64]) -> f64 {
    let lowest = |barriers: &mut dyn Iterator<Item = f64>| barriers.fold(f64::INFINITY, f64::min);
    let kept = lowest(&mut solved.iter().filter(|(_, kept)| *kept).map(|(barrier, _)| *barrier));
    let least = if kept.is_finite() { kept } else { lowest(&mut open.iter().copied()) };
    least + EQUAL_BARRIERS * thermal_energy
}

/// The reason given for a winding without a finite barrier.
const NO_WAY: &str = "no route that is sampled and allowed throughout";

/// Why a winding was not solved.
pub(super) fn not_solved(barrier: f64, lowest: f64) -> String {
    if barrier.is_finite() {
        format!("not solved: barrier {:.1} kJ/mol above the lowest", barrier - lowest)
    } else {
        format!("not solved: {NO_WAY}")
    }
}

/// The winding to follow, among those that satisfy their constraints; among all, if none does.
///
/// Several windings may share the lowest bottleneck, where the variables can wind at little cost before they cross it. Of
/// their geodesics some go through it and some cut over the ridge beside it: those with the lowest maximum are kept, and of
/// these the shortest is taken. `left_out` says that there are windings of higher barriers, which were not solved.
pub(super) fn choose(
    choice: Choice,
    thermal_energy: f64,
    barriers: Barriers,
    candidates: &[Candidate],
    left_out: bool,
) -> Option<Verdict> {
    let any = candidates.iter().any(Candidate::satisfied);
    let mut reasons: Vec<String> = vec!["does not satisfy the constraints".to_owned(); candidates.len()];
    let mut eligible: Vec<usize> =
        (0..candidates.len()).filter(|&index| !any || candidates[index].satisfied()).collect();
    let mut decided =
        if left_out { format!("lowest {}", barriers.name()) } else { "the only one".to_owned() };
    if choice == Choice::LowestBarrier {
        let heights: [(&str, Height); 2] = [
            (barriers.name(), |candidate| candidate.barrier),
            ("curve maximum", |candidate| candidate.curve_maximum),
        ];
        for (name, height) in heights {
            let height = |index: usize| height(&candidates[index]).unwrap_or(f64::INFINITY);
            let least = eligible.iter().map(|&index| height(index)).fold(f64::INFINITY, f64::min);
            let (low, high): (Vec<usize>, Vec<usize>) =
                eligible.iter().partition(|&&index| height(index) <= least + EQUAL_BARRIERS * thermal_energy);
            for &index in &high {
                reasons[index] = match height(index) {
                    height if height.is_finite() => {
                        format!("{name} {:.1} kJ/mol above the lowest", height - least)
                    }
                    _ => NO_WAY.to_owned(),
                };
            }
            if !high.is_empty() {
                decided = if name == "curve maximum" {
                    format!("lowest curve maximum of {} with the lowest barrier", eligible.len())
                } else {
                    format!("lowest {name}")
                };
            }
            eligible = low;
        }
    }
    let length = |index: usize| candidates[index].measures.length;
    let chosen = eligible.iter().copied().min_by(|&a, &b| length(a).total_cmp(&length(b)))?;
    let is_one_of_many = eligible.len() > 1;
    for &index in &eligible {
        let longer = 100.0 * (length(index) / length(chosen) - 1.0);
        reasons[index] = format!("longer by {longer:.0} %");
    }
    reasons[chosen] = match (choice, is_one_of_many) {
        (Choice::LowestBarrier, true) => {
            format!("shortest of {} with the lowest barrier and curve maximum", eligible.len())
        }
        (Choice::Shortest, true) => "shortest".to_owned(),
        (_, false) => decided,
    };
    Some(Verdict { chosen, reasons })
}

#[cfg(test)]
mod tests {
    use geodyssey_report::ConstraintSummary;
    use geodyssey_spacetime::CurveMeasures;

    use super::*;
    use crate::config::CurveKind;

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
            kind: CurveKind::Geodesic,
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
            curve_maximum: Some(barrier),
        }
    }

    fn chosen(choice: Choice, thermal_energy: f64, candidates: &[Candidate]) -> Option<usize> {
        choose(choice, thermal_energy, Barriers::Bottlenecks, candidates, false).map(|verdict| verdict.chosen)
    }

    #[test]
    fn among_equal_barriers_a_high_maximum_loses_and_then_the_longer_way() {
        let with_maximum =
            |length, maximum| Candidate { curve_maximum: Some(maximum), ..candidate(length, 36.0, false) };
        let candidates = [with_maximum(5.0, 75.0), with_maximum(10.2, 36.0), with_maximum(6.8, 36.03)];
        let verdict = choose(Choice::LowestBarrier, 1.0, Barriers::Bottlenecks, &candidates, false).unwrap();
        assert_eq!(verdict.chosen, 2);
        let expected = [
            "curve maximum 39.0 kJ/mol above the lowest",
            "longer by 50 %",
            "shortest of 2 with the lowest barrier and curve maximum",
        ];
        assert_eq!(verdict.reasons, expected);
        let verdict =
            choose(Choice::LowestBarrier, 1.0, Barriers::Bottlenecks, &candidates[..2], false).unwrap();
        assert_eq!(
            (verdict.chosen, verdict.reasons[1].as_str()),
            (1, "lowest curve maximum of 2 with the lowest barrier")
        );
    }

    #[test]
    fn the_lowest_barrier_wins_before_the_length_and_constraints_before_both() {
        let candidates =
            [candidate(5.0, 60.0, false), candidate(8.0, 36.0, false), candidate(4.0, 30.0, true)];
        assert_eq!(chosen(Choice::LowestBarrier, 2.5, &candidates), Some(1));
        assert_eq!(chosen(Choice::Shortest, 2.5, &candidates), Some(0));
        assert_eq!(chosen(Choice::Shortest, 2.5, &[]), None);
    }

    #[test]
    fn where_none_keeps_its_constraints_all_are_compared() {
        let candidates = [candidate(5.0, 60.0, true), candidate(8.0, f64::INFINITY, true)];
        assert_eq!(chosen(Choice::LowestBarrier, 2.5, &candidates), Some(0));
    }

    /// Solving in turns, lowest barriers first, chooses what solving all would, for every pattern of kept constraints.
    #[test]
    fn windings_that_are_not_solved_would_not_have_been_chosen() {
        let barriers = [36.0, 36.2, 36.35, 41.0, f64::INFINITY];
        let (lengths, maxima) = ([9.0, 8.0, 7.0, 6.0, 5.0], [40.0, 36.5, 36.4, 41.0, 60.0]);
        for pattern in 0..1_u32 << barriers.len() {
            let all = || {
                (0..barriers.len()).map(|index| Candidate {
                    curve_maximum: Some(maxima[index]),
                    ..candidate(lengths[index], barriers[index], pattern >> index & 1 == 1)
                })
            };
            let everything: Vec<Candidate> = all().collect();
            let expected = chosen(Choice::LowestBarrier, 2.5, &everything).map(|index| lengths[index]);
            let (mut solved, mut open): (Vec<Candidate>, Vec<Candidate>) = (Vec::new(), all().collect());
            loop {
                let known: Vec<(f64, bool)> =
                    solved.iter().map(|one| (one.barrier.unwrap(), one.satisfied())).collect();
                let left: Vec<f64> = open.iter().map(|one| one.barrier.unwrap()).collect();
                let limit = highest_worth_solving(2.5, &known, &left);
                let (next, later): (Vec<_>, Vec<_>) =
                    open.into_iter().partition(|one| one.barrier.unwrap() <= limit);
                open = later;
                if next.is_empty() {
                    break;
                }
                solved.extend(next);
            }
            let found =
                chosen(Choice::LowestBarrier, 2.5, &solved).map(|index| solved[index].measures.length);
            assert_eq!(found, expected, "{pattern:b}");
            assert!(pattern != 0 || solved.len() == 2, "{}", solved.len());
        }
    }
}
