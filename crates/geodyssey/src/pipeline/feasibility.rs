//! What can be known to be impossible before the landscape is computed.

use geodyssey_constraints::{ConstraintContext, ConstraintError, ConstraintSettings};
use geodyssey_denoiser::{Covariance, GridDenoiser, MixtureComponent, MixtureDenoiser, SpacetimePoint};

use crate::config::{DenoiserConfig, InputError};
use crate::problem::{Problem, grid_axes};
use crate::stages::constraints::{ball, regions, units};
use crate::stages::{denoiser, geodesic, training};

/// Variance of the density that replaces the landscape's here, in squared units of the variables: almost flat.
const STAND_IN_VARIANCE: f64 = 100.0;

/// Variables that a grid can have at most.
const MOST_GRID_VARIABLES: usize = 3;

/// Checks windings, constraints and the learned denoiser's range against the states.
pub(crate) fn check(problem: &Problem) -> Result<(), InputError> {
    check_denoiser(problem)?;
    if problem.states.is_none() {
        return Ok(());
    }
    geodesic::check(problem)?;
    check_learned_constraints(problem)?;
    check_constraints(problem)?;
    check_regions(problem)
}

/// Checks what the landscape's posteriors depend on: weights, device and grid, but neither the curve nor its constraints.
pub(crate) fn check_denoiser(problem: &Problem) -> Result<(), InputError> {
    training::check(problem)?;
    check_grid(problem)
}

/// A grid is no larger than this: its table alone has some hundred bytes for every point.
const MOST_GRID_POINTS: f64 = 1e8;

/// Refuses a grid that is too large to be a table.
pub(crate) fn check_size(problem: &Problem) -> Result<(), InputError> {
    let axes = grid_axes(problem).unwrap_or_default();
    if axes.len() > MOST_GRID_VARIABLES {
        return check_grid(problem);
    }
    let points: f64 = axes.iter().map(|axis| axis.count as f64).product();
    if points <= MOST_GRID_POINTS {
        return Ok(());
    }
    let message =
        format!("a grid of {points:e} points is too large: at most {MOST_GRID_POINTS:e} are possible");
    Err(problem.config.error("landscape.grid_points", message))
}

/// The exact denoiser must be able to hold the landscape's grid.
fn check_grid(problem: &Problem) -> Result<(), InputError> {
    let config = &problem.config;
    // Gaussians of a formula need no grid, but a learned denoiser is trained on the exact one.
    let has_grid = config.landscape.grid_points().is_some();
    // Other errors in the axes are reported where they are made.
    let Some(axes) = grid_axes(problem).ok().filter(|_| has_grid) else { return Ok(()) };
    GridDenoiser::check_size(&denoiser::axes(problem, &axes)).map_err(|error| {
        if axes.len() <= MOST_GRID_VARIABLES {
            return config.error("landscape.grid_points", format!("{error} (`grid_points`)"));
        }
        let message = format!(
            "{error}: for more variables use samples instead of a grid, `method = \"samples\"` with a table of the variables \
             (`samples = \"FILE.csv\"`), a `trajectory`, or neither, to make them by replica exchange of the molecule"
        );
        config.error("landscape.method", message)
    })
}

/// Constraints that a learned denoiser cannot evaluate.
fn check_learned_constraints(problem: &Problem) -> Result<(), InputError> {
    let denoiser = &problem.config.denoiser;
    if denoiser.training_data().is_none() {
        return Ok(());
    }
    for (index, constraint) in problem.config.constraints.iter().enumerate() {
        let message = match (&constraint.settings, denoiser) {
            (ConstraintSettings::RegionAvoidance(_), _) if denoiser.knows_normaliser() => continue,
            (ConstraintSettings::RegionAvoidance(_), DenoiserConfig::Neural(_)) => {
                "region-avoidance needs a denoiser whose normaliser is known: set `conservative = true` in [denoiser]"
            }
            (ConstraintSettings::RegionAvoidance(_), _) => {
                "region-avoidance needs a denoiser whose normaliser is known: in [denoiser] set `kind = \"neural\"` with \
                 `conservative = true`, or `kind = \"mixture\"`"
            }
            (ConstraintSettings::EnergyCeiling(_), _) => {
                "energy-ceiling needs a denoiser that gives energies, and no learned one does: set `kind = \"mixture\"` in \
                 [denoiser]"
            }
            (ConstraintSettings::LowVariance(_), _) => continue,
        };
        return Err(problem.config.error(&format!("constraint.{index}.kind"), message));
    }
    Ok(())
}

