#!/usr/bin/env python3
"""Reads what `geodyssey export` wrote with ASE, chemfiles, mdtraj and NumPy and holds it against the run's own files.

usage: check-export.py RUN EXPORT [--stride N] [--aligned]

EXPORT holds files of any of the formats. Checked: paths.npz against all tables and XTC files of the run; paths.xyz (every path in
one file, those without atoms left out) and paths.csv against them too, energies in eV included; every other trajectory by chemfiles, frame by frame. With
--aligned, positions are compared by the distances between atoms, which no superposition changes, and the frames must lie on the
first one as well as mdtraj can lay them. Exit status 1 and a message name the first thing that is wrong.
"""

import argparse
import csv
import sys
import warnings
from pathlib import Path

import ase.io
import ase.units
import chemfiles
import mdtraj
import numpy as np

# XTC has 0.001 nm; PDB and GRO round once more.
ROUNDING_NM = {"npz": 2e-6, "xyz": 2e-6, "dcd": 2e-6, "trr": 2e-6, "xtc": 2e-6, "pdb": 6e-5, "gro": 6e-4}


def require(condition, message):
    if not condition:
        sys.exit(message)


def read_run(run, stride):
    """Name, table and positions (nm) of every path, forward ones first."""
    names = sorted((file.stem for file in (run / "paths").glob("*.csv")), key=lambda name: (name.startswith("backward"), name))
    paths = {}
    for name in names:
        with open(run / "paths" / f"{name}.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))[::stride]
        table = {column: np.array([float(row[column]) for row in rows]) for column in rows[0]}
        trajectory = run / "paths" / f"{name}.xtc"
        positions = mdtraj.load(str(trajectory), top=str(run / "topology.pdb")).xyz[::stride] if trajectory.exists() else None
        paths[name] = (table, positions)
    return paths


def with_atoms(paths):
    return {name: path for name, path in paths.items() if path[1] is not None}


def distances(positions):
    return np.linalg.norm(positions[..., :, None, :] - positions[..., None, :, :], axis=-1)


def check_positions(what, found, expected, extension, aligned):
    limit = ROUNDING_NM[extension]
    require(found.shape == expected.shape, f"{what}: {found.shape}, expected {expected.shape}")
    difference = np.abs(distances(found) - distances(expected)).max() / 2 if aligned else np.abs(found - expected).max()
    require(difference < 2 * limit, f"{what}: positions differ by {difference} nm")


def check_alignment(what, positions, reference, heavy):
    """No rigid motion brings a frame nearer to the reference over the heavy atoms."""
    topology = mdtraj.Topology()
    residue = topology.add_residue("MOL", topology.add_chain())
    for index in range(positions.shape[1]):
        topology.add_atom(str(index), mdtraj.element.carbon, residue)
    here = np.sqrt(((positions - reference)[:, heavy] ** 2).sum(-1).mean(-1))
    best = mdtraj.rmsd(mdtraj.Trajectory(positions, topology), mdtraj.Trajectory(reference, topology), atom_indices=heavy)
    require(np.abs(here - best).max() < 2e-3, f"{what}: frames are not superposed, off by up to {np.abs(here - best).max()} nm")


def check_arrays(file, paths, aligned):
    with np.load(file) as arrays:
        require(list(arrays["path_names"]) == list(paths), f"paths {list(arrays['path_names'])}")
        for index, (name, (table, positions)) in enumerate(paths.items()):
            count = arrays["frame_counts"][index]
            require(count == len(table["frame"]), f"{name}: {count} frames")
            require(bool(arrays["backward"][index]) == name.startswith("backward"), f"{name}: direction")
            for column, values in table.items():
                require(np.array_equal(arrays[column][index, :count], values), f"{name}: column {column}")
                padding = arrays[column][index, count:]
                require(np.all((padding == -1) | np.isnan(padding)), f"{name}: column {column} is not filled up")
            variables = np.stack([table[column] for column in arrays["variable_names"]], axis=-1)
            require(np.array_equal(arrays["variables"][index, :count], variables), f"{name}: variables")
            if positions is not None:
                check_positions(f"{file.name} {name}", arrays["positions_nm"][index, :count], positions, "npz", aligned)
            elif "positions_nm" in arrays:
                require(np.isnan(arrays["positions_nm"][index]).all(), f"{name}: positions of a path without atoms")
        lifted = any(positions is not None for _, positions in paths.values())
        for name in ("positions_nm", "elements", "atom_names"):
            require((name in arrays) == lifted, f"{file.name}: {name}")


def check_extended_xyz(file, paths, aligned, heavy):
    paths = with_atoms(paths)
    frames = ase.io.read(file, index=":")
    expected = [(name, row) for name, (table, _) in paths.items() for row in range(len(table["frame"]))]
    require(len(frames) == len(expected), f"{file.name}: {len(frames)} frames, expected {len(expected)}")
    for atoms, (name, row) in zip(frames, expected):
        table, positions = paths[name]
        require(atoms.info["path"] == name and atoms.info["frame"] == table["frame"][row], f"{file.name}: {atoms.info}")
        for column, values in table.items():
            require(np.isclose(atoms.info[column], values[row], rtol=1e-12, atol=1e-12), f"{file.name}: {column} {atoms.info}")
        if "potential_energy_kj_mol" in table:
            energy = table["potential_energy_kj_mol"][row] * ase.units.kJ / ase.units.mol
            require(abs(atoms.get_potential_energy() - energy) < 1e-6 * abs(energy) + 1e-9, f"{file.name}: energy of {name} {row}")
        else:
            require(atoms.calc is None, f"{file.name}: an energy of {name}, which has none")
        require(not atoms.pbc.any(), f"{file.name}: a box")
        check_positions(f"{file.name} {name} {row}", atoms.positions[None] / 10, positions[row:row + 1], "xyz", aligned)
    if aligned:
        stack = np.array([atoms.positions for atoms in frames], dtype=np.float32) / 10
        check_alignment(file.name, stack, stack[:1], heavy)
    table = file.with_suffix(".csv")
    if table.exists():
        with open(table, encoding="utf-8") as rows:
            found = [(row["path"], int(row["frame_of_path"])) for row in csv.DictReader(rows)]
        require(found == [(name, int(paths[name][0]["frame"][row])) for name, row in expected], f"{table.name} names other frames")


def check_trajectory(file, positions, aligned):
    with chemfiles.Trajectory(str(file)) as trajectory:
        frames = [trajectory.read() for _ in range(trajectory.nsteps)]
    if file.suffix == ".pdb":
        counts = [len(frames), len(ase.io.read(file, index=":")), mdtraj.load(str(file)).n_frames]
        require(counts == [len(positions)] * 3, f"{file.name}: chemfiles, ASE and mdtraj see {counts} frames")
    found = np.array([frame.positions for frame in frames]) / 10
    check_positions(file.name, found, positions, file.suffix[1:], aligned)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("export", type=Path)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--aligned", action="store_true")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    chemfiles.set_warnings_callback(lambda message: None)
    paths = read_run(arguments.run, arguments.stride)
    topology = arguments.run / "topology.pdb"
    heavy = mdtraj.load(str(topology)).topology.select("element != H") if topology.exists() else None
    files = sorted(file for file in arguments.export.iterdir() if file.suffix != ".csv" and not file.name.startswith("."))
    require(files, f"{arguments.export} is empty")
    for file in files:
        if file.suffix == ".npz":
            check_arrays(file, paths, arguments.aligned)
        elif file.name == "paths.xyz":
            check_extended_xyz(file, paths, arguments.aligned, heavy)
        elif file.stem == "paths":
            check_trajectory(file, np.concatenate([positions for _, positions in with_atoms(paths).values()]), arguments.aligned)
        else:
            check_trajectory(file, paths[file.stem][1], arguments.aligned)
    print(f"{len(files)} files of {len(paths)} paths are what the run holds")


if __name__ == "__main__":
    main()
