//! Where a free energy was sampled, where it is only known to lie above some value, and how well it is known.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::basin::nearest_point;
use crate::table_file::{SAMPLED_COLUMN, STANDARD_ERROR_COLUMN, TableRows};
use crate::{Grid, LandscapeError};

/// How much unsampled ground rises a grid point away from sampled ground, in kT.
const SLOPE_KT: f64 = 1.5;

/// How near to a grid point a value counts as on it, in spacings.
const ROUNDING: f64 = 1e-9;

/// What is known of each value of a free energy on a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct SampledGround {
    /// The energies as they were estimated: where nothing was sampled, lower bounds.
    estimate: Grid,
    sampled: Vec<bool>,
    /// By grid point; none where it was not sampled, or its error is not known.
    standard_errors: Option<Vec<Option<f64>>>,
}

impl SampledGround {
    /// From a table's rows; `None` where they do not say what was sampled.
    ///
    /// # Errors
    /// Rows that are not a grid of these periods.
    pub fn from_rows(rows: &TableRows, periods: &[Option<f64>]) -> Result<Option<Self>, LandscapeError> {
        let Some(sampled) = &rows.sampled else { return Ok(None) };
        let on_grid = |values: Vec<f64>| rows.with_values(values).into_grid(periods).map(|grid| grid.values);
        let sampled = on_grid(sampled.iter().map(|&sampled| f64::from(u8::from(sampled))).collect())?;
        let sampled: Vec<bool> = sampled.into_iter().map(|sampled| sampled > 0.5).collect();
        // No error is negative, and no grid holds what is not finite.
        let or_negative = |error: &f64| if error.is_finite() { *error } else { -1.0 };
        let standard_errors = rows
            .standard_errors
            .as_ref()
            .map(|errors| on_grid(errors.iter().map(or_negative).collect()))
            .transpose()?;
        let known = |(error, sampled): (f64, &bool)| (*sampled && error >= 0.0).then_some(error);
        let standard_errors =
            standard_errors.map(|errors| errors.into_iter().zip(&sampled).map(known).collect());
        Ok(Some(Self { estimate: rows.clone().into_grid(periods)?, sampled, standard_errors }))
    }

    /// The columns of a table that say what is known, as [`crate::table_file::write_grid`] takes them.
    pub fn columns(&self) -> Vec<(&'static str, Vec<f64>)> {
        let errors = self
            .standard_errors
            .as_ref()
            .map(|errors| errors.iter().map(|error| error.unwrap_or(f64::NAN)).collect());
        let sampled = self.sampled.iter().map(|&sampled| f64::from(u8::from(sampled))).collect();
        errors
            .map(|errors| (STANDARD_ERROR_COLUMN, errors))
            .into_iter()
            .chain([(SAMPLED_COLUMN, sampled)])
            .collect()
    }

    /// The energies as they were estimated, those of unsampled grid points being lower bounds.
    pub fn estimate(&self) -> &Grid {
        &self.estimate
    }

    /// Whether each grid point was sampled.
    pub fn sampled(&self) -> &[bool] {
        &self.sampled
    }

    /// Whether every corner of the grid cell around `x` was sampled: beside a corner that was not, the energy is drawn
    /// towards a value that is none.
    pub fn contains(&self, x: &[f64]) -> bool {
        let axes = &self.estimate.axes;
        let mut corners = vec![0];
        for (axis, x) in axes.iter().zip(x) {
            let place = (x - axis.start) / axis.spacing;
            // A value on a grid point, but for rounding, belongs to that point alone.
            let ends = if (place - place.round()).abs() < ROUNDING {
                [place.round(); 2]
            } else {
                [place.floor(), place.ceil()]
            };
            let ends = ends.map(|place| match axis.period {
                Some(_) => place.rem_euclid(axis.count as f64) as usize,
                None => place.clamp(0.0, (axis.count - 1) as f64) as usize,
            });
            corners = corners
                .iter()
                .flat_map(|corner| ends.map(|index| corner * axis.count + index.min(axis.count - 1)))
                .collect();
        }
        corners.into_iter().all(|corner| self.sampled[corner])
    }

    /// The standard error (kJ/mol) at the grid point nearest to `x`; none where it was not sampled or is not known.
    pub fn standard_error(&self, x: &[f64]) -> Option<f64> {
        let node = nearest_point(&self.estimate, x);
        self.standard_errors.as_ref().and_then(|errors| errors[node])
    }

    /// The lowest of the unsampled grid points' lower bounds, kJ/mol; none where everything was sampled.
    pub fn lowest_unsampled(&self) -> Option<f64> {
        let values = self.estimate.values.iter().zip(&self.sampled);
        values.filter(|(_, sampled)| !**sampled).map(|(energy, _)| *energy).reduce(f64::min)
    }

