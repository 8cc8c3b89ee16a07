//! The simple baselines that every other path is compared with.

use geodyssey_constraints::ConstraintSettings;
use geodyssey_report::{MaxEnergy, RowRole};
use serde_json::{Value, json};

use super::finished::{Entry, Finished};
use crate::config::{
    Config, ConfigChange, ConstraintConfig, CurveChange, CurveKind, DEFAULT_DURATION_PS, DenoiserConfig,
    SamplingConfig, SamplingMethod, ShootingLength, Space,
};
use crate::error::Error;
use crate::problem::Problem;

/// How far the logSNR of a tent falls, in the middle, below the lower of the ends' logSNR.
const TENT_DEPTHS: [f64; 3] = [2.0, 4.0, 6.0];
/// A schedule that deviates nowhere by more than this from a linear one counts as linear.
const LINEAR_LOG_SNR: f64 = 1e-6;
/// Fractions of arrived paths that differ by less than this count as equal.
const EQUAL_SHARES: f64 = 1e-9;

/// A kind of baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Baseline {
    /// The straight line in the variables at the logSNR of the ends.
    Straight,
    /// The straight line in the variables with the logSNR of the first path's geodesic, point for point.
    StraightScheduled,
    /// The straight line with logSNR falling to 2, 4 and 6 below that of the ends in the middle.
    Tent,
    /// The minimum-energy path of the landscape, followed under the tether of the ends.
    MinimumEnergyPath,
    /// The geodesic of the pullback metric, decoded and followed under the tether of the ends.
    Pullback,
    /// Two-way shooting on the landscape, paths of fixed length.
    ShootingFixed,
    /// Two-way shooting on the landscape, paths of flexible length.
    ShootingFlexible,
}

/// A baseline of one group: its name, and what it changes in the first path's configuration.
pub(crate) struct Variant {
    name: String,
    change: ConfigChange,
}

impl Variant {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The problem of the group's first path with these changes.
    pub(crate) fn problem(&self, first: &Finished) -> Result<Problem, Error> {
        Ok(Problem::read(first.entry.problem.config.with(&self.change)?)?)
    }

    /// The baseline as a row of the comparison, to be computed in a directory.
    pub(crate) fn entry(&self, problem: Problem, directory: std::path::PathBuf) -> Entry {
        Entry { name: self.name.clone(), problem, directory, role: RowRole::Baseline }
    }
}

impl Baseline {
    /// Every kind, in the order of the tables.
    pub(crate) const ALL: [Self; 7] = [
        Self::Straight,
        Self::StraightScheduled,
        Self::Tent,
        Self::MinimumEnergyPath,
        Self::Pullback,
        Self::ShootingFixed,
        Self::ShootingFlexible,
    ];

    /// Its variants for a group whose first path is given: with the same sampling, ends, winding and number of points.
    pub(crate) fn variants(self, first: &Finished) -> Vec<Variant> {
        let config = &first.entry.problem.config;
        let line = curve(first, CurveKind::Straight);
        let of = |name: &str, curve: CurveChange| variant(first, name, curve, annealed(config));
        match self {
            Self::Straight => vec![of("straight-line", line)],
            Self::StraightScheduled => {
                let schedule = &first.curve.points;
                let levels: Vec<f64> = schedule.iter().map(|point| point.log_snr).collect();
                if !has_own_schedule(first.curve_kind(), &levels) {
                    return Vec::new();
                }
                vec![of(
                    "straight-line-geodesic-schedule",
                    CurveChange { log_snr_schedule: Some(levels), ..line },
                )]
            }
            Self::MinimumEnergyPath => {
                vec![of("minimum-energy-path", curve(first, CurveKind::MinimumEnergyPath))]
            }
            Self::Pullback => vec![of("pullback-geodesic", curve(first, CurveKind::Pullback))],
            Self::Tent => {
                let ends = config.geodesic.log_snr.start.min(config.geodesic.log_snr.end);
                let tops = TENT_DEPTHS.iter().map(|depth| ends - depth);
                tops.filter(|top| *top >= config.geodesic.log_snr_min.get())
                    .map(|top| {
                        let name = format!("tent-to-{}", format!("{top}").replace('-', "minus-"));
                        let tent = curve(first, CurveKind::Tent);
                        of(&name, CurveChange { tent_log_snr: Some(top), ..tent })
                    })
                    .collect()
            }
            Self::ShootingFixed => vec![shooting(first, "shooting-fixed", ShootingLength::Fixed)],
            Self::ShootingFlexible => vec![shooting(first, "shooting-flexible", ShootingLength::Flexible)],
        }
    }
}

