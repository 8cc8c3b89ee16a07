//! Whatever happens to a run, its artifacts are the same bytes in the end.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use geodyssey_tests::{command, contents, made_up_landscape, run, short};

/// A run of about a second or more, most of it metadynamics and sampling.
fn arguments(config: &str, out: &Path, threads: &str) -> Vec<String> {
    let fixed = ["run", config, "--threads", threads, "--out", out.to_str().expect("a path")].into_iter();
    let longer = if config.contains("neural") {
        vec!["--set", "denoiser.steps=1500", "--set", "denoiser.checkpoint_interval=100"]
    } else if config.contains("alanine") {
        vec![
            "--set",
            "landscape.sampling_time_ps=40",
            "--set",
            "sampling.duration_ps=20",
            "--set",
            "sampling.paths=20",
        ]
    } else if config.contains("ace-ala3") {
        vec![
            "--set",
            "landscape.replica_exchange.sampling_time_ps=30",
            "--set",
            "sampling.duration_ps=5",
            "--set",
            "sampling.paths=20",
        ]
    } else {
        Vec::new()
    };
    fixed.chain(short(config)).chain(longer).map(str::to_owned).collect()
}

/// Numbers in (0, 1) that look random and are always the same.
fn shares(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed;
    std::iter::from_fn(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((state >> 11) as f64 / (1_u64 << 53) as f64)
    })
}

#[track_caller]
fn assert_same(first: &Path, second: &Path) {
    let (first, second) = (contents(first), contents(second));
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    let differing: Vec<_> =
        first.iter().filter(|(name, bytes)| second[*name] != **bytes).map(|(name, _)| name).collect();
    assert!(differing.is_empty(), "{differing:?} differ");
}

#[test]
fn killed_runs_go_on_to_the_same_bytes_on_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for config in [
        "configs/alanine-dipeptide.toml",
        "configs/alanine-dipeptide-neural.toml",
        "configs/mueller-brown.toml",
        "configs/ace-ala3-nme.toml",
    ] {
        // Each name with a folder of its own: a landscape must not be taken over from the whole run.
        let whole = folder.path().join("whole").join("run");
        let killed = folder.path().join("killed").join("run");
        let started = Instant::now();
        run(arguments(config, &whole, "2")).exits_with(0);
        let duration = started.elapsed();
        let mut ended_early = 0;
        for share in shares(1).take(10) {
            let mut child = command(arguments(config, &killed, "1"))
                .stderr(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .expect("started");
            std::thread::sleep(duration.mul_f64(0.5 * share));
            ended_early += u32::from(child.try_wait().expect("asked").is_none());
            // SIGKILL: nothing of the process is left to tidy up.
            child.kill().expect("killed");
            child.wait().expect("ended");
        }
        assert!(ended_early >= 1, "{config}: no run was killed");
        run(arguments(config, &killed, "1")).exits_with(0);
        assert_same(&whole, &killed);
        std::fs::remove_dir_all(folder.path().join("whole")).expect("removed");
        std::fs::remove_dir_all(folder.path().join("killed")).expect("removed");
    }
}

/// A pressed Ctrl-C ends the run in order, and the same command finishes it.
#[cfg(unix)]
#[test]
fn an_interrupted_run_says_how_to_go_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = "configs/alanine-dipeptide.toml";
    let (whole, interrupted) = (folder.path().join("a").join("run"), folder.path().join("b").join("run"));
    run(arguments(config, &whole, "2")).exits_with(0);
    let child = command(arguments(config, &interrupted, "2"))
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    let begun = Instant::now();
    while !interrupted.join(".lock").exists() && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(100));
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
    let outcome: geodyssey_tests::Outcome = child.wait_with_output().expect("ended").into();
    outcome.exits_with(1).complains_of(&["interrupted", "give the same command again"]);
    run(arguments(config, &interrupted, "2")).exits_with(0);
    assert_same(&whole, &interrupted);
}

/// However long a block takes, Ctrl-C is answered at once, and what was done before is kept.
#[cfg(unix)]
#[test]
fn ctrl_c_waits_for_no_block() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run");
    let config = "configs/alanine-dipeptide.toml";
    // Every point of the curve takes minutes.
    let long = ["--set", "sampling.duration_ps=100000", "--threads", "2"];
    let fixed = ["run", config, "--out", out.to_str().expect("a path")].into_iter().chain(short(config));
    let child =
        command(fixed.chain(long)).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("started");
    let begun = Instant::now();
    while !out.join("geodesic.json").exists() && begun.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(500));
    let asked = Instant::now();
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
    let outcome: geodyssey_tests::Outcome = child.wait_with_output().expect("ended").into();
    outcome.exits_with(1).complains_of(&["interrupted", "give the same command again"]);
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    let again = run(arguments_of_short(config, &out)).exits_with(0);
    assert!(again.stderr.contains("landscape: up to date"), "{}", again.stderr);
}

#[cfg(unix)]
fn arguments_of_short(config: &str, out: &Path) -> Vec<String> {
    let fixed = ["run", config, "--out", out.to_str().expect("a path")].into_iter().chain(short(config));
    fixed.map(str::to_owned).collect()
}

/// Another run in the same directory writes over frames of the first. When the first goes on, it takes up none of them.
#[test]
fn frames_of_another_run_are_not_taken_up() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let landscape = made_up_landscape(folder.path());
    let arguments = |out: &Path, seed: &str| -> Vec<String> {
        let mut words =
            vec!["run".to_owned(), "configs/alanine-dipeptide.toml".to_owned(), "--threads=1".to_owned()];
        words.extend(["--seed".to_owned(), seed.to_owned(), "--out".to_owned(), out.display().to_string()]);
        let changes = [
            landscape.clone(),
            "geodesic.points=24".to_owned(),
            "geodesic.winding=[0,0]".to_owned(),
            "sampling.duration_ps=12".to_owned(),
            "sampling.equilibration_ps=0.1".to_owned(),
            "sampling.paths=40".to_owned(),
        ];
        words.extend(changes.into_iter().flat_map(|change| ["--set".to_owned(), change]));
        words
    };
    let (whole, broken) = (folder.path().join("whole").join("run"), folder.path().join("broken").join("run"));
    run(arguments(&whole, "1")).exits_with(0);

    // Killed once something is there.
    let until = |seed: &str, there: &dyn Fn() -> bool| {
        let mut child = command(arguments(&broken, seed))
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("started");
        let begun = Instant::now();
        while !there()
            && child.try_wait().expect("asked").is_none()
            && begun.elapsed() < Duration::from_secs(60)
        {
            std::thread::sleep(Duration::from_millis(2));
        }
        let running = child.try_wait().expect("asked").is_none();
        child.kill().expect("killed");
        child.wait().expect("gone");
        running
    };
    let checkpoint = |name: &str| broken.join(".checkpoints").join(format!("paths-{name}.bin"));
    let frames = || std::fs::read(checkpoint("path-0000-frames")).unwrap_or_default();
    assert!(until("1", &|| checkpoint("path-0000-finished").exists()), "it ended before it was killed");
    let own = frames();
    assert!(!own.is_empty());
    let is_overwritten = || frames().len() > 1000 && !own.starts_with(&frames()[..1000]);
    assert!(until("2", &is_overwritten), "it ended before it was killed");
    run(arguments(&broken, "1")).exits_with(0);
    assert_same(&whole, &broken);
}
