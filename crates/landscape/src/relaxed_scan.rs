//! The relaxed energy of a molecule's variables, `E(x) = min { U(X) : ξ(X) = x }`, on a grid.
//!
//! From the given structures the scan proceeds from grid point to neighbouring grid point: each minimisation starts from a neighbour's
//! structure. Whenever the energy of a point falls, its neighbours are tried again, until nothing improves (the
//! order of TorsionDrive: Y. Qiu et al., J. Chem. Phys. 152, 244116 (2020)). Every energy is therefore that of the lowest minimum that can
//! be reached by changing the variables, from any direction.

use geodyssey_dynamics::{Engine, MinimisationParameters, MinimisationTask, MinimisedMolecule};
use serde::{Deserialize, Serialize};

use crate::basin::nearest_point;
use crate::{Grid, GridAxis, LandscapeError};

/// Decides whether a structure is still the same molecule.
pub type SameMolecule<'a> = dyn Fn(&[[f64; 3]]) -> bool + Sync + 'a;

/// Settings of a relaxed scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelaxedScanParameters {
    /// Largest root mean square of the force components at which a minimisation counts as converged, kJ/mol/nm.
    pub force_tolerance_kj_mol_nm: f64,
    /// Least decrease of an energy that counts as an improvement, kJ/mol.
    pub energy_tolerance_kj_mol: f64,
    /// Largest number of evaluations of one minimisation.
    pub max_evaluations: u64,
}

impl Default for RelaxedScanParameters {
    fn default() -> Self {
        let minimisation = MinimisationParameters::default();
        Self {
            force_tolerance_kj_mol_nm: minimisation.force_tolerance_kj_mol_nm,
            energy_tolerance_kj_mol: 0.01,
            max_evaluations: minimisation.max_evaluations,
        }
    }
}

/// A relaxed scan: everything that stays constant during the scan.
pub struct RelaxedScan<'a> {
    engine: &'a dyn Engine,
    minimisation: MinimisationParameters,
    grid: Grid,
    same_molecule: &'a SameMolecule<'a>,
    energy_tolerance: f64,
}

/// The lowest minimum found so far at one grid point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelaxedPoint {
    /// Relaxed energy, kJ/mol.
    pub energy_kj_mol: f64,
    /// Positions, nm.
    pub positions: Vec<[f64; 3]>,
    /// Minus the slope of the energy in the variables.
    pub multipliers: Vec<f64>,
}

/// The state of a scan: everything needed to continue later with identical bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelaxedScanState {
    /// Every grid point, the last variable fastest; none where no minimisation has converged yet.
    pub points: Vec<Option<RelaxedPoint>>,
    /// Points whose neighbours are tried next, in ascending order.
    pub active: Vec<usize>,
    /// Results of the round in progress, in the order of its minimisations.
    #[serde(default)]
    pub tried: Vec<MinimisedMolecule>,
    /// Rounds done; in a round all active points try their neighbours.
    pub rounds: u64,
    /// Minimisations done.
    pub minimisations: u64,
    /// Minimisations that did not converge.
    pub unfinished: u64,
    /// Minimisations that ended in another stereoisomer and were discarded.
    pub refused: u64,
    /// Evaluations of the potential energy and its gradient.
    pub energy_evaluations: u64,
}

impl RelaxedScanState {
    /// Number of points with an energy.
    pub fn known(&self) -> usize {
        self.points.iter().flatten().count()
    }

    /// Whether nothing is left to try.
    pub fn is_finished(&self) -> bool {
        self.active.is_empty()
    }
}

impl<'a> RelaxedScan<'a> {
    /// A scan of an engine's variables, one axis each. Structures that are no longer the same molecule (another stereoisomer, formed under
    /// the strain at a grid point) are discarded.
    ///
    /// # Errors
    /// Axes that do not match the variables or do not form a grid; a parameter that is not positive.
    pub fn new(
        engine: &'a dyn Engine,
        axes: Vec<GridAxis>,
        parameters: &RelaxedScanParameters,
        same_molecule: &'a SameMolecule<'a>,
    ) -> Result<Self, LandscapeError> {
        let periods: Vec<Option<f64>> = axes.iter().map(|axis| axis.period).collect();
        if periods != engine.periods() {
            return Err(LandscapeError::Scan(format!(
                "the axes have the periods {periods:?}, but the variables {:?}",
                engine.periods()
            )));
        }
        let tolerance = parameters.energy_tolerance_kj_mol;
        if !(tolerance.is_finite() && tolerance > 0.0) {
            return Err(LandscapeError::Scan(format!(
                "the energy tolerance must be a positive number, not {tolerance}"
            )));
        }
        let minimisation = MinimisationParameters {
            force_tolerance_kj_mol_nm: parameters.force_tolerance_kj_mol_nm,
            max_evaluations: parameters.max_evaluations,
        };
        minimisation.check().map_err(|error| LandscapeError::Scan(error.to_string()))?;
        let grid = Grid::from_function(axes, |_| 0.0)?;
        Ok(Self { engine, minimisation, grid, same_molecule, energy_tolerance: tolerance })
    }

