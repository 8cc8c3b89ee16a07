//! `[paths]` and `[committor]`: free paths, and free trajectories from structures.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::values::{Count, PositiveReal, Real};

/// How free paths are sampled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PathsMethod {
    /// Not at all.
    #[default]
    None,
    /// Transition path sampling: the ensemble of free transition paths.
    Tps,
    /// Replica exchange transition interface sampling: rates.
    Retis,
}

/// A move in path space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MoveName {
    /// Both ways from a frame, with fresh velocities.
    TwoWayShooting,
    /// The same with velocities of which a part is kept.
    TwoWayShootingKeptVelocities,
    /// Forward or backward from a frame.
    OneWayShooting,
    /// The same from a frame near the last one.
    SpringShooting,
    /// The path backward.
    PathReversal,
    /// Several shots of a piece of the path between interfaces.
    WireFencing,
}

/// How long the paths of transition path sampling are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PathLengthKind {
    /// From the last frame in the start state to the first in the end state.
    #[default]
    Flexible,
    /// All last `longest_ps`.
    Fixed,
}

/// From which frames paths are shot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ShootFrom {
    /// All alike.
    #[default]
    Uniform,
    /// Preferably near a place on the curve.
    Arc,
    /// Preferably where the committor of the landscape is near one half.
    Committor,
}

/// Where interfaces are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Interfaces {
    /// So many, placed by a pilot run.
    Count(Count),
    /// At these values.
    At(Vec<Real>),
}

/// `[paths]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PathsConfig {
    /// What is sampled: nothing, the ensemble of free transition paths, or that with rates.
    pub(crate) method: PathsMethod,
    /// Independent chains; for rates, independent simulations of all ensembles.
    pub(crate) chains: Count,
    /// Trials of each chain; for rates, cycles of each simulation.
    pub(crate) trials: Count,
    /// Moves, equally often; by default two-way shooting, for rates with path reversal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) moves: Option<Vec<MoveName>>,
    /// Length of the paths.
    pub(crate) length: PathLengthKind,
    /// Longest path, ps.
    pub(crate) longest_ps: PositiveReal,
    /// Steps between two frames.
    pub(crate) check_every: Count,
    /// Time step, ps; without a molecule in the landscape's unit of time.
    pub(crate) time_step_ps: PositiveReal,
    /// Friction, 1/ps; without a molecule in the inverse of the landscape's unit of time.
    pub(crate) friction_per_ps: PositiveReal,
    /// Mass of every variable of a landscape; not for atoms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mass: Option<PositiveReal>,
    /// From which frames paths are shot.
    pub(crate) shoot_from: ShootFrom,
    /// Place on the curve near which paths are shot with `shoot_from = "arc"`, from 0 to 1; by default that of the highest energy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) arc_place: Option<Real>,
    /// Part of the curve around that place.
    pub(crate) arc_width: PositiveReal,
    /// Part of the velocities that `two-way-shooting-kept-velocities` keeps, from 0 to 1.
    pub(crate) kept_velocities: Real,
    /// Strength of the spring of `spring-shooting`, per frame.
    pub(crate) spring_strength: Real,
    /// Largest shift of its shooting frame, in frames.
    pub(crate) spring_shift: Count,
    /// Shots of one `wire-fencing` move.
    pub(crate) wire_shots: Count,
    /// For rates: the variable along which interfaces lie, or `arc` for the place on the curve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) along: Option<String>,
    /// For rates: the number of interfaces, or their values along that variable for the forward rate, the first at the border of the start
    /// state; those of the backward rate are placed by pilot runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interfaces: Option<Interfaces>,
    /// For rates: share of cycles in which neighbouring ensembles exchange paths.
    pub(crate) exchange_share: Real,
    /// For rates: share of cycles that also make a trial inside the start state, where paths may be long and only their mean length counts.
    pub(crate) inside_share: PositiveReal,
    /// Trajectory that leads from the start state to the end state, to begin with; by default the led paths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<PathBuf>,
    /// Paths that are written as trajectories.
    pub(crate) kept_paths: Count,
}

