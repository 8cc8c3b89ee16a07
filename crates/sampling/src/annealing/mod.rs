//! Annealed Langevin dynamics along a list of tether points.

mod atoms;
mod variables;
mod watch;

pub use atoms::{AtomAnnealing, AtomAnnealingState, AtomFrame, AtomPath, AtomRecord, HighestLandscapeEnergy};
pub use variables::{
    EnergyOfVariables, VariableAnnealing, VariableAnnealingState, VariablePath, VariableRecord,
};

use crate::error::SamplingError;
use crate::tether::{Tether, TetherPoint};

/// Paths that are processed together. A constant, so that the split of the paths into batches, and with it every bit
/// of the results, depends on nothing else.
pub const PATHS_PER_BATCH: usize = 16;

/// How long to stay where on the curve.
///
/// Every path first equilibrates under the first point's tether, then runs `steps_per_point` steps for every point.
/// On the way from one point to the next the tether is switched `switches_per_point` times, in equal parts of
/// `(λ, y)`, with an equal share of the steps after each switch; so the last share of a point's steps runs under the
/// point's own tether, at the end of which the path is recorded. One switch a point is the plain protocol; many small
/// switches do less work in vain, by about `(L²/2)(1/N - 1/(N·switches))` kT for a curve of length `L` and `N` points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnnealingProtocol {
    /// Steps under the first tether before the path begins.
    pub equilibration_steps: u64,
    /// Steps for every point of the curve.
    pub steps_per_point: u64,
    /// Switches of the tether on the way to every point; at most `steps_per_point`.
    pub switches_per_point: u64,
    /// Every so many points the positions of the atoms are kept; those of the first and last point always are.
    pub frame_stride: usize,
}

impl AnnealingProtocol {
    /// Switches per point that serve well. Alanine dipeptide in vacuum, C5 → C7ax along a straight line of 64 points at
    /// log SNR 4 in 40 ps, 300 K, 64 paths each way, dissipated in kT forwards/backwards: 1 switch 9.0/7.0, 10 switches
    /// 0.5/0.5, 100 switches 0.6/0.5 (standard error 0.2, for 1 switch 0.8).
    pub const RECOMMENDED_SWITCHES_PER_POINT: u64 = 10;

    fn check(&self) -> Result<(), SamplingError> {
        SamplingError::check_positive("the number of steps per point", self.steps_per_point as f64)?;
        SamplingError::check_positive("the number of switches per point", self.switches_per_point as f64)?;
        SamplingError::check_positive("the stride of frames", self.frame_stride as f64)?;
        if self.switches_per_point > self.steps_per_point {
            return Err(SamplingError::TooFew {
                what: "steps per point, one for every switch",
                least: self.switches_per_point as usize,
                found: self.steps_per_point as usize,
            });
        }
        Ok(())
    }

    /// For every share of the steps of a point: how far the tether is on its way from the point before, and the steps.
    fn shares(&self, point: usize) -> impl Iterator<Item = (f64, u64)> + use<> {
        let (steps, switches) = (self.steps_per_point, if point == 0 { 1 } else { self.switches_per_point });
        (1..=switches).map(move |share| {
            let end = |share: u64| (u128::from(steps) * u128::from(share) / u128::from(switches)) as u64;
            (share as f64 / switches as f64, end(share) - end(share - 1))
        })
    }
}

/// The tether of a curve's first point, once all its points were seen to be usable.
fn check_curve(
    curve: &[TetherPoint],
    periods: &[Option<f64>],
    thermal_energy_kj_mol: f64,
) -> Result<Tether, SamplingError> {
    if curve.len() < 2 {
        return Err(SamplingError::TooFew { what: "points of the curve", least: 2, found: curve.len() });
    }
    for point in &curve[1..] {
        Tether::new(point, periods, thermal_energy_kj_mol)?;
    }
    Tether::new(&curve[0], periods, thermal_energy_kj_mol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_the_steps_and_end_at_the_point() {
        for (steps, switches) in [(10, 1), (10, 3), (7, 7), (1000, 64)] {
            let protocol = AnnealingProtocol {
                equilibration_steps: 0,
                steps_per_point: steps,
                switches_per_point: switches,
                frame_stride: 1,
            };
            protocol.check().unwrap();
            let shares: Vec<_> = protocol.shares(3).collect();
            assert_eq!(shares.len() as u64, switches);
            assert_eq!(shares.iter().map(|share| share.1).sum::<u64>(), steps);
            assert!(shares.iter().all(|share| share.1 >= 1));
            assert_eq!(shares.last().unwrap().0, 1.0);
            assert_eq!(protocol.shares(0).collect::<Vec<_>>(), [(1.0, steps)]);
        }
    }

    #[test]
    fn impossible_protocols_are_refused() {
        let good = AnnealingProtocol {
            equilibration_steps: 0,
            steps_per_point: 5,
            switches_per_point: 5,
            frame_stride: 1,
        };
        assert!(good.check().is_ok());
        for bad in [
            AnnealingProtocol { steps_per_point: 0, ..good },
            AnnealingProtocol { switches_per_point: 0, ..good },
            AnnealingProtocol { switches_per_point: 6, ..good },
            AnnealingProtocol { frame_stride: 0, ..good },
        ] {
            assert!(bad.check().is_err());
        }
    }
}