    /// The first round: structures (positions in nm, with the values of their variables) are assigned to the nearest grid points.
    ///
    /// # Errors
    /// No structure, a wrong number of atoms, or none that can be minimised.
    pub fn start(
        &self,
        structures: &[(Vec<[f64; 3]>, Vec<f64>)],
    ) -> Result<RelaxedScanState, LandscapeError> {
        let mut state = RelaxedScanState {
            points: vec![None; self.grid.len()],
            active: Vec::new(),
            tried: Vec::new(),
            rounds: 0,
            minimisations: 0,
            unfinished: 0,
            refused: 0,
            energy_evaluations: 0,
        };
        let tasks = structures.iter().map(|(positions, values)| {
            let point = nearest_point(&self.grid, values);
            let zeros = vec![0.0; values.len()];
            (point, self.task(point, positions, &zeros))
        });
        let (points, tasks): (Vec<usize>, Vec<MinimisationTask>) = tasks.unzip();
        let results = self.minimise(&tasks)?;
        self.take_in(&mut state, points, results);
        if state.active.is_empty() {
            return Err(LandscapeError::Scan(
                "no structure could be minimised with its variables held; are the starting structures relaxed?".to_owned(),
            ));
        }
        Ok(state)
    }

    /// One round: every active point tries its neighbours, two per variable.
    ///
    /// # Errors
    /// A state that is not of this scan.
    pub fn advance(&self, state: &mut RelaxedScanState) -> Result<(), LandscapeError> {
        self.advance_by(state, usize::MAX)
    }

    /// Part of a round: at most the given number of minimisations. The result does not depend on how a round is divided.
    ///
    /// # Errors
    /// A state that is not of this scan.
    pub fn advance_by(&self, state: &mut RelaxedScanState, most: usize) -> Result<(), LandscapeError> {
        let trials: Vec<(usize, usize)> = state
            .active
            .iter()
            .filter(|&&point| matches!(state.points.get(point), Some(Some(_))))
            .flat_map(|&point| {
                self.grid.neighbours(point).into_iter().map(move |neighbour| (point, neighbour))
            })
            .collect();
        if state.points.len() != self.grid.len() || state.tried.len() > trials.len() {
            return Err(LandscapeError::Scan("the stored state belongs to another scan".to_owned()));
        }
        let next = trials.iter().skip(state.tried.len()).take(most);
        let tasks: Vec<MinimisationTask> = next
            .filter_map(|&(point, neighbour)| {
                let from = state.points[point].as_ref()?;
                Some(self.task(neighbour, &from.positions, &from.multipliers))
            })
            .collect();
        state.tried.extend(self.minimise(&tasks)?);
        if state.tried.len() == trials.len() {
            state.active.clear();
            let results = std::mem::take(&mut state.tried);
            self.take_in(state, trials.into_iter().map(|(_, neighbour)| neighbour).collect(), results);
        }
        Ok(())
    }

    /// The energies relative to the lowest one, and the lowest one (kJ/mol).
    ///
    /// # Errors
    /// A point that no minimisation has reached.
    pub fn energies(&self, state: &RelaxedScanState) -> Result<(Grid, f64), LandscapeError> {
        let mut values = Vec::with_capacity(self.grid.len());
        for (index, point) in state.points.iter().enumerate() {
            let Some(point) = point else {
                return Err(LandscapeError::Scan(format!(
                    "no minimisation converged at {:?} ({} of {} did not converge, {} ended in another stereoisomer); more `max_evaluations` or a narrower range may help",
                    self.grid.point(index),
                    state.unfinished,
                    state.minimisations,
                    state.refused
                )));
            };
            values.push(point.energy_kj_mol);
        }
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        values.iter_mut().for_each(|value| *value -= lowest);
        Ok((Grid::new(self.grid.axes.clone(), values)?, lowest))
    }

    fn task(&self, point: usize, positions: &[[f64; 3]], multipliers: &[f64]) -> MinimisationTask {
        MinimisationTask {
            positions: positions.to_vec(),
            target: self.grid.point(point),
            multipliers: multipliers.to_vec(),
        }
    }

    fn minimise(&self, tasks: &[MinimisationTask]) -> Result<Vec<MinimisedMolecule>, LandscapeError> {
        self.engine
            .minimise(tasks, &self.minimisation)
            .map_err(|error| LandscapeError::Scan(error.to_string()))
    }

    /// Processes the results of a round, in the order of its minimisations.
    fn take_in(&self, state: &mut RelaxedScanState, points: Vec<usize>, results: Vec<MinimisedMolecule>) {
        for (point, result) in points.into_iter().zip(results) {
            state.minimisations += 1;
            state.energy_evaluations += result.evaluations;
            if !result.converged {
                state.unfinished += 1;
                continue;
            }
            let limit = match &state.points[point] {
                Some(known) => known.energy_kj_mol - self.energy_tolerance,
                None => f64::INFINITY,
            };
            if result.energy_kj_mol >= limit {
                continue;
            }
            if !(self.same_molecule)(&result.positions) {
                state.refused += 1;
                continue;
            }
            state.points[point] = Some(RelaxedPoint {
                energy_kj_mol: result.energy_kj_mol,
                positions: result.positions,
                multipliers: result.multipliers,
            });
            state.active.push(point);
        }
        state.active.sort_unstable();
        state.active.dedup();
        state.rounds += 1;
    }
}
