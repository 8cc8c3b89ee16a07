//! The states of a run: regions of the variables, in the program's units.

use geodyssey_molecule::variables::DefaultRadius;

use super::variable_box::VariableBox;
use super::variables::{Variable, scaled};
use crate::config::{Config, InputError, PerVariable, Space, StateConfig};

/// A state: where it is and how far it reaches.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    /// One value per variable.
    pub(crate) center: Vec<f64>,
    /// Semi-axes of the ellipsoid that counts as arrived, unless there are boxes.
    pub(crate) radius: Vec<f64>,
    /// Boxes of which one contains what counts as arrived; none for the ellipsoid.
    pub(crate) boxes: Vec<VariableBox>,
}

impl State {
    /// The state of a configuration; `structure` has the variables of its structure, where there is one.
    pub(crate) fn resolve(
        config: &Config,
        key: &str,
        state: &StateConfig,
        variables: &[Variable],
        structure: Option<Vec<f64>>,
    ) -> Result<Self, InputError> {
        let count = variables.len();
        let center = match (&state.center, structure.clone()) {
            (Some(center), _) if center.len() == count => center
                .iter()
                .zip(variables)
                .map(|(value, variable)| {
                    let message =
                        || format!("`{}` = {} lies too many periods away", variable.name, value.get());
                    variable
                        .within_period(value.get())
                        .ok_or_else(|| config.error(&format!("{key}.center"), message()))
                })
                .collect::<Result<_, _>>()?,
            (Some(center), _) => {
                let message = format!("expected {count} numbers, one per variable, found {}", center.len());
                return Err(config.error(&format!("{key}.center"), message));
            }
            (None, Some(values)) => values,
            (None, None) => {
                return Err(config.error(key, format!("[{key}] needs `center`: one number per variable")));
            }
        };
        let radius = radius(config, key, state.radius.as_ref(), variables)?;
        let boxes = VariableBox::read(config, key, state.ranges.as_ref(), variables)?;
        let resolved = Self { center, radius, boxes };
        if !resolved.contains(variables, &resolved.center) {
            let shown: Vec<String> =
                variables.iter().zip(&resolved.center).map(|(variable, &x)| variable.display(x)).collect();
            let what = if state.center.is_some() { "its centre" } else { "its structure" };
            let message = format!(
                "{what} lies outside the ranges of this state: the variables are {}",
                shown.join(", ")
            );
            return Err(config.error(&format!("{key}.ranges"), message));
        }
        for (variable, &value) in variables.iter().zip(&resolved.center) {
            if let (Some((low, high)), None) = (variable.range, variable.period)
                && !(low..=high).contains(&value)
            {
                let shown = [value, low, high].map(|x| variable.display(x));
                let message = format!(
                    "`{}` = {} lies outside its range, {} to {}",
                    variable.name, shown[0], shown[1], shown[2]
                );
                return Err(config.error(&format!("{key}.center"), message));
            }
        }
        // On the landscape a structure is only what minimisations begin with.
        if let (Some(values), Space::Atoms) = (structure, config.space())
            && !resolved.contains(variables, &values)
        {
            let found: Vec<String> =
                variables.iter().zip(&values).map(|(variable, &value)| variable.display(value)).collect();
            let message =
                format!("the structure lies outside this state: its variables are {}", found.join(", "));
            return Err(config.error(&format!("{key}.center"), message));
        }
        Ok(resolved)
    }

    /// Distance of a point from the centre, in radii, the shortest way round periods.
    pub(crate) fn distance(&self, variables: &[Variable], values: &[f64]) -> f64 {
        let squares = variables.iter().zip(values).zip(self.center.iter().zip(&self.radius));
        squares
            .map(|((variable, &value), (&center, radius))| {
                (variable.difference(value, center) / radius).powi(2)
            })
            .sum::<f64>()
            .sqrt()
    }

    /// Whether a point counts as arrived.
    pub(crate) fn contains(&self, variables: &[Variable], values: &[f64]) -> bool {
        if self.boxes.is_empty() {
            return self.distance(variables, values) <= 1.0;
        }
        self.boxes.iter().any(|one| one.contains(variables, values))
    }

