//! Metadynamics against free energies in closed form.

use geodyssey_dynamics::NativeEngine;
use geodyssey_forcefield::{Potential, PotentialError};
use geodyssey_landscape::{
    EndRegion, Metadynamics, MetadynamicsParameters, MetadynamicsState, MetadynamicsVariable,
    metadynamics::{EndsEstimate, fluctuations},
};
use geodyssey_molecule::{
    CollectiveVariable, Replicas,
    variables::{Angle, Distance, Torsion},
};

const THERMAL_ENERGY: f64 = 2.494_338_785;

/// A chain of atoms with stiff harmonic bonds (0.15 nm) and angles (110°) and an energy of its torsions.
///
/// The volume element of internal coordinates does not depend on torsions (Gō and Scheraga, Macromolecules 9, 535 (1976)),
/// so the free energy of the torsions is exactly that energy.
struct Chain {
    masses: Vec<f64>,
    stiff: Vec<(Box<dyn CollectiveVariable>, f64, f64)>,
    torsions: Vec<Box<dyn CollectiveVariable>>,
    energy: TorsionEnergy,
}

/// An energy of torsions that writes its derivatives too.
type TorsionEnergy = fn(&[f64], &mut [f64]) -> f64;

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
        Self { masses: vec![12.0; atoms], stiff, torsions: torsions(atoms), energy: torsion_energy }
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

impl Potential for Chain {
    fn masses(&self) -> &[f64] {
        &self.masses
    }

    fn evaluate(
        &self,
        positions: &Replicas,
        forces: &mut Replicas,
        energies: &mut [f64],
    ) -> Result<(), PotentialError> {
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
            energies[replica] += (self.energy)(&x, &mut slope);
            angles.iter_mut().zip(slope).for_each(|(angles, slope)| angles[replica] = slope);
        }
        for ((torsion, slopes), gradient) in self.torsions.iter().zip(&angles).zip(&gradients) {
            push(torsion.as_ref(), slopes, gradient, forces);
        }
        Ok(())
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
        hill_height_kj_mol: Some(1.0),
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
    let engine = NativeEngine::new(&chain, &variables).unwrap();
    let described = ["a", "b"][..atoms - 3].iter().map(|name| MetadynamicsVariable::torsion(name)).collect();
    let run = Metadynamics::new(&engine, described, parameters.clone(), THERMAL_ENERGY, seed).unwrap();
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
    let engine = NativeEngine::new(&chain, &variables).unwrap();
    let short = MetadynamicsParameters {
        walkers: 40,
        filling_time_ps: 6.0,
        equilibration_time_ps: 1.0,
        sampling_time_ps: 6.0,
        ..parameters()
    };
    let described = vec![MetadynamicsVariable::torsion("a")];
    let run = Metadynamics::new(&engine, described, short, THERMAL_ENERGY, 3).unwrap();
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
    let engine = NativeEngine::new(&chain, &variables).unwrap();
    let torsion = || vec![MetadynamicsVariable::torsion("a")];
    let refused = |described, parameters| {
        Metadynamics::new(&engine, described, parameters, THERMAL_ENERGY, 1).err().unwrap().to_string()
    };
    let bad = MetadynamicsParameters { bias_factor: 1.0, ..parameters() };
    assert!(refused(torsion(), bad).contains("bias_factor"));
    let bad = MetadynamicsParameters { time_step_ps: -1.0, ..parameters() };
    assert!(refused(torsion(), bad).contains("time_step_ps"));
    assert!(refused(vec![], parameters()).contains("0 variables"));
    assert!(refused(vec![MetadynamicsVariable::bounded("a", 0.0, 1.0)], parameters()).contains("period"));
    let run = Metadynamics::new(&engine, torsion(), parameters(), THERMAL_ENERGY, 1).unwrap();
    assert!(run.start(&[]).is_err() && run.start(&[vec![[0.0; 3]; 3]]).is_err());

    // A time step far too long for these bonds.
    let wild = MetadynamicsParameters { time_step_ps: 0.05, ..parameters() };
    chain.stiff.iter_mut().for_each(|(_, _, stiffness)| *stiffness *= 20.0);
    let engine = NativeEngine::new(&chain, &variables).unwrap();
    let run = Metadynamics::new(&engine, torsion(), wild, THERMAL_ENERGY, 1).unwrap();
    let error = run.advance(run.start(&[chain.structure()]).unwrap(), 100).unwrap_err().to_string();
    assert!(error.contains("blew up"), "{error}");
}

