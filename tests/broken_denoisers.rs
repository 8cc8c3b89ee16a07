//! Denoisers that cannot be, and curves that cannot be solved with them: exit code 2 before anything is computed.

use std::path::Path;

use geodyssey_tests::{Outcome, contents, run, short};

const ALANINE: &str = "configs/alanine-dipeptide.toml";

fn with(config: &str, out: &Path, changes: &[&str]) -> Outcome {
    let mut arguments = vec!["run", config, "--out", out.to_str().expect("a path")];
    arguments.extend(short(config));
    changes.iter().for_each(|change| arguments.extend(["--set", change]));
    run(arguments)
}

/// Exit code 2, these words, and no artifact.
#[track_caller]
fn refused(config: &str, changes: &[&str], texts: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    with(config, &out, changes).exits_with(2).complains_of(texts);
    assert!(!out.exists() || contents(&out).is_empty(), "artifacts were written");
}

#[test]
fn names_that_are_not_there() {
    refused(
        ALANINE,
        &["denoiser.kind=neurall"],
        &["unknown value `neurall`", "did you mean `neural`", "random-features"],
    );
    refused(
        "configs/alanine-dipeptide-neural.toml",
        &["denoiser.learning_rat=0.1"],
        &["unknown key `learning_rat`", "did you mean `learning_rate`"],
    );
    refused(
        "configs/alanine-dipeptide-random-features.toml",
        &["denoiser.feature=100"],
        &["unknown key `feature`", "did you mean `features`"],
    );
    refused(ALANINE, &["denoiser.kind=neural", "denoiser.targets=means"], &["`means`", "posterior-mean"]);
    refused(ALANINE, &["denoiser.steps=100"], &["unknown key `steps`"]);
}

#[test]
fn numbers_that_make_no_sense() {
    let neural = |change, texts: &[&str]| refused(ALANINE, &["denoiser.kind=neural", change], texts);
    neural("denoiser.steps=0", &["`steps`", "at least 1", "--set denoiser.steps=0"]);
    neural("denoiser.learning_rate=-1", &["`learning_rate`", "positive"]);
    neural("denoiser.broadening=0.5", &["at least 1"]);
    neural("denoiser.log_snr_range=[5, -4]", &["smallest logSNR first"]);
    neural("denoiser.log_snr_range=[-4, 5000]", &["within ±50"]);
    neural("denoiser.width=4000000000", &["`width`", "at most"]);
    neural("denoiser.hidden_layers=100000000000", &["`hidden_layers`", "at most"]);
    let features = |change, texts: &[&str]| {
        refused(ALANINE, &["denoiser.kind=random-features", change], texts);
    };
    features("denoiser.ridge=0", &["`ridge` is 0", "--set denoiser.ridge=0"]);
    features("denoiser.training_time=-1", &["`training_time` is -1", "--set denoiser.training_time=-1"]);
    features("denoiser.pairs=3", &["`pairs` (3) must be more", "--set denoiser.pairs=3"]);
}

#[test]
fn curves_outside_the_range_of_the_training() {
    let range = "denoiser.log_snr_range=[-4, 3.9]";
    for kind in ["denoiser.kind=neural", "denoiser.kind=random-features"] {
        refused(ALANINE, &[kind, range], &["logSNR 4", "outside the range", "-4 to 3.9"]);
    }
    refused(
        "configs/alanine-dipeptide-tent.toml",
        &["denoiser.kind=neural", "denoiser.log_snr_range=[1, 5]"],
        &["logSNR 0", "outside the range"],
    );
}

#[test]
fn a_gpu_that_this_build_cannot_use() {
    refused(ALANINE, &["denoiser.kind=neural", "denoiser.device=gpu"], &["no GPU", "--features wgpu"]);
}

#[test]
fn constraints_that_a_learned_denoiser_cannot_answer_for() {
    let region = "configs/alanine-dipeptide-region-avoidance.toml";
    refused(region, &["denoiser.kind=neural"], &["normaliser", "conservative = true"]);
    refused(region, &["denoiser.kind=random-features"], &["normaliser", "kind = \"neural\""]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("alanine-ceiling.toml");
    let text = std::fs::read_to_string(geodyssey_tests::repository().join(ALANINE)).expect("a configuration");
    let system = geodyssey_tests::repository().join("systems");
    let text = text
        .replace("log_snr_floor = 3.5", "ceiling_kj_mol = 40")
        .replace("low-variance", "energy-ceiling")
        .replace("../systems", system.to_str().expect("a path"));
    std::fs::write(&config, text).expect("written");
    let (config, out) = (config.display().to_string(), folder.path().join("out"));
    let arguments = ["run", &config, "--out", out.to_str().expect("a path"), "--set", "denoiser.kind=neural"];
    run(arguments).exits_with(2).complains_of(&["energy-ceiling", "mixture"]);
    assert!(!out.exists(), "artifacts were written");
}

#[test]
fn what_is_impossible_is_known_before_the_landscape() {
    refused(ALANINE, &["geodesic.winding=[0, 0, 1]"], &["2 whole numbers"]);
    refused(
        "configs/mueller-brown.toml",
        &["geodesic.winding=[0, 1]"],
        &["0 where a variable has no period"],
    );
    refused(ALANINE, &["constraint.0.log_snr_floor=4.5"], &["logSNR ≥ 4.5", "the start", "logSNR 4"]);
    refused(ALANINE, &["constraint.0.log_snr_floor=nan"], &["log_snr_floor", "finite"]);
    refused(ALANINE, &["geodesic.log_snr_min=nan"], &["finite number"]);
    refused(
        "configs/alanine-dipeptide-region-avoidance.toml",
        &["constraint.1.center=[-140, 150]"],
        &["contains one of the two states"],
    );
}

#[test]
fn weights_of_another_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("mixture");
    let features = ["denoiser.kind=random-features", "denoiser.features=20", "denoiser.pairs=400"];
    let mut arguments = vec!["train", "configs/mixture-1d.toml", "--out", out.to_str().expect("a path")];
    arguments.extend(short("configs/mixture-1d.toml"));
    features.iter().for_each(|change| arguments.extend(["--set", change]));
    run(arguments).exits_with(0);
    let weights = format!("denoiser.weights={}", out.join("denoiser/weights.safetensors").display());
    refused(
        ALANINE,
        &["denoiser.kind=random-features", &weights],
        &["weights.safetensors", "the variables x, expected phi, psi"],
    );
    refused(
        "configs/mixture-1d.toml",
        &["denoiser.kind=neural", &weights],
        &["kind random-features, expected neural"],
    );
    refused(
        "configs/mixture-1d.toml",
        &["denoiser.kind=random-features", &weights, "geodesic.log_snr=6"],
        &["logSNR 6", "outside the range"],
    );
    let damaged = folder.path().join("damaged.safetensors");
    std::fs::write(&damaged, b"not weights").expect("written");
    let damaged = format!("denoiser.weights={}", damaged.display());
    refused(
        "configs/mixture-1d.toml",
        &["denoiser.kind=random-features", &damaged],
        &["damaged.safetensors"],
    );
    // Where they fit, they are used as they are.
    let again = folder.path().join("again");
    with("configs/mixture-1d.toml", &again, &["denoiser.kind=random-features", &weights]).exits_with(0);
    let read = |folder: &Path| std::fs::read(folder.join("denoiser/weights.safetensors")).expect("weights");
    assert_eq!(read(&out), read(&again));
}
