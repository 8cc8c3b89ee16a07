#!/usr/bin/env python3
"""Writes the files that fuzzing begins with: small ones of every format, from the molecules of this repository.

    . scripts/environment && python3 fuzz/seeds.py FOLDER

makes FOLDER/TARGET/ for each target. Needs what `scripts/setup --test` installs.
"""
import pathlib
import sys
import tempfile

import MDAnalysis

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
# The first byte of an input chooses the format, in the order of the targets' own lists.
TRAJECTORIES = ["xtc", "trr", "dcd", "pdb", "gro", "xyz"]
STRUCTURES = ["pdb", "gro", "mol2", "xyz"]


def main():
    out = pathlib.Path(sys.argv[1])

    def keep(target, name, content):
        folder = out / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    molecule = MDAnalysis.Universe(str(REPOSITORY / "systems/alanine-dipeptide/topology.pdb"))
    molecule.dimensions = [30.0, 30.0, 30.0, 90.0, 90.0, 90.0]
    with tempfile.TemporaryDirectory() as folder:
        for ending in dict.fromkeys(TRAJECTORIES + STRUCTURES):
            if ending == "mol2":
                continue
            file = pathlib.Path(folder) / f"seed.{ending}"
            if ending == "gro":
                molecule.atoms.write(str(file))
            else:
                with MDAnalysis.Writer(str(file), molecule.atoms.n_atoms, multiframe=True) as writer:
                    writer.write(molecule.atoms)
                    writer.write(molecule.atoms)
            for target, formats in (("trajectory", TRAJECTORIES), ("structure", STRUCTURES)):
                if ending in formats:
                    keep(target, ending, bytes([formats.index(ending)]) + file.read_bytes())
    mol2 = "@<TRIPOS>MOLECULE\nx\n 2 1 1\nSMALL\nUSER_CHARGES\n\n@<TRIPOS>ATOM\n"
    mol2 += " 1 C1 0.0 0.0 0.0 C.3 1 LIG 0.1\n 2 O1 1.4 0.0 0.0 O.3 1 LIG -0.1\n@<TRIPOS>BOND\n 1 1 2 1\n"
    keep("structure", "mol2", bytes([STRUCTURES.index("mol2")]) + mol2.encode())
    for file in sorted((REPOSITORY / "systems").rglob("*.xml")):
        keep("system", f"{file.parent.name}-{file.name}", file.read_bytes())
    keep("table", "csv", b"phi_rad,energy_kj_mol\n-3.1,0.5\n0.0,2.5\n3.1,1.0\n")
    keep("table", "grid", b"x,y,energy_kj_mol\n0,0,1\n0,1,2\n1,0,3\n1,1,4\n")
    keep("table", "plumed", b"#! FIELDS phi file.free\n#! SET min_phi -pi\n#! SET max_phi pi\n-3.0 1.0\n0.0 2.0\n3.0 1.0\n")


main()