impl Default for PathsConfig {
    fn default() -> Self {
        Self {
            method: PathsMethod::None,
            chains: Count::constant(64),
            trials: Count::constant(200),
            moves: None,
            length: PathLengthKind::Flexible,
            longest_ps: PositiveReal::constant(20.0),
            check_every: Count::constant(1),
            time_step_ps: PositiveReal::constant(0.001),
            friction_per_ps: PositiveReal::constant(1.0),
            mass: None,
            shoot_from: ShootFrom::Uniform,
            arc_place: None,
            arc_width: PositiveReal::constant(0.1),
            kept_velocities: Real::constant(0.9),
            spring_strength: Real::constant(0.1),
            spring_shift: Count::constant(10),
            wire_shots: Count::constant(4),
            along: None,
            interfaces: None,
            exchange_share: Real::constant(0.5),
            inside_share: PositiveReal::constant(0.2),
            seed: None,
            kept_paths: Count::constant(32),
        }
    }
}

impl PathsConfig {
    /// Whether nothing is sampled.
    pub(crate) fn is_off(&self) -> bool {
        self.method == PathsMethod::None
    }

    /// The moves, those of the method where none are given.
    pub(crate) fn moves(&self) -> Vec<MoveName> {
        match (&self.moves, self.method) {
            (Some(moves), _) => moves.clone(),
            (None, PathsMethod::Retis) => vec![MoveName::TwoWayShooting, MoveName::PathReversal],
            (None, _) => vec![MoveName::TwoWayShooting],
        }
    }

    /// Steps of the longest path.
    pub(crate) fn longest_steps(&self) -> f64 {
        (self.longest_ps.get() / self.time_step_ps.get()).round()
    }

    /// Frames of the longest path.
    pub(crate) fn longest_frames(&self) -> usize {
        (self.longest_steps() / self.check_every.get() as f64) as usize + 1
    }

    /// What does not fit together: the key, empty for the whole section, and why.
    pub(super) fn check(&self, has_states: bool, moves_atoms: bool) -> Result<(), (String, String)> {
        if self.is_off() {
            return Ok(());
        }
        let error = |key: &str, message: String| Err((key.to_owned(), message));
        if !has_states {
            return error("", "free paths need [states.start] and [states.end]".to_owned());
        }
        if self.trials.get() < 2 {
            return error("trials", "the first trials are left out: expected at least 2".to_owned());
        }
        if self.wire_shots.get() > MOST_WIRE_SHOTS {
            return error(
                "wire_shots",
                format!("expected at most {MOST_WIRE_SHOTS} shots, found {}", self.wire_shots.get()),
            );
        }
        if self.longest_frames() < 3 {
            return error("longest_ps", "a path has at least three frames: increase `longest_ps`".to_owned());
        }
        if self.longest_steps() > LONGEST_LEG {
            let message = format!(
                "a path may have at most {LONGEST_LEG:.0} steps; `longest_ps` / `time_step_ps` is {:.0}",
                self.longest_steps()
            );
            return error("longest_ps", message);
        }
        let moves = self.moves();
        if moves.is_empty() {
            return error("moves", "expected at least one move, such as \"two-way-shooting\"".to_owned());
        }
        if moves.iter().all(|one| matches!(one, MoveName::PathReversal | MoveName::WireFencing)) {
            let message = "these moves alone do not reach every path: add a shooting move, such as \"two-way-shooting\"";
            return error("moves", message.to_owned());
        }
        let is_tps = self.method == PathsMethod::Tps;
        for (name, key) in
            [(MoveName::PathReversal, "path-reversal"), (MoveName::WireFencing, "wire-fencing")]
        {
            if is_tps && moves.contains(&name) {
                let message = format!(
                    "`{key}` is for the ensembles of `method = \"retis\"`, whose paths may return to the start state"
                );
                return error("moves", message);
            }
        }
        if self.length == PathLengthKind::Fixed && !is_tps {
            return error("length", "paths of a fixed length go with `method = \"tps\"`".to_owned());
        }
        if moves.contains(&MoveName::SpringShooting) && self.shoot_from != ShootFrom::Uniform {
            return error(
                "moves",
                "`spring-shooting` selects its frames by itself: omit `shoot_from`".to_owned(),
            );
        }
        if self.method == PathsMethod::Retis && self.shoot_from != ShootFrom::Uniform {
            return error("shoot_from", "`shoot_from` goes with `method = \"tps\"`".to_owned());
        }
        for (key, value) in
            [("kept_velocities", self.kept_velocities.get()), ("exchange_share", self.exchange_share.get())]
        {
            if !(0.0..1.0).contains(&value) {
                return error(key, format!("expected a number from 0 to less than 1, found {value}"));
            }
        }
        if self.inside_share.get() > 1.0 {
            return error("inside_share", format!("a share is at most 1, found {}", self.inside_share.get()));
        }
        if let Some(place) = self.arc_place
            && !(0.0..=1.0).contains(&place.get())
        {
            return error(
                "arc_place",
                format!("a place on the curve lies between 0 and 1, found {}", place.get()),
            );
        }
        if is_tps {
            for (key, given) in [("along", self.along.is_some()), ("interfaces", self.interfaces.is_some())] {
                if given {
                    return error(key, format!("`{key}` goes with `method = \"retis\"`"));
                }
            }
        }
        self.check_interfaces()?;
        if self.mass.is_some() && moves_atoms {
            return error("mass", "atoms have the masses of the force field: omit `mass`".to_owned());
        }
        Ok(())
    }

