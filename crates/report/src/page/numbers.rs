//! The numbers of a run as a table: value, error, and what exactly was measured.

use super::markup::{escape, minus};
use crate::{
    DirectionalWork, FreeEnergySummary, MaxEnergy, MetadynamicsSummary, SamplingSummary, Summary,
    WorkSummary, decimals, grouped, with_error,
};

struct Row {
    name: String,
    value: String,
    unit: &'static str,
    definition: String,
}

fn row(name: &str, value: String, unit: &'static str, definition: &str) -> Row {
    Row { name: name.to_owned(), value, unit, definition: definition.to_owned() }
}

/// Interval of a share at about 95 % (Wilson, J. Am. Stat. Assoc. 22, 209, 1927), in per cent.
fn wilson_percent(share: f64, count: usize) -> (f64, f64) {
    let (n, z) = (count as f64, 1.959_963_984_540_054_f64);
    let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    (100.0 * (middle - half).max(0.0), 100.0 * (middle + half).min(1.0))
}

fn share_row(name: &str, share: f64, count: usize, definition: &str) -> Row {
    let (low, high) = wilson_percent(share, count);
    let value = format!("{} [{}, {}]", decimals(100.0 * share, 0), decimals(low, 0), decimals(high, 0));
    let definition = format!("{definition}, of {count}; in brackets Wilson's 95 % interval");
    Row { name: name.to_owned(), value, unit: "%", definition }
}

/// What the walkers of metadynamics say of the two states.
fn metadynamics(walkers: &MetadynamicsSummary) -> [Row; 2] {
    let difference = with_error(walkers.delta_f_kj_mol, Some(walkers.delta_f_error_kj_mol), 1);
    let definition = "of the end state relative to the start state, each the region within its radius, on the landscape; error \
                      from independent groups of walkers and from the difference between those of either state";
    let crossings = format!("{} / {}", walkers.arrivals_at_start, walkers.arrivals_at_end);
    let definition_of_crossings = format!(
        "arrivals at the start from the end, and at the end from the start, while {} walkers were counted for {} ps each; {} % of \
         the walkers crossed",
        walkers.walkers,
        decimals(walkers.sampling_time_ps, 0),
        decimals(100.0 * walkers.crossed_share, 0)
    );
    [
        row("ΔF, landscape", difference, "kJ/mol", definition),
        row("walkers' crossings", crossings, "", &definition_of_crossings),
    ]
}

/// The table of numbers.
pub(super) fn table(summary: &Summary) -> String {
    let mut rows = Vec::new();
    if let Some(paths) = &summary.sampling {
        rows.extend(sampling(paths));
    }
    if let Some(energy) = &summary.max_energy {
        rows.extend(energy.landscape.iter().map(|energy| max_energy("highest energy, landscape", energy)));
        rows.extend(energy.atoms.iter().map(|energy| max_energy("highest energy, atoms", energy)));
    }
    if let Some(bound) = summary.landscape.lower_bound_kj_mol {
        let value = with_error(bound, summary.landscape.lower_bound_error_kj_mol, 1);
        let mut definition =
            "the lowest barrier (bottleneck) between the states on the same landscape, above its minimum"
                .to_owned();
        if summary.landscape.lower_bound_error_kj_mol.is_some() {
            definition.push_str("; the error is the landscape's at that point");
        }
        if summary.landscape.lower_bound_sampled == Some(false) {
            definition.push_str("; every route there passes through unsampled regions");
        }
        rows.push(row("lower bound", value, "kJ/mol", &definition));
    }
    rows.extend(summary.landscape.metadynamics.iter().flat_map(metadynamics));
    if let Some(done) = &summary.work {
        rows.extend(work(done));
    }
    if let Some(known) = &summary.free_energy {
        rows.extend(free_energy(known));
    }
    if let Some(curve) = &summary.geodesic {
        rows.push(row("length of the curve", decimals(curve.length, 3), "", "Σ √(Δη·Δμ), Fisher–Rao"));
        rows.push(row("2E/L²", decimals(curve.constant_speed, 5), "", "1 for a curve of constant speed"));
        let least = "lowest log signal-to-noise ratio on the curve: the looser the tether, the lower";
        rows.push(row("least logSNR", decimals(curve.min_log_snr, 2), "", least));
    }
    let landscape = grouped(summary.landscape.energy_evaluations);
    rows.push(row(
        "energy evaluations, preparation",
        landscape,
        "",
        "of the molecule's energy or forces, for the landscape",
    ));
    rows.push(row("seed", summary.seed.to_string(), "", "of all random numbers"));
    let hash = summary.config_hash.get(..12).unwrap_or(&summary.config_hash);
    let definition =
        format!("BLAKE3 of the configuration, of its inputs' contents; program version {}", summary.version);
    rows.push(row("configuration", hash.to_owned(), "", &definition));
    let body: String = rows
        .iter()
        .map(|row| {
            format!(
                "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"unit\">{}</td><td>{}</td></tr>\n",
                escape(&row.name),
                escape(&minus(&row.value)),
                escape(row.unit),
                escape(&row.definition)
            )
        })
        .collect();
    format!(
        "<div class=\"scroll numbers\" tabindex=\"0\"><table>\n<caption>± is the standard error of the mean over paths unless the definition says otherwise.\
         </caption>\n<thead><tr><th scope=\"col\">quantity</th><th scope=\"col\">value</th><th scope=\"col\">unit</th>\
         <th scope=\"col\">definition</th></tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
    )
}

