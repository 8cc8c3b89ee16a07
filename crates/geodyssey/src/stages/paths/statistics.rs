//! The results of all paths together: how many arrived, how high they went, and how much work it took.

use geodyssey_paths::Direction;
use geodyssey_report::{
    DeltaFSource, DirectionalWork, FailedPath, MaxEnergy, MaxEnergySummary, SamplingSummary, StructureMatch,
    WorkSummary,
};
use geodyssey_statistics::{
    StatisticsError,
    work::{Estimate, bar, dissipated_work, dissipated_works, jarzynski, mean_work},
};

use super::free_energy::{LARGEST_ERROR_KT, has_free_energy};
use super::lag::Lag;
use super::moments::{energies, of_chains};
use super::path_summary::PathSummary;
use super::sampled::Sampled;
use super::transition::{self, PathTransition};
use super::{kept, unsampled};
use crate::artifacts::curve::GeodesicRecord;
use crate::artifacts::landscape::LandscapeResult;
use crate::artifacts::paths::PathsRecord;
use crate::error::Error;
use crate::problem::Problem;
use crate::stages::constraints;

/// The statistics of all paths.
pub(super) fn record(
    problem: &Problem,
    landscape: &LandscapeResult,
    geodesic: &GeodesicRecord,
    sampled: &Sampled<'_>,
    transitions: &[Option<PathTransition>],
    lag: Option<Lag>,
    structure_match: Option<StructureMatch>,
) -> Result<PathsRecord, Error> {
    let failed = |error: StatisticsError| Error::failed("the work of the paths", error);
    Ok(PathsRecord {
        sampling: SamplingSummary {
            lag: lag.as_ref().map(|lag| lag.largest),
            lag_by_chance: lag.as_ref().map(|lag| lag.by_chance),
            structure_match,
            ..sampling(problem, sampled)?
        },
        max_energy: max_energy(landscape, geodesic, sampled),
        transition: transition::summary(problem, sampled, transitions),
        work: work(problem, geodesic, sampled).map_err(failed)?,
        free_energy: None,
        constraints: kept::measure(problem, landscape, &geodesic.constraints, sampled)?,
        warnings: sampled.warnings.iter().cloned().chain(unsampled::warning(landscape, sampled)?).collect(),
    })
}

fn sampling(problem: &Problem, sampled: &Sampled<'_>) -> Result<SamplingSummary, Error> {
    let [start, end] = problem.states()?;
    let share = |direction, target| {
        let (count, reached) = sampled.of(direction).fold((0_usize, 0_usize), |(count, reached), path| {
            (count + 1, reached + usize::from(path.reached(problem, target)))
        });
        (count > 0).then(|| reached as f64 / count as f64)
    };
    let failed = sampled.paths.iter().filter_map(|path| {
        let failure = path.failure.as_ref()?;
        Some(FailedPath {
            path: path.id.number as usize,
            direction: path.id.direction.name().to_owned(),
            point: path.points,
            step: failure.step as usize,
            energy_kj_mol: path.last.as_ref().and_then(|point| point.potential_energy_kj_mol),
            reason: failure.to_string(),
        })
    });
    Ok(SamplingSummary {
        paths: sampled.of(Direction::Forward).count(),
        reached: share(Direction::Forward, end).unwrap_or(0.0),
        backward_paths: sampled.of(Direction::Backward).count(),
        reached_backward: share(Direction::Backward, start),
        failed: failed.collect(),
        energy_evaluations: sampled.energy_evaluations,
        path_time_ps: sampled.path_time_ps,
        share_inside_avoided: share_inside(problem, sampled)?,
        lag: None,
        structure_match: None,
        lag_by_chance: None,
        shooting: sampled.shooting.clone(),
    })
}

/// Fraction of the forward paths' frames inside any region named by a constraint: of the frames in their files, so that the
/// number can be recomputed from these.
fn share_inside(problem: &Problem, sampled: &Sampled<'_>) -> Result<Option<f64>, Error> {
    let regions = constraints::regions(problem);
    if regions.is_empty() {
        return Ok(None);
    }
    let (mut count, mut inside) = (0_usize, 0_usize);
    for path in sampled.each(Direction::Forward) {
        let path = path?;
        for point in path.frames.iter().filter_map(|frame| path.points.get(frame.point)) {
            count += 1;
            let within = regions.iter().any(|region| region.contains(&problem.variables, &point.variables));
            inside += usize::from(within);
        }
    }
    Ok((count > 0).then(|| inside as f64 / count as f64))
}

fn max_energy(
    landscape: &LandscapeResult,
    geodesic: &GeodesicRecord,
    sampled: &Sampled<'_>,
) -> Option<MaxEnergySummary> {
    let whole = || sampled.of(Direction::Forward).filter(|path| path.is_whole());
    let highest =
        || whole().filter_map(|path| path.maximum_landscape_energy).map(|energy| energy - landscape.minimum);
    let definition = "highest landscape energy of a path over every step and the segments between steps, above the landscape's global minimum";
    let on_landscape = energies(definition, highest().collect()).map(|energy| match &sampled.shooting {
        Some(shooting) => of_chains(energy, &highest().collect::<Vec<f64>>(), shooting.chains),
        None => energy,
    });
    let atoms = energies(
        "highest all-atom potential energy of a path over every step, absolute; contains thermal energy",
        whole().filter_map(|path| path.maximum_potential_energy).collect(),
    );
    let start: Vec<f64> = whole().filter_map(|path| path.first_potential_energy).collect();
    let start_mean = start.iter().sum::<f64>() / start.len() as f64;
    let summary = MaxEnergySummary {
        landscape: on_landscape
            .map(|energy| MaxEnergy { lower_bound_kj_mol: geodesic.lower_bound_kj_mol, ..energy }),
        atoms: atoms.map(|energy| MaxEnergy {
            above_start_mean_kj_mol: Some(energy.mean_kj_mol - start_mean),
            ..energy
        }),
    };
    (summary.landscape.is_some() || summary.atoms.is_some()).then_some(summary)
}

