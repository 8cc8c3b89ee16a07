//! Axes: how a variable is named, in which unit a person reads it, and where its ticks stand.

use super::wrap::BoxAxis;
use crate::ReportError;

/// One collective variable as an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableAxis {
    /// Name as in the configuration; `phi`, `psi` and other Greek names become letters.
    pub name: String,
    /// Unit of the numbers: `rad`, `nm`, … or empty. Radians are drawn in degrees.
    pub unit: String,
    /// Lower end of the drawn range, in that unit.
    pub lower: f64,
    /// Upper end of the drawn range; for a periodic variable one period above the lower end.
    pub upper: f64,
    /// Whether the ends are the same point.
    pub periodic: bool,
}

impl VariableAxis {
    pub(crate) fn check(&self) -> Result<(), ReportError> {
        if self.upper > self.lower && (self.upper - self.lower).is_finite() {
            Ok(())
        } else {
            Err(ReportError::Axis { axis: self.name.clone(), lower: self.lower, upper: self.upper })
        }
    }

    /// The axis in the stored unit.
    pub(crate) fn stored(&self) -> BoxAxis {
        BoxAxis { lower: self.lower, upper: self.upper, periodic: self.periodic }
    }

    /// Factor from the stored unit to the drawn one.
    pub(crate) fn scale(&self) -> f64 {
        drawn_unit(&self.unit).0
    }

    /// Ends of the axis in the drawn unit.
    pub(crate) fn drawn_range(&self) -> (f64, f64) {
        (self.lower * self.scale(), self.upper * self.scale())
    }

    pub(crate) fn label(&self) -> String {
        with_unit(&symbol(&self.name), drawn_unit(&self.unit).1)
    }
}

/// Factor to the drawn unit, and that unit.
pub(crate) fn drawn_unit(unit: &str) -> (f64, &str) {
    match unit {
        "rad" | "radian" | "radians" => (180.0 / std::f64::consts::PI, "°"),
        other => (1.0, other),
    }
}

/// How a person reads a variable: its symbol, the factor to the drawn unit, and that unit.
pub(crate) fn drawn_variable<'u>(name: &str, unit: &'u str) -> (String, f64, &'u str) {
    let (scale, unit) = drawn_unit(unit);
    (symbol(name), scale, unit)
}

/// `name (unit)`, or the name alone.
pub(crate) fn with_unit(name: &str, unit: &str) -> String {
    if unit.is_empty() { name.to_owned() } else { format!("{name} ({unit})") }
}

/// Greek names as letters, with a number at the end kept: `phi` φ, `chi1` χ1, `phi_2` φ_2.
pub(crate) fn symbol(name: &str) -> String {
    const LETTERS: [(&str, &str); 10] = [
        ("alpha", "α"),
        ("beta", "β"),
        ("gamma", "γ"),
        ("epsilon", "ε"),
        ("zeta", "ζ"),
        ("theta", "θ"),
        ("phi", "φ"),
        ("psi", "ψ"),
        ("omega", "ω"),
        ("chi", "χ"),
    ];
    for (word, letter) in LETTERS {
        if let Some(rest) = name.strip_prefix(word)
            && rest.chars().all(|c| c == '_' || c.is_ascii_digit())
        {
            return format!("{letter}{rest}");
        }
    }
    name.to_owned()
}

/// Ticks of an axis and the decimals of their labels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ticks {
    pub(crate) positions: Vec<f64>,
    pub(crate) decimals: usize,
}

/// Round ticks within a range, at most `most` of them (at least 2 wanted).
pub(crate) fn ticks((lower, upper): (f64, f64), most: usize, degrees: bool) -> Ticks {
    let wanted = (upper - lower) / most.max(2) as f64;
    let round_degrees = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0];
    let step = match round_degrees.iter().find(|&&s| s * 1.001 > wanted) {
        Some(&step) if degrees && wanted > 0.5 => step,
        _ => round_step(wanted),
    };
    let (first, last) = ((lower / step - 1e-9).ceil(), (upper / step + 1e-9).floor());
    let count = (last - first).max(0.0) as usize + 1;
    Ticks {
        // Adding 0.0 turns -0 into 0.
        positions: (0..count).map(|i| (first + i as f64) * step + 0.0).collect(),
        decimals: (-(step.log10() + 1e-9).floor()).max(0.0) as usize,
    }
}

