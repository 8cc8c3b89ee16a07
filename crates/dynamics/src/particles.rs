//! Variables of a landscape as particles, so that engines move them with inertia.

use geodyssey_forcefield::{Potential, PotentialError};
use geodyssey_molecule::variables::{COORDINATE, Quantity};
use geodyssey_molecule::{CollectiveVariable, Replicas};
use geodyssey_statistics::WrongInput;

use crate::error::DynamicsError;
use crate::overdamped::EnergyOfVariables;
use crate::walls::Walls;

/// A landscape on which every variable is the x coordinate of a particle of its own; y and z are free and mean nothing.
///
/// With an [`Engine`](crate::Engine) these particles follow underdamped Langevin dynamics
/// `m ẍ = -∂E/∂x - m γ ẋ + sqrt(2 m γ kT) ξ(t)`. Units: variables in their own unit (say u), masses in kJ/mol·t²/u² with the unit t
/// of time in which time step and friction are given; with nm and ps that is amu. A wall reflects a particle: its coordinate goes on, and
/// the variable is the coordinate folded back into the box.
pub struct ParticlesOnLandscape<'a> {
    energy: &'a EnergyOfVariables<'a>,
    masses: Vec<f64>,
    walls: Walls,
    variables: Vec<Box<dyn CollectiveVariable>>,
}

impl<'a> ParticlesOnLandscape<'a> {
    /// One particle for each mass, inside these walls.
    ///
    /// # Errors
    /// No mass, or one that is not positive.
    pub fn new(
        energy: &'a EnergyOfVariables<'a>,
        masses: &[f64],
        walls: &Walls,
    ) -> Result<Self, DynamicsError> {
        if masses.is_empty() {
            return Err(WrongInput::TooFew { what: "variables", least: 1, found: 0 }.into());
        }
        for &mass in masses {
            WrongInput::check_positive("the mass of a variable", mass)?;
        }
        let coordinate = |particle: usize| Box::new(Coordinate { atoms: [particle], walls: walls.clone() });
        Ok(Self {
            energy,
            masses: masses.to_vec(),
            walls: walls.clone(),
            variables: (0..masses.len()).map(|particle| coordinate(particle) as _).collect(),
        })
    }

    /// The variables, for an engine.
    pub fn variables(&self) -> &[Box<dyn CollectiveVariable>] {
        &self.variables
    }

    /// Positions of the particles where the variables have these values.
    #[must_use]
    pub fn positions(values: &[f64]) -> Vec<[f64; 3]> {
        values.iter().map(|&value| [value, 0.0, 0.0]).collect()
    }
}

impl Potential for ParticlesOnLandscape<'_> {
    fn masses(&self) -> &[f64] {
        &self.masses
    }

    fn evaluate(
        &self,
        positions: &Replicas,
        forces: &mut Replicas,
        energies: &mut [f64],
    ) -> Result<(), PotentialError> {
        let count = self.masses.len();
        let (mut values, mut gradient, mut signs) = (vec![0.0; count], vec![0.0; count], vec![1.0; count]);
        forces.fill(0.0);
        for (replica, total) in energies.iter_mut().enumerate().take(positions.replicas()) {
            for (particle, (value, sign)) in values.iter_mut().zip(&mut signs).enumerate() {
                (*value, *sign) = self.walls.reflected(particle, positions.row(particle, 0)[replica]);
            }
            *total = (self.energy)(&values, &mut gradient);
            for (particle, (slope, sign)) in gradient.iter().zip(&signs).enumerate() {
                forces.row_mut(particle, 0)[replica] = -slope * sign;
            }
        }
        // Padding lanes are copies of the last replica.
        let last = positions.replicas() - 1;
        let value = energies[last];
        energies[last..].fill(value);
        for particle in 0..count {
            let row = forces.row_mut(particle, 0);
            let value = row[last];
            row[last..].fill(value);
        }
        Ok(())
    }
}

/// The x coordinate of one particle, folded back into the box.
struct Coordinate {
    atoms: [usize; 1],
    walls: Walls,
}

impl CollectiveVariable for Coordinate {
    fn quantity(&self) -> &'static Quantity {
        &COORDINATE
    }

    fn atoms(&self) -> &[usize] {
        &self.atoms
    }

    fn evaluate(&self, positions: &Replicas, values: &mut [f64], gradient: &mut [f64]) {
        gradient.fill(0.0);
        let rows = values.iter_mut().zip(gradient.iter_mut()).zip(positions.row(self.atoms[0], 0));
        for ((value, slope), &x) in rows {
            (*value, *slope) = self.walls.reflected(self.atoms[0], x);
        }
    }
}
