//! Annealed Langevin dynamics of atoms: the tether acts on the collective variables `ξ(X)`.

use geodyssey_dynamics::{
    Batch, Bias, DynamicsError, EnergyOfVariables, Engine, Langevin, Replica, Tether, TetherPoint,
};
use geodyssey_statistics::{RandomStream, WrongInput};
use serde::{Deserialize, Serialize};

use super::protocol::{AnnealingProtocol, check_curve};
use super::watch::Watch;
use crate::path::{End, Path, PathPoint};
use crate::path_id::PathId;
use crate::segment::Maxima;

/// Drives batches of paths of a molecule along a curve.
pub struct AtomAnnealing<'a> {
    engine: &'a dyn Engine,
    law: Langevin,
    curve: &'a [TetherPoint],
    protocol: AnnealingProtocol,
    random: RandomStream,
    first_tether: Tether,
    watch: Option<Watch<'a>>,
}

/// Positions of a path at the end of its steps for one point of the curve.
#[derive(Clone, Debug, PartialEq)]
pub struct AtomFrame {
    /// Number of the path.
    pub path: u32,
    /// Index of the point on the curve.
    pub point: usize,
    /// Positions, nm.
    pub positions: Vec<[f64; 3]>,
}

/// A batch of paths between two points of the curve. Stored in a format that keeps doubles exactly (serde_json does with its feature
/// `float_roundtrip`) and read back, it continues with identical bits; all its numbers are finite. Its frames are not
/// stored with it: [`AtomAnnealingState::take_frames`].
#[derive(Serialize, Deserialize)]
pub struct AtomAnnealingState<'a> {
    next_point: usize,
    energy_evaluations: u64,
    work: Vec<f64>,
    paths: Vec<Path>,
    replicas: Vec<Replica>,
    #[serde(skip)]
    frames: Vec<AtomFrame>,
    #[serde(skip)]
    live: Option<Box<dyn Batch + 'a>>,
}

impl AtomAnnealingState<'_> {
    /// Index of the next point; the length of the curve when finished.
    pub fn next_point(&self) -> usize {
        self.next_point
    }

    /// Evaluations of `U` and its gradient so far, including equilibration, excluding padding.
    pub fn energy_evaluations(&self) -> u64 {
        self.energy_evaluations
    }

    /// The paths so far.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The frames kept since they were last taken, ordered by point and then by path. A molecule's frames are most of a path's memory, so
    /// that the caller decides where they are stored.
    pub fn take_frames(&mut self) -> Vec<AtomFrame> {
        std::mem::take(&mut self.frames)
    }

    /// The paths, by value.
    pub fn into_paths(self) -> Vec<Path> {
        self.paths
    }
}

impl<'a> AtomAnnealing<'a> {
    /// Combines engine, Langevin parameters, curve and protocol. Two sets of paths are independent if their random streams or path numbers
    /// differ; for backward paths give the reversed curve and another stream.
    ///
    /// # Errors
    /// If the curve has fewer than two points, a point is not usable, or the protocol is impossible.
    pub fn new(
        engine: &'a dyn Engine,
        law: Langevin,
        curve: &'a [TetherPoint],
        protocol: AnnealingProtocol,
        random: RandomStream,
    ) -> Result<Self, DynamicsError> {
        protocol.check()?;
        let first_tether = check_curve(curve, &engine.periods(), law.thermal_energy_kj_mol())?;
        Ok(Self { engine, law, curve, protocol, random, first_tether, watch: None })
    }

    /// Also records the highest energy of a landscape of the variables, which does not act on the paths. On steps longer than
    /// `segment_length` the highest energy is searched at points no farther apart than that.
    ///
    /// # Errors
    /// If the length is not positive.
    pub fn watching(
        mut self,
        landscape: &'a EnergyOfVariables<'a>,
        segment_length: f64,
    ) -> Result<Self, DynamicsError> {
        WrongInput::check_positive("the segment length", segment_length)?;
        self.watch = Some(Watch { landscape, segment_length, periods: self.engine.periods() });
        Ok(self)
    }