    /// Which variables it bounds.
    pub(crate) fn bounds(&self) -> Vec<bool> {
        let mut bounds = vec![self.boxes.is_empty(); self.center.len()];
        for one in &self.boxes {
            bounds.iter_mut().zip(one.bounds()).for_each(|(all, this)| *all |= this);
        }
        bounds
    }
}

fn radius(
    config: &Config,
    key: &str,
    given: Option<&PerVariable>,
    variables: &[Variable],
) -> Result<Vec<f64>, InputError> {
    let Some(given) = given else {
        return Ok(variables
            .iter()
            .map(|variable| match variable.quantity.radius {
                DefaultRadius::Fixed(radius) => radius,
                DefaultRadius::ShareOfRange(share) => {
                    let extent =
                        variable.period.or(variable.range.map(|(low, high)| high - low)).unwrap_or(1.0);
                    share * extent
                }
            })
            .collect());
    };
    let mixed =
        variables.windows(2).any(|pair| pair[0].quantity.column_unit() != pair[1].quantity.column_unit());
    if mixed && matches!(given, PerVariable::One(_)) {
        let message =
            format!("expected {} numbers, one per variable, since their units differ", variables.len());
        return Err(config.error(&format!("{key}.radius"), message));
    }
    scaled(given, variables).ok_or_else(|| {
        config.error(
            &format!("{key}.radius"),
            format!("expected one number or {}, one per variable", variables.len()),
        )
    })
}

/// Whether two states have a point in common.
pub(crate) fn overlap(a: &State, b: &State, variables: &[Variable]) -> bool {
    match (a.boxes.as_slice(), b.boxes.as_slice()) {
        ([], []) => discs_meet(a, b, variables),
        (boxes, []) => boxes.iter().any(|one| disc_meets(b, one, variables)),
        ([], boxes) => boxes.iter().any(|one| disc_meets(a, one, variables)),
        (boxes, others) => boxes.iter().any(|one| others.iter().any(|other| one.meets(other, variables))),
    }
}

fn disc_meets(disc: &State, one: &VariableBox, variables: &[Variable]) -> bool {
    disc.distance(variables, &one.nearest_to(variables, &disc.center)) <= 1.0
}

