//! Every term and the total against OpenMM's Reference platform.

use crate::support::{Molecule, evaluate, largest, molecules, vectors};
use geodyssey_molecule::Replicas;

const ENERGY_TOLERANCE: f64 = 1e-6;
const FORCE_TOLERANCE: f64 = 1e-5;

fn assert_same_energy(place: &str, found: f64, expected: f64) {
    let error = (found - expected).abs();
    assert!(
        error <= ENERGY_TOLERANCE * expected.abs().max(1e-3),
        "{place}: {found} kJ/mol, OpenMM says {expected}"
    );
}

fn assert_same_forces(place: &str, found: &[[f64; 3]], expected: &[[f64; 3]]) {
    let scale = largest(expected);
    for (atom, (a, b)) in found.iter().zip(expected).enumerate() {
        for axis in 0..3 {
            let error = (a[axis] - b[axis]).abs();
            assert!(error <= FORCE_TOLERANCE * scale, "{place}, atom {atom}: {a:?}, OpenMM says {b:?}");
        }
    }
}

fn compare(molecule: &Molecule) {
    let Molecule { name, force_field, frames, reference } = molecule;
    let positions = Replicas::from_frames(frames);
    let references = reference["frames"].as_array().unwrap();

    let (energies, forces) = evaluate(force_field, &positions);
    for (replica, frame) in references.iter().enumerate() {
        let place = format!("{name}, frame {replica}");
        assert_same_energy(&place, energies[replica], frame["energy_kj_mol"].as_f64().unwrap());
        let terms = frame["terms"].as_object().unwrap();
        assert_eq!(terms.len(), force_field.terms().len(), "{place}: number of terms");
        let mut total = vec![[0.0; 3]; positions.atoms()];
        for term in terms.values() {
            for (sum, force) in total.iter_mut().zip(vectors(&term["forces_kj_mol_nm"])) {
                (0..3).for_each(|axis| sum[axis] += force[axis]);
            }
        }
        assert_same_forces(&place, &forces.replica(replica), &total);
    }

    for term in force_field.terms() {
        let mut forces = Replicas::zeros(positions.atoms(), positions.replicas());
        let mut energies = vec![0.0; positions.stride()];
        term.add(&positions, &mut forces, &mut energies);
        for (replica, frame) in references.iter().enumerate() {
            let place = format!("{name}, frame {replica}, {}", term.name());
            let expected = &frame["terms"][term.name()];
            assert_same_energy(&place, energies[replica], expected["energy_kj_mol"].as_f64().unwrap());
            assert_same_forces(&place, &forces.replica(replica), &vectors(&expected["forces_kj_mol_nm"]));
        }
    }
    for (term, energies) in force_field.energies_by_term(&positions) {
        for (replica, frame) in references.iter().enumerate() {
            let expected = frame["terms"][term]["energy_kj_mol"].as_f64().unwrap();
            assert_same_energy(&format!("{name}, frame {replica}, {term}"), energies[replica], expected);
        }
    }
}

#[test]
fn energies_and_forces_are_those_of_openmm() {
    for molecule in molecules() {
        compare(&molecule);
    }
}
