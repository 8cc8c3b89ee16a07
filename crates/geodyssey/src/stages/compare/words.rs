//! A comparison in sentences: which path has the lowest barrier, which paths stay out of avoided regions, and what each costs.

use geodyssey_report::{
    ComparisonGroup, ComparisonRow, Difference, MaxEnergy, Measure, RowRole, ShootingSummary, decimals,
    grouped, with_error,
};

use super::differences::LEVEL;

/// Fraction of the forward paths that must arrive for their highest energy to count.
const LEAST_REACHED: f64 = 0.95;
/// Overlap of the works of both directions below which the paths lag too far behind their tether for ΔF to count.
const LITTLE_OVERLAP: f64 = 0.1;

/// All sentences; `least` is the least corrected p value that the energies' differences could have had.
pub(super) fn sentences(group: &ComparisonGroup, least: Option<f64>) -> Vec<String> {
    let words = Words { group };
    [too_few(least), words.barrier(), words.followed(), words.straight(), words.work()]
        .into_iter()
        .flatten()
        .chain(words.remarks())
        .chain(words.regions())
        .chain(words.cost())
        .chain(words.seeds())
        .collect()
}

/// A warning if there are too few paths for any difference to be significant.
fn too_few(least: Option<f64>) -> Option<String> {
    let least = least.filter(|least| *least >= LEVEL)?;
    Some(format!(
        "There are too few paths for this number of pairs: no difference, however large, could be significant (least possible corrected p \
         value {}). More paths or fewer runs are needed.",
        probability(least)
    ))
}

struct Words<'g> {
    group: &'g ComparisonGroup,
}

