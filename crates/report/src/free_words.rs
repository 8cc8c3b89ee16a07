//! Free paths, rates and committors in sentences, for the terminal and for the page.

use crate::free_paths::{CommittorSummary, FreePathsSummary, RateDirectionSummary, RateSummary};
use crate::table::{grouped, with_error};

/// An ensemble of free transition paths.
#[must_use]
pub fn free_paths_words(free: &FreePathsSummary) -> Vec<String> {
    let decorrelated = free.decorrelated.map_or_else(
        || "an unknown number of decorrelated ones".to_owned(),
        |count| format!("{} decorrelated ones", grouped(count as u64)),
    );
    let mut all = vec![format!(
        "Free transition paths: {} trials in {} chains, {:.0} % accepted, {decorrelated}; a crossing lasts {} ps on average ({:.3} to {:.3} ps for 90 % of \
         them).",
        grouped(free.trials),
        free.chains,
        100.0 * free.acceptance,
        with_error(free.mean_length_ps, free.mean_length_error_ps, 3),
        free.length_quantiles_ps.first().copied().unwrap_or(f64::NAN),
        free.length_quantiles_ps.last().copied().unwrap_or(f64::NAN),
    )];
    let equilibrated = match free.equilibrated_after {
        Some(trials) => format!("the first {trials} trials of each chain are left out"),
        None => "half of the trials are left out".to_owned(),
    };
    let r_hat = free.r_hat.map_or_else(String::new, |r_hat| format!(", R̂ of the length {r_hat:.3}"));
    let correlated = free
        .autocorrelation_trials
        .map_or_else(String::new, |trials| format!(", the length decorrelates in {trials:.0} trials"));
    all.push(format!(
        "Equilibration: {equilibrated}{r_hat}{correlated}; the lanes were occupied for {:.1} % of their steps.",
        100.0 * free.lane_occupancy
    ));
    if let Some(slowest) = &free.slowest {
        let r_hat = slowest.r_hat.map_or_else(String::new, |r_hat| format!(", R̂ {r_hat:.3}"));
        all.push(format!(
            "Slowest is {}: it decorrelates in {:.0} trials{r_hat}.",
            slowest.name, slowest.autocorrelation_trials
        ));
    }
    if free.channels.len() > 1 {
        let shares = free.channels.iter().map(|channel| {
            let winding: Vec<String> = channel.winding.iter().map(|turns| format!("{turns:+}")).collect();
            let error = channel.share_error.map(|error| 100.0 * error);
            format!("{} {} %", winding.join(" "), with_error(100.0 * channel.share, error, 1))
        });
        all.push(format!("Channels by winding: {}.", shares.collect::<Vec<_>>().join(", ")));
    }
    if let Some(led) = &free.led {
        let duration = led.led_length_ps.map_or_else(String::new, |led| {
            format!("a led path takes {led:.0} ps, a free crossing {:.2} ps; ", free.mean_length_ps)
        });
        let energies = match (led.led_max_landscape_energy_kj_mol, led.free_max_landscape_energy_kj_mol) {
            (Some(led_energy), Some(free_energy)) => format!(
                "their frames reach {led_energy:.1} and {free_energy:.1} ± {:.1} kJ/mol on the landscape; ",
                led.free_max_landscape_energy_std_kj_mol.unwrap_or(0.0)
            ),
            _ => String::new(),
        };
        all.push(format!(
            "Led against free: {duration}{energies}between the states their densities overlap by {:.0} %, {:.0} % of the free frames lie where no led path \
             goes, and {:.0} % of the led ones where no free path goes.",
            100.0 * led.density_overlap,
            100.0 * led.free_outside_led,
            100.0 * led.led_outside_free
        ));
    }
    all
}

/// Rate constants.
#[must_use]
pub fn rate_words(rate: &RateSummary) -> Vec<String> {
    let is_molecule = rate.time_unit == "ps";
    let one = |direction: &RateDirectionSummary, name: &str| {
        let error = direction.rate_error_per_ps;
        let (unit, seconds) = if is_molecule {
            let per_second = scientific(direction.rate_per_ps * 1e12, error.map(|error| error * 1e12));
            (" ps⁻¹", format!(" = {per_second} s⁻¹"))
        } else {
            (" per unit of time of the landscape", String::new())
        };
        let time = if is_molecule { " ps" } else { "" };
        format!(
            "{name} = {}{unit}{seconds}: flux {:.3e} × crossing probability {:.3e}; mean first-passage time {:.3e}{time} ({} interfaces along {}, {} simulations of {} \
             cycles, lanes occupied for {:.1} %).",
            scientific(direction.rate_per_ps, error),
            direction.flux_per_ps,
            direction.total_crossing_probability,
            1.0 / direction.rate_per_ps,
            direction.interfaces.len(),
            direction.along,
            direction.simulations,
            direction.cycles,
            100.0 * direction.lane_occupancy
        )
    };
    let mut all: Vec<String> = rate
        .directions
        .iter()
        .map(|direction| {
            one(direction, if direction.direction == "forward" { "k(start → end)" } else { "k(end → start)" })
        })
        .collect();
    let delta_f = with_error(rate.delta_f_rates_kj_mol, rate.delta_f_rates_error_kj_mol, 2);
    all.push(match rate.delta_f_check_kj_mol {
        Some(check) => format!(
            "Detailed balance: the rates imply a free-energy difference of {delta_f} kJ/mol, the landscape {:.2} kJ/mol: a difference of {check:+.2} kJ/mol.",
            rate.delta_f_rates_kj_mol - check
        ),
        None => format!("The rates imply a free-energy difference of {delta_f} kJ/mol."),
    });
    all
}

/// Committors of structures.
#[must_use]
pub fn committor_words(committor: &CommittorSummary) -> Vec<String> {
    let mut all = vec![format!(
        "Committor: {} structures, {} free trajectories; mean {:.2}, standard deviation {:.2}, of which {:.2} is not binomial noise; {} structures between 0.4 and 0.6.",
        committor.structures,
        grouped(committor.trajectories),
        committor.mean,
        committor.std,
        committor.std_without_binomial,
        committor.transition_states
    )];
    all.extend(committor.words.iter().cloned());
    all
}

/// A number with its error in scientific notation.
fn scientific(value: f64, error: Option<f64>) -> String {
    match error {
        Some(error) => format!("({value:.3e} ± {error:.1e})"),
        None => format!("{value:.3e} (error not known)"),
    }
}