    /// The energies with unsampled ground raised: 1.5 kT for every grid point that lies between it and sampled ground, up to
    /// the highest sampled energy.
    ///
    /// A lower bound is flat, and nothing that goes downhill or weighs by `exp(-F/kT)` would keep away from it. Walkers under
    /// a bias that levels what they know did not go there, so that it is taken for high; the slope has no steps that a smooth
    /// interpolation would answer with waves in sampled ground.
    ///
    /// # Errors
    /// None for grids that were valid.
    pub fn raised(&self, thermal_energy_kj_mol: f64) -> Result<Grid, LandscapeError> {
        let grid = &self.estimate;
        let highest = grid.values.iter().zip(&self.sampled).filter(|(_, sampled)| **sampled);
        let Some(ceiling) = highest.map(|(energy, _)| *energy).reduce(f64::max) else {
            return Ok(grid.clone());
        };
        let mut steps: Vec<usize> =
            self.sampled.iter().map(|sampled| if *sampled { 0 } else { usize::MAX }).collect();
        let mut waiting: BinaryHeap<Reverse<(usize, usize)>> =
            (0..grid.len()).filter(|&node| self.sampled[node]).map(|node| Reverse((0, node))).collect();
        while let Some(Reverse((distance, node))) = waiting.pop() {
            for neighbour in grid.neighbours(node) {
                if steps[neighbour] > distance + 1 {
                    steps[neighbour] = distance + 1;
                    waiting.push(Reverse((distance + 1, neighbour)));
                }
            }
        }
        let values = grid.values.iter().zip(&steps).map(|(energy, steps)| match steps {
            0 => *energy,
            steps => (energy + SLOPE_KT * thermal_energy_kj_mol * *steps as f64).min(ceiling.max(*energy)),
        });
        Ok(Grid::new(grid.axes.clone(), values.collect())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table_file::read_table;
    use crate::text_table::TableVariable;

    fn rows(text: &str) -> Result<TableRows, LandscapeError> {
        read_table(text, &[TableVariable::own("x", None)])
    }

    fn ground() -> SampledGround {
        let mut text = "x,energy_kj_mol,standard_error_kj_mol,sampled\n".to_owned();
        for (x, energy, error, sampled) in [
            (0, "0", "0.1", 1),
            (1, "30", "0.5", 1),
            (2, "20", "", 0),
            (3, "20", "", 0),
            (4, "20", "", 0),
            (5, "20", "", 0),
            (6, "5", "0.2", 1),
            (7, "9", "0.2", 1),
        ] {
            text += &format!("{x},{energy},{error},{sampled}\n");
        }
        let rows = rows(&text).unwrap();
        SampledGround::from_rows(&rows, &[None]).unwrap().unwrap()
    }

    #[test]
    fn unsampled_ground_rises_from_its_rim_and_has_no_error() {
        let ground = ground();
        let kt = 2.0;
        assert_eq!(
            ground.raised(kt).unwrap().values,
            vec![0.0, 30.0, 23.0, 26.0, 26.0, 23.0, 5.0, 9.0],
            "one and two steps from the rim"
        );
        // Not above the highest sampled energy.
        assert_eq!(ground.raised(20.0).unwrap().values[3], 30.0);
        assert_eq!(ground.estimate().values[3], 20.0);
        for (x, sampled) in [(0.7, true), (1.0, true), (1.1, false), (2.5, false), (5.5, false), (6.0, true)]
        {
            assert_eq!(ground.contains(&[x]), sampled, "{x}");
        }
        assert!(ground.contains(&[-1.0]) && ground.contains(&[9.0]));
        assert_eq!((ground.standard_error(&[0.9]), ground.standard_error(&[3.0])), (Some(0.5), None));
        assert_eq!(ground.lowest_unsampled(), Some(20.0));
        let columns = ground.columns();
        let further: Vec<(&str, &[f64])> =
            columns.iter().map(|(header, values)| (*header, values.as_slice())).collect();
        let again = crate::table_file::write_grid(ground.estimate(), &further);
        let rows = rows(&again).unwrap();
        assert_eq!(SampledGround::from_rows(&rows, &[None]).unwrap().unwrap(), ground);
    }

    /// An error that a table does not give is not an error of zero, and no error is below zero.
    #[test]
    fn errors_may_be_unknown_but_not_negative() {
        let header = "x,energy_kj_mol,standard_error_kj_mol,sampled\n";
        let open = rows(&format!("{header}0,0,0.1,1\n1,3,,1\n2,2,0.2,1\n3,5,0.3,1\n")).unwrap();
        let ground = SampledGround::from_rows(&open, &[None]).unwrap().unwrap();
        assert_eq!((ground.standard_error(&[0.0]), ground.standard_error(&[1.0])), (Some(0.1), None));
        assert!(ground.sampled()[1] && ground.columns()[0].1[1].is_nan());
        let bad = rows(&format!("{header}0,0,0.1,1\n1,3,-0.2,1\n")).unwrap_err().to_string();
        assert!(bad.contains("line 3") && bad.contains("negative"), "{bad}");
    }

    #[test]
    fn tables_that_say_nothing_of_sampling_are_taken_for_known() {
        let rows = rows("x,energy_kj_mol\n0,1\n1,2\n2,3\n3,4\n").unwrap();
        assert!(SampledGround::from_rows(&rows, &[None]).unwrap().is_none());
        let bad = super::tests::rows("x,energy_kj_mol,sampled\n0,1,2\n").unwrap_err().to_string();
        assert!(bad.contains("line 2") && bad.contains("neither 1 nor 0"), "{bad}");
    }
}
