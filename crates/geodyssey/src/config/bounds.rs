//! How large numbers may be. A count that no machine could hold, or a time that no processor could simulate, is a typing error,
//! and is reported as one before anything is computed; what a given machine can hold is reported by `check`, which knows how
//! large the molecule is.

use toml::Value;

use super::{Config, InputError};

/// Largest count unless stated otherwise: the number of iterations of a loop that keeps nothing in memory.
const MOST: i64 = 1_000_000_000;
/// Longest time of any kind, ps: a tenth of a millisecond.
const LONGEST_TIME_PS: f64 = 1e8;
/// Shortest time of any kind but zero, ps: a thousandth of a femtosecond.
const SHORTEST_TIME_PS: f64 = 1e-6;

/// Largest counts of what is held in memory, all of it at once, with what one of them takes at least.
const HELD: [(&str, i64, &str); 21] = [
    (
        "landscape.grid_points",
        1_000_000,
        "each is a row of the table and a cell of the denoiser's quadrature",
    ),
    ("landscape.walkers", 65_536, "each is a copy of the molecule"),
    ("landscape.replica_exchange.ladders", 65_536, "each is a copy of the molecule at every temperature"),
    ("landscape.replica_exchange.temperatures", 1024, "each is a copy of the molecule in every ladder"),
    ("denoiser.samples", 100_000_000, "each is a point with its weight"),
    ("denoiser.clusters", 1_000_000, "each is a Gaussian with its covariance"),
    ("denoiser.features", 50_000, "the fit is a matrix of their square"),
    ("denoiser.pairs", 16_777_216, "each is a noisy point with its target"),
    ("denoiser.width", 65_536, "a layer is a matrix of its square"),
    ("denoiser.batch", 16_777_216, "each is a noisy point in every layer"),
    ("geodesic.points", 100_000, "each is a posterior with its metric"),
    ("geodesic.knots", 100_000, "there are no more of them than points"),
    ("sampling.paths", 100_000, "each is a trajectory"),
    ("sampling.lifted_paths", 100_000, "each is a trajectory"),
    ("sampling.path_steps", 10_000_000, "each is a point of a path that is kept whole"),
    ("paths.chains", 65_536, "each has a path with all its frames in memory"),
    ("paths.trials", 10_000_000, "each leaves a record"),
    ("paths.check_every", 16_777_216, "there are as many steps between two frames"),
    ("paths.kept_paths", 100_000, "each is a trajectory"),
    ("sampling.steps_per_point", 100_000_000, "a path has as many for every point of the curve"),
    ("sampling.switches_per_point", 100_000_000, "there are no more of them than steps"),
];

impl Config {
    /// Rejects unreasonable counts and times.
    pub(super) fn check_bounds(&self) -> Result<(), InputError> {
        let value = Value::try_from(self).map_err(|error| {
            InputError::new(format!("the configuration cannot be written as TOML: {error}"))
        })?;
        self.check_value(&value, "")
    }

    fn check_value(&self, value: &Value, key: &str) -> Result<(), InputError> {
        match value {
            Value::Table(table) => table.iter().try_for_each(|(name, value)| {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                self.check_value(value, &key)
            }),
            // A seed counts nothing. Lists hold indices of atoms and windings, which are checked where they mean something.
            Value::Integer(count) if key != "seed" => self.check_count(*count, key),
            Value::Float(time) if is_time(key) => self.check_time(*time, key),
            _ => Ok(()),
        }
    }

    fn check_count(&self, count: i64, key: &str) -> Result<(), InputError> {
        let held = HELD.iter().find(|(known, ..)| *known == key);
        let (most, why) = held.map_or((MOST, ""), |(_, most, why)| (*most, *why));
        if count <= most {
            return Ok(());
        }
        let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
        Err(self.error(key, format!("`{key}` is at most {most}{why}, found {count}")))
    }

    fn check_time(&self, time: f64, key: &str) -> Result<(), InputError> {
        if time == 0.0 || (SHORTEST_TIME_PS..=LONGEST_TIME_PS).contains(&time) || time.is_nan() || time < 0.0
        {
            return Ok(());
        }
        let message = format!(
            "`{key}` is in ps and lies between {SHORTEST_TIME_PS:e} and {LONGEST_TIME_PS:e}, found {time:e}"
        );
        Err(self.error(key, message))
    }
}

/// Times have their unit at the end of their name, and so have frictions.
fn is_time(key: &str) -> bool {
    key.ends_with("_ps") && !key.ends_with("_per_ps")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn configuration(name: &str, change: &str) -> Result<Config, InputError> {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../configs").join(name);
        Config::read(&file, &[change.to_owned()], None)
    }

    #[test]
    fn counts_that_no_machine_could_hold_are_refused_by_name() {
        for (file, key) in [
            ("alanine-dipeptide.toml", "landscape.grid_points"),
            ("alanine-dipeptide.toml", "landscape.walkers"),
            ("ace-ala3-nme.toml", "landscape.replica_exchange.ladders"),
            ("ace-ala3-nme.toml", "landscape.replica_exchange.temperatures"),
            ("alanine-dipeptide-neural.toml", "denoiser.samples"),
            ("alanine-dipeptide-neural.toml", "denoiser.steps"),
            ("alanine-dipeptide-neural.toml", "denoiser.checkpoint_interval"),
            ("alanine-dipeptide.toml", "geodesic.points"),
            ("alanine-dipeptide.toml", "geodesic.iterations"),
            ("alanine-dipeptide.toml", "sampling.paths"),
            ("alanine-dipeptide.toml", "sampling.steps_per_point"),
            ("alanine-dipeptide.toml", "sampling.frame_stride"),
            ("paper/two-way-shooting.toml", "sampling.path_steps"),
            ("paper/two-way-shooting.toml", "sampling.trials_per_path"),
        ] {
            let message = configuration(file, &format!("{key}=900000000000"))
                .err()
                .unwrap_or_else(|| panic!("{key} was taken"))
                .to_string();
            assert!(message.contains(key.rsplit('.').next().unwrap_or(key)), "{message}");
        }
    }

    #[test]
    fn times_that_no_processor_could_simulate_are_refused() {
        for key in ["sampling.duration_ps", "sampling.equilibration_ps", "landscape.sampling_time_ps"] {
            for time in ["1e30", "1e-30"] {
                let message = configuration("alanine-dipeptide.toml", &format!("{key}={time}"))
                    .err()
                    .unwrap_or_else(|| panic!("{key}={time} was taken"))
                    .to_string();
                assert!(message.contains(key) && message.contains("ps"), "{message}");
            }
        }
        assert!(configuration("alanine-dipeptide.toml", "sampling.friction_per_ps=1e-9").is_ok());
    }
}
