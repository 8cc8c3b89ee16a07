#!/usr/bin/env python3
"""Writes the reference energies and forces in crates/forcefield/tests/reference/, by OpenMM's Reference platform.

    scripts/reference-forces.py

For each molecule: NAME.xml (the System; alanine dipeptide's lie in systems/) and NAME.json with some configurations
(nm), and each force's energy (kJ/mol) and forces (kJ/mol/nm) there.
"""

import json
import math
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import numpy as np
import openmm
from openmm import app, unit

from parameterize import built_coordinates, check_chirality, minimised, sequence_topology

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "crates" / "forcefield" / "tests" / "reference"
OBC = ["amber99sbildn.xml", "amber99_obc.xml"]
MOLECULES = {
    "ace-trp-nme": ("ACE-TRP-NME", OBC),
    "ace-asp-nme": ("ACE-ASP-NME", OBC),
    "ace-ile-nme": ("ACE-ILE-NME", OBC),
    "ace-thr-gly-nme": ("ACE-THR-GLY-NME", OBC),
    "ala-his-arg": ("ALA-HIS-ARG", OBC),
    "ace-pro-ser-nme.ff19sb": ("ACE-PRO-SER-NME", ["amber19/protein.ff19SB.xml"]),
}
PERTURBATIONS_NM = [0.0, 0.004, 0.012]


def without_unused_maps(system):
    """Replaces each CMAPTorsionForce by one that holds only the maps its torsions use."""
    for number in reversed(range(system.getNumForces())):
        force = system.getForce(number)
        if not isinstance(force, openmm.CMAPTorsionForce):
            continue
        small, new = openmm.CMAPTorsionForce(), {}
        for k in range(force.getNumTorsions()):
            old, *atoms = force.getTorsionParameters(k)
            if old not in new:
                new[old] = small.addMap(*force.getMapParameters(old))
            small.addTorsion(new[old], *atoms)
        system.removeForce(number)
        system.addForce(small)
    return system


def with_ryckaert_bellemans(system):
    """Alanine dipeptide with every torsion rewritten as a polynomial in the cosine, sine parts left out."""
    for number in reversed(range(system.getNumForces())):
        force = system.getForce(number)
        if not isinstance(force, openmm.PeriodicTorsionForce):
            continue
        polynomials = {}
        for k in range(force.getNumTorsions()):
            *atoms, periodicity, phase, height = force.getTorsionParameters(k)
            # cos nφ = (-1)^n T_n(cos ψ) with ψ = φ - π.
            chebyshev = np.polynomial.chebyshev.cheb2poly([0] * periodicity + [1])
            series = np.zeros(6)
            series[: periodicity + 1] = (-1) ** periodicity * chebyshev * math.cos(phase.value_in_unit(unit.radian))
            series[0] += 1.0
            height = height.value_in_unit(unit.kilojoule_per_mole)
            polynomials.setdefault(tuple(atoms), np.zeros(6))
            polynomials[tuple(atoms)] += height * series
        replacement = openmm.RBTorsionForce()
        for rank, (atoms, series) in enumerate(polynomials.items()):
            series[4:] += [0.3 * math.sin(rank), 0.2 * math.cos(rank)]  # so that every coefficient counts
            replacement.addTorsion(*atoms, *series)
        system.removeForce(number)
        system.addForce(replacement)
    return system


def configurations(system, positions, seed):
    """The minimum, random displacements of it, and two frames of dynamics at 600 K."""
    generator = np.random.default_rng(seed)
    for width in PERTURBATIONS_NM:
        yield positions + width * generator.standard_normal(positions.shape)
    integrator = openmm.LangevinMiddleIntegrator(600, 5, 0.0005)
    integrator.setRandomNumberSeed(seed)
    context = openmm.Context(system, integrator, openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(positions)
    context.setVelocitiesToTemperature(600, seed)
    for _ in range(2):
        integrator.step(4000)
        yield context.getState(getPositions=True).getPositions(asNumpy=True).value_in_unit(unit.nanometer)


def compact(vectors, decimals):
    """Nested lists of rounded numbers."""
    return [[round(float(value), decimals) for value in vector] for vector in vectors]


def reference(system, positions, seed):
    """Energy and forces of every force and of their sum."""
    system = openmm.XmlSerializer.clone(system)
    forces = [f for f in system.getForces() if not isinstance(f, openmm.CMMotionRemover)]
    for group, force in enumerate(forces):
        force.setForceGroup(group)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    frames = []
    for frame in configurations(system, positions, seed):
        frame = np.round(frame - frame.mean(axis=0), 6)
        context.setPositions(frame)
        terms = {}
        for group, force in enumerate(forces):
            state = context.getState(getEnergy=True, getForces=True, groups={group})
            terms[type(force).__name__] = {
                "energy_kj_mol": state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole),
                "forces_kj_mol_nm": compact(state.getForces(asNumpy=True)._value, 6),
            }
        total = context.getState(getEnergy=True).getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
        frames.append({"positions_nm": compact(frame, 6), "energy_kj_mol": total, "terms": terms})
    return frames


def write(name, system_file, system, positions, seed):
    """Writes NAME.json, one line a frame."""
    frames = reference(system, positions, seed)
    lines = ",\n".join(json.dumps(frame, separators=(",", ":")) for frame in frames)
    head = f'"openmm":"{openmm.version.short_version}","platform":"Reference","system":"{system_file}"'
    (OUT / f"{name}.json").write_text(f'{{{head},"frames":[\n{lines}\n]}}\n')


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    alanine = ROOT / "systems" / "alanine-dipeptide"
    minimum = app.PDBFile(str(alanine / "c7eq.pdb")).getPositions(asNumpy=True).value_in_unit(unit.nanometer)
    for seed, solvent in enumerate(["vacuum", "obc"], start=1):
        file = alanine / f"amber99sb-ildn.{solvent}.xml"
        system = openmm.XmlSerializer.deserialize(file.read_text())
        write(f"alanine-dipeptide.{solvent}", str(file.relative_to(ROOT)), system, minimum, seed)

    vacuum = openmm.XmlSerializer.deserialize((alanine / "amber99sb-ildn.vacuum.xml").read_text())
    systems = {"alanine-dipeptide.rb": (with_ryckaert_bellemans(vacuum), minimum)}
    for name, (sequence, files) in MOLECULES.items():
        force_field = app.ForceField(*files)
        topology = sequence_topology(sequence.split("-"), force_field)
        system = force_field.createSystem(topology, nonbondedMethod=app.NoCutoff, constraints=None, rigidWater=False)
        system = without_unused_maps(system)
        positions, _ = minimised(system, built_coordinates(topology, system))
        check_chirality(topology, positions)
        systems[name] = (system, positions)
    for seed, (name, (system, positions)) in enumerate(systems.items(), start=3):
        file = OUT / f"{name}.xml"
        file.write_text(openmm.XmlSerializer.serialize(system).replace("\t", "") + "\n")
        write(name, str(file.relative_to(ROOT)), system, positions, seed)


if __name__ == "__main__":
    main()