fn sampling(paths: &SamplingSummary) -> Vec<Row> {
    let mut rows = vec![share_row(
        "reached",
        paths.reached,
        paths.paths,
        "fraction of the paths whose last frame lies within the end state's radius",
    )];
    if let Some(share) = paths.reached_backward {
        let definition =
            "fraction of the backward paths whose last frame lies within the start state's radius";
        rows.push(share_row("reached, backward", share, paths.backward_paths, definition));
    }
    if let Some(share) = paths.share_inside_avoided {
        let definition =
            "fraction of the written frames of the forward paths inside any region named by a constraint";
        rows.push(row("inside avoided regions", decimals(100.0 * share, 2), "%", definition));
    }
    if let Some(lag) = paths.lag {
        let by_chance = paths.lag_by_chance.map_or_else(String::new, |by_chance| {
            format!("; expected by chance alone for as many paths: {}", decimals(by_chance, 2))
        });
        let definition = format!(
            "largest difference along the curve between the fraction of paths past the barrier and that of the exact \
             posterior{by_chance}"
        );
        rows.push(row("lag", decimals(lag, 2), "", &definition));
    }
    if let Some(shooting) = &paths.shooting {
        let value = format!("{} of {}", grouped(shooting.accepted), grouped(shooting.trials));
        let definition = format!(
            "trials of two-way shooting that gave a new path, in {} independent chains, paths of {} length",
            shooting.chains, shooting.length
        );
        rows.push(row("accepted trials", value, "", &definition));
        rows.push(row("steps of a path", decimals(shooting.mean_steps, 0), "", "mean of the recorded paths"));
    }
    if let Some(time) = paths.path_time_ps {
        rows.push(row(
            "time of one path",
            decimals(time, 2),
            "ps",
            "simulated time from the first to the last curve point",
        ));
    }
    rows.push(row(
        "energy evaluations, sampling",
        grouped(paths.energy_evaluations),
        "",
        "of the energy or its gradient, all paths together",
    ));
    rows
}

fn max_energy(name: &str, energy: &MaxEnergy) -> Row {
    let spread = energy.std_kj_mol.map_or_else(String::new, |std| {
        format!("; standard deviation over {} paths {} kJ/mol", energy.paths, decimals(std, 1))
    });
    let above = energy.above_start_mean_kj_mol.map_or_else(String::new, |above| {
        format!("; {} kJ/mol above the start's mean", minus(&decimals(above, 1)))
    });
    let value = with_error(energy.mean_kj_mol, energy.standard_error_kj_mol, 1);
    Row {
        name: name.to_owned(),
        value,
        unit: "kJ/mol",
        definition: format!("{}{spread}{above}", energy.definition),
    }
}

fn work(work: &WorkSummary) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, direction) in [("forward", &work.forward), ("backward", &work.backward)] {
        if let Some(direction) = direction {
            rows.extend(directional(name, direction));
        }
    }
    if let Some(value) = work.delta_f_kj_mol {
        let definition = "F(end) − F(start) of the ensembles under the tethers of the curve's ends, by Bennett's acceptance ratio";
        rows.push(row(
            "ΔF of the tethered ends, BAR",
            with_error(value, work.delta_f_error_kj_mol, 1),
            "kJ/mol",
            definition,
        ));
    }
    if let Some(overlap) = work.overlap {
        let definition = "fraction of all works, backward ones with reversed sign, in the range covered by both directions";
        rows.push(row("overlap of works", decimals(100.0 * overlap, 0), "%", definition));
    }
    if let Some(value) = work.landscape_delta_f_kj_mol {
        rows.push(row(
            "ΔF of the tethered ends, landscape",
            decimals(value, 1),
            "kJ/mol",
            "the same difference by integration over the landscape",
        ));
    }
    rows
}

