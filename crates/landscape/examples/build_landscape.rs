//! The energy of alanine dipeptide over φ and ψ, all else relaxed, and what can be asked of it: `cargo run --release --package
//! geodyssey-landscape --example build_landscape`.

use std::error::Error;
use std::path::Path;

use geodyssey_dynamics::NativeEngine;
use geodyssey_forcefield::read_force_model;
use geodyssey_landscape::{
    BottleneckSearch, GridAxis, Landscape as _, RelaxedScan, RelaxedScanParameters, TableLandscape,
};
use geodyssey_molecule::CollectiveVariable;
use geodyssey_molecule::variables::Torsion;
use geodyssey_trajectory::read_structure_file;

fn main() -> Result<(), Box<dyn Error>> {
    let systems = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../systems/alanine-dipeptide");
    let model = read_force_model(&std::fs::read_to_string(systems.join("amber99sb-ildn.vacuum.xml"))?)?;
    let force_field = model.force_field();
    let torsion = |atoms: [usize; 4]| -> Result<Box<dyn CollectiveVariable>, Box<dyn Error>> {
        Ok(Box::new(Torsion::new(atoms, model.atoms())?))
    };
    let variables = [torsion([4, 6, 8, 14])?, torsion([6, 8, 14, 16])?];
    let engine = NativeEngine::new(&force_field, &variables)?;

    // The scan goes from the two states over the grid; every structure is still this molecule here.
    let axis = |name| GridAxis::periodic(name, -std::f64::consts::PI, std::f64::consts::TAU, 12);
    let same = |_: &[[f64; 3]]| true;
    let scan =
        RelaxedScan::new(&engine, vec![axis("phi"), axis("psi")], &RelaxedScanParameters::default(), &same)?;
    let known = ["c5.pdb", "c7ax.pdb"].map(|name| -> Result<_, Box<dyn Error>> {
        let file = read_structure_file(systems.join(name), Some(&model.masses))?;
        let positions = file.structure.positions().to_vec();
        let values: Vec<f64> = variables.iter().map(|variable| variable.value(&positions)).collect();
        Ok((positions, values))
    });
    let [start, end] = known;
    let known = [start?, end?];
    let mut state = scan.start(&known)?;
    while !state.is_finished() {
        scan.advance_by(&mut state, 100)?;
    }
    let (grid, lowest) = scan.energies(&state)?;
    println!("{} minimisations, lowest energy {lowest:.2} kJ/mol", state.minimisations);

    let landscape = TableLandscape::new(grid)?;
    for ((_, values), name) in known.iter().zip(["C5", "C7ax"]) {
        println!("{name}: {:.1} kJ/mol above it", landscape.energy(values));
    }
    let search = BottleneckSearch::over_table(&landscape, |_| false)?;
    if let Some(bottleneck) = search.bottleneck(&known[0].1, &known[1].1, &[0, 0])? {
        println!("the lowest barrier between them: {:.1} kJ/mol", bottleneck.energy_kj_mol);
    }
    Ok(())
}

#[test]
fn it_runs() -> Result<(), Box<dyn Error>> {
    main()
}
