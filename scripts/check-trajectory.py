#!/usr/bin/env python3
"""Reads trajectory files with mdtraj and MDAnalysis and compares what they see.

usage: check-trajectory.py topology.pdb FILE... [--torsion 4,6,8,14]... [--frames N]

Checked for every file, in both programs: the number of atoms; their names, elements and order where the file has them;
bonds of a PDB; the number of frames (all files alike, N if given); positions finite and equal; no box; times (and steps
where the format has them) strictly increasing, 1 ps apart. The torsions that mdtraj computes go to the standard
output as CSV, one row a frame, radian. Exit status 1 and a message name the first thing that is wrong.
"""

import argparse
import csv
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import mdtraj
import MDAnalysis
import numpy as np

# Largest difference of a coordinate between the two programs, nm: rounding of single precision.
AGREEMENT_NM = 2e-5


def main():
    arguments = parse_arguments()
    warnings.simplefilter("ignore")
    # Readers written in C print to the standard output by themselves: they get the standard error instead.
    table = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    output = csv.writer(table, lineterminator="\n")
    names = ["torsion_" + "_".join(map(str, torsion)) + "_rad" for torsion in arguments.torsion]
    output.writerow(["file", "frame", "time_ps", *names])
    expected_frames = arguments.frames
    # MDAnalysis leaves an index beside what it reads, so it gets copies.
    with tempfile.TemporaryDirectory() as folder:
        topology = shutil.copy(arguments.topology, folder)
        for path in arguments.files:
            (copy_folder := Path(folder) / "copy").mkdir(exist_ok=True)
            trajectory = check(topology, Path(shutil.copy(path, copy_folder)), path)
            if expected_frames is None:
                expected_frames = trajectory.n_frames
            require(path, trajectory.n_frames == expected_frames, f"{trajectory.n_frames} frames, not {expected_frames}")
            torsions = mdtraj.compute_dihedrals(trajectory, arguments.torsion) if arguments.torsion else []
            for frame in range(trajectory.n_frames):
                values = [f"{value:.7f}" for value in torsions[frame]] if arguments.torsion else []
                output.writerow([path, frame, f"{trajectory.time[frame]:g}", *values])


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("topology")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--torsion", action="append", default=[], help="four atom indices from 0, with commas",
                        type=lambda text: [int(index) for index in text.split(",")])
    parser.add_argument("--frames", type=int, help="number of frames that every file must have")
    return parser.parse_args()


def check(topology, path, shown):
    """Both programs' view of one file; mdtraj's trajectory."""
    reference = mdtraj.load(topology)
    try:
        ours = mdtraj.load(str(path)) if path.suffix == ".pdb" else mdtraj.load(str(path), top=topology)
        theirs = MDAnalysis.Universe(str(path)) if path.suffix == ".pdb" else MDAnalysis.Universe(topology, str(path))
        frames = [(step.positions / 10.0, step.time, step.data.get("step"), step.dimensions) for step in theirs.trajectory]
    except Exception as error:  # whatever a foreign reader raises is the finding
        sys.exit(f"{shown}: {type(error).__name__}: {error}")
    atoms = reference.n_atoms
    require(shown, ours.n_atoms == atoms and theirs.atoms.n_atoms == atoms, f"not {atoms} atoms")
    if path.suffix in (".pdb", ".gro"):
        check_names(shown, reference.topology, ours.topology, theirs)
    # MDAnalysis reads the first frame of a GRO file only.
    expected = 1 if path.suffix == ".gro" else ours.n_frames
    require(shown, len(frames) == expected, f"MDAnalysis sees {len(frames)} frames, mdtraj {ours.n_frames}")
    require(shown, np.isfinite(ours.xyz).all(), "positions that are not finite")
    require(shown, ours.unitcell_vectors is None, "mdtraj sees a box")
    require(shown, np.allclose(np.diff(ours.time), 1.0, atol=1e-4), f"times in mdtraj: {ours.time}")
    for index, (positions, _, _, box) in enumerate(frames):
        difference = np.abs(positions - ours.xyz[index]).max()
        require(shown, difference < AGREEMENT_NM, f"frame {index}: the programs differ by {difference} nm")
        require(shown, box is None or not np.any(box[:3]), f"frame {index}: MDAnalysis sees a box {box}")
    times = np.array([time for _, time, _, _ in frames])
    require(shown, np.allclose(np.diff(times), 1.0, atol=1e-4), f"times in MDAnalysis: {times}")
    steps = [step for _, _, step, _ in frames if step is not None]
    require(shown, all(a < b for a, b in zip(steps, steps[1:])), f"steps in MDAnalysis: {steps}")
    return ours


def check_names(shown, reference, ours, theirs):
    def describe(topology):
        return [(atom.name, atom.element.symbol, atom.residue.name, atom.residue.resSeq) for atom in topology.atoms]

    require(shown, describe(reference) == describe(ours), "mdtraj sees other atoms than in the topology")
    names = [atom.name for atom in reference.atoms]
    require(shown, list(theirs.atoms.names) == names, "MDAnalysis sees other atoms than in the topology")
    if shown.endswith(".pdb"):
        bonds = {tuple(sorted((a.index, b.index))) for a, b in reference.bonds}
        seen = {tuple(sorted((a.index, b.index))) for a, b in ours.bonds}
        require(shown, bonds == seen, f"mdtraj sees other bonds than in the topology: {bonds ^ seen}")
        seen = {tuple(sorted(map(int, bond.indices))) for bond in theirs.bonds}
        require(shown, bonds == seen, f"MDAnalysis sees other bonds than mdtraj: {bonds ^ seen}")


def require(shown, condition, message):
    if not condition:
        sys.exit(f"{shown}: {message}")


if __name__ == "__main__":
    main()