/// Invalid numbers in constraints, and bounds of logSNR that the ends violate. A flat density replaces the landscape's, so that
/// whatever depends on it is left to the geodesic stage.
fn check_constraints(problem: &Problem) -> Result<(), InputError> {
    let config = &problem.config;
    let [start, end] = problem.states()?;
    let component = MixtureComponent {
        weight: 1.0,
        mean: problem.scaled_center(start),
        covariance: Covariance::Isotropic(STAND_IN_VARIANCE),
    };
    let Ok(stand_in) = MixtureDenoiser::new(vec![component], problem.periods()) else { return Ok(()) };
    let log_snr = config.geodesic.log_snr;
    let ends = [
        SpacetimePoint { log_snr: log_snr.start, y: problem.scaled_center(start) },
        SpacetimePoint { log_snr: log_snr.end, y: problem.scaled_center(end) },
    ];
    let units = units(problem);
    let context = ConstraintContext {
        denoiser: &stand_in,
        ends: [&ends[0], &ends[1]],
        units: &units,
        bottleneck_kj_mol: Some(0.0),
    };
    for (index, constraint) in config.constraints.iter().enumerate() {
        let key = format!("constraint.{index}");
        let built = match constraint.settings.build(&context) {
            Ok(built) => built,
            Err(error @ ConstraintError::Settings { .. }) => {
                return Err(config.error(&key, error.to_string()));
            }
            Err(ConstraintError::Denoiser { .. } | ConstraintError::Unknown { .. }) => continue,
        };
        if constraint.report_only {
            continue;
        }
        for (name, log_snr) in [("start", log_snr.start), ("end", log_snr.end)] {
            let low = built.log_snr_floor().filter(|floor| log_snr < floor - built.tolerance());
            let high = built.log_snr_ceiling().filter(|ceiling| log_snr > ceiling + built.tolerance());
            let Some((bound, limit)) = low.map(|l| ("≥", l)).or(high.map(|h| ("≤", h))) else { continue };
            let message = format!(
                "constraint `{}` requires logSNR {bound} {limit}, but the {name} of the geodesic has logSNR {log_snr}: change \
                 `geodesic.log_snr` or the constraint",
                built.kind()
            );
            return Err(config.error(&key, message));
        }
    }
    Ok(())
}

/// An avoided region must lie within the range of the landscape, and leave the two states free.
fn check_regions(problem: &Problem) -> Result<(), InputError> {
    let states = problem.states()?;
    for (index, constraint) in problem.config.constraints.iter().enumerate() {
        let ConstraintSettings::RegionAvoidance(settings) = &constraint.settings else { continue };
        let Some(region) = ball(problem, settings) else { continue };
        for (variable, &value) in problem.variables.iter().zip(&region.center) {
            let Some((low, high)) = variable.range.filter(|_| variable.period.is_none()) else { continue };
            if !(low..=high).contains(&value) {
                let shown = [value, low, high].map(|x| variable.display(x));
                let message = format!(
                    "the centre of this region lies outside the range of `{}`: {}, whereas the landscape extends from {} to {}",
                    variable.name, shown[0], shown[1], shown[2]
                );
                return Err(problem.config.error(&format!("constraint.{index}.center"), message));
            }
        }
    }
    for region in regions(problem).iter().filter(|region| region.active) {
        if states.iter().any(|state| region.contains(&problem.variables, &state.center)) {
            return Err(problem
                .config
                .error("constraint", "an avoided region contains one of the two states"));
        }
    }
    Ok(())
}
