//! Metadynamics against free energies in closed form.

use geodyssey_forcefield::Engine;
use geodyssey_landscape::{Metadynamics, MetadynamicsParameters, MetadynamicsState, MetadynamicsVariable};
use geodyssey_molecule::variables::{Angle, Distance, Torsion};
use geodyssey_molecule::{CollectiveVariable, Replicas};
use geodyssey_sampling::MolecularSystem;

const THERMAL_ENERGY: f64 = 2.494_338_785;

/// A chain of atoms with stiff harmonic bonds (0.15 nm) and angles (110°) and an energy of its torsions.
///
/// The volume element of internal coordinates does not depend on torsions (Gō and Scheraga, Macromolecules 9, 535 (1976)),
/// so the free energy of the torsions is exactly that energy.
struct Chain {
    masses: Vec<f64>,
    stiff: Vec<(Box<dyn CollectiveVariable>, f64, f64)>,
    torsions: Vec<Box<dyn CollectiveVariable>>,
}

/// Energy of one or two torsions and its derivatives.
fn torsion_energy(x: &[f64], slope: &mut [f64]) -> f64 {
    slope[0] = 12.0 * (x[0] - 0.5).sin() - 12.0 * (2.0 * x[0]).sin();
    let mut energy = 12.0 * (1.0 - (x[0] - 0.5).cos()) + 6.0 * (2.0 * x[0]).cos();
    if let [first, second] = *x {
        energy += 5.0 * (second + 1.0).cos() + 4.0 * (first - second).cos();
        slope[0] -= 4.0 * (first - second).sin();
        slope[1] = 4.0 * (first - second).sin() - 5.0 * (second + 1.0).sin();
    }
    energy
}

impl Chain {
    fn new(atoms: usize) -> Self {
        let mut stiff: Vec<(Box<dyn CollectiveVariable>, f64, f64)> = Vec::new();
        for first in 0..atoms - 1 {
            stiff.push((Box::new(Distance::new([first, first + 1], atoms).unwrap()), 0.15, 50_000.0));
        }
        for first in 0..atoms - 2 {
            let angle = Angle::new([first, first + 1, first + 2], atoms).unwrap();
            stiff.push((Box::new(angle), 110f64.to_radians(), 300.0));
        }
        Self { masses: vec![12.0; atoms], stiff, torsions: torsions(atoms) }
    }

    /// A planar zigzag, bent out of the plane a little.
    fn structure(&self) -> Vec<[f64; 3]> {
        (0..self.masses.len())
            .map(|atom| [0.12 * atom as f64, 0.08 * (atom % 2) as f64, 0.01 * (atom * atom) as f64])
            .collect()
    }
}

fn torsions(atoms: usize) -> Vec<Box<dyn CollectiveVariable>> {
    (0..atoms - 3)
        .map(|first| {
            let torsion = Torsion::new([first, first + 1, first + 2, first + 3], atoms).unwrap();
            Box::new(torsion) as Box<dyn CollectiveVariable>
        })
        .collect()
}

/// Subtracts `slope ∂ξ/∂X` from the forces.
fn push(variable: &dyn CollectiveVariable, slopes: &[f64], gradient: &[f64], forces: &mut Replicas) {
    let stride = slopes.len();
    for (place, &atom) in variable.atoms().iter().enumerate() {
        for axis in 0..3 {
            let row = &gradient[(3 * place + axis) * stride..][..stride];
            for ((force, slope), gradient) in forces.row_mut(atom, axis).iter_mut().zip(slopes).zip(row) {
                *force -= slope * gradient;
            }
        }
    }
}

impl Engine for Chain {
    fn masses(&self) -> &[f64] {
        &self.masses
    }

    fn evaluate(&self, positions: &Replicas, forces: &mut Replicas, energies: &mut [f64]) {
        forces.fill(0.0);
        energies.fill(0.0);
        let stride = positions.stride();
        let (mut values, mut gradient) = (vec![0.0; stride], vec![0.0; 12 * stride]);
        for (variable, centre, stiffness) in &self.stiff {
            let gradient = &mut gradient[..3 * variable.atoms().len() * stride];
            variable.evaluate(positions, &mut values, gradient);
            for (value, energy) in values.iter_mut().zip(energies.iter_mut()) {
                *energy += 0.5 * stiffness * (*value - centre).powi(2);
                *value = stiffness * (*value - centre);
            }
            push(variable.as_ref(), &values, gradient, forces);
        }
        let count = self.torsions.len();
        let mut angles = vec![vec![0.0; stride]; count];
        let mut gradients = vec![vec![0.0; 12 * stride]; count];
        for ((torsion, angles), gradient) in self.torsions.iter().zip(&mut angles).zip(&mut gradients) {
            torsion.evaluate(positions, angles, gradient);
        }
        for replica in 0..stride {
            let x: Vec<f64> = angles.iter().map(|angles| angles[replica]).collect();
            let mut slope = vec![0.0; count];
            energies[replica] += torsion_energy(&x, &mut slope);
            angles.iter_mut().zip(slope).for_each(|(angles, slope)| angles[replica] = slope);
        }
        for ((torsion, slopes), gradient) in self.torsions.iter().zip(&angles).zip(&gradients) {
            push(torsion.as_ref(), slopes, gradient, forces);
        }
    }
}

fn parameters() -> MetadynamicsParameters {
    MetadynamicsParameters {
        walkers: 24,
        time_step_ps: 0.004,
        friction_per_ps: 5.0,
        filling_time_ps: 80.0,
        equilibration_time_ps: 4.0,
        sampling_time_ps: 250.0,
        deposition_interval_ps: 0.2,
        count_interval_ps: 0.04,
        hill_height_kj_mol: 1.0,
        ..MetadynamicsParameters::default()
    }
}

