//! Paths as they come out of the dynamics, whatever space these took place in.

use geodyssey_report::{Direction, ShootingSummary, Warning};
use geodyssey_sampling::Failure;

use crate::problem::variables::{State, Variable};

/// One point of a path.
#[derive(Clone, Debug)]
pub(super) struct SampledPoint {
    /// Index of the point on the curve, counted from the state where forward paths begin.
    pub(super) curve_point: usize,
    /// The variables.
    pub(super) variables: Vec<f64>,
    /// `U(X)`, kJ/mol; none for paths of variables.
    pub(super) potential_energy: Option<f64>,
    /// Highest `U(X)` over every step since the point before, kJ/mol; none for paths of variables.
    pub(super) highest_potential_energy: Option<f64>,
    /// Energy of the tether, kJ/mol.
    pub(super) tether_energy: f64,
    /// Work done so far, kJ/mol.
    pub(super) work: f64,
}

/// A path.
#[derive(Clone, Debug)]
pub(super) struct SampledPath {
    /// From start to end, or back.
    pub(super) direction: Direction,
    /// Its number among those of its direction.
    pub(super) number: usize,
    /// Its points in the order in which it passed them; fewer than the curve's if it blew up.
    pub(super) points: Vec<SampledPoint>,
    /// Which of the points are frames.
    pub(super) frames: Vec<usize>,
    /// Positions of the frames, nm; empty for paths of variables that were not lifted to atoms.
    pub(super) positions: Vec<Vec<[f64; 3]>>,
    /// Highest `U(X)` over every step, kJ/mol.
    pub(super) maximum_potential_energy: Option<f64>,
    /// Highest landscape energy over every step and the segments between, kJ/mol; none without a landscape.
    pub(super) maximum_landscape_energy: Option<f64>,
    /// Highest landscape energy over every step, the segments left out, kJ/mol; none without a landscape.
    pub(super) maximum_landscape_energy_at_steps: Option<f64>,
    /// Set if it blew up.
    pub(super) failure: Option<Failure>,
    /// Of a path of atoms that arrived in the variables: whether it arrived at the state's structure.
    pub(super) is_structure: Option<bool>,
}

impl SampledPath {
    /// Its name, as its files are called.
    pub(super) fn name(&self) -> String {
        let kind = match self.direction {
            Direction::Forward => "path",
            Direction::Backward => "backward",
        };
        format!("{kind}-{:04}", self.number)
    }

    /// Distance of its last point from the centre of a state, in radii; none if it blew up.
    pub(super) fn final_distance(&self, target: &State, variables: &[Variable]) -> Option<f64> {
        let last = self.points.last().filter(|_| self.failure.is_none())?;
        Some(target.distance(variables, &last.variables))
    }

    /// Whether it arrived in the variables.
    pub(super) fn reached_variables(&self, target: &State, variables: &[Variable]) -> bool {
        self.final_distance(target, variables).is_some_and(|distance| distance <= 1.0)
    }

    /// Work done on it, kJ/mol; none if it blew up.
    pub(super) fn work(&self) -> Option<f64> {
        self.points.last().filter(|_| self.failure.is_none()).map(|point| point.work)
    }
}

/// All paths and what they cost.
pub(super) struct Sampled {
    /// Forward paths, then backward ones.
    pub(super) paths: Vec<SampledPath>,
    /// Evaluations of the energy or its gradient.
    pub(super) energy_evaluations: u64,
    /// Simulated time of one path, ps.
    pub(super) path_time_ps: Option<f64>,
    /// Of two-way shooting: how it went. Its paths are driven by nothing, and no work is done.
    pub(super) shooting: Option<ShootingSummary>,
    /// What must be known before they are believed.
    pub(super) warnings: Vec<Warning>,
}

impl Sampled {
    /// The first failure, where no forward path came through.
    pub(super) fn all_failed(&self) -> Option<&Failure> {
        let through = self.of(Direction::Forward).any(|path| path.failure.is_none());
        if through { None } else { self.of(Direction::Forward).find_map(|path| path.failure.as_ref()) }
    }

    /// How many paths of either direction broke down, in words.
    pub(super) fn broken_down(&self) -> String {
        let count = |direction: Direction| {
            let failed = self.of(direction).filter(|path| path.failure.is_some()).count();
            (failed, self.of(direction).count())
        };
        match (count(Direction::Forward), count(Direction::Backward)) {
            ((failed, all), (0, 0)) => format!("{failed} of {all} paths broke down"),
            ((forward, all), (backward, all_backward)) => format!(
                "{forward} of {all} forward paths broke down, and {backward} of {all_backward} backward ones"
            ),
        }
    }

    /// Those of one direction.
    pub(super) fn of(&self, direction: Direction) -> impl Iterator<Item = &SampledPath> {
        self.paths.iter().filter(move |path| path.direction == direction)
    }
}
