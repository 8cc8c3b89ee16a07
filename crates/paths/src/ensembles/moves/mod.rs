//! Moves in path space, one file each.

mod one_way_shooting;
mod path_reversal;
mod spring_shooting;
mod two_way_shooting;
mod wire_fencing;

pub use one_way_shooting::OneWayShooting;
pub use path_reversal::PathReversal;
pub use spring_shooting::SpringShooting;
pub use two_way_shooting::TwoWayShooting;
pub use wire_fencing::WireFencing;
