//! The highest energy between two points of a path in the variables.

use geodyssey_dynamics::EnergyOfVariables;

use crate::path::HighestLandscapeEnergy;

/// Highest landscape energies since the previous recorded point, kJ/mol.
#[derive(Clone, Copy)]
pub(crate) struct Maxima {
    pub(crate) at_steps: f64,
    pub(crate) between: f64,
}

impl Maxima {
    pub(crate) const NONE: Self = Self { at_steps: f64::NEG_INFINITY, between: f64::NEG_INFINITY };

    /// As stored with a path's point.
    pub(crate) fn highest(self) -> HighestLandscapeEnergy {
        HighestLandscapeEnergy {
            at_steps_kj_mol: self.at_steps,
            with_segments_kj_mol: self.at_steps.max(self.between),
        }
    }
}

/// Highest energy within a straight segment, excluding its ends, at points no farther apart than `spacing`, and the number of evaluations.
pub(crate) fn maximum_between(
    landscape: &EnergyOfVariables<'_>,
    from: &[f64],
    to: &[f64],
    spacing: f64,
) -> (f64, u64) {
    let length = from.iter().zip(to).map(|(a, b)| (b - a) * (b - a)).sum::<f64>().sqrt();
    let parts = (length / spacing).ceil();
    if parts < 2.0 {
        return (f64::NEG_INFINITY, 0);
    }
    let (mut values, mut gradient) = (from.to_vec(), vec![0.0; from.len()]);
    let mut maximum = f64::NEG_INFINITY;
    let inner = parts as u64 - 1;
    for part in 1..=inner {
        let fraction = part as f64 / parts;
        for ((x, a), b) in values.iter_mut().zip(from).zip(to) {
            *x = a + fraction * (b - a);
        }
        maximum = maximum.max(landscape(&values, &mut gradient));
    }
    (maximum, inner)
}
