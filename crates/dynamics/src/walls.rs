//! A box that confines variables.

use geodyssey_statistics::WrongInput;

use crate::error::DynamicsError;

/// Lower and upper end of each variable; none for an unbounded one, such as a periodic one.
///
/// The density is that of the landscape inside and zero outside, which is what a quadrature over the box integrates. A Metropolis step that
/// would leave the box is rejected, which samples that density exactly; a step without the correction is reflected at the wall.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Walls {
    ranges: Vec<Option<(f64, f64)>>,
}

impl Walls {
    /// Walls at the ends of these ranges, one range for each variable, in its unit.
    ///
    /// # Errors
    /// If a range is not finite or has zero width.
    pub fn new(ranges: Vec<Option<(f64, f64)>>) -> Result<Self, DynamicsError> {
        for (low, high) in ranges.iter().flatten() {
            WrongInput::check_positive("the width of a box of the variables", high - low)?;
            if !low.is_finite() || !high.is_finite() {
                return Err(WrongInput::NotFinite { what: "a wall" }.into());
            }
        }
        Ok(Self { ranges })
    }

    /// Whether no variable is outside.
    pub fn contain(&self, values: &[f64]) -> bool {
        let inside = |(range, x): (&Option<(f64, f64)>, &f64)| {
            range.is_none_or(|(low, high)| (low..=high).contains(x))
        };
        self.ranges.iter().zip(values).all(inside)
    }

    /// The walls of one variable.
    pub(crate) fn of(&self, variable: usize) -> Option<(f64, f64)> {
        self.ranges.get(variable).copied().flatten()
    }

    /// Reflects values at the walls until they are inside.
    pub(crate) fn mirror(&self, values: &mut [f64]) {
        for (axis, x) in values.iter_mut().enumerate() {
            *x = self.reflected(axis, *x).0;
        }
    }

    /// A value of one variable, reflected at its walls until it is inside, and the sign of its derivative: -1 after an odd number of
    /// reflections.
    pub(crate) fn reflected(&self, variable: usize, x: f64) -> (f64, f64) {
        match self.of(variable) {
            Some((low, high)) if !(low..=high).contains(&x) => {
                let width = high - low;
                let along = (x - low).rem_euclid(2.0 * width);
                if along > width { (low + 2.0 * width - along, -1.0) } else { (low + along, 1.0) }
            }
            _ => (x, 1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_beyond_a_wall_comes_back_as_far() {
        let walls = Walls::new(vec![Some((-1.0, 2.0)), None]).unwrap();
        for (outside, inside) in
            [(2.5, 1.5), (-1.25, -0.75), (0.3, 0.3), (5.5, -0.5), (-8.0, 0.0), (2.0, 2.0)]
        {
            let mut values = [outside, 9.0];
            assert_eq!(walls.contain(&values), outside == inside);
            walls.mirror(&mut values);
            assert!((values[0] - inside).abs() < 1e-12 && values[1] == 9.0, "{outside}: {values:?}");
            assert!(walls.contain(&values));
        }
        assert!(!walls.contain(&[f64::NAN, 0.0]));
        assert!(Walls::new(vec![Some((1.0, 1.0))]).is_err());
        assert!(Walls::new(vec![Some((0.0, f64::INFINITY))]).is_err());
    }
}