fn free_energy(known: &FreeEnergySummary) -> Vec<Row> {
    let rows = known.differences().map(|(name, one)| {
        let covered = [one.covered_start, one.covered_end].map(|share| share.map(|share| decimals(100.0 * share, 0)));
        let covered = match covered {
            [Some(start), Some(end)] => format!(
                "; the paths have visited regions with {start} % of the start's weight on the landscape and {end} % of the end's"
            ),
            _ => String::new(),
        };
        let landscape = one
            .landscape_kj_mol
            .map_or_else(String::new, |value| format!("; by the landscape {}", minus(&decimals(value, 1))));
        let region = match name {
            "basins" => "the two sides of the landscape's dividing surface",
            _ => "the two states within their radii",
        };
        let definition = format!(
            "F(end) − F(start) between {region}, tethers released, from the works and points of the paths; from forward paths alone \
             {}, from backward paths alone {}{landscape}{covered}",
            minus(&with_error(one.forward_kj_mol, one.forward_error_kj_mol, 1)),
            minus(&with_error(one.backward_kj_mol, one.backward_error_kj_mol, 1)),
        );
        let value = one
            .delta_f_kj_mol
            .map_or_else(|| "not known".to_owned(), |value| with_error(value, one.delta_f_error_kj_mol, 1));
        row(&format!("ΔF of the {name}, paths"), value, "kJ/mol", &definition)
    });
    rows.collect()
}

fn directional(name: &str, direction: &DirectionalWork) -> Vec<Row> {
    let spread = direction
        .std_kj_mol
        .map_or_else(String::new, |std| format!("; standard deviation {} kJ/mol", decimals(std, 1)));
    let definition =
        format!("mean over {} paths of the work done by the moving tether{spread}", direction.paths);
    let value = with_error(direction.mean_kj_mol, direction.standard_error_kj_mol, 1);
    let mut rows = vec![row(&format!("work, {name}"), value, "kJ/mol", &definition)];
    if let Some(value) = direction.dissipated_kt {
        let value = with_error(value, direction.dissipated_error_kt, 1);
        let definition = "mean work minus this direction's free-energy difference: what the protocol loses";
        rows.push(row(&format!("dissipated, {name}"), value, "kT", definition));
    }
    if let Some(value) = direction.jarzynski_delta_f_kj_mol {
        let value = with_error(value, direction.jarzynski_error_kj_mol, 1);
        let definition =
            "F(end) − F(start) of the tethered ends by Jarzynski's equality from this direction alone";
        rows.push(row(&format!("ΔF, Jarzynski, {name}"), value, "kJ/mol", definition));
    }
    rows
}

/// All ways round the periods, where there is more than one.
pub(super) fn windings(summary: &Summary) -> String {
    let Some(curve) = summary.geodesic.as_ref().filter(|curve| curve.windings.len() > 1) else {
        return String::new();
    };
    let known = curve.windings.iter().any(|winding| winding.barrier_kj_mol.is_some());
    let body: String = curve
        .windings
        .iter()
        .map(|winding| {
            let turns: Vec<String> = winding.winding.iter().map(|turns| format!("{turns:+}")).collect();
            let missing = if known { "none open" } else { "not known" };
            let barrier = winding.barrier_kj_mol.map_or_else(|| missing.to_owned(), |barrier| decimals(barrier, 1));
            format!(
                "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{barrier}</td><td class=\"number\">{}</td><td>{}</td><td>{}{}</td></tr>\n",
                minus(&turns.join(" ")),
                winding.length.map_or_else(String::new, |length| decimals(length, 2)),
                winding.crest_kj_mol.map_or_else(String::new, |highest| decimals(highest, 1)),
                winding.satisfied.map_or("", |kept| if kept { "satisfied" } else { "not satisfied" }),
                if winding.chosen { "followed: " } else { "" },
                escape(&winding.decision)
            )
        })
        .collect();
    format!(
        "<details><summary>Windings: {} of {} were solved</summary>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th \
         scope=\"col\">turns</th><th scope=\"col\">length</th><th scope=\"col\">lowest barrier (kJ/mol)</th><th scope=\"col\">curve \
         maximum (kJ/mol)</th><th scope=\"col\">constraints</th><th \
         scope=\"col\">decision</th></tr></thead>\n<tbody>\n{body}</tbody></table></div></details>\n",
        curve.windings.iter().filter(|winding| winding.length.is_some()).count(),
        curve.windings.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_that_of_the_tables() {
        // Newcombe, Statist. Med. 17, 857 (1998), table I: 81 of 263, 15 of 148 and 0 of 20, method 3.
        for (hits, count, low, high) in
            [(81.0, 263, 25.53, 36.62), (15.0, 148, 6.24, 16.05), (0.0, 20, 0.0, 16.11)]
        {
            let (lower, upper) = wilson_percent(hits / f64::from(count), count as usize);
            assert!((lower - low).abs() < 0.01 && (upper - high).abs() < 0.01, "{lower} {upper}");
        }
    }
}
