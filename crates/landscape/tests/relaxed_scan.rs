//! Relaxed scans against minimisations by OpenMM.

use geodyssey_dynamics::NativeEngine;
use geodyssey_forcefield::{ForceField, read_force_model};
use geodyssey_landscape::{GridAxis, RelaxedScan, RelaxedScanParameters, RelaxedScanState};
use geodyssey_molecule::{CollectiveVariable, variables::Torsion};

const POINTS: usize = 24;

struct Alanine {
    force_field: ForceField,
    torsions: Vec<Box<dyn CollectiveVariable>>,
    structures: Vec<(Vec<[f64; 3]>, Vec<f64>)>,
}

/// Positions of the atom records of a PDB file, nm.
fn positions(pdb: &str) -> Vec<[f64; 3]> {
    let atoms = pdb.lines().filter(|line| line.starts_with("ATOM") || line.starts_with("HETATM"));
    let coordinate = |line: &str, from: usize| line[from..from + 8].trim().parse::<f64>().unwrap() / 10.0;
    atoms.map(|line| [30, 38, 46].map(|from| coordinate(line, from))).collect()
}

fn alanine() -> Alanine {
    let xml = include_str!("../../../systems/alanine-dipeptide/amber99sb-ildn.vacuum.xml");
    let torsions: Vec<Box<dyn CollectiveVariable>> = [[4, 6, 8, 14], [6, 8, 14, 16]]
        .into_iter()
        .map(|atoms| Box::new(Torsion::new(atoms, 22).unwrap()) as Box<dyn CollectiveVariable>)
        .collect();
    let structures = [
        include_str!("../../../systems/alanine-dipeptide/c5.pdb"),
        include_str!("../../../systems/alanine-dipeptide/c7ax.pdb"),
    ];
    let structures = structures.map(|pdb| {
        let positions = positions(pdb);
        let values = torsions.iter().map(|torsion| torsion.value(&positions)).collect();
        (positions, values)
    });
    Alanine {
        force_field: read_force_model(xml).unwrap().force_field(),
        torsions,
        structures: structures.to_vec(),
    }
}

fn axes(points: usize) -> Vec<GridAxis> {
    let axis = |name| GridAxis::periodic(name, -std::f64::consts::PI, std::f64::consts::TAU, points);
    vec![axis("phi_rad"), axis("psi_rad")]
}

#[test]
fn relaxed_energies_are_those_of_openmm() {
    let alanine = alanine();
    let engine = NativeEngine::new(&alanine.force_field, &alanine.torsions).unwrap();
    let any = |_: &[[f64; 3]]| true;
    let scan = RelaxedScan::new(&engine, axes(POINTS), &RelaxedScanParameters::default(), &any).unwrap();
    let mut state = scan.start(&alanine.structures).unwrap();
    while !state.is_finished() {
        scan.advance(&mut state).unwrap();
    }
    let (grid, lowest) = scan.energies(&state).unwrap();
    let table = include_str!("reference/alanine-dipeptide-relaxed.csv");
    let mut compared = 0;
    for row in table.lines().skip(1) {
        let cells: Vec<f64> = row.split(',').map(|cell| cell.parse().unwrap()).collect();
        let place = |degrees: f64| ((degrees + 180.0) / 15.0).round() as usize;
        let found = grid.values[place(cells[0]) * POINTS + place(cells[1])] + lowest;
        assert!((found - cells[2]).abs() < 0.02, "{row}: {found}");
        compared += 1;
    }
    assert_eq!(compared, 24);
    // Minus the multipliers are the slopes of the relaxed energy: at the lowest point hardly any, and all of them so that
    // central differences over two spacings agree where the surface is smooth.
    let smooth = 8 * POINTS + 14;
    let slope = (grid.values[smooth + 1] - grid.values[smooth - 1]) / (2.0 * grid.axes[1].spacing);
    let multiplier = state.points[smooth].as_ref().unwrap().multipliers[1];
    assert!((slope + multiplier).abs() < 0.1 * slope.abs() + 3.0, "{slope} {multiplier}");
}

/// Stored and read back in the midst of it, on one thread: the same bits.
#[test]
fn an_interrupted_scan_ends_with_the_same_bits() {
    let alanine = alanine();
    let engine = NativeEngine::new(&alanine.force_field, &alanine.torsions).unwrap();
    let any = |_: &[[f64; 3]]| true;
    let scan = RelaxedScan::new(&engine, axes(8), &RelaxedScanParameters::default(), &any).unwrap();
    let whole = {
        let mut state = scan.start(&alanine.structures).unwrap();
        while !state.is_finished() {
            scan.advance(&mut state).unwrap();
        }
        state
    };
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let again = alone.install(|| {
        let mut state = scan.start(&alanine.structures).unwrap();
        while !state.is_finished() {
            let stored = serde_json::to_string(&state).unwrap();
            state = serde_json::from_str::<RelaxedScanState>(&stored).unwrap();
            // In the midst of rounds, too.
            scan.advance_by(&mut state, 7).unwrap();
        }
        state
    });
    assert_eq!(whole, again);
    assert_eq!(whole.known(), 64);
}

/// Where every structure is refused nothing can be said, and that is said.
#[test]
fn what_cannot_be_scanned_is_an_error() {
    let alanine = alanine();
    let engine = NativeEngine::new(&alanine.force_field, &alanine.torsions).unwrap();
    let none = |_: &[[f64; 3]]| false;
    let parameters = RelaxedScanParameters::default();
    let scan = RelaxedScan::new(&engine, axes(8), &parameters, &none).unwrap();
    assert!(scan.start(&alanine.structures).unwrap_err().to_string().contains("minimised"));
    assert!(RelaxedScan::new(&engine, axes(8)[..1].to_vec(), &parameters, &none).is_err());
    let bad = RelaxedScanParameters { energy_tolerance_kj_mol: 0.0, ..parameters };
    assert!(RelaxedScan::new(&engine, axes(8), &bad, &none).is_err());
}