impl Words<'_> {
    fn find(&self, measure: Measure, first: &str, second: &str) -> Option<&Difference> {
        let is_pair = |one: &&Difference| {
            one.measure == measure
                && ((one.first == first && one.second == second)
                    || (one.first == second && one.second == first))
        };
        self.group.differences.iter().find(is_pair)
    }

    /// Names of the rows that do not differ significantly from one, and of those that were not tested against it.
    fn like<'r>(
        &self,
        measure: Measure,
        row: &ComparisonRow,
        others: &[&'r ComparisonRow],
    ) -> [Vec<&'r str>; 2] {
        let (mut like, mut untested) = (Vec::new(), Vec::new());
        for other in others.iter().filter(|other| other.name != row.name) {
            match self.find(measure, &row.name, &other.name) {
                Some(difference) if difference.real => {}
                Some(_) => like.push(other.name.as_str()),
                None => untested.push(other.name.as_str()),
            }
        }
        [like, untested]
    }

    fn barrier(&self) -> Option<String> {
        let known = self.group.rows.iter().filter(|row| energy(row).is_some() && !is_stuck(row));
        let (arrived, late): (Vec<&ComparisonRow>, Vec<&ComparisonRow>) = known.partition(|row| arrives(row));
        let lowest = lowest(&arrived)?;
        let mut text = format!(
            "Lowest barrier among rows whose paths arrive: {}, MaxEnergy {} kJ/mol",
            lowest.name,
            energy(lowest).map(shown)?
        );
        if let Some(bound) = lowest.summary.landscape.lower_bound_kj_mol {
            text.push_str(&format!(" (lower bound {})", decimals(bound, 2)));
        }
        text.push_str("; ");
        text.push_str(&self.against(Measure::MaxLandscapeEnergy, lowest, &arrived));
        if let Some(overlap) = overlap(lowest).filter(|overlap| *overlap < LITTLE_OVERLAP) {
            text.push_str(&format!(
                " However, only {:.0} % of its works overlap: its paths lag behind their tether, and neither this barrier nor its ΔF \
                 can be trusted.",
                100.0 * overlap
            ));
        }
        if !late.is_empty() {
            let names: Vec<&str> = late.iter().map(|row| row.name.as_str()).collect();
            text.push_str(&format!(
                " Excluded because fewer than {:.0} % of the paths arrive: {}.",
                100.0 * LEAST_REACHED,
                names.join(", ")
            ));
        }
        Some(text)
    }

    /// The same among the rows whose paths keep up with their tether, if that is another row.
    fn followed(&self) -> Option<String> {
        let follows = |row: &&ComparisonRow| {
            arrives(row) && overlap(row).is_some_and(|overlap| overlap >= LITTLE_OVERLAP)
        };
        let arrived: Vec<&ComparisonRow> =
            self.group.rows.iter().filter(|row| arrives(row) && !is_stuck(row)).collect();
        let followed: Vec<&ComparisonRow> = self.group.rows.iter().filter(follows).collect();
        let (best, of_all) = (lowest(&followed)?, lowest(&arrived)?);
        (best.name != of_all.name).then(|| {
            format!(
                "Lowest barrier among rows whose paths keep up with their tether (at least {:.0} % of the works overlap): {}, \
                 MaxEnergy {} kJ/mol; {}",
                100.0 * LITTLE_OVERLAP,
                best.name,
                energy(best).map(shown).unwrap_or_default(),
                self.against(Measure::MaxLandscapeEnergy, best, &followed)
            )
        })
    }

    /// The result of the test of one row against others.
    fn against(&self, measure: Measure, row: &ComparisonRow, others: &[&ComparisonRow]) -> String {
        let [like, untested] = self.like(measure, row, others);
        let tested = others.len().saturating_sub(1 + untested.len());
        let mut text = match (like.len(), tested) {
            (_, 0) if untested.is_empty() => "there is no other row to compare it with.".to_owned(),
            (_, 0) => "no difference could be tested.".to_owned(),
            (0, _) => "it differs significantly from every other.".to_owned(),
            (like, tested) if like == tested => {
                "none of the others differs significantly from it.".to_owned()
            }
            _ => {
                format!(
                    "no significant difference from {}; the others differ significantly.",
                    like.join(", ")
                )
            }
        };
        if tested > 0 && !untested.is_empty() {
            text.push_str(&format!(" Not tested: {}.", untested.join(", ")));
        }
        text
    }

    /// The first path compared with the straight line, the least that it must outperform.
    fn straight(&self) -> Option<String> {
        let first = self.group.rows.first()?;
        let straight = self.group.rows.iter().find(|row| row.curve == "straight line")?;
        if first.name == straight.name {
            return None;
        }
        let part = |measure: Measure, name: &str| {
            let difference = self.find(measure, &first.name, &straight.name)?;
            let sign = if difference.first == first.name { 1.0 } else { -1.0 };
            let value = sign * difference.difference;
            let verdict = match (difference.real, value < 0.0) {
                (true, true) => "lower",
                (true, false) => "higher",
                (false, _) => "not significant",
            };
            let plus = if value > 0.0 { "+" } else { "" };
            Some(format!(
                "{name} {plus}{} {} ({verdict}, p = {})",
                with_error(value, Some(difference.standard_error), 2),
                measure.unit(),
                probability(difference.corrected_p_value)
            ))
        };
        let parts: Vec<String> = [
            part(Measure::MaxLandscapeEnergy, "MaxEnergy"),
            part(Measure::DissipatedWork, "dissipated work"),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!parts.is_empty()).then(|| {
            format!(
                "{} compared with the straight line ({}): {}.",
                first.name,
                straight.name,
                parts.join(", ")
            )
        })
    }

    fn work(&self) -> Option<String> {
        let worked: Vec<&ComparisonRow> =
            self.group.rows.iter().filter(|row| arrives(row) && dissipated(row).is_some()).collect();
        let least = worked.iter().copied().min_by(|a, b| {
            dissipated(a).unwrap_or(f64::INFINITY).total_cmp(&dissipated(b).unwrap_or(f64::INFINITY))
        })?;
        Some(format!(
            "Least dissipated work (mean of both directions): {}, {} kT; {}",
            least.name,
            decimals(dissipated(least)?, 2),
            self.against(Measure::DissipatedWork, least, &worked)
        ))
    }

    fn remarks(&self) -> Vec<String> {
        let rows = self.group.rows.iter();
        rows.filter_map(|row| Some(format!("{}: {}.", row.name, row.remark.as_deref()?))).collect()
    }

    fn regions(&self) -> Vec<String> {
        let regions = self.group.regions.iter().enumerate();
        let sentences = regions.map(|(index, region)| {
            let share = |row: &ComparisonRow| row.regions.get(index).map_or(0.0, |one| one.share_of_frames_inside);
            let out: Vec<&str> = self
                .group
                .rows
                .iter()
                .filter(|row| row.regions.get(index).is_some_and(|one| one.paths_inside == 0))
                .map(|row| row.name.as_str())
                .collect();
            let inside: Vec<String> = self
                .group
                .rows
                .iter()
                .filter(|row| !out.contains(&row.name.as_str()))
                .map(|row| format!("{} ({} %)", row.name, decimals(100.0 * share(row), 1)))
                .collect();
            let out = if out.is_empty() { "none".to_owned() } else { out.join(", ") };
            let inside = if inside.is_empty() { "none".to_owned() } else { inside.join(", ") };
            format!(
                "Entirely outside the avoided region {}: {out}. Partly inside (fraction of frames): {inside}.",
                region.description
            )
        });
        sentences.collect()
    }

    fn cost(&self) -> Option<String> {
        let cost = |row: &ComparisonRow| row.summary.sampling.as_ref().map(|paths| paths.energy_evaluations);
        // Shooting evaluates the landscape, which costs next to nothing compared with the atoms' force field.
        let driven = self.group.rows.iter().filter(|row| !is_shooting(row));
        let costly: Vec<(&str, u64)> =
            driven.filter_map(|row| Some((row.name.as_str(), cost(row)?))).collect();
        let (cheapest, dearest) =
            (costly.iter().min_by_key(|one| one.1)?, costly.iter().max_by_key(|one| one.1)?);
        let preparation = self.group.rows.iter().map(|row| row.summary.landscape.energy_evaluations).max()?;
        let mut text = if cheapest.1 == dearest.1 {
            format!("Sampling took {} energy evaluations for every row", grouped(cheapest.1))
        } else {
            format!(
                "Sampling took from {} ({}) to {} ({}) energy evaluations",
                grouped(cheapest.1),
                cheapest.0,
                grouped(dearest.1),
                dearest.0
            )
        };
        if preparation > 0 {
            text.push_str(&format!(
                "; the landscape, computed once for all rows, took {}",
                grouped(preparation)
            ));
        }
        let shot: Vec<String> = self
            .group
            .rows
            .iter()
            .filter(|row| is_shooting(row))
            .filter_map(|row| Some(format!("{} ({})", grouped(cost(row)?), row.name)))
            .collect();
        if !shot.is_empty() {
            text.push_str(&format!("; two-way shooting took {}, of the landscape only", shot.join(", ")));
        }
        let seconds: Vec<(&str, f64)> = self
            .group
            .rows
            .iter()
            .filter_map(|row| Some((row.name.as_str(), row.seconds?.sampling + row.seconds?.preparation)))
            .collect();
        if let Some(slowest) = seconds.iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
            text.push_str(&format!(
                "; the slowest row, preparation included, was {} ({:.0} s)",
                slowest.0, slowest.1
            ));
        }
        Some(format!("{text}."))
    }

    /// Landscapes sampled with different seeds differ by more than the standard errors of their paths show.
    fn seeds(&self) -> Option<String> {
        let computed =
            self.group.rows.iter().filter(|row| row.summary.landscape.rms_block_error_kj_mol.is_some());
        let mut seeds: Vec<u64> = computed.map(|row| row.summary.seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        (seeds.len() > 1).then(|| {
            "The landscapes were sampled with different seeds; this accounts for part of a difference in MaxEnergy.".to_owned()
        })
    }
}