/// Whether a geodesic's logSNR is not linear between its ends, as that of a straight line is.
fn has_own_schedule(kind: CurveKind, levels: &[f64]) -> bool {
    let (Some(first), Some(last)) = (levels.first(), levels.last()) else { return false };
    let segments = levels.len().saturating_sub(1).max(1) as f64;
    let is_off = |(index, level): (usize, &f64)| {
        (level - first - (last - first) * index as f64 / segments).abs() > LINEAR_LOG_SNR
    };
    kind.is_geodesic() && levels.iter().enumerate().any(is_off)
}

/// Another curve with the first path's ends, winding and number of points.
fn curve(first: &Finished, kind: CurveKind) -> CurveChange {
    let geodesic = &first.entry.problem.config.geodesic;
    CurveChange {
        kind,
        points: geodesic.points,
        log_snr: geodesic.log_snr,
        log_snr_min: geodesic.log_snr_min,
        winding: first.winding().to_vec(),
        log_snr_schedule: None,
        tent_log_snr: None,
    }
}

/// The first path's curve and constraints are replaced. So is a learned denoiser, since only the length of the curve depends on it
/// and it may not have been trained at the noise levels of a tent.
fn variant(first: &Finished, name: &str, curve: CurveChange, sampling: Option<SamplingConfig>) -> Variant {
    let is_learned = first.entry.problem.config.denoiser.training_data().is_some();
    let change = ConfigChange {
        reason: format!("set for the baseline {name}"),
        curve,
        constraints: Vec::new(),
        denoiser: is_learned.then(DenoiserConfig::exact),
        sampling,
    };
    Variant { name: name.to_owned(), change }
}

/// The sampling of a baseline if the first path is sampled in another way; none if it can stay as it is.
fn annealed(config: &Config) -> Option<SamplingConfig> {
    (config.sampling.method != SamplingMethod::Annealing).then(|| SamplingConfig {
        space: Some(config.space()),
        paths: config.sampling.paths,
        ..SamplingConfig::default()
    })
}

fn shooting(first: &Finished, name: &str, length: ShootingLength) -> Variant {
    let config = &first.entry.problem.config;
    let sampling = SamplingConfig {
        method: SamplingMethod::TwoWayShooting,
        space: Some(Space::Variables),
        length: Some(length),
        lifted_paths: config.system.is_some().then_some(0),
        paths: config.sampling.paths,
        backward: false, // only annealed paths are sampled in both directions
        ..SamplingConfig::default()
    };
    variant(first, name, curve(first, CurveKind::Straight), Some(sampling))
}

/// Whether a finished run is identical to what a baseline would be.
pub(crate) fn is_same(row: &Finished, baseline: &Problem) -> bool {
    let turns = baseline.config.geodesic.winding.as_ref();
    let winding = turns.map_or_else(Vec::new, |turns| turns.iter().map(|&turns| i64::from(turns)).collect());
    let kind = baseline.config.geodesic.kind;
    followed(&row.entry.problem.config, row.curve_kind(), row.winding())
        == followed(&baseline.config, kind, &winding)
}

