//! Units: nm, ps, kJ/mol, K, amu, radian, everywhere inside the program.
//!
//! With these, 1 amu·nm²/ps² is 1 kJ/mol, so no factor stands between masses, velocities and energies.

/// Boltzmann's constant times Avogadro's, in kJ/(mol·K): 8.31446261815324 J/(mol·K), exact since the SI of 2019.
pub const BOLTZMANN_KJ_MOL_K: f64 = 8.314_462_618_153_24e-3;

/// Thermal energy `kT` in kJ/mol at a temperature in K.
pub fn thermal_energy_kj_mol(temperature_k: f64) -> f64 {
    BOLTZMANN_KJ_MOL_K * temperature_k
}