fn energy(row: &ComparisonRow) -> Option<&MaxEnergy> {
    row.summary.max_energy.as_ref()?.landscape.as_ref()
}

fn overlap(row: &ComparisonRow) -> Option<f64> {
    row.summary.work.as_ref()?.overlap
}

fn arrives(row: &ComparisonRow) -> bool {
    row.summary.sampling.as_ref().is_some_and(|paths| paths.reached >= LEAST_REACHED)
}

/// Whether two-way shooting has hardly left its initial path, so that its energies are not those of an ensemble.
fn is_stuck(row: &ComparisonRow) -> bool {
    let shooting = row.summary.sampling.as_ref().and_then(|paths| paths.shooting.as_ref());
    shooting.is_some_and(ShootingSummary::hardly_moved)
}

fn is_shooting(row: &ComparisonRow) -> bool {
    row.summary.sampling.as_ref().is_some_and(|paths| paths.shooting.is_some())
}

/// Mean of both directions, kT; none if one of them is unknown.
fn dissipated(row: &ComparisonRow) -> Option<f64> {
    let work = row.summary.work.as_ref()?;
    Some(0.5 * (work.forward.as_ref()?.dissipated_kt? + work.backward.as_ref()?.dissipated_kt?))
}

fn lowest<'r>(rows: &[&'r ComparisonRow]) -> Option<&'r ComparisonRow> {
    let known = rows.iter().filter_map(|row| Some((*row, energy(row)?.mean_kj_mol)));
    known.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(row, _)| row)
}

fn shown(energy: &MaxEnergy) -> String {
    with_error(energy.mean_kj_mol, energy.standard_error_kj_mol, 2)
}

fn probability(p: f64) -> String {
    if p < 0.001 { format!("{p:.1e}") } else { format!("{p:.3}") }
}

/// Whether a row was added by the comparison.
pub(super) fn is_baseline(row: &ComparisonRow) -> bool {
    row.role == RowRole::Baseline
}