/// Two wells, at (0, 0) and (π, π), of two torsions of which only the first is a variable: however flat a bias makes it, the
/// second has to cross a barrier of 6 kJ/mol of its own before the first gets to the other well for good.
fn hidden_barrier(x: &[f64], slope: &mut [f64]) -> f64 {
    let [a, b] = *x else { return 0.0 };
    slope[0] = 12.0 * a.sin() * b.cos() - 2.0 * a.sin();
    slope[1] = 12.0 * a.cos() * b.sin() + 6.0 * (2.0 * b).sin();
    -12.0 * a.cos() * b.cos() + 2.0 * a.cos() - 3.0 * (2.0 * b).cos()
}

const WELLS: [f64; 2] = [0.0, std::f64::consts::PI];
const WELL_RADIUS: f64 = 0.7;

/// What the two wells' regions, grid points within the radius of 90, differ by exactly.
fn exact_difference() -> f64 {
    let step = std::f64::consts::TAU / 720.0;
    let weight = |a: f64| -> f64 {
        let of = |index: i32| {
            (-hidden_barrier(&[a, f64::from(index) * step], &mut [0.0; 2]) / THERMAL_ENERGY).exp()
        };
        (0..720).map(of).sum()
    };
    let mass = |well: f64| -> f64 {
        let nodes = (0..90).map(|node| f64::from(node) * 8.0 * step - std::f64::consts::PI);
        let near = |a: &f64| {
            let distance = (a - well) / std::f64::consts::TAU;
            (distance - distance.round()).abs() * std::f64::consts::TAU <= WELL_RADIUS
        };
        nodes.filter(near).map(weight).sum()
    };
    -THERMAL_ENERGY * (mass(WELLS[1]) / mass(WELLS[0])).ln()
}

