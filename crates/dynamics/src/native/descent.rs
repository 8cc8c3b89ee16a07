//! Limited-memory BFGS for one function: the caller asks for the next trial point and reports the energy and gradient there.

use std::collections::VecDeque;

/// Number of steps from which the Hessian is approximated.
const MEMORY: usize = 16;
/// Fraction of the decrease predicted by the slope that a step must achieve (Armijo).
const SUFFICIENT_DECREASE: f64 = 1e-4;
/// Largest displacement of a coordinate in one step, nm.
const LONGEST_MOVE: f64 = 0.01;
/// Move of the first step, nm.
const FIRST_MOVE: f64 = 1e-4;
/// Number of times a step is shortened before the Hessian is reset.
const MOST_SHORTENINGS: usize = 12;
/// Relative rounding error of an energy.
const ROUNDING: f64 = 1e-13;

/// Outcome of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Accepted as the new point.
    Moved,
    /// Energy too high; a shorter step follows.
    Refused,
    /// No step lowers the energy, however short.
    Stuck,
}

/// A step and the change of the gradient along it.
#[derive(Clone, Debug)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    /// `step · change`, positive.
    curvature: f64,
}

/// The descent of one function (J. Nocedal, Math. Comput. 35, 773 (1980)) with a backtracking line search.
#[derive(Clone, Debug)]
pub(super) struct Descent {
    point: Vec<f64>,
    energy: f64,
    gradient: Vec<f64>,
    memory: VecDeque<Pair>,
    direction: Vec<f64>,
    /// `direction · gradient`, negative.
    slope: f64,
    length: f64,
    shortenings: usize,
    trial: Vec<f64>,
}

impl Descent {
    /// A descent from a point that was evaluated.
    pub(super) fn new(point: Vec<f64>, energy: f64, gradient: Vec<f64>) -> Self {
        let zeros = vec![0.0; point.len()];
        let mut descent = Self {
            trial: point.clone(),
            point,
            energy,
            gradient,
            memory: VecDeque::new(),
            direction: zeros,
            slope: 0.0,
            length: 0.0,
            shortenings: 0,
        };
        descent.aim();
        descent
    }

    /// The lowest point so far.
    pub(super) fn point(&self) -> &[f64] {
        &self.point
    }

    /// The point to evaluate next.
    pub(super) fn trial(&self) -> &[f64] {
        &self.trial
    }

    /// Root mean square of the gradient's components at the lowest point.
    pub(super) fn gradient_rms(&self) -> f64 {
        (dot(&self.gradient, &self.gradient) / self.gradient.len() as f64).sqrt()
    }

    /// Sets energy and gradient at the lowest point after a change of the function, whose curvature is assumed to be nearly the same.
    pub(super) fn replace_function(&mut self, energy: f64, gradient: Vec<f64>) {
        self.energy = energy;
        self.gradient = gradient;
        self.aim();
    }

    /// Reports energy and gradient at [`Descent::trial`].
    pub(super) fn tell(&mut self, energy: f64, gradient: &[f64]) -> Outcome {
        let allowed = SUFFICIENT_DECREASE * self.length * self.slope + ROUNDING * self.energy.abs();
        // False for NaN too.
        if energy <= self.energy + allowed && gradient.iter().all(|slope| slope.is_finite()) {
            self.remember(gradient);
            self.point.copy_from_slice(&self.trial);
            self.gradient.copy_from_slice(gradient);
            self.energy = energy;
            self.aim();
            return Outcome::Moved;
        }
        self.shortenings += 1;
        if self.shortenings > MOST_SHORTENINGS {
            if self.memory.is_empty() {
                return Outcome::Stuck;
            }
            self.memory.clear();
            self.aim();
            return Outcome::Refused;
        }
        // The minimum of the parabola through both energies and the slope.
        let excess = energy - self.energy - self.length * self.slope;
        let share = -0.5 * self.length * self.slope / excess;
        self.length *= if share.is_finite() { share.clamp(0.1, 0.5) } else { 0.1 };
        self.step();
        Outcome::Refused
    }

