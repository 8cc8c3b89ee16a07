//! What `--help` says after the options: what a command reads and writes, examples, exit codes.

/// `geodyssey --help`.
pub(super) const PROGRAM: &str = "\
A run goes through stages: system, landscape, denoiser, geodesic, paths, report. Each reads what the earlier ones wrote into
the run directory and writes its own; a stage that is up to date is skipped, and an interrupted run goes on where it stopped.

Examples:
  geodyssey check configs/alanine-dipeptide.toml       reads everything, computes nothing
  geodyssey run configs/alanine-dipeptide.toml         all stages; then open runs/alanine-dipeptide/report.html
  vmd -e runs/alanine-dipeptide/view.vmd               the paths as a film
  geodyssey export runs/alanine-dipeptide --format pdb

Exit codes: 0 done, 1 failed, 2 wrong usage or input.
`geodyssey COMMAND --help` says more of each command; docs/reference/artifacts.md names every file and column of a run.";

/// `geodyssey run --help`.
pub(super) const RUN: &str = "\
Writes into runs/NAME, NAME being the configuration's file name, or into --out: report.html (look here first), summary.json
(all numbers), paths/ (a trajectory and a table for each path), plots/, view.vmd and view.pml.
docs/reference/artifacts.md names every file and column.

Several configurations run one after the other; what two have in common, such as the landscape, is computed once. Ctrl-C ends the
run within two seconds; the same command goes on from the last checkpoint and ends with the same bytes. Files that no run made are
never replaced: where one stands in the way, or the directory holds the run of another configuration (unless --force is given), the
command is refused.

Examples:
  geodyssey run configs/alanine-dipeptide.toml
  geodyssey run configs/alanine-dipeptide.toml --set sampling.paths=8 --seed 2 --out runs/short
  geodyssey run configs/alanine-dipeptide.toml configs/alanine-dipeptide-straight.toml --threads 4
  geodyssey run configs/mueller-brown.toml --json > result.json

Exit codes: 0 done; 1 a stage failed or the run was interrupted; 2 wrong usage or a wrong configuration.";

/// `geodyssey check --help`.
pub(super) const CHECK: &str = "\
Reads the configuration and all files that it names, looks for mistakes, and says what would be computed: atoms, variables,
states, steps, forces that are ignored, memory, and how long the energy evaluations take on this machine. What it lets pass, `run`
does not refuse.

Examples:
  geodyssey check configs/alanine-dipeptide.toml
  geodyssey check configs/alanine-dipeptide.toml --set constraint.0.log_snr_floor=2.5 --json

Exit codes: 0 the configuration can be run; 2 it cannot, and the message names file, line and what was expected.";

/// `geodyssey energy --help`.
pub(super) const ENERGY: &str = "\
Energies are in kJ/mol, forces in kJ/mol/nm. Each term of the force field is named as in the System XML.

Examples:
  geodyssey energy --system amber.xml --topology topology.pdb
  geodyssey energy --system amber.xml --topology topology.pdb paths/path-0000.xtc --json --forces

Exit codes: 0 done; 2 a file that cannot be read, or one that does not fit the others.";

/// `geodyssey posterior --help`.
pub(super) const POSTERIOR: &str = "\
For every row of the table: mean and variance of the variables given the noisy sample, the expectation parameter, the Fisher
metric, and the log of the normaliser where the denoiser is exact. Positions are in the landscape's units, radian for torsions.

Example:
  printf 'log_snr,x\\n3.0,-2.3\\n' > points.csv && geodyssey posterior configs/mixture-1d.toml points.csv --json

Exit codes: 0 done, 1 failed, 2 wrong usage or input.";

/// `geodyssey landscape --help`.
pub(super) const LANDSCAPE: &str = "\
Writes landscape.csv, the energy over the variables, and landscape.json, how it came about.

Example:
  geodyssey landscape configs/alanine-dipeptide.toml --threads 2

Exit codes: 0 done; 1 failed or interrupted; 2 wrong usage or a wrong configuration.";

/// `geodyssey train --help`.
pub(super) const TRAIN: &str = "\
Writes denoiser/weights.safetensors, denoiser/record.json and the loss during the training; nothing where the configuration asks
for the exact denoiser. `geodyssey diagnose` says how good the result is.

Example:
  geodyssey train configs/alanine-dipeptide-neural.toml

Exit codes: 0 done; 1 failed or interrupted; 2 wrong usage or a wrong configuration.";

/// `geodyssey geodesic --help`.
pub(super) const GEODESIC: &str = "\
Writes geodesic.csv, the curve through spacetime, and geodesic.json with its length, all ways round the periods and the
constraints.

Example:
  geodyssey geodesic configs/alanine-dipeptide.toml --set geodesic.choose=shortest --out runs/shortest

Exit codes: 0 done; 1 failed or interrupted; 2 wrong usage or a wrong configuration.";

/// `geodyssey sample --help`.
pub(super) const SAMPLE: &str = "\
Writes paths/ and paths.csv, but no figures and no report.

Example:
  geodyssey sample configs/alanine-dipeptide.toml --set sampling.paths=64

Exit codes: 0 done; 1 failed or interrupted; 2 wrong usage or a wrong configuration.";

/// `geodyssey diagnose --help`.
pub(super) const DIAGNOSE: &str = "\
Holds the denoiser against the exact one of the landscape, or of the samples' kernel density, and writes diagnose/: a verdict in
words, tables and figures.

Examples:
  geodyssey diagnose configs/alanine-dipeptide-neural.toml
  geodyssey diagnose configs/alanine-dipeptide-neural.toml --strict && echo good

Exit codes: 0 done; 1 failed, or with --strict a bad verdict; 2 wrong usage or a wrong configuration.";

/// `geodyssey export --help`.
pub(super) const EXPORT: &str = "\
Writes RUN/export/path-0000.FORMAT and so on, or --out's folder; files of earlier exports are replaced, no others. Frames are numbered as in the run, 1 ps apart: the frame number is
a place along the path, not a physical time.

extxyz: one line of key=value before each frame: energy (potential energy in eV, as ASE reads it), path, frame, arc_length and the
other columns of the path's table, with their units in their names. npz: positions_nm, variables, energies and works of all paths
as arrays [path, frame, …], filled up with NaN; a run without a molecule can be exported as npz only. Of paths on a molecule's
landscape only those that were lifted to atoms (sampling.lifted_paths) are exported in the other formats; npz has all.

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
