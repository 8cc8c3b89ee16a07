//! Where the frames of free paths lie: in which state, and how far along.

use geodyssey_dynamics::TetherPoint;
use geodyssey_paths::ensembles::{Place, Places, State as Named};

use crate::problem::Problem;
use crate::problem::state::State;

/// What interfaces lie along.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// Nothing: transition path sampling has no interfaces.
    None,
    /// A variable, multiplied by a sign so that it rises from the start to the end along the curve. A periodic one is cut opposite to the middle
    /// between the curve's ends: its value is the image within half a period of that.
    Variable {
        /// Its index.
        index: usize,
        /// 1, or -1 if it falls from the start to the end.
        sign: f64,
        /// Middle between the curve's ends.
        middle: f64,
    },
    /// The place on the curve, from 0 at the start to 1 at the end, of the nearest of its points.
    Arc(Vec<Vec<f64>>),
}

/// The states of a run, in one direction.
pub(crate) struct StatePlaces<'p> {
    problem: &'p Problem,
    states: [&'p State; 2],
    order: Order,
    periods: Vec<Option<f64>>,
    is_backward: bool,
}

impl<'p> StatePlaces<'p> {
    /// Paths from the start to the end, or backward; the order parameter rises in the direction of the paths.
    pub(crate) fn new(problem: &'p Problem, states: &'p [State; 2], order: Order, is_backward: bool) -> Self {
        let [start, end] = states;
        let states = if is_backward { [end, start] } else { [start, end] };
        Self { problem, states, order, periods: problem.periods(), is_backward }
    }

    fn order(&self, values: &[f64]) -> f64 {
        let forward = match &self.order {
            Order::None => 0.0,
            Order::Variable { index, sign, middle } => {
                sign * (middle + self.problem.variables[*index].difference(values[*index], *middle))
            }
            Order::Arc(points) => nearest_place(&self.periods, self.problem.scales.each(), points, values),
        };
        if self.is_backward { -forward } else { forward }
    }
}

impl Places for StatePlaces<'_> {
    fn place(&self, values: &[f64]) -> Place {
        let [a, b] = self.states.map(|state| state.contains(&self.problem.variables, values));
        let state = match (a, b) {
            (true, _) => Some(Named::A),
            (_, true) => Some(Named::B),
            _ => None,
        };
        Place { state, order: self.order(values) }
    }
}

/// The points of a curve in the variables' own units, thinned to at most 200.
pub(crate) fn curve_points(problem: &Problem, curve: &[TetherPoint]) -> Vec<Vec<f64>> {
    let stride = curve.len().div_ceil(200).max(1);
    let last = curve.last().filter(|_| !(curve.len() - 1).is_multiple_of(stride));
    let points = curve.iter().step_by(stride).chain(last);
    points.map(|point| problem.scales.own(&point.center)).collect()
}

/// The place, from 0 to 1, of the point of a curve that is nearest in scaled variables, the shortest way round periods.
pub(crate) fn nearest_place(
    periods: &[Option<f64>],
    scales: &[f64],
    points: &[Vec<f64>],
    values: &[f64],
) -> f64 {
    let distance = |point: &Vec<f64>| -> f64 {
        let axes = periods.iter().zip(scales).zip(point.iter().zip(values));
        let apart = axes.map(|((period, scale), (a, b))| {
            let apart = a - b;
            let turns = period.map_or(0.0, |period| period * (apart / period).round());
            ((apart - turns) / scale).powi(2)
        });
        apart.sum()
    };
    let mut best = (f64::INFINITY, 0);
    for (index, point) in points.iter().enumerate() {
        let distance = distance(point);
        if distance < best.0 {
            best = (distance, index);
        }
    }
    best.1 as f64 / (points.len().max(2) - 1) as f64
}