/// Whether two ellipsoids with parallel axes have a point in common. Among the points where a combination of both squared distances is least,
/// one is equally far from both; that distance is the least that a common point can have from the farther of the two.
fn discs_meet(a: &State, b: &State, variables: &[Variable]) -> bool {
    let apart: Vec<f64> = variables
        .iter()
        .enumerate()
        .map(|(i, variable)| variable.difference(b.center[i], a.center[i]))
        .collect();
    let distances = |t: f64| {
        let (mut from_a, mut from_b) = (0.0, 0.0);
        for (i, apart) in apart.iter().enumerate() {
            let (wa, wb) = ((1.0 - t) / a.radius[i].powi(2), t / b.radius[i].powi(2));
            let place = apart * wb / (wa + wb);
            from_a += (place / a.radius[i]).powi(2);
            from_b += ((apart - place) / b.radius[i]).powi(2);
        }
        (from_a, from_b)
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let t = 0.5 * (low + high);
        let (from_a, from_b) = distances(t);
        if from_a < from_b { low = t } else { high = t }
    }
    let (from_a, from_b) = distances(0.5 * (low + high));
    from_a.max(from_b) <= 1.0
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use geodyssey_molecule::variables::{COORDINATE, VARIABLES};

    use super::*;

    fn torsions() -> Vec<Variable> {
        let torsion = |name: &str| Variable {
            name: name.to_owned(),
            quantity: &VARIABLES[0].quantity,
            period: Some(TAU),
            range: None,
        };
        vec![torsion("phi"), torsion("psi")]
    }

    fn sides(degrees: &[Option<[f64; 2]>]) -> VariableBox {
        let side =
            |side: &Option<[f64; 2]>| side.map(|[low, high]| (low.to_radians(), (high - low).to_radians()));
        VariableBox(degrees.iter().map(side).collect())
    }

    fn state(center: [f64; 2], radius: [f64; 2], boxes: Vec<VariableBox>) -> State {
        State {
            center: center.map(f64::to_radians).to_vec(),
            radius: radius.map(f64::to_radians).to_vec(),
            boxes,
        }
    }

    #[test]
    fn a_range_of_a_torsion_may_go_through_180_degrees_and_is_joined_with_others() {
        let wide = state(
            [-120.0, 0.0],
            [20.0; 2],
            vec![sides(&[Some([150.0, 200.0]), None]), sides(&[Some([-60.0, -40.0]), Some([0.0, 90.0])])],
        );
        let contains = |phi: f64, psi: f64| wide.contains(&torsions(), &[phi.to_radians(), psi.to_radians()]);
        for (phi, psi, inside) in [
            (170.0, -7.0, true),
            (-161.0, 100.0, true),
            (-159.0, 100.0, false),
            (-50.0, 45.0, true),
            (-50.0, 100.0, false),
            (310.0, 45.0, true),
            (-120.0, 0.0, false),
        ] {
            assert_eq!(contains(phi, psi), inside, "{phi} {psi}");
        }
    }

    #[test]
    fn states_that_meet_are_found_whatever_they_are_made_of() {
        let any = || vec![sides(&[Some([-180.0, -40.0]), None])];
        let disc = |phi: f64, radius: f64| state([phi, 10.0], [radius, 30.0], Vec::new());
        let boxed = |boxes| state([0.0; 2], [1.0; 2], boxes);
        let meet = |a: &State, b: &State| {
            assert_eq!(overlap(a, b, &torsions()), overlap(b, a, &torsions()));
            overlap(a, b, &torsions())
        };
        assert!(!meet(&boxed(any()), &boxed(vec![sides(&[Some([40.0, 100.0]), None])])));
        assert!(meet(&boxed(any()), &boxed(vec![sides(&[Some([170.0, 190.0]), Some([0.0, 1.0])])])));
        assert!(!meet(&boxed(any()), &disc(0.0, 39.0)) && meet(&boxed(any()), &disc(0.0, 41.0)));
        assert!(!meet(&boxed(any()), &disc(150.0, 29.0)) && meet(&boxed(any()), &disc(150.0, 31.0)));
        assert!(
            !meet(&disc(170.0, 10.0), &disc(-170.0, 9.9)) && meet(&disc(170.0, 10.0), &disc(-170.0, 10.1))
        );
        // Two long ellipses, one across the end of the other.
        let (long, across) =
            (state([0.0; 2], [30.0, 5.0], Vec::new()), |phi: f64| state([phi, 0.0], [5.0, 30.0], Vec::new()));
        assert!(meet(&long, &across(34.9)) && !meet(&long, &across(35.1)));
    }

    #[test]
    fn a_bounded_variable_is_outside_below_its_range() {
        let distance = [Variable { name: "d".to_owned(), quantity: &COORDINATE, period: None, range: None }];
        let near = VariableBox(vec![Some((0.2, 0.1))]);
        for (value, inside) in [(0.19, false), (0.2, true), (0.29, true), (0.31, false)] {
            assert_eq!(near.contains(&distance, &[value]), inside, "{value}");
        }
    }

    #[test]
    fn distances_go_the_shortest_way_round() {
        let state = State {
            center: vec![175.0_f64.to_radians()],
            radius: vec![20.0_f64.to_radians()],
            boxes: Vec::new(),
        };
        let at = |degrees: f64| state.distance(&torsions()[..1], &[degrees.to_radians()]);
        assert!((at(-175.0) - 0.5).abs() < 1e-12);
        assert!((at(175.0 + 720.0)).abs() < 1e-9);
        assert!(state.contains(&torsions()[..1], &[-166.0_f64.to_radians()]));
        assert!(!state.contains(&torsions()[..1], &[-164.0_f64.to_radians()]));
    }
}
