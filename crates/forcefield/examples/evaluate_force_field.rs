//! The potential energy of a molecule by term, and its largest force: `cargo run --package geodyssey-forcefield --example evaluate_force_field
//! [FORCE-FIELD STRUCTURE]`, by default of alanine dipeptide.

use std::error::Error;
use std::path::{Path, PathBuf};

use geodyssey_forcefield::{Potential as _, read_force_model};
use geodyssey_molecule::Replicas;
use geodyssey_trajectory::read_structure_file;

fn main() -> Result<(), Box<dyn Error>> {
    let systems = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../systems/alanine-dipeptide");
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let force_field = arguments.next().unwrap_or_else(|| systems.join("amber99sb-ildn.vacuum.xml"));
    let structure = arguments.next().unwrap_or_else(|| systems.join("c5.pdb"));

    let model = read_force_model(&std::fs::read_to_string(force_field)?)?;
    let file = read_structure_file(structure, Some(&model.masses))?;
    let force_field = model.force_field();

    // One replica here; a kernel takes any number of them at once.
    let positions = Replicas::from_frames(&[file.structure.positions()]);
    let mut forces = Replicas::zeros(positions.atoms(), positions.replicas());
    let mut energies = vec![0.0; positions.stride()];
    force_field.evaluate(&positions, &mut forces, &mut energies)?;

    for (term, energies) in force_field.energies_by_term(&positions) {
        println!("{term:24} {:10.3} kJ/mol", energies[0]);
    }
    println!("{:24} {:10.3} kJ/mol", "total", energies[0]);
    let largest = (0..positions.atoms())
        .map(|atom| forces.get(atom, 0).iter().map(|f| f * f).sum::<f64>().sqrt())
        .fold(0.0, f64::max);
    println!("{:24} {largest:10.3} kJ/mol/nm", "largest force");
    Ok(())
}

#[test]
fn it_runs() -> Result<(), Box<dyn Error>> {
    main()
}
