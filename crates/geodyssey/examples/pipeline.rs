//! Runs a configuration from Rust and says what came of it: `cargo run --package geodyssey --example pipeline [CONFIG [DIRECTORY]]`.

use std::path::{Path, PathBuf};

use geodyssey::{Config, Error, Problem, Stage};

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/mixture-1d.toml");
    let file = arguments.next().unwrap_or(shipped);
    let directory = arguments.next().unwrap_or_else(|| std::env::temp_dir().join("geodyssey-pipeline"));

    // Changes as `--set` takes them, and the seed.
    let config = Config::read(&file, &["sampling.paths=16".to_owned()], Some(1))?;
    let problem = Problem::read(config)?;
    geodyssey::check(&problem, Stage::Report)?;
    let summary = geodyssey::run(&problem, &directory, Stage::Report)?;

    if let (Some(curve), Some(paths)) = (&summary.geodesic, &summary.sampling) {
        println!(
            "length {:.3}, {:.0} % of {} paths reached the end",
            curve.length,
            100.0 * paths.reached,
            paths.paths
        );
    }
    for warning in &summary.warnings {
        println!("warning ({}): {}", warning.stage, warning.message);
    }
    println!("artifacts in {}", directory.display());
    Ok(())
}
