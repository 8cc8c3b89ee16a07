//! Which quantities tell the outcome of trials.

use nalgebra::{DMatrix, DVector};

use crate::error::StatisticsError;
use crate::wrong_input::WrongInput;

/// Ridge: as if every coefficient had a normal prior distribution of standard deviation 10.
const RIDGE: f64 = 0.01;
/// Folds of the cross-validation: row `i` is left out in fold `i mod 5`.
const FOLDS: usize = 5;
/// The change of a coefficient below which Newton's method has converged.
const TOLERANCE: f64 = 1e-9;
const ITERATIONS: usize = 100;
/// A feature whose standard deviation relative to its largest value is below this does not vary.
const CONSTANT: f64 = 1e-12;

/// Result of [`logistic_regression`].
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticRegression {
    /// Log-odds of a hit where every feature has its mean.
    pub intercept: f64,
    /// Change of the log-odds per standard deviation of each feature; 0 for a feature that does not vary.
    pub coefficients: Vec<f64>,
    /// One less the deviance over that of one common probability: 1 if the features explain all differences between the rows, 0 if
    /// none. `None` if the rows do not differ.
    pub deviance_explained: Option<f64>,
    /// By how much the features raise the log-likelihood of a trial (natural logarithm) in rows that were not fitted, over a model without
    /// features. Negative if they only fit noise. `None` for fewer than five rows with trials, or if a fold would leave none.
    pub cross_validated_gain: Option<f64>,
}

/// Logistic regression of `(hits, trials)` on features, `log(p/(1 - p)) = b + Σ_j c_j z_j`, with one row of `features` for each count; `z`
/// are the features less their means, over their standard deviations, where every trial counts once.
///
/// The coefficients maximise `Σ [hits log p + (trials - hits) log(1 - p)] - 0.01/2 (b² + Σ c²)` by iteratively reweighted least squares,
/// which is Newton's method, with steps halved where they overshoot (P. McCullagh and J. A. Nelder, *Generalized Linear Models*, 1989,
/// chapter 4). The small ridge keeps them finite where a feature separates hits from misses, and unique where features depend on each other;
/// otherwise it hardly matters. The deviance is `2 Σ log(L_exact/L)`, with `hits/trials` as the exact probability of each row.
///
/// The cross-validation fits both models without every fifth row, standardising anew, and adds up the log-likelihood of the rows left out.
/// Rows that are alike, such as consecutive frames, must not be told apart by `i mod 5`: thin or shuffle them first. Rows without trials
/// count nothing.
///
/// # Errors
/// Numbers of rows or features that differ, a feature that is not finite, more hits than trials, no trials at all, or no convergence.
pub fn logistic_regression(
    features: &[Vec<f64>],
    counts: &[(usize, usize)],
) -> Result<LogisticRegression, StatisticsError> {
    WrongInput::check_count("rows of features, one for each count", counts.len(), features.len())?;
    let width = features.first().map_or(0, Vec::len);
    for (row, &(hits, trials)) in features.iter().zip(counts) {
        WrongInput::check_count("features of a row", width, row.len())?;
        WrongInput::check_at_most("hits among the trials of a row", trials, hits)?;
        if row.iter().any(|value| !value.is_finite()) {
            return Err(WrongInput::NotFinite { what: "a feature" }.into());
        }
    }
    let rows: Vec<Row> = features
        .iter()
        .zip(counts)
        .map(|(features, &(hits, trials))| Row { features, hits: hits as f64, trials: trials as f64 })
        .collect();
    let all: Vec<&Row> = rows.iter().filter(|row| row.trials > 0.0).collect();
    WrongInput::check_at_least("rows with trials", 1, all.len())?;
    let model = Model::fit(&all, width)?;
    let exact: f64 = all.iter().map(|row| row.log_likelihood(row.log_odds())).sum();
    let common =
        Row { features: &[], hits: total(&all, |row| row.hits), trials: total(&all, |row| row.trials) };
    let common: f64 = all.iter().map(|row| row.log_likelihood(common.log_odds())).sum();
    let null_deviance = 2.0 * (exact - common);
    let is_varied = null_deviance > 1e-12 * exact.abs().max(1.0);
    Ok(LogisticRegression {
        deviance_explained: is_varied
            .then(|| 1.0 - 2.0 * (exact - model.log_likelihood(&all)) / null_deviance),
        cross_validated_gain: if all.len() < FOLDS { None } else { cross_validated_gain(&rows, width)? },
        intercept: model.solution[0],
        coefficients: model.solution.iter().skip(1).copied().collect(),
    })
}

