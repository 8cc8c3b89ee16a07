//! Superposition: invariance, optimality, no reflections.

use std::f64::consts::PI;

use geodyssey_molecule::superposition::{RigidTransform, align_frames, rmsd, superposed, superposed_rmsd};
use nalgebra::{Rotation3, Vector3};
use proptest::prelude::*;

fn moved(frame: &[[f64; 3]], axis: [f64; 3], shift: [f64; 3]) -> Vec<[f64; 3]> {
    let rotation = Rotation3::new(Vector3::from(axis));
    frame.iter().map(|&r| (rotation * Vector3::from(r) + Vector3::from(shift)).into()).collect()
}

fn frame() -> impl Strategy<Value = Vec<[f64; 3]>> {
    prop::collection::vec(prop::array::uniform3(-0.5..0.5_f64), 7)
}

const ATOMS: [usize; 6] = [0, 1, 2, 4, 5, 6];

proptest! {
    #[test]
    fn a_moved_frame_comes_back(
        x in frame(), axis in prop::array::uniform3(-PI..PI), shift in prop::array::uniform3(-9.0..9.0_f64)
    ) {
        let mut frames = vec![x.clone(), moved(&x, axis, shift)];
        align_frames(&mut frames, &ATOMS).unwrap();
        prop_assert_eq!(&frames[0], &x);
        let all: Vec<usize> = (0..7).collect();
        prop_assert!(rmsd(&frames[1], &x, &all).unwrap() < 1e-12);
    }

    #[test]
    fn no_rotation_does_better(
        x in frame(), y in frame(), axis in prop::array::uniform3(-PI..PI), small in prop::array::uniform3(-0.01..0.01_f64)
    ) {
        let best = superposed_rmsd(&x, &y, &ATOMS).unwrap();
        let fitted = superposed(&x, &y, &ATOMS).unwrap();
        for trial in [moved(&x, axis, [0.0; 3]), moved(&fitted, small, [0.0; 3]), moved(&fitted, [0.0; 3], small)] {
            // The best shift for a given rotation joins the centroids.
            let centre = |f: &[[f64; 3]]| ATOMS.iter().map(|&a| Vector3::from(f[a])).sum::<Vector3<f64>>() / 6.0;
            let shift = centre(&y) - centre(&trial);
            prop_assert!(best <= rmsd(&moved(&trial, [0.0; 3], shift.into()), &y, &ATOMS).unwrap() + 1e-12);
        }
        prop_assert!((best - superposed_rmsd(&y, &x, &ATOMS).unwrap()).abs() < 1e-10);
    }

    #[test]
    fn handedness_is_kept(x in frame()) {
        let mirrored: Vec<[f64; 3]> = x.iter().map(|&[a, b, c]| [a, b, -c]).collect();
        let fitted = superposed(&x, &mirrored, &ATOMS).unwrap();
        let volume = |f: &[[f64; 3]]| {
            let arm = |a: usize| Vector3::from(f[a]) - Vector3::from(f[0]);
            arm(1).cross(&arm(2)).dot(&arm(3))
        };
        prop_assert!((volume(&fitted) - volume(&x)).abs() < 1e-12);
    }
}

#[test]
fn atoms_on_a_line_and_single_atoms_are_superposed() {
    let line = [[0.0; 3], [0.1, 0.0, 0.0], [0.3, 0.0, 0.0]];
    let turned = [[1.0, 0.0, 0.0], [1.0, 0.1, 0.0], [1.0, 0.3, 0.0]];
    assert!(superposed_rmsd(&line, &turned, &[0, 1, 2]).unwrap() < 1e-12);
    let mapped = superposed(&line, &turned, &[1]).unwrap();
    assert!((Vector3::from(mapped[1]) - Vector3::from(turned[1])).norm() < 1e-12);
}

/// Molecules that lie almost on a line, or in a plane, come back as they were: the covariance then has singular values of very
/// different size. `width` is the distance from the line, nm.
#[test]
fn thin_and_flat_molecules_come_back() {
    for width in [0.1, 1e-2, 1e-3] {
        let thin: Vec<[f64; 3]> = (0..8)
            .map(|i| {
                let (along, turn) = (0.15 * f64::from(i), 2.4 * f64::from(i));
                [along, width * turn.cos(), width * turn.sin()]
            })
            .collect();
        let flat: Vec<[f64; 3]> = thin.iter().map(|&[x, y, _]| [x, y, 0.0]).collect();
        let all: Vec<usize> = (0..8).collect();
        for frame in [&thin, &flat] {
            for turn in 0..40 {
                let axis = [0.3 * f64::from(turn), 1.0 - 0.1 * f64::from(turn), (f64::from(turn)).sin()];
                let there = moved(frame, axis, [0.5, -2.0, 1.0]);
                // Rounding of the positions over the width: about 1e-15/1e-3.
                let off = superposed_rmsd(&there, frame, &all).unwrap();
                assert!(off < 1e-12, "width {width}, turn {turn}: {off:e} nm");
            }
        }
    }
}

/// Closed form: two atoms of a rigid rod and a third beside it, seen from a frame turned by 2π/3 about (1, 1, 1), which permutes
/// the axes.
#[test]
fn a_turn_that_permutes_the_axes() {
    let water = [[0.0, 0.0, 0.0], [0.0957, 0.0, 0.0], [-0.024, 0.0927, 0.0]];
    let permuted = water.map(|[x, y, z]| [z, x, y]);
    let turned = RigidTransform::superpose(&water, &permuted, &[0, 1, 2]).unwrap();
    let far = turned.apply([1.0, 2.0, 3.0]);
    for (found, expected) in far.iter().zip([3.0, 1.0, 2.0]) {
        assert!((found - expected).abs() < 1e-13, "{far:?}");
    }
}

#[test]
fn what_cannot_be_superposed_is_refused() {
    let line = [[0.0; 3], [0.1, 0.0, 0.0]];
    assert!(RigidTransform::superpose(&line, &line, &[]).is_err());
    assert!(RigidTransform::superpose(&line, &line, &[2]).is_err());
    assert!(RigidTransform::superpose(&[[f64::NAN; 3], [0.0; 3]], &line, &[0, 1]).is_err());
    let far = [[0.0; 3], [1e200, 0.0, 0.0]];
    assert!(RigidTransform::superpose(&far, &far, &[0, 1]).is_err());
}
