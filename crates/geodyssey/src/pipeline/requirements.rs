//! What a run would need: memory, and the time of its energy evaluations. Both are estimates, made before anything is computed.

use std::path::Path;
use std::time::{Duration, Instant};

use geodyssey_forcefield::Potential as _;
use geodyssey_molecule::Replicas;
use geodyssey_paths::{PathPoint, annealing::PATHS_PER_BATCH};

use crate::artifacts::paths::RECORD_FILE;
use crate::config::{DEFAULT_LIFTED_PATHS, DenoiserConfig, InputError, SamplingMethod, Space};
use crate::problem::Problem;
use crate::stages::need::{NUMBER, NUMBER_AS_TEXT, Need};
use crate::stages::{landscape, paths};

/// Bytes of an atom in a compressed trajectory.
const BYTES_IN_A_TRAJECTORY: f64 = 6.0;
/// What is kept in memory of every path: its summary, with the last point.
const BYTES_OF_A_PATH: f64 = 500.0;
/// Time for which force evaluations are timed.
const TIMED: Duration = Duration::from_millis(30);
/// Replicas that are evaluated together by the dynamics.
const REPLICAS: usize = 16;

/// What a run would need.
pub(crate) struct Requirements {
    /// Of the largest single thing, MB.
    pub(crate) memory_mb: f64,
    /// Energy evaluations of landscape and paths, where they are known.
    pub(crate) energy_evaluations: f64,
    /// Seconds that these take on this machine with the threads that are used; none where no molecule is simulated.
    pub(crate) seconds: Option<f64>,
}

/// Estimates the needs of a problem.
pub(crate) fn requirements(problem: &Problem) -> Requirements {
    let largest = needs(problem).into_iter().map(|need| need.bytes).fold(0.0, f64::max);
    let energy_evaluations = evaluations(problem);
    Requirements {
        memory_mb: largest / 1e6,
        energy_evaluations,
        seconds: evaluations_per_second(problem).map(|rate| energy_evaluations / rate),
    }
}

/// Rejects what does not fit on this machine.
pub(super) fn check(problem: &Problem) -> Result<(), InputError> {
    let Some(available) = memory_of_this_machine() else { return Ok(()) };
    match needs(problem).into_iter().find(|need| need.bytes > available) {
        Some(need) => {
            let message = format!(
                "{} would need {}, but this machine has {}",
                need.what,
                in_words(need.bytes),
                in_words(available)
            );
            Err(problem.config.error(need.key, message))
        }
        None => Ok(()),
    }
}

/// Refuses paths whose files would not fit where the run's directory is. A run that has its paths already needs no more room.
pub(crate) fn check_disk(problem: &Problem, directory: &Path) -> Result<(), InputError> {
    if directory.join(RECORD_FILE).exists() {
        return Ok(());
    }
    let (Some((paths, frames, bytes)), Some(free)) = (on_disk(problem), free_on_disk(directory)) else {
        return Ok(());
    };
    if bytes <= free {
        return Ok(());
    }
    let message = format!(
        "{paths} paths of {frames} frames would need {} on disk, where {} are free",
        in_words(bytes),
        in_words(free)
    );
    Err(problem.config.error("sampling.paths", message))
}

/// Number of paths and of their frames, and the bytes of their trajectories, of their tables, and of their positions on the way there.
fn on_disk(problem: &Problem) -> Option<(f64, f64, f64)> {
    problem.states.as_ref()?;
    let (settings, config) = (&problem.config.sampling, &problem.config);
    let directions = if settings.backward { 2.0 } else { 1.0 };
    let paths = settings.paths.get() as f64 * directions;
    let frames = (config.geodesic.points.get() as f64 / settings.frame_stride.get() as f64).ceil() + 1.0;
    let with_atoms = match config.space() {
        Space::Atoms => paths,
        Space::Variables if problem.molecule.is_some() => {
            directions * settings.lifted_paths.unwrap_or(DEFAULT_LIFTED_PATHS) as f64
        }
        Space::Variables => 0.0,
    };
    let cells = problem.variables.len() as f64 + 7.0;
    let bytes = with_atoms * frames * atoms(problem) * (3.0 * NUMBER + BYTES_IN_A_TRAJECTORY)
        + paths * frames * cells * NUMBER_AS_TEXT;
    Some((paths, frames, bytes))
}

/// Bytes that are free for this user where a directory is or would be, if the system reports them.
#[cfg(unix)]
fn free_on_disk(directory: &Path) -> Option<f64> {
    let directory = std::path::absolute(directory).ok()?;
    let there = directory.ancestors().find(|folder| folder.is_dir())?;
    let disk = rustix::fs::statvfs(there).ok()?;
    Some(disk.f_bavail as f64 * disk.f_frsize as f64)
}

#[cfg(not(unix))]
fn free_on_disk(_directory: &Path) -> Option<f64> {
    None
}

fn in_words(bytes: f64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB"];
    let power = ((bytes.max(1e3).log10() / 3.0) as usize).min(units.len());
    format!("{:.1} {}", bytes / 1e3_f64.powi(power as i32), units[power - 1])
}

