//! Structures of every format that has a reader here. The first byte chooses the format, the rest is the file.
#![no_main]

use geodyssey_trajectory::StructureFile;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 4] = ["x.pdb", "x.gro", "x.mol2", "x.xyz"];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, file)) = bytes.split_first() else { return };
    let _ = StructureFile::from_bytes(NAMES[usize::from(*choice) % NAMES.len()], file, None);
});
