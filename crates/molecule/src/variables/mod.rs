//! Collective variables: functions `ξ(X)` of the atoms' positions.

mod angle;
mod atoms;
mod collective_variable;
mod distance;
mod lanes;
mod quantity;
mod scaled;
mod torsion;

pub use angle::Angle;
pub use collective_variable::{
    AtomCount, CollectiveVariable, NewVariable, VariableDefinition, VariableInput,
};
pub use distance::Distance;
pub use quantity::{COORDINATE, DefaultRadius, DefaultScale, Quantity, Unit};
pub use scaled::Scaled;
pub use torsion::Torsion;

/// All kinds of variables. A new one is a file and a line here.
pub static VARIABLES: [&VariableDefinition; 3] =
    [&torsion::DEFINITION, &distance::DEFINITION, &angle::DEFINITION];
