#!/usr/bin/env python3
"""Relaxed energies of alanine dipeptide at some values of phi and psi by OpenMM, as a reference for relaxed scans.

    reference-relaxed-energies.py OUT.csv

At each of 24 points of a 24 x 24 grid the energy is minimised with both torsions held by stiff harmonic restraints, coming from
each of the three minima in steps of at most 8 degrees; the lowest counts. What the restraints leave of an offset d is corrected
to first order: the relaxed energy at the point is U + K d^2. Needs numpy and openmm; takes about a minute.
"""
import pathlib
import sys

import numpy as np
import openmm
from openmm import app, unit

STIFFNESS = 2e4  # kJ/mol/rad^2
STEP = np.radians(8.0)
GRID, POINTS = 24, 24
SYSTEM = pathlib.Path(__file__).resolve().parent.parent / "systems" / "alanine-dipeptide"
TORSIONS = {
    "phi": [("ACE", "C"), ("ALA", "N"), ("ALA", "CA"), ("ALA", "C")],
    "psi": [("ALA", "N"), ("ALA", "CA"), ("ALA", "C"), ("NME", "N")],
}


def wrapped(angle):
    return angle - 2 * np.pi * np.round(angle / (2 * np.pi))


def dihedral(positions, indices):
    a, b, c, d = (positions[i] for i in indices)
    u, v, w = b - a, c - b, d - c
    n, m = np.cross(u, v), np.cross(v, w)
    return np.arctan2(np.linalg.norm(v) * u.dot(m), n.dot(m))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pdb = app.PDBFile(str(SYSTEM / "topology.pdb"))
    system = openmm.XmlSerializer.deserialize((SYSTEM / "amber99sb-ildn.vacuum.xml").read_text())
    atoms = {(atom.residue.name, atom.name): atom.index for atom in pdb.topology.atoms()}
    torsions = {name: [atoms[atom] for atom in four] for name, four in TORSIONS.items()}
    for name, four in torsions.items():
        force = openmm.CustomTorsionForce(
            f"0.5*{STIFFNESS}*d^2; d=x-{2 * np.pi}*floor(x/{2 * np.pi}+0.5); x=theta-{name}0"
        )
        force.addGlobalParameter(f"{name}0", 0.0)
        force.addTorsion(*four, [])
        force.setForceGroup(1)
        system.addForce(force)
    platform = openmm.Platform.getPlatformByName("Reference")
    simulation = app.Simulation(pdb.topology, system, openmm.VerletIntegrator(0.001), platform)
    context = simulation.context
    starts = [app.PDBFile(str(SYSTEM / f"{state}.pdb")).positions for state in ("c5", "c7eq", "c7ax")]

    def values(positions):
        return np.array([dihedral(positions, four) for four in torsions.values()])

    def relaxed(start, target):
        context.setPositions(start)
        origin = values(np.array(start.value_in_unit(unit.nanometer)))
        way = wrapped(target - origin)
        steps = int(np.ceil(np.abs(way).max() / STEP)) + 1
        for step in range(1, steps + 1):
            for name, value in zip(torsions, origin + way * step / steps):
                context.setParameter(f"{name}0", value)
            simulation.minimizeEnergy(tolerance=0.1 if step == steps else 10)
        state = context.getState(getEnergy=True, getPositions=True, groups={0})
        positions = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
        offset = wrapped(values(positions) - target)
        energy = state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
        return energy + STIFFNESS * (offset**2).sum()

    chosen = np.sort(np.random.default_rng(0).choice(GRID * GRID, POINTS, replace=False))
    with open(sys.argv[1], "w") as table:
        table.write("phi_degree,psi_degree,relaxed_energy_kj_mol\n")
        for point in chosen:
            degrees = -180 + 360 / GRID * np.array([point // GRID, point % GRID])
            energy = min(relaxed(start, np.radians(degrees)) for start in starts)
            table.write(f"{degrees[0]:g},{degrees[1]:g},{energy:.4f}\n")


if __name__ == "__main__":
    main()