fn work(
    problem: &Problem,
    geodesic: &GeodesicRecord,
    sampled: &Sampled<'_>,
) -> Result<Option<WorkSummary>, StatisticsError> {
    if sampled.shooting.is_some() {
        return Ok(None);
    }
    let of = |direction| -> Vec<f64> { sampled.of(direction).filter_map(PathSummary::work).collect() };
    let (forward, backward) = (of(Direction::Forward), of(Direction::Backward));
    if forward.is_empty() && backward.is_empty() {
        return Ok(None);
    }
    let thermal_energy = problem.thermal_energy;
    let both = forward.len() > 1 && backward.len() > 1;
    let estimate = both.then(|| bar(&forward, &backward, thermal_energy)).transpose()?;
    let delta_f_error = estimate
        .map(|estimate| estimate.standard_error_kj_mol)
        .filter(|error| *error <= LARGEST_ERROR_KT * thermal_energy);
    let landscape = geodesic.delta_f_kj_mol.filter(|_| has_free_energy(problem));
    let (dissipated, source) = match (both, landscape) {
        (true, _) => {
            let known = delta_f_error.is_some();
            // What a mean exceeds an unknown ΔF by has no error either.
            let unknown = |one: Estimate| Estimate { standard_error_kj_mol: f64::INFINITY, ..one };
            let both = dissipated_works(&forward, &backward, thermal_energy)?;
            (both.map(|one| Some(if known { one } else { unknown(one) })), Some(DeltaFSource::Bar))
        }
        // Without backward paths the landscape's own difference replaces BAR's.
        (false, Some(value)) => {
            let of = |work: &[f64], sign: f64| {
                let own = Estimate { value_kj_mol: sign * value, standard_error_kj_mol: 0.0 };
                (work.len() > 1).then(|| dissipated_work(work, own)).transpose()
            };
            ([of(&forward, 1.0)?, of(&backward, -1.0)?], Some(DeltaFSource::Landscape))
        }
        (false, None) => ([None, None], None),
    };
    Ok(Some(WorkSummary {
        forward: directional(&forward, 1.0, dissipated[0], thermal_energy)?,
        backward: directional(&backward, -1.0, dissipated[1], thermal_energy)?,
        delta_f_kj_mol: estimate.map(|estimate| estimate.value_kj_mol),
        delta_f_error_kj_mol: delta_f_error,
        overlap: both.then(|| overlap(&forward, &backward)),
        landscape_delta_f_kj_mol: landscape,
        dissipated_delta_f_source: source.filter(|_| dissipated.iter().any(Option::is_some)),
    }))
}

/// Fraction of the works, backward ones with reversed sign, in the range covered by both directions.
///
/// Bennett's ratio weighs the works of the two directions against each other there and nowhere else.
fn overlap(forward: &[f64], backward: &[f64]) -> f64 {
    let turned: Vec<f64> = backward.iter().map(|work| -work).collect();
    let lowest = |works: &[f64]| works.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = |works: &[f64]| works.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let common = lowest(forward).max(lowest(&turned))..=highest(forward).min(highest(&turned));
    let inside = forward.iter().chain(&turned).filter(|work| common.contains(work)).count();
    inside as f64 / (forward.len() + turned.len()) as f64
}

/// Work in one direction; `sign` is that of its free-energy difference.
fn directional(
    work: &[f64],
    sign: f64,
    dissipated: Option<Estimate>,
    thermal_energy: f64,
) -> Result<Option<DirectionalWork>, StatisticsError> {
    let empty = DirectionalWork {
        paths: work.len(),
        mean_kj_mol: 0.0,
        std_kj_mol: None,
        standard_error_kj_mol: None,
        dissipated_kt: None,
        dissipated_error_kt: None,
        jarzynski_delta_f_kj_mol: None,
        jarzynski_error_kj_mol: None,
    };
    match work {
        [] => Ok(None),
        [only] => Ok(Some(DirectionalWork { mean_kj_mol: *only, ..empty })),
        _ => {
            let mean = mean_work(work)?;
            let dissipated = dissipated.map(|dissipated| dissipated.in_thermal_energies(thermal_energy));
            let estimate = jarzynski(work, thermal_energy)?;
            Ok(Some(DirectionalWork {
                mean_kj_mol: mean.value_kj_mol,
                std_kj_mol: Some(mean.standard_error_kj_mol * (work.len() as f64).sqrt()),
                standard_error_kj_mol: Some(mean.standard_error_kj_mol),
                dissipated_kt: dissipated.map(|dissipated| dissipated.0),
                dissipated_error_kt: dissipated
                    .map(|dissipated| dissipated.1)
                    .filter(|error| error.is_finite()),
                jarzynski_delta_f_kj_mol: Some(sign * estimate.value_kj_mol),
                jarzynski_error_kj_mol: Some(estimate.standard_error_kj_mol),
                ..empty
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_the_share_of_works_that_both_directions_have_seen() {
        assert_eq!(overlap(&[1.0, 2.0, 3.0], &[-1.0, -2.0, -3.0]), 1.0);
        assert_eq!(overlap(&[10.0, 11.0], &[-1.0, -2.0]), 0.0);
        // Common range [2, 3]: 2 and 3 of the forward works, 2 and 3 of the turned ones.
        assert_eq!(overlap(&[2.0, 3.0, 4.0, 5.0], &[0.0, -1.0, -2.0, -3.0]), 0.5);
    }
}
