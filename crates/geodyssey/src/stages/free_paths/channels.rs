//! Which way round its periodic variables a free path goes.

use crate::config::InputError;
use crate::problem::Problem;

/// Tells the channels of paths apart.
pub(super) struct Channels {
    /// Period of each variable by which channels are told apart.
    periods: Vec<Option<f64>>,
    /// From the centre of the start to the nearest image of the end's.
    direct: Vec<f64>,
}

impl Channels {
    /// Those between the states of a run: by the periodic variables that both states bound.
    pub(super) fn of(problem: &Problem) -> Result<Self, InputError> {
        let [from, to] = problem.ends()?;
        let [start, end] = problem.states()?;
        let bounded = start.bounds().into_iter().zip(end.bounds()).map(|(start, end)| start && end);
        let periods = problem.periods().into_iter().zip(bounded);
        Ok(Self {
            periods: periods.map(|(period, is_bounded)| period.filter(|_| is_bounded)).collect(),
            direct: from.iter().zip(&to).map(|(from, to)| to - from).collect(),
        })
    }

    /// Turns of each variable on a path from the start to the end: 0 for the direct way.
    pub(super) fn winding(&self, values: &[Vec<f64>]) -> Vec<i32> {
        let axes = self.periods.iter().zip(&self.direct).enumerate();
        let turns = axes.map(|(axis, (period, direct))| {
            let Some(period) = period else { return 0 };
            let along: f64 = values
                .windows(2)
                .map(|pair| {
                    let step = pair[1][axis] - pair[0][axis];
                    step - period * (step / period).round()
                })
                .sum();
            ((along - direct) / period).round() as i32
        });
        turns.collect()
    }
}
