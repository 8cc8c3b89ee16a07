//! The state of a batch of replicas under Langevin dynamics.

use geodyssey_molecule::{CollectiveVariable, Replicas};
use geodyssey_statistics::WrongInput;

use crate::engine::Observed;
use crate::error::{DynamicsError, Failure};

/// Positions, velocities, energies and forces of a batch of replicas; each replica is one path.
///
/// Rows over replicas are `stride` long (see [`Replicas`]). Energies and forces belong to the positions after every
/// step of an integrator. A replica that blew up is held with zero velocities where its batch was opened, and marked.
#[derive(Clone, Debug)]
pub(super) struct LangevinState {
    /// Positions, nm.
    pub(super) positions: Replicas,
    /// Velocities, nm/ps.
    pub(super) velocities: Replicas,
    /// Total forces, bias included, kJ/mol/nm.
    pub(super) forces: Replicas,
    /// `U` of every replica, without the bias, kJ/mol.
    pub(super) potential_energies: Vec<f64>,
    /// Kinetic energy of every replica after the last step, kJ/mol.
    pub(super) kinetic_energies: Vec<f64>,
    /// Values of the variables, `[variable][replica]`.
    pub(super) variable_values: Vec<f64>,
    /// `V` of every replica, kJ/mol.
    pub(super) bias_energies: Vec<f64>,
    pub(super) potential_forces: Replicas,
    pub(super) variable_gradients: Vec<Vec<f64>>,
    pub(super) bias_derivatives: Vec<f64>,
    pub(super) normals: Vec<f64>,
    /// Steps done, by lane.
    pub(super) lane_steps: Vec<u64>,
    pub(super) lane_paths: Vec<u32>,
    failures: Vec<Option<Failure>>,
    refuge: Vec<f64>,
}

impl LangevinState {
    /// A state at rest at `positions`, `step` steps after the first, not evaluated yet. Replica `i` is path number `paths[i]`, which
    /// selects its random numbers. A replica that blows up is frozen at these positions.
    pub(super) fn new(
        variables: &[Box<dyn CollectiveVariable>],
        positions: Replicas,
        paths: &[u32],
        steps: &[u64],
    ) -> Result<Self, DynamicsError> {
        let (Some(&last), Some(&last_step)) = (paths.last(), steps.last()) else {
            return Err(WrongInput::TooFew { what: "replicas", least: 1, found: 0 }.into());
        };
        let (atoms, replicas, stride) = (positions.atoms(), positions.replicas(), positions.stride());
        let zeros = Replicas::zeros(atoms, replicas);
        let mut lane_paths = paths.to_vec();
        lane_paths.resize(stride, last);
        let mut lane_steps = steps.to_vec();
        lane_steps.resize(stride, last_step);
        Ok(Self {
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
            lane_steps,
            lane_paths,
            failures: vec![None; replicas],
            refuge: positions.as_slice().to_vec(),
            positions,
        })
    }

    /// Number of replicas, without padding.
    pub(super) fn replicas(&self) -> usize {
        self.positions.replicas()
    }

    /// Length of a row over replicas.
    pub(super) fn stride(&self) -> usize {
        self.positions.stride()
    }

    /// Path numbers of the replicas.
    pub(super) fn paths(&self) -> &[u32] {
        &self.lane_paths[..self.replicas()]
    }

    /// Why and when a replica blew up, or `None` if it did not.
    pub(super) fn failures(&self) -> &[Option<Failure>] {
        &self.failures
    }

    /// Multiplies all velocities of one replica, and those of the padding if it is the last.
    pub(super) fn scale_velocities(&mut self, replica: usize, factor: f64) {
        let stride = self.stride();
        let end = if replica + 1 == self.replicas() { stride } else { replica + 1 };
        for row in self.velocities.as_mut_slice().chunks_exact_mut(stride) {
            row[replica..end].iter_mut().for_each(|velocity| *velocity *= factor);
        }
    }

    /// Marks every replica whose energy is not finite or whose kinetic energy exceeds `limit` (kJ/mol) as failed.
    pub(super) fn find_failures(&mut self, limit: f64) {
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
                step: self.lane_steps[replica] - 1,
                potential_energy_kj_mol: potential.is_finite().then_some(potential),
            });
        }
        if self.failures.iter().any(Option::is_some) {
            self.hold_failed();
        }
    }

    /// Puts failed replicas back to where the batch was opened, at rest.
    pub(super) fn hold_failed(&mut self) {
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

    /// The lanes of a replica: its own, and the padding's if it is the last.
    fn lanes(&self, replica: usize) -> std::ops::Range<usize> {
        replica..if replica + 1 == self.replicas() { self.stride() } else { replica + 1 }
    }

    /// Puts another replica in the place of one; its energies and forces must be evaluated then.
    pub(super) fn replace(
        &mut self,
        replica: usize,
        path: u32,
        step: u64,
        positions: &[[f64; 3]],
        failure: Option<Failure>,
    ) {
        let (lanes, stride) = (self.lanes(replica), self.stride());
        self.positions.set_replica(replica, positions);
        let rows = self.refuge.chunks_exact_mut(stride).zip(self.positions.as_slice().chunks_exact(stride));
        for (refuge, row) in rows {
            refuge[lanes.clone()].copy_from_slice(&row[lanes.clone()]);
        }
        self.lane_paths[lanes.clone()].fill(path);
        self.lane_steps[lanes].fill(step);
        self.failures[replica] = failure;
    }

    /// Takes over everything that was evaluated at the positions of a replica of another state: energies, forces, variables and bias.
    pub(super) fn take_evaluation(&mut self, replica: usize, other: &Self, lane: usize) {
        let (lanes, stride) = (self.lanes(replica), self.stride());
        let copy = |to: &mut [f64], from: &[f64]| {
            let rows = to.chunks_exact_mut(stride).zip(from.chunks_exact(other.stride()));
            rows.for_each(|(to, from)| to[lanes.clone()].fill(from[lane]));
        };
        copy(self.forces.as_mut_slice(), other.forces.as_slice());
        copy(self.potential_forces.as_mut_slice(), other.potential_forces.as_slice());
        copy(&mut self.potential_energies, &other.potential_energies);
        copy(&mut self.variable_values, &other.variable_values);
        copy(&mut self.bias_energies, &other.bias_energies);
        copy(&mut self.bias_derivatives, &other.bias_derivatives);
        for (to, from) in self.variable_gradients.iter_mut().zip(&other.variable_gradients) {
            copy(to, from);
        }
    }

    /// Marks replicas that blew up before.
    pub(super) fn set_failures(&mut self, failures: Vec<Option<Failure>>) {
        self.failures = failures;
        if self.failures.iter().any(Option::is_some) {
            self.hold_failed();
        }
    }

    /// The observations for samplers.
    pub(super) fn observed(&self) -> Observed<'_> {
        Observed {
            steps: &self.lane_steps[..self.replicas()],
            stride: self.stride(),
            variable_values: &self.variable_values,
            potential_energies_kj_mol: &self.potential_energies,
            bias_energies_kj_mol: &self.bias_energies,
            failures: &self.failures,
        }
    }
}
