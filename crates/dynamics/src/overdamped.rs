//! Overdamped Langevin dynamics of a few variables.

use geodyssey_statistics::WrongInput;

use crate::error::DynamicsError;
use crate::walls::Walls;

/// Energy (kJ/mol) as a function of the variables; overwrites the gradient.
pub type EnergyOfVariables<'a> = dyn Fn(&[f64], &mut [f64]) -> f64 + Sync + 'a;

/// Overdamped Langevin dynamics in the space of variables, for `p ∝ exp(-E/kT)`:
/// `x ← x + ½ ds ∇log p + sqrt(ds) · noise` (unadjusted, the setting of arXiv 2505.17517), with an optional Metropolis
/// correction that makes it exact (MALA: Roberts & Tweedie, Bernoulli 2, 341 (1996)).
#[derive(Clone, Debug, PartialEq)]
pub struct Overdamped {
    step: f64,
    metropolis: bool,
    thermal_energy_kj_mol: f64,
    walls: Walls,
}

/// One walker: its variables, and the energy and gradient there.
#[derive(Clone, Debug, PartialEq)]
pub struct Walker {
    /// Values of the variables.
    pub values: Vec<f64>,
    /// Energy, kJ/mol.
    pub energy_kj_mol: f64,
    /// Gradient of the energy, kJ/mol per unit of the variables.
    pub gradient: Vec<f64>,
    proposal: Vec<f64>,
    proposal_gradient: Vec<f64>,
}

impl Walker {
    /// A walker at these values, evaluated.
    pub fn new(values: Vec<f64>, energy: &mut dyn FnMut(&[f64], &mut [f64]) -> f64) -> Self {
        let zeros = vec![0.0; values.len()];
        let mut walker = Self {
            values,
            energy_kj_mol: 0.0,
            gradient: zeros.clone(),
            proposal: zeros.clone(),
            proposal_gradient: zeros,
        };
        walker.evaluate(energy);
        walker
    }

    /// Evaluates energy and gradient again, for an energy that has changed.
    pub fn evaluate(&mut self, energy: &mut dyn FnMut(&[f64], &mut [f64]) -> f64) {
        self.energy_kj_mol = energy(&self.values, &mut self.gradient);
    }

    /// Whether its values and energy are finite.
    pub fn is_finite(&self) -> bool {
        self.energy_kj_mol.is_finite() && self.values.iter().chain(&self.gradient).all(|x| x.is_finite())
    }
}

impl Overdamped {
    /// Dynamics with step `ds` (square of the variables' unit), with or without the Metropolis correction.
    ///
    /// # Errors
    /// If step or thermal energy is not positive and finite.
    pub fn new(step: f64, metropolis: bool, thermal_energy_kj_mol: f64) -> Result<Self, DynamicsError> {
        WrongInput::check_positive("the step ds", step)?;
        WrongInput::check_positive("the thermal energy in kJ/mol", thermal_energy_kj_mol)?;
        Ok(Self { step, metropolis, thermal_energy_kj_mol, walls: Walls::default() })
    }

    /// The same dynamics in a box. Walkers must start inside.
    #[must_use]
    pub fn within(self, walls: Walls) -> Self {
        Self { walls, ..self }
    }

    /// The box.
    pub fn walls(&self) -> &Walls {
        &self.walls
    }

    /// Thermal energy kT, kJ/mol.
    pub fn thermal_energy_kj_mol(&self) -> f64 {
        self.thermal_energy_kj_mol
    }

    /// Whether a step uses its uniform variate.
    pub fn metropolis(&self) -> bool {
        self.metropolis
    }

    /// One step with one normal variate per variable and one uniform variate; `energy` overwrites the gradient. Returns whether the walker
    /// moved: always without the Metropolis correction, which also rejects moves out of the box or to where the energy is not finite.
    pub fn step(
        &self,
        energy: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
        walker: &mut Walker,
        normals: &[f64],
        uniform: f64,
    ) -> bool {
        let drift = -0.5 * self.step / self.thermal_energy_kj_mol;
        let noise = self.step.sqrt();
        for ((new, (x, slope)), normal) in
            walker.proposal.iter_mut().zip(walker.values.iter().zip(&walker.gradient)).zip(normals)
        {
            *new = x + drift * slope + noise * normal;
        }
        if !self.metropolis {
            self.walls.mirror(&mut walker.proposal);
        } else if !self.walls.contain(&walker.proposal) {
            return false;
        }
        let proposed = energy(&walker.proposal, &mut walker.proposal_gradient);
        if self.metropolis {
            // log of p(x') q(x | x') / (p(x) q(x' | x)); the forward noise is known.
            let mut log_ratio = (walker.energy_kj_mol - proposed) / self.thermal_energy_kj_mol;
            for (i, normal) in normals.iter().enumerate() {
                let back = walker.values[i] - walker.proposal[i] - drift * walker.proposal_gradient[i];
                log_ratio += 0.5 * normal * normal - 0.5 * back * back / self.step;
            }
            // False for NaN too.
            let accepted = uniform.ln() < log_ratio && proposed.is_finite();
            if !accepted {
                return false;
            }
        }
        std::mem::swap(&mut walker.values, &mut walker.proposal);
        std::mem::swap(&mut walker.gradient, &mut walker.proposal_gradient);
        walker.energy_kj_mol = proposed;
        true
    }

    /// `log p(b | a) - log p(a | b)` of an unadjusted step from `a` to `b`, from the gradients at both; by detailed balance it
    /// would be `(E(a) - E(b))/kT`. At a wall it accounts for steps that may have been reflected.
    pub fn log_step_ratio(&self, points: [&[f64]; 2], gradients: [&[f64]; 2]) -> f64 {
        let drift = -0.5 * self.step / self.thermal_energy_kj_mol;
        let [a, b] = points;
        let mut ratio = 0.0;
        for (axis, (a, b)) in a.iter().zip(b).enumerate() {
            let there = self.surprise(axis, a + drift * gradients[0][axis], *b);
            let back = self.surprise(axis, b + drift * gradients[1][axis], *a);
            ratio += back - there;
        }
        ratio
    }

    /// `-log p` of a step that ends at a place, given its mean, up to a constant: summed over the ways with and without reflection.
    fn surprise(&self, axis: usize, mean: f64, place: f64) -> f64 {
        let straight = 0.5 * (place - mean).powi(2) / self.step;
        let Some((low, high)) = self.walls.of(axis) else { return straight };
        let mirrored = |wall: f64| straight - 0.5 * (2.0 * wall - place - mean).powi(2) / self.step;
        straight - (mirrored(low).exp() + mirrored(high).exp()).ln_1p()
    }
}
