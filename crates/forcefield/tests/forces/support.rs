//! Molecules with reference energies and forces, and a checker of gradients.

use geodyssey_forcefield::{ForceField, Potential, read_force_model};
use geodyssey_molecule::Replicas;
use serde_json::Value;

/// A molecule, its configurations and what OpenMM says of them.
pub(crate) struct Molecule {
    pub(crate) name: &'static str,
    pub(crate) force_field: ForceField,
    pub(crate) frames: Vec<Vec<[f64; 3]>>,
    pub(crate) reference: Value,
}

macro_rules! reference {
    ($name:literal) => {
        reference!($name, concat!("../reference/", $name, ".xml"))
    };
    ($name:literal, $xml:expr) => {
        ($name, include_str!($xml), include_str!(concat!("../reference/", $name, ".json")))
    };
}

/// Every molecule in `tests/reference`.
pub(crate) fn molecules() -> Vec<Molecule> {
    [
        reference!(
            "alanine-dipeptide.vacuum",
            "../../../../systems/alanine-dipeptide/amber99sb-ildn.vacuum.xml"
        ),
        reference!("alanine-dipeptide.obc", "../../../../systems/alanine-dipeptide/amber99sb-ildn.obc.xml"),
        reference!("alanine-dipeptide.rb"),
        reference!("ace-trp-nme"),
        reference!("ace-asp-nme"),
        reference!("ace-ile-nme"),
        reference!("ace-thr-gly-nme"),
        reference!("ala-his-arg"),
        reference!("ace-pro-ser-nme.ff19sb"),
    ]
    .into_iter()
    .map(|(name, xml, reference)| {
        let force_field =
            read_force_model(xml).unwrap_or_else(|error| panic!("{name}: {error}")).force_field();
        let reference: Value = serde_json::from_str(reference).unwrap();
        let frames =
            reference["frames"].as_array().unwrap().iter().map(|frame| vectors(&frame["positions_nm"]));
        Molecule { name, force_field, frames: frames.collect(), reference: reference.clone() }
    })
    .collect()
}

/// One of them.
pub(crate) fn molecule(name: &str) -> Molecule {
    molecules().into_iter().find(|molecule| molecule.name == name).unwrap()
}

/// `[[x, y, z], …]`.
pub(crate) fn vectors(value: &Value) -> Vec<[f64; 3]> {
    serde_json::from_value(value.clone()).unwrap()
}

/// Energies and forces of a batch.
pub(crate) fn evaluate(potential: &dyn Potential, positions: &Replicas) -> (Vec<f64>, Replicas) {
    let mut forces = Replicas::zeros(positions.atoms(), positions.replicas());
    let mut energies = vec![f64::NAN; positions.stride()];
    potential.evaluate(positions, &mut forces, &mut energies).unwrap();
    energies.truncate(positions.replicas());
    (energies, forces)
}

/// Largest component of a set of vectors.
pub(crate) fn largest(vectors: &[[f64; 3]]) -> f64 {
    vectors.iter().flatten().fold(0.0, |a: f64, x| a.max(x.abs()))
}

/// Largest difference between `-∇E` by differences of fourth order (step in nm) and `forces`, over the largest force.
pub(crate) fn gradient_error(
    positions: &[[f64; 3]],
    forces: &[[f64; 3]],
    step: f64,
    energies: impl Fn(&Replicas) -> Vec<f64>,
) -> f64 {
    let mut frames = Vec::new();
    for atom in 0..positions.len() {
        for axis in 0..3 {
            for offset in [-2.0, -1.0, 1.0, 2.0] {
                let mut frame = positions.to_vec();
                frame[atom][axis] += offset * step;
                frames.push(frame);
            }
        }
    }
    let energies = energies(&Replicas::from_frames(&frames));
    let mut error: f64 = 0.0;
    for (force, e) in forces.as_flattened().iter().zip(energies.chunks_exact(4)) {
        let slope = (e[0] - 8.0 * e[1] + 8.0 * e[2] - e[3]) / (12.0 * step);
        error = error.max((slope + force).abs());
    }
    error / largest(forces).max(1.0)
}