    fn remember(&mut self, gradient: &[f64]) {
        let step: Vec<f64> = self.trial.iter().zip(&self.point).map(|(new, old)| new - old).collect();
        let change: Vec<f64> = gradient.iter().zip(&self.gradient).map(|(new, old)| new - old).collect();
        let curvature = dot(&step, &change);
        if curvature <= 1e-10 * dot(&step, &step).sqrt() * dot(&change, &change).sqrt() {
            return;
        }
        if self.memory.len() == MEMORY {
            self.memory.pop_front();
        }
        self.memory.push_back(Pair { step, change, curvature });
    }

    /// Chooses the direction and length of the next step.
    fn aim(&mut self) {
        self.shortenings = 0;
        let mut direction: Vec<f64> = self.gradient.iter().map(|slope| -slope).collect();
        let mut weights = Vec::with_capacity(self.memory.len());
        for pair in self.memory.iter().rev() {
            let weight = dot(&pair.step, &direction) / pair.curvature;
            add(&mut direction, -weight, &pair.change);
            weights.push(weight);
        }
        if let Some(last) = self.memory.back() {
            let scale = last.curvature / dot(&last.change, &last.change);
            direction.iter_mut().for_each(|component| *component *= scale);
        }
        for (pair, weight) in self.memory.iter().zip(weights.into_iter().rev()) {
            let other = dot(&pair.change, &direction) / pair.curvature;
            add(&mut direction, weight - other, &pair.step);
        }
        self.slope = dot(&direction, &self.gradient);
        let largest = direction.iter().fold(0.0, |largest: f64, component| largest.max(component.abs()));
        if !self.memory.is_empty() && (self.slope >= 0.0 || !largest.is_finite()) {
            self.memory.clear();
            return self.aim();
        }
        let longest = if self.memory.is_empty() { FIRST_MOVE } else { LONGEST_MOVE };
        self.length = if largest > longest { longest / largest } else { 1.0 };
        self.direction = direction;
        self.step();
    }

    fn step(&mut self) {
        for ((trial, x), direction) in self.trial.iter_mut().zip(&self.point).zip(&self.direction) {
            *trial = x + self.length * direction;
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `a += factor · b`.
fn add(a: &mut [f64], factor: f64, b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += factor * b);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A narrow curved valley in many dimensions (Rosenbrock's chain, scaled to nanometres), whose minimum is known.
    #[test]
    fn it_finds_the_end_of_a_curved_valley() {
        let scale = 0.05;
        let function = |x: &[f64]| {
            let mut gradient = vec![0.0; x.len()];
            let mut energy = 0.0;
            for i in 0..x.len() - 1 {
                let (a, b) = (x[i] / scale, x[i + 1] / scale);
                let (bend, gap) = (b - a * a, 1.0 - a);
                energy += 100.0 * bend * bend + gap * gap;
                gradient[i] += (-400.0 * bend * a - 2.0 * gap) / scale;
                gradient[i + 1] += 200.0 * bend / scale;
            }
            (energy, gradient)
        };
        let start = vec![-0.5 * scale; 20];
        let (energy, gradient) = function(&start);
        let mut descent = Descent::new(start, energy, gradient);
        let mut evaluations = 0;
        while descent.gradient_rms() > 1e-8 && evaluations < 5000 {
            let (energy, gradient) = function(descent.trial());
            assert_ne!(descent.tell(energy, &gradient), Outcome::Stuck);
            evaluations += 1;
        }
        assert!(evaluations < 1000, "{evaluations}");
        assert!(descent.point().iter().all(|x| (x / scale - 1.0).abs() < 1e-6), "{:?}", descent.point());
    }

    /// Energies that are not numbers are steps too far.
    #[test]
    fn it_turns_back_from_what_is_no_number() {
        let mut descent = Descent::new(vec![1.0], 1.0, vec![2e4]);
        for _ in 0..5 {
            assert_eq!(descent.tell(f64::NAN, &[f64::NAN]), Outcome::Refused);
        }
        assert!((descent.trial()[0] - 1.0).abs() < 1e-8);
        assert_eq!(descent.tell(0.5, &[1e4]), Outcome::Moved);
    }
}
