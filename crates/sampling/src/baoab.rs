//! Langevin dynamics of atoms.

use crate::bias::BiasPotential;
use crate::error::SamplingError;
use crate::random::RandomStream;
use crate::state::LangevinState;
use crate::system::MolecularSystem;

/// Kinetic energy, as a multiple of its mean, beyond which a replica counts as blown up. No thermal fluctuation comes
/// near: even of a single atom it would take a velocity of 50 standard deviations.
const KINETIC_LIMIT: f64 = 1000.0;

/// The BAOAB integrator: half kick, half drift, Ornstein–Uhlenbeck on the velocities, half drift, half kick.
///
/// Leimkuhler & Matthews, "Rational construction of stochastic numerical methods for molecular sampling", Applied
/// Mathematics Research eXpress 2013, 34. In a harmonic well its positions have exactly the canonical variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baoab {
    time_step_ps: f64,
    friction_per_ps: f64,
    thermal_energy_kj_mol: f64,
}

impl Baoab {
    /// An integrator with a time step (ps), a friction (1/ps) and a thermal energy kT (kJ/mol).
    ///
    /// # Errors
    /// If one of them is not positive and finite.
    pub fn new(
        time_step_ps: f64,
        friction_per_ps: f64,
        thermal_energy_kj_mol: f64,
    ) -> Result<Self, SamplingError> {
        Ok(Self {
            time_step_ps: SamplingError::check_positive("the time step in ps", time_step_ps)?,
            friction_per_ps: SamplingError::check_positive("the friction in 1/ps", friction_per_ps)?,
            thermal_energy_kj_mol: SamplingError::check_positive(
                "the thermal energy in kJ/mol",
                thermal_energy_kj_mol,
            )?,
        })
    }

    /// Time step, ps.
    pub fn time_step_ps(&self) -> f64 {
        self.time_step_ps
    }

    /// Friction, 1/ps.
    pub fn friction_per_ps(&self) -> f64 {
        self.friction_per_ps
    }

    /// Thermal energy kT, kJ/mol.
    pub fn thermal_energy_kj_mol(&self) -> f64 {
        self.thermal_energy_kj_mol
    }

    /// Draws all velocities from the Maxwell–Boltzmann distribution.
    ///
    /// The random numbers are those of the state's step in a substream of `random` of their own.
    pub fn draw_velocities(
        &self,
        system: &MolecularSystem<'_>,
        random: &RandomStream,
        state: &mut LangevinState,
    ) {
        self.draw(system, random, state, None);
    }

    /// As [`Baoab::draw_velocities`], each replica at a thermal energy (kJ/mol) of its own.
    ///
    /// # Panics
    /// If there is not one thermal energy per replica.
    pub fn draw_velocities_at(
        &self,
        system: &MolecularSystem<'_>,
        random: &RandomStream,
        state: &mut LangevinState,
        thermal_energies_kj_mol: &[f64],
    ) {
        let scales = self.noise_scales(state, thermal_energies_kj_mol);
        self.draw(system, random, state, Some(&scales));
    }

    fn draw(
        &self,
        system: &MolecularSystem<'_>,
        random: &RandomStream,
        state: &mut LangevinState,
        scales: Option<&[f64]>,
    ) {
        random.substream("velocities").fill_normals(
            state.step,
            &state.lane_paths,
            state.velocities.as_mut_slice(),
        );
        scale_lanes(state.velocities.as_mut_slice(), scales);
        let width = 3 * state.stride();
        for (velocities, mass) in
            state.velocities.as_mut_slice().chunks_exact_mut(width).zip(system.engine().masses())
        {
            let deviation = (self.thermal_energy_kj_mol / mass).sqrt();
            velocities.iter_mut().for_each(|velocity| *velocity *= deviation);
        }
    }

    /// One step of every replica. The forces in `state` must belong to its positions and `bias`; they do after
    /// [`LangevinState::new`], after every step, and after [`MolecularSystem::evaluate_bias`] for a bias that changed.
    pub fn step(
        &self,
        system: &MolecularSystem<'_>,
        bias: &dyn BiasPotential,
        random: &RandomStream,
        state: &mut LangevinState,
    ) {
        self.advance(system, bias, random, state, None);
    }

    fn advance(
        &self,
        system: &MolecularSystem<'_>,
        bias: &dyn BiasPotential,
        random: &RandomStream,
        state: &mut LangevinState,
        scales: Option<&[f64]>,
    ) {
        let mut normals = std::mem::take(&mut state.normals);
        random.fill_normals(state.step, &state.lane_paths, &mut normals);
        scale_lanes(&mut normals, scales);
        self.kick_drift_thermostat_drift(system.engine().masses(), &normals, state);
        state.normals = normals;
        system.evaluate(bias, state);
        self.kick(system.engine().masses(), state);
        state.step += 1;
        let mean = 1.5 * system.engine().atoms() as f64 * self.thermal_energy_kj_mol;
        let hottest = scales.map_or(1.0, |scales| scales.iter().fold(0.0, |most: f64, s| most.max(s * s)));
        state.find_failures(KINETIC_LIMIT * mean * hottest);
    }

    /// `count` steps.
    pub fn steps(
        &self,
        system: &MolecularSystem<'_>,
        bias: &dyn BiasPotential,
        random: &RandomStream,
        state: &mut LangevinState,
        count: u64,
    ) {
        for _ in 0..count {
            self.step(system, bias, random, state);
        }
    }

    /// `count` steps, each replica at a thermal energy (kJ/mol) of its own in place of the integrator's.
    ///
    /// # Panics
    /// If there is not one thermal energy per replica.
    pub fn steps_at(
        &self,
        system: &MolecularSystem<'_>,
        bias: &dyn BiasPotential,
        random: &RandomStream,
        state: &mut LangevinState,
        thermal_energies_kj_mol: &[f64],
        count: u64,
    ) {
        let scales = self.noise_scales(state, thermal_energies_kj_mol);
        for _ in 0..count {
            self.advance(system, bias, random, state, Some(&scales));
        }
    }

    /// By what the integrator's noise is multiplied in each lane; padding goes with the last replica.
    fn noise_scales(&self, state: &LangevinState, thermal_energies_kj_mol: &[f64]) -> Vec<f64> {
        assert_eq!(thermal_energies_kj_mol.len(), state.replicas(), "one thermal energy per replica");
        let last = state.replicas() - 1;
        (0..state.stride())
            .map(|lane| (thermal_energies_kj_mol[lane.min(last)] / self.thermal_energy_kj_mol).sqrt())
            .collect()
    }

    /// The letters B, A, O, A in one pass over the rows.
    fn kick_drift_thermostat_drift(&self, masses: &[f64], normals: &[f64], state: &mut LangevinState) {
        let half = 0.5 * self.time_step_ps;
        let keep = (-self.friction_per_ps * self.time_step_ps).exp();
        let width = 3 * state.stride();
        let positions = state.positions.as_mut_slice().chunks_exact_mut(width);
        let velocities = state.velocities.as_mut_slice().chunks_exact_mut(width);
        let forces = state.forces.as_slice().chunks_exact(width);
        let atoms = positions.zip(velocities).zip(forces).zip(normals.chunks_exact(width)).zip(masses);
        for ((((positions, velocities), forces), normals), mass) in atoms {
            let kick = half / mass;
            let noise = (self.thermal_energy_kj_mol / mass * (1.0 - keep * keep)).sqrt();
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
            let (kick, half_mass) = (0.5 * self.time_step_ps / mass, 0.5 * mass);
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