/// The least of 1, 2, 5 times a power of ten that is not below `wanted`.
pub(crate) fn round_step(wanted: f64) -> f64 {
    let power = 10f64.powf(wanted.log10().floor());
    [1.0, 2.0, 5.0].iter().map(|f| f * power).find(|s| *s >= wanted * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// A tick label with a true minus sign.
pub(crate) fn tick_label(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('-', "−")
}

/// Common logarithms of round numbers within a range of common logarithms, at most `most` or so: 1, 2, 5 within less than
/// two decades, else powers of ten.
pub(crate) fn logarithmic_ticks((lower, upper): (f64, f64), most: usize) -> Vec<f64> {
    let inside = |v: &f64| (lower - 1e-9..=upper + 1e-9).contains(v);
    let stride = if upper - lower < 2.0 { 1.0 } else { ((upper - lower) / most.max(2) as f64).ceil() };
    let (first, last) = ((lower / stride).floor(), (upper / stride).ceil());
    let decades = (0..=(last - first) as usize).map(|i| (first + i as f64) * stride);
    if upper - lower < 2.0 {
        decades.flat_map(|decade| [1.0_f64, 2.0, 5.0].map(|f| decade + f.log10())).filter(inside).collect()
    } else {
        decades.filter(inside).collect()
    }
}

/// The number whose common logarithm this is: plain where that is short, else with a power of ten.
pub(crate) fn logarithmic_label(logarithm: f64) -> String {
    let exponent = (logarithm + 1e-9).floor();
    let factor = 10f64.powf(logarithm - exponent).round();
    if (-3.0..4.0).contains(&exponent) {
        return format!("{:.*}", (-exponent).max(0.0) as usize, factor * 10f64.powf(exponent));
    }
    let digits: String = format!("{exponent:.0}")
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            digit => char::from_u32(0x2070 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
        })
        .collect();
    if factor > 1.5 { format!("{factor:.0}·10{digits}") } else { format!("10{digits}") }
}

/// Range of all finite values, widened by `margin` of its length on both sides.
pub(crate) fn value_range(values: impl IntoIterator<Item = f64>, margin: f64) -> Option<(f64, f64)> {
    let (lower, upper) = values
        .into_iter()
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    if lower > upper {
        return None;
    }
    let pad = if upper > lower { (upper - lower) * margin } else { lower.abs().max(1.0) * 0.1 };
    Some((lower - pad, upper + pad))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_a_full_turn_are_multiples_of_sixty_degrees() {
        let t = ticks((-180.0, 180.0), 7, true);
        assert_eq!(t.positions, [-180.0, -120.0, -60.0, 0.0, 60.0, 120.0, 180.0]);
        assert_eq!(t.decimals, 0);
        assert_eq!(tick_label(t.positions[0], t.decimals), "−180");
    }

    #[test]
    fn ticks_are_round_numbers_inside_the_range() {
        let t = ticks((-0.23, 1.07), 6, false);
        assert_eq!(t.decimals, 1);
        let labels: Vec<String> = t.positions.iter().map(|&p| tick_label(p, 1)).collect();
        assert_eq!(labels, ["0.0", "0.5", "1.0"]);
        for range in [(3.0, 3.0001), (-1e6, 2e6), (0.0, 7.3), (-5.5, -1.2)] {
            let t = ticks(range, 7, false);
            assert!((2..=8).contains(&t.positions.len()), "{range:?}: {t:?}");
            assert!(t.positions.iter().all(|p| *p >= range.0 - 1e-9 && *p <= range.1 + 1e-9));
        }
    }

    #[test]
    fn greek_names_become_letters_and_others_stay() {
        assert_eq!(symbol("phi"), "φ");
        assert_eq!(symbol("chi1"), "χ1");
        assert_eq!(symbol("phial"), "phial");
        let axis = VariableAxis {
            name: "psi".to_owned(),
            unit: "rad".to_owned(),
            lower: -std::f64::consts::PI,
            upper: std::f64::consts::PI,
            periodic: true,
        };
        assert_eq!(axis.label(), "ψ (°)");
        let (lower, upper) = axis.drawn_range();
        assert!((lower + 180.0).abs() < 1e-12 && (upper - 180.0).abs() < 1e-12);
    }

    #[test]
    fn logarithmic_axes_have_round_numbers() {
        let labels = |range, most| -> Vec<String> {
            logarithmic_ticks(range, most).into_iter().map(logarithmic_label).collect()
        };
        assert_eq!(labels((-1.75, -0.6), 8), ["0.02", "0.05", "0.1", "0.2"]);
        assert_eq!(labels((-6.2, 1.0), 8), ["10⁻⁶", "10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1", "1", "10"]);
        assert_eq!(labels((-12.0, 4.0), 4), ["10⁻¹²", "10⁻⁸", "10⁻⁴", "1", "10⁴"]);
        assert_eq!(logarithmic_label(-4.0 + 5f64.log10()), "5·10⁻⁴");
    }

    #[test]
    fn the_range_ignores_what_is_not_finite() {
        assert_eq!(value_range([1.0, f64::NAN, 3.0, f64::INFINITY], 0.5), Some((0.0, 4.0)));
        assert_eq!(value_range([f64::NAN], 0.1), None);
    }
}
