//! What `--help` says after the options: what a command reads and writes, examples, exit codes.

/// `geodyssey --help`.
pub(super) const PROGRAM: &str = "\
A run consists of stages: landscape, denoiser, geodesic, paths, report. Each reads what the earlier ones wrote into the
run directory and adds its own files; a stage that is up to date is skipped, and an interrupted run resumes where it stopped.

Examples:
  geodyssey check configs/alanine-dipeptide.toml       reads everything, computes nothing
  geodyssey run configs/alanine-dipeptide.toml         all stages; then open runs/alanine-dipeptide/report.html
  vmd -e runs/alanine-dipeptide/view.vmd               view the paths as a film
  geodyssey export runs/alanine-dipeptide --format pdb

Exit codes: 0 done, 1 failed, 2 wrong usage or input.
`geodyssey COMMAND --help` describes a command in detail; docs/reference/artifacts.md lists every file and column of a run.";

/// `geodyssey run --help`.
pub(super) const RUN: &str = "\
Writes into runs/NAME, where NAME is the configuration's file name, or into --out: report.html (look here first), summary.json
(all numbers), paths/ (a trajectory and a table for each path), plots/, view.vmd and view.pml.
docs/reference/artifacts.md lists every file and column.

Several configurations run one after the other; what they have in common, such as the landscape, is computed once. Ctrl-C stops
the run within two seconds; the same command resumes from the last checkpoint and ends with the same bytes. Files that were not
made by a run are never replaced: if one is in the way, or if the directory contains the run of another configuration (unless
--force is given), the command is refused.

Examples:
  geodyssey run configs/alanine-dipeptide.toml
  geodyssey run configs/alanine-dipeptide.toml --set sampling.paths=8 --seed 2 --out runs/short
  geodyssey run configs/alanine-dipeptide.toml configs/alanine-dipeptide-straight.toml --threads 4
  geodyssey run configs/mueller-brown.toml --json > result.json

Exit codes: 0 done; 1 a stage failed or the run was interrupted; 2 wrong usage or an invalid configuration.";

/// `geodyssey check --help`.
pub(super) const CHECK: &str = "\
Reads the configuration and all files that it names, looks for mistakes, and reports what would be computed: atoms, variables,
states, steps, forces that are ignored, memory, and how long the energy evaluations take on this machine. `run` accepts whatever
`check` accepts.

Examples:
  geodyssey check configs/alanine-dipeptide.toml
  geodyssey check configs/alanine-dipeptide.toml --set constraint.0.log_snr_floor=2.5 --json

Exit codes: 0 the configuration can be run; 2 it cannot, and the message gives the file, the line and what was expected.";

/// `geodyssey energy --help`.
pub(super) const ENERGY: &str = "\
Energies are in kJ/mol, forces in kJ/mol/nm. The terms of the force field have their names in the System XML.

Examples:
  geodyssey energy --system amber.xml --topology topology.pdb
  geodyssey energy --system amber.xml --topology topology.pdb paths/path-0000.xtc --json --forces

Exit codes: 0 done; 2 a file that cannot be read or does not match the others.";

/// `geodyssey posterior --help`.
pub(super) const POSTERIOR: &str = "\
Prints, for every row of the table, the mean and variance of the variables given the noisy sample, the expectation parameter, the
Fisher metric, and the log of the normaliser if the denoiser is exact. Positions are in the landscape's units, radian for torsions.

Example:
  printf 'log_snr,x\\n3.0,-2.3\\n' > points.csv && geodyssey posterior configs/mixture-1d.toml points.csv --json

Exit codes: 0 done, 1 failed, 2 wrong usage or input.";

/// `geodyssey landscape --help`.
pub(super) const LANDSCAPE: &str = "\
Writes landscape.csv, the energy as a function of the variables, and landscape.json, how it was computed.

Example:
  geodyssey landscape configs/alanine-dipeptide.toml --threads 2

Exit codes: 0 done; 1 failed or interrupted; 2 wrong usage or an invalid configuration.";

