//! Samples of the variables with their weights as a table: `samples.csv`, and those that a user gives.

use std::fmt::Write as _;

use geodyssey_landscape::LandscapeError;
use geodyssey_landscape::text_table::TextTable;
use geodyssey_report::SamplesSummary;

use super::variable_table::VariableTable;
use super::variables::Variable;

const WEIGHT_COLUMN: &str = "weight";

/// Samples of the variables with their weights.
#[derive(Clone, Debug)]
pub(crate) struct SampleTable {
    /// Values of the variables, one entry per sample.
    pub(crate) points: Vec<Vec<f64>>,
    /// Weights; their sum is 1.
    pub(crate) weights: Vec<f64>,
    /// Temperature (K) and potential energy (kJ/mol) of every sample, where they are known.
    pub(crate) origin: Option<Vec<(f64, f64)>>,
}

impl SampleTable {
    /// Samples with weights of any sum, or equal ones.
    pub(crate) fn new(points: Vec<Vec<f64>>, weights: Option<Vec<f64>>) -> Result<Self, String> {
        if points.is_empty() {
            return Err("it has no samples".to_owned());
        }
        if let Some(row) = points.iter().position(|point| point.iter().any(|x| !x.is_finite())) {
            return Err(format!("row {} has a value that is not a finite number", row + 1));
        }
        let weights = weights.unwrap_or_else(|| vec![1.0; points.len()]);
        if weights.len() != points.len() {
            return Err(format!("there are {} weights for {} samples", weights.len(), points.len()));
        }
        if let Some(row) = weights.iter().position(|weight| !(*weight >= 0.0 && weight.is_finite())) {
            return Err(format!(
                "the weight of row {} is {}, not a finite number of at least 0",
                row + 1,
                weights[row]
            ));
        }
        let sum: f64 = weights.iter().sum();
        if !(sum > 0.0 && sum.is_finite()) {
            return Err(format!("the weights sum to {sum}"));
        }
        Ok(Self { points, weights: weights.into_iter().map(|weight| weight / sum).collect(), origin: None })
    }

    /// Their number and effective number; nothing is known about their correlation.
    pub(crate) fn summary(&self) -> SamplesSummary {
        SamplesSummary {
            frames: self.points.len(),
            effective_size: 1.0 / self.weights.iter().map(|weight| weight * weight).sum::<f64>(),
            frames_without_positions: None,
            independent: None,
            lowest_exchange_rate: None,
            round_trips: None,
        }
    }

    /// Text of the file.
    pub(crate) fn to_csv(&self, variables: &[Variable]) -> String {
        let mut text = "index,".to_owned();
        if self.origin.is_some() {
            text.push_str("temperature_k,");
        }
        for variable in variables {
            text.push_str(&(variable.column() + ","));
        }
        if self.origin.is_some() {
            text.push_str("potential_energy_kj_mol,");
        }
        text.push_str(WEIGHT_COLUMN);
        text.push('\n');
        // Writing to a string cannot fail.
        for (index, (point, weight)) in self.points.iter().zip(&self.weights).enumerate() {
            let origin = self.origin.as_ref().map(|origin| origin[index]);
            let _ = write!(text, "{index},");
            if let Some((temperature, _)) = origin {
                let _ = write!(text, "{temperature},");
            }
            for x in point {
                let _ = write!(text, "{x},");
            }
            if let Some((_, energy)) = origin {
                let _ = write!(text, "{energy},");
            }
            let _ = writeln!(text, "{weight}");
        }
        text
    }
}

/// A table of samples: the variables by name, with or without the unit at the end, and `weight` where it is there; CSV, or a `COLVAR`
/// file of PLUMED. Other columns are left alone. Without a unit, values of a molecule's variables are in radian and nm.
pub(crate) fn read_table(text: &str, variables: &[Variable]) -> Result<SampleTable, String> {
    let table = VariableTable::read(text, variables)?;
    let weights = table.column(WEIGHT_COLUMN)?.map(<[f64]>::to_vec);
    SampleTable::new(table.points, weights)
}

/// The column of weights of a table, which must have one.
pub(crate) fn read_weights(text: &str) -> Result<Vec<f64>, LandscapeError> {
    Ok(TextTable::read(text)?.finite_column(WEIGHT_COLUMN)?.to_vec())
}

#[cfg(test)]
mod tests {
    use geodyssey_molecule::variables::VARIABLES;

    use super::*;

    fn torsion(name: &str) -> Variable {
        Variable { name: name.to_owned(), quantity: &VARIABLES[0].quantity, period: Some(6.0), range: None }
    }

    #[test]
    fn columns_are_found_with_and_without_their_unit() {
        let text = "index,phi_rad,note,psi,weight\n0,1.0,7,2.0,3\n1,1.5,7,2.5,1\n";
        let table = read_table(text, &[torsion("phi"), torsion("psi")]).expect("a table");
        assert_eq!(table.points, [[1.0, 2.0], [1.5, 2.5]]);
        assert_eq!(table.weights, [0.75, 0.25]);
        assert!((table.summary().effective_size - 1.6).abs() < 1e-12);
    }

    #[test]
    fn unusable_tables_are_refused_with_the_reason() {
        for (text, reason) in [
            ("phi\n", "no samples"),
            ("psi\n1\n", "phi"),
            ("phi,weight\n1,-1\n", "weight of row 1"),
            ("phi,weight\n1,0\n", "sum"),
            ("phi,weight\n1,\n", "line 2 of the table: the column `weight` is empty"),
            ("phi\nNaN\n", "finite"),
        ] {
            let message = read_table(text, &[torsion("phi")]).expect_err(text);
            assert!(message.contains(reason), "{text}: {message}");
        }
    }
}