    fn check_interfaces(&self) -> Result<(), (String, String)> {
        let error = |key: &str, message: String| Err((key.to_owned(), message));
        if self.method != PathsMethod::Retis {
            return Ok(());
        }
        match &self.interfaces {
            Some(Interfaces::At(values)) if values.is_empty() => error(
                "interfaces",
                "expected at least one interface, at the border of the start state".to_owned(),
            ),
            Some(Interfaces::At(values)) if values.len() > MOST_INTERFACES => error(
                "interfaces",
                format!("expected at most {MOST_INTERFACES} interfaces, found {}", values.len()),
            ),
            Some(Interfaces::Count(count)) if count.get() > MOST_INTERFACES => error(
                "interfaces",
                format!("expected at most {MOST_INTERFACES} interfaces, found {}", count.get()),
            ),
            Some(Interfaces::At(values)) => {
                let steps: Vec<f64> = values.windows(2).map(|pair| pair[1].get() - pair[0].get()).collect();
                let rises = steps.iter().all(|step| *step > 0.0);
                if !rises && !steps.iter().all(|step| *step < 0.0) {
                    return error(
                        "interfaces",
                        "expected values that rise, or that fall, all along".to_owned(),
                    );
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Steps that a leg can have: its random numbers are counted so far.
const LONGEST_LEG: f64 = 16_000_000.0;
/// Shots of one move.
const MOST_WIRE_SHOTS: usize = 60;
/// Interfaces of one simulation.
const MOST_INTERFACES: usize = 60;

/// `[committor]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CommittorConfig {
    /// Free trajectories from every structure.
    pub(crate) trajectories: Count,
    /// The same from structures whose committor lies between 0.1 and 0.9 by the first ones.
    pub(crate) trajectories_if_undecided: Count,
    /// Most frames of the led paths that are taken where no structures are given.
    pub(crate) structures: Count,
}

impl Default for CommittorConfig {
    fn default() -> Self {
        Self {
            trajectories: Count::constant(50),
            trajectories_if_undecided: Count::constant(200),
            structures: Count::constant(256),
        }
    }
}

impl CommittorConfig {
    /// Whether nothing of it was given.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
