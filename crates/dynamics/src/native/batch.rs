//! A batch of the native engine.

use geodyssey_molecule::Replicas;
use geodyssey_statistics::{RandomStream, WrongInput};

use super::baoab::Baoab;
use super::biased_energy::BiasedEnergy;
use super::state::LangevinState;
use crate::bias::Bias;
use crate::engine::{Batch, Observed};
use crate::error::DynamicsError;
use crate::langevin::Langevin;
use crate::snapshot::{Replica, Snapshot};

/// Replicas that move together, each at a step of its own.
pub(super) struct NativeBatch<'a> {
    energy: BiasedEnergy<'a>,
    integrator: Baoab,
    random: RandomStream,
    bias: Bias,
    state: LangevinState,
    thermal_energies: Vec<f64>,
    /// Factor of the integrator's noise in each lane; none if it is 1 everywhere.
    noise_scales: Option<Vec<f64>>,
}

impl<'a> NativeBatch<'a> {
    pub(super) fn open(
        energy: BiasedEnergy<'a>,
        replicas: &[Replica],
        law: Langevin,
        random: RandomStream,
        bias: &Bias,
    ) -> Result<Self, DynamicsError> {
        if replicas.is_empty() {
            return Err(WrongInput::TooFew { what: "replicas", least: 1, found: 0 }.into());
        }
        replicas.iter().try_for_each(|replica| check(&energy, replica))?;
        let frames: Vec<&Vec<[f64; 3]>> =
            replicas.iter().map(|replica| &replica.snapshot.positions).collect();
        let paths: Vec<u32> = replicas.iter().map(|replica| replica.path).collect();
        let steps: Vec<u64> = replicas.iter().map(|replica| replica.snapshot.step).collect();
        let mut state = LangevinState::new(energy.variables, Replicas::from_frames(&frames), &paths, &steps)?;
        energy.evaluate(bias, &mut state)?;
        let thermal_energies: Vec<f64> =
            replicas.iter().map(|replica| replica.thermal_energy_kj_mol).collect();
        let noise_scales = noise_scales(law, &thermal_energies, state.stride());
        let integrator = Baoab::new(law);
        set_velocities(
            (energy, &integrator, &random),
            noise_scales.as_deref(),
            &mut state,
            replicas.iter().enumerate(),
        );
        state.set_failures(replicas.iter().map(|replica| replica.failure.clone()).collect());
        Ok(Self { energy, integrator, random, bias: bias.clone(), state, thermal_energies, noise_scales })
    }
}

/// Refuses a replica that does not fit the molecule.
fn check(energy: &BiasedEnergy<'_>, replica: &Replica) -> Result<(), DynamicsError> {
    let Replica { snapshot, thermal_energy_kj_mol, .. } = replica;
    WrongInput::check_positive("the thermal energy of a replica in kJ/mol", *thermal_energy_kj_mol)?;
    if snapshot.cell.is_some() {
        let message = "the native engine does not support a periodic cell".to_owned();
        return Err(DynamicsError::Parameters(message));
    }
    for vectors in [Some(&snapshot.positions), snapshot.velocities.as_ref()].into_iter().flatten() {
        WrongInput::check_count("atoms", energy.potential.atoms(), vectors.len())?;
        if vectors.iter().flatten().any(|x| !x.is_finite()) {
            return Err(WrongInput::NotFinite { what: "a starting position or velocity" }.into());
        }
    }
    Ok(())
}

