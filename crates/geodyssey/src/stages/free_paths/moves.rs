//! The moves of a configuration.

use std::sync::Arc;

use geodyssey_paths::ensembles::moves::{
    OneWayShooting, PathReversal, SpringShooting, TwoWayShooting, WireFencing,
};
use geodyssey_paths::ensembles::{AtomsPoint, PathMove};

use crate::config::{MoveName, PathsConfig};

/// A move and how often it is made, relative to the others.
pub(super) type SharedMove = (Arc<dyn PathMove<AtomsPoint>>, f64);

/// All moves, equally often; `cap` is an order parameter that wires do not exceed, for ensembles that have an interface.
pub(super) fn moves(settings: &PathsConfig, cap: Option<f64>) -> Vec<SharedMove> {
    let each = settings.moves().into_iter().filter_map(|name| -> Option<SharedMove> {
        let one: Arc<dyn PathMove<AtomsPoint>> = match name {
            MoveName::TwoWayShooting => Arc::new(TwoWayShooting { kept_velocities: 0.0 }),
            MoveName::TwoWayShootingKeptVelocities => {
                Arc::new(TwoWayShooting { kept_velocities: settings.kept_velocities.get() })
            }
            MoveName::OneWayShooting => Arc::new(OneWayShooting),
            MoveName::SpringShooting => Arc::new(SpringShooting {
                strength: settings.spring_strength.get(),
                longest_shift: settings.spring_shift.get(),
            }),
            MoveName::PathReversal => Arc::new(PathReversal),
            MoveName::WireFencing => {
                Arc::new(WireFencing { shots: settings.wire_shots.get() as u32, cap: cap? })
            }
        };
        Some((one, 1.0))
    });
    let mut all: Vec<SharedMove> = each.collect();
    if all.iter().all(|(one, _)| one.name() == "path-reversal") {
        all.push((Arc::new(TwoWayShooting { kept_velocities: 0.0 }), 1.0));
    }
    all
}
