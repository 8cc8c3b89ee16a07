//! Collective variables: gradients against finite differences, invariance, periodicity.

use std::f64::consts::{PI, TAU};

use geodyssey_molecule::variables::{Angle, Distance, Torsion};
use geodyssey_molecule::variables::{COORDINATE, Unit, VARIABLES, VariableInput};
use geodyssey_molecule::{CollectiveVariable, Replicas};
use nalgebra::{Rotation3, Vector3};
use proptest::prelude::*;

type Positions = Vec<[f64; 3]>;

/// Six atoms in a box of 1 nm.
fn positions() -> impl Strategy<Value = Positions> {
    prop::collection::vec(prop::array::uniform3(-0.5..0.5_f64), 6)
}

fn variables() -> Vec<Box<dyn CollectiveVariable>> {
    vec![
        Box::new(Torsion::new([4, 0, 3, 5], 6).unwrap()),
        Box::new(Distance::new([5, 1], 6).unwrap()),
        Box::new(Angle::new([2, 4, 1], 6).unwrap()),
    ]
}

/// Difference of two values on the circle where there is one.
fn circular(difference: f64, period: Option<f64>) -> f64 {
    period.map_or(difference, |period| difference - period * (difference / period).round())
}

fn vector(a: [f64; 3], b: [f64; 3]) -> Vector3<f64> {
    Vector3::from(a) - Vector3::from(b)
}

/// Whether no three atoms of any variable are near a line and no two near each other.
fn is_regular(x: &Positions) -> bool {
    let bent = |[i, j, k]: [usize; 3]| {
        let (u, v) = (vector(x[i], x[j]), vector(x[k], x[j]));
        u.norm() > 0.1 && v.norm() > 0.1 && u.cross(&v).norm() > 0.2 * u.norm() * v.norm()
    };
    bent([4, 0, 3]) && bent([0, 3, 5]) && bent([2, 4, 1]) && vector(x[5], x[1]).norm() > 0.1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn gradients_are_finite_differences(frames in prop::collection::vec(positions(), 1..12)) {
        prop_assume!(frames.iter().all(is_regular));
        let batch = Replicas::from_frames(&frames);
        for variable in variables() {
            let mut values = vec![f64::NAN; batch.stride()];
            let mut gradient = vec![f64::NAN; variable.atoms().len() * 3 * batch.stride()];
            variable.evaluate(&batch, &mut values, &mut gradient);
            prop_assert!(values.iter().chain(&gradient).all(|x| x.is_finite()));
            for (replica, frame) in frames.iter().enumerate() {
                prop_assert_eq!(values[replica], variable.value(frame));
                for (slot, &atom) in variable.atoms().iter().enumerate() {
                    for axis in 0..3 {
                        let step = 1e-6;
                        let shifted = |sign: f64| {
                            let mut moved = frame.clone();
                            moved[atom][axis] += sign * step;
                            variable.value(&moved)
                        };
                        let numeric = circular(shifted(1.0) - shifted(-1.0), variable.period()) / (2.0 * step);
                        let analytic = gradient[(slot * 3 + axis) * batch.stride() + replica];
                        prop_assert!((numeric - analytic).abs() < 1e-6 * (1.0 + analytic.abs()),
                            "{:?} atom {atom} axis {axis}: {numeric} against {analytic}", variable.quantity().name);
                    }
                }
            }
        }
    }

    #[test]
    fn values_do_not_change_with_the_frame_of_reference(
        frame in positions(), axis in prop::array::uniform3(-PI..PI), shift in prop::array::uniform3(-5.0..5.0_f64)
    ) {
        prop_assume!(is_regular(&frame));
        let rotation = Rotation3::new(Vector3::from(axis));
        let moved: Positions =
            frame.iter().map(|&r| (rotation * Vector3::from(r) + Vector3::from(shift)).into()).collect();
        let mirrored: Positions = frame.iter().map(|&[x, y, z]| [-x, y, z]).collect();
        for variable in variables() {
            let value = variable.value(&frame);
            prop_assert!(circular(variable.value(&moved) - value, variable.period()).abs() < 1e-10);
            let image = if variable.quantity().name == "torsion" { -value } else { value };
            prop_assert!(circular(variable.value(&mirrored) - image, variable.period()).abs() < 1e-10);
        }
    }

    #[test]
    fn turning_the_end_of_a_torsion_turns_its_value(frame in positions(), angle in -3.0 * PI..3.0 * PI) {
        prop_assume!(is_regular(&frame));
        let torsion = Torsion::new([4, 0, 3, 5], 6).unwrap();
        let axis = nalgebra::Unit::new_normalize(vector(frame[3], frame[0]));
        let mut turned = frame.clone();
        turned[5] = (Rotation3::from_axis_angle(&axis, angle) * vector(frame[5], frame[3])
            + Vector3::from(frame[3])).into();
        let (before, after) = (torsion.value(&frame), torsion.value(&turned));
        prop_assert!((-PI..PI).contains(&after));
        prop_assert!(circular(after - before - angle, Some(TAU)).abs() < 1e-10);
        let reversed = Torsion::new([5, 3, 0, 4], 6).unwrap();
        prop_assert!(circular(reversed.value(&frame) - before, Some(TAU)).abs() < 1e-12);
    }

    #[test]
    fn display_units_come_back(value in -10.0..10.0_f64) {
        for unit in [Unit::Radian, Unit::Nanometre, Unit::Own] {
            prop_assert!((value / unit.factor() * unit.factor() - value).abs() < 1e-14);
        }
        prop_assert!((PI / Unit::Radian.factor() - 180.0).abs() < 1e-12);
    }
}

/// Every kind makes variables of as many atoms as it says, and of no other number; names are told apart.
#[test]
fn kinds_of_variables_are_what_they_say() {
    let frame = [[0.0, 0.0, 0.0], [0.15, 0.0, 0.0], [0.2, 0.14, 0.0], [0.3, 0.15, 0.1], [0.4, 0.1, 0.2]];
    for (index, kind) in VARIABLES.iter().enumerate() {
        assert!(VARIABLES[..index].iter().all(|other| other.quantity.name != kind.quantity.name));
        assert_ne!(kind.quantity.name, COORDINATE.name);
        for count in 0..=frame.len() {
            let atoms: Vec<usize> = (0..count).collect();
            let made = (kind.new)(VariableInput { atoms: &atoms, structure: &frame });
            assert_eq!(made.is_ok(), kind.atoms.allows(count), "{} of {count} atoms", kind.quantity.name);
            let Ok(variable) = made else { continue };
            assert_eq!(variable.quantity(), &kind.quantity);
            let value = variable.value(&frame);
            assert!(kind.quantity.range.is_none_or(|(low, high)| (low..=high).contains(&value)), "{value}");
        }
    }
}