/// Gives replicas, each in its place, their velocities: those of their snapshots, or thermal ones.
fn set_velocities<'r>(
    (energy, integrator, random): (BiasedEnergy<'_>, &Baoab, &RandomStream),
    noise_scales: Option<&[f64]>,
    state: &mut LangevinState,
    replicas: impl Iterator<Item = (usize, &'r Replica)>,
) {
    let mut drawn = None;
    for (place, replica) in replicas {
        match &replica.snapshot.velocities {
            Some(velocities) => state.velocities.set_replica(place, velocities),
            None => {
                let drawn = drawn.get_or_insert_with(|| {
                    integrator.thermal_velocities(energy.potential.masses(), random, state, noise_scales)
                });
                state.velocities.set_replica(place, &drawn.replica(place));
            }
        }
    }
}

/// Factor of the noise in each lane; padding lanes have that of the last replica.
fn noise_scales(law: Langevin, thermal_energies: &[f64], stride: usize) -> Option<Vec<f64>> {
    let last = thermal_energies.len() - 1;
    let scale = |lane: usize| (thermal_energies[lane.min(last)] / law.thermal_energy_kj_mol()).sqrt();
    let scales: Vec<f64> = (0..stride).map(scale).collect();
    scales.iter().any(|scale| *scale != 1.0).then_some(scales)
}

impl Batch for NativeBatch<'_> {
    fn observed(&self) -> Observed<'_> {
        self.state.observed()
    }

    fn set_bias(&mut self, bias: &Bias) -> Result<Vec<f64>, DynamicsError> {
        self.energy.check_bias(bias)?;
        let before = self.state.bias_energies.clone();
        self.energy.evaluate_bias(bias, &mut self.state);
        self.bias.clone_from(bias);
        let replicas = self.state.replicas();
        Ok(self.state.bias_energies[..replicas]
            .iter()
            .zip(before)
            .map(|(after, before)| after - before)
            .collect())
    }

    fn set_thermal_energies(&mut self, thermal_energies_kj_mol: &[f64]) -> Result<(), DynamicsError> {
        WrongInput::check_count("thermal energies", self.state.replicas(), thermal_energies_kj_mol.len())?;
        for &energy in thermal_energies_kj_mol {
            WrongInput::check_positive("the thermal energy of a replica in kJ/mol", energy)?;
        }
        for (replica, &after) in thermal_energies_kj_mol.iter().enumerate() {
            let before = self.thermal_energies[replica];
            if after != before {
                self.state.scale_velocities(replica, (after / before).sqrt());
                self.thermal_energies[replica] = after;
            }
        }
        self.noise_scales = noise_scales(self.integrator.law(), &self.thermal_energies, self.state.stride());
        Ok(())
    }

    fn replace(&mut self, replicas: &[(usize, Replica)]) -> Result<(), DynamicsError> {
        for (place, replica) in replicas {
            if *place >= self.state.replicas() {
                let (expected, found) = (self.state.replicas(), place + 1);
                return Err(WrongInput::Count { what: "replicas of a batch", expected, found }.into());
            }
            check(&self.energy, replica)?;
        }
        for (place, replica) in replicas {
            let Replica { path, thermal_energy_kj_mol, snapshot, failure } = replica;
            self.state.replace(*place, *path, snapshot.step, &snapshot.positions, failure.clone());
            self.thermal_energies[*place] = *thermal_energy_kj_mol;
        }
        self.noise_scales = noise_scales(self.integrator.law(), &self.thermal_energies, self.state.stride());
        self.evaluate_replaced(replicas)?;
        set_velocities(
            (self.energy, &self.integrator, &self.random),
            self.noise_scales.as_deref(),
            &mut self.state,
            replicas.iter().map(|(place, replica)| (*place, replica)),
        );
        self.state.hold_failed();
        Ok(())
    }

    fn advance(&mut self, steps: u64) -> Result<(), DynamicsError> {
        for _ in 0..steps {
            self.integrator.step(
                &self.energy,
                &self.bias,
                &self.random,
                &mut self.state,
                self.noise_scales.as_deref(),
            )?;
        }
        Ok(())
    }

    fn positions(&self, replica: usize) -> Result<Vec<[f64; 3]>, DynamicsError> {
        Ok(self.state.positions.replica(replica))
    }

    fn replicas(&self) -> Result<Vec<Replica>, DynamicsError> {
        Ok((0..self.state.replicas()).map(|replica| self.present(replica)).collect())
    }

    fn replica(&self, replica: usize) -> Result<Replica, DynamicsError> {
        if replica >= self.state.replicas() {
            let (expected, found) = (self.state.replicas(), replica + 1);
            return Err(WrongInput::Count { what: "replicas of a batch", expected, found }.into());
        }
        Ok(self.present(replica))
    }
}

impl NativeBatch<'_> {
    /// One replica as it is now.
    fn present(&self, replica: usize) -> Replica {
        let state = &self.state;
        Replica {
            path: state.paths()[replica],
            thermal_energy_kj_mol: self.thermal_energies[replica],
            snapshot: Snapshot {
                step: state.lane_steps[replica],
                positions: state.positions.replica(replica),
                velocities: Some(state.velocities.replica(replica)),
                cell: None,
            },
            failure: state.failures()[replica].clone(),
        }
    }

    /// Evaluates energies and forces of replicas that have just been put into their places, and of no others: a lane is taken over every few
    /// steps where paths are short.
    fn evaluate_replaced(&mut self, replicas: &[(usize, Replica)]) -> Result<(), DynamicsError> {
        if replicas.is_empty() {
            return Ok(());
        }
        let frames: Vec<&Vec<[f64; 3]>> =
            replicas.iter().map(|(_, replica)| &replica.snapshot.positions).collect();
        let zeros = vec![0; replicas.len()];
        let numbers = vec![0; replicas.len()];
        let mut own =
            LangevinState::new(self.energy.variables, Replicas::from_frames(&frames), &numbers, &zeros)?;
        self.energy.evaluate(&self.bias, &mut own)?;
        for (lane, (place, _)) in replicas.iter().enumerate() {
            self.state.take_evaluation(*place, &own, lane);
        }
        Ok(())
    }
}
