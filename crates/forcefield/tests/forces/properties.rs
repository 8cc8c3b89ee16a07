//! What holds for any configuration: gradients, symmetries, independence of replicas.

use crate::support::{evaluate, gradient_error, largest, molecule, molecules};
use geodyssey_forcefield::Potential;
use geodyssey_molecule::Replicas;
use proptest::prelude::*;

#[test]
fn forces_are_gradients_of_every_term() {
    for molecule in molecules() {
        for frame in &molecule.frames[1..] {
            let positions = Replicas::from_frames(&[frame]);
            for term in molecule.force_field.terms() {
                let mut forces = Replicas::zeros(positions.atoms(), 1);
                term.add(&positions, &mut forces, &mut vec![0.0; positions.stride()]);
                let error = gradient_error(frame, &forces.replica(0), 1e-5, |batch| {
                    let mut energies = vec![0.0; batch.stride()];
                    term.add(batch, &mut Replicas::zeros(batch.atoms(), batch.replicas()), &mut energies);
                    energies
                });
                assert!(error < 1e-6, "{}, {}: {error}", molecule.name, term.name());
            }
        }
    }
}

#[test]
fn a_replica_does_not_feel_its_neighbours() {
    for molecule in molecules() {
        let frames: Vec<_> = molecule.frames.iter().cycle().take(13).cloned().collect();
        let (energies, forces) = evaluate(&molecule.force_field, &Replicas::from_frames(&frames));
        for (replica, frame) in frames.iter().enumerate() {
            let (alone, forces_alone) = evaluate(&molecule.force_field, &Replicas::from_frames(&[frame]));
            assert_eq!(alone[0].to_bits(), energies[replica].to_bits(), "{}", molecule.name);
            assert_eq!(forces_alone.replica(0), forces.replica(replica), "{}", molecule.name);
        }
    }
}

#[test]
fn a_lost_atom_shows_in_its_own_replica_only() {
    for molecule in molecules() {
        let mut frames: Vec<_> = molecule.frames[..3].to_vec();
        let (energies, forces) = evaluate(&molecule.force_field, &Replicas::from_frames(&frames));
        frames[1][4] = [f64::NAN; 3];
        let (broken, broken_forces) = evaluate(&molecule.force_field, &Replicas::from_frames(&frames));
        assert!(broken[1].is_nan(), "{}", molecule.name);
        for replica in [0, 2] {
            assert_eq!(broken[replica].to_bits(), energies[replica].to_bits());
            assert_eq!(broken_forces.replica(replica), forces.replica(replica));
        }
    }
}

#[test]
fn evaluation_overwrites_and_terms_add() {
    let molecule = molecule("ace-asp-nme");
    let positions = Replicas::from_frames(&molecule.frames);
    let (energies, forces) = evaluate(&molecule.force_field, &positions);
    let mut again = forces.clone();
    let mut energies_again = vec![1e3; positions.stride()];
    molecule.force_field.evaluate(&positions, &mut again, &mut energies_again).unwrap();
    assert_eq!(again, forces);
    assert_eq!(energies_again[..energies.len()], energies);

    let term = &molecule.force_field.terms()[0];
    let (mut once, mut energy_once) =
        (Replicas::zeros(positions.atoms(), positions.replicas()), vec![0.0; 8]);
    term.add(&positions, &mut once, &mut energy_once);
    let (mut twice, mut energy_twice) = (once.clone(), energy_once.clone());
    term.add(&positions, &mut twice, &mut energy_twice);
    for (a, b) in once.as_slice().iter().zip(twice.as_slice()).chain(energy_once.iter().zip(&energy_twice)) {
        assert!((2.0 * a - b).abs() <= 1e-9 * a.abs().max(1.0));
    }
}

/// The rotation by the quaternion (w, x, y, z), not necessarily of unit length.
fn rotated(vectors: &[[f64; 3]], [w, x, y, z]: [f64; 4]) -> Vec<[f64; 3]> {
    let norm = w * w + x * x + y * y + z * z;
    let matrix = [
        [w * w + x * x - y * y - z * z, 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
        [2.0 * (x * y + w * z), w * w - x * x + y * y - z * z, 2.0 * (y * z - w * x)],
        [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), w * w - x * x - y * y + z * z],
    ];
    let product = |v: &[f64; 3]| matrix.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum::<f64>() / norm);
    vectors.iter().map(product).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn energies_do_not_change_with_place_and_orientation(
        quaternion in prop::array::uniform4(-1.0..1.0f64).prop_filter("no rotation", |q| q.iter().any(|x| x.abs() > 0.1)),
        shift in prop::array::uniform3(-10.0..10.0f64),
        noise in prop::collection::vec(-0.01..0.01f64, 3 * 54),
    ) {
        for molecule in molecules() {
            let mut frame = molecule.frames[0].clone();
            frame.as_flattened_mut().iter_mut().zip(&noise).for_each(|(x, noise)| *x += noise);
            let mut moved = rotated(&frame, quaternion);
            moved.iter_mut().for_each(|x| (0..3).for_each(|axis| x[axis] += shift[axis]));
            let (energies, forces) = evaluate(&molecule.force_field, &Replicas::from_frames(&[&frame, &moved]));
            prop_assert!((energies[0] - energies[1]).abs() < 1e-8 * energies[0].abs().max(100.0));
            let expected = rotated(&forces.replica(0), quaternion);
            let scale = largest(&expected);
            for (a, b) in expected.iter().flatten().zip(forces.replica(1).iter().flatten()) {
                prop_assert!((a - b).abs() < 1e-8 * scale, "{}: {} against {}", molecule.name, a, b);
            }
            for axis in 0..3 {
                let sum: f64 = forces.replica(0).iter().map(|force| force[axis]).sum();
                prop_assert!(sum.abs() < 1e-9 * scale, "the forces of {} add up to {}", molecule.name, sum);
            }
        }
    }
}