/// Everything that determines the paths of a curve. Constraints bend geodesics; avoided regions also determine the channel of a
/// minimum-energy path.
fn followed(config: &Config, kind: CurveKind, winding: &[i64]) -> Value {
    let geodesic = &config.geodesic;
    let tent = (kind == CurveKind::Tent).then(|| geodesic.tent_log_snr.get());
    let latents = (kind == CurveKind::Pullback).then_some(geodesic.latent_log_snr);
    let bends = |constraint: &&ConstraintConfig| {
        let is_region = matches!(constraint.settings, ConstraintSettings::RegionAvoidance(_));
        kind.is_geodesic() || (kind == CurveKind::MinimumEnergyPath && is_region && !constraint.report_only)
    };
    let constraints: Vec<&ConstraintConfig> = config.constraints.iter().filter(bends).collect();
    let mut sampling = json!(config.sampling);
    let timed = config.space() == Space::Atoms && config.sampling.steps_per_point.is_none();
    if timed && config.sampling.duration_ps.is_none() {
        // A default that is written out is still the default.
        sampling["duration_ps"] = json!(DEFAULT_DURATION_PS);
    }
    json!({
        "kind": kind,
        "points": geodesic.points,
        "log_snr": [geodesic.log_snr.start, geodesic.log_snr.end],
        "tent": tent,
        "latents": latents,
        "schedule": geodesic.log_snr_schedule,
        "winding": winding,
        "constraints": constraints,
        "sampling": sampling,
    })
}

/// The best of the tents among the rows of a group.
pub(super) struct BestTent {
    /// Which row.
    pub(super) row: usize,
    /// The remark that it is the best, and by which quantity.
    pub(super) remark: String,
}

/// Among the tents for which most paths arrive, the one of least dissipated work (both directions together) or, where that is not
/// known, of lowest MaxEnergy. None if there are fewer than two tents.
pub(super) fn best_tent(rows: &[Finished]) -> Option<BestTent> {
    let is_tent = |row: &Finished| {
        let config = &row.entry.problem.config;
        config.geodesic.kind == CurveKind::Tent && config.sampling.method == SamplingMethod::Annealing
    };
    let tents: Vec<usize> = (0..rows.len()).filter(|&index| is_tent(&rows[index])).collect();
    if tents.len() < 2 {
        return None;
    }
    let reached = |index: &usize| {
        let sampling = rows[*index].summary.sampling.as_ref();
        sampling.map_or(0.0, |paths| paths.reached.min(paths.reached_backward.unwrap_or(paths.reached)))
    };
    let most = tents.iter().map(reached).fold(0.0, f64::max);
    let arrived: Vec<usize> =
        tents.into_iter().filter(|index| reached(index) >= most - EQUAL_SHARES).collect();
    let share = format!("{:.0} % of the paths arrived", 100.0 * most);
    let least = |measure: &dyn Fn(&Finished) -> Option<f64>| -> Option<usize> {
        let measured = arrived.iter().map(|&index| Some((index, measure(&rows[index])?)));
        let measured: Option<Vec<(usize, f64)>> = measured.collect();
        measured?.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
    };
    if let Some(row) = least(&dissipated) {
        let remark = format!("best tent: least dissipated work among the tents for which {share}");
        return Some(BestTent { row, remark });
    }
    let remark = format!("best tent: lowest MaxEnergy among the tents for which {share}");
    least(&|row| highest(row).map(|energy| energy.mean_kj_mol)).map(|row| BestTent { row, remark })
}

/// Mean dissipated work of both directions, kT.
fn dissipated(row: &Finished) -> Option<f64> {
    let work = row.summary.work.as_ref()?;
    let forward = work.forward.as_ref()?.dissipated_kt?;
    Some(match work.backward.as_ref().and_then(|backward| backward.dissipated_kt) {
        Some(backward) => 0.5 * (forward + backward),
        None => forward,
    })
}

fn highest(row: &Finished) -> Option<&MaxEnergy> {
    row.summary.max_energy.as_ref()?.landscape.as_ref()
}