fn run_all(run: &Metadynamics<'_>, structure: Vec<[f64; 3]>) -> MetadynamicsState {
    let mut state = run.start(&[structure]).unwrap();
    while !run.is_finished(&state) {
        state = run.advance(state, 500).unwrap();
    }
    state
}

/// Root mean square of `F - F_exact` up to a constant, where `F_exact` is below 40 kJ/mol, and that of the stated errors.
fn compare(atoms: usize, parameters: MetadynamicsParameters, seed: u64) -> (f64, f64, usize) {
    let (chain, variables) = (Chain::new(atoms), torsions(atoms));
    let system = MolecularSystem::new(&chain, &variables).unwrap();
    let described = ["a", "b"][..atoms - 3].iter().map(|name| MetadynamicsVariable::torsion(name)).collect();
    let run = Metadynamics::new(system, described, parameters.clone(), THERMAL_ENERGY, seed).unwrap();
    let state = run_all(&run, chain.structure());
    let steps = (parameters.filling_time_ps + parameters.equilibration_time_ps + parameters.sampling_time_ps)
        / parameters.time_step_ps;
    let expected = (parameters.walkers as f64 * (1.0 + steps.round())) as u64;
    assert_eq!(state.energy_evaluations, expected);
    let result = run.free_energy(&state).unwrap();
    let grid = &result.grid;
    let exact: Vec<f64> =
        (0..grid.len()).map(|node| torsion_energy(&grid.point(node), &mut [0.0; 2])).collect();
    let lowest = exact.iter().copied().fold(f64::INFINITY, f64::min);
    let low: Vec<usize> = (0..grid.len()).filter(|&node| exact[node] - lowest < 40.0).collect();
    assert!(low.iter().all(|&node| result.sampled[node]));
    let count = low.len() as f64;
    let mean = low.iter().map(|&node| grid.values[node] - exact[node]).sum::<f64>() / count;
    let square =
        low.iter().map(|&node| (grid.values[node] - exact[node] - mean).powi(2)).sum::<f64>() / count;
    (square.sqrt(), result.root_mean_square_error_kj_mol, low.len())
}

#[test]
fn one_torsion_has_its_exact_free_energy() {
    let (error, stated, bins) = compare(4, parameters(), 11);
    assert!(bins > 80 && error < 0.3 && stated < 0.3, "{error} {stated} {bins}");
}

#[test]
fn two_torsions_have_their_exact_free_energy() {
    let (error, stated, bins) = compare(5, parameters(), 12);
    // The stated error is an estimate of the true one: neither much smaller nor much larger.
    assert!(bins > 6000 && error < 0.6, "{error} {stated} {bins}");
    assert!(stated > 0.4 * error && stated < 2.5 * error, "{error} {stated}");
}

#[test]
fn interruption_and_threads_leave_the_bits_as_they_are() {
    let (chain, variables) = (Chain::new(4), torsions(4));
    let system = MolecularSystem::new(&chain, &variables).unwrap();
    let short = MetadynamicsParameters {
        walkers: 40,
        filling_time_ps: 6.0,
        equilibration_time_ps: 1.0,
        sampling_time_ps: 6.0,
        ..parameters()
    };
    let described = vec![MetadynamicsVariable::torsion("a")];
    let run = Metadynamics::new(system, described, short, THERMAL_ENERGY, 3).unwrap();
    let whole = run.advance(run.start(&[chain.structure()]).unwrap(), u64::MAX / 2).unwrap();
    assert!(run.is_finished(&whole) && whole.rounds == 65);

    let mut state = run.start(&[chain.structure()]).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for rounds in [1, 7, 22, 0, 3, 40] {
        let text = serde_json::to_string(&state).unwrap();
        state = pool.install(|| run.advance(serde_json::from_str(&text).unwrap(), rounds).unwrap());
    }
    assert_eq!(state, whole);
}

#[test]
fn what_cannot_be_run_is_refused() {
    let (mut chain, variables) = (Chain::new(4), torsions(4));
    let system = MolecularSystem::new(&chain, &variables).unwrap();
    let torsion = || vec![MetadynamicsVariable::torsion("a")];
    let refused = |described, parameters| {
        Metadynamics::new(system, described, parameters, THERMAL_ENERGY, 1).err().unwrap().to_string()
    };
    let bad = MetadynamicsParameters { bias_factor: 1.0, ..parameters() };
    assert!(refused(torsion(), bad).contains("bias_factor"));
    let bad = MetadynamicsParameters { time_step_ps: -1.0, ..parameters() };
    assert!(refused(torsion(), bad).contains("time_step_ps"));
    assert!(refused(vec![], parameters()).contains("0 variables"));
    assert!(refused(vec![MetadynamicsVariable::bounded("a", 0.0, 1.0)], parameters()).contains("period"));
    let run = Metadynamics::new(system, torsion(), parameters(), THERMAL_ENERGY, 1).unwrap();
    assert!(run.start(&[]).is_err() && run.start(&[vec![[0.0; 3]; 3]]).is_err());

    // A time step far too long for these bonds.
    let wild = MetadynamicsParameters { time_step_ps: 0.05, ..parameters() };
    chain.stiff.iter_mut().for_each(|(_, _, stiffness)| *stiffness *= 20.0);
    let system = MolecularSystem::new(&chain, &variables).unwrap();
    let run = Metadynamics::new(system, torsion(), wild, THERMAL_ENERGY, 1).unwrap();
    let error = run.advance(run.start(&[chain.structure()]).unwrap(), 100).unwrap_err().to_string();
    assert!(error.contains("blew up"), "{error}");
}
