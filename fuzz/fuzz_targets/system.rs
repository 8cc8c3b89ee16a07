//! OpenMM's System XML.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = geodyssey_forcefield::read_force_model(text);
});
