#!/usr/bin/env python3
"""Turns an AMBER topology, as tleap writes it, into the input of a run: the way for GAFF, and for OBC2 with any AMBER force field.

Writes into the folder OUT: topology.pdb (atoms, bonds and a minimised structure), one OpenMM System XML for each --system, and one
minimised structure for each --state.

    scripts/parameterize-prmtop.py ligand.prmtop ligand.inpcrd --out system \\
        --system gaff2.vacuum=vacuum --system gaff2.obc2=OBC2 \\
        --state gauche:O1-C1-C2-C3=60 --state anti:O1-C1-C2-C3=180

--system NAME=vacuum or NAME=OBC2   the implicit solvent. All atoms are flexible (no constraints), there is no cutoff and no periodic
                                    box. OBC2 needs the radii mbondi2 in the prmtop, and becomes a GBSAOBCForce; AMBER's other
                                    implicit solvents, and salt, would become a CustomGBForce, which Geodyssey does not compute.
--state NAME:TORSION=DEGREES,...    four atoms whose names occur once, joined by hyphens, or a torsion of an amino acid as
                                    parameterize.py has it (phi2). The structure is minimised with these torsions held, then without,
                                    in the first --system.

Needs Python with openmm (pip install openmm).
"""

import argparse
import math
import sys
from pathlib import Path

import numpy as np
import openmm
from openmm import app, unit

from parameterize import dihedral, minimised, named, torsion_atoms, write_pdb

SOLVENTS = {"vacuum": None, "OBC2": app.OBC2}


def atoms_of(topology, torsion):
    """The four atoms of a torsion."""
    if "-" not in torsion:
        return torsion_atoms(topology, torsion)
    found = []
    for name in torsion.split("-"):
        called = [atom for atom in topology.atoms() if atom.name == name]
        if len(called) != 1:
            sys.exit(f"torsion {torsion}: {len(called) or 'no'} atoms are called {name}, expected one")
        found += called
    if len(set(found)) != 4:
        sys.exit(f"torsion {torsion}: expected four different atoms, joined by hyphens")
    return found


def systems_of(prmtop, wanted):
    """Systems by name."""
    radii = " ".join(prmtop._prmtop._raw_data["RADIUS_SET"])
    systems = {}
    for name, solvent in wanted:
        if solvent not in SOLVENTS:
            sys.exit(f"--system {name}={solvent}: expected {' or '.join(SOLVENTS)}")
        if solvent == "OBC2" and "mbondi2" not in radii:
            sys.exit(f"OBC2 goes with the radii mbondi2, but this prmtop has {radii}: in tleap, before the molecule is made, "
                     "`set default PBRadii mbondi2`")
        systems[name] = prmtop.createSystem(nonbondedMethod=app.NoCutoff, constraints=None, rigidWater=False, removeCMMotion=True,
                                            implicitSolvent=SOLVENTS[solvent])
    return systems


def state(topology, system, positions, torsions):
    """Positions (nm) and energy (kJ/mol) minimised with torsions held, then without; `torsions` are (atoms, radian)."""
    # Part-way targets first: a straight jump across a barrier can tear the molecule.
    start = positions
    for fraction in np.linspace(0.1, 1.0, 10):
        now = [(atoms, dihedral([positions[a.index] for a in atoms]), target) for atoms, target in torsions]
        held = [(atoms, angle + fraction * math.remainder(target - angle, math.tau)) for atoms, angle, target in now]
        start, _ = minimised(system, start, held)
    return minimised(system, start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prmtop")
    parser.add_argument("inpcrd")
    parser.add_argument("--system", action="append", required=True, type=lambda text: named(text, "="))
    parser.add_argument("--state", action="append", default=[], type=lambda text: named(text, ":"))
    parser.add_argument("--out", required=True, type=Path)
    arguments = parser.parse_args()

    prmtop = app.AmberPrmtopFile(arguments.prmtop)
    topology = prmtop.topology
    topology.setPeriodicBoxVectors(None)
    systems = systems_of(prmtop, arguments.system)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, system in systems.items():
        (arguments.out / f"{name}.xml").write_text(openmm.XmlSerializer.serialize(system) + "\n")
    system = next(iter(systems.values()))
    positions = app.AmberInpcrdFile(arguments.inpcrd).getPositions(asNumpy=True).value_in_unit(unit.nanometer)
    positions, energy = minimised(system, positions)
    write_pdb(arguments.out / "topology.pdb", topology, positions)
    print(f"topology.pdb: {topology.getNumAtoms()} atoms, {energy:.3f} kJ/mol")

    for name, torsions in arguments.state:
        items = [named(item, "=") for item in torsions.split(",")]
        wanted = [(atoms_of(topology, torsion), math.radians(float(degrees))) for torsion, degrees in items]
        relaxed, energy = state(topology, system, positions, wanted)
        write_pdb(arguments.out / f"{name}.pdb", topology, relaxed)
        found = ", ".join(f"{torsion} {math.degrees(dihedral([relaxed[a.index] for a in atoms])):.2f}°"
                          for (torsion, _), (atoms, _) in zip(items, wanted))
        print(f"{name}.pdb: {energy:.3f} kJ/mol at {found}")


if __name__ == "__main__":
    main()
