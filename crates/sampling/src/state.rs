//! The state of a batch of replicas under Langevin dynamics.

use geodyssey_molecule::Replicas;
use serde::{Deserialize, Serialize};

use crate::bias::BiasPotential;
use crate::error::{Failure, SamplingError};
use crate::system::MolecularSystem;

/// Positions, velocities, energies and forces of a batch of replicas; each replica is one path.
///
/// Rows over replicas are `stride` long (see [`Replicas`]). Energies and forces belong to the positions after every
/// step of an integrator. A replica that blew up is held at its first positions with zero velocities and marked.
#[derive(Clone, Debug)]
pub struct LangevinState {
    /// Positions, nm.
    pub positions: Replicas,
    /// Velocities, nm/ps.
    pub velocities: Replicas,
    /// Total forces, bias included, kJ/mol/nm.
    pub forces: Replicas,
    /// `U` of every replica, without the bias, kJ/mol.
    pub potential_energies: Vec<f64>,
    /// Kinetic energy of every replica after the last step, kJ/mol.
    pub kinetic_energies: Vec<f64>,
    /// Values of the variables, `[variable][replica]`.
    pub variable_values: Vec<f64>,
    /// `V` of every replica, kJ/mol.
    pub bias_energies: Vec<f64>,
    pub(crate) potential_forces: Replicas,
    pub(crate) variable_gradients: Vec<Vec<f64>>,
    pub(crate) bias_derivatives: Vec<f64>,
    pub(crate) normals: Vec<f64>,
    pub(crate) step: u64,
    pub(crate) lane_paths: Vec<u32>,
    failures: Vec<Option<Failure>>,
    refuge: Vec<f64>,
}

impl LangevinState {
    /// A state at rest at `positions`, evaluated under `bias`. Replica `i` is the path number `paths[i]`, which
    /// selects its random numbers.
    ///
    /// # Errors
    /// If the numbers of atoms or paths do not fit, or a position is not finite.
    pub fn new(
        system: &MolecularSystem<'_>,
        bias: &dyn BiasPotential,
        positions: Replicas,
        paths: &[u32],
    ) -> Result<Self, SamplingError> {
        SamplingError::check_count("atoms", system.engine().atoms(), positions.atoms())?;
        SamplingError::check_count("path numbers", positions.replicas(), paths.len())?;
        let Some(&last) = paths.last() else {
            return Err(SamplingError::TooFew { what: "replicas", least: 1, found: 0 });
        };
        if positions.as_slice().iter().any(|x| !x.is_finite()) {
            return Err(SamplingError::NotFinite { what: "a starting position" });
        }
        let (atoms, replicas, stride) = (positions.atoms(), positions.replicas(), positions.stride());
        let zeros = Replicas::zeros(atoms, replicas);
        let variables = system.variables();
        let mut lane_paths = paths.to_vec();
        lane_paths.resize(stride, last);
        let mut state = Self {
            velocities: zeros.clone(),
            forces: zeros.clone(),
            potential_forces: zeros,
            potential_energies: vec![0.0; stride],
            kinetic_energies: vec![0.0; stride],
            variable_values: vec![0.0; variables.len() * stride],
            variable_gradients: variables.iter().map(|v| vec![0.0; v.atoms().len() * 3 * stride]).collect(),
            bias_energies: vec![0.0; stride],
            bias_derivatives: vec![0.0; variables.len() * stride],
            normals: vec![0.0; atoms * 3 * stride],
            step: 0,
            lane_paths,
            failures: vec![None; replicas],
            refuge: positions.as_slice().to_vec(),
            positions,
        };
        system.evaluate(bias, &mut state);
        Ok(state)
    }

    /// Number of replicas, without padding.
    pub fn replicas(&self) -> usize {
        self.positions.replicas()
    }

    /// Length of a row over replicas.
    pub fn stride(&self) -> usize {
        self.positions.stride()
    }

    /// Steps done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Path numbers of the replicas.
    pub fn paths(&self) -> &[u32] {
        &self.lane_paths[..self.replicas()]
    }

    /// Why and when a replica blew up, or `None` for one that is well.
    pub fn failures(&self) -> &[Option<Failure>] {
        &self.failures
    }

    /// Value of one variable in one replica.
    pub fn variable(&self, variable: usize, replica: usize) -> f64 {
        self.variable_values[variable * self.stride() + replica]
    }