/// `geodyssey train --help`.
pub(super) const TRAIN: &str = "\
Writes denoiser/weights.safetensors, denoiser/record.json and the loss during training; nothing if the configuration uses the
exact denoiser. `geodyssey diagnose` reports how accurate the result is.

Example:
  geodyssey train configs/alanine-dipeptide-neural.toml

Exit codes: 0 done; 1 failed or interrupted; 2 wrong usage or an invalid configuration.";

/// `geodyssey geodesic --help`.
pub(super) const GEODESIC: &str = "\
Writes geodesic.csv, the curve through spacetime, and geodesic.json with its length, all windings and the constraints.

Example:
  geodyssey geodesic configs/alanine-dipeptide.toml --set geodesic.choose=shortest --out runs/shortest

Exit codes: 0 done; 1 failed or interrupted; 2 wrong usage or an invalid configuration.";

/// `geodyssey sample --help`.
pub(super) const SAMPLE: &str = "\
Writes paths/ and paths.csv, but no figures and no report.

Example:
  geodyssey sample configs/alanine-dipeptide.toml --set sampling.paths=64

Exit codes: 0 done; 1 failed or interrupted; 2 wrong usage or an invalid configuration.";

/// `geodyssey diagnose --help`.
pub(super) const DIAGNOSE: &str = "\
Compares the denoiser with the exact one of the landscape, or of the samples' kernel density, and writes diagnose/: a verdict in
words, tables and figures.

Examples:
  geodyssey diagnose configs/alanine-dipeptide-neural.toml
  geodyssey diagnose configs/alanine-dipeptide-neural.toml --strict && echo good

Exit codes: 0 done; 1 failed, or with --strict a bad verdict; 2 wrong usage or an invalid configuration.";

/// `geodyssey committor --help`.
pub(super) const COMMITTOR: &str = "\
From every structure free trajectories with fresh velocities run until they reach the start or the end state; the share that
reaches the end state first is its committor. Where it is undecided, more are run ([committor] in the configuration). Without
structures, those held at the lowest barrier of the landscape and frames of the led paths are taken. Writes committor.csv (or
structures-committor.csv), the same as .json, and structures with a committor near one half as transition-states.pdb and .xtc.

Examples:
  geodyssey committor configs/alanine-dipeptide-free.toml
  geodyssey committor configs/alanine-dipeptide-free.toml structure.pdb trajectory.xtc --stride 10

Exit codes: 0 done, 1 failed, 2 wrong usage or input.";

/// `geodyssey export --help`.
pub(super) const EXPORT: &str = "\
Writes RUN/export/path-0000.FORMAT and so on, or into --out; only files of earlier exports are replaced. Frames are numbered as in
the run, 1 ps apart: the frame number is a position along the path, not a physical time.

extxyz: a line of key=value pairs before each frame: energy (potential energy in eV, as ASE reads it), path, frame, arc_length and the
other columns of the path's table, with their units in their names. npz: positions_nm, variables, energies and works of all paths
as arrays [path, frame, …], padded with NaN; a run without a molecule can be exported only as npz. Of the paths on a molecule's
landscape only those that were given atoms (sampling.lifted_paths) are exported in the other formats; npz has them all.

Examples:
  geodyssey export runs/alanine-dipeptide --format pdb --path 0,5 --stride 2
  geodyssey export runs/alanine-dipeptide --format extxyz --every-path-in-one-file --align
  geodyssey export runs/alanine-dipeptide --format npz --align=all --out arrays

Exit codes: 0 done; 1 a file cannot be written; 2 wrong usage, no such path, a directory that is not a run, or a run whose files were changed.";

/// `geodyssey completions --help`.
pub(super) const COMPLETIONS: &str = "\
Examples:
  geodyssey completions bash > ~/.local/share/bash-completion/completions/geodyssey
  geodyssey completions zsh > ~/.zfunc/_geodyssey
  geodyssey completions fish > ~/.config/fish/completions/geodyssey.fish

Exit codes: 0 done, 2 no such shell.";
