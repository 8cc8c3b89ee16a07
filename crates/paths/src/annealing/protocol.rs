//! The schedule by which a tether follows a curve.

use geodyssey_dynamics::{DynamicsError, Tether, TetherPoint};
use geodyssey_statistics::WrongInput;

/// How long the tether stays at each point of the curve.
///
/// Every path first equilibrates under the first point's tether, then runs `steps_per_point` steps for every point. On the way
/// from one point to the next the tether is switched `switches_per_point` times, in equal parts of `(λ, y)`, spread evenly over
/// the point's steps, the first time before the first of them; the last steps run under the point's own tether, and at their end
/// the path is recorded. With as many switches as steps the tether moves before every step, which dissipates least: a curve of length `L`
/// followed in `S` switches dissipates `L²/2S` kT by the jumps, however slowly it is followed. A switch needs only the tether's energy at
/// known values of the variables, not an evaluation of the potential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnnealingProtocol {
    /// Equilibration steps under the first tether, before the path begins.
    pub equilibration_steps: u64,
    /// Steps for every point of the curve.
    pub steps_per_point: u64,
    /// Switches of the tether on the way to every point; at most `steps_per_point`, which is one before every step.
    pub switches_per_point: u64,
    /// The positions of the atoms are kept every `frame_stride` points, and always for the first and last point.
    pub frame_stride: usize,
}

impl AnnealingProtocol {
    pub(super) fn check(&self) -> Result<(), DynamicsError> {
        WrongInput::check_positive("the number of steps per point", self.steps_per_point as f64)?;
        WrongInput::check_positive("the number of switches per point", self.switches_per_point as f64)?;
        WrongInput::check_positive("the stride of frames", self.frame_stride as f64)?;
        if self.switches_per_point > self.steps_per_point {
            return Err(WrongInput::TooFew {
                what: "steps per point, one for every switch",
                least: self.switches_per_point as usize,
                found: self.steps_per_point as usize,
            }
            .into());
        }
        Ok(())
    }

    /// Whether a point is a frame, given the number of points of the curve.
    pub(super) fn is_frame(&self, point: usize, points: usize) -> bool {
        point.is_multiple_of(self.frame_stride) || point + 1 == points
    }

    /// Where the tether moves before one of a point's steps (counted from 0), as a fraction of the way from the previous point; none if it
    /// stays. It never moves before the first point.
    pub(super) fn switch(&self, point: usize, step: u64) -> Option<f64> {
        // Switch number s comes before the step with s (or s - 1) parts of all steps behind it.
        let switches_until = |step: u64| {
            let parts = u128::from(step) * u128::from(self.switches_per_point);
            parts.div_ceil(u128::from(self.steps_per_point)) as u64
        };
        let switch = switches_until(step + 1);
        (point > 0 && switch > switches_until(step)).then(|| switch as f64 / self.switches_per_point as f64)
    }
}

/// The tether of a curve's first point, after checking all points.
pub(super) fn check_curve(
    curve: &[TetherPoint],
    periods: &[Option<f64>],
    thermal_energy_kj_mol: f64,
) -> Result<Tether, DynamicsError> {
    if curve.len() < 2 {
        return Err(WrongInput::TooFew { what: "points of the curve", least: 2, found: curve.len() }.into());
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
    fn switches_are_spread_over_the_steps_and_end_at_the_point() {
        for (steps, switches) in [(10, 1), (10, 3), (7, 7), (1000, 64), (1000, 1000)] {
            let protocol = AnnealingProtocol {
                equilibration_steps: 0,
                steps_per_point: steps,
                switches_per_point: switches,
                frame_stride: 1,
            };
            protocol.check().unwrap();
            let made: Vec<(u64, f64)> =
                (0..steps).filter_map(|step| Some((step, protocol.switch(3, step)?))).collect();
            assert_eq!(made.len() as u64, switches);
            assert_eq!(made[0].0, 0, "the first switch comes before the first step");
            assert_eq!(made.last().unwrap().1, 1.0);
            for (number, (step, fraction)) in made.iter().enumerate() {
                assert_eq!(*fraction, (number + 1) as f64 / switches as f64);
                let even = steps as f64 * number as f64 / switches as f64;
                assert!((*step as f64 - even).abs() < 1.0, "{step}, {even}");
            }
            assert!((0..steps).all(|step| protocol.switch(0, step).is_none()));
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