fn cross_validated_gain(rows: &[Row], width: usize) -> Result<Option<f64>, StatisticsError> {
    let (mut gain, mut trials) = (0.0, 0.0);
    for fold in 0..FOLDS {
        let part = |is_left_out: bool| -> Vec<&Row> {
            let chosen = rows.iter().enumerate().filter(|(i, _)| (i % FOLDS == fold) == is_left_out);
            chosen.map(|(_, row)| row).filter(|row| row.trials > 0.0).collect()
        };
        let (fitted, left_out) = (part(false), part(true));
        if fitted.is_empty() {
            return Ok(None);
        }
        gain += Model::fit(&fitted, width)?.log_likelihood(&left_out);
        gain -= Model::fit(&fitted, 0)?.log_likelihood(&left_out);
        trials += total(&left_out, |row| row.trials);
    }
    Ok(Some(gain / trials))
}

struct Row<'a> {
    features: &'a [f64],
    hits: f64,
    trials: f64,
}

fn total(rows: &[&Row], part: impl Fn(&Row) -> f64) -> f64 {
    rows.iter().map(|row| part(row)).sum()
}

impl Row<'_> {
    /// Of the observed fraction; infinite if it is 0 or 1.
    fn log_odds(&self) -> f64 {
        (self.hits / (self.trials - self.hits)).ln()
    }

    /// `hits log p + (trials - hits) log(1 - p)`, where nothing times an infinite logarithm is nothing.
    fn log_likelihood(&self, log_odds: f64) -> f64 {
        let part = |count: f64, log_odds: f64| {
            if count > 0.0 { count * (log_odds.min(0.0) - (-log_odds.abs()).exp().ln_1p()) } else { 0.0 }
        };
        part(self.hits, log_odds) + part(self.trials - self.hits, -log_odds)
    }
}

/// Means and reciprocal standard deviations of the features, and intercept and coefficients.
struct Model {
    scales: Vec<(f64, f64)>,
    solution: DVector<f64>,
}

impl Model {
    /// The fit to the first `width` features of the rows.
    fn fit(rows: &[&Row], width: usize) -> Result<Self, StatisticsError> {
        let trials = total(rows, |row| row.trials);
        let scale = |feature: usize| {
            let mean = total(rows, |row| row.trials * row.features[feature]) / trials;
            let variance = total(rows, |row| row.trials * (row.features[feature] - mean).powi(2)) / trials;
            let largest = rows.iter().map(|row| row.features[feature].abs()).fold(0.0, f64::max);
            let deviation = variance.sqrt();
            if !(mean.is_finite() && deviation.is_finite()) {
                return Err(WrongInput::NotFinite { what: "the standard deviation of a feature" });
            }
            Ok((mean, if deviation > CONSTANT * largest { deviation.recip() } else { 0.0 }))
        };
        let scales: Vec<(f64, f64)> = (0..width).map(scale).collect::<Result<_, _>>()?;
        let mut model = Self { scales, solution: DVector::zeros(width + 1) };
        let design: Vec<DVector<f64>> = rows.iter().map(|row| model.standardised(row)).collect();
        let objective = |solution: &DVector<f64>| {
            let explained = rows.iter().zip(&design).map(|(row, x)| row.log_likelihood(x.dot(solution)));
            explained.sum::<f64>() - 0.5 * RIDGE * solution.norm_squared()
        };
        let mut value = objective(&model.solution);
        let mut change = f64::INFINITY;
        for _ in 0..ITERATIONS {
            let mut gradient = -RIDGE * &model.solution;
            let mut hessian = DMatrix::from_diagonal_element(width + 1, width + 1, RIDGE);
            for (row, x) in rows.iter().zip(&design) {
                let p = 1.0 / (1.0 + (-x.dot(&model.solution)).exp());
                gradient.axpy(row.hits - row.trials * p, x, 1.0);
                hessian.ger(row.trials * p * (1.0 - p), x, x, 1.0);
            }
            let Some(decomposed) = hessian.cholesky() else { break };
            let mut step = decomposed.solve(&gradient);
            change = step.amax();
            // What rounding leaves of the last steps does not count as overshooting.
            let floor = value - 1e-13 * value.abs();
            while objective(&(&model.solution + &step)) < floor && step.amax() > TOLERANCE {
                step *= 0.5;
            }
            model.solution += step;
            value = objective(&model.solution);
            if change < TOLERANCE {
                return Ok(model);
            }
        }
        let what = "the logistic regression";
        Err(StatisticsError::NotConverged { what, residual: change, iterations: ITERATIONS })
    }

