//! Whether the dynamics can begin with the states' structures, which is known before anything is computed.

use geodyssey_forcefield::Potential as _;
use geodyssey_molecule::Replicas;

use crate::config::{InputError, Space};
use crate::problem::{Molecule, Problem};
use crate::stages::landscape;

/// Largest distance by which the forces at a start may move an atom in the first time step, nm: the length of a bond. Thermal
/// motion is a hundredth of that, and overlapping atoms move many times as far.
const FARTHEST_THROW_NM: f64 = 0.1;

/// Rejects structures in which atoms almost overlap.
pub(super) fn check(problem: &Problem) -> Result<(), InputError> {
    let Some((molecule, structures)) =
        problem.molecule.as_ref().and_then(|molecule| Some((molecule, molecule.structures.as_ref()?)))
    else {
        return Ok(());
    };
    for (key, positions) in ["states.start.structure", "states.end.structure"].into_iter().zip(structures) {
        check_one(problem, molecule, positions).map_err(|why| problem.config.error(key, why))?;
    }
    Ok(())
}

fn check_one(problem: &Problem, molecule: &Molecule, positions: &[[f64; 3]]) -> Result<(), String> {
    let replicas = Replicas::from_frames(&[positions]);
    let mut forces = Replicas::zeros(replicas.atoms(), replicas.replicas());
    let mut energies = vec![0.0; replicas.stride()];
    let evaluated = molecule.force_field.evaluate(&replicas, &mut forces, &mut energies);
    evaluated.map_err(|error| error.to_string())?;
    let advice = || {
        let near = closest(positions).map_or_else(String::new, |(first, second, distance)| {
            let label = |atom| molecule.topology.label(atom);
            format!(": {} and {} are {distance:.3} nm apart", label(first), label(second))
        });
        format!("do atoms overlap{near}? Minimise the structure first, as `scripts/parameterize.py` does")
    };
    if !energies[0].is_finite() {
        return Err(format!("the energy of this structure is not a finite number; {}", advice()));
    }
    let Some(time_step) = longest_time_step(problem) else { return Ok(()) };
    let masses = molecule.force_field.masses();
    let throw = |atom: usize| {
        let force = forces.get(atom, 0).iter().map(|f| f * f).sum::<f64>().sqrt();
        force * time_step * time_step / masses[atom]
    };
    let thrown = (0..replicas.atoms()).map(|atom| (atom, throw(atom)));
    match thrown.max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((atom, distance)) if distance.is_nan() || distance > FARTHEST_THROW_NM => Err(format!(
            "the energy of this structure is {:.3e} kJ/mol, and its forces would move {} by {distance:.2} nm in one step of \
             {time_step} ps; {}",
            energies[0],
            molecule.topology.label(atom),
            advice()
        )),
        _ => Ok(()),
    }
}

/// The longest step of all dynamics that begin with the structures, ps; none where there are only minimisations.
fn longest_time_step(problem: &Problem) -> Option<f64> {
    let config = &problem.config;
    let landscape = landscape::method(problem).time_step_ps(problem);
    let paths = (config.space() == Space::Atoms).then_some(config.sampling.time_step_ps.get());
    landscape.into_iter().chain(paths).reduce(f64::max)
}

/// The two atoms nearest to each other, and their distance, nm.
fn closest(positions: &[[f64; 3]]) -> Option<(usize, usize, f64)> {
    // Sorted along one axis, so that atoms far apart on it need not be compared.
    let mut order: Vec<usize> = (0..positions.len()).collect();
    order.sort_by(|&a, &b| positions[a][0].total_cmp(&positions[b][0]));
    let mut best: Option<(usize, usize, f64)> = None;
    for (place, &first) in order.iter().enumerate() {
        for &second in &order[place + 1..] {
            let [a, b] = [positions[first], positions[second]];
            if best.is_some_and(|(_, _, distance)| b[0] - a[0] >= distance) {
                break;
            }
            let distance = (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f64>().sqrt();
            if best.is_none_or(|(_, _, least)| distance < least) {
                best = Some((first.min(second), first.max(second), distance));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_atoms_are_found() {
        let positions = [[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [0.01, 0.3, 0.0], [0.45, 0.1, 0.05]];
        let (first, second, distance) = closest(&positions).expect("atoms");
        assert_eq!((first, second), (1, 3));
        assert!((distance - 0.015_f64.sqrt()).abs() < 1e-12);
        assert!(closest(&positions[..1]).is_none());
    }
}