    /// Multiplies all velocities of one replica, padding included where it is the last.
    pub(crate) fn scale_velocities(&mut self, replica: usize, factor: f64) {
        let stride = self.stride();
        let end = if replica + 1 == self.replicas() { stride } else { replica + 1 };
        for row in self.velocities.as_mut_slice().chunks_exact_mut(stride) {
            row[replica..end].iter_mut().for_each(|velocity| *velocity *= factor);
        }
    }

    /// Marks every replica whose energy is not finite or whose kinetic energy exceeds `limit` (kJ/mol) as failed.
    pub(crate) fn find_failures(&mut self, limit: f64) {
        for replica in 0..self.replicas() {
            let potential = self.potential_energies[replica];
            let total = potential + self.bias_energies[replica] + self.kinetic_energies[replica];
            if (total.is_finite() && self.kinetic_energies[replica] <= limit)
                || self.failures[replica].is_some()
            {
                continue;
            }
            self.failures[replica] = Some(Failure {
                path: self.lane_paths[replica],
                step: self.step - 1,
                potential_energy_kj_mol: potential.is_finite().then_some(potential),
            });
        }
        if self.failures.iter().any(Option::is_some) {
            self.hold_failed();
        }
    }

    /// Puts failed replicas back to their first positions, at rest.
    fn hold_failed(&mut self) {
        let stride = self.stride();
        for replica in 0..self.replicas() {
            if self.failures[replica].is_none() {
                continue;
            }
            let end = if replica + 1 == self.replicas() { stride } else { replica + 1 };
            let rows = self.positions.as_mut_slice().chunks_exact_mut(stride);
            for (row, refuge) in rows.zip(self.refuge.chunks_exact(stride)) {
                row[replica..end].copy_from_slice(&refuge[replica..end]);
            }
            for row in [&mut self.velocities, &mut self.forces, &mut self.potential_forces] {
                row.as_mut_slice().chunks_exact_mut(stride).for_each(|row| row[replica..end].fill(0.0));
            }
        }
    }

    /// All that must be kept to go on later with the same bits.
    pub fn snapshot(&self) -> LangevinSnapshot {
        LangevinSnapshot {
            paths: self.paths().to_vec(),
            step: self.step,
            first_positions: self.refuge.clone(),
            positions: self.positions.as_slice().to_vec(),
            velocities: self.velocities.as_slice().to_vec(),
            failures: self.failures.clone(),
        }
    }

    /// The state of a snapshot, evaluated under the `bias` that was in force: the same bits as the state it was taken of.
    ///
    /// # Errors
    /// If the snapshot is of another system or damaged.
    pub fn restore(
        system: &MolecularSystem<'_>,
        bias: &dyn BiasPotential,
        snapshot: &LangevinSnapshot,
    ) -> Result<Self, SamplingError> {
        let mut positions = Replicas::zeros(system.engine().atoms(), snapshot.paths.len());
        let length = positions.as_slice().len();
        for part in [&snapshot.first_positions, &snapshot.positions, &snapshot.velocities] {
            SamplingError::check_count("values in a snapshot", length, part.len())?;
            if part.iter().any(|x| !x.is_finite()) {
                return Err(SamplingError::NotFinite { what: "a value in a snapshot" });
            }
        }
        SamplingError::check_count("paths in a snapshot", snapshot.paths.len(), snapshot.failures.len())?;
        positions.as_mut_slice().copy_from_slice(&snapshot.positions);
        let mut state = Self::new(system, bias, positions, &snapshot.paths)?;
        state.velocities.as_mut_slice().copy_from_slice(&snapshot.velocities);
        state.refuge.copy_from_slice(&snapshot.first_positions);
        state.failures.clone_from(&snapshot.failures);
        state.step = snapshot.step;
        if state.failures.iter().any(Option::is_some) {
            state.hold_failed();
        }
        Ok(state)
    }
}

/// What of a [`LangevinState`] must be stored; everything else follows from it. All numbers are finite, so any format
/// that keeps doubles exactly restores the same bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LangevinSnapshot {
    /// Path numbers of the replicas.
    pub paths: Vec<u32>,
    /// Steps done.
    pub step: u64,
    /// Positions at the start, where a replica that blows up is held, nm, `[atom][xyz][replica]`.
    pub first_positions: Vec<f64>,
    /// Positions, nm, `[atom][xyz][replica]`.
    pub positions: Vec<f64>,
    /// Velocities, nm/ps, `[atom][xyz][replica]`.
    pub velocities: Vec<f64>,
    /// Replicas that blew up.
    pub failures: Vec<Option<Failure>>,
}
