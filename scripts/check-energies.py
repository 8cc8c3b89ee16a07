#!/usr/bin/env python3
"""Holds the paths of a finished run against OpenMM, mdtraj and MDAnalysis.

    scripts/check-energies.py RUN SYSTEM.xml [--variable NAME=i,j,k,l ...] [--paths N]

For every trajectory RUN/paths/*.xtc: mdtraj and MDAnalysis read the same atoms and frames as the CSV beside it has rows; OpenMM's
potential energy of each frame agrees with the CSV's within what the rounding of XTC to 0.001 nm explains; torsions by mdtraj agree
with the CSV's columns.

Rounding moves each coordinate by d, evenly spread over a width w = 0.001 nm, so that to second order the energy changes by
-F.d + d.H.d/2, with mean tr(H) w^2/24 and a variance of about |F|^2 w^2/12 + |H|^2 w^4/288. A deviation beyond five standard
deviations plus 0.05 kJ/mol is a failure. Needs numpy, openmm, mdtraj and MDAnalysis.
"""

import argparse
import csv
import glob
import os
import sys
import warnings

import MDAnalysis
import mdtraj
import numpy as np
import openmm

WIDTH_NM = 0.001
# Rounding turns a torsion by about 0.007 rad (0.0003 nm at each of four atoms, 0.1 nm off the axis); this is seven times that.
ANGLE_LIMIT_RAD = 0.05


def energy_and_forces(context, positions):
    context.setPositions(positions)
    state = context.getState(getEnergy=True, getForces=True)
    energy = state.getPotentialEnergy()._value
    return energy, np.array(state.getForces(asNumpy=True)._value)


def hessian(context, positions, step=1e-4):
    columns = []
    for index in range(positions.size):
        shift = np.zeros(positions.size)
        shift[index] = step
        plus = energy_and_forces(context, positions + shift.reshape(-1, 3))[1]
        minus = energy_and_forces(context, positions - shift.reshape(-1, 3))[1]
        columns.append(-(plus - minus).ravel() / (2 * step))
    return np.array(columns)


def wrapped(difference):
    return (difference + np.pi) % (2 * np.pi) - np.pi


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("system")
    parser.add_argument("--variable", action="append", default=[], help="CSV column and its four atom indices: phi_rad=4,6,8,14")
    parser.add_argument("--paths", type=int, help="only the first N trajectories")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")

    with open(arguments.system, encoding="utf-8") as file:
        system = openmm.XmlSerializer.deserialize(file.read())
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    topology = os.path.join(arguments.run, "topology.pdb")
    variables = {name: [int(i) for i in atoms.split(",")] for name, atoms in (v.split("=") for v in arguments.variable)}

    files = sorted(glob.glob(os.path.join(arguments.run, "paths", "*.xtc")))[: arguments.paths]
    if not files:
        sys.exit(f"no trajectory in {arguments.run}/paths")
    failures, frames, worst_energy, worst_score, worst_angle = [], 0, 0.0, 0.0, 0.0
    for name in files:
        with open(name[:-4] + ".csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        by_mdtraj = mdtraj.load(name, top=topology)
        by_mdanalysis = MDAnalysis.Universe(topology, name)
        if not by_mdtraj.n_frames == len(by_mdanalysis.trajectory) == len(rows):
            failures.append(f"{name}: {by_mdtraj.n_frames} frames by mdtraj, {len(rows)} rows")
            continue
        if [a.name for a in by_mdtraj.topology.atoms] != list(by_mdanalysis.atoms.names) or by_mdtraj.n_atoms != system.getNumParticles():
            failures.append(f"{name}: atoms differ")
        for index, snapshot in enumerate(by_mdanalysis.trajectory):
            if np.abs(snapshot.positions / 10 - by_mdtraj.xyz[index]).max() > 1e-5:
                failures.append(f"{name}: frame {index} differs between mdtraj and MDAnalysis")
        for column, atoms in variables.items():
            ours = np.array([float(row[column]) for row in rows])
            theirs = mdtraj.compute_dihedrals(by_mdtraj, [atoms])[:, 0]
            worst_angle = max(worst_angle, np.abs(wrapped(ours - theirs)).max())
        middle = np.round(by_mdtraj.xyz[len(rows) // 2].astype(float), 3)
        curvature = hessian(context, middle)
        for index, row in enumerate(rows):
            positions = np.round(by_mdtraj.xyz[index].astype(float), 3)
            energy, forces = energy_and_forces(context, positions)
            shift = energy - float(row["potential_energy_kj_mol"]) - np.trace(curvature) * WIDTH_NM**2 / 24
            spread = np.sqrt((forces**2).sum() * WIDTH_NM**2 / 12 + (curvature**2).sum() * WIDTH_NM**4 / 288)
            frames += 1
            worst_energy, worst_score = max(worst_energy, abs(shift)), max(worst_score, abs(shift) / spread)
            if abs(shift) > 5 * spread + 0.05:
                failures.append(f"{name}: frame {index}: {shift:.3f} kJ/mol, rounding explains {spread:.3f}")
    if worst_angle > ANGLE_LIMIT_RAD:
        failures.append(f"torsions differ by up to {worst_angle:.4f} rad")
    print(f"{len(files)} trajectories, {frames} frames: energies within {worst_energy:.2f} kJ/mol of OpenMM's, "
          f"at most {worst_score:.1f} standard deviations of the rounding; torsions within {worst_angle:.4f} rad of mdtraj's")
    if failures:
        sys.exit("\n".join(failures[:20]))


if __name__ == "__main__":
    main()
