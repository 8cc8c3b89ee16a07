//! Paths do not stay in memory: what a run holds of a path is a fraction of its frames, however many there are. Where the system tells no peak, nothing is tested.
#![cfg(target_os = "linux")]

use std::process::Stdio;

use geodyssey_tests::{command, made_up_landscape};

/// Peak resident memory of a process so far, kB; none once it has ended.
fn peak_kb(process: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Paths of all atoms with all their frames, under a landscape from a table, so that paths are most of what is done. The peak
/// is looked at every few milliseconds; how far it stays behind is little beside the limit.
#[test]
fn paths_take_much_less_memory_than_their_frames() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let landscape = made_up_landscape(folder.path());
    let peak = |paths: usize| {
        let out = folder.path().join(format!("{paths}"));
        let changes = [
            landscape.clone(),
            "geodesic.points=48".to_owned(),
            "geodesic.winding=[0,0]".to_owned(),
            "sampling.duration_ps=0.1".to_owned(),
            "sampling.equilibration_ps=0.01".to_owned(),
            // Both ways there would be a free energy along the curve, whose table is bounded but not the same for few paths.
            "sampling.backward=false".to_owned(),
            format!("sampling.paths={paths}"),
        ];
        let arguments = ["run", "configs/alanine-dipeptide.toml", "--threads", "2", "--out"];
        let mut process = command(arguments)
            .arg(&out)
            .args(changes.iter().flat_map(|change| ["--set", change]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut peak = 0;
        let status = loop {
            peak = peak.max(peak_kb(process.id()).unwrap_or(0));
            if let Some(status) = process.try_wait().expect("a process") {
                break status;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        assert!(status.success(), "{paths} paths: {status}");
        peak
    };
    // Few enough to be quick, and so many that what is shown of paths is bounded: the page and the figures show some of them.
    let (few, many) = (peak(640), peak(1280));
    assert!(few > 0, "the system tells no peak");
    let growth = many.saturating_sub(few) * 1024 / 640;
    // Of 22 atoms at 48 frames with three numbers of eight bytes.
    let of_frames = 22 * 48 * 24;
    assert!(3 * growth < of_frames, "{few} kB with 640 paths, {many} kB with 1280: {growth} bytes a path");
}
