//! A model whose path ensembles can be enumerated: a walker on a few places with a velocity of +1 or -1, in discrete time.

use geodyssey_dynamics::DynamicsError;
use geodyssey_paths::ensembles::{
    AtomsPoint, Errand, Frame, Leg, LegSource, PathEnsemble, PhasePoint as _, Place, State, Velocities,
};
use geodyssey_statistics::RandomStream;

/// The model: energies of the places in kT. A is the first place and B the last.
///
/// A step renews the velocity with a probability, moves the walker with the Metropolis rule, turning it round where it cannot move, and renews
/// the velocity again. The chain is reversible in the sense of Langevin dynamics: `π(z) P(z → z') = π(z') P(z̄' → z̄)`, `z̄` having the
/// opposite velocity.
pub(crate) struct Lattice {
    pub(crate) energies: Vec<f64>,
    pub(crate) renewal: f64,
}

/// A place and a velocity.
pub(crate) type Point = (usize, i32);

impl Lattice {
    pub(crate) fn place(&self, x: usize) -> Place {
        let state = match x {
            0 => Some(State::A),
            _ if x + 1 == self.energies.len() => Some(State::B),
            _ => None,
        };
        Place { state, order: x as f64 }
    }

    fn weight(&self, x: usize) -> f64 {
        (-self.energies[x]).exp()
    }

    /// Where the walker is after a step without renewals of the velocity, with probabilities.
    fn moved(&self, (x, v): Point) -> Vec<(Point, f64)> {
        let target = x as i32 + v;
        if target < 0 || target as usize >= self.energies.len() {
            return vec![((x, -v), 1.0)];
        }
        let ratio = (self.weight(target as usize) / self.weight(x)).min(1.0);
        let mut all = vec![((target as usize, v), ratio)];
        if ratio < 1.0 {
            all.push(((x, -v), 1.0 - ratio));
        }
        all
    }

    /// Transition probabilities of a step.
    pub(crate) fn transitions(&self, (x, v): Point) -> Vec<(Point, f64)> {
        let turn = 0.5 * self.renewal;
        let mut all: Vec<(Point, f64)> = Vec::new();
        for (before, p) in [(v, 1.0 - turn), (-v, turn)] {
            for ((x, v), q) in self.moved((x, before)) {
                for (after, r) in [(v, 1.0 - turn), (-v, turn)] {
                    match all.iter_mut().find(|(point, _)| *point == (x, after)) {
                        Some((_, sum)) => *sum += p * q * r,
                        None => all.push(((x, after), p * q * r)),
                    }
                }
            }
        }
        all
    }

    /// All paths of an ensemble, as places, with their probabilities, velocities summed over.
    pub(crate) fn enumerate(&self, ensemble: &PathEnsemble) -> Vec<(Vec<usize>, f64)> {
        let mut found = std::collections::BTreeMap::<Vec<usize>, f64>::new();
        for x in 0..self.energies.len() {
            for v in [-1, 1] {
                self.extend(ensemble, &mut vec![(x, v)], 0.5 * self.weight(x), &mut found);
            }
        }
        let total: f64 = found.values().sum();
        found.into_iter().map(|(path, weight)| (path, weight / total)).collect()
    }

    fn extend(
        &self,
        ensemble: &PathEnsemble,
        path: &mut Vec<Point>,
        weight: f64,
        found: &mut std::collections::BTreeMap<Vec<usize>, f64>,
    ) {
        let frames: Vec<Frame<AtomsPoint>> = path.iter().map(|&point| self.frame(point)).collect();
        if ensemble.contains(&frames) {
            *found.entry(path.iter().map(|(x, _)| *x).collect()).or_default() += weight;
        }
        let is_over = path.len() > 1 && ensemble.stop().ends(&frames[frames.len() - 1].place);
        if path.len() >= ensemble.most_frames() || is_over {
            return;
        }
        for (next, p) in self.transitions(path[path.len() - 1]) {
            path.push(next);
            self.extend(ensemble, path, weight * p, found);
            path.pop();
        }
    }

    pub(crate) fn frame(&self, (x, v): Point) -> Frame<AtomsPoint> {
        Frame {
            point: AtomsPoint {
                positions: vec![[x as f64, 0.0, 0.0]],
                velocities: vec![[f64::from(v), 0.0, 0.0]],
            },
            values: vec![x as f64],
            potential_energy_kj_mol: self.energies[x],
            place: self.place(x),
        }
    }

    /// Runs a leg.
    fn run(&self, errand: Errand, random: RandomStream) -> (u32, Leg<AtomsPoint>) {
        let Errand { slot, chain, trial, leg } = errand;
        let start = &leg.start;
        let mut point = (start.positions[0][0] as usize, start.velocities[0][0] as i32);
        let mut frames = vec![self.frame(point)];
        let (mut is_ended, first) = (false, (trial << 8 | u64::from(leg.number)) << 24);
        while frames.len() < leg.most_frames && !is_ended {
            let mut u = random.uniform(chain, first + frames.len() as u64, 0);
            let all = self.transitions(point);
            let found = all.iter().find(|(_, p)| {
                u -= p;
                u < 0.0
            });
            point = found.unwrap_or(&all[0]).0;
            let frame = self.frame(point);
            is_ended = leg.stop.ends(&frame.place);
            frames.push(frame);
        }
        (slot, Leg { length: frames.len() - 1, frames, is_ended, failure: None })
    }

    /// Brings a source to its goal, one leg at a time.
    pub(crate) fn carry_out<S: LegSource>(
        &self,
        source: &mut S,
        protocol: &S::Protocol<'_>,
        random: RandomStream,
    ) {
        while let Some(errand) = source.next_leg(protocol).expect("no engine can fail") {
            let (slot, leg) = self.run(errand, random);
            source.take(slot, leg, protocol).expect("no engine can fail");
        }
        assert!(source.progress() >= source.goal());
    }
}

impl Velocities<AtomsPoint> for Lattice {
    /// Keeps the velocity with probability `kept`.
    fn renewed(
        &self,
        point: &AtomsPoint,
        kept: f64,
        random: RandomStream,
        chain: u32,
        draw: u64,
    ) -> Result<AtomsPoint, DynamicsError> {
        let u = |row: u32| random.uniform(chain, draw, row);
        if u(0) < kept {
            return Ok(point.clone());
        }
        let fresh = AtomsPoint { velocities: vec![[1.0, 0.0, 0.0]], ..point.clone() };
        Ok(if u(1) < 0.5 { fresh } else { fresh.reversed() })
    }
}

/// The model is reversible, so that a path and its reverse are equally probable.
#[test]
fn the_model_is_reversible() {
    let lattice = Lattice { energies: vec![0.0, 0.9, 1.4, 0.2], renewal: 0.3 };
    for x in 0..4 {
        for v in [-1, 1] {
            let all = lattice.transitions((x, v));
            assert!((all.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-12);
            for ((y, w), p) in all {
                let back = lattice.transitions((y, -w));
                let back = back.iter().find(|(point, _)| *point == (x, -v)).expect("the way back").1;
                let (there, back) = (lattice.weight(x) * p, lattice.weight(y) * back);
                assert!((there - back).abs() < 1e-12, "{x} {v} {y} {w}");
            }
        }
    }
}