/// Structures of both wells: chains built atom by atom with both torsions of one value.
fn structures() -> [Vec<[f64; 3]>; 2] {
    let place = |torsion: f64| -> Vec<[f64; 3]> {
        // Bonds of 0.15 nm, angles of 110°, both torsions the same, by the textbook's frame of three atoms.
        let (bond, angle) = (0.15, 110f64.to_radians());
        let mut atoms = vec![[0.0, 0.0, 0.0], [bond, 0.0, 0.0]];
        atoms.push([bond - bond * angle.cos(), bond * angle.sin(), 0.0]);
        let minus = |a: [f64; 3], b: [f64; 3]| [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
        let cross = |a: [f64; 3], b: [f64; 3]| {
            [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
        };
        let unit = |a: [f64; 3]| {
            let norm = (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]).sqrt();
            a.map(|x| x / norm)
        };
        while atoms.len() < 5 {
            let [first, second, third] = [3, 2, 1].map(|back| atoms[atoms.len() - back]);
            let along = unit(minus(third, second));
            let normal = unit(cross(minus(second, first), along));
            let inward = cross(normal, along);
            let parts = [-angle.cos(), angle.sin() * torsion.cos(), angle.sin() * torsion.sin()];
            atoms.push([0, 1, 2].map(|axis| {
                third[axis]
                    + bond * (parts[0] * along[axis] + parts[1] * inward[axis] + parts[2] * normal[axis])
            }));
        }
        atoms
    };
    WELLS.map(|well| place(well + 0.02))
}

/// One run on the first of two torsions; the second is hidden.
fn hidden_run(
    parameters: MetadynamicsParameters,
    seed: u64,
) -> (MetadynamicsState, EndsEstimate, bool, bool) {
    let chain = Chain { energy: hidden_barrier, ..Chain::new(5) };
    let variables = &torsions(5)[..1];
    let engine = NativeEngine::new(&chain, variables).unwrap();
    let ends = WELLS.map(|well| EndRegion { center: vec![well], radius: vec![WELL_RADIUS] });
    let described = vec![MetadynamicsVariable::torsion("a")];
    let run = Metadynamics::new(&engine, described, parameters, THERMAL_ENERGY, seed)
        .unwrap()
        .between(ends)
        .unwrap();
    let mut state = run.start(&structures()).unwrap();
    while !run.is_finished(&state) {
        state = run.advance(state, 500).unwrap();
    }
    let ends = run.free_energy(&state).unwrap().ends.unwrap();
    let limits = (run.filling_stopped_at_limit(&state), run.sampling_stopped_at_limit(&state));
    (state, ends, limits.0, limits.1)
}

fn hidden_parameters() -> MetadynamicsParameters {
    MetadynamicsParameters {
        walkers: 16,
        filling_time_ps: 20.0,
        equilibration_time_ps: 2.0,
        sampling_time_ps: 30.0,
        hill_height_kj_mol: None,
        ..parameters()
    }
}

/// Where walkers mix slowly the stated error is still that of the estimate: over eight seeds the squared deviations from the
/// exact free energy, each over its stated variance, sum to what a χ² of eight degrees of freedom is in 99.8 % of cases.
#[test]
fn stated_errors_are_those_of_the_scatter_over_seeds_where_walkers_mix_slowly() {
    let exact = exact_difference();
    let mut sum = 0.0;
    for seed in 0..8 {
        let (state, ends, filling, sampling) = hidden_run(hidden_parameters(), seed);
        let score = (ends.delta_f_kj_mol - exact) / ends.delta_f_error_kj_mol;
        let crossings: u32 = state.crossings.iter().map(|walker| walker.sampling[0]).sum();
        println!("{ends:?} exact {exact:.3} score {score:.2} {crossings} crossings, {} rounds", state.rounds);
        assert!(!filling, "seed {seed}: stopped at the limit of filling");
        assert!(!sampling, "seed {seed}: stopped at the limit of counting");
        sum += score * score;
    }
    assert!((0.86..26.1).contains(&sum), "χ² {sum} of 8");
}

/// Stopped before anything crossed, the run says so, and its error covers what it does not know.
#[test]
fn walkers_that_do_not_recross_are_seen_in_limits_and_errors() {
    let short = MetadynamicsParameters {
        filling_time_ps: 3.0,
        filling_limit_ps: Some(3.0),
        sampling_time_ps: 6.0,
        sampling_limit_ps: Some(6.0),
        ..hidden_parameters()
    };
    let (state, ends, filling, sampling) = hidden_run(short.clone(), 1);
    assert!(filling && sampling && state.rounds == 15 + 10 + 30);
    let exact = exact_difference();
    assert!((ends.delta_f_kj_mol - exact).abs() < 3.0 * ends.delta_f_error_kj_mol, "{ends:?} {exact}");
    // The same with time to go on fills until walkers recross.
    let patient = MetadynamicsParameters { filling_limit_ps: Some(200.0), ..short };
    let (state, _, filling, _) = hidden_run(patient, 1);
    assert!(!filling && state.filling_rounds > Some(15));
}

/// A torsion in the wells of `hidden_barrier` fluctuates as its effective curvature has it.
#[test]
fn fluctuations_are_those_of_the_starting_basins() {
    let chain = Chain { energy: hidden_barrier, ..Chain::new(5) };
    let variables = torsions(5);
    let engine = NativeEngine::new(&chain, &variables).unwrap();
    let found = fluctuations(&engine, &structures(), &parameters(), THERMAL_ENERGY, 1).unwrap();
    assert_eq!(found, fluctuations(&engine, &structures(), &parameters(), THERMAL_ENERGY, 1).unwrap());
    // 3 ps in steps of 4 fs, the interval of 10 fs rounded to three of them; 16 copies of each structure.
    assert_eq!(found.energy_evaluations, 2 * 16 * (1 + 250 + 200 * 3));
    for (state, well) in found.deviations.iter().zip(WELLS) {
        // By quadrature over the well: deviations of both torsions about their means.
        let (mut mass, mut squares) = (0.0, [0.0; 2]);
        for i in -100..=100 {
            for j in -100..=100 {
                let x = [f64::from(i) * 0.015, f64::from(j) * 0.015];
                let weight =
                    (-hidden_barrier(&[well + x[0], well + x[1]], &mut [0.0; 2]) / THERMAL_ENERGY).exp();
                mass += weight;
                squares.iter_mut().zip(x).for_each(|(square, x)| *square += weight * x * x);
            }
        }
        for (found, square) in state.iter().zip(squares) {
            let expected = (square / mass).sqrt();
            assert!((found / expected - 1.0).abs() < 0.25, "{found} {expected}");
        }
    }
}