    /// Paths from number `first` on, one for each set of starting positions (nm), in batches of the size that the engine prefers.
    ///
    /// # Errors
    /// If the number of atoms differs or a position is not finite.
    pub fn start(
        &self,
        first: PathId,
        positions: &[Vec<[f64; 3]>],
    ) -> Result<Vec<AtomAnnealingState<'a>>, DynamicsError> {
        let size = self.engine.capabilities().replicas_per_batch;
        let batches = positions.chunks(size).zip(first.and_following().step_by(size));
        batches
            .map(|(positions, first)| {
                let thermal_energy = self.law.thermal_energy_kj_mol();
                let ids = first.and_following();
                let replicas: Vec<Replica> = ids
                    .zip(positions)
                    .map(|(id, positions)| Replica::new(id.number, positions.clone(), thermal_energy))
                    .collect();
                let live = self.engine.open(
                    &replicas,
                    self.law,
                    self.random,
                    &Bias::Tether(self.first_tether.clone()),
                )?;
                Ok(AtomAnnealingState {
                    next_point: 0,
                    energy_evaluations: positions.len() as u64,
                    work: vec![0.0; positions.len()],
                    paths: first.and_following().take(positions.len()).map(Path::led).collect(),
                    replicas: live.replicas()?,
                    frames: Vec::new(),
                    live: Some(live),
                })
            })
            .collect()
    }

    /// Advances one batch until the points before `until_point` are done.
    ///
    /// # Errors
    /// If the state does not belong to this molecule and curve. Paths that blow up are not errors: [`Path::failure`].
    pub fn advance(
        &self,
        state: &mut AtomAnnealingState<'a>,
        until_point: usize,
    ) -> Result<(), DynamicsError> {
        let until_point = until_point.min(self.curve.len());
        if state.next_point >= until_point {
            return Ok(());
        }
        let last = state.next_point.saturating_sub(1);
        let mut tether = self.first_tether.clone();
        tether.move_between(&self.curve[last], &self.curve[last], 1.0);
        let mut live = match state.live.take() {
            Some(live) => live,
            None => {
                let paths = state.replicas.len();
                WrongInput::check_count("paths of a batch", paths, state.paths.len())?;
                WrongInput::check_count("work values of a batch", paths, state.work.len())?;
                let bias = Bias::Tether(tether.clone());
                self.engine.open(&state.replicas, self.law, self.random, &bias)?
            }
        };
        if live.observed().steps[0] == 0 {
            let steps = self.protocol.equilibration_steps;
            live.advance(steps)?;
            state.energy_evaluations += steps * state.paths.len() as u64;
        }
        while state.next_point < until_point {
            self.pass_point(state, &mut tether, live.as_mut())?;
            state.next_point += 1;
        }
        state.replicas = live.replicas()?;
        state.live = Some(live);
        Ok(())
    }

    /// The steps of one point, and its record.
    fn pass_point(
        &self,
        state: &mut AtomAnnealingState<'a>,
        tether: &mut Tether,
        live: &mut (dyn Batch + 'a),
    ) -> Result<(), DynamicsError> {
        let point = state.next_point;
        let replicas = state.paths.len();
        let mut maxima = vec![f64::NEG_INFINITY; replicas];
        let mut watched = vec![Maxima::NONE; replicas];
        let mut previous = self.watch.as_ref().map_or_else(Vec::new, |watch| watch.begin(&live.observed()));
        let most = self.engine.capabilities().steps_per_observation.max(1);
        let mut step = 0;
        while step < self.protocol.steps_per_point {
            if let Some(fraction) = self.protocol.switch(point, step) {
                tether.move_between(&self.curve[point - 1], &self.curve[point], fraction);
                let work = live.set_bias(&Bias::Tether(tether.clone()))?;
                state.work.iter_mut().zip(work).for_each(|(sum, work)| *sum += work);
            }
            // To the next switch, or the next observation.
            let end = self.protocol.steps_per_point.min(step + most);
            let next = (step + 1..end).find(|&step| self.protocol.switch(point, step).is_some());
            let steps = next.unwrap_or(end) - step;
            live.advance(steps)?;
            step += steps;
            let observed = live.observed();
            for (maximum, &energy) in maxima.iter_mut().zip(observed.potential_energies_kj_mol) {
                *maximum = maximum.max(energy);
            }
            if let Some(watch) = &self.watch {
                watch.passed(&observed, &mut previous, &mut watched);
            }
        }
        state.energy_evaluations += self.protocol.steps_per_point * replicas as u64;
        let observed = live.observed();
        let path_steps = observed.steps[0] - self.protocol.equilibration_steps;
        let keep = self.protocol.is_frame(point, self.curve.len());
        for (replica, path) in state.paths.iter_mut().enumerate() {
            if let Some(failure) = &observed.failures[replica] {
                path.end = End::BlewUp(failure.clone());
                state.work[replica] = 0.0;
                continue;
            }
            let point = PathPoint {
                curve_point: point,
                time_ps: Some(path_steps as f64 * self.law.time_step_ps()),
                variables: observed.variables(replica),
                potential_energy_kj_mol: Some(observed.potential_energies_kj_mol[replica]),
                highest_potential_energy_kj_mol: Some(maxima[replica]),
                landscape_energy_kj_mol: None,
                highest_landscape_energy: self.watch.is_some().then(|| watched[replica].highest()),
                tether_energy_kj_mol: observed.bias_energies_kj_mol[replica],
                work_kj_mol: state.work[replica],
            };
            path.pass(point, keep);
            if keep {
                let positions = live.positions(replica)?;
                state.frames.push(AtomFrame { path: path.id.number, point: state.next_point, positions });
            }
        }
        Ok(())
    }
}
