//! Path reversal.

use std::sync::Arc;

use geodyssey_dynamics::DynamicsError;

use crate::ensembles::frame::{FreePath, PhasePoint};
use crate::ensembles::leg::Leg;
use crate::ensembles::path_move::PathMove;
use crate::ensembles::trial::{Attempt, Rejection, Step, Trial};

/// Path reversal: the path backward in time, which is as probable. It is accepted if it belongs to the ensemble, as it does if it returns to
/// where it came from. Costs no dynamics.
#[derive(Clone, Copy, Debug)]
pub struct PathReversal;

impl<P: PhasePoint + 'static> PathMove<P> for PathReversal {
    fn name(&self) -> &'static str {
        "path-reversal"
    }

    fn begin(&self, present: Arc<FreePath<P>>, _trial: &Trial<'_, P>) -> Box<dyn Attempt<P>> {
        Box::new(ReversalAttempt { present })
    }
}

struct ReversalAttempt<P> {
    present: Arc<FreePath<P>>,
}

impl<P: PhasePoint> Attempt<P> for ReversalAttempt<P> {
    fn next(&mut self, _leg: Option<Leg<P>>, trial: &Trial<'_, P>) -> Result<Step<P>, DynamicsError> {
        let reversed = self.present.reversed();
        Ok(if trial.ensemble.contains(&reversed.frames) {
            Step::Accept(reversed)
        } else {
            Step::rejected(Rejection::WrongEnds)
        })
    }
}