/// All memory of the machine in bytes, if the system reports it.
fn memory_of_this_machine() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(1024.0 * kilobytes)
}

fn needs(problem: &Problem) -> Vec<Need> {
    let mut needs: Vec<Need> =
        landscape::method(problem).needs(problem).into_iter().chain(of_denoiser(problem)).collect();
    needs.extend(of_paths(problem));
    needs
}

fn atoms(problem: &Problem) -> f64 {
    problem.molecule.as_ref().map_or(0, |molecule| molecule.topology.atom_count()) as f64
}

fn of_denoiser(problem: &Problem) -> Option<Need> {
    let dimension = problem.variables.len() as f64;
    let need = |key, what: String, bytes| Need { key, what, bytes };
    match &problem.config.denoiser {
        DenoiserConfig::Mixture(_) => None,
        DenoiserConfig::Neural(neural) => {
            let samples = neural.data.samples.get() as f64;
            let held = samples * (dimension + 1.0) * 2.0 * NUMBER;
            let layers =
                (neural.settings.hidden_layers as f64 + 2.0) * (neural.settings.width as f64).powi(2);
            // Weights, gradients, two moments of the optimiser and the average, and as much of a batch's activations as there are layers.
            let batch = neural.settings.batch as f64 * neural.settings.width as f64;
            let network = 4.0 * (5.0 * layers + 8.0 * batch * (neural.settings.hidden_layers as f64 + 2.0));
            Some(if network > held {
                need("denoiser.width", "the network and its training".to_owned(), network)
            } else {
                need("denoiser.samples", format!("{samples} training samples"), held)
            })
        }
        DenoiserConfig::RandomFeatures(random) => {
            let features = random.settings.features as f64;
            let bytes = 3.0 * features * features * NUMBER;
            Some(need("denoiser.features", format!("the normal equations of {features} features"), bytes))
        }
    }
}

fn of_paths(problem: &Problem) -> Option<Need> {
    problem.states.as_ref()?;
    let (settings, config) = (&problem.config.sampling, &problem.config);
    let (atoms, dimension) = (atoms(problem), problem.variables.len() as f64);
    let points = config.geodesic.points.get() as f64;
    let directions = if settings.backward { 2.0 } else { 1.0 };
    if settings.method == SamplingMethod::TwoWayShooting {
        let steps = paths::steps_of_a_path(problem, config.geodesic.points.get()) as f64;
        let of_a_point = size_of::<PathPoint>() as f64 + dimension * NUMBER;
        let recorded = settings.paths.get() as f64 * points * of_a_point;
        let chains = paths::CHAINS as f64;
        let bytes = chains * steps * (NUMBER + NUMBER_AS_TEXT) * (dimension + 4.0) + recorded;
        let what = format!("{chains} paths of {steps} steps");
        return Some(Need { key: "sampling.path_steps", what, bytes });
    }
    // Frames go to the disk as they come, and so does what a batch has made: what stays of a path is its last point and some numbers.
    let count = settings.paths.get() as f64 * directions;
    let of_a_path = points * (size_of::<PathPoint>() as f64 + dimension * NUMBER) * 2.0;
    let under_way = rayon::current_num_threads() as f64 * PATHS_PER_BATCH as f64;
    let of_atoms = under_way * atoms * 3.0 * 4.0 * NUMBER + points * atoms * 3.0 * 2.0 * NUMBER;
    let bytes = under_way.min(count) * of_a_path + of_atoms + count * BYTES_OF_A_PATH;
    Some(Need { key: "sampling.paths", what: format!("{count} paths of {points} points"), bytes })
}

/// Energy evaluations of landscape and paths.
fn evaluations(problem: &Problem) -> f64 {
    let config = &problem.config;
    let landscape = landscape::method(problem).evaluations(problem).unwrap_or(0.0);
    let shooting = config.sampling.method == SamplingMethod::TwoWayShooting;
    let counted = problem.states.is_some() && config.space() == Space::Atoms && !shooting;
    let directions = if config.sampling.backward { 2.0 } else { 1.0 };
    let steps = paths::steps_of_a_path(problem, config.geodesic.points.get()) as f64
        + config.sampling.equilibration_ps.get() / config.sampling.time_step_ps.get();
    landscape + if counted { steps * config.sampling.paths.get() as f64 * directions } else { 0.0 }
}

/// How fast this machine evaluates the molecule's energy and forces, on all threads together; none without a molecule that is simulated.
fn evaluations_per_second(problem: &Problem) -> Option<f64> {
    let molecule = problem.molecule.as_ref()?;
    let [start, _] = molecule.structures.as_ref()?;
    let positions = Replicas::repeat(start, REPLICAS);
    let mut forces = Replicas::zeros(positions.atoms(), positions.replicas());
    let mut energies = vec![0.0; positions.stride()];
    let (begun, mut rounds) = (Instant::now(), 0_u32);
    while begun.elapsed() < TIMED {
        molecule.force_field.evaluate(&positions, &mut forces, &mut energies).ok()?;
        rounds += 1;
    }
    let rate = f64::from(rounds) * REPLICAS as f64 / begun.elapsed().as_secs_f64();
    Some(rate * rayon::current_num_threads() as f64)
}