    /// 1 and the standardised features.
    fn standardised(&self, row: &Row) -> DVector<f64> {
        let features = row
            .features
            .iter()
            .zip(&self.scales)
            .map(|(value, (mean, reciprocal))| (value - mean) * reciprocal);
        DVector::from_iterator(self.scales.len() + 1, std::iter::once(1.0).chain(features))
    }

    fn log_likelihood(&self, rows: &[&Row]) -> f64 {
        total(rows, |row| row.log_likelihood(self.standardised(row).dot(&self.solution)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    fn logit(p: f64) -> f64 {
        (p / (1.0 - p)).ln()
    }

    /// Rows of two independent uniform features with variance 1/12, `log-odds = slope (x₀ - 1/2)`, `trials` each.
    fn drawn(seed: u64, rows: usize, trials: usize, slope: f64) -> (Vec<Vec<f64>>, Vec<(usize, usize)>) {
        let random = RandomStream::new(seed, "logistic");
        let row = |i: usize| {
            let features: Vec<f64> = (0..2).map(|feature| random.uniform(feature, i as u64, 0)).collect();
            let p = 1.0 / (1.0 + (-slope * (features[0] - 0.5)).exp());
            let hits = (1..=trials).filter(|&trial| random.uniform(9, i as u64, trial as u32) < p).count();
            (features, (hits, trials))
        };
        (0..rows).map(row).unzip()
    }

    /// Two groups of equal size: `z = ±1`, and the model fits both exactly.
    #[test]
    fn two_groups_have_a_closed_form() {
        let counts = [(200_000, 1_000_000), (700_000, 1_000_000)];
        let found = logistic_regression(&[vec![3.0, 1.0], vec![5.0, 1.0]], &counts).unwrap();
        let expected = [0.5 * (logit(0.2) + logit(0.7)), 0.5 * (logit(0.7) - logit(0.2)), 0.0];
        let all = [found.intercept, found.coefficients[0], found.coefficients[1]];
        assert!(all.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6), "{all:?}");
        assert!((found.deviance_explained.unwrap() - 1.0).abs() < 1e-9);
        assert_eq!(found.cross_validated_gain, None);
    }

    /// scikit-learn 1.9.1: `LogisticRegression(C=100, fit_intercept=False)` with standardised features and a column of ones; the
    /// deviance from its probabilities.
    #[test]
    fn agrees_with_scikit_learn() {
        let features: Vec<Vec<f64>> = (0..12).map(|i| vec![f64::from(i), f64::from(i * i % 7)]).collect();
        let hits = [0, 1, 0, 2, 1, 3, 2, 2, 4, 3, 5, 4];
        let trials = [4, 4, 3, 5, 4, 5, 4, 6, 5, 5, 5, 6];
        let counts: Vec<(usize, usize)> = hits.into_iter().zip(trials).collect();
        let found = logistic_regression(&features, &counts).unwrap();
        let expected = [
            -0.10857662432875236,
            1.0809607110385018,
            0.1352204255651145,
            0.584420348055434,
            0.061393790885693855,
        ];
        let all = [
            found.intercept,
            found.coefficients[0],
            found.coefficients[1],
            found.deviance_explained.unwrap(),
            found.cross_validated_gain.unwrap(),
        ];
        assert!(all.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-7), "{all:?}");
    }

    /// 4000 trials of slope 4: a coefficient of 4/√12 ± 0.037 for the first feature, 0 ± 0.035 for the other.
    #[test]
    fn what_matters_is_found() {
        let (features, counts) = drawn(1, 400, 10, 4.0);
        let found = logistic_regression(&features, &counts).unwrap();
        assert!((found.coefficients[0] - 4.0 / 12f64.sqrt()).abs() < 0.15, "{found:?}");
        assert!(found.coefficients[1].abs() < 0.14 && found.intercept.abs() < 0.14, "{found:?}");
        // The mutual information of the feature and a trial: log 2 less the mean entropy of p.
        let entropy = |p: f64| -p * p.ln() - (1.0 - p) * (1.0 - p).ln();
        let mean =
            (0..1000).map(|i| entropy(1.0 / (1.0 + (-4.0 * ((f64::from(i) + 0.5) / 1000.0 - 0.5)).exp())));
        let information = 2f64.ln() - mean.sum::<f64>() / 1000.0;
        // Of 4000 trials, each with a gain that varies by about 0.5.
        assert!((found.cross_validated_gain.unwrap() - information).abs() < 0.03, "{found:?} {information}");
    }

    /// Two useless features cost `2/(2n)` of log-likelihood in new rows, if `n` trials were fitted: here 1/80.
    #[test]
    fn what_does_not_matter_does_not_gain() {
        let gains: Vec<f64> = (0..300)
            .map(|seed| {
                let (features, counts) = drawn(seed, 100, 1, 0.0);
                logistic_regression(&features, &counts).unwrap().cross_validated_gain.unwrap()
            })
            .collect();
        let mean = gains.iter().sum::<f64>() / 300.0;
        assert!((mean + 1.0 / 80.0).abs() < 0.005, "{mean}");
    }

    #[test]
    fn separable_outcomes_stay_finite() {
        let features: Vec<Vec<f64>> = (0..20).map(|i| vec![f64::from(i), 2.0 * f64::from(i)]).collect();
        let counts: Vec<(usize, usize)> = (0..20).map(|i| (if i < 10 { 0 } else { 3 }, 3)).collect();
        let found = logistic_regression(&features, &counts).unwrap();
        // Both features are the same once standardised.
        assert!((found.coefficients[0] - found.coefficients[1]).abs() < 1e-6);
        assert!((3.0..30.0).contains(&found.coefficients[0]), "{found:?}");
        assert!(found.deviance_explained.unwrap() > 0.9 && found.cross_validated_gain.unwrap() > 0.5);
        let always = logistic_regression(&features, &[(3, 3); 20]).unwrap();
        assert!(always.intercept > 4.0 && always.intercept.is_finite());
        assert_eq!(always.deviance_explained, None);
        assert!(always.coefficients.iter().all(|coefficient| coefficient.abs() < 1e-6), "{always:?}");
    }

    #[test]
    fn wrong_rows_are_refused() {
        assert!(logistic_regression(&[], &[]).is_err());
        assert!(logistic_regression(&[vec![1.0]], &[(0, 0)]).is_err());
        assert!(logistic_regression(&[vec![1.0]], &[(2, 1)]).is_err());
        assert!(logistic_regression(&[vec![f64::NAN]], &[(0, 1)]).is_err());
        assert!(logistic_regression(&[vec![1.0], vec![]], &[(0, 1), (1, 1)]).is_err());
    }
}
