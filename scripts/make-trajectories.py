#!/usr/bin/env python3
"""Writes the same few frames with mdtraj, MDAnalysis, chemfiles and ASE, in every format each of them has, for the readers' tests.

    make-trajectories.py TOPOLOGY.pdb FOLDER

Prints a line for each file: its name, how many frames it holds, and the largest error (nm) that its format's rounding may cause.
The frames are written to FOLDER/frames.txt too: number of frames and atoms, then x y z in nm, one atom a line.
"""

import sys
import warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")
FRAMES = 7
SINGLE = 2e-6  # single precision at a few nm
THOUSANDTH = 6e-4  # XTC and GRO round to 0.001 nm
PDB = 6e-5
# A truncated octahedron, as GROMACS and AMBER use it.
LENGTHS, ANGLES = [3.0, 3.0, 3.0], [109.4712190, 109.4712190, 109.4712190]


def frames(start):
    """Frames of any atoms: the structure, distorted smoothly, some nm from the origin on either side."""
    time = np.arange(FRAMES)[:, None, None]
    index = np.arange(start.size).reshape(start.shape)
    return start[None] + 0.2 * np.sin(0.7 * time + 1.3 * index) - 0.4 * time


def with_mdtraj(topology, positions, folder, said):
    import mdtraj

    top = mdtraj.load(str(topology)).topology
    bare = mdtraj.Trajectory(positions, top, time=np.arange(FRAMES))
    cell = mdtraj.Trajectory(positions, top, np.arange(FRAMES), [LENGTHS] * FRAMES, [ANGLES] * FRAMES)
    for name, trajectory in [("bare", bare), ("cell", cell)]:
        for extension, error in [("xtc", THOUSANDTH), ("trr", SINGLE), ("dcd", SINGLE), ("pdb", PDB), ("gro", THOUSANDTH), ("xyz", PDB)]:
            trajectory.save(str(folder / f"mdtraj-{name}.{extension}"))
            said(f"mdtraj-{name}.{extension}", FRAMES, error)
    precise = folder / "mdtraj-precise.gro"
    bare.save_gro(str(precise), precision=6)
    said(precise.name, FRAMES, SINGLE)


def with_mdanalysis(topology, positions, folder, said):
    import MDAnalysis

    universe = MDAnalysis.Universe(str(topology), np.asarray(10 * positions, dtype=np.float32), order="fac")
    for extension, error in [("xtc", THOUSANDTH), ("trr", SINGLE), ("dcd", SINGLE), ("xyz", 1e-5), ("pdb", PDB)]:
        path = folder / f"mdanalysis.{extension}"
        universe.atoms.write(str(path), frames="all")
        said(path.name, FRAMES, error)
    # Velocities and forces in some frames, positions only in every third, as `nstxout = 3 nstvout` makes it.
    universe = MDAnalysis.Universe(str(topology), np.asarray(10 * positions, dtype=np.float32), order="fac", velocities=np.ones_like(positions))
    with MDAnalysis.Writer(str(folder / "mdanalysis-mixed.trr"), len(universe.atoms)) as writer:
        for step in universe.trajectory:
            step.has_positions = step.frame % 3 == 0
            step.has_velocities = True
            writer.write(universe.atoms)
    said("mdanalysis-mixed.trr", len(range(0, FRAMES, 3)), SINGLE)


def with_chemfiles(topology, positions, folder, said):
    import chemfiles

    chemfiles.set_warnings_callback(lambda _: None)
    top = chemfiles.Trajectory(str(topology)).read().topology
    for extension, error in [("xtc", THOUSANDTH), ("trr", SINGLE), ("dcd", SINGLE), ("gro", THOUSANDTH), ("xyz", 1e-5), ("nc", SINGLE)]:
        path = folder / f"chemfiles.{extension}"
        with chemfiles.Trajectory(str(path), "w") as trajectory:
            for frame in positions:
                written = chemfiles.Frame()
                written.resize(len(frame))
                written.topology = top
                written.positions[:] = 10 * frame
                written.cell = chemfiles.UnitCell([10 * x for x in LENGTHS], ANGLES)
                trajectory.write(written)
        said(path.name, FRAMES, error)


def with_ase(topology, positions, folder, said):
    import ase.io

    atoms = ase.io.read(str(topology))
    images = []
    for frame in positions:
        image = atoms.copy()
        image.positions = 10 * frame
        image.set_cell([10 * x for x in LENGTHS] + ANGLES)
        image.pbc = True
        images.append(image)
    ase.io.write(str(folder / "ase.extxyz"), images)
    said("ase.extxyz", FRAMES, 1e-8)


def main():
    topology, folder = Path(sys.argv[1]), Path(sys.argv[2])
    import mdtraj

    positions = frames(mdtraj.load(str(topology)).xyz[0].astype(float))
    with open(folder / "frames.txt", "w") as out:
        print(FRAMES, positions.shape[1], file=out)
        np.savetxt(out, positions.reshape(-1, 3), fmt="%.17g")

    def said(name, count, error):
        print(name, count, error)

    for write in [with_mdtraj, with_mdanalysis, with_chemfiles, with_ase]:
        write(topology, positions, folder, said)


main()
