//! The integrator of the native engine.

use geodyssey_molecule::Replicas;
use geodyssey_statistics::RandomStream;

use super::biased_energy::BiasedEnergy;
use super::state::LangevinState;
use crate::bias::Bias;
use crate::error::DynamicsError;
use crate::langevin::Langevin;

/// Kinetic energy, as a multiple of its mean, beyond which a replica counts as blown up. No thermal fluctuation comes close: even a single
/// atom would need a velocity of 50 standard deviations.
const KINETIC_LIMIT: f64 = 1000.0;

/// The BAOAB integrator: half kick, half drift, Ornstein–Uhlenbeck on the velocities, half drift, half kick.
///
/// Leimkuhler & Matthews, "Rational construction of stochastic numerical methods for molecular sampling", Applied
/// Mathematics Research eXpress 2013, 34. In a harmonic well its positions have exactly the canonical variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Baoab {
    law: Langevin,
}

impl Baoab {
    pub(super) fn new(law: Langevin) -> Self {
        Self { law }
    }

    pub(super) fn law(&self) -> Langevin {
        self.law
    }

    /// Velocities of the Maxwell–Boltzmann distribution for all replicas of a state.
    ///
    /// The random numbers are those of each lane's step in a substream of `random` of their own, multiplied by each lane's scale.
    pub(super) fn thermal_velocities(
        &self,
        masses: &[f64],
        random: &RandomStream,
        state: &LangevinState,
        scales: Option<&[f64]>,
    ) -> Replicas {
        let mut velocities = Replicas::zeros(masses.len(), state.replicas());
        let random = random.substream("velocities");
        random.fill_normals_at(&state.lane_steps, &state.lane_paths, velocities.as_mut_slice());
        scale_lanes(velocities.as_mut_slice(), scales);
        let width = 3 * state.stride();
        for (velocities, mass) in velocities.as_mut_slice().chunks_exact_mut(width).zip(masses) {
            let deviation = (self.law.thermal_energy_kj_mol() / mass).sqrt();
            velocities.iter_mut().for_each(|velocity| *velocity *= deviation);
        }
        velocities
    }

    /// One step of every replica, with the noise multiplied by each lane's scale. The forces in `state` must be those of its positions and
    /// `bias`, as they are after [`LangevinState::new`], after every step, and after [`BiasedEnergy::evaluate_bias`].
    pub(super) fn step(
        &self,
        energy: &BiasedEnergy<'_>,
        bias: &Bias,
        random: &RandomStream,
        state: &mut LangevinState,
        scales: Option<&[f64]>,
    ) -> Result<(), DynamicsError> {
        let mut normals = std::mem::take(&mut state.normals);
        random.fill_normals_at(&state.lane_steps, &state.lane_paths, &mut normals);
        scale_lanes(&mut normals, scales);
        self.kick_drift_thermostat_drift(energy.potential.masses(), &normals, state);
        state.normals = normals;
        energy.evaluate(bias, state)?;
        self.kick(energy.potential.masses(), state);
        state.lane_steps.iter_mut().for_each(|step| *step += 1);
        let mean = 0.5 * energy.degrees_of_freedom() as f64 * self.law.thermal_energy_kj_mol();
        let hottest = scales.map_or(1.0, |scales| scales.iter().fold(0.0, |most: f64, s| most.max(s * s)));
        state.find_failures(KINETIC_LIMIT * mean * hottest);
        Ok(())
    }

    /// The letters B, A, O, A in one pass over the rows.
    fn kick_drift_thermostat_drift(&self, masses: &[f64], normals: &[f64], state: &mut LangevinState) {
        let half = 0.5 * self.law.time_step_ps();
        let keep = (-self.law.friction_per_ps() * self.law.time_step_ps()).exp();
        let width = 3 * state.stride();
        let positions = state.positions.as_mut_slice().chunks_exact_mut(width);
        let velocities = state.velocities.as_mut_slice().chunks_exact_mut(width);
        let forces = state.forces.as_slice().chunks_exact(width);
        let atoms = positions.zip(velocities).zip(forces).zip(normals.chunks_exact(width)).zip(masses);
        for ((((positions, velocities), forces), normals), mass) in atoms {
            let kick = half / mass;
            let noise = (self.law.thermal_energy_kj_mol() / mass * (1.0 - keep * keep)).sqrt();
            for (((x, v), f), normal) in positions.iter_mut().zip(velocities).zip(forces).zip(normals) {
                let kicked = *v + kick * f;
                let thermal = keep * kicked + noise * normal;
                *x += half * (kicked + thermal);
                *v = thermal;
            }
        }
    }

    /// The last B, and the kinetic energies after it.
    fn kick(&self, masses: &[f64], state: &mut LangevinState) {
        let stride = state.stride();
        state.kinetic_energies.fill(0.0);
        let velocities = state.velocities.as_mut_slice().chunks_exact_mut(3 * stride);
        let forces = state.forces.as_slice().chunks_exact(3 * stride);
        for ((velocities, forces), mass) in velocities.zip(forces).zip(masses) {
            let (kick, half_mass) = (0.5 * self.law.time_step_ps() / mass, 0.5 * mass);
            for (velocities, forces) in velocities.chunks_exact_mut(stride).zip(forces.chunks_exact(stride)) {
                for ((v, f), kinetic) in velocities.iter_mut().zip(forces).zip(&mut state.kinetic_energies) {
                    *v += kick * f;
                    *kinetic += half_mass * *v * *v;
                }
            }
        }
    }
}

/// Multiplies every row over lanes by the lanes' scales.
fn scale_lanes(rows: &mut [f64], scales: Option<&[f64]>) {
    let Some(scales) = scales else { return };
    for row in rows.chunks_exact_mut(scales.len()) {
        row.iter_mut().zip(scales).for_each(|(value, scale)| *value *= scale);
    }
}
