//! Langevin dynamics of sixteen replicas of alanine dipeptide, their φ held by a tether that is then let go: `cargo run --package
//! geodyssey-dynamics --example integrate_molecule`.

use std::error::Error;
use std::path::Path;

use geodyssey_dynamics::{
    Bias, Engine as _, Langevin, MinimisationParameters, MinimisationTask, NativeEngine, Replica, Tether,
    TetherPoint,
};
use geodyssey_forcefield::read_force_model;
use geodyssey_molecule::CollectiveVariable;
use geodyssey_molecule::units::thermal_energy_kj_mol;
use geodyssey_molecule::variables::Torsion;
use geodyssey_statistics::RandomStream;
use geodyssey_trajectory::read_structure_file;

/// C, N, CA, C: the atoms of φ.
const PHI: [usize; 4] = [4, 6, 8, 14];

fn main() -> Result<(), Box<dyn Error>> {
    let systems = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../systems/alanine-dipeptide");
    let model = read_force_model(&std::fs::read_to_string(systems.join("amber99sb-ildn.vacuum.xml"))?)?;
    let file = read_structure_file(systems.join("c5.pdb"), Some(&model.masses))?;
    let force_field = model.force_field();
    let phi: Box<dyn CollectiveVariable> = Box::new(Torsion::new(PHI, model.atoms())?);
    let variables = [phi];
    let engine = NativeEngine::new(&force_field, &variables)?;

    // The structure of least energy with φ where it is.
    let start = file.structure.positions();
    let value = variables[0].value(start);
    let task = MinimisationTask { positions: start.to_vec(), target: vec![value], multipliers: vec![0.0] };
    let relaxed = &engine.minimise(&[task], &MinimisationParameters::default())?[0];
    println!("relaxed at phi = {:.1}°: {:.3} kJ/mol", value.to_degrees(), relaxed.energy_kj_mol);

    // A tether of 5° width holds φ there.
    let thermal_energy = thermal_energy_kj_mol(300.0);
    let log_snr = -2.0 * 5f64.to_radians().ln();
    let tether =
        Tether::new(&TetherPoint { log_snr, center: vec![value] }, &engine.periods(), thermal_energy)?;
    let replicas: Vec<Replica> =
        (0..16).map(|path| Replica::new(path, relaxed.positions.clone(), thermal_energy)).collect();
    let law = Langevin::new(0.001, 1.0, thermal_energy)?;
    let mut batch = engine.open(&replicas, law, RandomStream::new(1, "example"), &Bias::Tether(tether))?;
    batch.advance(2000)?;
    let observed = batch.observed();
    let values: Vec<f64> = (0..16).map(|replica| observed.variable(0, replica)).collect();
    let mean = values.iter().sum::<f64>() / 16.0;
    println!("held for 2 ps: phi = {:.1}° on average", mean.to_degrees());

    // Without it they go their own ways, and letting go gives work back.
    let work = batch.set_bias(&Bias::None)?;
    batch.advance(2000)?;
    println!("letting go took {:.2} kJ/mol of work on average", work.iter().sum::<f64>() / 16.0);
    for replica in batch.replicas()?.iter().take(3) {
        let value = variables[0].value(&replica.snapshot.positions);
        println!(
            "replica {} after {} steps: phi = {:.1}°",
            replica.path,
            replica.snapshot.step,
            value.to_degrees()
        );
    }
    Ok(())
}

#[test]
fn it_runs() -> Result<(), Box<dyn Error>> {
    main()
}
