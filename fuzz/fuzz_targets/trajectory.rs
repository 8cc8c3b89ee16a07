//! Frames of every format that has a reader here. The first byte chooses the format, the rest is the file.
#![no_main]

use geodyssey_trajectory::TrajectoryReader;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 6] = ["x.xtc", "x.trr", "x.dcd", "x.pdb", "x.gro", "x.xyz"];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, file)) = bytes.split_first() else { return };
    let name = NAMES[usize::from(*choice) % NAMES.len()];
    if let Ok(reader) = TrajectoryReader::from_bytes(name, file.to_vec(), None) {
        for frame in reader {
            let Ok(frame) = frame else { break };
            assert!(frame.positions.iter().flatten().all(|x| x.is_finite()));
        }
    }
});
